#pragma once

#include <optional>
#include <ranges>

#include <ol/exchange/state.hpp>

namespace ol::api {

/// What reports say of a bucket: an account's cross positions, or one isolated position (dex.md 8),
/// funding that is due but not yet paid included (11.3). Micro-dollars. The exchange decides by its
/// own figures; these are for reading.
struct MarginView {
  exchange::Int128 value = 0;  // at mark
  exchange::Int128 cash = 0;
  exchange::Int128 notional = 0;
  exchange::Int128 maintenance = 0;
  exchange::Int128 initial = 0;
};

/// An account's records in the perps it has touched. An action that was undone leaves a place whose
/// record is of nobody and of no market (journal.hpp): those are left out.
[[nodiscard]] inline auto held_perps(const exchange::State& state, exchange::AccountIndex account) {
  return state.perps_of(account) |
         std::views::transform(
             [&state](const exchange::State::Place& place) -> const exchange::PerpState& {
               return state.perps[place.index];
             }) |
         std::views::filter(
             [](const exchange::PerpState& perp) { return perp.account != exchange::kNobody; });
}

/// What an account's position owes in funding.
[[nodiscard]] exchange::Int128 funding_due(const exchange::State& state,
                                           const exchange::PerpState& perp);
[[nodiscard]] MarginView cross_margin(const exchange::State& state, exchange::AccountIndex account);
[[nodiscard]] MarginView isolated_margin(const exchange::State& state,
                                         const exchange::PerpState& perp);
/// dex.md 8.4.
[[nodiscard]] exchange::Int128 withdrawable(const exchange::State& state,
                                            exchange::AccountIndex account);
/// Initial margin that a position takes by itself, whatever orders rest beside it.
[[nodiscard]] exchange::Int128 margin_used(const exchange::State& state,
                                           const exchange::PerpState& perp);
/// The mark at which the position's bucket can be liquidated (dex.md 8.7), or nothing where no
/// price above zero does.
[[nodiscard]] std::optional<exchange::Int128> liquidation_px(const exchange::State& state,
                                                             const exchange::PerpState& perp);
/// Equity of an account in micro-dollars: cross, isolated and spot at mark, as the
/// exchange counts a vault's (dex.md 13.2).
[[nodiscard]] exchange::Int128 equity(const exchange::State& state, exchange::AccountIndex account);

}  // namespace ol::api
