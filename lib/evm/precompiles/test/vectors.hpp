// What the tests and benchmarks of precompiled contracts share.
#pragma once

#include <cstdint>
#include <string_view>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/hex.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/precompiles.hpp>

namespace ol::evm::precompiles {

inline constexpr std::int64_t kPlenty = 100'000'000'000;

/// The address whose last two bytes are `number`.
[[nodiscard]] inline Address address_of(unsigned number) {
  Address out;
  out.bytes[18] = static_cast<std::uint8_t>(number >> 8);
  out.bytes[19] = static_cast<std::uint8_t>(number);
  return out;
}

/// Runs the contract at `number`, which exists under `revision`.
[[nodiscard]] inline PrecompileResult run(unsigned number, ByteView input,
                                          Revision revision = Revision::Osaka,
                                          std::int64_t gas = kPlenty) {
  return find_precompile(address_of(number), revision)(input, gas, revision);
}

[[nodiscard]] inline Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

[[nodiscard]] inline Bytes word(const U256& value) {
  return to_bytes(value.to_big_endian());
}

/// The pieces one after the other.
template <typename... Pieces>
[[nodiscard]] Bytes join(const Pieces&... pieces) {
  Bytes out;
  (append(out, pieces), ...);
  return out;
}

/// Numbers of no pattern from a seed (splitmix64), for tests that print it.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  U256 number() { return {next(), next(), next(), next()}; }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    for (auto& byte : out)
      byte = static_cast<std::uint8_t>(next());
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace ol::evm::precompiles
