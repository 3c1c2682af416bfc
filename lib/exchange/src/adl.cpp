#include "adl.hpp"

#include "liquidation_math.hpp"
#include "margin.hpp"

namespace ol::exchange {

bool AdlCandidate::comes_before(const AdlCandidate& other) const {
  if (profitable != other.profitable) return profitable;
  if (score != other.score) return score > other.score;
  return address < other.address;
}

void AdlRanking::forget(AccountIndex account) {
  const auto place = places_.find(account);
  if (place == places_.end()) return;
  ranked_.erase(place->second);
  places_.erase(place);
}

void AdlRanking::rank(Context& ctx, AccountIndex account) {
  const State& state = ctx.state;
  forget(account);
  unsettled_.erase(account);
  const PerpState* perp = state.find_perp(account, market_);
  if (perp == nullptr || perp->szi == 0 || (perp->szi > 0) != longs_) return;
  settle_funding(ctx, account);
  if (funding_is_due(state, account)) unsettled_.insert(account);
  const Int128 av = bucket_of(state, account, market_).av;
  const AdlScore score = adl_score(perp->szi, perp->entry_ntl, state.markets[market_].mark, av);
  places_[account] =
      ranked_
          .insert({account, state.accounts[account].address, score.profitable,
                   saturating_mul(static_cast<Uint128>(score.r9), static_cast<Uint128>(score.l9)),
                   av})
          .first;
}

// Accounts that own a record changed since the last refresh, and those whose funding does not fit.
std::vector<AccountIndex> AdlRanking::changed(const State& state) const {
  std::set<AccountIndex> out = unsettled_;
  for (std::size_t i = accounts_saved_; i < state.accounts.saved_count(); ++i)
    out.insert(state.accounts.saved_index(i));
  for (std::size_t i = perps_saved_; i < state.perps.saved_count(); ++i)
    out.insert(state.perps[state.perps.saved_index(i)].account);
  out.erase(kNobody);
  std::vector<AccountIndex> sorted(out.begin(), out.end());
  state.sort_by_address(sorted);
  return sorted;
}

const AdlRanking::Ranked& AdlRanking::refresh(Context& ctx) {
  const State& state = ctx.state;
  for (const AccountIndex account : made_ ? changed(state) : state.holders(market_))
    rank(ctx, account);
  made_ = true;
  // Whatever changes from here on is saved anew, and so can be seen.
  static_cast<void>(ctx.state.log.mark());
  accounts_saved_ = state.accounts.saved_count();
  perps_saved_ = state.perps.saved_count();
  return ranked_;
}

}  // namespace ol::exchange
