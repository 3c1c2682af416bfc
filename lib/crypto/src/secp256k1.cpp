#include <ol/crypto/secp256k1.hpp>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include <secp256k1_recovery.h>

namespace ol::crypto {
namespace {

// Half the group order, rounded down: the largest s that EIP-2 allows.
constexpr std::array<std::uint8_t, 32> kHalfOrder = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};

// Blinded once with fresh randomness against power analysis; read-only and so shared by all threads
// afterwards. Lives as long as the program.
const secp256k1_context* context() {
  static const secp256k1_context* const shared = [] {
    secp256k1_context* fresh =
        secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    const auto seed = SecretBytes<32>::random();
    OL_CHECK(secp256k1_context_randomize(fresh, seed.view().data()) == 1, "blinding cannot fail");
    return fresh;
  }();
  return shared;
}

Secp256k1PublicKey serialise(const secp256k1_pubkey& key) {
  std::array<std::uint8_t, 65> with_prefix{};
  std::size_t size = with_prefix.size();
  secp256k1_ec_pubkey_serialize(context(), with_prefix.data(), &size, &key,
                                SECP256K1_EC_UNCOMPRESSED);
  Secp256k1PublicKey out;
  std::copy(with_prefix.begin() + 1, with_prefix.end(), out.begin());
  return out;
}

}  // namespace

Result<Secp256k1SecretKey, CryptoError> Secp256k1SecretKey::from_bytes(ByteView bytes) {
  auto secret = SecretBytes<32>::from(bytes);
  if (!secret) return fail(CryptoError::BadLength);
  if (secp256k1_ec_seckey_verify(context(), secret->view().data()) != 1) {
    return fail(CryptoError::BadSecretKey);
  }
  return Secp256k1SecretKey(std::move(*secret));
}

Secp256k1SecretKey Secp256k1SecretKey::generate() {
  while (true) {
    auto secret = SecretBytes<32>::random();
    if (secp256k1_ec_seckey_verify(context(), secret.view().data()) == 1) {
      return Secp256k1SecretKey(std::move(secret));
    }
  }
}

Secp256k1PublicKey Secp256k1SecretKey::public_key() const {
  secp256k1_pubkey key;
  OL_CHECK(secp256k1_ec_pubkey_create(context(), &key, bytes_.view().data()) == 1,
           "the key was validated");
  return serialise(key);
}

Address Secp256k1SecretKey::address() const {
  return ethereum_address(public_key());
}

RecoverableSignature sign_recoverable(const Secp256k1SecretKey& key, const Hash256& digest) {
  secp256k1_ecdsa_recoverable_signature signature;
  OL_CHECK(secp256k1_ecdsa_sign_recoverable(context(), &signature, digest.bytes.data(),
                                            key.bytes().view().data(), nullptr, nullptr) == 1,
           "the key was validated");
  std::array<std::uint8_t, 64> compact{};
  int recovery_id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), compact.data(), &recovery_id,
                                                          &signature);
  RecoverableSignature out;
  std::copy_n(compact.begin(), 32, out.r.begin());
  std::copy_n(compact.begin() + 32, 32, out.s.begin());
  out.recovery_id = static_cast<std::uint8_t>(recovery_id);
  return out;
}

bool has_high_s(const RecoverableSignature& signature) {
  return signature.s > kHalfOrder;
}

Address ethereum_address(const Secp256k1PublicKey& key) {
  const Hash256 digest = keccak256(key);
  Address out;
  std::copy(digest.bytes.begin() + 12, digest.bytes.end(), out.bytes.begin());
  return out;
}

}  // namespace ol::crypto
