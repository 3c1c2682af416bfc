#pragma once

#include "placing.hpp"

namespace ol::exchange {

/// What the market's status and prices refuse for now, whoever sends it (dex.md 4.5, 10.4).
[[nodiscard]] std::optional<Error> check_status(const Context& ctx, MarketIndex market,
                                                const Order& order);

/// The checks of dex.md 4.5 before matching, in its order; the first failure. `bbo` is set for
/// BadAloPx. @pre The asset exists.
[[nodiscard]] std::optional<Error> check_order(Context& ctx, const Placer& placer,
                                               MarketIndex market, const Order& order,
                                               std::uint64_t& bbo);

/// MinNtl of an order worth less than the market's least, unless it closes its position
/// (dex.md 4.5).
[[nodiscard]] std::optional<Error> check_min_ntl(const Context& ctx, const Placer& placer,
                                                 MarketIndex market, const Order& order);

/// The checks of a waiting order: its form and its limits; margin is checked when it fires.
[[nodiscard]] std::optional<Error> check_trigger(Context& ctx, const Placer& placer,
                                                 MarketIndex market, const Order& order);

}  // namespace ol::exchange
