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

// Newest first, as existing clients expect of lists without a time range.
template <typename Records, typename Shape>
json::array newest_first(const Records& records, Shape shape) {
  json::array out;
  for (auto it = records.rbegin(); it != records.rend() && out.size() < kListedMax; ++it)
    out.push_back(shape(*it));
  return out;
}

template <typename Records, typename Shape>
json::array within(const Records& records, const Range& range, Shape shape) {
  json::array out;
  for (const auto& record : records) {
    if (record.time < range.from || record.time > range.to) continue;
    if (out.size() == kListedMax) break;
    out.push_back(shape(record));
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

json::value historical_orders(const InfoCall& call, const State& /*state*/) {
  return newest_first(call.history.orders(call.in.address("user")), [&](const OrderRecord* order) {
    return order_update_json(*order, call.catalog);
  });
}

json::value user_fills(const InfoCall& call, const State& /*state*/) {
  static_cast<void>(call.in.boolean_or("aggregateByTime", false));
  return newest_first(call.history.fills(call.in.address("user")),
                      [&](const FillRecord& fill) { return fill_json(fill, call.catalog); });
}

json::value user_fills_by_time(const InfoCall& call, const State& /*state*/) {
  static_cast<void>(call.in.boolean_or("aggregateByTime", false));
  const Range range = read_range(call.in);
  return within(call.history.fills(call.in.address("user")), range,
                [&](const FillRecord& fill) { return fill_json(fill, call.catalog); });
}

json::value funding_history(const InfoCall& call, const State& /*state*/) {
  const MarketEntry* market = read_coin(call);
  const Range range = read_range(call.in);
  if (market == nullptr) return nullptr;
  return within(call.history.funding_rates(market->asset), range, [&](const FundingRate& rate) {
    return json::object{{"coin", market->name},
                        {"fundingRate", decimal_text(rate.rate_ppb, kRateDecimals)},
                        {"time", rate.time}};
  });
}

json::value user_funding(const InfoCall& call, const State& /*state*/) {
  const Range range = read_range(call.in);
  return within(
      call.history.funding(call.in.address("user")), range,
      [&](const FundingRecord& record) { return user_funding_json(record, call.catalog); });
}

json::value ledger_updates(const InfoCall& call, const State& /*state*/) {
  const Range range = read_range(call.in);
  return within(call.history.ledger(call.in.address("user")), range,
                [&](const LedgerRecord& record) { return ledger_json(record, call.catalog); });
}

json::value candle_snapshot(const InfoCall& call, const State& /*state*/) {
  const json::value* request = call.in.need("req");
  if (request == nullptr) return nullptr;
  ObjectReader in(call.in.reading(), *request, "req");
  const MarketEntry* market = read_coin({in, call.catalog, call.params, call.books, call.history});
  const auto interval = find_interval(in.text("interval"));
  const Range range = read_range(in);
  in.finish();
  if (market == nullptr) return nullptr;
  if (!interval) {
    in.reading().refuse(NodeError::BadRequest,
                        "req.interval must be 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h, 12h, 1d, 3d "
                        "or 1w");
    return nullptr;
  }
  json::array out;
  for (const Candle& candle :
       call.history.candles().range(market->asset, *interval, range.from, range.to))
    out.push_back(candle_json(candle, *market, *interval));
  return out;
}

json::value recent_trades(const InfoCall& call, const State& /*state*/) {
  const MarketEntry* market = read_coin(call);
  if (market == nullptr) return nullptr;
  return newest_first(call.history.trades(market->asset),
                      [&](const TradeRecord& trade) { return trade_json(trade, call.catalog); });
}

constexpr std::array<NamedQuery, 9> kQueries{{{"orderStatus", order_status},
                                              {"historicalOrders", historical_orders},
                                              {"userFills", user_fills},
                                              {"userFillsByTime", user_fills_by_time},
                                              {"fundingHistory", funding_history},
                                              {"userFunding", user_funding},
                                              {"userNonFundingLedgerUpdates", ledger_updates},
                                              {"candleSnapshot", candle_snapshot},
                                              {"recentTrades", recent_trades}}};

}  // namespace

std::span<const NamedQuery> history_queries() {
  return kQueries;
}

namespace {

constexpr auto kTables = {market_queries, account_queries, history_queries};

}  // namespace

InfoQuery find_query(std::string_view type) {
  for (const auto& table : kTables) {
    const auto queries = table();
    const auto it = std::ranges::find(queries, type, &NamedQuery::name);
    if (it != queries.end()) return it->query;
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
