#pragma once

#include <ol/rpc/backend.hpp>
#include <ol/rpc/error.hpp>

namespace ol::rpc {

/// The most gas one call may use, and what it gets if it names none.
inline constexpr std::uint64_t kCallGasMax = 50'000'000;

/// `asked`, or all that is allowed.
[[nodiscard]] std::uint64_t capped_gas(const std::optional<std::uint64_t>& asked);

/// The error of a call that ran and failed: of a revert, code 3 with the reason and the data.
/// @pre `result.success` is false.
[[nodiscard]] RpcError call_error(const CallResult& result);
/// The error of a call that did not run to its end. `gas` is what it was given, `number` the block
/// whose state was wanted.
[[nodiscard]] std::unexpected<RpcError> call_failure(const CallFailure& failure,
                                                     std::uint64_t number);
[[nodiscard]] std::unexpected<RpcError> call_failure(const CallFailure& failure,
                                                     std::uint64_t number, std::uint64_t gas);

/// The least gas with which `request` succeeds on `state`, to the unit. geth's search, but exact.
/// Source: the rules of gas (EIP-150: what a callee may use depends on what its caller has), which
/// make success monotone in gas for all code that does not look at GAS.
[[nodiscard]] Result<std::uint64_t, RpcError> estimate_gas(CallState& state,
                                                           const CallRequest& request,
                                                           std::uint64_t number);

}  // namespace ol::rpc
