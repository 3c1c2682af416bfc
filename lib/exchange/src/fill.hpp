#pragma once

#include "context.hpp"
#include "margin.hpp"

namespace ol::exchange {

/// The side that closes a position. @pre szi != 0.
[[nodiscard]] constexpr Side closing_side(std::int64_t szi) {
  return szi > 0 ? Side::Sell : Side::Buy;
}

/// One side of a fill.
struct FillSide {
  AccountIndex account = kNobody;
  Side side = Side::Buy;
  bool taker = false;
  FillKind kind = FillKind::Trade;
  Address builder;  // zero: none
  std::uint32_t builder_fee = 0;
  /// Of a liquidation's taker: what the rest of its order may cost the bucket against the mark. The
  /// fee leaves that much, or a fill at the bankruptcy price would find it gone (dex.md 12.3).
  Int128 kept_usd = 0;
  /// Of a liquidation's maker: its rebate waits for the taker's fee, which may be nothing.
  bool rebate_waits = false;
};

/// The id of the block's next fill: 24 bits below the height. The limit of a block's matching is
/// far from them, and what goes beyond it ends with the order or bucket that began within it.
[[nodiscard]] inline std::uint64_t next_tid(Globals& globals) {
  constexpr unsigned kBits = 24;
  OL_CHECK(globals.fills_in_block < (std::uint64_t{1} << kBits),
           "more fills than a block can number");
  return (globals.height << kBits) | globals.fills_in_block++;
}

/// What one side of a fill paid, in micro-dollars or wei of what it received.
struct FillFees {
  Int128 fee = 0;  // negative for a rebate
  Int128 builder = 0;
};

/// Moves a perp's cash and position for one side of a fill, fees included (dex.md 2.2, 8.5, 9).
/// Returns the fees charged, or nothing where an amount left its range; the caller then reverts.
/// @pre Funding is settled.
[[nodiscard]] std::optional<FillFees> fill_perp(Context& ctx, MarketIndex market,
                                                const FillSide& side, std::uint64_t sz,
                                                std::uint64_t px);

/// Whether closing an isolated position may leave less than nothing for the cross bucket.
enum class Shortfall : std::uint8_t { Refuse, Allow };

/// The same without fees and volume, for ADL and settlement.
[[nodiscard]] bool move_position(Context& ctx, AccountIndex account, MarketIndex market, Side side,
                                 std::uint64_t sz, std::uint64_t px, Shortfall shortfall);

/// Moves base and quote of a spot fill for one side (dex.md 6.4). A maker pays from its escrow.
[[nodiscard]] std::optional<FillFees> fill_spot(Context& ctx, MarketIndex market,
                                                const FillSide& side, std::uint64_t sz,
                                                std::uint64_t px);

/// Pays the maker of a liquidation its rebate, as far as the fee pool's part of the taker's fee
/// goes: a trade never costs the protocol (dex.md 9.1). How much.
[[nodiscard]] Int128 pay_rebate(Context& ctx, MarketIndex market, AccountIndex maker,
                                AccountIndex taker, Int128 ntl, Int128 taker_fee);

/// What an account had before a fill: its bucket, its position and its cross cash.
struct Standing {
  Health bucket;
  std::int64_t szi = 0;
  std::int64_t cash = 0;
};

/// Whether the account may make a fill it has just made (dex.md 8.8).
[[nodiscard]] bool admissible(const Context& ctx, AccountIndex account, MarketIndex market,
                              const Standing& before);

/// What an account's family traded in all, which referrals count by (dex.md 9.3 to 9.5, 13.1).
[[nodiscard]] inline Int128 family_volume(const State& state, AccountIndex account) {
  return state.stats[state.accounts[account].family].total;
}

/// The rate an account pays now on one side of a trade, discounts applied (dex.md 9.3).
[[nodiscard]] std::int64_t rate_of(const State& state, AccountIndex account, bool spot, bool taker);

/// What the order would at most cost in fees (dex.md 8.3).
[[nodiscard]] Int128 worst_fee(const State& state, AccountIndex account, Int128 ntl,
                               std::uint32_t builder_fee);

/// Pays micro-dollars into the insurance fund; what bankrupts owe comes first (dex.md 12.6).
void pay_insurance(Context& ctx, std::int64_t usd);
/// Takes up to `missing` out of the insurance fund (dex.md 12.5). How much.
[[nodiscard]] std::int64_t take_insurance(Context& ctx, Int128 missing);
/// Covers what a bucket is short of once its position in the market was closed at the mark: from
/// insurance, the rest as bad debt (dex.md 12.5, 20.5; ADR 30 and 38). A bucket with positions left
/// is the ladder's. @param isolated_av  What an isolated bucket was worth; a cross bucket says
/// itself.
void cover_closed(Context& ctx, AccountIndex account, MarketIndex market, Int128 isolated_av);
/// Credits an account with what nobody could pay and records it as its bad debt (dex.md 12.6).
void book_debt(Context& ctx, AccountIndex debtor, Int128 usd);

}  // namespace ol::exchange
