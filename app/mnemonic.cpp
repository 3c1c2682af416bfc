#include "mnemonic.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <secp256k1.h>

#include <array>
#include <memory>

#include <ol/base/check.hpp>

namespace ol::app {
namespace {

constexpr std::uint32_t kHardened = 0x8000'0000;
constexpr int kSeedRounds = 2048;

struct Extended {
  std::array<std::uint8_t, 32> key;
  std::array<std::uint8_t, 32> chain_code;
};

Extended split(const std::array<std::uint8_t, 64>& bytes) {
  Extended out{};
  std::copy_n(bytes.begin(), 32, out.key.begin());
  std::copy_n(bytes.begin() + 32, 32, out.chain_code.begin());
  return out;
}

std::array<std::uint8_t, 64> hmac_sha512(ByteView key, ByteView data) {
  std::array<std::uint8_t, 64> out{};
  unsigned size = 0;
  const auto* done = ::HMAC(EVP_sha512(), key.data(), static_cast<int>(key.size()), data.data(),
                            data.size(), out.data(), &size);
  OL_CHECK(done != nullptr, "HMAC-SHA512 works");
  return out;
}

using Context = std::unique_ptr<secp256k1_context, decltype(&secp256k1_context_destroy)>;

// BIP-32, "Private parent key to private child key". An unusable child has probability 2^-127.
Extended derive(const Context& context, const Extended& parent, std::uint32_t index) {
  Bytes data;
  if (index >= kHardened) {
    data.push_back(0);
    append(data, parent.key);
  } else {
    secp256k1_pubkey point;
    OL_CHECK(secp256k1_ec_pubkey_create(context.get(), &point, parent.key.data()) == 1,
             "the parent key is valid");
    std::array<std::uint8_t, 33> compressed{};
    std::size_t size = compressed.size();
    secp256k1_ec_pubkey_serialize(context.get(), compressed.data(), &size, &point,
                                  SECP256K1_EC_COMPRESSED);
    append(data, compressed);
  }
  for (int shift = 24; shift >= 0; shift -= 8)
    data.push_back(static_cast<std::uint8_t>(index >> shift));
  const Extended tweak = split(hmac_sha512(parent.chain_code, data));
  Extended child{.key = parent.key, .chain_code = tweak.chain_code};
  OL_CHECK(secp256k1_ec_seckey_tweak_add(context.get(), child.key.data(), tweak.key.data()) == 1,
           "the child key is valid");
  return child;
}

}  // namespace

crypto::Secp256k1SecretKey account_from_mnemonic(std::string_view mnemonic, std::uint32_t index) {
  const Context context(secp256k1_context_create(SECP256K1_CONTEXT_SIGN),
                        &secp256k1_context_destroy);
  std::array<std::uint8_t, 64> seed{};
  constexpr std::string_view salt = "mnemonic";
  const int done = PKCS5_PBKDF2_HMAC(mnemonic.data(), static_cast<int>(mnemonic.size()),
                                     reinterpret_cast<const unsigned char*>(salt.data()),
                                     static_cast<int>(salt.size()), kSeedRounds, EVP_sha512(),
                                     static_cast<int>(seed.size()), seed.data());
  OL_CHECK(done == 1, "PBKDF2 works");
  Extended node = split(hmac_sha512(as_bytes("Bitcoin seed"), seed));
  for (const std::uint32_t step : {kHardened + 44, kHardened + 60, kHardened, 0U, index}) {
    node = derive(context, node, step);
  }
  auto key = crypto::Secp256k1SecretKey::from_bytes(node.key);
  OL_CHECK(key.has_value(), "a derived key is valid");
  return *std::move(key);
}

}  // namespace ol::app
