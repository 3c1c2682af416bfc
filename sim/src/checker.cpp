#include <ol/sim/checker.hpp>

#include <fmt/format.h>
#include <ol/sim/trace.hpp>

namespace ol::sim {

using consensus::SafetyRecord;
using primitives::BlockHash;

SafetyChecker::SafetyChecker(std::vector<bool> honest, std::uint32_t quorum,
                             const consensus::BlockPtr& genesis, const Hash256& genesis_state_root)
    : honest_(std::move(honest)), quorum_(quorum), signed_(honest_.size()) {
  agreed_.push_back({genesis->hash, genesis_state_root, 0});
}

bool SafetyChecker::is_honest(ValidatorIndex index) const {
  return index.value() < honest_.size() && honest_[index.value()];
}

void SafetyChecker::report(std::string what) {
  if (!violation_) violation_ = std::move(what);
}

void SafetyChecker::suspect(std::string what) {
  if (!suspicion_) suspicion_ = std::move(what);
}

void SafetyChecker::check_quorum(const primitives::Block& block) {
  std::uint32_t voters = 0;
  for (std::size_t i = 0; i < signed_.size(); ++i) {
    const auto vote = signed_[i].votes.find(block.header.view);
    if (!honest_[i] || (vote != signed_[i].votes.end() && vote->second.block == block.hash))
      ++voters;
  }
  if (voters < quorum_)
    suspect(fmt::format("block {} at height {} is final with {} votes of {}", brief(block.hash),
                        block.header.height.value(), voters, quorum_));
}

void SafetyChecker::on_commit(std::uint32_t node, const primitives::Block& block,
                              const Hash256& state_root) {
  const Height height = block.header.height;
  const Height expected = heights_[node].next();
  if (height != expected) {
    report(fmt::format("node {} committed height {} where {} comes next", node, height.value(),
                       expected.value()));
    return;
  }
  heights_[node] = height;
  if (block.header.parent != agreed_[height.value() - 1].hash) {
    report(fmt::format("node {} committed block {} at height {}, whose parent is not final", node,
                       brief(block.hash), height.value()));
  }
  if (height.value() < agreed_.size()) {
    const Final& final = agreed_[height.value()];
    if (final.hash != block.hash) {
      report(fmt::format("conflicting commits at height {}: node {} has {}, node {} has {}",
                         height.value(), final.first_node, brief(final.hash), node,
                         brief(block.hash)));
    } else if (final.state_root != state_root) {
      report(fmt::format("nodes {} and {} disagree on the state after height {}", final.first_node,
                         node, height.value()));
    }
    return;
  }
  check_quorum(block);
  agreed_.push_back({block.hash, state_root, node});
  for (const auto& item : block.item_hashes) {
    if (!items_.insert(item).second)
      report(fmt::format("an item is final twice, again at height {}", height.value()));
  }
}

void SafetyChecker::check_vote(ValidatorIndex signer, const consensus::VoteMessage& vote) {
  const View view = vote.subject.view;
  const auto [it, fresh] = signed_[signer.value()].votes.emplace(view, vote.subject);
  if (fresh || it->second == vote.subject) return;
  report(fmt::format("validator {} voted for {} and for {} in view {}", signer.value(),
                     brief(it->second.block), brief(vote.subject.block), view.value()));
}

void SafetyChecker::on_signed(ValidatorIndex signer, const consensus::Message& message) {
  if (!is_honest(signer)) return;
  Signed& own = signed_[signer.value()];
  if (const auto* vote = std::get_if<consensus::VoteMessage>(&message)) {
    if (vote->share.voter == signer) check_vote(signer, *vote);
  } else if (const auto* new_view = std::get_if<consensus::NewViewMessage>(&message)) {
    if (new_view->sender != signer) return;
    const View known = new_view->high_qc.view();
    const auto [it, fresh] = own.timeouts.emplace(new_view->view, known);
    if (!fresh && known < it->second)
      report(fmt::format("validator {} left view {} again with an older certificate",
                         signer.value(), new_view->view.value()));
    it->second = std::max(it->second, known);
    if (new_view->last_vote) check_vote(signer, *new_view->last_vote);
  } else if (const auto* proposal = std::get_if<consensus::ProposalMessage>(&message)) {
    if (proposal->header.proposer != signer) return;
    // Without a domain at hand the signature stands for the block: Ed25519 is deterministic.
    BlockHash mark;
    std::copy_n(proposal->signature.bytes.begin(), mark.bytes.size(), mark.bytes.begin());
    const auto [it, fresh] = own.proposals.emplace(proposal->header.view, mark);
    if (!fresh && it->second != mark)
      report(fmt::format("validator {} proposed two blocks in view {}", signer.value(),
                         proposal->header.view.value()));
  }
}

void SafetyChecker::on_vote_cast(ValidatorIndex voter, const consensus::BlockRef& lock,
                                 const consensus::BlockTree& tree,
                                 const primitives::VoteSubject& vote) {
  if (!is_honest(voter)) return;
  const auto& left = signed_[voter.value()].timeouts;
  if (!left.empty() && left.rbegin()->first >= vote.view)
    report(fmt::format("validator {} voted in view {} after it left view {}", voter.value(),
                       vote.view.value(), left.rbegin()->first.value()));
  const consensus::BlockTree::Node* node = tree.find(vote.block);
  if (node == nullptr) return;  // Committed past it in the same step: the lock is above it.
  if (node->block->header.justify.view() > lock.view) return;
  if (tree.extends(vote.block, lock.block)) return;
  suspect(fmt::format("validator {} voted in view {} for {}, against its lock on {} of view {}",
                      voter.value(), vote.view.value(), brief(vote.block), brief(lock.block),
                      lock.view.value()));
}

void SafetyChecker::finish() {
  if (suspicion_) report(*suspicion_);
}

void SafetyChecker::on_restart(std::uint32_t node, ValidatorIndex validator,
                               const primitives::Block& head, const SafetyRecord& record) {
  if (!is_honest(validator)) return;
  const Height height = head.header.height;
  if (height.value() >= agreed_.size() || agreed_[height.value()].hash != head.hash) {
    report(fmt::format("node {} restarted on a head nobody agreed on", node));
  }
  if (height > heights_[node])
    report(fmt::format("node {} restarted above what it committed", node));
  heights_[node] = height;
  const Signed& own = signed_[validator.value()];
  if (!own.votes.empty() && own.votes.rbegin()->first > record.last_vote.view)
    report(fmt::format("validator {} forgot its vote in view {}", validator.value(),
                       own.votes.rbegin()->first.value()));
  if (!own.timeouts.empty() && own.timeouts.rbegin()->first > record.last_timeout_view)
    report(fmt::format("validator {} forgot that it left view {}", validator.value(),
                       own.timeouts.rbegin()->first.value()));
  if (!own.proposals.empty() && own.proposals.rbegin()->first > record.last_proposal.view)
    report(fmt::format("validator {} forgot its proposal in view {}", validator.value(),
                       own.proposals.rbegin()->first.value()));
}

void SafetyChecker::on_punish(ValidatorIndex by, ValidatorIndex whom, std::string_view reason) {
  if (!is_honest(by) || !is_honest(whom)) return;
  report(
      fmt::format("honest node {} punished honest node {}: {}", by.value(), whom.value(), reason));
}

void SafetyChecker::on_evidence(ValidatorIndex by, ValidatorIndex accused) {
  if (!is_honest(by) || !is_honest(accused)) return;
  report(fmt::format("honest node {} accused honest validator {}", by.value(), accused.value()));
}

void SafetyChecker::on_status(ValidatorIndex node, const consensus::KernelStatus& status) {
  if (!is_honest(node)) return;
  if (status.tree_blocks > consensus::BlockTree::kBlocksMax + 1)
    report(
        fmt::format("node {}: the block tree holds {} blocks", node.value(), status.tree_blocks));
  if (status.orphans > consensus::Kernel::kOrphansMax)
    report(fmt::format("node {}: {} orphans", node.value(), status.orphans));
  if (status.lock.view > status.high_qc_view)
    report(fmt::format("node {}: lock above the highest certificate", node.value()));
}

}  // namespace ol::sim
