#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

// The group order of secp256k1 (SEC 2, section 2.4.1).
constexpr U256 kOrder{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
                      0xffffffffffffffff};

struct Call {
  Bytes digest;
  U256 v;
  U256 r;
  U256 s;

  [[nodiscard]] Bytes input() const { return join(digest, word(v), word(r), word(s)); }
};

Call good_call(std::uint8_t seed) {
  const auto key = crypto::Secp256k1SecretKey::from_bytes(Bytes(32, seed)).value();
  const Hash256 digest = crypto::keccak256(Bytes{seed});
  const auto signature = crypto::sign_recoverable(key, digest);
  return {.digest = to_bytes(digest.view()),
          .v = U256{27U + signature.recovery_id},
          .r = *U256::from_big_endian(signature.r),
          .s = *U256::from_big_endian(signature.s)};
}

Bytes address_word(std::uint8_t seed) {
  const auto key = crypto::Secp256k1SecretKey::from_bytes(Bytes(32, seed)).value();
  return join(Bytes(12, 0), key.address().view());
}

void expect_empty(const Call& call) {
  const auto result = run(0x01, call.input(), Revision::Frontier, 3000);
  EXPECT_TRUE(result.success);
  EXPECT_TRUE(result.output.empty());
}

TEST(Ecrecover, gives_the_signers_address) {
  for (std::uint8_t seed = 1; seed < 20; ++seed) {
    EXPECT_EQ(run(0x01, good_call(seed).input()).output, address_word(seed));
  }
}

TEST(Ecrecover, costs_3000) {
  const Bytes input = good_call(1).input();
  EXPECT_EQ(run(0x01, input, Revision::Frontier, 3001).gas_left, 1);
  EXPECT_FALSE(run(0x01, input, Revision::Frontier, 2999).success);
}

TEST(Ecrecover, accepts_the_other_s) {
  Call call = good_call(5);
  call.s = kOrder - call.s;
  call.v = U256{27 + 28} - call.v;
  EXPECT_EQ(run(0x01, call.input()).output, address_word(5));
}

TEST(Ecrecover, ignores_what_follows_and_reads_zeros_past_the_end) {
  const Bytes input = good_call(6).input();
  EXPECT_EQ(run(0x01, join(input, Bytes(50, 0xff))).output, address_word(6));
  const auto cut = run(0x01, ByteView(input).first(96));  // s is zero
  EXPECT_TRUE(cut.success);
  EXPECT_TRUE(cut.output.empty());
  EXPECT_TRUE(run(0x01, {}).success);
  EXPECT_TRUE(run(0x01, {}).output.empty());
}

TEST(Ecrecover, answers_nothing_to_another_v) {
  for (const U256 v : {U256{0}, U256{1}, U256{26}, U256{29}, U256{27 + 256}, U256{27, 0, 0, 1}}) {
    Call call = good_call(7);
    call.v = v;
    expect_empty(call);
  }
}

TEST(Ecrecover, answers_nothing_to_r_or_s_out_of_range) {
  for (const U256 bad : {U256{0}, kOrder, kOrder + U256{1}, U256::max()}) {
    Call call = good_call(8);
    call.r = bad;
    expect_empty(call);
    call = good_call(8);
    call.s = bad;
    expect_empty(call);
  }
}

}  // namespace
}  // namespace ol::evm::precompiles
