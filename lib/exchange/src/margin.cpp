#include "margin.hpp"

#include <algorithm>

namespace ol::exchange {
namespace {

// A system step that leaves its range halts the market instead of the block (dex.md 1.1).
void halt(Context& ctx, MarketIndex market) {
  ctx.state.markets.edit(market).status = MarketStatus::Halted;
  ctx.emit<AlertEvent>(AlertEvent::Kind::MarketHalted, ctx.state.markets[market].asset, 0);
}

// What position and orders may come to, at the mark, of what a table takes. Orders let in at a low
// price may come to more once it is high (dex.md 8.2); no account has margin for either.
Int128 exposed_ntl(Int128 lots, Int128 mark) {
  return min128(lots * mark, MarginTable::kNtlMost);
}

void settle_position(Context& ctx, std::uint32_t place) {
  State& state = ctx.state;
  const PerpState& perp = state.perps[place];
  const MarketState& market = state.markets[perp.market];
  const auto payment = funding_payment(perp.szi, market.cum_funding, perp.fund_idx);
  const Int128 cash = perp.isolated ? perp.iso_raw : state.accounts[perp.account].raw_usd;
  const bool fits = payment && abs128(*payment) <= kRawUsdMax &&
                    abs128(cash - *payment) <= kRawUsdMax &&
                    to_i64(market.funding_pool + *payment).has_value();
  if (!fits) {
    if (market.status != MarketStatus::Halted) halt(ctx, perp.market);
    return;
  }
  const std::int64_t paid = must_i64(*payment);
  PerpState& changed = state.perps.edit(place);
  changed.fund_idx = market.cum_funding;
  (changed.isolated ? changed.iso_raw : state.accounts.edit(changed.account).raw_usd) -= paid;
  state.markets.edit(changed.market).funding_pool += paid;
  ctx.emit<FundingEvent>(state.accounts[changed.account].address, market.asset, paid);
}

}  // namespace

void settle_due_funding(Context& ctx, AccountIndex account) {
  for (const State::Place& place : ctx.state.perps_of(account)) {
    const PerpState& perp = ctx.state.perps[place.index];
    if (perp.szi == 0) continue;
    if (perp.fund_idx != ctx.state.markets[perp.market].cum_funding) {
      settle_position(ctx, place.index);
    }
  }
}

Int128 isolated_reserve(const State& state, const PerpState& perp) {
  // Orders against a position close it first; only what is left of a side after that opens.
  const auto opening = [](Int128 lots, Int128 ntl, Int128 closes) -> Int128 {
    if (lots == 0) return 0;
    return ceil_div(ntl * max128(0, lots - closes), lots);
  };
  const Int128 buys = opening(perp.buy_lots, perp.buy_ntl, perp.szi < 0 ? -Int128{perp.szi} : 0);
  const Int128 sells = opening(perp.sell_lots, perp.sell_ntl, perp.szi > 0 ? Int128{perp.szi} : 0);
  return ceil_div(buys + sells, state.leverage_of(perp));
}

Bucket cross_bucket(const State& state, AccountIndex account) {
  Bucket out;
  out.av = state.accounts[account].raw_usd;
  for (const State::Place& place : state.perps_of(account)) {
    const PerpState& perp = state.perps[place.index];
    if (perp.isolated || (perp.szi == 0 && !perp.has_orders())) continue;
    const MarginTable& table = *state.info(perp.market).margin;
    const Int128 mark = state.markets[perp.market].mark;
    const Int128 ntl = abs128(perp.szi) * mark;
    out.av += perp.szi * mark;
    out.ntl += ntl;
    out.mm += table.maintenance(ntl);
    out.im += table.initial(exposed_ntl(exposure(perp), mark), state.leverage_of(perp));
  }
  return out;
}

Bucket isolated_bucket(const State& state, const PerpState& perp) {
  const MarginTable& table = *state.info(perp.market).margin;
  const Int128 mark = state.markets[perp.market].mark;
  Bucket out;
  out.ntl = abs128(perp.szi) * mark;
  out.av = perp.iso_raw + perp.szi * mark;
  out.mm = table.maintenance(out.ntl);
  out.im = table.initial(out.ntl, state.leverage_of(perp));
  return out;
}

Health health_of(const State& state, AccountIndex account, MarketIndex market) {
  const PerpState* held = state.find_perp(account, market);
  const auto position = [&](const PerpState& perp, Health& out) {
    const Int128 mark = state.markets[perp.market].mark;
    out.av += perp.szi * mark;
    out.mm += state.info(perp.market).margin->maintenance(abs128(perp.szi) * mark);
  };
  Health out;
  if (held != nullptr && held->isolated) {
    out.av = held->iso_raw;
    position(*held, out);
    return out;
  }
  out.av = state.accounts[account].raw_usd;
  for (const State::Place& place : state.perps_of(account)) {
    const PerpState& perp = state.perps[place.index];
    if (!perp.isolated && perp.szi != 0) position(perp, out);
  }
  return out;
}

Bucket bucket_of(const State& state, AccountIndex account, MarketIndex market) {
  const PerpState* perp = state.find_perp(account, market);
  if (perp != nullptr && perp->isolated) return isolated_bucket(state, *perp);
  return cross_bucket(state, account);
}

namespace {

Int128 reserves(const State& state, AccountIndex account) {
  Int128 out = 0;
  for (const State::Place& place : state.perps_of(account)) {
    const PerpState& perp = state.perps[place.index];
    if (perp.isolated && perp.has_orders()) out += isolated_reserve(state, perp);
  }
  return out;
}

}  // namespace

namespace {

// What a position adds to Free and what its exposure takes.
Int128 free_of(const State& state, const PerpState& perp, Int128 exposed) {
  const Int128 mark = state.markets[perp.market].mark;
  return perp.szi * mark -
         state.info(perp.market)
             .margin->initial(exposed_ntl(exposed, mark), state.leverage_of(perp));
}

Int128 free_of(const State& state, const PerpState& perp) {
  if (perp.isolated) return perp.has_orders() ? -isolated_reserve(state, perp) : Int128{0};
  if (perp.szi == 0 && !perp.has_orders()) return 0;
  return free_of(state, perp, exposure(perp));
}

}  // namespace

Int128 free_margin(const State& state, AccountIndex account) {
  Int128 out = state.accounts[account].raw_usd;
  for (const State::Place& place : state.perps_of(account))
    out += free_of(state, state.perps[place.index]);
  return out;
}

Int128 free_margin_with(const State& state, AccountIndex account, MarketIndex market,
                        Int128 exposed) {
  Int128 out = state.accounts[account].raw_usd;
  bool found = false;
  for (const State::Place& place : state.perps_of(account)) {
    const PerpState& perp = state.perps[place.index];
    const bool here = perp.account != kNobody && perp.market == market;
    out += here ? free_of(state, perp, exposed) : free_of(state, perp);
    found = found || here;
  }
  if (!found) out += free_of(state, state.perp_or_default(account, market), exposed);
  return out;
}

Int128 spare_cash(const State& state, AccountIndex account) {
  const Bucket cross = cross_bucket(state, account);
  const Int128 tenth = cross.av - ceil_div(cross.ntl, 10);
  return min128(tenth, cross.av - cross.im - reserves(state, account));
}

Int128 withdrawable(const State& state, AccountIndex account) {
  return max128(0, spare_cash(state, account));
}

Int128 isolated_withdrawable(const State& state, const PerpState& perp) {
  const Bucket bucket = isolated_bucket(state, perp);
  return max128(0, bucket.av - max128(bucket.im, ceil_div(bucket.ntl, 10)));
}

}  // namespace ol::exchange
