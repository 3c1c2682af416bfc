#include "persistence.hpp"

#include <algorithm>
#include <string_view>

#include <ol/crypto/hash.hpp>
#include <ol/exchange/archive.hpp>
#include <ol/exchange/proof.hpp>

#include "tables.hpp"

namespace ol::exchange {
namespace {

std::uint8_t flags_of(const Account& a) {
  return static_cast<std::uint8_t>((a.big_blocks ? 1 : 0) | (a.referrer_set ? 2 : 0) |
                                   (a.has_code ? 8 : 0));
}

// dex.md 18.1, acct/; rawUsd is the cash less what the account still owes (12.6).
void put_account(const State& s, AccountIndex i, StateDiff& out) {
  const Account& a = s.accounts[i];
  const Address at = a.address;
  if (!a.exists) return;
  out.key("acct/", at).value(a.kind, a.master, a.raw_usd - a.bad_debt, flags_of(a));
}

void put_account_more(const State& s, AccountIndex i, StateDiff& out) {
  const Account& a = s.accounts[i];
  if (!a.exists) return;
  out.key("acx/", a.address)
      .value(a.bad_debt, a.volume, a.credits_used, a.over_budget_at, a.partial_at, a.sub_accounts,
             a.vaults, a.staked_open, a.referrer, a.perp_rates, a.spot_rates);
}

bool is_empty(const FeeStats& stats) {
  const auto none = [](const DayVolume& day) { return day.maker == 0 && day.taker == 0; };
  return stats.total == 0 && none(stats.today) && std::ranges::all_of(stats.days, none);
}

void put_stats(const State& s, AccountIndex i, StateDiff& out) {
  if (!s.accounts[i].exists) return;
  out.key("fee/", s.accounts[i].address);
  // An account that never traded has no record.
  if (!is_empty(s.stats[i])) out.value(s.stats[i]);
}

bool is_default(const State& s, const PerpState& p) {
  return p.szi == 0 && p.leverage == 0 && p.iso_raw == 0 &&
         p.isolated == s.info(p.market).config.isolated_only;
}

// dex.md 18.1, pos/.
void put_perp(const State& s, std::uint32_t i, StateDiff& out) {
  const PerpState& p = s.perps[i];
  if (p.account == kNobody) return;
  out.key("pos/", s.accounts[p.account].address, s.info(p.market).config.asset);
  if (is_default(s, p)) return;
  out.value(p.szi, must_i64(p.entry_ntl), p.isolated, p.iso_raw, p.fund_idx, p.leverage);
}

// dex.md 18.1, spot/.
void put_balance(const State& s, std::uint32_t i, StateDiff& out) {
  const SpotBalance& b = s.balances[i];
  if (b.account == kNobody) return;
  const Address at = s.accounts[b.account].address;
  const bool empty = b.total == 0 && b.entry_ntl == 0;
  out.key("spot/", at, b.token);
  if (!empty) out.value(b.total, b.hold);
  out.key("spx/", at, b.token);
  if (!empty) out.value(b.entry_ntl);
}

// dex.md 18.1, mkt/ and pool/: the funding pool has one balance per asset.
void put_market(const State& s, MarketIndex i, StateDiff& out) {
  const MarketState& m = s.markets[i];
  if (!m.exists) return;
  out.key("mkt/", m.asset)
      .value(m.oracle, m.mark, m.cum_funding, m.open_interest, m.last_px, m.status);
  out.key("pool/", kFundingPool, m.asset).value(m.funding_pool);
  out.key("mkx/", m.asset)
      .value(m.validators_px, m.oracle_at, m.mark_at, m.ema_at, m.basis_ema, m.book_ema,
             m.premium_at, m.premium_sum, m.premium_samples, m.funding_hour, m.breaker_until,
             m.next_seq);
}

// dex.md 18.1, ord/, and behind it what only we keep of an order.
void put_order(const State& s, OrderId oid, StateDiff& out) {
  out.key("ord/", oid);
  const Slot slot = s.orders.find(oid);
  if (slot == kNoSlot) return;
  const OrderNode& n = s.orders[slot];
  const OrderCold& c = s.orders.cold(slot);
  const MarketConfig& config = s.info(n.market).config;
  const std::uint8_t flags = n.reduce_only ? 1 : 0;
  out.value(s.accounts[n.account].address, config.asset, n.side, n.tick * config.tick_px, n.sz,
            c.orig_sz, c.tif, flags, c.cloid, c.seq, c.good_til, n.group, c.builder, c.builder_fee,
            c.placed_at, c.filled_height, c.filled_in_block);
}

void put_dirty_orders(const State& s, StateDiff& out) {
  std::vector<OrderId> ids;
  s.orders.dirty_orders().for_each([&](std::uint64_t oid) { ids.emplace_back(oid); });
  constexpr std::size_t kAhead = 6;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + kAhead < ids.size()) s.orders.prefetch(s.orders.find(ids[i + kAhead]));
    put_order(s, ids[i], out);
  }
}

// dex.md 18.1, lvl/.
void put_level(const State& s, const OrderStore::TouchedLevel& at, StateDiff& out) {
  const MarketConfig& config = s.info(at.market()).config;
  const Book& book = s.orders.book(at.market());
  const Level* level = book.level(at.side(), at.tick());
  out.key("lvl/", config.asset, at.side(), at.tick() * config.tick_px);
  if (level != nullptr)
    out.value(level->total_sz, level->count, s.orders.cold(book.first(*level)).seq);
}

// dex.md 18.1, nonce/.
void put_nonces(const State& s, const Address& signer, StateDiff& out) {
  const auto* kept = s.nonces.find(signer);
  out.key("nonce/", signer);
  if (kept != nullptr) out.value(crypto::keccak256(encode_fields(*kept)));
}

template <typename K, typename V>
void put_entry(std::string_view prefix, const Table<K, V>& table, const K& key, StateDiff& out) {
  const V* value = table.find(key);
  out.key(prefix, key);
  if (value != nullptr) out.value(*value);
}

// Dirty lists name a key once per change.
template <typename T>
std::vector<T> once(std::vector<T> keys) {
  std::ranges::sort(keys);
  const auto rest = std::ranges::unique(keys);
  keys.erase(rest.begin(), rest.end());
  return keys;
}

}  // namespace

void begin_block(State& s) {
  s.accounts.begin_block();
  s.stats.begin_block();
  s.perps.begin_block();
  s.balances.begin_block();
  s.markets.begin_block();
  s.globals.begin_block();
  s.orders.begin_block();
  for_each_table(s, [](std::string_view, auto& table) { table.begin_block(); });
  for_each_derived(s, [](auto& table) { table.begin_block(); });
}

StateDiff take_diff(const State& s, std::size_t changes, std::size_t bytes) {
  StateDiff out;
  out.reserve(changes, bytes);
  // Kind by kind, since the state tree is quickest where neighbours follow each other.
  for (const std::uint32_t i : s.accounts.dirty())
    put_account(s, i, out);
  for (const std::uint32_t i : s.accounts.dirty())
    put_account_more(s, i, out);
  for (const std::uint32_t i : s.stats.dirty())
    put_stats(s, i, out);
  for (const std::uint32_t i : s.perps.dirty())
    put_perp(s, i, out);
  for (const std::uint32_t i : s.balances.dirty())
    put_balance(s, i, out);
  for (const std::uint32_t i : s.markets.dirty())
    put_market(s, i, out);
  out.key("glob/").value(s.global());
  put_dirty_orders(s, out);
  for (const OrderStore::TouchedLevel& level : once(s.orders.dirty_levels()))
    put_level(s, level, out);
  for (const Address& signer : once(s.nonces.dirty()))
    put_nonces(s, signer, out);
  for_each_table(s, [&](std::string_view prefix, const auto& table) {
    for (const auto& key : once(table.dirty()))
      put_entry(prefix, table, key, out);
  });
  return out;
}

StateRecords dump_records(const State& s) {
  StateDiff out;
  for (std::uint32_t i = 0; i < s.accounts.size(); ++i) {
    put_account(s, i, out);
    put_account_more(s, i, out);
    put_stats(s, i, out);
  }
  for (std::uint32_t i = 0; i < s.perps.size(); ++i)
    put_perp(s, i, out);
  for (std::uint32_t i = 0; i < s.balances.size(); ++i)
    put_balance(s, i, out);
  for (MarketIndex i = 0; i < s.market_count(); ++i)
    put_market(s, i, out);
  out.key("glob/").value(s.global());
  s.orders.for_each([&](Slot slot) {
    const OrderNode& node = s.orders[slot];
    put_order(s, OrderId(node.oid), out);
    put_level(s, {node.market, node.side, node.tick}, out);
  });
  for_each_table(s, [&](std::string_view prefix, const auto& table) {
    for (const auto& [key, value] : table.items())
      out.key(prefix, key).value(value);
  });
  for (const auto& [signer, kept] : s.nonces.items())
    put_nonces(s, signer, out);
  StateRecords records;
  apply_diff(records, out);
  return records;
}

namespace {

// Writes the records of which the key names the thing, the one asked for among them.
void put_named(const State& s, std::string_view prefix, FieldReader& key, StateDiff& out) {
  Address address;
  AssetId asset;
  TokenId token;
  OrderId oid;
  if (prefix == "acct/" || prefix == "acx/" || prefix == "fee/") {
    key(address);
    const AccountIndex account = s.find_account(address);
    if (account == kNobody) return;
    put_account(s, account, out);
    put_account_more(s, account, out);
    put_stats(s, account, out);
  } else if (prefix == "pos/") {
    key(address, asset);
    const AccountIndex account = s.find_account(address);
    if (account == kNobody) return;
    for (const State::Place& place : s.perps_of(account)) {
      if (place.key == asset.value()) put_perp(s, place.index, out);
    }
  } else if (prefix == "spot/" || prefix == "spx/") {
    key(address, token);
    const AccountIndex account = s.find_account(address);
    if (account == kNobody) return;
    for (const State::Place& place : s.balances_of(account)) {
      if (place.key == token.value()) put_balance(s, place.index, out);
    }
  } else if (prefix == "mkt/" || prefix == "mkx/" || prefix == "pool/") {
    if (prefix == "pool/") key(address);
    key(asset);
    const MarketIndex market = s.find_market(asset);
    if (market != kNobody) put_market(s, market, out);
  } else if (prefix == "ord/") {
    key(oid);
    put_order(s, oid, out);
  } else if (prefix == "nonce/") {
    key(address);
    put_nonces(s, address, out);
  } else if (prefix == "glob/") {
    out.key("glob/").value(s.global());
  }
}

void put_named_level(const State& s, FieldReader& key, StateDiff& out) {
  AssetId asset;
  Side side = Side::Buy;
  std::uint64_t px = 0;
  key(asset, side, px);
  const MarketIndex market = s.find_market(asset);
  if (market == kNobody || side > Side::Sell) return;
  const std::uint64_t tick_px = s.info(market).config.tick_px;
  if (px % tick_px != 0 || px / tick_px >= LevelTree::kTickEnd) return;
  put_level(s, {market, side, px / tick_px}, out);
}

}  // namespace

std::optional<Bytes> find_record(const State& s, ByteView key) {
  const auto slash = std::ranges::find(key, std::uint8_t{'/'});
  if (slash == key.end()) return std::nullopt;
  const auto prefix_bytes = static_cast<std::size_t>(slash - key.begin()) + 1;
  const std::string_view prefix = as_text(key.first(prefix_bytes));
  Reader in(key.subspan(prefix_bytes));
  FieldReader fields_in(in);
  StateDiff out;
  if (prefix == "lvl/") {
    put_named_level(s, fields_in, out);
  } else {
    put_named(s, prefix, fields_in, out);
  }
  for_each_table(s, [&]<typename K, typename V>(std::string_view name, const Table<K, V>& table) {
    if (name != prefix) return;
    K wanted{};
    fields_in(wanted);
    if (in.ok()) put_entry(name, table, wanted, out);
  });
  if (!in.ok()) return std::nullopt;
  const std::size_t padding = in.remaining();
  const ByteView exact = key.first(key.size() - padding);
  const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
  if (!std::ranges::all_of(key.last(padding), is_zero)) return std::nullopt;
  for (const auto& [at, value] : out) {
    if (value && std::ranges::equal(at, exact)) return to_bytes(*value);
  }
  return std::nullopt;
}

}  // namespace ol::exchange
