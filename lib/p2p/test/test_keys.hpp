#pragma once

#include <cstdint>
#include <string_view>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/p2p/noise.hpp>

/// Fixed keys and small helpers of the p2p tests.
namespace ol::p2p::testing {

inline Bytes hex(std::string_view text) {
  auto bytes = from_hex(text);
  OL_CHECK(bytes.has_value(), "hex in a test is hex");
  return *std::move(bytes);
}

inline crypto::SecretBytes<32> repeated(std::uint8_t byte) {
  crypto::SecretBytes<32> out;
  for (std::uint8_t& b : out.span())
    b = byte;
  return out;
}

inline crypto::Ed25519SecretKey identity_key(std::uint8_t byte) {
  return crypto::Ed25519SecretKey::from_seed(repeated(byte));
}

inline PeerId peer_id(std::uint8_t byte) {
  return PeerId(identity_key(byte).public_key());
}

inline crypto::X25519KeyPair exchange_key(std::uint8_t byte) {
  return crypto::X25519KeyPair::from_secret(repeated(byte));
}

inline NoiseIdentity noise_identity(std::uint8_t byte) {
  return NoiseIdentity(identity_key(byte), exchange_key(static_cast<std::uint8_t>(byte + 100)));
}

/// Bytes that differ from place to place, so that a shift or a mix-up shows.
inline Bytes pattern(std::size_t size, std::uint32_t seed = 1) {
  Bytes out(size);
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::uint8_t& b : out) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::uint8_t>(state >> 24);
  }
  return out;
}

}  // namespace ol::p2p::testing
