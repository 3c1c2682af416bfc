#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <ol/exchange/order_pool.hpp>

namespace ol::exchange {

/// Order id to slot by direct index: ids are dense, so a page of 4096 of them is one array, made
/// with the first live id and freed with the last (dex.md 6.6). One thread at a time.
class OrderIndex {
 public:
  [[nodiscard]] Slot find(std::uint64_t oid) const {
    const std::uint64_t page = oid >> kPageBits;
    if (page >= pages_.size() || !pages_[page]) return kNoSlot;
    return pages_[page]->slots[oid & kMask];
  }
  /// Fetches what the others read of an id.
  void prefetch(std::uint64_t oid) const {
    const std::uint64_t page = oid >> kPageBits;
    if (page < pages_.size() && pages_[page]) {
      __builtin_prefetch(&pages_[page]->slots[oid & kMask], 1);
    }
  }
  /// @pre The id is not in the index.
  void add(std::uint64_t oid, Slot slot) {
    const std::uint64_t page = oid >> kPageBits;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (!pages_[page]) pages_[page] = spare_ ? std::move(spare_) : std::make_unique<Page>();
    OL_CHECK(pages_[page]->slots[oid & kMask] == kNoSlot, "an order id used twice");
    pages_[page]->slots[oid & kMask] = slot;
    ++pages_[page]->live;
  }
  /// Returns its slot. @pre The id is in the index.
  Slot remove(std::uint64_t oid) {
    const Slot slot = find(oid);
    OL_CHECK(slot != kNoSlot, "an order id that is not there");
    std::unique_ptr<Page>& page = pages_[oid >> kPageBits];
    page->slots[oid & kMask] = kNoSlot;
    if (--page->live == 0) [[unlikely]]
      spare_ = std::move(page);  // all slots are none again
    return slot;
  }

  /// Calls `visit(slot)` for every order, ids ascending.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const std::unique_ptr<Page>& page : pages_) {
      if (!page) continue;
      for (const Slot slot : page->slots) {
        if (slot != kNoSlot) visit(slot);
      }
    }
  }

 private:
  static constexpr unsigned kPageBits = 12;
  static constexpr std::uint64_t kMask = (1U << kPageBits) - 1;
  struct Page {
    std::array<Slot, 1U << kPageBits> slots{};
    std::uint32_t live = 0;
  };

  std::vector<std::unique_ptr<Page>> pages_;
  std::unique_ptr<Page> spare_;  // so that one order that comes and goes makes no page each time
};

}  // namespace ol::exchange
