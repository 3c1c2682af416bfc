#include <gtest/gtest.h>

#include <string>

#include <ol/crypto/ed25519.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

using test::fixed;

struct Case {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc).
constexpr Case kCases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "bb"
     "d454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

// The group order L = 2^252 + 27742317777372353535851937790883648493, little-endian.
constexpr const char* kOrder = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

Ed25519Signature plus_order(const Ed25519Signature& signature) {
  Ed25519Signature out = signature;
  const auto order = test::array<32>(kOrder);
  int carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const int sum = signature.bytes[32 + i] + order[i] + carry;
    out.bytes[32 + i] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8;
  }
  return out;
}

TEST(Ed25519, reproduces_the_rfc_8032_vectors) {
  for (const auto& c : kCases) {
    const auto key = Ed25519SecretKey::from_seed(test::secret(c.seed));
    EXPECT_EQ(to_hex(key.public_key().view()), c.key);
    const Bytes message = test::hex(c.message);
    const auto signature = key.sign(message);
    EXPECT_EQ(to_hex(signature.view()), c.signature);
    EXPECT_TRUE(verify(key.public_key(), message, signature));
  }
}

TEST(Ed25519, rejects_any_changed_bit) {
  const auto key = Ed25519SecretKey::from_seed(test::seed(1));
  const Bytes message = test::hex("00112233");
  const auto signature = key.sign(message);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto changed = signature;
    changed.bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(verify(key.public_key(), message, changed)) << bit;
  }
  EXPECT_FALSE(verify(key.public_key(), test::hex("00112232"), signature));
  EXPECT_FALSE(verify(Ed25519SecretKey::generate().public_key(), message, signature));
}

// S + L satisfies the same equation: accepting it would give one vote two encodings.
TEST(Ed25519, rejects_s_above_the_group_order) {
  const auto key = Ed25519SecretKey::from_seed(test::seed(2));
  const Bytes message = test::hex("0102");
  const auto signature = key.sign(message);
  ASSERT_TRUE(verify(key.public_key(), message, signature));
  EXPECT_FALSE(verify(key.public_key(), message, plus_order(signature)));
}

// With A of small order, R = [S]B - [h]A is easy to find: here A and R are the neutral element and
// S is zero, which the bare equation accepts for every message.
TEST(Ed25519, rejects_keys_and_commitments_of_small_order) {
  const std::string neutral = "01" + std::string(62, '0');
  const auto key = fixed<Ed25519PublicKey>(neutral);
  const auto signature = fixed<Ed25519Signature>(neutral + std::string(64, '0'));
  EXPECT_FALSE(verify(key, test::hex("aa"), signature));
  const auto honest = Ed25519SecretKey::from_seed(test::seed(3));
  EXPECT_FALSE(verify(honest.public_key(), test::hex("aa"), signature));
}

// p + 1 encodes the same point as 1; only one encoding may count.
TEST(Ed25519, rejects_keys_that_are_not_canonical) {
  const auto key =
      fixed<Ed25519PublicKey>("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  const auto signature =
      fixed<Ed25519Signature>("01" + std::string(62, '0') + std::string(64, '0'));
  EXPECT_FALSE(verify(key, test::hex("aa"), signature));
}

TEST(Ed25519, keeps_its_seed) {
  const auto key = Ed25519SecretKey::from_bytes(test::seed(4).view());
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->seed(), test::seed(4));
  EXPECT_EQ(Ed25519SecretKey::from_bytes(Bytes(31)).error(), CryptoError::BadLength);
  EXPECT_EQ(Ed25519SecretKey::from_bytes(Bytes(33)).error(), CryptoError::BadLength);
}

}  // namespace
}  // namespace ol::crypto
