#include "subscription_params.hpp"

#include "json_in.hpp"
#include "json_out.hpp"
#include "log_filter.hpp"

namespace ol::rpc {

std::string subscription_text(SubscriptionId id) {
  return quantity(std::uint64_t{id});
}

Result<Interest, RpcError> interest_param(const Params& params) {
  const auto name = params.string(0);
  if (!name) {
    return fail(RpcError{kInvalidParams, "expected subscription name as first argument"});
  }
  if (*name == "newHeads") {
    OL_TRY_VOID(params.at_most(1));
    return Interest{.topic = Topic::NewHeads, .logs = {}};
  }
  if (*name == "newPendingTransactions") {
    OL_TRY_VOID(params.at_most(2));
    if (!params.has(1)) return Interest{.topic = Topic::PendingHashes, .logs = {}};
    OL_TRY(const bool full, params.boolean(1));
    return Interest{.topic = full ? Topic::PendingTxns : Topic::PendingHashes, .logs = {}};
  }
  if (*name == "logs") {
    OL_TRY_VOID(params.at_most(2));
    OL_TRY(LogCriteria criteria, log_criteria_param(params, 1));
    return Interest{.topic = Topic::Logs, .logs = std::move(criteria.filter)};
  }
  return fail(RpcError{kMethodNotFound,
                       "no such subscription in eth namespace; there are newHeads, logs "
                       "and newPendingTransactions"});
}

Result<SubscriptionId, RpcError> subscription_param(const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const std::string_view text, params.string(0));
  const auto id = read_quantity(text);
  if (!id) return refuse("subscription not found");
  return *id;
}

}  // namespace ol::rpc
