// The compression function F of BLAKE2b with a chosen number of rounds. Source: EIP-152; RFC 7693,
// section 3.2.

#include <bit>
#include <cstring>

#include "call.hpp"

namespace ol::evm::precompiles {
namespace {

constexpr std::size_t kInputBytes = 213;

using Words8 = std::array<std::uint64_t, 8>;
using Words16 = std::array<std::uint64_t, 16>;

constexpr Words8 kInitial = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                             0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                             0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

// RFC 7693, section 2.7.
constexpr std::array<std::array<std::uint8_t, 16>, 10> kSigma = {{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}};

[[gnu::always_inline]] inline void mix(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c,
                                       std::uint64_t& d, std::uint64_t x, std::uint64_t y) {
  a += b + x;
  d = std::rotr(d ^ a, 32);
  c += d;
  b = std::rotr(b ^ c, 24);
  a += b + y;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 63);
}

template <std::size_t Round>
[[gnu::always_inline]] inline void round(Words16& v, const Words16& m) {
  constexpr const auto& s = kSigma[Round];
  mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
  mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
  mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
  mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
  mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
  mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
  mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
  mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

// The number of rounds is a stranger's (up to 2^32 - 1), so whole cycles of the ten permutations
// run without looking at tables.
void run_rounds(std::uint32_t rounds, Words16& v, const Words16& m) {
  for (; rounds >= 10; rounds -= 10) {
    round<0>(v, m);
    round<1>(v, m);
    round<2>(v, m);
    round<3>(v, m);
    round<4>(v, m);
    round<5>(v, m);
    round<6>(v, m);
    round<7>(v, m);
    round<8>(v, m);
    round<9>(v, m);
  }
  if (rounds > 0) round<0>(v, m);
  if (rounds > 1) round<1>(v, m);
  if (rounds > 2) round<2>(v, m);
  if (rounds > 3) round<3>(v, m);
  if (rounds > 4) round<4>(v, m);
  if (rounds > 5) round<5>(v, m);
  if (rounds > 6) round<6>(v, m);
  if (rounds > 7) round<7>(v, m);
  if (rounds > 8) round<8>(v, m);
}

}  // namespace

PrecompileResult blake2f(ByteView input, std::int64_t gas, Revision) {
  if (input.size() != kInputBytes) return failed(Status::InputLength);
  std::uint32_t rounds = 0;
  std::memcpy(&rounds, input.data(), 4);
  rounds = std::byteswap(rounds);
  const std::uint8_t final_block = input[kInputBytes - 1];
  const auto left = pay(gas, rounds);
  if (!left) return out_of_gas();
  if (final_block > 1) return failed(Status::FinalFlag);

  Words8 h;
  Words16 m;
  std::array<std::uint64_t, 2> offset;
  std::memcpy(h.data(), &input[4], sizeof h);
  std::memcpy(m.data(), &input[68], sizeof m);
  std::memcpy(offset.data(), &input[196], sizeof offset);

  Words16 v;
  std::copy(h.begin(), h.end(), v.begin());
  std::copy(kInitial.begin(), kInitial.end(), v.begin() + 8);
  v[12] ^= offset[0];
  v[13] ^= offset[1];
  if (final_block == 1) v[14] = ~v[14];
  run_rounds(rounds, v, m);
  for (std::size_t i = 0; i < 8; ++i)
    h[i] ^= v[i] ^ v[i + 8];
  return succeeded(*left, std::bit_cast<std::array<std::uint8_t, 64>>(h));
}

}  // namespace ol::evm::precompiles
