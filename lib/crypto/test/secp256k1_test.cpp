#include <gtest/gtest.h>

#include <set>
#include <string>

#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

using test::array;
using test::fixed;

constexpr const char* kOrder = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
constexpr const char* kHalf = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
constexpr const char* kHalfPlusOne =
    "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1";

Secp256k1SecretKey key(std::string_view text) {
  return std::move(*Secp256k1SecretKey::from_bytes(test::hex(text)));
}

// n - s: the other signature of the same signer, with R's parity flipped.
RecoverableSignature negated(const RecoverableSignature& signature) {
  RecoverableSignature out = signature;
  const auto order = array<32>(kOrder);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = order[i] - signature.s[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    out.s[i] = static_cast<std::uint8_t>(difference + 256 * borrow);
  }
  out.recovery_id ^= 1;
  return out;
}

// The worked example of EIP-155: key 0x46 repeated, nonce 9, 20 gwei, 1 ether, chain id 1.
TEST(Secp256k1, reproduces_the_eip155_example) {
  const auto secret = key("4646464646464646464646464646464646464646464646464646464646464646");
  const auto digest =
      fixed<Hash256>("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
  const auto signature = sign_recoverable(secret, digest);
  EXPECT_EQ(to_hex(signature.r),
            "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276");
  EXPECT_EQ(to_hex(signature.s),
            "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
  EXPECT_EQ(signature.recovery_id, 0);
  EXPECT_EQ(to_hex(secret.address().view()), "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
  EXPECT_EQ(recover(digest, signature).value(), secret.public_key());
}

// go-ethereum core/vm/testdata/precompiles/ecRecover.json, "ValidKey".
TEST(Secp256k1, recovers_the_ecrecover_precompile_vector) {
  const auto digest =
      fixed<Hash256>("18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c");
  const RecoverableSignature signature{
      array<32>("73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"),
      array<32>("eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"), 1};
  EXPECT_EQ(recover(digest, signature).error(), CryptoError::HighS);
  const auto recovered = recover(digest, signature, HighS::Allow);
  ASSERT_TRUE(recovered.has_value());
  EXPECT_EQ(to_hex(ethereum_address(*recovered).view()),
            "a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
}

// The first account of Foundry's and Hardhat's test mnemonic.
TEST(Secp256k1, derives_the_address_of_a_well_known_key) {
  EXPECT_EQ(
      to_hex(
          key("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80").address().view()),
      "f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
}

TEST(Secp256k1, refuses_secret_keys_outside_the_group) {
  const auto parse = [](std::string_view text) {
    return Secp256k1SecretKey::from_bytes(test::hex(text));
  };
  EXPECT_EQ(parse(std::string(64, '0')).error(), CryptoError::BadSecretKey);
  EXPECT_EQ(parse(kOrder).error(), CryptoError::BadSecretKey);
  EXPECT_TRUE(
      parse("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140").has_value());
  EXPECT_TRUE(parse(std::string(63, '0') + "1").has_value());
  EXPECT_EQ(parse(std::string(62, '0')).error(), CryptoError::BadLength);
  EXPECT_EQ(parse(std::string(66, '0')).error(), CryptoError::BadLength);
}

TEST(Secp256k1, rejects_high_s_unless_allowed) {
  const auto secret = key("4646464646464646464646464646464646464646464646464646464646464646");
  for (std::uint8_t i = 0; i < 32; ++i) {
    const Hash256 digest = keccak256(Bytes{i});
    const auto low = sign_recoverable(secret, digest);
    EXPECT_FALSE(has_high_s(low));
    EXPECT_EQ(recover(digest, low).value(), secret.public_key());
    const auto high = negated(low);
    EXPECT_TRUE(has_high_s(high));
    EXPECT_EQ(recover(digest, high).error(), CryptoError::HighS);
    EXPECT_EQ(recover(digest, high, HighS::Allow).value(), secret.public_key());
  }
}

TEST(Secp256k1, draws_the_high_s_line_at_half_the_order) {
  RecoverableSignature signature{array<32>(kHalf), array<32>(kHalf), 0};
  EXPECT_FALSE(has_high_s(signature));
  signature.s = array<32>(kHalfPlusOne);
  EXPECT_TRUE(has_high_s(signature));
}

TEST(Secp256k1, refuses_r_and_s_outside_the_group) {
  const Hash256 digest = keccak256({});
  const auto one = array<32>(std::string(63, '0') + "1");
  const auto zero = array<32>(std::string(64, '0'));
  const auto order = array<32>(kOrder);
  for (const auto& [r, s] :
       {std::pair{zero, one}, std::pair{one, zero}, std::pair{order, one}, std::pair{one, order}}) {
    EXPECT_EQ(recover(digest, {r, s, 0}, HighS::Allow).error(), CryptoError::BadSignature);
  }
}

TEST(Secp256k1, refuses_recovery_ids_above_three) {
  const auto signature = sign_recoverable(Secp256k1SecretKey::generate(), keccak256({}));
  for (int id = 4; id < 256; ++id) {
    auto changed = signature;
    changed.recovery_id = static_cast<std::uint8_t>(id);
    EXPECT_EQ(recover(keccak256({}), changed).error(), CryptoError::BadRecoveryId);
  }
}

// r + n must be below the field prime for ids 2 and 3: true for almost no r.
TEST(Secp256k1, refuses_overflow_ids_for_an_ordinary_r) {
  auto signature = sign_recoverable(Secp256k1SecretKey::generate(), keccak256({}));
  signature.recovery_id |= 2;
  EXPECT_EQ(recover(keccak256({}), signature).error(), CryptoError::BadSignature);
}

TEST(Secp256k1, recovers_another_key_for_another_digest) {
  const auto secret = Secp256k1SecretKey::generate();
  const auto signature = sign_recoverable(secret, keccak256(as_bytes("a")));
  const auto recovered = recover(keccak256(as_bytes("b")), signature);
  EXPECT_TRUE(!recovered || *recovered != secret.public_key());
}

TEST(Secp256k1, round_trips_secret_bytes) {
  const auto secret = Secp256k1SecretKey::generate();
  const auto again = Secp256k1SecretKey::from_bytes(secret.bytes().view());
  EXPECT_EQ(again->public_key(), secret.public_key());
}

TEST(CryptoErrors, have_distinct_descriptions) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(CryptoError::ZeroShared); ++i) {
    texts.insert(describe(static_cast<CryptoError>(i)));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(CryptoError::ZeroShared) + 1);
}

}  // namespace
}  // namespace ol::crypto
