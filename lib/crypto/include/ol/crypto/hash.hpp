#pragma once

#include <array>
#include <cstdint>

#include <ol/base/bytes.hpp>

namespace ol::crypto {

/// The block hash of a chain, a field of its genesis. The numbers are part of the genesis encoding.
enum class HashAlgorithm : std::uint8_t { Blake3 = 0, Sha256 = 1 };

/// BLAKE3 with 32 bytes of output, unkeyed. Source: BLAKE3 specification, section 2.
[[nodiscard]] Hash256 blake3(ByteView data);

/// SHA-256. Source: FIPS 180-4.
[[nodiscard]] Hash256 sha256(ByteView data);

/// Keccak-256 as Ethereum uses it: the original padding byte 0x01, not SHA-3's 0x06.
/// Source: Keccak reference 3.0; Ethereum Yellow Paper, appendix on KEC.
[[nodiscard]] Hash256 keccak256(ByteView data);

/// The hash a chain's genesis chose.
[[nodiscard]] Hash256 hash(HashAlgorithm algorithm, ByteView data);

/// BLAKE3 over data that arrives in pieces. A plain value; one thread at a time.
class Blake3 {
 public:
  Blake3();
  Blake3& update(ByteView data);
  /// The digest of everything so far; more may be added afterwards.
  [[nodiscard]] Hash256 digest() const;

 private:
  static constexpr std::size_t kStateBytes = 1912;
  alignas(8) std::array<std::uint8_t, kStateBytes> state_;
};

/// Keccak-256 over data that arrives in pieces. A plain value; one thread at a time.
class Keccak256 {
 public:
  Keccak256& update(ByteView data);
  /// The digest of everything so far; more may be added afterwards.
  [[nodiscard]] Hash256 digest() const;

 private:
  // Rate of Keccak[512]: 1600 - 512 bits.
  static constexpr std::size_t kRateBytes = 136;

  std::array<std::uint64_t, 25> state_{};
  std::array<std::uint8_t, kRateBytes> block_{};
  std::size_t used_ = 0;  // bytes of block_ not yet absorbed, always below kRateBytes
};

}  // namespace ol::crypto
