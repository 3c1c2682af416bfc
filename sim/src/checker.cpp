#include <ol/sim/checker.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <ol/sim/trace.hpp>

namespace ol::sim {

using consensus::SafetyRecord;
using primitives::BlockHash;

SafetyChecker::SafetyChecker(std::vector<bool> honest, std::uint32_t quorum,
                             const consensus::BlockPtr& genesis, const Hash256& genesis_state_root,
                             Rule rule)
    : honest_(std::move(honest)),
      quorum_(quorum),
      rule_(rule),
      byzantine_(static_cast<std::uint32_t>(std::count(honest_.begin(), honest_.end(), false))),
      signed_(honest_.size()) {
  agreed_.push_back({genesis->hash, genesis_state_root, 0, View(0)});
}

void SafetyChecker::on_block(const primitives::Block& block) {
  if (!seen_.try_emplace(block.hash, Seen{block.header.view, {}, 0, {}}).second) return;
  if (const auto parent = seen_.find(block.header.parent); parent != seen_.end())
    parent->second.children.push_back(block.hash);
}

bool SafetyChecker::can_be_certified(const Seen& block) const {
  return block.honest_votes + byzantine_ >= quorum_;
}

bool SafetyChecker::can_be_precommitted(const Seen& block) const {
  return std::any_of(block.precommits.begin(), block.precommits.end(),
                     [&](const auto& entry) { return entry.second + byzantine_ >= quorum_; });
}

bool SafetyChecker::is_built_upon(const Seen& block, int depth) const {
  if (depth == 0) return true;
  return std::any_of(block.children.begin(), block.children.end(), [&](const BlockHash& hash) {
    const Seen& child = seen_.at(hash);
    return child.view == block.view.next() && can_be_certified(child) &&
           is_built_upon(child, depth - 1);
  });
}

void SafetyChecker::on_decision(const primitives::Block& target) {
  const auto found = seen_.find(target.hash);
  if (found == seen_.end()) return;
  const Seen& block = found->second;
  if (rule_ == Rule::TwoPhase && can_be_precommitted(block)) return;
  const int above = rule_ == Rule::ThreeChain ? 2 : 1;
  if (rule_ != Rule::TwoPhase && can_be_certified(block) && is_built_upon(block, above)) return;
  suspect(fmt::format("block {} of view {} was committed without the certificates that {} asks for",
                      brief(target.hash), target.header.view.value(), rule_name(rule_)));
}

void SafetyChecker::forget_below(View floor) {
  while (agreed_.size() > 1 && agreed_.front().view < floor) {
    agreed_.pop_front();
    ++forgotten_;
  }
  std::erase_if(seen_, [&](const auto& entry) { return entry.second.view < floor; });
  for (auto& [hash, block] : seen_)
    std::erase_if(block.children, [&](const BlockHash& child) { return !seen_.contains(child); });
  for (Signed& own : signed_) {
    std::erase_if(own.votes, [&](const auto& entry) { return entry.first.first < floor; });
    std::erase_if(own.timeouts, [&](const auto& entry) { return entry.first < floor; });
    std::erase_if(own.proposals, [&](const auto& entry) { return entry.first < floor; });
  }
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
  if (rule_ == Rule::TwoPhase) return;  // on_decision counts precommits.
  std::uint32_t voters = 0;
  for (std::size_t i = 0; i < signed_.size(); ++i) {
    const auto vote = signed_[i].votes.find({block.header.view, primitives::Phase::Generic});
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
  if (height.value() <= forgotten_) return;
  const std::size_t at = height.value() - forgotten_;
  if (block.header.parent != agreed_[at - 1].hash) {
    report(fmt::format("node {} committed block {} at height {}, whose parent is not final", node,
                       brief(block.hash), height.value()));
  }
  if (at < agreed_.size()) {
    const Final& final = agreed_[at];
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
  agreed_.push_back({block.hash, state_root, node, block.header.view});
  for (const auto& item : block.item_hashes) {
    if (!items_.insert(item).second)
      report(fmt::format("an item is final twice, again at height {}", height.value()));
  }
}

void SafetyChecker::check_vote(ValidatorIndex signer, const consensus::VoteMessage& vote) {
  const View view = vote.subject.view;
  const auto [it, fresh] =
      signed_[signer.value()].votes.emplace(std::pair(view, vote.subject.phase), vote.subject);
  if (fresh) {
    const auto block = seen_.find(vote.subject.block);
    if (block == seen_.end()) return;
    if (vote.subject.phase == primitives::Phase::Precommit) {
      ++block->second.precommits[view];
    } else {
      ++block->second.honest_votes;
    }
    return;
  }
  if (it->second == vote.subject) return;
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
  } else if (const auto* again = std::get_if<consensus::ReproposalMessage>(&message)) {
    BlockHash mark;
    std::copy_n(again->signature.bytes.begin(), mark.bytes.size(), mark.bytes.begin());
    const auto [it, fresh] = own.proposals.emplace(again->view, mark);
    if (!fresh && it->second != mark)
      report(fmt::format("validator {} proposed two blocks in view {}", signer.value(),
                         again->view.value()));
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
  if (rule_ != Rule::ThreeChain) return;
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
  if (height.value() < forgotten_ || height > this->height() ||
      agreed_[height.value() - forgotten_].hash != head.hash) {
    report(fmt::format("node {} restarted on a head nobody agreed on", node));
  }
  if (height > heights_[node])
    report(fmt::format("node {} restarted above what it committed", node));
  heights_[node] = height;
  const Signed& own = signed_[validator.value()];
  if (!own.votes.empty() && own.votes.rbegin()->first.first > record.last_vote.view)
    report(fmt::format("validator {} forgot its vote in view {}", validator.value(),
                       own.votes.rbegin()->first.first.value()));
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
