#pragma once

// The permutation on vectors. For the source files that set their own instruction set alone: all of
// this is theirs (internal linkage), so that no other file ever runs code made for another
// processor.
#include <cstddef>
#include <cstdint>

#include "keccak_constants.hpp"

namespace ol::crypto::detail {
namespace {

template <typename Vector>
[[gnu::always_inline]] inline Vector rotated(Vector v, int bits) {
  return bits == 0 ? v : (v << bits) | (v >> (64 - bits));
}

/// Row `Y` of one round: steps theta, rho, pi and chi. Lane ((X + 3 Y) mod 5, X) goes to (X, Y).
template <std::size_t Y, typename Vector>
[[gnu::always_inline]] inline void write_row(const Vector (&in)[25], const Vector (&parity)[5],
                                             Vector (&out)[25]) {
  Vector moved[5];
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x) {
    const std::size_t column = (x + 3 * Y) % 5;
    const std::size_t lane = column + 5 * x;
    moved[x] = rotated(in[lane] ^ parity[column], kKeccakRotations[lane]);
  }
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x)
    out[5 * Y + x] = moved[x] ^ (~moved[(x + 1) % 5] & moved[(x + 2) % 5]);
}

template <typename Vector>
[[gnu::always_inline]] inline void round(const Vector (&in)[25], Vector (&out)[25],
                                         std::uint64_t constant) {
  Vector sums[5];
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x)
    sums[x] = in[x] ^ in[x + 5] ^ in[x + 10] ^ in[x + 15] ^ in[x + 20];
  Vector parity[5];
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x)
    parity[x] = sums[(x + 4) % 5] ^ rotated(sums[(x + 1) % 5], 1);
  write_row<0>(in, parity, out);
  write_row<1>(in, parity, out);
  write_row<2>(in, parity, out);
  write_row<3>(in, parity, out);
  write_row<4>(in, parity, out);
  out[0] ^= constant;
}

/// @pre `states` is aligned as Vector is.
template <typename Vector>
[[gnu::always_inline]] inline void permute(Vector* states) {
  Vector even[25];
  Vector odd[25];
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 25; ++i)
    even[i] = states[i];
  for (std::size_t i = 0; i < 24; i += 2) {
    round(even, odd, kKeccakRounds[i]);
    round(odd, even, kKeccakRounds[i + 1]);
  }
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 25; ++i)
    states[i] = even[i];
}

}  // namespace
}  // namespace ol::crypto::detail
