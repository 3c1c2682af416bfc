#include "keccak_permutation.hpp"

#include <algorithm>
#include <limits>

#include <x86intrin.h>

namespace ol::crypto::detail {
namespace {

using Permutation = void (*)(KeccakState&);

/// The least time that a few permutations take, in ticks of the processor.
std::uint64_t ticks_of(Permutation permute) {
  KeccakState state{};
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int round = 0; round < 16; ++round) {
    const std::uint64_t begin = __rdtsc();
    for (int i = 0; i < 4; ++i)
      permute(state);
    least = std::min<std::uint64_t>(least, __rdtsc() - begin);
  }
  return least;
}

// In vector registers a round is 80 instructions (three-way logic, rotations) instead of 130 and
// the traffic of 25 lanes in 15 registers, which is faster where four of them go at once (AMD's Zen
// 4) and need not be where there are fewer units for vectors than for words. So both are tried, for
// 20 microseconds. What is hashed does not depend on it.
Permutation fastest() {
  if (!has_vectors_for_lanes()) return keccak_permute_in_words;
  return ticks_of(keccak_permute_in_vectors) < ticks_of(keccak_permute_in_words)
             ? keccak_permute_in_vectors
             : keccak_permute_in_words;
}

}  // namespace

bool has_vectors_for_lanes() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

void keccak_permute(KeccakState& state) {
  static const Permutation kPermute = fastest();
  kPermute(state);
}

}  // namespace ol::crypto::detail
