// Compiled with AVX-512VL: run only where the processor has it.
#include <cstddef>

#include "keccak_permutation.hpp"
#include "keccak_rounds.hpp"

namespace ol::crypto::detail {

void keccak_permute_in_vectors(KeccakState& state) {
  using Lane [[gnu::vector_size(16)]] = std::uint64_t;  // its upper word is not used
  Lane lanes[25];
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 25; ++i)
    lanes[i] = Lane{state[i], 0};
  permute(lanes);
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 25; ++i)
    state[i] = lanes[i][0];
}

}  // namespace ol::crypto::detail
