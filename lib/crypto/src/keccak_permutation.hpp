#pragma once

#include <array>
#include <cstdint>

namespace ol::crypto::detail {

/// The 25 lanes of a state; lane (x, y) is at x + 5 y. Source: Keccak reference 3.0, section 1.2.
using KeccakState = std::array<std::uint64_t, 25>;

/// Keccak-f[1600] in place, by what is fastest on this processor.
void keccak_permute(KeccakState& state);

/// In general registers; for every processor the program runs on.
void keccak_permute_in_words(KeccakState& state);
/// A lane in each of 25 vector registers. @pre The processor has AVX-512VL.
void keccak_permute_in_vectors(KeccakState& state);
[[nodiscard]] bool has_vectors_for_lanes();

}  // namespace ol::crypto::detail
