#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace ol::exchange {

/// Which orders were touched, as bits: ids are dense, so a page of 4096 of them is 512 bytes, and
/// they come out once each and ascending without being sorted. Memory follows the pages touched
/// since `clear`, and four bytes a page. One thread at a time.
class IdSet {
 public:
  void add(std::uint64_t id) {
    const std::uint64_t page = id >> kPageBits;
    if (page >= place_of_page_.size()) place_of_page_.resize(page + 1);
    if (place_of_page_[page] == 0) open(page);
    bitmaps_[place_of_page_[page] - 1][(id & kMask) / 64] |= std::uint64_t{1} << (id % 64);
  }
  void clear() {
    for (const std::uint64_t page : touched_)
      place_of_page_[page] = 0;
    touched_.clear();
    bitmaps_.clear();
  }
  /// Calls `visit(id)` for each, ascending.
  template <typename Visit>
  void for_each(Visit visit) const {
    std::vector<std::uint64_t> pages = touched_;
    std::ranges::sort(pages);
    for (const std::uint64_t page : pages) {
      const Bitmap& bitmap = bitmaps_[place_of_page_[page] - 1];
      for (std::uint64_t word = 0; word < bitmap.size(); ++word) {
        for (std::uint64_t bits = bitmap[word]; bits != 0; bits &= bits - 1)
          visit((page << kPageBits) | (64 * word + static_cast<unsigned>(std::countr_zero(bits))));
      }
    }
  }

 private:
  static constexpr unsigned kPageBits = 12;
  static constexpr std::uint64_t kMask = (1U << kPageBits) - 1;
  using Bitmap = std::array<std::uint64_t, (1U << kPageBits) / 64>;

  void open(std::uint64_t page) {
    touched_.push_back(page);
    bitmaps_.emplace_back();
    place_of_page_[page] = static_cast<std::uint32_t>(bitmaps_.size());
  }

  std::vector<std::uint32_t> place_of_page_;  // in bitmaps_, plus one; 0: not touched
  std::vector<std::uint64_t> touched_;
  std::vector<Bitmap> bitmaps_;
};

}  // namespace ol::exchange
