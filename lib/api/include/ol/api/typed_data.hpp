#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <ol/api/error.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/signing.hpp>

namespace ol::api {

/// The EIP-712 typed data of an action as JSON that eth_signTypedData_v4 takes: types, primaryType,
/// domain, message; and typeString, domainSeparator, structHash and digest to compare with. 64-bit
/// numbers are decimal strings. Source: EIP-712; dex.md 14.
[[nodiscard]] std::string typed_data(const exchange::Action& action, std::uint64_t chain_id);

/// The same for the type named ("PlaceOrders") with every field zero and lists of one element:
/// GET /typed/{type}. NodeError::UnknownType names the types there are.
[[nodiscard]] Result<std::string, ApiError> typed_template(std::string_view type,
                                                           std::uint64_t chain_id);

}  // namespace ol::api
