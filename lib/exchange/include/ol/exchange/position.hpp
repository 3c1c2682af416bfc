#pragma once

#include <cstdint>

#include <ol/exchange/arith.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// Size and entry of a position (dex.md 2.3). Reporting and the ADL key; solvency is cash based.
struct Entry {
  std::int64_t szi = 0;  // lots, positive is long
  Int128 entry_ntl = 0;  // micro-dollars, same sign as szi

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// An entry after a fill, and the profit that reports show for the part closed.
struct EntryChange {
  Entry entry;
  Int128 realised = 0;
};

/// Trades `sz` lots at `px` against the entry: adds, reduces by truncated shares, or closes fully
/// and opens the rest (dex.md 2.3). @pre sz > 0 and the sizes stay within 63 bits.
[[nodiscard]] EntryChange change_entry(const Entry& entry, Side side, std::uint64_t sz,
                                       std::uint64_t px);

/// Shares for a deposit into a vault: one per micro-dollar first, later floor_div of the equity's
/// share (dex.md 13.2). Zero where it buys none. @pre usd > 0.
[[nodiscard]] Int128 shares_for_deposit(std::int64_t usd, Int128 total_shares, Int128 equity);

/// What a withdrawal of shares pays (dex.md 13.2), in micro-dollars.
struct VaultPayout {
  Int128 gross = 0;
  Int128 profit = 0;
  Int128 leader_cut = 0;
  Int128 net = 0;
};

/// Fewest shares that an owner of any has: with so many, what a deposit loses to rounding is worth
/// less than a millionth of the vault (ADR 41).
constexpr std::int64_t kVaultSharesLeast = 1'000'000;

/// @param cost_basis  What the withdrawn shares cost.
/// @param cut_ppb     The leader's share of profit, rounded down.
[[nodiscard]] VaultPayout vault_payout(Int128 gross, Int128 cost_basis, std::int64_t cut_ppb);
/// The same of shares. @pre 0 < shares <= total_shares.
[[nodiscard]] VaultPayout vault_payout(Int128 shares, Int128 total_shares, Int128 equity,
                                       Int128 cost_basis, std::int64_t cut_ppb);

}  // namespace ol::exchange
