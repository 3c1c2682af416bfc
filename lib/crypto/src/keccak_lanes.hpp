#pragma once

#include <cstddef>
#include <cstdint>

namespace ol::crypto::detail {

/// Keccak-f[1600] of several states side by side: word `i` of state `s` is at `i * width + s`.
struct KeccakLanes {
  std::size_t width;
  void (*permute)(std::uint64_t* states);
};

inline constexpr std::size_t kKeccakWidthMax = 8;

/// Aligned for every width.
struct alignas(64) KeccakStates {
  std::uint64_t words[25 * kKeccakWidthMax] = {};
};

/// Four states; for every processor the program runs on.
void keccak_permute_4(std::uint64_t* states);
/// Eight states. @pre The processor has AVX-512F.
void keccak_permute_8(std::uint64_t* states);

/// The widest this processor has. What is hashed does not depend on it.
[[nodiscard]] KeccakLanes keccak_lanes();

}  // namespace ol::crypto::detail
