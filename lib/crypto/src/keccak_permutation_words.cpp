// Compiled without a frame pointer: the lanes need every register.
#include "keccak_permutation.hpp"
#include "keccak_rounds.hpp"

namespace ol::crypto::detail {

// A caller that keeps a frame pointer must not take this in.
[[gnu::noinline]] void keccak_permute_in_words(KeccakState& state) {
  permute(state.data());
}

}  // namespace ol::crypto::detail
