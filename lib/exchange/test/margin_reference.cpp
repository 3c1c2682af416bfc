#include "margin_reference.hpp"

#include <vector>

#include "margin.hpp"

namespace ol::exchange::test {
namespace {

using Wide = Int128;

// dex.md 1.7, for positive divisors.
Wide down(Wide a, Wide b) {
  Wide q = a / b;
  while (q * b > a)
    --q;
  return q;
}
Wide up(Wide a, Wide b) {
  Wide q = a / b;
  while (q * b < a)
    ++q;
  return q;
}
Wide size_of(Wide a) {
  return a > 0 ? a : -a;
}
Wide larger(Wide a, Wide b) {
  return a > b ? a : b;
}

constexpr Wide kBillion = 1'000'000'000;

// dex.md 8.1, MM.
Wide maintenance(const MarketConfig& config, Wide ntl) {
  Wide rate = 0;
  Wide deduction = 0;
  for (const auto& [lower, leverage] : config.margin_tiers) {
    if (ntl < lower) break;
    const Wide next = up(kBillion, Wide{2} * leverage);
    deduction += down(Wide{lower} * (next - rate), kBillion);
    rate = next;
  }
  return up(ntl * rate, kBillion) - deduction;
}

// dex.md 8.1, IM.
Wide initial(const MarketConfig& config, Wide ntl, Wide leverage) {
  return larger(up(ntl, leverage), 2 * maintenance(config, ntl));
}

struct Market {
  MarketConfig config;
  Wide mark = 0;
};

// One account in one perp, its orders counted one by one.
struct Holding {
  Wide szi = 0;
  Wide iso_raw = 0;
  bool isolated = false;
  Wide leverage = 1;
  Wide buys = 0;
  Wide sells = 0;
  Wide buy_ntl = 0;
  Wide sell_ntl = 0;
};

Wide default_leverage(const MarketConfig& config) {
  const Wide most = config.margin_tiers.front().second;
  return most < 20 ? most : 20;
}

std::vector<Holding> holdings_of(const State& s, const std::vector<Market>& markets,
                                 AccountIndex account) {
  std::vector<Holding> out(markets.size());
  for (std::size_t m = 0; m < markets.size(); ++m) {
    if (is_spot(markets[m].config.asset)) continue;
    out[m].leverage = default_leverage(markets[m].config);
  }
  for (const State::Place& place : s.perps_of(account)) {
    const PerpState& p = s.perps[place.index];
    if (p.account == kNobody) continue;
    Holding& h = out[p.market];
    h.szi = p.szi;
    h.iso_raw = p.iso_raw;
    h.isolated = p.isolated;
    if (p.leverage != 0) h.leverage = p.leverage;
  }
  for (Slot slot = s.orders.first_of(account); slot != kNoSlot; slot = s.orders.next_of(slot)) {
    const OrderNode& n = s.orders[slot];
    if (n.reduce_only) continue;
    const Wide px = Wide{n.tick} * markets[n.market].config.tick_px;
    Holding& h = out[n.market];
    (n.side == Side::Buy ? h.buys : h.sells) += n.sz;
    (n.side == Side::Buy ? h.buy_ntl : h.sell_ntl) += px * n.sz;
  }
  return out;
}

// dex.md 8.2, isolated: what the orders of one side open, beyond closing the position.
Wide opening_ntl(Wide lots, Wide ntl, Wide closes) {
  const Wide opens = lots > closes ? lots - closes : 0;
  return lots == 0 ? 0 : up(ntl * opens, lots);
}

struct Margin {
  Wide av = 0;
  Wide mm = 0;
  Wide im = 0;
  Wide ntl = 0;
  Wide reserves = 0;

  [[nodiscard]] Wide free() const { return av - im - reserves; }
  // dex.md 8.4, and no more than keeps Free.
  [[nodiscard]] Wide withdrawable() const {
    return larger(0, av - larger(im + reserves, up(ntl, 10)));
  }
};

Margin cross_margin(Wide cash, const std::vector<Market>& markets,
                    const std::vector<Holding>& held) {
  Margin out;
  out.av = cash;
  for (std::size_t m = 0; m < markets.size(); ++m) {
    const Holding& h = held[m];
    if (is_spot(markets[m].config.asset)) continue;
    if (h.isolated) {
      const Wide opened = opening_ntl(h.buys, h.buy_ntl, larger(0, -h.szi)) +
                          opening_ntl(h.sells, h.sell_ntl, larger(0, h.szi));
      out.reserves += up(opened, h.leverage);
      continue;
    }
    const Wide worst = larger(size_of(h.szi + h.buys), size_of(h.szi - h.sells));
    out.av += h.szi * markets[m].mark;
    out.ntl += size_of(h.szi) * markets[m].mark;
    out.mm += maintenance(markets[m].config, size_of(h.szi) * markets[m].mark);
    out.im += initial(markets[m].config, worst * markets[m].mark, h.leverage);
  }
  return out;
}

bool same_isolated(const State& s, AccountIndex account, MarketIndex market, const Market& at,
                   const Holding& h) {
  const PerpState* perp = s.find_perp(account, market);
  if (perp == nullptr) return h.szi == 0;
  const Bucket engine = isolated_bucket(s, *perp);
  const Wide ntl = size_of(h.szi) * at.mark;
  const Wide av = h.iso_raw + h.szi * at.mark;
  const Wide mm = maintenance(at.config, ntl);
  const Wide im = initial(at.config, ntl, h.leverage);
  const Wide out = larger(0, av - larger(im, up(ntl, 10)));
  return engine.av == av && engine.mm == mm && engine.im == im && engine.ntl == ntl &&
         engine.liquidatable() == (av < mm) && isolated_withdrawable(s, *perp) == out;
}

}  // namespace

std::string margin_difference(const State& state) {
  std::vector<Market> markets;
  for (MarketIndex m = 0; m < state.market_count(); ++m)
    markets.push_back({state.info(m).config, state.markets[m].mark});
  for (AccountIndex i = 0; i < state.accounts.size(); ++i) {
    if (!state.accounts[i].exists) continue;
    const std::vector<Holding> held = holdings_of(state, markets, i);
    const Margin plain = cross_margin(state.accounts[i].raw_usd, markets, held);
    const Bucket engine = cross_bucket(state, i);
    const std::string who = " of account " + std::to_string(i);
    if (engine.av != plain.av) return "8.2 account value" + who;
    if (engine.mm != plain.mm) return "8.1 maintenance margin" + who;
    if (engine.im != plain.im) return "8.2 initial margin" + who;
    if (engine.ntl != plain.ntl) return "8.4 notional" + who;
    if (engine.liquidatable() != (plain.av < plain.mm)) return "12.1 liquidatable" + who;
    if (free_margin(state, i) != plain.free()) return "8.3 free margin" + who;
    if (withdrawable(state, i) != plain.withdrawable()) return "8.4 withdrawable" + who;
    for (MarketIndex m = 0; m < markets.size(); ++m) {
      if (is_spot(markets[m].config.asset) || !held[m].isolated) continue;
      if (!same_isolated(state, i, m, markets[m], held[m])) return "8.5 isolated bucket" + who;
    }
  }
  return "";
}

}  // namespace ol::exchange::test
