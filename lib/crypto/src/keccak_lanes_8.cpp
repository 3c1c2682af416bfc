// Compiled with AVX-512F: run only where the processor has it.
#include "keccak_lanes.hpp"
#include "keccak_rounds.hpp"

namespace ol::crypto::detail {

void keccak_permute_8(std::uint64_t* states) {
  using Vector [[gnu::vector_size(64), gnu::may_alias]] = std::uint64_t;
  permute(reinterpret_cast<Vector*>(states));
}

}  // namespace ol::crypto::detail
