#include <ol/exchange/position.hpp>

namespace ol::exchange {

EntryChange change_entry(const Entry& entry, Side side, std::uint64_t sz, std::uint64_t px) {
  OL_CHECK(sz > 0, "a fill without size");
  const Int128 delta = sign(side) * Int128{sz};
  const bool increases = entry.szi == 0 || (entry.szi > 0) == (delta > 0);
  if (increases) {
    return {{must_i64(entry.szi + delta), entry.entry_ntl + delta * px}, 0};
  }
  const Int128 held = abs128(entry.szi);
  const Int128 closing = min128(held, Int128{sz});
  const Int128 direction = entry.szi > 0 ? 1 : -1;
  const Int128 closed = trunc_div(entry.entry_ntl * closing, held);
  EntryChange out;
  out.realised = direction * (closing * px) - closed;
  out.entry.szi = must_i64(entry.szi + delta);
  out.entry.entry_ntl = entry.entry_ntl - closed;
  if (Int128{sz} > held) out.entry.entry_ntl = Int128{out.entry.szi} * px;
  return out;
}

Int128 shares_for_deposit(std::int64_t usd, Int128 total_shares, Int128 equity) {
  OL_CHECK(usd > 0, "an empty deposit");
  if (total_shares == 0) return usd;
  if (equity <= 0) return 0;
  return floor_div(usd * total_shares, equity);
}

VaultPayout vault_payout(Int128 shares, Int128 total_shares, Int128 equity, Int128 cost_basis,
                         std::int64_t cut_ppb) {
  OL_CHECK(shares > 0, "a withdrawal without shares");
  OL_CHECK(shares <= total_shares, "more shares than there are");
  return vault_payout(floor_div(shares * max128(0, equity), total_shares), cost_basis, cut_ppb);
}

VaultPayout vault_payout(Int128 gross, Int128 cost_basis, std::int64_t cut_ppb) {
  VaultPayout out;
  out.gross = gross;
  out.profit = max128(0, out.gross - cost_basis);
  out.leader_cut = floor_div(out.profit * cut_ppb, kPpb);
  out.net = out.gross - out.leader_cut;
  return out;
}

}  // namespace ol::exchange
