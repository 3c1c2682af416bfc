// EIP-152.

#include <array>
#include <bit>
#include <cstring>

#include <gtest/gtest.h>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

// RFC 7693 appendix A: the state before the only block of "abc" for a digest of 64 bytes.
constexpr std::string_view kAbcState =
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b";

Bytes call(std::uint32_t rounds, std::uint8_t final_block) {
  Bytes out = word(rounds);
  out.erase(out.begin(), out.begin() + 28);
  append(out, hex(kAbcState));
  append(out, as_bytes("abc"));
  append(out, Bytes(125, 0));
  append(out, Bytes{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  out.push_back(final_block);
  return out;
}

/// The function as RFC 7693 writes it, with indices.
Bytes expected(ByteView input, std::uint32_t rounds) {
  constexpr std::uint8_t kSigma[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                           {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                           {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                           {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                           {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                           {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                           {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                           {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                           {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                           {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
  constexpr std::uint8_t kMixes[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14},
                                         {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12},
                                         {2, 7, 8, 13},  {3, 4, 9, 14}};
  constexpr std::array<std::uint64_t, 8> kInitial = {
      0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  std::array<std::uint64_t, 8> h;
  std::array<std::uint64_t, 16> m;
  std::array<std::uint64_t, 2> t;
  std::memcpy(h.data(), &input[4], 64);
  std::memcpy(m.data(), &input[68], 128);
  std::memcpy(t.data(), &input[196], 16);
  std::array<std::uint64_t, 16> v;
  std::copy(h.begin(), h.end(), v.begin());
  std::copy(kInitial.begin(), kInitial.end(), v.begin() + 8);
  v[12] ^= t[0];
  v[13] ^= t[1];
  if (input[212] == 1) v[14] = ~v[14];
  for (std::uint32_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < 8; ++i) {
      const auto& [a, b, c, d] = kMixes[i];
      const auto& sigma = kSigma[round % 10];
      v[a] += v[b] + m[sigma[2 * i]];
      v[d] = std::rotr(v[d] ^ v[a], 32);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], 24);
      v[a] += v[b] + m[sigma[2 * i + 1]];
      v[d] = std::rotr(v[d] ^ v[a], 16);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], 63);
    }
  }
  Bytes out(64);
  for (std::size_t i = 0; i < 8; ++i)
    h[i] ^= v[i] ^ v[i + 8];
  std::memcpy(out.data(), h.data(), 64);
  return out;
}

TEST(Blake2f, of_abc_is_the_rfcs_digest) {
  EXPECT_EQ(to_hex(run(0x09, call(12, 1)).output),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Blake2f, agrees_with_the_plain_function_for_every_number_of_rounds) {
  Noise noise(152);
  for (std::uint32_t rounds = 0; rounds < 43; ++rounds) {
    Bytes input = call(rounds, static_cast<std::uint8_t>(rounds & 1U));
    const Bytes body = noise.bytes(208);
    std::copy(body.begin(), body.end(), input.begin() + 4);
    EXPECT_EQ(run(0x09, input).output, expected(input, rounds)) << rounds;
  }
}

TEST(Blake2f, costs_one_for_each_round) {
  EXPECT_EQ(run(0x09, call(12, 1), Revision::Istanbul, 12).gas_left, 0);
  EXPECT_FALSE(run(0x09, call(12, 1), Revision::Istanbul, 11).success);
  EXPECT_EQ(run(0x09, call(0, 1), Revision::Istanbul, 0).success, true);
  EXPECT_FALSE(run(0x09, call(0xffffffff, 1), Revision::Istanbul, 0xfffffffe).success);
}

TEST(Blake2f, takes_213_bytes_and_a_final_flag_of_0_or_1) {
  const Bytes good = call(12, 0);
  EXPECT_TRUE(run(0x09, good).success);
  EXPECT_FALSE(run(0x09, ByteView(good).first(212)).success);
  EXPECT_FALSE(run(0x09, join(good, Bytes{0})).success);
  EXPECT_FALSE(run(0x09, {}).success);
  EXPECT_FALSE(run(0x09, call(12, 2)).success);
  EXPECT_FALSE(run(0x09, call(12, 0xff)).success);
}

}  // namespace
}  // namespace ol::evm::precompiles
