// What happened as bytes: docs/protocol/exchange-history.md.
#include <algorithm>

#include <ol/api/archive.hpp>
#include <ol/base/codec.hpp>
#include <ol/exchange/action_codec.hpp>
#include <ol/exchange/archive.hpp>
#include <ol/exchange/records.hpp>

#include "history.hpp"

namespace ol::api {

using exchange::FieldReader;
using exchange::FieldWriter;

// Each lists its fields once, for writing and reading alike. `older` are those of format 2, as far
// as there are more now.

template <typename A>
void older(A& a, OrderRecord& v) {
  a(v.oid, v.account, v.order, v.left, v.placed_at, v.status, v.reason, v.status_at);
}
template <typename A>
void fields(A& a, OrderRecord& v) {
  older(a, v);
  a(v.height);
}
template <typename A>
void fields(A& a, FillRecord& v) {
  a(v.tid, v.asset, v.account, v.side, v.px, v.sz, v.time, v.height, v.oid, v.start_szi, v.realised,
    v.fee, v.builder_fee, v.twap, v.taker, v.kind, v.liquidated, v.mark_px, v.hash);
}
template <typename A>
void fields(A& a, TradeRecord& v) {
  a(v.fill.tid, v.fill.asset, v.fill.px, v.fill.sz, v.fill.taker, v.fill.maker, v.fill.taker_oid,
    v.fill.maker_oid, v.fill.taker_side, v.fill.taker_fee, v.fill.maker_fee, v.fill.kind, v.time,
    v.hash);
}
template <typename A>
void older(A& a, FundingRecord& v) {
  a(v.event.account, v.event.asset, v.event.paid, v.time, v.szi);
}
template <typename A>
void fields(A& a, FundingRecord& v) {
  older(a, v);
  a(v.height);
}
template <typename A>
void older(A& a, LedgerRecord& v) {
  exchange::SignedAction action;
  action.action.body = v.action;
  std::string body(as_text(exchange::encode_signed_action(action)));
  a(v.account, v.time, v.hash, v.token, v.amount, body);
  auto read = exchange::decode_signed_action(as_bytes(body));
  if (read) v.action = std::move(read->action.body);
}
template <typename A>
void fields(A& a, LedgerRecord& v) {
  older(a, v);
  a(v.height);
}
template <typename A>
void older(A& a, FundingRate& v) {
  a(v.time, v.rate_ppb);
}
template <typename A>
void fields(A& a, FundingRate& v) {
  older(a, v);
  bool known = v.premium_ppb.has_value();
  std::int64_t premium = v.premium_ppb.value_or(0);
  a(known, premium);
  v.premium_ppb = known ? std::optional(premium) : std::nullopt;
}
template <typename A>
void fields(A& a, Notice& v) {
  a(v.account, v.kind, v.asset, v.oid, v.reason, v.method, v.usd, v.time, v.height);
}
template <typename A>
void fields(A& a, Candle& v) {
  a(v.start, v.open, v.high, v.low, v.close, v.sz, v.ntl, v.trades);
}

namespace {

/// The first format that knows heights, premiums and notices.
constexpr std::uint32_t kWithHeights = 3;
/// The first that has snapshots behind all that, each as the format has the rest.
constexpr std::uint32_t kWithSnapshots = 4;
constexpr std::uint32_t kSnapshotBytesMax = std::uint32_t{1} << 30;

/// A record as format 2 has it.
template <typename Record>
struct Older {
  Record record;
};
template <typename A, typename Record>
void fields(A& a, Older<Record>& v) {
  older(a, v.record);
}

/// Of any one list.
constexpr std::uint32_t kListMax = 4'000'000;

class Lists {
 public:
  explicit Lists(Writer& out) : out_(out), archive_(out) {}

  template <typename Range>
  void values(const Range& range) {
    out_.u32(static_cast<std::uint32_t>(range.size()));
    for (const auto& value : range)
      archive_(value);
  }
  template <typename Record>
  void pointers(const std::vector<const Record*>& list) {
    out_.u32(static_cast<std::uint32_t>(list.size()));
    for (const Record* record : list)
      archive_(*record);
  }
  template <typename... T>
  void one(const T&... values) {
    archive_(values...);
  }

 private:
  Writer& out_;
  FieldWriter archive_;
};

class ListReader {
 public:
  ListReader(Reader& in, std::uint32_t format) : in_(in), archive_(in), format_(format) {}

  /// Of a record that format 2 has otherwise.
  template <typename Record, typename Take>
  void each_of_either(Take take) {
    if (format_ >= kWithHeights) return each<Record>(take);
    each<Older<Record>>([&](Older<Record> old) { take(std::move(old.record)); });
  }

  template <typename Record, typename Take>
  void each(Take take) {
    const std::uint32_t count = in_.count(kListMax);
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
      Record record{};
      archive_(record);
      if (in_.ok()) take(std::move(record));
    }
  }
  template <typename Take>
  void times(Take take) {
    const std::uint32_t count = in_.count(kListMax);
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i)
      take();
  }
  template <typename... T>
  void one(T&... values) {
    archive_(values...);
  }

 private:
  Reader& in_;
  FieldReader archive_;
  std::uint32_t format_;
};

}  // namespace

Bytes History::encode() const {
  Writer out;
  out.raw(encode_past()).u32(static_cast<std::uint32_t>(snapshots_.size()));
  for (const auto& [height, kept] : snapshots_)
    out.u64(height).blob(kept->encode_past());
  return out.take();
}

Bytes History::encode_past() const {
  Writer out;
  Lists lists(out);
  lists.pointers(fills_.all());
  lists.pointers(funding_.all());
  lists.pointers(ledger_.all());
  // Closed ones in the order in which they will be forgotten, then open ones: of two orders with
  // one client order id the later is found by it.
  std::vector<const OrderRecord*> orders;
  for (const exchange::OrderId oid : closed_) {
    if (const OrderRecord* record = order(oid)) orders.push_back(record);
  }
  const auto open = static_cast<std::ptrdiff_t>(orders.size());
  for (const auto& [oid, record] : orders_) {
    if (record.live()) orders.push_back(&record);
  }
  std::ranges::sort(orders.begin() + open, orders.end(), {}, &OrderRecord::oid);
  lists.pointers(orders);
  out.u32(static_cast<std::uint32_t>(positions_.size()));
  for (const auto& [key, entry] : positions_)
    lists.one(key.first, key.second, entry.szi, entry.entry_ntl);
  lists.values(agents_);
  out.u32(static_cast<std::uint32_t>(markets_.size()));
  for (const auto& [asset, market] : markets_) {
    lists.one(asset, market.cum_funding, market.oracle, market.mark);
    lists.values(market.trades);
    lists.values(market.rates);
  }
  out.u32(static_cast<std::uint32_t>(candles_.all().size()));
  for (const auto& [asset, series] : candles_.all()) {
    lists.one(asset);
    for (const auto& candles : series)
      lists.values(candles);
  }
  lists.pointers(notices_.all());
  out.u64(whole_after_);
  return out.take();
}

std::optional<History> History::decode(ByteView bytes, std::uint32_t format) {
  Reader in(bytes);
  auto out = decode_past(in, format);
  if (!out) return std::nullopt;
  if (format >= kWithSnapshots) {
    const std::uint32_t count = in.count(exchange::kSnapshotsMax);
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
      const std::uint64_t height = in.u64();
      Reader past(in.blob(kSnapshotBytesMax));
      auto kept = decode_past(past, format);
      if (!kept || !past.finish()) return std::nullopt;
      // What an older file may lack, nobody knows.
      if (format < Archive::kWithBlock) kept->whole_after_ = height - 1;
      out->snapshots_[height] = std::make_shared<const History>(*std::move(kept));
    }
  }
  if (!in.finish()) return std::nullopt;
  return out;
}

std::optional<History> History::decode_past(Reader& in, std::uint32_t format) {
  ListReader lists(in, format);
  History out;
  lists.each<FillRecord>([&](FillRecord r) { out.fills_.add(r.account, std::move(r)); });
  lists.each_of_either<FundingRecord>(
      [&](FundingRecord r) { out.funding_.add(r.event.account, r); });
  lists.each_of_either<LedgerRecord>(
      [&](LedgerRecord r) { out.ledger_.add(r.account, std::move(r)); });
  lists.each_of_either<OrderRecord>([&](OrderRecord r) { out.insert_order(std::move(r)); });
  lists.times([&] {
    Address account;
    exchange::AssetId asset;
    exchange::Entry entry;
    lists.one(account, asset, entry.szi, entry.entry_ntl);
    out.positions_[{account, asset}] = entry;
  });
  lists.each<std::pair<Address, Address>>(
      [&](const std::pair<Address, Address>& agent) { out.agents_.insert(agent); });
  lists.times([&] {
    exchange::AssetId asset;
    Market market;
    lists.one(asset, market.cum_funding, market.oracle, market.mark);
    lists.each<TradeRecord>([&](const TradeRecord& trade) { market.trades.push_back(trade); });
    lists.each_of_either<FundingRate>(
        [&](const FundingRate& rate) { market.rates.push_back(rate); });
    out.markets_[asset] = std::move(market);
  });
  lists.times([&] {
    exchange::AssetId asset;
    lists.one(asset);
    for (std::size_t i = 0; i < kIntervals.size(); ++i)
      lists.each<Candle>([&](const Candle& candle) { out.candles_.put(asset, i, candle); });
  });
  if (format >= kWithHeights)
    lists.each<Notice>([&](const Notice& notice) { out.notices_.add(notice.account, notice); });
  if (format >= Archive::kWithBlock) out.whole_after_ = in.u64();
  if (!in.ok()) return std::nullopt;
  return out;
}

}  // namespace ol::api
