#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <ol/base/bytes.hpp>
#include <ol/crypto/secret.hpp>

/// The symmetric parts of Noise: ChaCha20-Poly1305, HMAC-SHA256 and HKDF.
namespace ol::crypto {

using AeadKey = SecretBytes<32>;
using AeadNonce = std::array<std::uint8_t, 12>;
inline constexpr std::size_t kAeadTagBytes = 16;

/// Noise's nonce: four zero bytes, then the counter little-endian (Noise revision 34,
/// section 12.3).
[[nodiscard]] AeadNonce noise_nonce(std::uint64_t counter);

/// Frees an OpenSSL cipher context together with the key schedule in it.
struct CipherContextDeleter {
  void operator()(void* context) const;
};

/// Texts up to here are transformed by libsodium, longer ones by OpenSSL: the same bytes, but
/// OpenSSL takes longer to begin, libsodium longer for each byte (docs/benchmarks.md, "Noise").
inline constexpr std::size_t kAeadSmallBytesMax = 512;

/// Encrypts one direction of a connection with ChaCha20-Poly1305 (RFC 8439). Keeps its key schedule
/// between messages. The caller must never use a nonce twice. One thread at a time.
class AeadSealer {
 public:
  explicit AeadSealer(const AeadKey& key) : key_(key.clone()) {}

  /// Encrypts `text` in place and writes the tag. `tag` may directly follow `text` in memory.
  void seal(const AeadNonce& nonce, ByteView associated, std::span<std::uint8_t> text,
            std::span<std::uint8_t, kAeadTagBytes> tag);

 private:
  AeadKey key_;
  std::unique_ptr<void, CipherContextDeleter> context_;  // from the first long text on
};

/// Decrypts one direction of a connection. One thread at a time.
class AeadOpener {
 public:
  explicit AeadOpener(const AeadKey& key) : key_(key.clone()) {}

  /// Decrypts `text` in place and says whether it is authentic; if not, `text` is wiped.
  [[nodiscard]] bool open(const AeadNonce& nonce, ByteView associated, std::span<std::uint8_t> text,
                          std::span<const std::uint8_t, kAeadTagBytes> tag);

 private:
  AeadKey key_;
  std::unique_ptr<void, CipherContextDeleter> context_;  // from the first long text on
};

/// HMAC-SHA256. Source: RFC 2104; vectors RFC 4231.
[[nodiscard]] SecretBytes<32> hmac_sha256(ByteView key, ByteView message);

/// HKDF-SHA256 with output of any length up to 255 * 32 bytes. Source: RFC 5869.
void hkdf_sha256(ByteView salt, ByteView key_material, ByteView info, std::span<std::uint8_t> out);

/// Noise's HKDF with two outputs (Noise revision 34, section 4.3): RFC 5869 with the chaining key
/// as salt and an empty info.
[[nodiscard]] std::pair<SecretBytes<32>, SecretBytes<32>> noise_hkdf(ByteView chaining_key,
                                                                     ByteView key_material);

}  // namespace ol::crypto
