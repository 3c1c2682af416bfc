#include "invariants.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

namespace ol::exchange::test {
namespace {

bool flat(const State& s, AccountIndex account) {
  for (const State::Place& place : s.perps_of(account)) {
    if (s.perps[place.index].szi != 0) return false;
  }
  return true;
}

// dex.md 20.3.
std::string open_interest(const State& s) {
  std::map<MarketIndex, std::pair<Int128, Int128>> sums;
  for (std::uint32_t i = 0; i < s.perps.size(); ++i) {
    if (s.perps[i].account == kNobody) continue;
    auto& [all, longs] = sums[s.perps[i].market];
    all += s.perps[i].szi;
    if (s.perps[i].szi > 0) longs += s.perps[i].szi;
  }
  for (const auto& [market, sum] : sums) {
    if (sum.first != 0) return "20.3 sizes do not cancel";
    if (sum.second != s.markets[market].open_interest) return "20.3 open interest";
  }
  return "";
}

struct Resting {
  Int128 buys = 0;
  Int128 sells = 0;
  Int128 buy_ntl = 0;
  Int128 sell_ntl = 0;
  Int128 reduces = 0;  // of reduce-only orders, below zero where they sell
};

// dex.md 20.4, and the exposure of 8.2, recomputed from the orders.
std::string reservations(const State& s) {
  std::map<std::pair<AccountIndex, MarketIndex>, Resting> perps;
  std::map<std::pair<AccountIndex, TokenId>, Int128> holds;
  std::set<ReduceOnlyKey> reduce_only;
  s.orders.for_each([&](Slot slot) {
    const OrderNode& n = s.orders[slot];
    const MarketConfig& config = s.info(n.market).config;
    const Int128 ntl = notional(n.tick * config.tick_px, n.sz);
    if (n.reduce_only) reduce_only.insert({n.account, n.market, OrderId(n.oid)});
    if (is_spot(config.asset)) {
      const bool buys = n.side == Side::Buy;
      holds[{n.account, buys ? config.quote : config.base}] +=
          buys ? ntl : Int128{n.sz} * config.base_wei_per_lot;
    } else if (n.reduce_only) {
      perps[{n.account, n.market}].reduces += sign(n.side) * Int128{n.sz};
    } else {
      Resting& r = perps[{n.account, n.market}];
      (n.side == Side::Buy ? r.buys : r.sells) += n.sz;
      (n.side == Side::Buy ? r.buy_ntl : r.sell_ntl) += ntl;
    }
  });
  const auto indexed = std::views::keys(s.reduce_only_orders.items());
  if (!std::ranges::equal(reduce_only, indexed)) return "index of reduce-only orders";
  for (std::uint32_t i = 0; i < s.balances.size(); ++i) {
    const SpotBalance& b = s.balances[i];
    if (b.account == kNobody) continue;
    if (b.hold > b.total) return "20.4 hold above total";
    if (holds[{b.account, b.token}] != b.hold) return "20.4 hold";
  }
  for (std::uint32_t i = 0; i < s.perps.size(); ++i) {
    const PerpState& p = s.perps[i];
    if (p.account == kNobody) continue;
    const Resting& r = perps[{p.account, p.market}];
    const bool same = r.buys == p.buy_lots && r.sells == p.sell_lots && r.buy_ntl == p.buy_ntl &&
                      r.sell_ntl == p.sell_ntl;
    if (!same) return "8.2 exposure of resting orders";
    if (r.reduces != p.reduce_lots) return "lots of reduce-only orders";
    // ADR 42: all of them can trade.
    const bool fit = p.szi >= 0 ? r.reduces <= 0 && -r.reduces <= p.szi
                                : r.reduces >= 0 && r.reduces <= -Int128{p.szi};
    if (!fit) return "4.6 more reduce-only lots than position";
    if (p.szi == 0 && (p.iso_raw != 0 || p.entry_ntl != 0)) return "flat position with remains";
  }
  return "";
}

// The index of positions by market names all there are, and no other.
std::string holders(const State& s) {
  std::map<MarketIndex, std::set<AccountIndex>> held;
  for (std::uint32_t i = 0; i < s.perps.size(); ++i) {
    if (s.perps[i].szi != 0) held[s.perps[i].market].insert(s.perps[i].account);
  }
  for (MarketIndex market = 0; market < s.market_count(); ++market) {
    const std::vector<AccountIndex> listed = s.holders(market);
    const std::set<AccountIndex> once(listed.begin(), listed.end());
    if (once.size() != listed.size() || once != held[market]) return "holders of a market";
  }
  return "";
}

// dex.md 4.1: a group has members, and each member its group.
std::string groups(const State& s) {
  std::size_t children = 0;
  for (const auto& [id, group] : s.groups.items()) {
    const Slot parent = group.parent == 0 ? kNoSlot : s.orders.find(OrderId(group.parent));
    if (group.children.empty() && parent == kNoSlot) return "4.1 a group of nobody";
    if (parent != kNoSlot && s.orders[parent].group != id) return "4.1 a parent of another group";
    for (const std::uint64_t child : group.children) {
      const TriggerOrder* trigger = s.triggers.find(OrderId(child));
      if (trigger == nullptr || trigger->group != id) return "4.1 a child of another group";
    }
    children += group.children.size();
  }
  std::size_t grouped = 0;
  for (const auto& [oid, trigger] : s.triggers.items())
    grouped += trigger.group == 0 ? 0U : 1U;
  return grouped == children ? "" : "4.1 a child without its group";
}

// dex.md 20.5 and 20.6.
std::string balances(const State& s) {
  for (AccountIndex i = 0; i < s.accounts.size(); ++i) {
    const Account& a = s.accounts[i];
    if (a.bad_debt < 0) return "20.5 negative debt";
    if (flat(s, i) && a.raw_usd < 0) return "20.5 flat account below zero";
  }
  if (s.accounts[kInsuranceIndex].raw_usd < 0) return "20.6 insurance";
  Int128 owed = 0;
  for (const auto& [key, usd] : s.rewards.items())
    owed += key.second == kPerpRewards ? usd : 0;
  if (s.accounts[kFeePoolIndex].raw_usd < owed) return "20.6 fee pool";
  return "";
}

// dex.md 13.2, ADR 41.
std::string shares(const State& s) {
  std::map<Address, Int128> sums;
  for (const auto& [key, share] : s.vault_shares.items()) {
    if (share.shares < 1'000'000) return "13.2 an owner of too few shares";
    sums[key.first] += share.shares;
  }
  for (const auto& [vault, info] : s.vaults.items()) {
    if (sums[vault] != info.total_shares) return "13.2 shares do not add up";
  }
  return "";
}

std::string check_side(const State& s, MarketIndex market, Side side, std::size_t& orders) {
  const Book& book = s.orders.book(market);
  auto tick = book.best_tick(side);
  while (tick) {
    const Level& level = *book.level(side, *tick);
    std::uint64_t total = 0;
    std::uint64_t seq = 0;
    std::uint32_t count = 0;
    for (Slot slot = book.first(level); slot != kNoSlot; slot = book.after(slot)) {
      const OrderNode& n = s.orders[slot];
      if (n.sz == 0) return "20.7 empty order";
      if (n.expires != (s.orders.cold(slot).good_til != 0)) return "4.2 expiry";
      const OrderCold& cold = s.orders.cold(slot);
      if (cold.seq <= seq) return "20.7 queue out of order";
      if (n.tick != *tick || n.side != side || n.market != market) return "20.7 order misplaced";
      if (s.orders.find(OrderId(n.oid)) != slot) return "20.7 index";
      seq = cold.seq;
      total += n.sz;
      ++count;
    }
    if (count == 0 || count != level.count || total != level.total_sz) return "20.7 level totals";
    orders += count;
    const auto next = book.next_tick(side, *tick);
    if (next && (side == Side::Buy ? *next >= *tick : *next <= *tick)) return "20.7 level order";
    tick = next;
  }
  return "";
}

// dex.md 20.7.
std::string books(const State& s) {
  std::size_t seen = 0;
  for (MarketIndex market = 0; market < s.market_count(); ++market) {
    const Book& book = s.orders.book(market);
    const auto bid = book.best_tick(Side::Buy);
    const auto ask = book.best_tick(Side::Sell);
    if (bid && ask && *bid >= *ask) return "20.7 crossed book";
    for (const Side side : {Side::Buy, Side::Sell}) {
      if (auto bad = check_side(s, market, side, seen); !bad.empty()) return bad;
    }
  }
  std::size_t indexed = 0;
  s.orders.for_each([&](Slot) { ++indexed; });
  return indexed == seen ? "" : "20.7 index and books differ";
}

}  // namespace

std::string broken_conservation(const State& s) {
  std::map<TokenId, Int128> tokens;
  for (std::uint32_t i = 0; i < s.balances.size(); ++i) {
    if (s.balances[i].account != kNobody) tokens[s.balances[i].token] += s.balances[i].total;
  }
  Int128 cash = 0;
  for (AccountIndex i = 0; i < s.accounts.size(); ++i)
    cash += Int128{s.accounts[i].raw_usd} - s.accounts[i].bad_debt;
  for (std::uint32_t i = 0; i < s.perps.size(); ++i)
    cash += s.perps[i].iso_raw;
  for (MarketIndex i = 0; i < s.market_count(); ++i)
    cash += s.markets[i].funding_pool;
  for (const auto& [id, token] : s.tokens.items()) {
    const Int128 issued = token.issued;
    if (id == kUsdToken) {
      const Int128 all = tokens[id] + cash * kWeiPerUsd;
      if (all != issued + Int128{s.global().issued_usd} * kWeiPerUsd) return "20.2 dollars";
    } else if (tokens[id] != issued) {
      return "20.1 token " + std::to_string(id.value());
    }
  }
  return "";
}

std::string broken_invariant(const State& state) {
  for (const auto check : {broken_conservation, open_interest, reservations, holders, groups,
                           balances, shares, books}) {
    if (std::string bad = check(state); !bad.empty()) return bad;
  }
  return "";
}

}  // namespace ol::exchange::test
