#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "context.hpp"

namespace ol::exchange {

/// Who closes a position of a bankrupt bucket, and how soon (dex.md 12.6).
struct AdlCandidate {
  AccountIndex account = kNobody;
  Address address;
  bool profitable = false;
  Uint128 score = 0;
  Int128 av = 0;  // of the position's bucket, when it was ranked

  /// Rank: profitable ones first, then by score descending, then address ascending.
  [[nodiscard]] bool comes_before(const AdlCandidate& other) const;
};

/// The holders of one side of a market by rank. Made once in a block's liquidations and kept up
/// after: only accounts are ranked again whose records changed since (State's own journal says
/// which), for marks and the funding index stay during the step. One thread at a time.
///
/// Invariant: after `refresh` the list is the one that ranking every holder anew would give.
class AdlRanking {
 public:
  struct Order {
    bool operator()(const AdlCandidate& a, const AdlCandidate& b) const {
      return a.comes_before(b);
    }
  };
  using Ranked = std::set<AdlCandidate, Order>;

  AdlRanking(MarketIndex market, bool longs) : market_(market), longs_(longs) {}

  /// Settles what funding is due and ranks. @pre No checkpoint from before the last call is
  /// returned to after this one.
  const Ranked& refresh(Context& ctx);

 private:
  void rank(Context& ctx, AccountIndex account);
  void forget(AccountIndex account);
  [[nodiscard]] std::vector<AccountIndex> changed(const State& state) const;

  MarketIndex market_;
  bool longs_;
  bool made_ = false;
  std::size_t accounts_saved_ = 0;  // changes that the list knows of
  std::size_t perps_saved_ = 0;
  Ranked ranked_;
  std::map<AccountIndex, Ranked::iterator> places_;
  std::set<AccountIndex> unsettled_;  // funding beyond its range: it is tried again each time
};

/// Rankings of a block, by market and side, made as they are asked for.
class AdlRankings {
 public:
  [[nodiscard]] AdlRanking& of(MarketIndex market, bool longs) {
    return rankings_.try_emplace({market, longs}, market, longs).first->second;
  }

 private:
  std::map<std::pair<MarketIndex, bool>, AdlRanking> rankings_;
};

}  // namespace ol::exchange
