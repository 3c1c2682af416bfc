#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ol/api/catalog.hpp>
#include <ol/api/error.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/block.hpp>

namespace ol::api {

/// What a body of POST /dev asks for.
struct DevRequest {
  std::string type;
  std::vector<exchange::SystemAction> actions;  // at least one
};

/// Reads it (dex.md 17.5): {"type":"faucet","user","usd"|"token","amount"},
/// {"type":"setOracle","coin","px"}, {"type":"setMarketStatus","coin","status"},
/// {"type":"advanceTime","ms"}, {"type":"mine","blocks"}, {"type":"snapshot"},
/// {"type":"revert","snapshot"}, {"type":"setParams","params":{name:number}}.
[[nodiscard]] Result<DevRequest, ApiError> parse_dev_request(std::string_view body,
                                                             const Catalog& catalog);

}  // namespace ol::api
