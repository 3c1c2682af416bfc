#include "info.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "numbers.hpp"
#include "shapes.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

constexpr std::size_t kListedMax = 2'000;
constexpr std::uint64_t kEver = ~std::uint64_t{0};

struct Range {
  TimeMs from = 0;
  TimeMs to = kEver;
};

Range read_range(ObjectReader& in) {
  return {in.unsigned_number("startTime", kEver), in.unsigned_number_or("endTime", kEver, kEver)};
}

// A list of copies that becomes JSON later. The shape gets a record and the catalog.
template <typename Record, typename Shape>
InfoAnswer later(const InfoCall& call, std::vector<Record> records, Shape shape) {
  return [listed = call.listed, records = std::move(records), shape] {
    json::array out;
    for (const Record& record : records)
      out.push_back(shape(record, *listed));
    return json::value(std::move(out));
  };
}

// Newest first, as existing clients expect of lists without a time range.
template <typename Record>
std::vector<Record> newest_first(const std::deque<Record>& records) {
  const std::size_t count = std::min(records.size(), kListedMax);
  return {records.rbegin(), records.rbegin() + static_cast<std::ptrdiff_t>(count)};
}

template <typename Record>
std::vector<Record> within(const std::deque<Record>& records, const Range& range) {
  std::vector<Record> out;
  for (const Record& record : records) {
    if (record.time < range.from || record.time > range.to) continue;
    if (out.size() == kListedMax) break;
    out.push_back(record);
  }
  return out;
}

json::value order_status(const InfoCall& call, const State& state) {
  const Address user = call.in.address("user");
  const json::value* name = call.in.need("oid");
  if (name == nullptr) return nullptr;
  const OrderRecord* record = nullptr;
  if (name->is_string()) {
    record = call.history.order(user, call.in.fixed<Cloid>("oid"));
  } else {
    record = call.history.order(OrderId(call.in.unsigned_number("oid", kEver)));
  }
  static_cast<void>(state);
  if (record == nullptr || record->account != user) return json::object{{"status", "unknownOid"}};
  return json::object{{"status", "order"}, {"order", order_update_json(*record, call.catalog)}};
}

InfoAnswer historical_orders(const InfoCall& call, const State& /*state*/) {
  const auto known = call.history.orders(call.in.address("user"));
  std::vector<OrderRecord> records;
  for (auto it = known.rbegin(); it != known.rend() && records.size() < kListedMax; ++it)
    records.push_back(**it);
  return later(call, std::move(records), order_update_json);
}

InfoAnswer user_fills(const InfoCall& call, const State& /*state*/) {
  static_cast<void>(call.in.boolean_or("aggregateByTime", false));
  return later(call, newest_first(call.history.fills(call.in.address("user"))), fill_json);
}

InfoAnswer user_fills_by_time(const InfoCall& call, const State& /*state*/) {
  static_cast<void>(call.in.boolean_or("aggregateByTime", false));
  const Range range = read_range(call.in);
  return later(call, within(call.history.fills(call.in.address("user")), range), fill_json);
}

InfoAnswer user_twap_slice_fills(const InfoCall& call, const State& /*state*/) {
  const std::deque<FillRecord>& all = call.history.fills(call.in.address("user"));
  std::vector<FillRecord> slices;
  for (auto it = all.rbegin(); it != all.rend() && slices.size() < kListedMax; ++it)
    if (it->twap.value() != 0) slices.push_back(*it);
  return later(call, std::move(slices), twap_fill_json);
}

json::value funding_history(const InfoCall& call, const State& /*state*/) {
  const MarketEntry* market = read_coin(call);
  const Range range = read_range(call.in);
  if (market == nullptr) return nullptr;
  json::array out;
  for (const FundingRate& rate : within(call.history.funding_rates(market->asset), range)) {
    json::object entry{{"coin", market->name},
                       {"fundingRate", decimal_text(rate.rate_ppb, kRateDecimals)},
                       {"time", rate.time}};
    if (rate.premium_ppb) entry["premium"] = decimal_text(*rate.premium_ppb, kRateDecimals);
    out.push_back(std::move(entry));
  }
  return out;
}

InfoAnswer user_funding(const InfoCall& call, const State& /*state*/) {
  const Range range = read_range(call.in);
  std::vector<FundingShape> shapes;
  for (const FundingRecord& record : within(call.history.funding(call.in.address("user")), range))
    shapes.push_back(funding_shape(record, call.history));
  return later(call, std::move(shapes), user_funding_json);
}

InfoAnswer ledger_updates(const InfoCall& call, const State& /*state*/) {
  const Range range = read_range(call.in);
  return later(call, within(call.history.ledger(call.in.address("user")), range), ledger_json);
}

InfoAnswer candle_snapshot(const InfoCall& call, const State& /*state*/) {
  const auto none = [] { return json::value(nullptr); };
  const json::value* request = call.in.need("req");
  if (request == nullptr) return none;
  ObjectReader in(call.in.reading(), *request, "req");
  const MarketEntry* market =
      read_coin({in, call.listed, call.catalog, call.params, call.books, call.history});
  const std::size_t interval = read_interval(in);
  const Range range = read_range(in);
  in.finish();
  if (in.reading().failed()) return none;
  return later(call, call.history.candles().range(market->asset, interval, range.from, range.to),
               [entry = *market, interval](const Candle& candle, const Catalog&) {
                 return candle_json(candle, entry, interval);
               });
}

InfoAnswer recent_trades(const InfoCall& call, const State& /*state*/) {
  const MarketEntry* market = read_coin(call);
  if (market == nullptr) return [] { return json::value(nullptr); };
  return later(call, newest_first(call.history.trades(market->asset)), trade_json);
}

constexpr std::array<NamedQuery, 10> kQueries{
    {{"orderStatus", Reads::Mirrors, order_status},
     {"historicalOrders", Reads::Mirrors, historical_orders},
     {"userFills", Reads::Mirrors, user_fills},
     {"userFillsByTime", Reads::Mirrors, user_fills_by_time},
     {"userTwapSliceFills", Reads::Mirrors, user_twap_slice_fills},
     {"fundingHistory", Reads::Mirrors, funding_history},
     {"userFunding", Reads::Mirrors, user_funding},
     {"userNonFundingLedgerUpdates", Reads::Mirrors, ledger_updates},
     {"candleSnapshot", Reads::Mirrors, candle_snapshot},
     {"recentTrades", Reads::Mirrors, recent_trades}}};

}  // namespace

std::size_t read_interval(ObjectReader& in) {
  const auto found = find_interval(in.text("interval"));
  if (found) return *found;
  std::string names;
  for (const Interval& interval : kIntervals)
    names += (names.empty() ? "" : ", ") + std::string(interval.name);
  in.reading().refuse(NodeError::BadRequest, in.path_of("interval") + " must be one of " + names);
  return 0;
}

std::span<const NamedQuery> history_queries() {
  return kQueries;
}

namespace {

constexpr auto kTables = {market_queries, book_queries, account_queries, history_queries};

}  // namespace

const NamedQuery* find_query(std::string_view type) {
  for (const auto& table : kTables) {
    const auto queries = table();
    const auto it = std::ranges::find(queries, type, &NamedQuery::name);
    if (it != queries.end()) return &*it;
  }
  return nullptr;
}

std::string query_list() {
  std::string out;
  for (const auto& table : kTables) {
    for (const NamedQuery& query : table())
      out += (out.empty() ? "" : ", ") + std::string(query.name);
  }
  return out;
}

}  // namespace ol::api
