#include <gtest/gtest.h>

#include <string>

#include <ol/crypto/x25519.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

using test::fixed;
using test::secret;

// RFC 7748, section 5.2.
TEST(X25519, reproduces_the_scalar_multiplication_vectors) {
  const auto first = X25519KeyPair::from_secret(
      secret("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"));
  EXPECT_EQ(first.shared_secret(fixed<X25519PublicKey>(
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
            secret("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
  const auto second = X25519KeyPair::from_secret(
      secret("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"));
  EXPECT_EQ(second.shared_secret(fixed<X25519PublicKey>(
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")),
            secret("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
}

// RFC 7748, section 6.1.
TEST(X25519, reproduces_the_key_agreement_vectors) {
  const auto alice = X25519KeyPair::from_secret(
      secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const auto bob = X25519KeyPair::from_secret(
      secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  EXPECT_EQ(to_hex(alice.public_key().view()),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(to_hex(bob.public_key().view()),
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto shared = alice.shared_secret(bob.public_key());
  EXPECT_EQ(shared, secret("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
  EXPECT_EQ(shared, bob.shared_secret(alice.public_key()));
}

// The points of small order, from the list RFC 7748 section 6.1 alludes to.
TEST(X25519, refuses_public_keys_of_small_order) {
  const auto pair = X25519KeyPair::generate();
  for (const std::string& text : {
           std::string(64, '0'),
           "01" + std::string(62, '0'),
           std::string("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
           std::string("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
           std::string("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
           std::string("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
           std::string("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
       }) {
    const auto shared = pair.shared_secret(fixed<X25519PublicKey>(text));
    ASSERT_FALSE(shared.has_value()) << text;
    EXPECT_EQ(shared.error(), CryptoError::ZeroShared);
  }
}

TEST(X25519, generates_pairs_that_agree) {
  const auto a = X25519KeyPair::generate();
  const auto b = X25519KeyPair::generate();
  EXPECT_NE(a.public_key(), b.public_key());
  EXPECT_EQ(a.shared_secret(b.public_key()), b.shared_secret(a.public_key()));
  const auto again = X25519KeyPair::from_secret(a.secret().clone());
  EXPECT_EQ(again.public_key(), a.public_key());
}

}  // namespace
}  // namespace ol::crypto
