#include "info.hpp"

#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <ol/exchange/price.hpp>

#include "numbers.hpp"
#include "shapes.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

json::value meta(const InfoCall& call, const State& /*state*/) {
  json::array universe;
  for (const auto& [asset, market] : call.catalog.markets) {
    if (market.spot) continue;
    universe.push_back(json::object{{"name", market.name},
                                    {"asset", asset.value()},
                                    {"szDecimals", market.sz_decimals},
                                    {"tickPx", decimal_text(market.tick_px, market.px_decimals)},
                                    {"lotSz", decimal_text(market.lot_sz, market.sz_decimals)},
                                    {"maxLeverage", market.max_leverage},
                                    {"marginTableId", market.margin_table},
                                    {"onlyIsolated", market.isolated_only}});
  }
  return json::object{{"universe", std::move(universe)}};
}

// Existing clients write "NAME:0x..": 16 bytes that end with the number.
std::string token_id(TokenId token) {
  std::string digits;
  for (std::uint32_t rest = token.value(); rest != 0; rest /= 16)
    digits.insert(digits.begin(), "0123456789abcdef"[rest % 16]);
  return "0x" + std::string(32 - digits.size(), '0') + digits;
}

json::value spot_meta(const InfoCall& call, const State& /*state*/) {
  json::array tokens;
  for (const auto& [id, token] : call.catalog.tokens) {
    tokens.push_back(json::object{{"name", token.name},
                                  {"index", id.value()},
                                  {"szDecimals", token.sz_decimals},
                                  {"weiDecimals", token.wei_decimals},
                                  {"tokenId", token_id(id)},
                                  {"isCanonical", true}});
  }
  json::array universe;
  for (const auto& [asset, market] : call.catalog.markets) {
    if (!market.spot) continue;
    universe.push_back(json::object{{"name", market.name},
                                    {"index", asset.value() - kFirstSpotAsset},
                                    {"tokens", {market.base.value(), market.quote.value()}},
                                    {"szDecimals", market.sz_decimals},
                                    {"tickPx", decimal_text(market.tick_px, market.px_decimals)},
                                    {"lotSz", decimal_text(market.lot_sz, market.sz_decimals)},
                                    {"isCanonical", true}});
  }
  return json::object{{"tokens", std::move(tokens)}, {"universe", std::move(universe)}};
}

enum class Kind : std::uint8_t { Perp, Spot };

json::array contexts(const InfoCall& call, const State& state, Kind kind) {
  json::array out;
  for (const auto& [asset, market] : call.catalog.markets) {
    if (market.spot == (kind == Kind::Spot)) out.push_back(asset_ctx_json(call, state, market));
  }
  return out;
}

json::value meta_and_ctxs(const InfoCall& call, const State& state) {
  return json::array{meta(call, state), contexts(call, state, Kind::Perp)};
}

json::value spot_meta_and_ctxs(const InfoCall& call, const State& state) {
  return json::array{spot_meta(call, state), contexts(call, state, Kind::Spot)};
}

json::value all_mids(const InfoCall& call, const State& state) {
  return mids_json(call.catalog, call.books, state);
}

json::value margin_table(const InfoCall& call, const State& /*state*/) {
  const std::uint64_t id = call.in.unsigned_number("id", 0xffff'ffff);
  const auto& tables = call.catalog.margin_tables;
  if (id == 0 || id > tables.size()) {
    call.in.reading().refuse(NodeError::NotFound,
                             "id must be from 1 to " + std::to_string(tables.size()));
    return nullptr;
  }
  json::array tiers;
  for (const auto& [lower, leverage] : tables[id - 1])
    tiers.push_back(json::object{{"lowerBound", usd_text(lower)}, {"maxLeverage", leverage}});
  return json::object{{"description", "table " + std::to_string(id)},
                      {"marginTiers", std::move(tiers)}};
}

json::value predicted_fundings(const InfoCall& call, const State& state) {
  json::array out;
  for (const auto& [asset, market] : call.catalog.markets) {
    if (market.spot) continue;
    const MarketState& now = state.markets[state.find_market(asset)];
    const std::int64_t rate =
        funding_rate_ppb(now.premium_sum, now.premium_samples, call.params.funding);
    out.push_back(json::array{
        market.name,
        json::array{json::array{
            "OpenLiquid", json::object{{"fundingRate", decimal_text(rate, kRateDecimals)},
                                       {"nextFundingTime", (now.funding_hour + 1) * 3'600'000}}}}});
  }
  return out;
}

json::value perps_at_cap(const InfoCall& call, const State& state) {
  json::array out;
  for (const auto& [asset, market] : call.catalog.markets) {
    if (market.spot) continue;
    const MarketIndex place = state.find_market(asset);
    const Int128 cap = state.info(place).config.oi_cap_ntl;
    const MarketState& now = state.markets[place];
    if (cap != 0 && Int128{now.open_interest} * now.mark >= cap)
      out.push_back(json::string(market.name));
  }
  return out;
}

std::string_view status_text(MarketStatus status) {
  switch (status) {
    case MarketStatus::Active:
      return "active";
    case MarketStatus::PostOnly:
      return "postOnly";
    case MarketStatus::ReduceOnly:
      return "reduceOnly";
    case MarketStatus::Halted:
      return "halted";
    case MarketStatus::Settling:
      return "settling";
  }
  return "active";
}

// What the next block does with an order.
json::value exchange_status(const InfoCall& call, const State& state) {
  json::object markets;
  const bool upgraded = call.params.follows_upgrade(state.global().height + 1);
  for (const auto& [asset, market] : call.catalog.markets) {
    const MarketState& now = state.markets[state.find_market(asset)];
    const bool paused =
        state.global().time < now.breaker_until || (now.status == MarketStatus::Active && upgraded);
    markets[market.name] = paused ? status_text(MarketStatus::PostOnly) : status_text(now.status);
  }
  return json::object{{"specialStatuses", nullptr}, {"markets", std::move(markets)}};
}

json::value oracle_submissions(const InfoCall& call, const State& state) {
  json::array out;
  for (const auto& [key, submission] : state.submissions.items()) {
    const MarketEntry* market = call.catalog.market(key.second);
    if (market == nullptr) continue;
    out.push_back(
        json::object{{"validator", key.first},
                     {"coin", market->name},
                     {"round", submission.round},
                     {"time", submission.time},
                     {"spotPx", decimal_text(submission.spot_px, market->px_decimals)},
                     {"perpPx", decimal_text(submission.perp_px, market->px_decimals)},
                     {"deviation", decimal_text(submission.deviation_ppb, kRateDecimals)},
                     {"flagged", submission.deviant_rounds >= call.params.deviation_rounds}});
  }
  return out;
}

constexpr std::array<NamedQuery, 10> kQueries{{
    {"meta", Reads::State, meta},
    {"spotMeta", Reads::State, spot_meta},
    {"metaAndAssetCtxs", Reads::Mirrors, meta_and_ctxs},
    {"spotMetaAndAssetCtxs", Reads::Mirrors, spot_meta_and_ctxs},
    {"allMids", Reads::Mirrors, all_mids},
    {"marginTable", Reads::State, margin_table},
    {"predictedFundings", Reads::State, predicted_fundings},
    {"perpsAtOpenInterestCap", Reads::State, perps_at_cap},
    {"exchangeStatus", Reads::Mirrors, exchange_status},
    {"oracleSubmissions", Reads::State, oracle_submissions},
}};

// Impact prices of trading the market's impact notional now (dex.md 11.1).
json::value impact_json(const BookView& book, const MarketEntry& market, std::int64_t ntl) {
  const auto px_of = [&](const auto& levels, Side taker) {
    std::vector<DepthLevel> depth;
    Int128 sum = 0;
    for (const auto& [px, level] : levels) {
      depth.push_back({px, level.sz});
      sum += notional(px, level.sz);
      if (sum >= ntl) break;
    }
    return impact_px(depth, taker, ntl);
  };
  const auto bid = px_of(book.bids, Side::Sell);
  const auto ask = px_of(book.asks, Side::Buy);
  if (!bid || !ask) return nullptr;
  return json::array{decimal_text(*bid, market.px_decimals),
                     decimal_text(*ask, market.px_decimals)};
}

}  // namespace

std::span<const NamedQuery> market_queries() {
  return kQueries;
}

const MarketEntry* read_coin(const InfoCall& call) {
  const std::string_view coin = call.in.text("coin");
  if (call.in.reading().failed()) return nullptr;
  const MarketEntry* market = call.catalog.market(coin);
  if (market == nullptr) {
    call.in.reading().refuse(exchange::Error::BadAsset,
                             "coin is not listed; assets are " + call.catalog.market_list());
  }
  return market;
}

void read_dex(ObjectReader& in) {
  const std::string_view dex = in.text_or("dex", "");
  if (dex.empty()) return;
  in.reading().refuse(NodeError::BadRequest,
                      in.path_of("dex") + " must be \"\": all perps are on one exchange here");
}

json::value mid_json(const BookView& book, const MarketEntry& market) {
  if (book.bids.empty() || book.asks.empty()) return nullptr;
  const Int128 sum = Int128{book.best_bid()} + book.best_ask();
  return json::string(decimal_text(sum * 5, market.px_decimals + 1));
}

json::object mids_json(const Catalog& catalog, const BookMirror& books, const State& state) {
  json::object out;
  for (const auto& [asset, market] : catalog.markets) {
    json::value mid = mid_json(books.book(asset), market);
    if (mid.is_null()) {
      // Without a book, what the mark says; a coin without any price is not listed.
      const MarketState& now = state.markets[state.find_market(asset)];
      const std::uint64_t px = now.mark != 0 ? now.mark : now.last_px;
      if (px == 0) continue;
      mid = json::string(decimal_text(px, market.px_decimals));
    }
    out[market.name] = std::move(mid);
  }
  return out;
}

json::object asset_ctx_json(const InfoCall& call, const State& state, const MarketEntry& market) {
  const MarketIndex place = state.find_market(market.asset);
  const MarketState& now = state.markets[place];
  const BookView& book = call.books.book(market.asset);
  const Candles::Day day = call.history.candles().day(market.asset, state.global().time);
  const std::uint64_t mark = now.mark != 0 ? now.mark : now.last_px;
  json::object out{{"coin", market.name},
                   {"prevDayPx", decimal_text(day.prev_px, market.px_decimals)},
                   {"dayNtlVlm", decimal_text(day.ntl, market.spot ? 8 : kUsdDecimals)},
                   {"markPx", decimal_text(mark, market.px_decimals)},
                   {"midPx", mid_json(book, market)}};
  if (market.spot) return out;
  const Int128 premium =
      now.premium_samples == 0 ? 0 : trunc_div(now.premium_sum, now.premium_samples);
  const std::int64_t rate =
      funding_rate_ppb(now.premium_sum, now.premium_samples, call.params.funding);
  out["funding"] = decimal_text(rate, kRateDecimals);
  out["openInterest"] = decimal_text(now.open_interest, market.sz_decimals);
  out["premium"] = decimal_text(premium, kRateDecimals);
  out["oraclePx"] = decimal_text(now.oracle, market.px_decimals);
  out["impactPxs"] = impact_json(book, market, state.info(place).config.impact_ntl);
  return out;
}

}  // namespace ol::api
