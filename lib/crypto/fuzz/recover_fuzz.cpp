// Key recovery against libsecp256k1's: the same key, or none from both. Input: digest, r, s, id.

#include <algorithm>

#include <secp256k1_recovery.h>

#include <ol/base/check.hpp>
#include <ol/crypto/secp256k1.hpp>

using namespace ol;
using namespace ol::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 97) return 0;
  static secp256k1_context* const context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  Hash256 digest;
  RecoverableSignature signature;
  std::copy_n(data, 32, digest.bytes.begin());
  std::copy_n(data + 32, 32, signature.r.begin());
  std::copy_n(data + 64, 32, signature.s.begin());
  signature.recovery_id = data[96] & 3;

  secp256k1_ecdsa_recoverable_signature parsed;
  secp256k1_pubkey key;
  const bool expected = secp256k1_ecdsa_recoverable_signature_parse_compact(
                            context, &parsed, data + 32, signature.recovery_id) == 1 &&
                        secp256k1_ecdsa_recover(context, &key, &parsed, data) == 1;
  const auto found = recover(digest, signature, HighS::Allow);
  OL_CHECK(found.has_value() == expected, "both find a key or none does");
  if (!expected) return 0;
  std::array<std::uint8_t, 65> bytes{};
  std::size_t length = bytes.size();
  secp256k1_ec_pubkey_serialize(context, bytes.data(), &length, &key, SECP256K1_EC_UNCOMPRESSED);
  OL_CHECK(std::equal(found->begin(), found->end(), bytes.begin() + 1), "the same key");
  return 0;
}
