#pragma once

#include <boost/json/object.hpp>

#include <ol/api/catalog.hpp>

#include "candles.hpp"
#include "history.hpp"

namespace ol::api {

// The shapes of dex.md 17.4: numbers are decimal strings, sides "B" and "A".

[[nodiscard]] boost::json::object fill_json(const FillRecord& fill, const Catalog& catalog);
/// {"fill","twapId"}: a fill of a slice.
[[nodiscard]] boost::json::object twap_fill_json(const FillRecord& fill, const Catalog& catalog);
/// An order as openOrders shows it.
[[nodiscard]] boost::json::object open_order_json(const OrderRecord& order, const Catalog& catalog);
/// {"order","status","reason","statusTimestamp"}.
[[nodiscard]] boost::json::object order_update_json(const OrderRecord& order,
                                                    const Catalog& catalog);
[[nodiscard]] boost::json::object trade_json(const TradeRecord& trade, const Catalog& catalog);
[[nodiscard]] boost::json::object candle_json(const Candle& candle, const MarketEntry& market,
                                              std::size_t interval);
/// A payment and, where known, the rate that it is of.
struct FundingShape {
  FundingRecord record;
  std::optional<std::int64_t> rate_ppb;
};
[[nodiscard]] FundingShape funding_shape(const FundingRecord& record, const History& history);
/// {"time","coin","usdc","szi","fundingRate"}, as streams have it.
[[nodiscard]] boost::json::object funding_json(const FundingShape& shape, const Catalog& catalog);
/// {"time","hash","delta"}, as queries have it.
[[nodiscard]] boost::json::object user_funding_json(const FundingShape& shape,
                                                    const Catalog& catalog);
[[nodiscard]] boost::json::object ledger_json(const LedgerRecord& record, const Catalog& catalog);

/// {"user","notification","time","height"}: a sentence for a person.
[[nodiscard]] boost::json::object notification_json(const Notice& notice, const Catalog& catalog);

/// The name of an asset, its number where it is not listed.
[[nodiscard]] std::string coin_of(exchange::AssetId asset, const Catalog& catalog);

}  // namespace ol::api
