#include "noise_symmetric.hpp"

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::p2p {
namespace {

constexpr std::string_view kProtocolName = "Noise_XX_25519_ChaChaPoly_SHA256";
static_assert(kProtocolName.size() == 32, "a name of 32 bytes is the first hash as it stands");

}  // namespace

NoiseSymmetricState::NoiseSymmetricState()
    : hash_(*Hash256::from(as_bytes(kProtocolName))),
      chaining_key_(*crypto::SecretBytes<32>::from(as_bytes(kProtocolName))) {
  mix_hash({});  // the empty prologue
}

void NoiseSymmetricState::mix_hash(ByteView data) {
  Bytes input;
  input.reserve(Hash256::kSize + data.size());
  append(input, hash_.view());
  append(input, data);
  hash_ = crypto::sha256(input);
}

void NoiseSymmetricState::mix_key(ByteView key_material) {
  auto [chaining_key, key] = crypto::noise_hkdf(chaining_key_.view(), key_material);
  chaining_key_ = std::move(chaining_key);
  key_ = std::move(key);
  counter_ = 0;
}

void NoiseSymmetricState::encrypt_and_hash(ByteView plaintext, Bytes& out) {
  const std::size_t start = out.size();
  append(out, plaintext);
  if (key_) {
    out.resize(out.size() + crypto::kAeadTagBytes);
    const auto sealed = std::span(out).subspan(start);
    crypto::AeadSealer(*key_).seal(crypto::noise_nonce(counter_), hash_.view(),
                                   sealed.first(plaintext.size()),
                                   sealed.last<crypto::kAeadTagBytes>());
    counter_ += 1;
  }
  mix_hash(ByteView(out).subspan(start));
}

std::optional<ByteView> NoiseSymmetricState::decrypt_and_hash(std::span<std::uint8_t> sealed) {
  OL_CHECK(key_.has_value(), "XX decrypts only after the first key agreement");
  if (sealed.size() < crypto::kAeadTagBytes) return std::nullopt;
  // The hash covers the ciphertext, which opening overwrites.
  const Hash256 associated = hash_;
  mix_hash(sealed);
  const auto text = sealed.first(sealed.size() - crypto::kAeadTagBytes);
  const bool authentic = crypto::AeadOpener(*key_).open(
      crypto::noise_nonce(counter_), associated.view(), text, sealed.last<crypto::kAeadTagBytes>());
  if (!authentic) return std::nullopt;
  counter_ += 1;
  return text;
}

std::pair<crypto::AeadKey, crypto::AeadKey> NoiseSymmetricState::split() const {
  return crypto::noise_hkdf(chaining_key_.view(), {});
}

}  // namespace ol::p2p
