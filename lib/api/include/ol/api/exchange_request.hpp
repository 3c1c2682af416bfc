#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <ol/api/catalog.hpp>
#include <ol/api/error.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/actions.hpp>
#include <ol/exchange/signing.hpp>

namespace ol::api {

/// A request to POST /exchange as the typed action its sender signed.
struct ExchangeRequest {
  std::string type;  // the wire's word for the action, repeated in the reply
  exchange::Action action;
  exchange::ActionSignature signature;
};

/// Bytes of one request: a full batch has about 30 KiB.
constexpr std::size_t kExchangeBytesMax = 256 * 1024;

/// Translates the body of POST /exchange (dex.md 17.1) with the units of section 1. Any thread.
/// @param chain_id  What a `signatureChainId` inside the action must be.
/// @return Error::BadNumber, BadAsset, BatchTooLarge, BadSignature or a NodeError, each with a
/// sentence that names the field and what it may be.
/// Format: docs/protocol/exchange-api.md.
[[nodiscard]] Result<ExchangeRequest, ApiError> parse_exchange_request(std::string_view body,
                                                                       const Catalog& catalog,
                                                                       std::uint64_t chain_id);

/// The same for an action that is not signed yet: what GET /typed shows of it.
[[nodiscard]] Result<ExchangeRequest, ApiError> parse_unsigned_request(std::string_view body,
                                                                       const Catalog& catalog,
                                                                       std::uint64_t chain_id);

}  // namespace ol::api
