#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ol/rpc/registry.hpp>

namespace ol::rpc {

/// A block by the view that proposed it.
struct BlockAt {
  std::uint64_t view = 0;
  primitives::BlockHash block;
};

/// How one validator's votes reach the node that answers, in the views it collects.
struct VoteRecord {
  std::uint64_t seen = 0;
  std::uint64_t missed = 0;
  /// Sum over the seen ones of the time after the first vote of their view.
  std::uint64_t behind_ms = 0;
};

/// Where consensus stands on one node and what it waits for.
struct ConsensusState {
  std::string rule;
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  std::uint32_t leader = 0;
  /// Absent on a node that only follows.
  std::optional<std::uint32_t> validator;
  bool signing = false;
  BlockAt lock;
  BlockAt last_vote;
  std::uint64_t high_certificate_view = 0;
  std::uint64_t high_certificate_height = 0;
  std::uint64_t committed_height = 0;
  /// A claim of its peers.
  std::uint64_t best_peer_height = 0;
  std::uint64_t timeout_ms = 0;
  std::uint32_t lost_views = 0;
  /// "sync", "votes", "ownBlock", "block", "timeouts" or "nothing".
  std::string waiting_for;
  std::uint64_t waiting_view = 0;
  /// Validators.
  std::vector<std::uint32_t> waiting_from;
  /// The same for people, with names.
  std::string waiting_text;
  /// Voted in the view before, where this node collects.
  std::vector<std::uint32_t> voters;
  /// Left the view by timeout.
  std::vector<std::uint32_t> left;
  /// Do not lead now because they failed.
  std::vector<std::uint32_t> passed_over;
  /// By validator.
  std::vector<VoteRecord> votes;
};

/// A proof that a validator broke a rule.
struct EvidenceRecord {
  /// "double proposal" or "double vote".
  std::string kind;
  std::uint32_t validator = 0;
  std::uint64_t epoch = 0;
  std::uint64_t height = 0;
  std::uint64_t view = 0;
  /// Encoded: docs/protocol/consensus-messages.md, "Evidence".
  Bytes proof;
};

/// What the node that answers saw a validator do. Nothing that it could prove to others.
struct Observation {
  /// "oracle omission": `proposer` left out the prices of `validator`
  /// (docs/adr/0028-oracle-omission.md).
  std::string kind;
  std::uint32_t proposer = 0;
  std::uint32_t validator = 0;
  std::uint64_t epoch = 0;
  /// Of the block that was the last straw, the last time.
  std::uint64_t height = 0;
  /// How often, since the node's start.
  std::uint64_t count = 0;
};

/// A validator as its set names it.
struct ValidatorRecord {
  std::string name;
  std::uint64_t weight = 0;
  /// Ed25519: proposals and timeouts.
  Bytes key;
  Bytes bls_key;
  Bytes network_key;
  Address fee_recipient;
};

/// Who validates in the present epoch, by index.
struct ValidatorsAnswer {
  std::uint64_t epoch = 0;
  primitives::SetHash set_hash;
  std::vector<ValidatorRecord> validators;
};

/// How the node answers about consensus. Any rpc thread; nothing here throws or waits for
/// consensus.
class ConsensusBackend {
 public:
  virtual ~ConsensusBackend() = default;
  [[nodiscard]] virtual ConsensusState consensus_state() const = 0;
  /// By validator and view.
  [[nodiscard]] virtual std::vector<EvidenceRecord> evidence() const = 0;
  /// Of the newest epoch that had any, by proposer and validator.
  [[nodiscard]] virtual std::vector<Observation> observations() const = 0;
  [[nodiscard]] virtual ValidatorsAnswer validators() const = 0;
  /// The proofs that ended this epoch and the next ones, at most `count`, encoded
  /// (docs/protocol/epochs.md).
  [[nodiscard]] virtual std::vector<Bytes> epoch_chain(std::uint64_t from_epoch,
                                                       std::size_t count) const = 0;
};

/// ol_consensusState, ol_evidence, ol_observations, ol_validators and ol_epochChain. `backend`
/// outlives the registry.
void add_consensus_methods(Registry& registry, const ConsensusBackend& backend);

}  // namespace ol::rpc
