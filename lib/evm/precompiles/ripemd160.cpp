#include "ripemd160.hpp"

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

namespace ol::evm::precompiles {
namespace {

constexpr std::size_t kBlockBytes = 64;

using State = std::array<std::uint32_t, 5>;
using Block = std::array<std::uint32_t, 16>;

// Which message word step j of a line takes: the permutations rho and pi of the paper, applied
// round after round.
using Order = std::array<std::uint8_t, 80>;

consteval Order make_order(bool right) {
  constexpr std::array<std::uint8_t, 16> kRho = {7,  4, 13, 1, 10, 6,  15, 3,
                                                 12, 0, 9,  5, 2,  14, 11, 8};
  Order out{};
  for (std::size_t i = 0; i < 16; ++i) {
    std::uint8_t word = static_cast<std::uint8_t>(right ? (9 * i + 5) % 16 : i);
    for (std::size_t round = 0; round < 5; ++round) {
      out[16 * round + i] = word;
      word = kRho[word];
    }
  }
  return out;
}

constexpr Order kLeftOrder = make_order(false);
constexpr Order kRightOrder = make_order(true);

// Rotations by round and message word, the same table for both lines.
constexpr std::array<std::array<std::uint8_t, 16>, 5> kShift = {{
    {11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8},
    {12, 13, 11, 15, 6, 9, 9, 7, 12, 15, 11, 13, 7, 8, 7, 7},
    {13, 15, 14, 11, 7, 7, 6, 8, 13, 14, 13, 12, 5, 5, 6, 9},
    {14, 11, 12, 14, 8, 6, 5, 5, 15, 12, 15, 14, 9, 9, 8, 6},
    {15, 12, 13, 13, 9, 5, 8, 6, 14, 11, 12, 11, 8, 6, 5, 5},
}};

constexpr std::array<std::uint32_t, 5> kLeftConstant = {0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
                                                        0xa953fd4e};
constexpr std::array<std::uint32_t, 5> kRightConstant = {0x50a28be6, 0x5c4dd124, 0x6d703ef3,
                                                         0x7a6d76e9, 0};

template <std::size_t Function>
constexpr std::uint32_t mix(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  if constexpr (Function == 0) return x ^ y ^ z;
  if constexpr (Function == 1) return (x & y) | (~x & z);
  if constexpr (Function == 2) return (x | ~y) ^ z;
  if constexpr (Function == 3) return (x & z) | (y & ~z);
  if constexpr (Function == 4) return x ^ (y | ~z);
}

// Sixteen steps of one line; the compiler unrolls them and the five names turn in registers.
template <std::size_t Round, bool Right>
[[gnu::always_inline]] inline void round(State& s, const Block& block) {
  constexpr std::size_t kFunction = Right ? 4 - Round : Round;
  constexpr std::uint32_t kConstant = Right ? kRightConstant[Round] : kLeftConstant[Round];
  constexpr const Order& kOrder = Right ? kRightOrder : kLeftOrder;
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t word = kOrder[16 * Round + i];
    const std::uint32_t sum = s[0] + mix<kFunction>(s[1], s[2], s[3]) + block[word] + kConstant;
    const std::uint32_t next = std::rotl(sum, kShift[Round][word]) + s[4];
    s = {s[4], next, s[1], std::rotl(s[2], 10), s[3]};
  }
}

template <bool Right>
[[gnu::always_inline]] inline void line(State& s, const Block& block) {
  round<0, Right>(s, block);
  round<1, Right>(s, block);
  round<2, Right>(s, block);
  round<3, Right>(s, block);
  round<4, Right>(s, block);
}

void compress(State& state, const std::uint8_t* bytes) {
  Block block;
  std::memcpy(block.data(), bytes, kBlockBytes);
  State left = state;
  State right = state;
  line<false>(left, block);
  line<true>(right, block);
  state = {state[1] + left[2] + right[3], state[2] + left[3] + right[4],
           state[3] + left[4] + right[0], state[4] + left[0] + right[1],
           state[0] + left[1] + right[2]};
}

}  // namespace

std::array<std::uint8_t, 20> ripemd160_digest(ByteView data) {
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::size_t whole = data.size() / kBlockBytes * kBlockBytes;
  for (std::size_t at = 0; at < whole; at += kBlockBytes)
    compress(state, data.data() + at);

  // The tail, one bit, zeros and the length in bits: one block or two.
  std::array<std::uint8_t, 2 * kBlockBytes> tail{};
  const std::size_t rest = data.size() - whole;
  if (rest != 0) std::memcpy(tail.data(), data.data() + whole, rest);
  tail[rest] = 0x80;
  const std::size_t padded_size = rest + 9 <= kBlockBytes ? kBlockBytes : 2 * kBlockBytes;
  const std::uint64_t bits = static_cast<std::uint64_t>(data.size()) * 8;
  std::memcpy(tail.data() + padded_size - 8, &bits, 8);
  for (std::size_t at = 0; at < padded_size; at += kBlockBytes)
    compress(state, tail.data() + at);

  static_assert(std::endian::native == std::endian::little);
  return std::bit_cast<std::array<std::uint8_t, 20>>(state);
}

}  // namespace ol::evm::precompiles
