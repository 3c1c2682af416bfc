#pragma once

#include "context.hpp"
#include "matching.hpp"

namespace ol::exchange {

/// Validates, matches and rests one order (dex.md 4.5, 6). A refused order leaves no trace, but
/// for IocCancel, whose order existed.
[[nodiscard]] OrderResult place_order(Context& ctx, const Placer& placer, const Order& order,
                                      std::uint64_t group = 0);

/// Fires a trigger's order, or a slice: the oid is given, triggers keep theirs (dex.md 4.1).
[[nodiscard]] OrderResult place_as(Context& ctx, const Placer& placer, const Order& order,
                                   OrderId oid, std::uint64_t group);

/// Places a waiting order without the group's bookkeeping. Error as for place_order.
[[nodiscard]] Result<OrderId, Error> place_trigger(Context& ctx, const Placer& placer,
                                                   const Order& order, std::uint64_t group,
                                                   bool is_child);

/// PlaceOrders (dex.md 4.1, grouping).
[[nodiscard]] std::vector<OrderResult> place_batch(Context& ctx, AccountIndex account,
                                                   const PlaceOrders& batch);
/// ModifyOrders, CancelOrders (dex.md 4.4).
[[nodiscard]] std::vector<OrderResult> modify_batch(Context& ctx, AccountIndex account,
                                                    const std::vector<ModifyRequest>& requests);
[[nodiscard]] std::vector<OrderResult> cancel_batch(Context& ctx, AccountIndex account,
                                                    const std::vector<CancelRequest>& requests);
/// Cancels an account's orders and triggers of one asset or of all, ids ascending.
void cancel_all(Context& ctx, AccountIndex account, AssetId asset, CancelSide side,
                CancelReason reason);

/// Whether the builder's fee is within what the account approved (dex.md 9.4).
[[nodiscard]] bool builder_allowed(const Context& ctx, AccountIndex account, const Address& builder,
                                   std::uint32_t fee);

}  // namespace ol::exchange
