#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ol/base/u256.hpp>

namespace ol::evm {

/// Folds a 128-bit product, which spreads every bit of both factors.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Hashes four words under a secret seed, so that nobody can pick keys that collide.
[[nodiscard]] inline std::uint64_t seeded_hash(std::uint64_t seed, const U256& key,
                                               std::uint64_t more = 0) {
  constexpr std::uint64_t kOdd0 = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio
  constexpr std::uint64_t kOdd1 = 0xc2b2ae3d27d4eb4fULL;
  const std::uint64_t low = mix(key.limb(0) ^ seed, key.limb(1) ^ kOdd0);
  const std::uint64_t high = mix(key.limb(2) ^ (seed + kOdd1), key.limb(3) ^ kOdd1);
  return mix(low ^ kOdd1 ^ more, high ^ seed ^ kOdd0);
}

/// Finds positions in a list by the hash of what lies there: open addressing with linear probing.
/// Never iterated, so its order reaches no result. Nothing is removed but all at once.
class IndexTable {
 public:
  static constexpr std::uint32_t kAbsent = UINT32_MAX;

  /// The position for which `matches(position)` holds among those put under `hash`, or kAbsent.
  template <typename Matches>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Matches& matches) const {
    if (cells_.empty()) return kAbsent;
    const std::size_t mask = cells_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Cell& cell = cells_[i];
      if (cell.position == kAbsent) return kAbsent;
      if (cell.tag == tag && matches(cell.position)) return cell.position;
    }
  }

  /// Adds a position; `hash_of(position)` gives the hash of any position put before.
  template <typename HashOf>
  void insert(std::uint64_t hash, std::uint32_t position, const HashOf& hash_of) {
    if ((count_ + 1) * 2 > cells_.size()) grow(hash_of);
    place(hash, position);
    ++count_;
  }

  void clear() {
    if (count_ == 0) return;
    cells_.assign(cells_.size() > kCellsKept ? 0 : cells_.size(), Cell{});
    count_ = 0;
  }

 private:
  struct Cell {
    std::uint32_t tag = 0;  // the hash's upper half, which saves most false comparisons
    std::uint32_t position = kAbsent;
  };
  static constexpr std::size_t kCellsMin = 64;
  static constexpr std::size_t kCellsKept = 4096;

  void place(std::uint64_t hash, std::uint32_t position) {
    const std::size_t mask = cells_.size() - 1;
    std::size_t i = hash & mask;
    while (cells_[i].position != kAbsent)
      i = (i + 1) & mask;
    cells_[i] = {static_cast<std::uint32_t>(hash >> 32), position};
  }

  template <typename HashOf>
  void grow(const HashOf& hash_of) {
    const std::vector<Cell> old = std::move(cells_);
    cells_.assign(old.empty() ? kCellsMin : old.size() * 2, Cell{});
    for (const Cell& cell : old) {
      if (cell.position != kAbsent) place(hash_of(cell.position), cell.position);
    }
  }

  std::vector<Cell> cells_;
  std::size_t count_ = 0;
};

}  // namespace ol::evm
