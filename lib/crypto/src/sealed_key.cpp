#include <ol/crypto/sealed_key.hpp>

#include <array>

#include <ol/base/check.hpp>
#include <ol/base/codec.hpp>

#include <sodium.h>

namespace ol::crypto {
namespace {

constexpr std::string_view kMagic = "OLSK";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSaltBytes = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSecretBytes = 32;

Result<SecretBytes<32>, SealedKeyError> stretch(std::string_view passphrase, ByteView salt,
                                                PassphraseCost cost) {
  SecretBytes<32> key;
  if (crypto_pwhash(key.span().data(), key.span().size(), passphrase.data(), passphrase.size(),
                    salt.data(), cost.passes, std::size_t{cost.memory_kib} * 1024,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(SealedKeyError::OutOfMemory);
  }
  return key;
}

// Everything but the ciphertext is authenticated with it.
Bytes associated_data(ByteView context, ByteView header) {
  Writer out;
  out.blob(context).raw(header);
  return out.take();
}

}  // namespace

const char* describe(SealedKeyError error) {
  switch (error) {
    case SealedKeyError::BadFormat:
      return "not a sealed key";
    case SealedKeyError::UnknownVersion:
      return "sealed key of an unknown version";
    case SealedKeyError::CostOutOfBounds:
      return "passphrase cost out of bounds";
    case SealedKeyError::EmptyPassphrase:
      return "empty passphrase";
    case SealedKeyError::WrongPassphrase:
      return "wrong passphrase or changed key";
    case SealedKeyError::OutOfMemory:
      return "not enough memory to check the passphrase";
  }
  OL_CHECK(false, "not an enumerator");
}

Result<Bytes, SealedKeyError> seal_key(const SecretBytes<32>& secret, std::string_view passphrase,
                                       ByteView context, PassphraseCost cost) {
  if (passphrase.empty()) return fail(SealedKeyError::EmptyPassphrase);
  if (!cost.valid()) return fail(SealedKeyError::CostOutOfBounds);
  std::array<std::uint8_t, kSaltBytes + kNonceBytes> fresh{};
  fill_random(fresh);
  const auto salt = ByteView(fresh).first(kSaltBytes);
  const auto nonce = ByteView(fresh).last(kNonceBytes);
  OL_TRY(const auto key, stretch(passphrase, salt, cost));

  Writer out;
  out.raw(as_bytes(kMagic)).u8(kVersion).u32(cost.passes).u32(cost.memory_kib).raw(fresh);
  const Bytes associated = associated_data(context, out.bytes());
  std::array<std::uint8_t, kSecretBytes + kTagBytes> text{};
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      text.data(), nullptr, secret.view().data(), secret.view().size(), associated.data(),
      associated.size(), nullptr, nonce.data(), key.view().data());
  out.raw(text);
  return out.take();
}

Result<SecretBytes<32>, SealedKeyError> open_sealed_key(ByteView sealed,
                                                        std::string_view passphrase,
                                                        ByteView context) {
  Reader in(sealed);
  if (as_text(in.raw(kMagic.size())) != kMagic) return fail(SealedKeyError::BadFormat);
  const std::uint8_t version = in.u8();
  if (in.ok() && version != kVersion) return fail(SealedKeyError::UnknownVersion);
  PassphraseCost cost;
  cost.passes = in.u32();
  cost.memory_kib = in.u32();
  const ByteView salt = in.raw(kSaltBytes);
  const ByteView nonce = in.raw(kNonceBytes);
  const ByteView text = in.raw(kSecretBytes + kTagBytes);
  if (!in.finish()) return fail(SealedKeyError::BadFormat);
  if (!cost.valid()) return fail(SealedKeyError::CostOutOfBounds);
  if (passphrase.empty()) return fail(SealedKeyError::EmptyPassphrase);
  OL_TRY(const auto key, stretch(passphrase, salt, cost));

  const Bytes associated = associated_data(context, sealed.first(sealed.size() - text.size()));
  SecretBytes<32> out;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.span().data(), nullptr, nullptr, text.data(),
                                                 text.size(), associated.data(), associated.size(),
                                                 nonce.data(), key.view().data()) != 0) {
    return fail(SealedKeyError::WrongPassphrase);
  }
  return out;
}

}  // namespace ol::crypto
