#pragma once

#include <string_view>

#include <ol/api/catalog.hpp>
#include <ol/api/error.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/block.hpp>

namespace ol::api {

/// The body of POST /dev (dex.md 17.5) as the system action it asks for:
/// {"type":"faucet","user","usd"|"token","amount"}, {"type":"setOracle","coin","px"},
/// {"type":"setMarketStatus","coin","status"}.
[[nodiscard]] Result<exchange::SystemAction, ApiError> parse_dev_request(std::string_view body,
                                                                         const Catalog& catalog);

}  // namespace ol::api
