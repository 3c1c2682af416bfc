#pragma once

#include <ol/crypto/ed25519.hpp>

namespace ol::consensus {

/// How proposals and timeouts are signed and checked: Ed25519, in every node. The kernel level of
/// the simulator (sim/), which runs a thousand clusters a second, puts a keyed hash in its place.
/// Chosen where a signer or verifier is made and fixed from then on; no configuration reaches it.
struct MessageSignatures {
  crypto::Ed25519Signature (*sign)(const crypto::Ed25519SecretKey& key, ByteView digest);
  bool (*verify)(const crypto::Ed25519PublicKey& key, ByteView digest,
                 const crypto::Ed25519Signature& signature);
};

/// The shipped ones.
inline constexpr MessageSignatures kEd25519Signatures{
    .sign = [](const crypto::Ed25519SecretKey& key, ByteView digest) { return key.sign(digest); },
    .verify = crypto::verify};

}  // namespace ol::consensus
