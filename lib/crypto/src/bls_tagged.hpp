#pragma once

// BLS under any domain separation tag: what bls.cpp is made of, and what published vectors of other
// ciphersuites test. For this library and its tests only.

#include <string_view>

#include <ol/crypto/bls.hpp>

namespace ol::crypto::detail {

/// hash_to_curve of RFC 9380 for G1, suite BLS12381G1_XMD:SHA-256_SSWU_RO_. Infinity has negligible
/// probability.
[[nodiscard]] BlsSignature hash_to_g1(ByteView message, std::string_view tag);
[[nodiscard]] BlsSignature sign_tagged(const BlsSecretKey& key, ByteView message,
                                       std::string_view tag);
[[nodiscard]] bool verify_tagged(const BlsPublicKey& key, ByteView message,
                                 const BlsSignature& signature, std::string_view tag);

}  // namespace ol::crypto::detail
