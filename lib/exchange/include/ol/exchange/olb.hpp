#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <vector>

#include <ol/exchange/book.hpp>
#include <ol/exchange/order_index.hpp>
#include <ol/exchange/order_pool.hpp>

namespace ol::exchange {

// The reference benchmark of dex.md 22: one stream of operations for any engine, which is valid
// only if it makes the same fills.

/// The variants of dex.md 22.1.
enum class OlbVariant : std::uint8_t { W1, W2, W3 };

/// One operation. Prices are ticks.
struct OlbOp {
  enum class Kind : std::uint8_t { Add, Cancel, Replace, Take };
  Kind kind = Kind::Add;
  Side side = Side::Buy;
  std::uint32_t id = 0;
  std::uint32_t px = 0;  // limit of a take
  std::uint32_t qty = 0;
};

/// Counts fills and hashes them in order (dex.md 22.1).
class OlbFills {
 public:
  void record(std::uint64_t taker, std::uint64_t maker, std::uint64_t px, std::uint64_t qty) {
    mix((taker << 32) | maker);
    mix((px << 32) | qty);
    ++count_;
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

  friend bool operator==(const OlbFills&, const OlbFills&) = default;

 private:
  void mix(std::uint64_t word) { hash_ = (hash_ ^ word) * 0x100000001b3; }

  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::uint64_t count_ = 0;
};

/// The plain book the generator and the differential tests trust: a sorted map of lists.
class PlainBook {
 public:
  void add(std::uint32_t id, Side side, std::uint32_t px, std::uint32_t qty);
  /// False where the order is not there.
  bool cancel(std::uint32_t id);
  /// Same side, new price and size, at the tail.
  void replace(std::uint32_t id, std::uint32_t px, std::uint32_t qty);
  /// Immediate or cancel. `on_gone(id)` for every maker filled completely.
  template <typename OnGone>
  void take(std::uint32_t id, Side side, std::uint32_t limit, std::uint32_t qty, OlbFills& fills,
            OnGone on_gone) {
    auto& levels = levels_[static_cast<std::size_t>(opposite(side))];
    while (qty > 0 && !levels.empty()) {
      const auto best = side == Side::Buy ? levels.begin() : std::prev(levels.end());
      if (side == Side::Buy ? best->first > limit : best->first < limit) return;
      Resting& maker = best->second.front();
      const std::uint32_t traded = qty < maker.qty ? qty : maker.qty;
      fills.record(id, maker.id, best->first, traded);
      qty -= traded;
      maker.qty -= traded;
      if (maker.qty > 0) continue;
      const std::uint32_t gone = maker.id;
      cancel(gone);
      on_gone(gone);
    }
  }

 private:
  struct Resting {
    std::uint32_t id = 0;
    std::uint32_t qty = 0;
  };
  using Levels = std::map<std::uint32_t, std::list<Resting>>;
  struct Place {
    Side side = Side::Buy;
    std::uint32_t px = 0;
    std::list<Resting>::iterator order;
  };

  Levels levels_[2];
  std::map<std::uint32_t, Place> places_;
};

/// The engine's book without accounts: Book, OrderPool and OrderIndex.
class BareBook {
 public:
  BareBook() : book_(pool_) {}
  BareBook(const BareBook&) = delete;
  BareBook& operator=(const BareBook&) = delete;

  void add(std::uint32_t id, Side side, std::uint32_t px, std::uint32_t qty);
  /// False where the order is not there.
  bool cancel(std::uint32_t id);
  void replace(std::uint32_t id, std::uint32_t px, std::uint32_t qty);
  void take(std::uint32_t id, Side side, std::uint32_t limit, std::uint32_t qty, OlbFills& fills);
  /// What an operation that comes later will touch, in steps: each reads what the one before it
  /// fetched.
  enum class Fetch : std::uint8_t { Id, Order, Neighbours, Level };
  void prefetch(const OlbOp& op, Fetch step) const;
  [[nodiscard]] const Book& book() const { return book_; }
  [[nodiscard]] const OrderPool& pool() const { return pool_; }

 private:
  OrderPool pool_;
  Book book_;
  OrderIndex index_;
};

/// A workload: the book to begin with and the timed operations, with the fills they must make.
struct OlbWorkload {
  std::vector<OlbOp> warm_up;
  std::vector<OlbOp> ops;
  OlbFills expected;
};

/// Generates `op_count` operations of a variant with seed 42 and 100,000 resting orders
/// (dex.md 22.1). Deterministic.
[[nodiscard]] OlbWorkload make_olb(OlbVariant variant, std::uint32_t op_count);

/// Runs one operation on our book.
void apply(BareBook& book, const OlbOp& op, OlbFills& fills);
/// Runs operations that came together, as a block's do: what later ones touch is fetched while
/// earlier ones run.
void apply_all(BareBook& book, std::span<const OlbOp> ops, OlbFills& fills);
/// Runs one operation on the plain book.
void apply(PlainBook& book, const OlbOp& op, OlbFills& fills);

}  // namespace ol::exchange
