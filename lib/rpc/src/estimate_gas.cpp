#include <algorithm>

#include "call_answer.hpp"

namespace ol::rpc {
namespace {

constexpr std::uint64_t kTransferGas = 21'000;  // Yellow Paper appendix G
constexpr std::uint64_t kCallStipend = 2'300;   // the same

/// Runs the call with different amounts of gas.
class Estimator {
 public:
  Estimator(CallState& state, const CallRequest& request, std::uint64_t number)
      : state_(state), request_(request), number_(number) {}

  Result<std::uint64_t, RpcError> run() {
    OL_TRY(const std::uint64_t most, allowance());
    OL_TRY(const bool plain, is_plain_transfer());
    if (plain && most >= kTransferGas) {
      OL_TRY(const CallResult transfer, attempt(kTransferGas));
      if (transfer.success) return kTransferGas;
    }
    OL_TRY(const CallResult first, attempt(most));
    if (!first.success) return refuse_all(first, most);
    // Most calls need just what they use. Code that looks at its gas may use less when given less.
    OL_TRY(const CallResult exact, attempt(first.gas_used));
    if (!exact.success) return search(first, most);
    OL_TRY(const CallResult less, attempt(first.gas_used - 1));
    if (!less.success) return first.gas_used;
    return least(kTransferGas - 1, first.gas_used - 1);
  }

 private:
  /// The most gas there is: what the call or the block allows, what the sender can pay, our own.
  Result<std::uint64_t, RpcError> allowance() {
    std::uint64_t most = state_.block_gas_limit();
    if (request_.gas && *request_.gas >= kTransferGas) most = *request_.gas;
    if (!request_.max_fee_per_gas.is_zero()) {
      const auto sender = state_.account(request_.from);
      if (!sender) return state_failure(sender.error());
      if (!(request_.value < sender->balance)) return refuse("insufficient funds for transfer");
      const U256 payable = (sender->balance - request_.value) / request_.max_fee_per_gas;
      if (payable.fits_u64()) most = std::min(most, payable.low64());
    }
    return std::min(most, kCallGasMax);
  }

  Result<bool, RpcError> is_plain_transfer() {
    if (!request_.data.empty() || !request_.to) return false;
    const auto target = state_.account(*request_.to);
    if (!target) return state_failure(target.error());
    return target->code.empty();
  }

  /// One run. That there is too little gas to begin with is a failure like any other.
  Result<CallResult, RpcError> attempt(std::uint64_t gas) {
    auto result = state_.call(request_, gas);
    if (result) return *std::move(result);
    const CallFailure& failure = result.error();
    if (failure.fault == CallFault::Refused) {
      return refuse("failed with " + std::to_string(gas) + " gas: " + failure.message);
    }
    if (failure.fault != CallFault::GasTooLow) return call_failure(failure, number_);
    CallResult out;
    out.out_of_gas = true;
    return out;
  }

  static Result<std::uint64_t, RpcError> refuse_all(const CallResult& result, std::uint64_t most) {
    if (!result.out_of_gas) return fail(call_error(result));
    return refuse("gas required exceeds allowance (" + std::to_string(most) + ")");
  }

  /// @pre With `high` it succeeds, with what it used then it does not.
  Result<std::uint64_t, RpcError> search(const CallResult& first, std::uint64_t high) {
    std::uint64_t low = first.gas_used;
    // A frame keeps a 64th of its gas from its callees, so this is where many calls end up.
    const std::uint64_t likely =
        (first.gas_used + first.gas_refunded + kCallStipend) / 63 * 64 + 64;
    if (likely > low && likely < high) OL_TRY_VOID(narrow(low, high, likely));
    return least(low, high);
  }

  /// @pre With `high` it succeeds, with `low` it does not.
  Result<std::uint64_t, RpcError> least(std::uint64_t low, std::uint64_t high) {
    while (low + 1 < high) {
      // Few calls need much more than they use.
      OL_TRY_VOID(narrow(low, high, std::min(low + (high - low) / 2, low * 2)));
    }
    return high;
  }

  Result<void, RpcError> narrow(std::uint64_t& low, std::uint64_t& high, std::uint64_t middle) {
    OL_TRY(const CallResult result, attempt(middle));
    (result.success ? high : low) = middle;
    return {};
  }

  std::unexpected<RpcError> state_failure(StateError error) const {
    return call_failure(
        {error == StateError::UnknownBlock ? CallFault::UnknownBlock : CallFault::Unavailable, {}},
        number_);
  }

  CallState& state_;
  const CallRequest& request_;
  std::uint64_t number_;
};

}  // namespace

Result<std::uint64_t, RpcError> estimate_gas(CallState& state, const CallRequest& request,
                                             std::uint64_t number) {
  return Estimator(state, request, number).run();
}

}  // namespace ol::rpc
