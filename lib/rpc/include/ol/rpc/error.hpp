#pragma once

#include <string>
#include <utility>

#include <ol/base/result.hpp>

namespace ol::rpc {

/// Error codes of JSON-RPC 2.0 section 5.1, and those Ethereum clients add to them (EIP-1474).
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kServerError = -32000;
inline constexpr int kResponseTooLarge = -32003;
/// More than the node is willing to answer (EIP-1474, "limit exceeded").
inline constexpr int kLimitExceeded = -32005;
/// A call reverted; `data` is what it returned. As geth has it.
inline constexpr int kReverted = 3;

/// EIP-7966: the transaction is in the pool and in no block yet; it cannot be in the next.
inline constexpr int kWaitedTooLong = 4;
inline constexpr int kNotReady = 5;

/// What a caller is told. `message` is one lower-case phrase, as Ethereum clients write them.
struct RpcError {
  int code = kServerError;
  std::string message;
  /// JSON text; empty for none.
  std::string data = {};

  friend bool operator==(const RpcError&, const RpcError&) = default;
};

/// The outcome of a method: the JSON text of `result`, or an error.
using RpcResult = Result<std::string, RpcError>;

/// An error of the server (-32000): the request was well formed and cannot be answered.
[[nodiscard]] inline std::unexpected<RpcError> refuse(std::string message) {
  return fail(RpcError{kServerError, std::move(message)});
}

}  // namespace ol::rpc
