#include "dev_request.hpp"

#include <algorithm>
#include <array>

#include "json_reader.hpp"
#include "numbers.hpp"

namespace ol::api {
namespace {

using namespace exchange;

constexpr std::array<std::string_view, 5> kStatuses{"active", "postOnly", "reduceOnly", "halted",
                                                    "settling"};

const MarketEntry* market_of(ObjectReader& in, const Catalog& catalog) {
  const MarketEntry* market = catalog.market(in.text("coin"));
  if (market == nullptr) {
    in.reading().refuse(Error::BadAsset, "coin is not listed; assets are " + catalog.market_list());
  }
  return market;
}

SystemAction read_faucet(ObjectReader& in, const Catalog& catalog) {
  const Address user = in.address("user");
  if (in.find("token") == nullptr) {
    return CreditUsd{user, static_cast<std::int64_t>(in.decimal("usd", kUsdDecimals, "USD"))};
  }
  const TokenEntry* token = catalog.token(in.text("token"));
  if (token == nullptr) {
    in.reading().refuse(Error::BadAsset, "no such token; tokens are " + catalog.token_list());
    return CreditSpot{};
  }
  return CreditSpot{user, token->token, in.decimal("amount", token->wei_decimals, token->name)};
}

SystemAction read_oracle(ObjectReader& in, const Catalog& catalog) {
  const MarketEntry* market = market_of(in, catalog);
  if (market == nullptr) return SetOracle{};
  return SetOracle{market->asset, in.decimal("px", market->px_decimals, market->name + " price")};
}

SystemAction read_status(ObjectReader& in, const Catalog& catalog) {
  const MarketEntry* market = market_of(in, catalog);
  const auto status = std::ranges::find(kStatuses, in.text("status"));
  if (status == kStatuses.end()) {
    in.reading().refuse(NodeError::BadRequest,
                        "status must be active, postOnly, reduceOnly, halted or settling");
  }
  if (market == nullptr || in.reading().failed()) return SetMarketStatus{};
  return SetMarketStatus{market->asset, static_cast<MarketStatus>(status - kStatuses.begin())};
}

}  // namespace

Result<SystemAction, ApiError> parse_dev_request(std::string_view body, const Catalog& catalog) {
  OL_TRY(const boost::json::value json, parse_json(body));
  Reading reading;
  ObjectReader in(reading, json, "");
  const std::string_view type = in.text("type");
  SystemAction out;
  if (type == "faucet") {
    out = read_faucet(in, catalog);
  } else if (type == "setOracle") {
    out = read_oracle(in, catalog);
  } else if (type == "setMarketStatus") {
    out = read_status(in, catalog);
  } else {
    reading.refuse(NodeError::UnknownType, "type must be faucet, setOracle or setMarketStatus");
  }
  in.finish();
  if (reading.failed()) return fail(reading.error());
  return out;
}

}  // namespace ol::api
