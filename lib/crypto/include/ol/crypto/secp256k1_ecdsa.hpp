#pragma once

#include <ol/base/bytes.hpp>
#include <ol/crypto/secp256k1.hpp>

/// Plain ECDSA over secp256k1 with compressed keys and DER signatures, as libp2p identities use it.
namespace ol::crypto {

/// 02 or 03 for the parity of y, then x big-endian. Any 33 bytes until `is_valid` says otherwise.
/// Source: SEC 1 version 2, section 2.3.3.
using Secp256k1CompressedKey = FixedBytes<33, struct Secp256k1CompressedKeyTag>;

[[nodiscard]] Secp256k1CompressedKey compress(const Secp256k1PublicKey& key);

/// Whether the bytes are a point of the curve in the compressed encoding.
[[nodiscard]] bool is_valid(const Secp256k1CompressedKey& key);

/// Signs a digest; deterministic (RFC 6979), s at most half the group order.
/// @return The signature in DER, 70 to 72 bytes nearly always.
[[nodiscard]] Bytes sign_der(const Secp256k1SecretKey& key, const Hash256& digest);

/// Whether `signature` is one of `key` over `digest`. Refuses anything that is not strict DER and,
/// because it could be made from another signature by anyone, s above half the group order.
[[nodiscard]] bool verify_der(const Secp256k1CompressedKey& key, const Hash256& digest,
                              ByteView signature);

}  // namespace ol::crypto
