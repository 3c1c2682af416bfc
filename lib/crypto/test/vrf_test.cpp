// RFC 9381: ECVRF-EDWARDS25519-SHA512-TAI, a test for each clause that a verifier keeps.
#include <gtest/gtest.h>

#include <sodium.h>

#include <set>
#include <string>

#include <ol/crypto/vrf.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

using test::fixed;

struct Case {
  const char* seed;
  const char* key;
  const char* alpha;
  const char* proof;
  const char* output;
};

// RFC 9381, appendix B.3: examples 16, 17 (where the first counter gives no point) and 18.
constexpr Case kCases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f"
     "26f8a57ccaed74ee1b190bed1f479d97"
     "27d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805",
     "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff"
     "66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593"
     "3bf0864a62558b3ed7f2fea45c92a465"
     "301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02",
     "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb"
     "5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf80"
     "96bb474e53895c362d8628ee9f9ea3c0"
     "e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e",
     "645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c45"
     "2118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f"},
};

// Every encoding of a point of order 1, 2, 4 or 8, with both signs of x.
constexpr const char* kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

// p, p + 1 and the largest: y is not below p.
constexpr const char* kNotCanonical[] = {
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

constexpr const char* kOrder = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

class Vrf : public testing::Test {
 protected:
  Ed25519SecretKey key = Ed25519SecretKey::from_seed(test::seed(1));
  Bytes alpha = test::hex("0102030405");
  VrfProof proof = vrf_prove(key, alpha);

  VrfProof with_gamma(std::string_view gamma) const {
    VrfProof out = proof;
    const auto bytes = test::array<32>(gamma);
    std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
    return out;
  }
};

TEST_F(Vrf, reproduces_the_rfc_9381_vectors) {
  for (const Case& c : kCases) {
    const auto secret = Ed25519SecretKey::from_seed(test::secret(c.seed));
    const auto made = vrf_prove(secret, test::hex(c.alpha));
    EXPECT_EQ(to_hex(made.view()), c.proof);
    const auto public_key = fixed<Ed25519PublicKey>(c.key);
    const auto given = fixed<VrfProof>(c.proof);
    const auto verified = vrf_verify(public_key, test::hex(c.alpha), given);
    ASSERT_TRUE(verified);
    EXPECT_EQ(to_hex(verified->view()), c.output);
    EXPECT_EQ(vrf_output(given), verified);
  }
}

TEST_F(Vrf, many_inputs_verify_and_give_different_outputs) {
  std::set<VrfOutput> seen;
  for (std::uint8_t i = 0; i < 64; ++i) {
    const Bytes input{i};
    const auto output = vrf_verify(key.public_key(), input, vrf_prove(key, input));
    ASSERT_TRUE(output) << int{i};
    EXPECT_TRUE(seen.insert(*output).second);
  }
}

TEST_F(Vrf, rejects_another_input_or_key) {
  EXPECT_TRUE(vrf_verify(key.public_key(), alpha, proof));
  EXPECT_FALSE(vrf_verify(key.public_key(), test::hex("0102030406"), proof));
  EXPECT_FALSE(vrf_verify(key.public_key(), {}, proof));
  const auto other = Ed25519SecretKey::from_seed(test::seed(2));
  EXPECT_FALSE(vrf_verify(other.public_key(), alpha, proof));
}

// Section 5.3 step 8: a changed Gamma, c or s gives another challenge.
TEST_F(Vrf, rejects_any_changed_bit) {
  for (std::size_t bit = 0; bit < 640; ++bit) {
    VrfProof changed = proof;
    changed.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(vrf_verify(key.public_key(), alpha, changed)) << bit;
  }
}

// Section 5.4.4 step 8: s and s + q would be two proofs of one output.
TEST_F(Vrf, rejects_s_not_below_the_group_order) {
  VrfProof changed = proof;
  const auto order = test::array<32>(kOrder);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = proof.bytes[48 + i] + order[i] + carry;
    changed.bytes[48 + i] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8U;
  }
  EXPECT_FALSE(vrf_verify(key.public_key(), alpha, changed));
  EXPECT_FALSE(vrf_output(changed));
}

// Section 5.4.5: with such a key the output would not depend on a secret.
TEST_F(Vrf, rejects_keys_of_small_order) {
  for (const char* point : kSmallOrder)
    EXPECT_FALSE(vrf_verify(fixed<Ed25519PublicKey>(point), alpha, proof)) << point;
}

TEST_F(Vrf, rejects_keys_that_are_not_canonical_or_not_on_the_curve) {
  for (const char* point : kNotCanonical)
    EXPECT_FALSE(vrf_verify(fixed<Ed25519PublicKey>(point), alpha, proof)) << point;
  // y = 2 has no x.
  const std::string off_curve = "02" + std::string(62, '0');
  EXPECT_FALSE(vrf_verify(fixed<Ed25519PublicKey>(off_curve), alpha, proof));
}

TEST_F(Vrf, rejects_a_gamma_that_is_no_point_of_the_prime_order_group) {
  for (const char* point : kSmallOrder) {
    EXPECT_FALSE(vrf_verify(key.public_key(), alpha, with_gamma(point))) << point;
    EXPECT_FALSE(vrf_output(with_gamma(point))) << point;
  }
  for (const char* point : kNotCanonical)
    EXPECT_FALSE(vrf_output(with_gamma(point))) << point;
  EXPECT_FALSE(vrf_output(with_gamma("02" + std::string(62, '0'))));
}

// Adding a point of small order to Gamma keeps 8 * Gamma, and so the output: refused all the same,
// for one output should not have eight proofs.
TEST_F(Vrf, rejects_a_gamma_or_key_moved_by_a_point_of_small_order) {
  const auto shift = test::array<32>(kSmallOrder[6]);
  VrfProof moved = proof;
  ASSERT_EQ(crypto_core_ed25519_add(moved.bytes.data(), proof.bytes.data(), shift.data()), 0);
  EXPECT_FALSE(vrf_output(moved));
  EXPECT_FALSE(vrf_verify(key.public_key(), alpha, moved));
  Ed25519PublicKey mixed;
  const auto honest = key.public_key();
  ASSERT_EQ(crypto_core_ed25519_add(mixed.bytes.data(), honest.bytes.data(), shift.data()), 0);
  EXPECT_FALSE(vrf_verify(mixed, alpha, proof));
}

// Zero for c or s makes a product the neutral element.
TEST_F(Vrf, rejects_zero_scalars) {
  VrfProof zero_s = proof;
  std::fill(zero_s.bytes.begin() + 48, zero_s.bytes.end(), 0);
  EXPECT_FALSE(vrf_verify(key.public_key(), alpha, zero_s));
  VrfProof zero_c = proof;
  std::fill(zero_c.bytes.begin() + 32, zero_c.bytes.begin() + 48, 0);
  EXPECT_FALSE(vrf_verify(key.public_key(), alpha, zero_c));
}

}  // namespace
}  // namespace ol::crypto
