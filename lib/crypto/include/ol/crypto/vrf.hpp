#pragma once

#include <optional>

#include <ol/crypto/ed25519.hpp>

namespace ol::crypto {

/// Gamma (32 bytes), c (16) and s (32), as RFC 9381 section 5.5 encodes a proof.
using VrfProof = FixedBytes<80, struct VrfProofTag>;
/// The pseudorandom output, RFC 9381's beta. For one key and input there is only one.
using VrfOutput = FixedBytes<64, struct VrfOutputTag>;

// ECVRF-EDWARDS25519-SHA512-TAI: a random number that only the key's holder can compute and
// everyone can check. Source: RFC 9381 sections 5 and 5.5. Free functions, any thread.
//
// Deviations: keys and Gammas outside the prime-order group are refused, where the RFC refuses keys
// of small order alone; no honest key or proof is outside. The secret key may be one that also
// signs: the nonces of the two schemes meet only if a signed message is the encoding of the curve
// point an input hashes to, and we sign nothing but digests.

/// Proves the output for `alpha`. Takes the same time for every key. RFC 9381 section 5.1.
[[nodiscard]] VrfProof vrf_prove(const Ed25519SecretKey& key, ByteView alpha);

/// The output for `alpha`, if `proof` shows that `key` gave it; otherwise nothing: the key or Gamma
/// is no canonical point of the prime-order group, s is not below the group order, or the challenge
/// differs. RFC 9381 section 5.3, with the key validated (section 5.4.5).
[[nodiscard]] std::optional<VrfOutput> vrf_verify(const Ed25519PublicKey& key, ByteView alpha,
                                                  const VrfProof& proof);

/// The output a proof stands for, without knowing that it is right: for the holder's own proofs and
/// those verified before. Nothing if it does not decode. RFC 9381 section 5.2.
[[nodiscard]] std::optional<VrfOutput> vrf_output(const VrfProof& proof);

}  // namespace ol::crypto
