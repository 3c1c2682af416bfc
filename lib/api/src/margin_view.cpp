#include "margin_view.hpp"

#include <ol/exchange/spot_value.hpp>

namespace ol::api {

using namespace exchange;

namespace {

Int128 exposure_lots(const PerpState& perp) {
  const Int128 szi = perp.szi;
  return max128(abs128(szi + perp.buy_lots), abs128(szi - perp.sell_lots));
}

Int128 mark_of(const State& state, const PerpState& perp) {
  return state.markets[perp.market].mark;
}

// dex.md 8.2: what resting opening orders of an isolated asset reserve in the cross bucket.
Int128 reserve_of(const State& state, const PerpState& perp) {
  const auto opening = [](Int128 lots, Int128 ntl, Int128 closes) -> Int128 {
    if (lots == 0) return 0;
    return ceil_div(ntl * max128(0, lots - closes), lots);
  };
  const Int128 buys = opening(perp.buy_lots, perp.buy_ntl, perp.szi < 0 ? -Int128{perp.szi} : 0);
  const Int128 sells = opening(perp.sell_lots, perp.sell_ntl, perp.szi > 0 ? Int128{perp.szi} : 0);
  return ceil_div(buys + sells, state.leverage_of(perp));
}

}  // namespace

Int128 funding_due(const State& state, const PerpState& perp) {
  const Int128 cum = state.markets[perp.market].cum_funding;
  return perp.szi == 0 ? 0 : ceil_div(perp.szi * (cum - perp.fund_idx), kPpb);
}

MarginView cross_margin(const State& state, AccountIndex account) {
  MarginView out;
  out.cash = state.accounts[account].raw_usd;
  out.value = out.cash;
  for (const PerpState& perp : held_perps(state, account)) {
    if (perp.isolated) continue;
    const MarginTable& table = *state.info(perp.market).margin;
    const Int128 mark = mark_of(state, perp);
    const Int128 due = funding_due(state, perp);
    out.cash -= due;
    out.value += perp.szi * mark - due;
    out.notional += abs128(perp.szi) * mark;
    out.maintenance += table.maintenance(abs128(perp.szi) * mark);
    out.initial += table.initial(exposure_lots(perp) * mark, state.leverage_of(perp));
  }
  return out;
}

MarginView isolated_margin(const State& state, const PerpState& perp) {
  const MarginTable& table = *state.info(perp.market).margin;
  MarginView out;
  out.cash = perp.iso_raw - funding_due(state, perp);
  out.value = out.cash + perp.szi * mark_of(state, perp);
  out.notional = abs128(perp.szi) * mark_of(state, perp);
  out.maintenance = table.maintenance(out.notional);
  out.initial = table.initial(out.notional, state.leverage_of(perp));
  return out;
}

Int128 withdrawable(const State& state, AccountIndex account) {
  const MarginView cross = cross_margin(state, account);
  Int128 reserves = 0;
  for (const PerpState& perp : held_perps(state, account)) {
    if (perp.isolated && perp.has_orders()) reserves += reserve_of(state, perp);
  }
  const Int128 tenth = cross.value - ceil_div(cross.notional, 10);
  // No cash may get further below zero than that: unrealised profit beyond it cannot be moved.
  const Int128 movable = state.accounts[account].raw_usd + Int128{exchange::kRawUsdMax};
  return max128(0, min128(movable, min128(tenth, cross.value - cross.initial - reserves)));
}

Int128 margin_used(const State& state, const PerpState& perp) {
  if (perp.isolated) return isolated_margin(state, perp).value;
  const MarginTable& table = *state.info(perp.market).margin;
  return table.initial(abs128(perp.szi) * mark_of(state, perp), state.leverage_of(perp));
}

std::optional<Int128> liquidation_px(const State& state, const PerpState& perp) {
  if (perp.szi == 0) return std::nullopt;
  const MarginView bucket =
      perp.isolated ? isolated_margin(state, perp) : cross_margin(state, perp.account);
  const Int128 mark = mark_of(state, perp);
  const Int128 side = perp.szi > 0 ? 1 : -1;
  const Int128 rate = state.info(perp.market).margin->row_of(abs128(perp.szi) * mark).rate_ppb;
  const Int128 spare = bucket.value - bucket.maintenance;
  const Int128 move = trunc_div(spare * kPpb, abs128(perp.szi) * (kPpb - side * rate));
  const Int128 px = mark - side * move;
  if (px <= 0) return std::nullopt;
  return px;
}

Int128 equity(const State& state, AccountIndex account) {
  Int128 out = cross_margin(state, account).value;
  for (const PerpState& perp : held_perps(state, account)) {
    if (perp.isolated) out += isolated_margin(state, perp).value;
  }
  for (const State::Place& place : state.balances_of(account))
    out += spot_value(state, state.balances[place.index]);
  return out;
}

}  // namespace ol::api
