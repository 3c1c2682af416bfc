#pragma once

#include "context.hpp"

namespace ol::exchange {

/// A part of a vault on its way out: what it is worth and how the vault comes to the cash for it
/// (dex.md 13.2, ADR 41).
class VaultPart {
 public:
  /// @pre 0 < shares <= total_shares. Settles the vault's funding.
  VaultPart(Context& ctx, AccountIndex vault, Int128 shares, Int128 total_shares);

  /// What the part pays: its share of what the vault was worth, less all that coming to the cash
  /// cost, which so is nobody else's; no more than its share of what the vault is worth now.
  [[nodiscard]] Int128 gross();
  /// Whether the vault can pay that.
  [[nodiscard]] bool covered();
  /// Until it can: takes the vault's resting orders away, moves its free spot dollars over, closes
  /// the part's share of its positions at the market, sells the part's share of its tokens.
  void raise_cash();

 private:
  void cancel_orders();
  void move_spot_dollars();
  void reduce_positions();
  void release_isolated(MarketIndex market, Int128 av_before);
  void sell_tokens();
  void trade(MarketIndex market, Side side, Int128 lots, Int128 lots_most, std::uint64_t px);

  Context& ctx_;
  AccountIndex vault_;
  Int128 shares_;
  Int128 total_;
  std::uint64_t matched_before_;
  Int128 before_;  // equity
};

}  // namespace ol::exchange
