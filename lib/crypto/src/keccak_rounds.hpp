#pragma once

// The permutation on words, or on vectors of words. For the source files that set their own
// instruction set or registers alone: all of this is theirs (internal linkage), so that no other
// file ever runs code made for another processor.
#include <cstddef>
#include <cstdint>

#include "keccak_constants.hpp"

namespace ol::crypto::detail {
namespace {

template <typename Word>
[[gnu::always_inline]] inline Word rotated(Word word, int bits) {
  return bits == 0 ? word : (word << bits) | (word >> (64 - bits));
}

/// Where lane (x, y) lies before a round. Step pi moves lanes; written back to the five places that
/// a row was read from, they move among 25 registers without a copy and are all home after four
/// rounds. Source: Keccak implementation overview 3.2, section 2.5.
constexpr std::size_t place(std::size_t round, std::size_t x, std::size_t y) {
  for (std::size_t i = 0; i < round % 4; ++i)
    y = (x + 2 * y) % 5;
  return x + 5 * y;
}

/// Row `Y` of one round: steps theta, rho, pi and chi. Lane ((X + 3 Y) mod 5, X) goes to (X, Y).
template <std::size_t Round, std::size_t Y, typename Word>
[[gnu::always_inline]] inline void write_row(Word (&lanes)[25], const Word (&parity)[5]) {
  Word moved[5];
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x) {
    const std::size_t column = (x + 3 * Y) % 5;
    moved[x] =
        rotated(lanes[place(Round, column, x)] ^ parity[column], kKeccakRotations[column + 5 * x]);
  }
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x)
    lanes[place(Round + 1, x, Y)] = moved[x] ^ (~moved[(x + 1) % 5] & moved[(x + 2) % 5]);
}

template <std::size_t Round, typename Word>
[[gnu::always_inline]] inline void round(Word (&lanes)[25], std::uint64_t constant) {
  Word sums[5];
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x) {
    sums[x] = lanes[place(Round, x, 0)] ^ lanes[place(Round, x, 1)] ^ lanes[place(Round, x, 2)] ^
              lanes[place(Round, x, 3)] ^ lanes[place(Round, x, 4)];
  }
  Word parity[5];
#pragma clang loop unroll(full)
  for (std::size_t x = 0; x < 5; ++x)
    parity[x] = sums[(x + 4) % 5] ^ rotated(sums[(x + 1) % 5], 1);
  write_row<Round, 0>(lanes, parity);
  lanes[0] ^= constant;  // lane (0, 0) never moves
  write_row<Round, 1>(lanes, parity);
  write_row<Round, 2>(lanes, parity);
  write_row<Round, 3>(lanes, parity);
  write_row<Round, 4>(lanes, parity);
}

/// Keccak-f[1600] in place. @pre `states` is aligned as Word is.
template <typename Word>
[[gnu::always_inline]] inline void permute(Word* states) {
  Word lanes[25];
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 25; ++i)
    lanes[i] = states[i];
#pragma clang loop unroll(disable)
  for (std::size_t i = 0; i < 24; i += 4) {
    round<0>(lanes, kKeccakRounds[i]);
    round<1>(lanes, kKeccakRounds[i + 1]);
    round<2>(lanes, kKeccakRounds[i + 2]);
    round<3>(lanes, kKeccakRounds[i + 3]);
  }
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 25; ++i)
    states[i] = lanes[i];
}

}  // namespace
}  // namespace ol::crypto::detail
