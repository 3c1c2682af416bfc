#pragma once

#include <optional>

#include <ol/primitives/transaction.hpp>
#include <ol/rpc/params.hpp>

namespace ol::rpc {

/// The transaction object of eth_call and eth_estimateGas. Fields left out are zero or absent.
struct CallRequest {
  Address from;
  /// To, value, data and access list; the rest is not set.
  primitives::Transaction txn;
  /// The most gas the caller allows.
  std::optional<std::uint64_t> gas;
  /// gasPrice, or maxFeePerGas; zero if neither was given.
  U256 fee_cap;
};

/// Argument `i` as a transaction object.
[[nodiscard]] Result<CallRequest, RpcError> call_request_param(const Params& params, std::size_t i);

}  // namespace ol::rpc
