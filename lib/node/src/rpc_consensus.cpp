#include "node_impl.hpp"
#include "waiting.hpp"

namespace ol::node {
namespace {

std::vector<std::uint32_t> numbers(const std::vector<primitives::ValidatorIndex>& list) {
  std::vector<std::uint32_t> out;
  out.reserve(list.size());
  for (const primitives::ValidatorIndex index : list)
    out.push_back(index.value());
  return out;
}

rpc::BlockAt block_at(const consensus::BlockRef& ref) {
  return {.view = ref.view.value(), .block = ref.block};
}

class NodeConsensusBackend final : public rpc::ConsensusBackend {
 public:
  explicit NodeConsensusBackend(Node::Impl& node) : node_(node) {}

  rpc::ConsensusState consensus_state() const override {
    const ConsensusView view = node_.consensus_view();
    const consensus::KernelStatus& kernel = view.kernel;
    const Waiting waiting = waiting_for(view, *view.set, view.self);
    rpc::ConsensusState out;
    out.rule = primitives::name_of(node_.parts_.genesis.commit_rule);
    out.epoch = view.set->epoch().value();
    out.view = kernel.view.value();
    out.leader = kernel.leader.value();
    if (view.self) out.validator = view.self->value();
    out.signing = view.signing;
    out.lock = block_at(kernel.lock);
    out.last_vote = block_at(kernel.last_vote);
    out.high_certificate_view = kernel.high_qc_view.value();
    out.high_certificate_height = kernel.high_qc_height.value();
    out.committed_height = kernel.committed_height.value();
    out.best_peer_height = view.best_peer_height.value();
    out.timeout_ms = kernel.timeout_ms;
    out.lost_views = kernel.lost_views;
    out.waiting_for = name(waiting.what);
    out.waiting_view = waiting.view.value();
    out.waiting_from = numbers(waiting.from);
    out.waiting_text = waiting.sentence;
    out.voters = numbers(view.voters);
    out.left = numbers(kernel.leavers);
    out.passed_over = numbers(view.passed_over);
    for (const VoteStats& votes : view.votes)
      out.votes.push_back(
          {.seen = votes.seen, .missed = votes.missed, .behind_ms = votes.behind_ms});
    return out;
  }

  std::vector<rpc::EvidenceRecord> evidence() const override {
    std::vector<rpc::EvidenceRecord> out;
    for (Bytes& proof : node_.evidence_->list()) {
      const auto evidence = consensus::decode_evidence(proof);
      OL_CHECK(evidence.has_value(), "what was stored decodes");
      const EvidencePoint point = point_of(*evidence);
      out.push_back({.kind = kind_name(*evidence),
                     .validator = consensus::accused(*evidence).value(),
                     .epoch = point.epoch.value(),
                     .height = point.height.value(),
                     .view = point.view.value(),
                     .proof = std::move(proof)});
    }
    return out;
  }

  std::vector<rpc::Observation> observations() const override {
    std::vector<rpc::Observation> out;
    for (const OmissionCount& one : node_.oracle_omissions()) {
      out.push_back({.kind = "oracle omission",
                     .proposer = one.last.proposer,
                     .validator = one.last.validator,
                     .epoch = one.last.epoch.value(),
                     .height = one.last.height.value(),
                     .count = one.count});
    }
    return out;
  }

  rpc::ValidatorsAnswer validators() const override {
    const primitives::ValidatorSet& set = node_.set();
    rpc::ValidatorsAnswer out{.epoch = set.epoch().value(),
                              .set_hash = set.hash(node_.parts_.genesis.domain),
                              .validators = {}};
    for (std::uint32_t i = 0; i < set.size(); ++i) {
      const primitives::Validator& one = *set.find(primitives::ValidatorIndex(i));
      out.validators.push_back({.name = one.name,
                                .weight = one.weight.value(),
                                .key = to_bytes(one.key.view()),
                                .bls_key = to_bytes(one.bls_key.to_bytes()),
                                .network_key = to_bytes(one.network_key.view()),
                                .fee_recipient = one.fee_recipient});
    }
    return out;
  }

  std::vector<Bytes> epoch_chain(std::uint64_t from_epoch, std::size_t count) const override {
    std::vector<Bytes> out;
    while (out.size() < count) {
      auto proof = node_.epochs_->hand_over(primitives::Epoch(from_epoch + out.size()));
      if (!proof) break;
      out.push_back(*std::move(proof));
    }
    return out;
  }

 private:
  Node::Impl& node_;
};

}  // namespace

std::unique_ptr<rpc::ConsensusBackend> make_consensus_backend(Node::Impl& node) {
  return std::make_unique<NodeConsensusBackend>(node);
}

}  // namespace ol::node
