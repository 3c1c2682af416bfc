#pragma once

#include <string>

#include <ol/rpc/params.hpp>

#include "event_hub.hpp"

namespace ol::rpc {

/// The subscription's number as callers see it: a minimal hex quantity.
[[nodiscard]] std::string subscription_text(SubscriptionId id);

/// The arguments of eth_subscribe: a name, and for newPendingTransactions whether whole
/// transactions are wanted.
[[nodiscard]] Result<Interest, RpcError> interest_param(const Params& params);

/// The argument of eth_unsubscribe. What is not a number of ours is no subscription of ours.
[[nodiscard]] Result<SubscriptionId, RpcError> subscription_param(const Params& params);

}  // namespace ol::rpc
