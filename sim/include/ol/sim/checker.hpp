#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ol/consensus/kernel.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/sim/rule.hpp>

namespace ol::sim {

/// Watches what every honest node does and keeps the first rule that one broke. It knows nothing of
/// how the kernel decides, so it cannot share its mistakes.
///
/// Checked:
///  1. no two honest nodes commit different blocks at one height; committed chains are prefixes;
///  2. a node commits ascending heights, each once, also over restarts;
///  3. equal blocks leave equal state roots, and no item is final twice;
///  4. over all restarts an honest validator signs at most one vote for a (view, phase) and one
///     proposal for a view, leaves a view again only with the same or a newer certificate, and
///     never casts a vote at or below a view it left;
///  5. what left a node is covered by the safety record its disk holds after a crash;
///  6. a vote never goes against the voter's lock;
///  7. a block is final only if a quorum voted for it: all Byzantine validators and at least so
///     many honest ones;
///  8. honest nodes neither punish nor accuse honest nodes;
///  9. bounded collections stay within their bounds;
/// 10. the newest block of a commit is final by the words of its rule: the blocks above it that the
///     rule asks for exist and can have certificates. Only for blocks the checker was shown.
class SafetyChecker {
 public:
  using Height = primitives::Height;
  using View = primitives::View;
  using ValidatorIndex = primitives::ValidatorIndex;

  /// `honest[i]` says whether validator i keeps the rules; `quorum` validators certify a block.
  SafetyChecker(std::vector<bool> honest, std::uint32_t quorum, const consensus::BlockPtr& genesis,
                const Hash256& genesis_state_root, Rule rule = Rule::ThreeChain);

  /// A block that some node made or saw.
  void on_block(const primitives::Block& block);
  /// `target` is the newest of the blocks that one step of an honest node committed.
  void on_decision(const primitives::Block& target);
  /// Nothing of a view below `floor` will be asked about any more: for long runs.
  void forget_below(View floor);

  void on_commit(std::uint32_t node, const primitives::Block& block, const Hash256& state_root);
  /// A message a validator signed is about to leave it for the first time or again.
  void on_signed(ValidatorIndex signer, const consensus::Message& message);
  /// A vote is cast (not repeated), and this is what its voter holds.
  void on_vote_cast(ValidatorIndex voter, const consensus::BlockRef& lock,
                    const consensus::BlockTree& tree, const primitives::VoteSubject& vote);
  /// `node` comes back with this durable head and record.
  void on_restart(std::uint32_t node, ValidatorIndex validator, const primitives::Block& head,
                  const consensus::SafetyRecord& record);
  void on_punish(ValidatorIndex by, ValidatorIndex whom, std::string_view reason);
  void on_evidence(ValidatorIndex by, ValidatorIndex accused);
  void on_status(ValidatorIndex node, const consensus::KernelStatus& status);
  /// Anything else that must not happen.
  void report(std::string what);

  /// Call at the end: a vote against a lock or a block with too few votes is a violation even if
  /// nothing came of it, but the fork it leads to says more.
  void finish();
  /// The first rule that was broken.
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  /// Height of the longest committed chain.
  [[nodiscard]] Height height() const { return Height(forgotten_ + agreed_.size() - 1); }

 private:
  struct Final {
    primitives::BlockHash hash;
    Hash256 state_root;
    std::uint32_t first_node;
    View view;
  };
  /// What one validator signed, over all its lives.
  struct Signed {
    std::map<std::pair<View, primitives::Phase>, primitives::VoteSubject> votes;
    std::map<View, View> timeouts;
    std::map<View, primitives::BlockHash> proposals;
  };

  struct Seen {
    View view;
    std::vector<primitives::BlockHash> children;
    std::uint32_t honest_votes = 0;
    /// Honest precommits, by the view they were cast in.
    std::map<View, std::uint32_t> precommits;
  };

  [[nodiscard]] bool is_honest(ValidatorIndex index) const;
  /// Whether its honest votes and every Byzantine validator are a quorum.
  [[nodiscard]] bool can_be_certified(const Seen& block) const;
  /// The same for precommits of one view.
  [[nodiscard]] bool can_be_precommitted(const Seen& block) const;
  /// Whether `depth` blocks in the views right above `block`, each on the one before, can have
  /// certificates.
  [[nodiscard]] bool is_built_upon(const Seen& block, int depth) const;
  void check_vote(ValidatorIndex signer, const consensus::VoteMessage& vote);
  void check_quorum(const primitives::Block& block);
  /// Keeps what is reported at the end.
  void suspect(std::string what);

  std::vector<bool> honest_;
  std::uint32_t quorum_;
  Rule rule_;
  std::uint32_t byzantine_ = 0;
  /// Final blocks by height, but for the `forgotten_` lowest.
  std::deque<Final> agreed_;
  std::size_t forgotten_ = 0;
  std::map<primitives::BlockHash, Seen> seen_;
  std::set<primitives::TxnHash> items_;
  std::map<std::uint32_t, Height> heights_;
  std::vector<Signed> signed_;
  std::optional<std::string> violation_;
  std::optional<std::string> suspicion_;
};

}  // namespace ol::sim
