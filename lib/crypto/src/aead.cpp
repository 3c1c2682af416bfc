#include <ol/crypto/aead.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include <openssl/evp.h>
#include <sodium.h>

namespace ol::crypto {
namespace {

constexpr int kKeepDirection = -1;

EVP_CIPHER_CTX* as_context(const std::unique_ptr<void, CipherContextDeleter>& context) {
  return static_cast<EVP_CIPHER_CTX*>(context.get());
}

// Fetching walks OpenSSL's provider tables under a lock: once per program.
const EVP_CIPHER* cipher() {
  static EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
  OL_CHECK(fetched != nullptr, "OpenSSL's default provider has ChaCha20-Poly1305");
  return fetched;
}

std::unique_ptr<void, CipherContextDeleter> new_context(const AeadKey& key, int encrypt) {
  std::unique_ptr<void, CipherContextDeleter> context(EVP_CIPHER_CTX_new());
  OL_CHECK(context != nullptr, "out of memory");
  OL_CHECK(EVP_CipherInit_ex2(as_context(context), cipher(), key.view().data(), nullptr, encrypt,
                              nullptr) == 1,
           "a 32-byte key fits");
  return context;
}

int as_int(std::size_t size) {
  OL_CHECK(size <= 0x7fffffff, "a message is below 2 GiB");
  return static_cast<int>(size);
}

// Sets the nonce, adds the associated data and transforms `text` in place.
void process(EVP_CIPHER_CTX* context, const AeadNonce& nonce, ByteView associated,
             std::span<std::uint8_t> text) {
  int written = 0;
  OL_CHECK(
      EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), kKeepDirection, nullptr) == 1,
      "a 12-byte nonce fits");
  if (!associated.empty()) {
    OL_CHECK(EVP_CipherUpdate(context, nullptr, &written, associated.data(),
                              as_int(associated.size())) == 1,
             "associated data is accepted before text");
  }
  if (!text.empty()) {
    OL_CHECK(
        EVP_CipherUpdate(context, text.data(), &written, text.data(), as_int(text.size())) == 1,
        "a stream cipher works in place");
  }
}

constexpr std::size_t kHashBlock = 64;

// SHA-256 of a padded key block followed by `first` and `second`; small inputs stay on the stack.
Hash256 keyed_sha256(const std::array<std::uint8_t, kHashBlock>& block, ByteView message) {
  std::array<std::uint8_t, 512> small{};
  const std::size_t size = kHashBlock + message.size();
  Bytes large(size > small.size() ? size : 0);
  const std::span<std::uint8_t> buffer = large.empty() ? std::span(small).first(size) : large;
  std::copy(block.begin(), block.end(), buffer.begin());
  std::copy(message.begin(), message.end(), buffer.begin() + kHashBlock);
  const Hash256 out = sha256(buffer);
  wipe(buffer);
  return out;
}

}  // namespace

AeadNonce noise_nonce(std::uint64_t counter) {
  AeadNonce nonce{};
  for (std::size_t i = 0; i < 8; ++i)
    nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return nonce;
}

void CipherContextDeleter::operator()(void* context) const {
  EVP_CIPHER_CTX_free(static_cast<EVP_CIPHER_CTX*>(context));
}

void AeadSealer::seal(const AeadNonce& nonce, ByteView associated, std::span<std::uint8_t> text,
                      std::span<std::uint8_t, kAeadTagBytes> tag) {
  if (text.size() <= kAeadSmallBytesMax) {
    std::uint8_t none = 0;  // libsodium takes no null pointer, not even for nothing
    std::uint8_t* const data = text.empty() ? &none : text.data();
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(data, tag.data(), nullptr, data, text.size(),
                                                       associated.data(), associated.size(),
                                                       nullptr, nonce.data(), key_.view().data());
    return;
  }
  if (!context_) context_ = new_context(key_, 1);
  EVP_CIPHER_CTX* context = as_context(context_);
  process(context, nonce, associated, text);
  int written = 0;
  OL_CHECK(EVP_CipherFinal_ex(context, nullptr, &written) == 1, "sealing cannot fail");
  OL_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, tag.data()) == 1,
           "the tag is there after the end");
}

bool AeadOpener::open(const AeadNonce& nonce, ByteView associated, std::span<std::uint8_t> text,
                      std::span<const std::uint8_t, kAeadTagBytes> tag) {
  if (text.size() <= kAeadSmallBytesMax) {
    const int refused = crypto_aead_chacha20poly1305_ietf_decrypt_detached(
        text.data(), nullptr, text.data(), text.size(), tag.data(), associated.data(),
        associated.size(), nonce.data(), key_.view().data());
    if (refused != 0) wipe(text);
    return refused == 0;
  }
  if (!context_) context_ = new_context(key_, 0);
  EVP_CIPHER_CTX* context = as_context(context_);
  process(context, nonce, associated, text);
  std::array<std::uint8_t, kAeadTagBytes> expected;  // OpenSSL takes it without const
  std::copy(tag.begin(), tag.end(), expected.begin());
  OL_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, expected.data()) == 1,
           "a 16-byte tag fits");
  int written = 0;
  if (EVP_CipherFinal_ex(context, nullptr, &written) == 1) return true;
  wipe(text);
  return false;
}

SecretBytes<32> hmac_sha256(ByteView key, ByteView message) {
  SecretBytes<kHashBlock> padded;
  if (key.size() > kHashBlock) {
    const Hash256 shortened = sha256(key);
    std::copy(shortened.bytes.begin(), shortened.bytes.end(), padded.span().begin());
  } else {
    std::copy(key.begin(), key.end(), padded.span().begin());
  }
  std::array<std::uint8_t, kHashBlock> block{};
  for (std::size_t i = 0; i < kHashBlock; ++i)
    block[i] = padded.view()[i] ^ 0x36;
  const Hash256 inner = keyed_sha256(block, message);
  for (std::size_t i = 0; i < kHashBlock; ++i)
    block[i] = padded.view()[i] ^ 0x5c;
  const Hash256 outer = keyed_sha256(block, inner.view());
  wipe(block);
  return SecretBytes<32>(outer.bytes);
}

void hkdf_sha256(ByteView salt, ByteView key_material, ByteView info, std::span<std::uint8_t> out) {
  OL_CHECK(out.size() <= 255 * Hash256::kSize, "RFC 5869, section 2.3: at most 255 blocks");
  const auto key = hmac_sha256(salt, key_material);
  Bytes input;
  input.reserve(Hash256::kSize + info.size() + 1);  // growing would leave secret copies behind
  std::uint8_t counter = 1;
  for (std::size_t done = 0; done < out.size(); ++counter) {
    append(input, info);
    input.push_back(counter);
    const auto block = hmac_sha256(key.view(), input);
    const std::size_t take = std::min(out.size() - done, block.view().size());
    std::copy_n(block.view().begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
    wipe(input);
    input.assign(block.view().begin(), block.view().end());
  }
  wipe(input);
}

std::pair<SecretBytes<32>, SecretBytes<32>> noise_hkdf(ByteView chaining_key,
                                                       ByteView key_material) {
  const auto key = hmac_sha256(chaining_key, key_material);
  static constexpr std::array<std::uint8_t, 1> kFirst = {1};
  auto first = hmac_sha256(key.view(), kFirst);
  SecretBytes<33> input;
  std::copy(first.view().begin(), first.view().end(), input.span().begin());
  input.span()[32] = 2;
  auto second = hmac_sha256(key.view(), input.view());
  return {std::move(first), std::move(second)};
}

}  // namespace ol::crypto
