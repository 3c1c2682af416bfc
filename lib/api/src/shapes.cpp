#include "shapes.hpp"

#include <boost/json/array.hpp>

#include "numbers.hpp"
#include "order_json.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

std::string px_text(std::uint64_t px, const MarketEntry* market) {
  return decimal_text(px, market == nullptr ? 0 : market->px_decimals);
}
std::string sz_text(Int128 sz, const MarketEntry* market) {
  return decimal_text(sz, market == nullptr ? 0 : market->sz_decimals);
}

// Where a client resumes from; not known of records from a file that did not say.
void add_height(json::object& out, std::uint64_t height) {
  if (height != 0) out["height"] = height;
}

std::string direction(const FillRecord& fill) {
  const bool buy = fill.side == Side::Buy;
  if (is_spot(fill.asset)) return buy ? "Buy" : "Sell";
  const Int128 start = fill.start_szi;
  const Int128 end = start + sign(fill.side) * Int128{fill.sz};
  if (start > 0 && end < 0) return "Long > Short";
  if (start < 0 && end > 0) return "Short > Long";
  if (buy) return start < 0 ? "Close Short" : "Open Long";
  return start > 0 ? "Close Long" : "Open Short";
}

std::string_view method_name(FillKind kind) {
  switch (kind) {
    case FillKind::Trade:
    case FillKind::Liquidation:
      return "market";
    case FillKind::Backstop:
      return "backstop";
    case FillKind::Adl:
      return "adl";
  }
  return "market";
}

// Spot fees are taken from what each side receives (dex.md 6.4).
const TokenEntry* fee_token(const FillRecord& fill, const MarketEntry* market,
                            const Catalog& catalog) {
  if (market == nullptr || !market->spot) return nullptr;
  return catalog.token(fill.side == Side::Buy ? market->base : market->quote);
}

std::string_view order_type(const Order& order) {
  switch (order.trigger) {
    case Trigger::None:
      return "Limit";
    case Trigger::TakeProfitLimit:
      return "Take Profit Limit";
    case Trigger::TakeProfitMarket:
      return "Take Profit Market";
    case Trigger::StopLimit:
      return "Stop Limit";
    case Trigger::StopMarket:
      return "Stop Market";
  }
  return "Limit";
}

std::string trigger_condition(const Order& order, const MarketEntry* market) {
  if (order.trigger == Trigger::None) return "N/A";
  const bool stop = order.trigger == Trigger::StopLimit || order.trigger == Trigger::StopMarket;
  const bool falls = stop == (order.side == Side::Sell);
  return std::string("Price ") + (falls ? "below " : "above ") + px_text(order.trigger_px, market);
}

}  // namespace

std::string coin_of(AssetId asset, const Catalog& catalog) {
  const MarketEntry* market = catalog.market(asset);
  return market == nullptr ? std::to_string(asset.value()) : market->name;
}

json::object fill_json(const FillRecord& fill, const Catalog& catalog) {
  const MarketEntry* market = catalog.market(fill.asset);
  const TokenEntry* token = fee_token(fill, market, catalog);
  const unsigned decimals = token == nullptr ? kUsdDecimals : token->wei_decimals;
  json::object out{{"coin", coin_of(fill.asset, catalog)},
                   {"px", px_text(fill.px, market)},
                   {"sz", sz_text(fill.sz, market)},
                   {"side", side_letter(fill.side)},
                   {"time", fill.time},
                   {"height", fill.height},
                   {"startPosition", sz_text(fill.start_szi, market)},
                   {"dir", direction(fill)},
                   {"closedPnl", usd_text(fill.realised)},
                   {"hash", hex_text(fill.hash)},
                   {"oid", fill.oid.value()},
                   {"crossed", fill.taker},
                   {"fee", decimal_text(fill.fee + fill.builder_fee, decimals)},
                   {"feeToken", token == nullptr ? "USD" : token->name},
                   {"tid", fill.tid}};
  if (fill.builder_fee != 0) out["builderFee"] = decimal_text(fill.builder_fee, decimals);
  if (fill.kind != FillKind::Trade) {
    out["liquidation"] = {{"user", hex_text(fill.liquidated)},
                          {"markPx", px_text(fill.mark_px, market)},
                          {"method", method_name(fill.kind)}};
  }
  return out;
}

json::object twap_fill_json(const FillRecord& fill, const Catalog& catalog) {
  return {{"fill", fill_json(fill, catalog)}, {"twapId", fill.twap.value()}};
}

json::object open_order_json(const OrderRecord& record, const Catalog& catalog) {
  const Order& order = record.order;
  const MarketEntry* market = catalog.market(order.asset);
  json::object out{{"coin", coin_of(order.asset, catalog)},
                   {"side", side_letter(order.side)},
                   {"limitPx", px_text(order.px, market)},
                   {"sz", sz_text(record.left, market)},
                   {"origSz", sz_text(order.sz, market)},
                   {"oid", record.oid.value()},
                   {"cloid", nullptr},
                   {"timestamp", record.placed_at},
                   {"tif", tif_name(order.tif)},
                   {"orderType", order_type(order)},
                   {"reduceOnly", order.reduce_only},
                   {"isTrigger", order.trigger != Trigger::None},
                   {"triggerPx", px_text(order.trigger_px, market)},
                   {"triggerCondition", trigger_condition(order, market)},
                   {"children", json::array()}};
  if (!order.cloid.is_zero()) out["cloid"] = hex_text(order.cloid);
  return out;
}

json::object order_update_json(const OrderRecord& order, const Catalog& catalog) {
  json::object out{{"order", open_order_json(order, catalog)},
                   {"status", status_name(order.status)},
                   {"reason", nullptr},
                   {"statusTimestamp", order.status_at}};
  if (!order.reason.empty()) out["reason"] = order.reason;
  add_height(out, order.height);
  return out;
}

json::object trade_json(const TradeRecord& trade, const Catalog& catalog) {
  const FillEvent& fill = trade.fill;
  const MarketEntry* market = catalog.market(fill.asset);
  const bool buys = fill.taker_side == Side::Buy;
  return {{"coin", coin_of(fill.asset, catalog)},
          {"side", side_letter(fill.taker_side)},
          {"px", px_text(fill.px, market)},
          {"sz", sz_text(fill.sz, market)},
          {"hash", hex_text(trade.hash)},
          {"time", trade.time},
          {"tid", fill.tid},
          {"users", json::array{hex_text(buys ? fill.taker : fill.maker),
                                hex_text(buys ? fill.maker : fill.taker)}}};
}

json::object candle_json(const Candle& candle, const MarketEntry& market, std::size_t interval) {
  return {{"t", candle.start},
          {"T", candle.start + kIntervals[interval].ms - 1},
          {"s", market.name},
          {"i", kIntervals[interval].name},
          {"o", px_text(candle.open, &market)},
          {"c", px_text(candle.close, &market)},
          {"h", px_text(candle.high, &market)},
          {"l", px_text(candle.low, &market)},
          {"v", sz_text(candle.sz, &market)},
          {"n", candle.trades}};
}

namespace {

std::string liquidation_text(const Notice& notice, const std::string& what) {
  const std::string usd = usd_text(notice.usd);
  switch (notice.method) {
    case LiquidationEvent::Method::Cancel:
      return what + " below maintenance margin: resting orders were canceled";
    case LiquidationEvent::Method::Market:
      return what + " below maintenance margin: closed in the market for " + usd + " USD";
    case LiquidationEvent::Method::Backstop:
      return what + " liquidated: the backstop vault took it over, worth " + usd + " USD";
    case LiquidationEvent::Method::Insurance:
      return what + " bankrupt: insurance paid " + usd + " USD";
    case LiquidationEvent::Method::Adl:
      return what + " bankrupt: closed against other traders, leaving a debt of " + usd + " USD";
  }
  return what;
}

std::string notice_text(const Notice& notice, const Catalog& catalog) {
  const std::string coin = notice.asset == kAllAssets ? "" : coin_of(notice.asset, catalog);
  const std::string order = coin + " order " + std::to_string(notice.oid.value());
  switch (notice.kind) {
    case Notice::Kind::Canceled:
      return order + " was canceled: " + exchange::name(notice.reason);
    case Notice::Kind::Triggered:
      return order + " was triggered";
    case Notice::Kind::Liquidated:
      return liquidation_text(notice, coin.empty() ? "cross positions" : coin + " position");
    case Notice::Kind::Deleveraged:
      return coin + " position reduced by " + sz_text(notice.usd, catalog.market(notice.asset)) +
             " at the mark price: auto-deleveraging";
  }
  return "";
}

}  // namespace

json::object notification_json(const Notice& notice, const Catalog& catalog) {
  return {{"user", hex_text(notice.account)},
          {"notification", notice_text(notice, catalog)},
          {"time", notice.time},
          {"height", notice.height}};
}

FundingShape funding_shape(const FundingRecord& record, const History& history) {
  return {record, history.funding_rate_at(record.event.asset, record.time)};
}

namespace {

void add_funding(json::object& out, const FundingShape& shape, const Catalog& catalog) {
  const FundingRecord& record = shape.record;
  out["coin"] = coin_of(record.event.asset, catalog);
  out["usdc"] = usd_text(-Int128{record.event.paid});
  out["szi"] = sz_text(record.szi, catalog.market(record.event.asset));
  if (shape.rate_ppb) out["fundingRate"] = decimal_text(*shape.rate_ppb, kRateDecimals);
}

}  // namespace

json::object funding_json(const FundingShape& shape, const Catalog& catalog) {
  json::object out{{"time", shape.record.time}};
  add_funding(out, shape, catalog);
  add_height(out, shape.record.height);
  return out;
}

json::object user_funding_json(const FundingShape& shape, const Catalog& catalog) {
  json::object delta{{"type", "funding"}};
  add_funding(delta, shape, catalog);
  json::object out{{"time", shape.record.time},
                   {"hash", hex_text(Hash256{})},  // no action's
                   {"delta", std::move(delta)}};
  add_height(out, shape.record.height);
  return out;
}

namespace {

std::string token_text(TokenId token, std::uint64_t wei, const Catalog& catalog) {
  const TokenEntry* entry = catalog.token(token);
  return decimal_text(wei, entry == nullptr ? 0 : entry->wei_decimals);
}
std::string token_name(TokenId token, const Catalog& catalog) {
  const TokenEntry* entry = catalog.token(token);
  return entry == nullptr ? std::to_string(token.value()) : entry->name;
}

struct DeltaOf {
  const LedgerRecord& record;
  const Catalog& catalog;

  json::object operator()(const UsdClassTransfer& v) const {
    return {{"type", "accountClassTransfer"}, {"usdc", usd_text(v.usd)}, {"toPerp", v.to_perp}};
  }
  json::object operator()(const UsdSend& v) const {
    return {{"type", "internalTransfer"},
            {"usdc", usd_text(v.usd)},
            {"destination", hex_text(v.destination)}};
  }
  json::object operator()(const SpotSend& v) const {
    return {{"type", "spotTransfer"},
            {"token", token_name(v.token, catalog)},
            {"amount", token_text(v.token, v.amount, catalog)},
            {"destination", hex_text(v.destination)}};
  }
  json::object operator()(const SubAccountTransfer& v) const {
    return {{"type", "subAccountTransfer"},
            {"isDeposit", v.is_deposit},
            {"token", v.is_perp ? "USD" : token_name(v.token, catalog)},
            {"amount", v.is_perp ? usd_text(v.amount) : token_text(v.token, v.amount, catalog)},
            {"destination", hex_text(v.sub_account)}};
  }
  json::object operator()(const VaultTransfer& v) const {
    return {{"type", v.is_deposit ? "vaultDeposit" : "vaultWithdraw"},
            {"usdc", usd_text(v.usd)},
            {"vault", hex_text(v.vault)}};
  }
  json::object operator()(const CreateVault& v) const {
    return {{"type", "vaultCreate"}, {"usdc", usd_text(v.usd)}};
  }
  // A credit from outside.
  template <typename Body>
  json::object operator()(const Body& /*v*/) const {
    if (record.token == kPerpRewards)
      return {{"type", "deposit"}, {"usdc", usd_text(record.amount)}};
    return {{"type", "spotDeposit"},
            {"token", token_name(record.token, catalog)},
            {"amount", token_text(record.token, record.amount, catalog)}};
  }
};

}  // namespace

json::object ledger_json(const LedgerRecord& record, const Catalog& catalog) {
  json::object out{{"time", record.time},
                   {"hash", hex_text(record.hash)},
                   {"delta", std::visit(DeltaOf{record, catalog}, record.action)}};
  add_height(out, record.height);
  return out;
}

}  // namespace ol::api
