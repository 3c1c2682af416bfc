#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <ol/exchange/level_tree.hpp>
#include <ol/exchange/order_pool.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// The resting orders of one market: bids descending, asks ascending, first in first out per level
/// (dex.md 6.1). Knows ticks and lots only; accounts, margin and events are the engine's. Borrows
/// the pool. One thread at a time.
///
/// Invariants (dex.md 20.7):
/// 1. A level is in its tree exactly if an order rests on it.
/// 2. A level's count and total are those of its list; sequence numbers rise along the list.
/// 3. `best_tick` is the tree's highest bid, lowest ask.
/// The engine keeps the book uncrossed (6.3); the book itself does not compare its sides.
class Book {
 public:
  explicit Book(OrderPool& pool) : pool_(&pool) {}

  /// Puts the node at the tail of its level. @pre Its side, tick, sz and seq are set.
  void insert(Slot slot) {
    OrderNode& node = (*pool_)[slot];
    LevelTree& tree = tree_of(node.side);
    Level& level = tree.occupy(node.tick);
    node.prev = level.tail;
    node.next = kNoSlot;
    (level.count == 0 ? level.head : (*pool_)[level.tail].next) = slot;
    level.tail = slot;
    ++level.count;
    level.total_sz += node.sz;
    if (level.count == 1) improve_best(node.side, node.tick);
  }

  /// Fetches what `insert` there will write besides the node.
  void prefetch_insert(Side side, std::uint64_t tick) const {
    const Level* level = tree_of(side).find(tick);
    if (level != nullptr) pool_->prefetch(level->tail);
  }

  /// Takes the node out. Its own links stay as they are, for `relink`.
  void unlink(Slot slot) {
    const OrderNode& node = (*pool_)[slot];
    LevelTree& tree = tree_of(node.side);
    Level& level = *tree.find(node.tick);
    (node.prev == kNoSlot ? level.head : (*pool_)[node.prev].next) = node.next;
    (node.next == kNoSlot ? level.tail : (*pool_)[node.next].prev) = node.prev;
    level.total_sz -= node.sz;
    if (--level.count == 0) drop_level(node.side, node.tick);
  }

  /// Undoes `unlink`: puts the node back between the neighbours it names. @pre The book is as it
  /// was right after.
  void relink(Slot slot) {
    const OrderNode& node = (*pool_)[slot];
    Level& level = tree_of(node.side).occupy(node.tick);
    (node.prev == kNoSlot ? level.head : (*pool_)[node.prev].next) = slot;
    (node.next == kNoSlot ? level.tail : (*pool_)[node.next].prev) = slot;
    ++level.count;
    level.total_sz += node.sz;
    if (level.count == 1) improve_best(node.side, node.tick);
  }

  /// Sets the size left of a resting order; it keeps its place. @pre sz > 0.
  void resize(Slot slot, std::uint64_t sz) {
    OrderNode& node = (*pool_)[slot];
    Level& level = *tree_of(node.side).find(node.tick);
    level.total_sz = level.total_sz - node.sz + sz;
    node.sz = sz;
  }

  [[nodiscard]] std::optional<std::uint64_t> best_tick(Side side) const {
    const auto i = static_cast<std::size_t>(side);
    if (!occupied_[i]) return std::nullopt;
    return best_[i];
  }
  /// The first order at the best level, or none.
  [[nodiscard]] Slot best(Side side) const {
    const auto tick = best_tick(side);
    return tick ? tree_of(side).find(*tick)->head : kNoSlot;
  }
  [[nodiscard]] const Level* level(Side side, std::uint64_t tick) const {
    return tree_of(side).find(tick);
  }
  /// The next level away from the spread.
  [[nodiscard]] std::optional<std::uint64_t> next_tick(Side side, std::uint64_t tick) const {
    return side == Side::Buy ? bids_.below(tick) : asks_.above(tick);
  }
  /// The level that a taker of that side and limit trades with first, or none.
  [[nodiscard]] std::optional<std::uint64_t> tick_for(Side taker, std::uint64_t limit) const {
    const auto tick = best_tick(opposite(taker));
    if (tick && (taker == Side::Buy ? *tick <= limit : *tick >= limit)) return tick;
    return std::nullopt;
  }

 private:
  [[nodiscard]] LevelTree& tree_of(Side side) { return side == Side::Buy ? bids_ : asks_; }
  [[nodiscard]] const LevelTree& tree_of(Side side) const {
    return side == Side::Buy ? bids_ : asks_;
  }
  void improve_best(Side side, std::uint64_t tick) {
    const auto i = static_cast<std::size_t>(side);
    const bool better = !occupied_[i] || (side == Side::Buy ? tick > best_[i] : tick < best_[i]);
    if (better) best_[i] = tick;
    occupied_[i] = true;
  }
  void drop_level(Side side, std::uint64_t tick) {
    const auto i = static_cast<std::size_t>(side);
    LevelTree& tree = tree_of(side);
    if (tick == best_[i]) {
      const auto next = next_tick(side, tick);
      occupied_[i] = next.has_value();
      best_[i] = next.value_or(0);
    }
    tree.vacate(tick);
  }

  OrderPool* pool_;
  LevelTree bids_;
  LevelTree asks_;
  std::array<std::uint64_t, 2> best_{};
  std::array<bool, 2> occupied_{};
};

}  // namespace ol::exchange
