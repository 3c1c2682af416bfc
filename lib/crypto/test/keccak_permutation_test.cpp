#include "keccak_permutation.hpp"

#include <gtest/gtest.h>

namespace ol::crypto::detail {
namespace {

// The permutation of all zeros. Source: Keccak team, KeccakF-1600-IntermediateValues.txt.
constexpr KeccakState kOfZeros = {
    0xf1258f7940e1dde7, 0x84d5ccf933c0478a, 0xd598261ea65aa9ee, 0xbd1547306f80494d,
    0x8b284e056253d057, 0xff97a42d7f8e6fd4, 0x90fee5a0a44647c4, 0x8c5bda0cd6192e76,
    0xad30a6f71b19059c, 0x30935ab7d08ffc64, 0xeb5aa93f2317d635, 0xa9a6e6260d712103,
    0x81a57c16dbcf555f, 0x43b831cd0347c826, 0x01f22f1a11a5569f, 0x05e5635a21d9ae61,
    0x64befef28cc970f2, 0x613670957bc46611, 0xb87c5a554fd00ecb, 0x8c3ee88a1ccf32c8,
    0x940c7922ae3a2614, 0x1841f924a2c509e4, 0x16f53526e70465c2, 0x75f644e97f30a13b,
    0xeaf1ff7b5ceca249};

TEST(KeccakPermutation, in_words_is_the_published_one) {
  KeccakState state{};
  keccak_permute_in_words(state);
  EXPECT_EQ(state, kOfZeros);
}

TEST(KeccakPermutation, in_vectors_is_the_published_one) {
  if (!has_vectors_for_lanes()) GTEST_SKIP() << "this processor has no AVX-512VL";
  KeccakState state{};
  keccak_permute_in_vectors(state);
  EXPECT_EQ(state, kOfZeros);
}

TEST(KeccakPermutation, every_form_gives_the_same_a_thousand_times) {
  KeccakState words{};
  KeccakState chosen{};
  KeccakState vectors{};
  for (int i = 0; i < 1000; ++i) {
    keccak_permute_in_words(words);
    keccak_permute(chosen);
    ASSERT_EQ(chosen, words);
    if (!has_vectors_for_lanes()) continue;
    keccak_permute_in_vectors(vectors);
    ASSERT_EQ(vectors, words);
  }
}

}  // namespace
}  // namespace ol::crypto::detail
