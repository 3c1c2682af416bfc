#include <ol/exchange/actions.hpp>

#include <algorithm>
#include <type_traits>

namespace ol::exchange {
namespace {

template <typename T, typename... Options>
constexpr bool kIsOneOf = (std::is_same_v<T, Options> || ...);

// Triggers wait in the book's anteroom, and ALO orders take nothing: P3. All else may trade: P4.
Step step_of_order(const Order& order) {
  return order.trigger != Trigger::None || order.tif == Tif::Alo ? Step::P3 : Step::P4;
}

Step step_of_body(const PlaceOrders& body) {
  Step step = Step::P3;
  for (const Order& order : body.orders)
    step = std::max(step, step_of_order(order));
  return step;
}

Step step_of_body(const ModifyOrders& body) {
  Step step = Step::P3;
  for (const ModifyRequest& modify : body.modifies)
    step = std::max(step, step_of_order(modify.order));
  return step;
}

// A withdrawal may close positions of the vault, which takes from the book: after all cancels
// (dex.md 5.3, ADR 41).
Step step_of_body(const VaultTransfer& body) {
  return body.is_deposit ? Step::P1 : Step::P4;
}

template <typename Body>
Step step_of_body(const Body& /*body*/) {
  if constexpr (kIsOneOf<Body, CancelOrders, CancelAll, TwapCancel, ScheduleCancel>) {
    return Step::P2;
  } else if constexpr (std::is_same_v<Body, TwapOrder>) {
    return Step::P3;  // waits as a trigger does; its slices trade in S3
  } else if constexpr (std::is_same_v<Body, RevealOrder>) {
    return Step::P4;
  } else {
    return Step::P1;
  }
}

}  // namespace

Step step_of(const ActionBody& body) {
  return std::visit([](const auto& alternative) { return step_of_body(alternative); }, body);
}

std::size_t element_count(const ActionBody& body) {
  std::size_t count = 1;
  if (const auto* place = std::get_if<PlaceOrders>(&body)) count = place->orders.size();
  if (const auto* modify = std::get_if<ModifyOrders>(&body)) count = modify->modifies.size();
  if (const auto* cancel = std::get_if<CancelOrders>(&body)) count = cancel->cancels.size();
  return std::max<std::size_t>(count, 1);
}

bool needs_user_key(const ActionBody& body) {
  return std::visit(
      [](const auto& alternative) {
        return kIsOneOf<std::decay_t<decltype(alternative)>, UsdClassTransfer, UsdSend, SpotSend,
                        SubAccountTransfer, ApproveAgent, ApproveBuilderFee, CreateVault,
                        VaultTransfer>;
      },
      body);
}

bool is_cancel(const ActionBody& body) {
  return std::visit(
      [](const auto& alternative) {
        return kIsOneOf<std::decay_t<decltype(alternative)>, CancelOrders, CancelAll, TwapCancel,
                        ScheduleCancel>;
      },
      body);
}

}  // namespace ol::exchange
