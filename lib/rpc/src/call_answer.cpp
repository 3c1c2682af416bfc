#include "call_answer.hpp"

#include <algorithm>

#include "block_ref.hpp"
#include "json_out.hpp"

namespace ol::rpc {

std::uint64_t capped_gas(const std::optional<std::uint64_t>& asked) {
  return std::min(asked.value_or(kCallGasMax), kCallGasMax);
}

RpcError call_error(const CallResult& result) {
  if (!result.reverted) return {kServerError, result.error};
  const std::string reason = result.reason ? ": " + *result.reason : std::string();
  return {kReverted, result.error + reason, quoted(data(result.output))};
}

std::unexpected<RpcError> call_failure(const CallFailure& failure, std::uint64_t number) {
  switch (failure.fault) {
    case CallFault::UnknownBlock:
      return state_error(StateError::UnknownBlock, number);
    case CallFault::Unavailable:
      return state_error(StateError::Unavailable, number);
    case CallFault::Refused:
    case CallFault::GasTooLow:
    case CallFault::TimedOut:
    case CallFault::TooLarge:
      return refuse(failure.message);
  }
  OL_CHECK(false, "every fault has an answer");
}

std::unexpected<RpcError> call_failure(const CallFailure& failure, std::uint64_t number,
                                       std::uint64_t gas) {
  const bool refused = failure.fault == CallFault::Refused || failure.fault == CallFault::GasTooLow;
  if (!refused) return call_failure(failure, number);
  return refuse("err: " + failure.message + " (supplied gas " + std::to_string(gas) + ")");
}

}  // namespace ol::rpc
