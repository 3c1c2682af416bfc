#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <ol/consensus/leader_schedule.hpp>

namespace ol::consensus {

/// A committed block, as far as it says who led.
struct LedView {
  primitives::View view;
  primitives::ValidatorIndex leader;
};

/// Another schedule in which leaders that failed are passed over. Views come in rounds of n. Who
/// leads in a round is decided by the committed blocks of all views that ended two rounds before it
/// began: on these every node that committed so far agrees, whatever it saw of timeouts.
///
/// A validator failed where the last view of its own that tells has no committed block. It then
/// leads again once, `kPenaltyRounds` rounds after the failure, and for good if that view commits.
/// So one that stays down costs one timeout in `kPenaltyRounds` rounds, after the up to three turns
/// it takes until its failure counts. Those passed over at one time never weigh as much as a join
/// threshold; of more, the latest failures count.
///
/// A node that has not committed up to where a round is decided answers with the base schedule and
/// accepts any leader. Bounded memory: the views of `kHistoryRounds` rounds. Not thread-safe: of
/// the consensus thread. Source: specs/consensus.md section 8; docs/adr/0010-leader-reputation.md.
class LeaderReputation final : public LeaderSchedule {
 public:
  static constexpr std::uint64_t kPenaltyRounds = 32;
  /// A round is decided by what was committed this many rounds before it.
  static constexpr std::uint64_t kLagRounds = 2;
  /// What decides a round: failures until the second chance they led to counts.
  static constexpr std::uint64_t kWindowRounds = kPenaltyRounds + 4;
  /// Kept for rounds that lie back.
  static constexpr std::uint64_t kHistoryRounds = kWindowRounds + 8;

  /// `set` must outlive the schedule.
  /// @param history  The committed blocks after genesis or, on a long chain, the last of them:
  ///   `views_needed` views; ascending.
  /// @param from_genesis  Whether `history` starts with the epoch.
  /// @param begins  The view of the block on which the epoch began: it and those below tell
  /// nothing.
  LeaderReputation(std::unique_ptr<LeaderSchedule> base, const primitives::ValidatorSet& set,
                   const std::vector<LedView>& history, bool from_genesis,
                   primitives::View begins = {});

  [[nodiscard]] primitives::ValidatorIndex leader(primitives::View view) const override;
  [[nodiscard]] bool may_lead(primitives::View view,
                              primitives::ValidatorIndex validator) const override;

  /// Takes the next committed block. @pre above the last one.
  void record(LedView committed);
  /// Whether this node knows what decides `view`.
  [[nodiscard]] bool knows(primitives::View view) const;
  /// How many views of history a node of `validators` loads when it starts.
  [[nodiscard]] static std::uint64_t views_needed(std::uint32_t validators) {
    return kHistoryRounds * validators;
  }
  /// Who is passed over in the round of `view`, for status displays; empty where unknown.
  [[nodiscard]] std::vector<primitives::ValidatorIndex> passed_over(primitives::View view) const;

 private:
  /// For each validator the failure that counts against it.
  using Failures = std::vector<std::optional<std::uint64_t>>;
  static constexpr std::size_t kRoundsCached = 4;

  [[nodiscard]] std::uint64_t horizon(primitives::View view) const;
  [[nodiscard]] const Failures& failures(std::uint64_t horizon) const;
  [[nodiscard]] Failures decide(std::uint64_t horizon) const;
  [[nodiscard]] bool has_second_chance(std::uint32_t validator, std::uint64_t failed,
                                       std::uint64_t view) const;

  std::unique_ptr<LeaderSchedule> base_;
  const primitives::ValidatorSet& set_;
  std::uint32_t n_;
  std::uint64_t begins_;
  /// Leaders of committed blocks by view; complete from `since_` up to `head_`.
  std::map<std::uint64_t, std::uint32_t> led_;
  std::uint64_t since_ = 0;
  std::uint64_t head_ = 0;
  mutable std::map<std::uint64_t, Failures> decided_;
};

class VrfLeaders;

/// The schedule of a chain, and the part of it that committed blocks move.
struct Leaders {
  std::unique_ptr<LeaderSchedule> schedule;
  /// Is `schedule`, where the chain passes over failed leaders; otherwise null.
  LeaderReputation* reputation = nullptr;
  /// Is `schedule`, where leaders are drawn from their own proofs; otherwise null.
  VrfLeaders* vrf = nullptr;

  void record(const primitives::Header& committed) {
    if (reputation != nullptr) reputation->record({committed.view, committed.proposer});
  }
};

/// What `genesis` chose, if not LeaderKind::Vrf. Parameters as LeaderReputation's, which `set` must
/// outlive.
[[nodiscard]] Leaders make_leaders(const primitives::Genesis& genesis,
                                   const primitives::ValidatorSet& set,
                                   const std::vector<LedView>& history, bool from_genesis,
                                   primitives::View begins = {});

}  // namespace ol::consensus
