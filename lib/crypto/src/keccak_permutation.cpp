#include "keccak_permutation.hpp"

#include <bit>
#include <cstddef>
#include <iterator>

#include "keccak_constants.hpp"

namespace ol::crypto::detail {
namespace {

using Lanes = std::array<std::uint64_t, 25>;
using Columns = std::array<std::uint64_t, 5>;

// Step pi puts lane ((X + 3 Y) mod 5, X) at (X, Y): read it from there, with theta and rho applied.
template <std::size_t X, std::size_t Y>
[[gnu::always_inline]] inline std::uint64_t moved_lane(const Lanes& in, const Columns& parity) {
  constexpr std::size_t kColumn = (X + 3 * Y) % 5;
  constexpr std::size_t kLane = kColumn + 5 * X;
  return std::rotl(in[kLane] ^ parity[kColumn], kKeccakRotations[kLane]);
}

template <std::size_t Y>
[[gnu::always_inline]] inline void write_row(const Lanes& in, const Columns& parity, Lanes& out) {
  const std::uint64_t b0 = moved_lane<0, Y>(in, parity);
  const std::uint64_t b1 = moved_lane<1, Y>(in, parity);
  const std::uint64_t b2 = moved_lane<2, Y>(in, parity);
  const std::uint64_t b3 = moved_lane<3, Y>(in, parity);
  const std::uint64_t b4 = moved_lane<4, Y>(in, parity);
  out[5 * Y + 0] = b0 ^ (~b1 & b2);
  out[5 * Y + 1] = b1 ^ (~b2 & b3);
  out[5 * Y + 2] = b2 ^ (~b3 & b4);
  out[5 * Y + 3] = b3 ^ (~b4 & b0);
  out[5 * Y + 4] = b4 ^ (~b0 & b1);
}

// One round from `in` to `out`: working between two states spares the copy that pi would need.
[[gnu::always_inline]] inline void round(const Lanes& in, Lanes& out, std::uint64_t constant) {
  const Columns sums = {
      in[0] ^ in[5] ^ in[10] ^ in[15] ^ in[20], in[1] ^ in[6] ^ in[11] ^ in[16] ^ in[21],
      in[2] ^ in[7] ^ in[12] ^ in[17] ^ in[22], in[3] ^ in[8] ^ in[13] ^ in[18] ^ in[23],
      in[4] ^ in[9] ^ in[14] ^ in[19] ^ in[24]};
  const Columns parity = {sums[4] ^ std::rotl(sums[1], 1), sums[0] ^ std::rotl(sums[2], 1),
                          sums[1] ^ std::rotl(sums[3], 1), sums[2] ^ std::rotl(sums[4], 1),
                          sums[3] ^ std::rotl(sums[0], 1)};
  write_row<0>(in, parity, out);
  write_row<1>(in, parity, out);
  write_row<2>(in, parity, out);
  write_row<3>(in, parity, out);
  write_row<4>(in, parity, out);
  out[0] ^= constant;
}

}  // namespace

void keccak_permute(Lanes& lanes) {
  Lanes even = lanes;
  Lanes odd;
  for (std::size_t i = 0; i < std::size(kKeccakRounds); i += 2) {
    round(even, odd, kKeccakRounds[i]);
    round(odd, even, kKeccakRounds[i + 1]);
  }
  lanes = even;
}

}  // namespace ol::crypto::detail
