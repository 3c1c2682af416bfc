#pragma once

#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/crypto/secret.hpp>

namespace ol::crypto::test {

/// Published vectors are hex in the sources; a typo stops the test.
inline Bytes hex(std::string_view text) {
  auto bytes = from_hex(text);
  OL_CHECK(bytes.has_value(), "test vectors are hex");
  return *bytes;
}

template <typename T>
T fixed(std::string_view text) {
  auto value = fixed_from_hex<T>(text);
  OL_CHECK(value.has_value(), "test vectors have the right length");
  return *value;
}

template <std::size_t N>
std::array<std::uint8_t, N> array(std::string_view text) {
  return fixed<FixedBytes<N, struct AnyTag>>(text).bytes;
}

inline SecretBytes<32> secret(std::string_view text) {
  return SecretBytes<32>(std::span<const std::uint8_t, 32>(array<32>(text)));
}

/// A secret that is the same in every run.
inline SecretBytes<32> seed(std::uint8_t number) {
  SecretBytes<32> out;
  out.span()[0] = number;
  out.span()[31] = 0x5a;
  return out;
}

}  // namespace ol::crypto::test
