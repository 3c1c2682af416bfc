#include <ol/exchange/olb.hpp>

#include <utility>

namespace ol::exchange {
namespace {

constexpr std::uint32_t kMid = 1'000'000;
constexpr std::uint32_t kResting = 100'000;

/// splitmix64 as dex.md 22.1 writes it.
class Random {
 public:
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>((Uint128{next()} * n) >> 64);
  }

 private:
  std::uint64_t state_ = 42;
};

class Generator {
 public:
  explicit Generator(OlbVariant variant)
      : variant_(variant), levels_(variant == OlbVariant::W3 ? 50'000 : 500) {}

  OlbOp add() {
    const Side side = random_side();
    const std::uint32_t px = price(side);
    OlbOp op{OlbOp::Kind::Add, side, next_id_++, px, 1 + random_.below(100)};
    add_live(op.id, side);
    return run(op);
  }

  OlbOp next() {
    const std::uint32_t k = random_.below(100);
    if (k < 5) return take();
    if (k < 30) return cancel();
    if (variant_ == OlbVariant::W2 || live_.size() < kResting) return add();
    return replace();
  }

  [[nodiscard]] const OlbFills& fills() const { return fills_; }

 private:
  Side random_side() { return random_.below(2) == 0 ? Side::Buy : Side::Sell; }

  std::uint32_t price(Side side) {
    const std::uint32_t away = random_.below(levels_);
    return side == Side::Buy ? kMid - 1 - away : kMid + 1 + away;
  }

  OlbOp take() {
    const Side side = random_side();
    std::uint32_t most = 150;
    if (variant_ == OlbVariant::W2) most = live_.size() > kResting ? 1100 : 700;
    const std::uint32_t qty = 1 + random_.below(most);
    const std::uint32_t limit = side == Side::Buy ? kMid + levels_ : kMid - levels_;
    return run({OlbOp::Kind::Take, side, next_id_++, limit, qty});
  }

  OlbOp cancel() {
    const std::uint32_t id = random_live();
    const OlbOp op{OlbOp::Kind::Cancel, sides_[id], id, 0, 0};
    remove_live(id);
    return run(op);
  }

  OlbOp replace() {
    const std::uint32_t id = random_live();
    const std::uint32_t px = price(sides_[id]);
    return run({OlbOp::Kind::Replace, sides_[id], id, px, 1 + random_.below(100)});
  }

  OlbOp run(const OlbOp& op) {
    if (op.kind == OlbOp::Kind::Take) {
      book_.take(op.id, op.side, op.px, op.qty, fills_, [&](std::uint32_t id) { remove_live(id); });
    } else {
      apply(book_, op, fills_);
    }
    return op;
  }

  std::uint32_t random_live() {
    return live_[random_.below(static_cast<std::uint32_t>(live_.size()))];
  }

  void add_live(std::uint32_t id, Side side) {
    place_.resize(id + 1);
    sides_.resize(id + 1);
    place_[id] = static_cast<std::uint32_t>(live_.size());
    sides_[id] = side;
    live_.push_back(id);
  }

  void remove_live(std::uint32_t id) {
    const std::uint32_t hole = place_[id];
    live_[hole] = live_.back();
    place_[live_[hole]] = hole;
    live_.pop_back();
  }

  OlbVariant variant_;
  std::uint32_t levels_;
  Random random_;
  std::uint32_t next_id_ = 1;
  std::vector<std::uint32_t> live_;
  std::vector<std::uint32_t> place_;  // by id, where in live_
  std::vector<Side> sides_;           // by id
  PlainBook book_;
  OlbFills fills_;
};

template <typename AnyBook>
void apply_to(AnyBook& book, const OlbOp& op) {
  switch (op.kind) {
    case OlbOp::Kind::Add:
      book.add(op.id, op.side, op.px, op.qty);
      return;
    case OlbOp::Kind::Cancel:
      OL_CHECK(book.cancel(op.id), "the generator cancels live orders");
      return;
    case OlbOp::Kind::Replace:
      book.replace(op.id, op.px, op.qty);
      return;
    case OlbOp::Kind::Take:
      return;
  }
  OL_CHECK(false, "an operation of no kind");
}

}  // namespace

void PlainBook::add(std::uint32_t id, Side side, std::uint32_t px, std::uint32_t qty) {
  std::list<Resting>& level = levels_[static_cast<std::size_t>(side)][px];
  level.push_back({id, qty});
  places_[id] = {side, px, std::prev(level.end())};
}

bool PlainBook::cancel(std::uint32_t id) {
  const auto it = places_.find(id);
  if (it == places_.end()) return false;
  Levels& levels = levels_[static_cast<std::size_t>(it->second.side)];
  const auto level = levels.find(it->second.px);
  level->second.erase(it->second.order);
  if (level->second.empty()) levels.erase(level);
  places_.erase(it);
  return true;
}

void PlainBook::replace(std::uint32_t id, std::uint32_t px, std::uint32_t qty) {
  const Side side = places_.at(id).side;
  cancel(id);
  add(id, side, px, qty);
}

void BareBook::add(std::uint32_t id, Side side, std::uint32_t px, std::uint32_t qty) {
  const Slot slot = pool_.allocate();
  OrderNode& node = pool_[slot];
  static_cast<OrderPlace&>(node) = {0, side, px};
  node.sz = qty;
  node.oid = id;
  book_.insert(slot);
  index_.add(id, slot);
}

bool BareBook::cancel(std::uint32_t id) {
  if (index_.find(id) == kNoSlot) return false;
  const Slot slot = index_.remove(id);
  book_.unlink(slot);
  pool_.release(slot);
  return true;
}

void BareBook::replace(std::uint32_t id, std::uint32_t px, std::uint32_t qty) {
  const Slot slot = index_.find(id);
  OL_CHECK(slot != kNoSlot, "replaced orders are live");
  book_.prefetch_level(pool_[slot].side, px);
  book_.unlink(slot);
  OrderNode& node = pool_[slot];
  static_cast<OrderPlace&>(node) = {0, node.side, px};
  node.sz = qty;
  book_.insert(slot);
}

void BareBook::take(std::uint32_t id, Side side, std::uint32_t limit, std::uint32_t qty,
                    OlbFills& fills) {
  std::uint64_t left = qty;
  while (left > 0) {
    const auto tick = book_.tick_for(side, limit);
    if (!tick) return;
    const Slot slot = book_.first(*book_.level(opposite(side), *tick));
    const OrderNode& maker = pool_[slot];
    const std::uint64_t traded = left < maker.sz ? left : maker.sz;
    fills.record(id, maker.oid, *tick, traded);
    left -= traded;
    if (traded < maker.sz) {
      book_.resize(slot, maker.sz - traded);
    } else {
      cancel(static_cast<std::uint32_t>(maker.oid));
    }
  }
}

OlbWorkload make_olb(OlbVariant variant, std::uint32_t op_count) {
  Generator generator(variant);
  OlbWorkload out;
  out.warm_up.reserve(kResting);
  out.ops.reserve(op_count);
  for (std::uint32_t i = 0; i < kResting; ++i)
    out.warm_up.push_back(generator.add());
  for (std::uint32_t i = 0; i < op_count; ++i)
    out.ops.push_back(generator.next());
  out.expected = generator.fills();
  return out;
}

void BareBook::prefetch(const OlbOp& op, Fetch step) const {
  const bool names = op.kind == OlbOp::Kind::Cancel || op.kind == OlbOp::Kind::Replace;
  const bool rests = op.kind == OlbOp::Kind::Add || op.kind == OlbOp::Kind::Replace;
  const Slot slot = names && step != Fetch::Id ? index_.find(op.id) : kNoSlot;
  switch (step) {
    case Fetch::Id:
      if (names) index_.prefetch(op.id);
      return;
    case Fetch::Order:
      pool_.prefetch(slot);
      pool_.prefetch_links(slot);
      return;
    case Fetch::Neighbours:
      pool_.prefetch_neighbours(slot);
      if (names) book_.prefetch_level(op.side, pool_[slot].tick);
      if (rests) book_.prefetch_level(op.side, op.px);
      return;
    case Fetch::Level:
      if (rests) book_.prefetch_insert(op.side, op.px);
      return;
  }
}

[[gnu::flatten]] void apply(BareBook& book, const OlbOp& op, OlbFills& fills) {
  if (op.kind == OlbOp::Kind::Take) {
    book.take(op.id, op.side, op.px, op.qty, fills);
  } else {
    apply_to(book, op);
  }
}

[[gnu::flatten]] void apply_all(BareBook& book, std::span<const OlbOp> ops, OlbFills& fills) {
  using Fetch = BareBook::Fetch;
  const auto prefetch = [&](std::size_t at, Fetch step) {
    if (at < ops.size()) book.prefetch(ops[at], step);
  };
  for (std::size_t i = 0; i < ops.size(); ++i) {
    prefetch(i + 12, Fetch::Id);
    prefetch(i + 8, Fetch::Order);
    prefetch(i + 4, Fetch::Neighbours);
    prefetch(i + 2, Fetch::Level);
    apply(book, ops[i], fills);
  }
}

void apply(PlainBook& book, const OlbOp& op, OlbFills& fills) {
  if (op.kind == OlbOp::Kind::Take) {
    book.take(op.id, op.side, op.px, op.qty, fills, [](std::uint32_t) {});
  } else {
    apply_to(book, op);
  }
}

}  // namespace ol::exchange
