#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include <ol/exchange/engine.hpp>

namespace ol::exchange::test {

/// Follows debts, pools and buckets from block to block: dex.md 20.5, 20.6 and 20.11.
class SolvencyReference {
 public:
  SolvencyReference(const State& start, const Params& params)
      : params_(params), last_(snapshot_of(start, params)) {}

  /// Takes in a block, `after` being the state that it left. The first thing that does not fit as
  /// text, else empty.
  [[nodiscard]] std::string follow(const BlockInput& block, const BlockResult& result,
                                   const State& after);

  /// What the run met, so that one that tests nothing is seen.
  struct Seen {
    std::uint64_t debts = 0;         // booked
    std::uint64_t repayments = 0;    // blocks that repaid some
    std::uint64_t settles = 0;       // of a market's funding, on the hour
    std::uint64_t sweeps = 0;        // of its surplus
    std::uint64_t bankruptcies = 0;  // buckets whose end at zero was looked at
    std::uint64_t insolvent = 0;     // buckets that prices alone had brought below zero
    std::uint64_t bystanders = 0;    // accounts without positions in blocks without actions

    void add(const Seen& other);
    void print(std::ostream& out) const;
  };
  [[nodiscard]] const Seen& seen() const { return seen_; }

 private:
  struct Pool {
    Int128 settled = 0;  // what it holds once every position is settled
    std::uint64_t positions = 0;
    std::uint64_t hour = 0;
    bool priced = false;  // fresh enough for funding (dex.md 10.4)
  };
  struct Snapshot {
    std::map<Address, std::int64_t> debts;
    std::int64_t insurance = 0;
    std::map<AssetId, Pool> pools;
    // Accounts without positions: cash, and tokens by id.
    std::map<Address, std::map<std::uint32_t, Int128>> flat;
    std::map<Address, std::vector<PerpState>> positions;
    std::map<Address, std::int64_t> cash;
  };

  static Snapshot snapshot_of(const State& state, const Params& params);
  static void add_pools(const State& state, const Params& params, std::map<AssetId, Pool>& out);
  std::string pools(const Snapshot& now, Int128& swept);
  std::string debts(const BlockInput& block, const BlockResult& result, const Snapshot& now,
                    Int128 swept);
  std::string insured(const BlockInput& block, const BlockResult& result, const State& after);
  std::string bankrupts(const BlockInput& block, const BlockResult& result, const State& after);
  std::string bystanders(const BlockInput& block, const BlockResult& result, const Snapshot& now);

  Params params_;
  Snapshot last_;
  Seen seen_;
};

}  // namespace ol::exchange::test
