#pragma once

#include <algorithm>
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
/// 2. A level's count and total are those of its list; the list is in order of arrival.
/// 3. `best_tick` is the tree's highest bid, lowest ask.
/// The engine keeps the book uncrossed (6.3); the book itself does not compare its sides.
class Book {
 public:
  explicit Book(OrderPool& pool) : pool_(&pool) {}

  /// Puts the order at the tail of its level. @pre Its side, tick and sz are set.
  [[gnu::always_inline]] void insert(Slot slot) {
    const OrderNode& node = (*pool_)[slot];
    Level& level = tree_of(node.side).occupy(node.tick);
    // No branch on whether the level was empty, which cannot be foretold.
    const bool alone = level.count == 0;
    const Slot oldest = pool_->links(level.tail).next;
    const Slot prev = __builtin_unpredictable(alone) ? slot : level.tail;
    const Slot next = __builtin_unpredictable(alone) ? slot : oldest;
    link(slot, prev, next);
    level.tail = slot;
    ++level.count;
    level.total_sz += node.sz;
    improve_best(node.side, node.tick);
  }

  /// Fetches the level that `insert` there, or `unlink`, will write.
  void prefetch_level(Side side, std::uint64_t tick) const { tree_of(side).prefetch(tick); }
  /// Fetches what `insert` there will write besides the order.
  void prefetch_insert(Side side, std::uint64_t tick) const {
    const Level* level = tree_of(side).find(tick);
    if (level != nullptr) pool_->prefetch_links(level->tail);
  }

  /// Takes the order out. Its own links go on naming its neighbours, for `relink`.
  [[gnu::always_inline]] void unlink(Slot slot) {
    const OrderNode& node = (*pool_)[slot];
    const Slot next = pool_->links(slot).next;
    const Slot prev = pool_->links(slot).prev;
    pool_->links(prev).next = next;
    pool_->links(next).prev = prev;
    LevelTree& tree = tree_of(node.side);
    LevelTree::Leaf& leaf = tree.leaf_of(node.tick);
    Level& level = leaf.at(node.tick);
    level.total_sz -= node.sz;
    --level.count;
    const bool empty = level.count == 0;
    const bool newest = level.tail == slot;
    level.tail = __builtin_unpredictable(newest) ? prev : level.tail;
    pool_->links(slot).next = __builtin_unpredictable(newest) ? kNoSlot : next;
    const bool best = rank(node.side, node.tick) == best_[index(node.side)];
    if (best && empty) [[unlikely]]
      drop_best(node.side, node.tick);
    tree.vacate_if(leaf, node.tick, empty);
  }

  /// Undoes `unlink`: puts the order back between the neighbours it names. @pre The book is as it
  /// was right after.
  void relink(Slot slot) {
    const OrderNode& node = (*pool_)[slot];
    const OrderLinks own = pool_->links(slot);
    Level& level = tree_of(node.side).occupy(node.tick);
    if (own.next != kNoSlot) {
      link(slot, own.prev, own.next);
    } else {  // it was the newest
      link(slot, own.prev, level.count == 0 ? slot : first(level));
      level.tail = slot;
    }
    ++level.count;
    level.total_sz += node.sz;
    improve_best(node.side, node.tick);
  }

  /// Sets the size left of a resting order; it keeps its place. @pre sz > 0.
  void resize(Slot slot, std::uint64_t sz) {
    OrderNode& node = (*pool_)[slot];
    Level& level = *tree_of(node.side).find(node.tick);
    level.total_sz = level.total_sz - node.sz + sz;
    node.sz = sz;
  }

  [[nodiscard]] std::optional<std::uint64_t> best_tick(Side side) const {
    const std::uint64_t best = best_[index(side)];
    if (best == 0) return std::nullopt;
    return (best ^ mask(side)) & (LevelTree::kTickEnd - 1);
  }
  /// The first order at the best level, or none.
  [[nodiscard]] Slot best(Side side) const {
    const auto tick = best_tick(side);
    return tick ? first(*tree_of(side).find(*tick)) : kNoSlot;
  }
  [[nodiscard]] const Level* level(Side side, std::uint64_t tick) const {
    return tree_of(side).find(tick);
  }
  /// The oldest order of a level. @pre Not empty.
  [[nodiscard]] Slot first(const Level& level) const { return pool_->links(level.tail).next; }
  /// The order after a resting one at its level, or none.
  [[nodiscard]] Slot after(Slot slot) const {
    const OrderNode& node = (*pool_)[slot];
    const bool last = level(node.side, node.tick)->tail == slot;
    return last ? kNoSlot : pool_->links(slot).next;
  }
  /// The next level away from the spread.
  [[nodiscard]] std::optional<std::uint64_t> next_tick(Side side, std::uint64_t tick) const {
    return side == Side::Buy ? tree_of(side).below(tick) : tree_of(side).above(tick);
  }
  /// The level that a taker of that side and limit trades with first, or none.
  [[nodiscard]] std::optional<std::uint64_t> tick_for(Side taker, std::uint64_t limit) const {
    const auto tick = best_tick(opposite(taker));
    if (tick && (taker == Side::Buy ? *tick <= limit : *tick >= limit)) return tick;
    return std::nullopt;
  }

 private:
  [[nodiscard]] static std::size_t index(Side side) { return static_cast<std::size_t>(side); }
  [[nodiscard]] static std::uint64_t mask(Side side) { return -std::uint64_t{index(side)}; }
  /// How good a price is for who trades with that side: a higher bid, a lower ask. Never 0.
  [[nodiscard]] static std::uint64_t rank(Side side, std::uint64_t tick) {
    return (tick | LevelTree::kTickEnd) ^ mask(side);
  }
  [[nodiscard]] LevelTree& tree_of(Side side) { return trees_[index(side)]; }
  [[nodiscard]] const LevelTree& tree_of(Side side) const { return trees_[index(side)]; }
  void link(Slot slot, Slot prev, Slot next) {
    pool_->links(slot).next = next;
    pool_->links(slot).prev = prev;
    pool_->links(prev).next = slot;
    pool_->links(next).prev = slot;
  }
  void improve_best(Side side, std::uint64_t tick) {
    std::uint64_t& best = best_[index(side)];
    best = std::max(best, rank(side, tick));
  }
  void drop_best(Side side, std::uint64_t tick) {
    const auto next = next_tick(side, tick);
    best_[index(side)] = next ? rank(side, *next) : 0;
  }

  OrderPool* pool_;
  std::array<LevelTree, 2> trees_;       // by side
  std::array<std::uint64_t, 2> best_{};  // rank of the best level, by side; 0: none
};

}  // namespace ol::exchange
