#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <ol/exchange/book.hpp>
#include <ol/exchange/id_set.hpp>
#include <ol/exchange/journal.hpp>
#include <ol/exchange/order_index.hpp>
#include <ol/exchange/order_pool.hpp>
#include <ol/exchange/records.hpp>

namespace ol::exchange {

/// All resting orders: the books of all markets, the index by id, the orders of each account and
/// the orders that expire. Every change can be undone, down to the place in the queue. One thread
/// at a time.
class OrderStore final : public Undoable {
 public:
  explicit OrderStore(UndoLog& log) : log_(log) {}

  /// An empty book for the next market.
  MarketIndex add_book() {
    OL_CHECK(books_.size() < kMarketsMax, "more markets than an order can name");
    books_.push_back(std::make_unique<Book>(pool_));
    return static_cast<MarketIndex>(books_.size() - 1);
  }
  [[nodiscard]] const Book& book(MarketIndex market) const { return *books_[market]; }
  [[nodiscard]] const OrderNode& operator[](Slot slot) const { return pool_[slot]; }
  [[nodiscard]] const OrderCold& cold(Slot slot) const { return cold_[slot]; }
  /// The order with that id, or none.
  [[nodiscard]] Slot find(OrderId oid) const { return index_.find(oid.value()); }

  /// Rests an order at the tail of its level. `fill(node, cold)` assigns both where they will lie:
  /// reading them for a copy would wait for all that was written before them.
  template <typename Fill>
  Slot add_in_place(Fill fill) {
    const Slot slot = take_slot();
    fill(pool_[slot], cold_[slot]);
    rest(slot);
    return slot;
  }
  /// The same for an order that lies elsewhere.
  Slot add(const OrderNode& node, const OrderCold& cold) {
    return add_in_place([&](OrderNode& node_at, OrderCold& cold_at) {
      node_at = node;
      cold_at = cold;
    });
  }
  // What later operations of a batch will touch is fetched while earlier ones run. Nothing of it
  // can be seen; a step reads what the one before it fetched, so some work should lie between.

  /// Before `add` of an order there.
  void prefetch_add(MarketIndex market, Side side, std::uint64_t tick) const {
    books_[market]->prefetch_insert(side, tick);
    if (unused_.empty()) return;
    pool_.prefetch(unused_.back());
    prefetch_cold(unused_.back());
  }
  /// Before `find`, before an order is read, and before it is removed.
  void prefetch_find(OrderId oid) const { index_.prefetch(oid.value()); }
  void prefetch(Slot slot) const {
    if (slot == kNoSlot) return;
    pool_.prefetch(slot);
    pool_.prefetch_links(slot);
    prefetch_cold(slot);
  }
  void prefetch_remove(Slot slot) const {
    if (slot == kNoSlot) return;
    pool_.prefetch_neighbours(slot);
    const OrderNode& node = pool_[slot];
    books_[node.market]->prefetch_level(node.side, node.tick);
  }
  /// Takes a resting order away. It can be read by its slot until that is final.
  void remove(Slot slot);
  /// Sets the size left and what the owner's modify must know of fills. @pre sz > 0.
  void resize(Slot slot, std::uint64_t sz, std::uint64_t filled_height,
              std::uint64_t filled_in_block);

  /// Resting orders of an account; the first in no particular order, the next by
  /// `next_of`.
  [[nodiscard]] Slot first_of(AccountIndex account) const {
    return account < owners_.size() ? owners_[account].head : kNoSlot;
  }
  [[nodiscard]] Slot next_of(Slot slot) const { return owner_links_[slot].next; }
  [[nodiscard]] std::uint32_t count_of(AccountIndex account) const {
    return account < owners_.size() ? owners_[account].count : 0;
  }
  /// Ids of an account's resting orders, ascending.
  [[nodiscard]] std::vector<OrderId> orders_of(AccountIndex account) const;
  /// Ids of the first `most` orders with good_til <= time, by time and id.
  [[nodiscard]] std::vector<OrderId> expired(TimeMs time, std::uint64_t most) const;
  /// Calls `visit(slot)` for every resting order, ids ascending.
  template <typename Visit>
  void for_each(Visit visit) const {
    index_.for_each(visit);
  }

  /// A level as one number: many are sorted in every block.
  class TouchedLevel {
   public:
    TouchedLevel() = default;  // no level
    TouchedLevel(MarketIndex market, Side side, std::uint64_t tick)
        : bits_((std::uint64_t{market} << (kTickBits + 1)) |
                (static_cast<std::uint64_t>(side) << kTickBits) | tick) {}
    [[nodiscard]] MarketIndex market() const {
      return static_cast<MarketIndex>(bits_ >> (kTickBits + 1));
    }
    [[nodiscard]] Side side() const { return static_cast<Side>((bits_ >> kTickBits) & 1); }
    [[nodiscard]] std::uint64_t tick() const { return bits_ & (LevelTree::kTickEnd - 1); }
    friend auto operator<=>(const TouchedLevel&, const TouchedLevel&) = default;
    /// Neighbouring levels differ, and so do the sides.
    [[nodiscard]] std::size_t spread() const { return bits_ ^ (bits_ >> (kTickBits - 10)); }

   private:
    static constexpr unsigned kTickBits = OrderPlace::kTickBits;
    static_assert(kTickBits + 1 + OrderPlace::kMarketBits <= 64);

    std::uint64_t bits_ = ~std::uint64_t{0};
  };
  static constexpr std::size_t kMarketsMax = std::size_t{1} << OrderPlace::kMarketBits;
  void begin_block() {
    dirty_orders_.clear();
    dirty_levels_.clear();
    lately_touched_.fill({});
  }
  /// Orders changed since.
  [[nodiscard]] const IdSet& dirty_orders() const { return dirty_orders_; }
  /// Levels changed since, possibly repeated.
  [[nodiscard]] const std::vector<TouchedLevel>& dirty_levels() const { return dirty_levels_; }

  void undo_last() override;
  void forget_oldest(std::size_t count) override;

 private:
  enum class Change : std::uint8_t { Added, Removed, Resized };
  struct Saved {
    Change change = Change::Added;
    Slot slot = kNoSlot;
  };
  struct Resized {
    std::uint64_t sz = 0;
    std::uint64_t filled_height = 0;
    std::uint64_t filled_in_block = 0;
  };
  struct Owner {
    Slot head = kNoSlot;
    std::uint32_t count = 0;
  };

  void prefetch_cold(Slot slot) const {
    const auto* at = reinterpret_cast<const char*>(&cold_[slot]);
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + sizeof(OrderCold) - 1, 1);
  }
  [[nodiscard]] Slot take_slot();
  void rest(Slot slot);
  void attach(Slot slot);
  void detach(Slot slot);
  void save(Change change, Slot slot);
  void touch(const OrderNode& node);

  UndoLog& log_;
  OrderPool pool_;
  ChunkVector<OrderCold, 12> cold_;
  ChunkVector<OrderLinks, 12> owner_links_;  // orders of one account
  std::vector<std::unique_ptr<Book>> books_;
  OrderIndex index_;
  std::vector<Owner> owners_;
  std::set<std::pair<TimeMs, std::uint64_t>> expiring_;
  // A removed order stays in its slot, which is not used again before the removal is final.
  History<Saved> history_;
  History<Resized> resized_;  // what undoing such a change needs
  std::vector<Slot> unused_;  // the slot last in is the first out
  IdSet dirty_orders_;
  std::vector<TouchedLevel> dirty_levels_;
  // Keeps most repetitions out of the levels: what was touched last by where it spreads to.
  static constexpr std::size_t kLately = 2048;
  std::array<TouchedLevel, kLately> lately_touched_{};
};

}  // namespace ol::exchange
