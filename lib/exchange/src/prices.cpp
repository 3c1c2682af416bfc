#include <algorithm>

#include "fill.hpp"
#include "margin.hpp"
#include "steps.hpp"

// Oracle, mark price and funding: dex.md 10 and 11, and the circuit breaker of 7.3.

namespace ol::exchange {
namespace {

constexpr TimeMs kHourMs = 3'600'000;

std::uint64_t stake_of(const Context& ctx, std::uint32_t validator) {
  return validator < ctx.block.stakes.size() ? ctx.block.stakes[validator] : 0;
}

// The breaker looks back to whole seconds, so that its window is some hundreds of prices however
// often they come, written once a second.
constexpr TimeMs kHistoryStepMs = 1'000;

// Keeps the first price of each second; the last one at or before the window's start stays.
void remember_px(Context& ctx, AssetId asset, const PxAt& px, TimeMs start) {
  const std::vector<PxAt>* kept = ctx.state.oracle_history.find(asset);
  const bool known = kept != nullptr && !kept->empty() &&
                     kept->back().time / kHistoryStepMs == px.time / kHistoryStepMs;
  if (known) return;
  std::vector<PxAt>& history = ctx.state.oracle_history.edit(asset);
  history.push_back(px);
  while (history.size() > 1 && history[1].time <= start)
    history.erase(history.begin());
}

// A large move within the window turns the market post-only for a while (dex.md 7.3).
void watch_breaker(Context& ctx, MarketIndex market) {
  State& state = ctx.state;
  const AssetId asset = state.info(market).config.asset;
  const std::uint64_t px = state.markets[market].oracle;
  const TimeMs now = ctx.block.time;
  const TimeMs start = now > ctx.params.breaker_window_ms ? now - ctx.params.breaker_window_ms : 0;
  remember_px(ctx, asset, {now, px}, start);
  const std::vector<PxAt>& history = *state.oracle_history.find(asset);
  const auto later = std::ranges::upper_bound(history, start, {}, &PxAt::time);
  if (later == history.begin()) return;  // no price as old as the window yet
  const Int128 old = std::prev(later)->px;
  if (abs128(Int128{px} - old) * kPpb < old * ctx.params.breaker_ppb) return;
  state.markets.edit(market).breaker_until = now + ctx.params.breaker_pause_ms;
  ctx.emit<AlertEvent>(AlertEvent::Kind::Breaker, asset, 0);
}

void take_oracle(Context& ctx, MarketIndex market, std::uint64_t px) {
  MarketState& state = ctx.state.markets.edit(market);
  state.oracle = px;
  state.oracle_at = ctx.block.time;
  watch_breaker(ctx, market);
}

struct Fresh {
  std::vector<WeightedPx> spot;
  std::vector<WeightedPx> perp;
  std::vector<std::uint32_t> validators;
};

Fresh fresh_submissions(const Context& ctx, AssetId asset) {
  Fresh out;
  for (std::uint32_t v = 0; v < ctx.block.stakes.size(); ++v) {
    const OracleSubmission* s = ctx.state.submissions.find({v, asset});
    if (s == nullptr || s->time + ctx.params.oracle_fresh_ms < ctx.block.time) continue;
    out.spot.push_back({s->spot_px, stake_of(ctx, v)});
    out.validators.push_back(v);
    if (s->perp_px != 0) out.perp.push_back({s->perp_px, stake_of(ctx, v)});
  }
  return out;
}

// dex.md 10.2: fresh weight of at least two thirds of the total.
bool is_quorum(const Context& ctx, const std::vector<WeightedPx>& prices) {
  Uint128 total = 0;
  Uint128 fresh = 0;
  for (const std::uint64_t stake : ctx.block.stakes)
    total += stake;
  for (const WeightedPx& p : prices)
    fresh += p.weight;
  return total > 0 && fresh * 3 >= total * 2;
}

std::optional<std::uint64_t> aggregate_px(const Context& ctx,
                                          const std::vector<WeightedPx>& prices) {
  if (!is_quorum(ctx, prices)) return std::nullopt;
  return ctx.params.oracle_mode == 1 ? trimmed_mean(prices, ctx.params.oracle_trim_percent)
                                     : weighted_median(prices);
}

// What counts of one price: a thousand times the median. Whoever is farther off is off all the
// same, and the average stays in its range.
constexpr Int128 kDeviationMax = Int128{1'000} * kPpb;

// dex.md 10.3.
void track_deviation(Context& ctx, AssetId asset, std::uint64_t px, const Fresh& fresh) {
  for (const std::uint32_t v : fresh.validators) {
    if (ctx.state.submissions.find({v, asset})->time != ctx.block.time) continue;
    OracleSubmission& s = ctx.state.submissions.edit({v, asset});
    const Int128 deviation =
        min128(floor_div(abs128(Int128{s.spot_px} - px) * kPpb, px), kDeviationMax);
    s.deviation_ppb = must_i64(s.deviation_ppb + floor_div(deviation - s.deviation_ppb, 16));
    s.deviant_rounds = s.deviation_ppb > ctx.params.deviation_flag_ppb ? s.deviant_rounds + 1 : 0;
    if (s.deviant_rounds == ctx.params.deviation_rounds) {
      ctx.emit<AlertEvent>(AlertEvent::Kind::ValidatorFlagged, asset, v);
    }
  }
}

void aggregate(Context& ctx, MarketIndex market) {
  State& state = ctx.state;
  const AssetId asset = state.info(market).config.asset;
  const Fresh fresh = fresh_submissions(ctx, asset);
  const auto px = aggregate_px(ctx, fresh.spot);
  state.markets.edit(market).validators_px = aggregate_px(ctx, fresh.perp).value_or(0);
  if (!px || *px == 0) return;
  track_deviation(ctx, asset, *px, fresh);
  const std::uint64_t old = state.markets[market].oracle;
  const std::uint64_t next = old == 0 ? *px : clamp_step(old, *px, ctx.params.step_clamp_ppb);
  if (next != *px) ctx.emit<AlertEvent>(AlertEvent::Kind::StepClamp, asset, 0);
  take_oracle(ctx, market, next);
}

bool has_new_submission(const Context& ctx, AssetId asset) {
  for (std::uint32_t v = 0; v < ctx.block.stakes.size(); ++v) {
    const OracleSubmission* s = ctx.state.submissions.find({v, asset});
    if (s != nullptr && s->time == ctx.block.time) return true;
  }
  return false;
}

struct Bbo {
  std::optional<std::int64_t> bid;
  std::optional<std::int64_t> ask;
};

Bbo bbo_of(const State& state, MarketIndex market) {
  const Book& book = state.orders.book(market);
  const std::uint64_t tick_px = state.info(market).config.tick_px;
  Bbo out;
  if (const auto bid = book.best_tick(Side::Buy))
    out.bid = static_cast<std::int64_t>(*bid * tick_px);
  if (const auto ask = book.best_tick(Side::Sell)) {
    out.ask = static_cast<std::int64_t>(*ask * tick_px);
  }
  return out;
}

// dex.md 10.6 b. One quoted side alone says nothing of the price, so both are asked for.
std::optional<std::int64_t> book_px(const State& state, MarketIndex market, const Bbo& bbo) {
  if (!bbo.bid || !bbo.ask) return std::nullopt;
  std::vector<std::int64_t> values = {*bbo.bid, *bbo.ask};
  const std::uint64_t last = state.markets[market].last_px;
  if (last != 0) values.push_back(static_cast<std::int64_t>(last));
  return median(std::move(values));
}

// What the validators say of a perp counts as long as enough of them said it lately (dex.md 10.2).
void forget_validators_px(Context& ctx, MarketIndex market) {
  const MarketState& now = ctx.state.markets[market];
  if (now.validators_px == 0) return;
  if (is_quorum(ctx, fresh_submissions(ctx, now.asset).perp)) return;
  ctx.state.markets.edit(market).validators_px = 0;
}

void update_mark(Context& ctx, MarketIndex market) {
  const MarketState& now = ctx.state.markets[market];
  if (now.oracle == 0) return;
  const bool new_round = now.oracle_at == ctx.block.time;
  if (!new_round && ctx.block.time < now.mark_at + ctx.params.mark_period_ms) return;
  forget_validators_px(ctx, market);
  const Bbo bbo = bbo_of(ctx.state, market);
  const auto book = book_px(ctx.state, market, bbo);
  MarketState& state = ctx.state.markets.edit(market);
  const std::uint64_t seconds = (ctx.block.time - state.ema_at) / 1000;
  const auto oracle = static_cast<std::int64_t>(state.oracle);
  if (seconds >= 1 && book) {
    const std::int64_t mid = must_i64(floor_div(Int128{*bbo.bid} + *bbo.ask, 2));
    state.basis_ema.update(kEma150, seconds, mid - oracle);
    state.book_ema.update(kEma30, seconds, *book);
    state.ema_at += seconds * 1000;
  }
  MarkInputs inputs;
  inputs.oracle = state.oracle;
  // Averages that would begin anew with the next sample say nothing without one (dex.md 10.5).
  const bool known = ctx.block.time <= state.ema_at + kEmaResetSeconds * 1000;
  const auto basis = known ? state.basis_ema.value() : std::nullopt;
  if (basis) inputs.oracle_plus_ema = oracle + *basis;
  inputs.book = book;
  if (state.validators_px != 0) inputs.validators = static_cast<std::int64_t>(state.validators_px);
  if (known) inputs.book_ema = state.book_ema.value();
  // A price like any other, even where the band around the oracle's reaches farther.
  state.mark = std::min(mark_px(inputs, ctx.state.info(market).config.mark_band_ppb), kPxEnd - 1);
  state.mark_at = ctx.block.time;
}

std::vector<DepthLevel> depth(const State& state, MarketIndex market, Side side, std::int64_t ntl) {
  const Book& book = state.orders.book(market);
  const std::uint64_t tick_px = state.info(market).config.tick_px;
  std::vector<DepthLevel> out;
  Int128 seen = 0;
  for (auto tick = book.best_tick(side); tick && seen < ntl; tick = book.next_tick(side, *tick)) {
    out.push_back({*tick * tick_px, book.level(side, *tick)->total_sz});
    seen += notional(out.back().px, out.back().sz);
  }
  return out;
}

void sample_premium(Context& ctx, MarketIndex market) {
  const MarketState& now = ctx.state.markets[market];
  if (now.oracle == 0 || ctx.block.time < now.premium_at + ctx.params.premium_period_ms) return;
  const std::int64_t ntl = ctx.state.info(market).config.impact_ntl;
  const auto bid = impact_px(depth(ctx.state, market, Side::Buy, ntl), Side::Sell, ntl);
  const auto ask = impact_px(depth(ctx.state, market, Side::Sell, ntl), Side::Buy, ntl);
  MarketState& state = ctx.state.markets.edit(market);
  state.premium_sum += premium_ppb(state.oracle, bid, ask);
  ++state.premium_samples;
  state.premium_at = ctx.block.time;
}

// Every position of the market pays up to the index, then what the pool holds above a dollar is
// the insurance fund's (dex.md 11.3).
void settle_and_sweep(Context& ctx, MarketIndex market) {
  State& state = ctx.state;
  for (const AccountIndex account : state.holders(market))
    settle_funding(ctx, account);
  const std::int64_t surplus = state.markets[market].funding_pool - ctx.params.funding_sweep_usd;
  if (surplus <= 0) return;
  state.markets.edit(market).funding_pool -= surplus;
  pay_insurance(ctx, surplus);
}

void fund(Context& ctx, MarketIndex market) {
  const std::uint64_t hour = ctx.block.time / kHourMs;
  const MarketState& now = ctx.state.markets[market];
  if (hour == now.funding_hour) return;
  const bool pays = now.funding_hour != 0 && now.oracle != 0 && !is_dead(ctx, market);
  if (pays) {
    settle_and_sweep(ctx, market);
    MarketState& state = ctx.state.markets.edit(market);
    const std::int64_t rate =
        funding_rate_ppb(state.premium_sum, state.premium_samples, ctx.params.funding);
    state.cum_funding += Int128{state.oracle} * rate;
    const Int128 premium =
        state.premium_samples == 0 ? 0 : trunc_div(state.premium_sum, state.premium_samples);
    ctx.funding.push_back({state.asset, rate, must_i64(premium)});
  }
  MarketState& state = ctx.state.markets.edit(market);
  state.funding_hour = hour;
  state.premium_sum = 0;
  state.premium_samples = 0;
}

template <typename Step>
void for_perps(Context& ctx, Step step) {
  for (const auto& [asset, market] : ctx.state.markets_by_asset()) {
    const bool live = ctx.state.markets[market].exists && !ctx.state.info(market).spot();
    if (live) step(market);
  }
}

}  // namespace

bool is_dead(const Context& ctx, MarketIndex market) {
  const MarketState& state = ctx.state.markets[market];
  return state.oracle == 0 || ctx.block.time > state.oracle_at + ctx.params.oracle_stale_ms;
}

bool submit_oracle(Context& ctx, const OracleSubmit& submit) {
  if (stake_of(ctx, submit.validator) == 0) return false;
  for (const OracleSubmit::Px& px : submit.prices) {
    const bool fits = px.spot_px >= 1 && px.spot_px < kPxEnd && px.perp_px < kPxEnd;
    if (!fits || ctx.state.find_market(px.asset) == kNobody) return false;
    const OracleSubmission* old = ctx.state.submissions.find({submit.validator, px.asset});
    if (old != nullptr && submit.round <= old->round) return false;
  }
  for (const OracleSubmit::Px& px : submit.prices) {
    OracleSubmission& s = ctx.state.submissions.edit({submit.validator, px.asset});
    s.round = submit.round;
    s.spot_px = px.spot_px;
    s.perp_px = px.perp_px;
    s.time = ctx.block.time;
  }
  return true;
}

bool set_oracle(Context& ctx, const SetOracle& action) {
  const MarketIndex market = ctx.state.find_market(action.asset);
  if (market == kNobody || action.px == 0 || action.px >= kPxEnd) return false;
  take_oracle(ctx, market, action.px);
  return true;
}

void update_prices(Context& ctx) {
  for (const auto& [asset, market] : ctx.state.markets_by_asset()) {
    if (!ctx.state.markets[market].exists) continue;
    if (has_new_submission(ctx, asset)) aggregate(ctx, market);
    if (!ctx.state.info(market).spot()) update_mark(ctx, market);
  }
}

void update_funding(Context& ctx) {
  for_perps(ctx, [&](MarketIndex market) {
    sample_premium(ctx, market);
    fund(ctx, market);
  });
}

}  // namespace ol::exchange
