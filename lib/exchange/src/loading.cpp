#include <algorithm>
#include <string_view>
#include <tuple>

#include <ol/exchange/archive.hpp>

#include "due.hpp"
#include "persistence.hpp"
#include "tables.hpp"

// State from records.

namespace ol::exchange {

namespace {

using Loaded = Result<void, DecodeError>;

/// Reads the records below one prefix; keeps the first failure.
class Loader {
 public:
  explicit Loader(const StateRecords& records) : records_(records) {}

  /// Calls `use(key_archive, value_archive)` per record; it must read both to the end.
  template <typename Use>
  Loaded each(std::string_view prefix, Use use) const {
    const Bytes start = to_bytes(as_bytes(prefix));
    for (auto it = records_.lower_bound(start); it != records_.end(); ++it) {
      const ByteView key = it->first;
      const bool below =
          key.size() >= start.size() && std::ranges::equal(key.first(start.size()), start);
      if (!below) break;
      Reader key_in(key.subspan(start.size()));
      Reader value_in(it->second);
      FieldReader key_fields(key_in);
      FieldReader value_fields(value_in);
      const bool fits = use(key_fields, value_fields);
      OL_TRY_VOID(key_in.finish());
      OL_TRY_VOID(value_in.finish());
      if (!fits) return fail(DecodeError::BadValue);
    }
    return {};
  }

 private:
  const StateRecords& records_;
};

Loaded load_markets(State& s, const Loader& in) {
  OL_TRY_VOID(in.each("cfg/", [&](auto& key, auto& value) {
    AssetId asset;
    MarketConfig config;
    key(asset);
    value(config);
    return config.asset == asset && s.list_market(config).has_value();
  }));
  OL_TRY_VOID(in.each("mkt/", [&](auto& key, auto& value) {
    AssetId asset;
    key(asset);
    MarketState m;
    value(m.oracle, m.mark, m.cum_funding, m.open_interest, m.last_px, m.status);
    const MarketIndex market = s.find_market(asset);
    if (market == kNobody || m.status > MarketStatus::Settling) return false;
    m.asset = asset;
    m.exists = true;
    s.markets.edit(market) = m;
    return true;
  }));
  OL_TRY_VOID(in.each("mkx/", [&](auto& key, auto& value) {
    AssetId asset;
    key(asset);
    MarketState m;
    value(m.validators_px, m.oracle_at, m.mark_at, m.ema_at, m.basis_ema, m.book_ema, m.premium_at,
          m.premium_sum, m.premium_samples, m.funding_hour, m.breaker_until, m.next_seq);
    const MarketIndex market = s.find_market(asset);
    if (market == kNobody) return false;
    const MarketState& old = s.markets[market];
    m.asset = asset;
    m.exists = true;
    m.oracle = old.oracle;
    m.mark = old.mark;
    m.cum_funding = old.cum_funding;
    m.open_interest = old.open_interest;
    m.last_px = old.last_px;
    m.status = old.status;
    s.markets.edit(market) = m;
    return true;
  }));
  return in.each("pool/", [&](auto& key, auto& value) {
    Address pool;
    AssetId asset;
    key(pool, asset);
    std::int64_t balance = 0;
    value(balance);
    const MarketIndex market = s.find_market(asset);
    if (market == kNobody || pool != kFundingPool) return false;
    s.markets.edit(market).funding_pool = balance;
    return true;
  });
}

Loaded load_accounts(State& s, const Loader& in) {
  OL_TRY_VOID(in.each("acct/", [&](auto& key, auto& value) {
    Address address;
    key(address);
    Account& a = s.accounts.edit(s.open_account(address));
    std::uint8_t flags = 0;
    value(a.kind, a.master, a.raw_usd, flags);
    a.big_blocks = (flags & 1) != 0;
    a.referrer_set = (flags & 2) != 0;
    a.has_code = (flags & 8) != 0;
    return (flags & ~0xbU) == 0 && a.kind <= AccountKind::System;
  }));
  OL_TRY_VOID(in.each("acx/", [&](auto& key, auto& value) {
    Address address;
    key(address);
    const AccountIndex index = s.find_account(address);
    if (index == kNobody) return false;
    Account& a = s.accounts.edit(index);
    value(a.bad_debt, a.volume, a.credits_used, a.over_budget_at, a.partial_at, a.sub_accounts,
          a.vaults, a.staked_open, a.referrer, a.perp_rates, a.spot_rates);
    a.raw_usd += a.bad_debt;
    if (a.bad_debt > 0) s.debtors.set(address, true);
    const AccountIndex master = s.find_account(a.master);
    if (a.kind == AccountKind::SubAccount) a.family = master;
    return master != kNobody && a.bad_debt >= 0;
  }));
  return in.each("fee/", [&](auto& key, auto& value) {
    Address address;
    key(address);
    const AccountIndex index = s.find_account(address);
    if (index == kNobody) return false;
    value(s.stats.edit(index));
    if (!s.stats[index].idle()) s.traded_lately.add(index);
    return true;
  });
}

Loaded load_holdings(State& s, const Loader& in) {
  OL_TRY_VOID(in.each("pos/", [&](auto& key, auto& value) {
    Address address;
    AssetId asset;
    key(address, asset);
    const AccountIndex account = s.find_account(address);
    const MarketIndex market = s.find_market(asset);
    if (account == kNobody || market == kNobody || s.info(market).spot()) return false;
    PerpState& p = s.edit_perp(account, market);
    std::int64_t entry = 0;
    value(p.szi, entry, p.isolated, p.iso_raw, p.fund_idx, p.leverage);
    p.entry_ntl = entry;
    if (p.szi != 0) s.in_positions.add(account);
    return p.leverage <= s.info(market).max_leverage;
  }));
  OL_TRY_VOID(in.each("spot/", [&](auto& key, auto& value) {
    Address address;
    TokenId token;
    key(address, token);
    const AccountIndex account = s.find_account(address);
    if (account == kNobody) return false;
    SpotBalance& b = s.edit_balance(account, token);
    std::uint64_t hold = 0;  // given back by the orders
    value(b.total, hold);
    return hold <= b.total;
  }));
  return in.each("spx/", [&](auto& key, auto& value) {
    Address address;
    TokenId token;
    key(address, token);
    const AccountIndex account = s.find_account(address);
    if (account == kNobody) return false;
    value(s.edit_balance(account, token).entry_ntl);
    return true;
  });
}

struct LoadedOrder {
  OrderNode node;
  OrderCold cold;
};

// What a resting order escrows or exposes, as when it was placed (dex.md 8.2).
bool reserve_loaded(State& s, const LoadedOrder& order) {
  const OrderNode& n = order.node;
  const MarketConfig& config = s.info(n.market).config;
  const std::uint64_t px = n.tick * config.tick_px;
  if (s.info(n.market).spot()) {
    const bool buys = n.side == Side::Buy;
    SpotBalance& b = s.edit_balance(n.account, buys ? config.quote : config.base);
    const Int128 amount = buys ? notional(px, n.sz) : Int128{n.sz} * config.base_wei_per_lot;
    if (Int128{b.hold} + amount > b.total) return false;
    b.hold = must_u64(b.hold + amount);
    return true;
  }
  PerpState& p = s.edit_perp(n.account, n.market);
  if (n.reduce_only) {
    p.reduce_lots += sign(n.side) * static_cast<std::int64_t>(n.sz);
    return true;
  }
  (n.side == Side::Buy ? p.buy_lots : p.sell_lots) += n.sz;
  (n.side == Side::Buy ? p.buy_ntl : p.sell_ntl) += notional(px, n.sz);
  return true;
}

Loaded load_orders(State& s, const Loader& in) {
  std::map<OrderId, LoadedOrder> orders;
  OL_TRY_VOID(in.each("ord/", [&](auto& key, auto& value) {
    OrderId oid;
    key(oid);
    LoadedOrder& o = orders[oid];
    Address address;
    AssetId asset;
    std::uint64_t px = 0;
    std::uint8_t flags = 0;
    Side side = Side::Buy;
    value(address, asset, side, px, o.node.sz, o.cold.orig_sz, o.cold.tif, flags, o.cold.cloid,
          o.cold.seq, o.cold.good_til, o.node.group, o.cold.builder, o.cold.builder_fee,
          o.cold.placed_at, o.cold.filled_height, o.cold.filled_in_block);
    o.node.account = s.find_account(address);
    const MarketIndex market = s.find_market(asset);
    if (o.node.account == kNobody || market == kNobody) return false;
    if (side > Side::Sell || px >= kPxEnd) return false;
    const std::uint64_t tick_px = s.info(market).config.tick_px;
    static_cast<OrderPlace&>(o.node) = OrderPlace(market, side, px / tick_px);
    o.node.oid = oid.value();
    o.node.reduce_only = flags == 1;
    if (!o.cold.cloid.is_zero()) s.cloids.set({address, o.cold.cloid}, oid);
    const OrderGroup* group = s.groups.find(o.node.group);
    if (o.node.group != 0 && (group == nullptr || group->parent != oid.value())) return false;
    return flags <= 1 && px != 0 && px % tick_px == 0 && o.node.sz != 0 &&
           oid.value() < s.global().next_oid;
  }));
  // In order of arrival, so that queues come out as they were.
  std::vector<const LoadedOrder*> sorted;
  sorted.reserve(orders.size());
  for (const auto& [oid, order] : orders)
    sorted.push_back(&order);
  std::ranges::sort(sorted, [](const LoadedOrder* a, const LoadedOrder* b) {
    return std::pair(a->node.market, a->cold.seq) < std::pair(b->node.market, b->cold.seq);
  });
  for (const LoadedOrder* order : sorted) {
    if (!reserve_loaded(s, *order)) return fail(DecodeError::BadValue);
    s.orders.add(order->node, order->cold);
    const OrderNode& node = order->node;
    if (node.reduce_only) {
      s.reduce_only_orders.set({node.account, node.market, OrderId(node.oid)}, true);
    }
  }
  return {};
}

template <typename K, typename V>
Loaded load_table(const Loader& in, std::string_view prefix, Table<K, V>& table) {
  return in.each(prefix, [&](auto& key, auto& value) {
    K k{};
    V v{};
    key(k);
    value(v);
    table.set(k, std::move(v));
    return true;
  });
}

bool derive_triggers(State& s) {
  for (const auto& [oid, trigger] : s.triggers.items()) {
    const AccountIndex account = s.find_account(trigger.account);
    if (account == kNobody || s.find_market(trigger.order.asset) == kNobody) return false;
    s.trigger_owners.set({trigger.account, oid}, true);
    ++s.accounts.edit(account).triggers;
    if (!trigger.order.cloid.is_zero()) s.cloids.set({trigger.account, trigger.order.cloid}, oid);
    if (trigger.active_sz == 0) continue;
    if (const TimeMs* at = s.due_triggers.find(oid)) {
      s.due_line.set(due_key(oid, trigger.order, *at), true);
      ++s.accounts.edit(account).in_line;
    } else {
      s.trigger_index.set(trigger_key(oid, trigger.order), true);
    }
  }
  for (const auto& [oid, at] : s.due_triggers.items()) {
    const TriggerOrder* trigger = s.triggers.find(oid);
    if (trigger == nullptr || trigger->active_sz == 0) return false;
  }
  for (const auto& [id, twap] : s.twaps.items()) {
    const AccountIndex account = s.find_account(twap.account);
    if (account == kNobody) return false;
    ++s.accounts.edit(account).triggers;
  }
  return true;
}

// Steps take what is due for accounts that are there.
bool names_accounts(const State& s) {
  const auto there = [&](const Address& account) { return s.find_account(account) != kNobody; };
  return std::ranges::all_of(s.scheduled_cancels.items(),
                             [&](const auto& item) { return there(item.first); }) &&
         std::ranges::all_of(s.agents.items(),
                             [&](const auto& item) { return there(item.second.account); }) &&
         std::ranges::all_of(s.seals.items(),
                             [&](const auto& item) { return there(item.first.first); });
}

}  // namespace

Result<void, DecodeError> load_records(State& s, const StateRecords& records) {
  const Loader in(records);
  OL_TRY_VOID(in.each("glob/", [&](auto&, auto& value) {
    value(s.globals.edit(0));
    return true;
  }));
  OL_TRY_VOID(load_markets(s, in));
  OL_TRY_VOID(load_accounts(s, in));
  OL_TRY_VOID(load_holdings(s, in));
  Loaded tables;
  for_each_table(s, [&](std::string_view prefix, auto& table) {
    if (tables && prefix != "cfg/") tables = load_table(in, prefix, table);
  });
  OL_TRY_VOID(tables);
  OL_TRY_VOID(load_orders(s, in));
  if (!names_accounts(s) || !derive_triggers(s)) return fail(DecodeError::BadValue);
  derive_due(s);
  return {};
}

}  // namespace ol::exchange
