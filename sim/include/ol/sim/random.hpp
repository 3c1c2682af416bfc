#pragma once

#include <array>
#include <cstdint>

namespace ol::sim {

/// The simulator's one source of chance: xoshiro256** seeded by splitmix64, so that a seed means
/// the same run on every machine and library version. Source: Blackman and Vigna, "Scrambled Linear
/// Pseudorandom Number Generators".
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_)
      word = split_mix(seed);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  /// In [0, bound). The bias of the remainder is far below what any run could show.
  /// @pre bound > 0
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// In [low, high]. @pre low <= high
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  /// True in `per_mille` of 1000 cases.
  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }
  /// An independent generator, so that one part's draws do not shift another's.
  Random fork() { return Random(next()); }

 private:
  static std::uint64_t rotate(std::uint64_t x, unsigned k) { return (x << k) | (x >> (64U - k)); }
  static std::uint64_t split_mix(std::uint64_t& x) {
    x += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = x;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace ol::sim
