#include <algorithm>

#include "adl.hpp"
#include "liquidation_math.hpp"
#include "matching.hpp"
#include "steps.hpp"

// The liquidation ladder: dex.md 12.

namespace ol::exchange {
namespace {

/// One bucket: an account's cross positions, or its isolated position in one market.
struct BucketId {
  AccountIndex account = kNobody;
  MarketIndex market = kNobody;  // kNobody: cross

  [[nodiscard]] bool cross() const { return market == kNobody; }
};

Bucket value_of(const State& state, const BucketId& id) {
  if (id.cross()) return cross_bucket(state, id.account);
  return isolated_bucket(state, *state.find_perp(id.account, id.market));
}

AssetId asset_of(const State& state, const BucketId& id) {
  return id.cross() ? kAllAssets : state.info(id.market).config.asset;
}

bool belongs(const BucketId& id, const PerpState& perp) {
  return id.cross() ? !perp.isolated : perp.market == id.market;
}

// Markets of the bucket's positions by descending maintenance margin, then asset (dex.md 12.3).
std::vector<MarketIndex> positions_of(const State& state, const BucketId& id) {
  struct Ranked {
    Int128 mm;
    AssetId asset;
    MarketIndex market;
  };
  std::vector<Ranked> ranked;
  for (const State::Place& place : state.perps_of(id.account)) {
    const PerpState& perp = state.perps[place.index];
    if (perp.szi == 0 || !belongs(id, perp)) continue;
    const Int128 ntl = abs128(perp.szi) * state.markets[perp.market].mark;
    ranked.push_back({state.info(perp.market).margin->maintenance(ntl),
                      state.info(perp.market).config.asset, perp.market});
  }
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    return a.mm != b.mm ? a.mm > b.mm : a.asset < b.asset;
  });
  std::vector<MarketIndex> out;
  for (const Ranked& r : ranked)
    out.push_back(r.market);
  return out;
}

std::int64_t szi_of(const State& state, AccountIndex account, MarketIndex market) {
  const PerpState* perp = state.find_perp(account, market);
  return perp == nullptr ? 0 : perp->szi;
}

bool tradable(const Context& ctx, MarketIndex market) {
  const MarketStatus status = ctx.state.markets[market].status;
  return status != MarketStatus::Halted && status != MarketStatus::Settling &&
         !is_dead(ctx, market);
}

// Those of the bucket's markets that the ladder may touch; positions in others wait for a price
// (dex.md 10.4), whatever else the bucket holds.
std::vector<MarketIndex> tradable_of(const Context& ctx, const BucketId& id) {
  std::vector<MarketIndex> out = positions_of(ctx.state, id);
  std::erase_if(out, [&](MarketIndex market) { return !tradable(ctx, market); });
  return out;
}

Int128 ntl_of(const State& state, const BucketId& id, MarketIndex market) {
  return abs128(szi_of(state, id.account, market)) * state.markets[market].mark;
}

Int128 tradable_ntl(const Context& ctx, const BucketId& id) {
  Int128 out = 0;
  for (const MarketIndex market : tradable_of(ctx, id))
    out += ntl_of(ctx.state, id, market);
  return out;
}

void report(Context& ctx, const BucketId& id, LiquidationEvent::Method method, Int128 usd) {
  ctx.emit<LiquidationEvent>(ctx.state.accounts[id.account].address, asset_of(ctx.state, id),
                             method, must_i64(usd));
}

// Step A.
void cancel_orders(Context& ctx, const BucketId& id) {
  State& state = ctx.state;
  for (const OrderId oid : state.orders.orders_of(id.account)) {
    const Slot slot = state.orders.find(oid);
    if (slot == kNoSlot) continue;
    const MarketIndex market = state.orders[slot].market;
    if (state.info(market).spot()) continue;
    if (belongs(id, state.perp_or_default(id.account, market))) {
      cancel_resting(ctx, slot, CancelReason::LiquidatedCanceled);
    }
  }
  report(ctx, id, LiquidationEvent::Method::Cancel, 0);
}

// The price at which the bucket's value would be gone, on a tick, within the band (dex.md 12.3).
std::uint64_t limit_px(const State& state, MarketIndex market, std::int64_t szi, Int128 av) {
  const Int128 tick = state.info(market).config.tick_px;
  const Int128 mark = state.markets[market].mark;
  const Int128 oracle = state.markets[market].oracle;
  const Int128 band = state.info(market).config.exec_band_ppb;
  const Int128 bankrupt = bankruptcy_px(szi, mark, av);
  if (szi > 0) {
    const Int128 low = ceil_div(oracle * (kPpb - band), kPpb);
    // Above every price there can be: nobody bids that, and the ladder goes on.
    const Int128 top = (kPxEnd - 1) / tick * tick;
    const Int128 limit = ceil_div(max128(bankrupt, low), tick) * tick;
    return must_u64(max128(tick, min128(limit, top)));
  }
  const Int128 high = floor_div(oracle * (kPpb + band), kPpb);
  // Below the first tick nothing can be bought: a limit of 0 meets no offer.
  return must_u64(max128(0, floor_div(min128(bankrupt, high), tick) * tick));
}

// Step B for one position. Whether the order stopped at the most fills that one may have.
bool sell_position(Context& ctx, const BucketId& id, MarketIndex market) {
  State& state = ctx.state;
  const std::int64_t szi = szi_of(state, id.account, market);
  const Int128 lots = abs128(szi);
  const Int128 ntl = lots * state.markets[market].mark;
  const TimeMs last = state.accounts[id.account].partial_at;
  const bool rested = last == 0 || ctx.block.time >= last + ctx.params.partial_pause_ms;
  Int128 size = lots;
  if (ntl > ctx.params.partial_above_usd && rested) {
    const Int128 lot = state.info(market).config.lot_sz;
    const Int128 part = ceil_div(lots * ctx.params.partial_ppb, kPpb);
    size = min128(lots, ceil_div(part, lot) * lot);
    state.accounts.edit(id.account).partial_at = ctx.block.time;
  }
  Taker taker;
  taker.side = {id.account, closing_side(szi), true, FillKind::Liquidation, {}, 0, 0};
  taker.market = market;
  taker.limit_px = limit_px(state, market, szi, value_of(state, id).av);
  taker.sz = must_u64(size);
  taker.reduce_only = true;
  taker.oid = OrderId(state.globals.edit(0).next_oid++);
  const MatchResult result = match(ctx, taker);
  if (result.filled > 0) {
    report(ctx, id, LiquidationEvent::Method::Market, min128(result.quote, kRawUsdMax));
  }
  return result.stopped == CancelReason::MatchLimit;
}

void print(Context& ctx, MarketIndex market, AccountIndex taker, AccountIndex maker, Side side,
           std::uint64_t sz, FillKind kind) {
  State& state = ctx.state;
  Globals& globals = state.globals.edit(0);
  ctx.emit<FillEvent>(next_tid(globals), state.info(market).config.asset,
                      state.markets[market].mark, sz, state.accounts[taker].address,
                      state.accounts[maker].address, OrderId(0), OrderId(0), side, 0, 0, kind);
}

// Trades at mark between two accounts without fees; false leaves a mess for the caller to revert.
bool swap_position(Context& ctx, MarketIndex market, AccountIndex from, AccountIndex to, Side side,
                   std::uint64_t sz, FillKind kind) {
  const std::uint64_t mark = ctx.state.markets[market].mark;
  if (!move_position(ctx, from, market, side, sz, mark, Shortfall::Allow)) return false;
  if (!move_position(ctx, to, market, opposite(side), sz, mark, Shortfall::Allow)) return false;
  print(ctx, market, from, to, side, sz, kind);
  keep_reduce_only(ctx, from, market);
  keep_reduce_only(ctx, to, market);
  return true;
}

bool give_to_backstop(Context& ctx, const BucketId& id, Int128 av) {
  State& state = ctx.state;
  settle_funding(ctx, kBackstopIndex);
  for (const MarketIndex market : tradable_of(ctx, id)) {
    const PerpState vault = state.perp_or_default(kBackstopIndex, market);
    if (vault.isolated) state.edit_perp(kBackstopIndex, market).isolated = false;
    const std::int64_t szi = szi_of(state, id.account, market);
    const bool moved = swap_position(ctx, market, id.account, kBackstopIndex, closing_side(szi),
                                     must_u64(abs128(szi)), FillKind::Backstop);
    if (!moved) return false;
  }
  state.accounts.edit(id.account).raw_usd -= must_i64(av);
  state.accounts.edit(kBackstopIndex).raw_usd += must_i64(av);
  const Bucket vault = cross_bucket(state, kBackstopIndex);
  return vault.av >= vault.im;
}

// Step C. Whether the vault took what is tradable of the bucket, `av` of its value along.
bool try_backstop(Context& ctx, const BucketId& id, Int128 av) {
  if (id.account == kBackstopIndex) return false;
  const Checkpoint point = checkpoint(ctx);
  if (!give_to_backstop(ctx, id, av)) {
    revert(ctx, point);
    return false;
  }
  report(ctx, id, LiquidationEvent::Method::Backstop, av);
  return true;
}

// Step D. What is still missing.
Int128 pay_from_insurance(Context& ctx, const BucketId& id, Int128 missing) {
  State& state = ctx.state;
  const std::int64_t paid = take_insurance(ctx, missing);
  if (paid == 0) return missing;
  if (id.cross()) {
    state.accounts.edit(id.account).raw_usd += paid;
  } else {
    state.edit_perp(id.account, id.market).iso_raw += paid;
  }
  report(ctx, id, LiquidationEvent::Method::Insurance, paid);
  return missing - paid;
}

/// Closes one position of a bankrupt bucket against the other side (dex.md 12.6).
class Deleveraging {
 public:
  Deleveraging(Context& ctx, const BucketId& id, MarketIndex market, Int128 debt)
      : ctx_(ctx),
        id_(id),
        market_(market),
        szi_(szi_of(ctx.state, id.account, market)),
        lots_left_(must_u64(abs128(szi_))),
        debt_(debt),
        debt_left_(debt) {}

  /// What nobody could pay.
  Int128 run(const AdlRanking::Ranked& ranked) {
    close_in_turn(ranked, false);
    close_in_turn(ranked, true);
    if (lots_left_ > 0) {
      // Only amounts beyond their range leave lots open (dex.md 1.1).
      ctx_.state.markets.edit(market_).status = MarketStatus::Halted;
      ctx_.emit<AlertEvent>(AlertEvent::Kind::MarketHalted, ctx_.state.info(market_).config.asset,
                            0);
    }
    return shortfall_;
  }

 private:
  void close_in_turn(const AdlRanking::Ranked& ranked, bool capped) {
    for (const AdlCandidate& candidate : ranked) {
      if (lots_left_ == 0) return;
      if (candidate.account != id_.account) close(candidate, capped);
    }
  }

  void close(const AdlCandidate& candidate, bool capped) {
    State& state = ctx_.state;
    const auto held = static_cast<std::uint64_t>(abs128(szi_of(state, candidate.account, market_)));
    const std::uint64_t lots = std::min(lots_left_, held);
    if (lots == 0) return;
    const Int128 due =
        lots == lots_left_ ? debt_left_ : min128(debt_left_, ceil_div(debt_ * lots, abs128(szi_)));
    // Nothing raises what an account is worth while others are deleveraged against.
    if (due > max128(0, candidate.av) && !capped) return;
    const Int128 value = bucket_of(state, candidate.account, market_).av;
    const Int128 av = max128(0, value);
    if (due > av && !capped) return;
    const Int128 paid = min128(due, av);
    const Checkpoint point = checkpoint(ctx_);
    cancel_all(candidate.account);
    const bool isolated = state.find_perp(candidate.account, market_)->isolated;
    if (isolated) {
      state.edit_perp(candidate.account, market_).iso_raw -= must_i64(paid);
    } else {
      state.accounts.edit(candidate.account).raw_usd -= must_i64(paid);
    }
    state.accounts.edit(id_.account).raw_usd += must_i64(paid);
    if (!swap_position(ctx_, market_, id_.account, candidate.account, closing_side(szi_), lots,
                       FillKind::Adl)) {
      revert(ctx_, point);
      return;
    }
    cover_closed(ctx_, candidate.account, market_, value - paid);
    lots_left_ -= lots;
    debt_left_ -= due;
    shortfall_ += due - paid;
  }

  void cancel_all(AccountIndex account) {
    State& state = ctx_.state;
    for (const OrderId oid : state.orders.orders_of(account)) {
      const Slot slot = state.orders.find(oid);
      if (slot != kNoSlot && state.orders[slot].market == market_) {
        cancel_resting(ctx_, slot, CancelReason::Adl);
      }
    }
  }

  Context& ctx_;
  BucketId id_;
  MarketIndex market_;
  std::int64_t szi_;
  std::uint64_t lots_left_;
  Int128 debt_;
  Int128 debt_left_;
  Int128 shortfall_ = 0;
};

void halt(Context& ctx, MarketIndex market) {
  ctx.state.markets.edit(market).status = MarketStatus::Halted;
  ctx.emit<AlertEvent>(AlertEvent::Kind::MarketHalted, ctx.state.info(market).config.asset, 0);
}

// Step E, for what the tradable positions owe.
void deleverage(Context& ctx, AdlRankings& rankings, const BucketId& id, Int128 debt) {
  State& state = ctx.state;
  const std::vector<MarketIndex> markets = tradable_of(ctx, id);
  const Int128 all_ntl = tradable_ntl(ctx, id);
  Int128 debt_left = debt;
  Int128 shortfall = 0;
  for (std::size_t i = 0; i < markets.size(); ++i) {
    const bool last = i + 1 == markets.size();
    const Int128 share =
        last ? debt_left : floor_div(debt * ntl_of(state, id, markets[i]), all_ntl);
    debt_left -= share;
    const bool longs = szi_of(state, id.account, markets[i]) < 0;
    const AdlRanking::Ranked& ranked = rankings.of(markets[i], longs).refresh(ctx);
    shortfall += Deleveraging(ctx, id, markets[i], share).run(ranked);
  }
  if (shortfall > 0) book_debt(ctx, id.account, shortfall);
  report(ctx, id, LiquidationEvent::Method::Adl, shortfall);
}

void liquidate(Context& ctx, AdlRankings& rankings, const BucketId& id) {
  State& state = ctx.state;
  settle_funding(ctx, id.account);
  if (!value_of(state, id).liquidatable()) return;
  if (tradable_of(ctx, id).empty()) return;  // dex.md 10.4: wait for a price
  cancel_orders(ctx, id);
  bool limited = false;
  for (const MarketIndex market : tradable_of(ctx, id)) {
    if (!value_of(state, id).liquidatable()) return;
    limited = sell_position(ctx, id, market) || limited;
  }
  const Bucket left = value_of(state, id);
  const Int128 ntl = tradable_ntl(ctx, id);
  if (!left.liquidatable() || ntl == 0) return;
  // Small orders may hide that the book has depth: step B goes on in the next block, as long as
  // waiting costs nobody but the owner (ADR 42).
  if (limited && left.av >= 0) return;
  // More than an account can hold is nobody's to pay (dex.md 1.1). Below it, what it is worth times
  // notional fits 128 bits.
  if (abs128(left.av) > kRawUsdMax || left.ntl > 100 * Int128{kRawUsdMax}) {
    for (const MarketIndex market : tradable_of(ctx, id))
      halt(ctx, market);
    return;
  }
  // With the tradable positions goes their share by notional of what the bucket has or owes, as
  // 12.6 shares a debt: all of it where no position waits (ADR 38).
  const Int128 av = trunc_div(left.av * ntl, left.ntl);
  if (left.av >= 0) {
    if (3 * left.av >= 2 * left.mm) return;
    if (!try_backstop(ctx, id, av)) deleverage(ctx, rankings, id, 0);
    return;
  }
  const Int128 missing = pay_from_insurance(ctx, id, -av);
  if (missing == 0 && try_backstop(ctx, id, 0)) return;
  deleverage(ctx, rankings, id, missing);
}

struct Due {
  BucketId id;
  Bucket bucket;
  Address address;
  AssetId asset;
};

// a / b < c / d for positive b and d, by cross-multiplication.
bool less_ratio(Int128 a, Int128 b, Int128 c, Int128 d) {
  const auto left = checked_mul(a, d);
  const auto right = checked_mul(c, b);
  if (left && right) return *left < *right;
  return floor_div(a, b) < floor_div(c, d);  // amounts far beyond any real account
}

bool comes_first(const Due& a, const Due& b) {
  if (less_ratio(a.bucket.av, a.bucket.mm, b.bucket.av, b.bucket.mm)) return true;
  if (less_ratio(b.bucket.av, b.bucket.mm, a.bucket.av, a.bucket.mm)) return false;
  if (a.address != b.address) return a.address < b.address;
  if (a.id.cross() != b.id.cross()) return a.id.cross();
  return a.asset < b.asset;
}

void add_due(Context& ctx, const BucketId& id, std::vector<Due>& out) {
  const Bucket bucket = value_of(ctx.state, id);
  if (bucket.mm == 0 || !bucket.liquidatable()) return;
  out.push_back({id, bucket, ctx.state.accounts[id.account].address, asset_of(ctx.state, id)});
}

}  // namespace

namespace {

bool owes_funding(const State& state, const PerpState& perp) {
  return perp.szi != 0 && perp.fund_idx != state.markets[perp.market].cum_funding;
}

// Whether the ladder must look at the account: funding to settle, or a bucket below maintenance.
bool needs_attention(const State& state, AccountIndex account) {
  bool cross = false;
  for (const State::Place& place : state.perps_of(account)) {
    const PerpState& perp = state.perps[place.index];
    if (perp.szi == 0) continue;
    if (owes_funding(state, perp)) return true;
    if (perp.isolated && isolated_bucket(state, perp).liquidatable()) return true;
    cross = cross || !perp.isolated;
  }
  return cross && cross_bucket(state, account).liquidatable();
}

void add_buckets(Context& ctx, AccountIndex account, std::vector<Due>& due) {
  bool cross = false;
  for (const State::Place& place : ctx.state.perps_of(account)) {
    const PerpState& perp = ctx.state.perps[place.index];
    if (perp.szi == 0) continue;
    if (perp.isolated) {
      add_due(ctx, {account, perp.market}, due);
    } else {
      cross = true;
    }
  }
  if (cross) add_due(ctx, {account, kNobody}, due);
}

}  // namespace

void run_liquidations(Context& ctx) {
  std::vector<AccountIndex> accounts;
  for (const AccountIndex account : ctx.state.in_positions.members()) {
    if (needs_attention(ctx.state, account)) accounts.push_back(account);
  }
  ctx.state.sort_by_address(accounts);
  std::vector<Due> due;
  for (const AccountIndex account : accounts) {
    settle_funding(ctx, account);
    add_buckets(ctx, account, due);
  }
  std::ranges::sort(due, comes_first);
  AdlRankings rankings;
  for (const Due& next : due) {
    if (ctx.matching_is_over()) return;  // the next block goes on
    liquidate(ctx, rankings, next.id);
  }
}

}  // namespace ol::exchange
