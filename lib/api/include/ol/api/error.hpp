#pragma once

#include <cstdint>
#include <string>

#include <ol/exchange/error.hpp>

namespace ol::api {

/// Codes the node itself answers with, above those of dex.md 15.3 that the exchange gives. Stable.
enum class NodeError : std::uint16_t {
  BadRequest = 1000,   // not the JSON that docs/protocol/exchange-api.md describes
  UnknownType = 1001,  // no such action or query
  Busy = 1002,         // too much waits already; try again
  NotReady = 1003,     // the node has no committed exchange state
  Timeout = 1004,      // admitted, but in no committed block in time; it may still be
  NotFound = 1005,     // the thing asked about is not there, or its history is no longer kept
};

/// Why a request was refused: a stable code and a sentence that says what is allowed.
struct ApiError {
  std::uint16_t code = 0;
  std::string msg;

  friend bool operator==(const ApiError&, const ApiError&) = default;
};

[[nodiscard]] inline ApiError refusal(exchange::Error code, std::string msg) {
  return {static_cast<std::uint16_t>(code), std::move(msg)};
}
[[nodiscard]] inline ApiError refusal(NodeError code, std::string msg) {
  return {static_cast<std::uint16_t>(code), std::move(msg)};
}

}  // namespace ol::api
