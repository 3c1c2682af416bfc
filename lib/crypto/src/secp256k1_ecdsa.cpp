#include <ol/crypto/secp256k1_ecdsa.hpp>

#include <ol/base/check.hpp>

#include <secp256k1.h>

namespace ol::crypto {
namespace {

// A DER signature of two 33-byte integers.
constexpr std::size_t kDerBytesMax = 72;

/// Verification and encoding touch no secret, so the context needs no blinding.
const secp256k1_context* context() {
  return secp256k1_context_static;
}

}  // namespace

Secp256k1CompressedKey compress(const Secp256k1PublicKey& key) {
  Secp256k1CompressedKey out;
  out.bytes[0] = static_cast<std::uint8_t>(2 + (key.back() & 1));
  std::copy_n(key.begin(), 32, out.bytes.begin() + 1);
  return out;
}

bool is_valid(const Secp256k1CompressedKey& key) {
  secp256k1_pubkey point;
  return secp256k1_ec_pubkey_parse(context(), &point, key.bytes.data(), key.bytes.size()) == 1;
}

Bytes sign_der(const Secp256k1SecretKey& key, const Hash256& digest) {
  const RecoverableSignature made = sign_recoverable(key, digest);
  std::array<std::uint8_t, 64> compact{};
  std::copy(made.r.begin(), made.r.end(), compact.begin());
  std::copy(made.s.begin(), made.s.end(), compact.begin() + 32);
  secp256k1_ecdsa_signature signature;
  OL_CHECK(secp256k1_ecdsa_signature_parse_compact(context(), &signature, compact.data()) == 1,
           "our own signature is in range");
  Bytes out(kDerBytesMax);
  std::size_t size = out.size();
  OL_CHECK(secp256k1_ecdsa_signature_serialize_der(context(), out.data(), &size, &signature) == 1,
           "a signature fits its largest encoding");
  out.resize(size);
  return out;
}

bool verify_der(const Secp256k1CompressedKey& key, const Hash256& digest, ByteView signature) {
  secp256k1_pubkey point;
  if (secp256k1_ec_pubkey_parse(context(), &point, key.bytes.data(), key.bytes.size()) != 1) {
    return false;
  }
  secp256k1_ecdsa_signature parsed;
  if (secp256k1_ecdsa_signature_parse_der(context(), &parsed, signature.data(), signature.size()) !=
      1) {
    return false;
  }
  // libsecp256k1's verification itself refuses a high s.
  return secp256k1_ecdsa_verify(context(), &parsed, digest.bytes.data(), &point) == 1;
}

}  // namespace ol::crypto
