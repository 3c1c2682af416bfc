#include <ol/consensus/kernel.hpp>

#include <algorithm>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

constexpr std::size_t kWaitingCertificatesMax = 1024;
constexpr std::size_t kReportedViewsMax = 1024;

// Where the last run stopped: past every view it voted or proposed in or knows to be over, but not
// past the view it left by timeout, which the others may not have left yet.
View resumed_view(const SafetyRecord& record) {
  View highest =
      std::max({record.high_qc.view(), record.last_vote.view, record.last_proposal.view});
  if (record.high_tc) highest = std::max(highest, record.high_tc->view);
  return std::max(highest.next(), record.last_timeout_view);
}

// A child must be one higher and later than its parent. specs/consensus.md section 3.
bool is_sound_child(const primitives::Header& child, const primitives::Header& parent) {
  return child.height == parent.height.next() && child.time > parent.time &&
         child.view > parent.view;
}

}  // namespace

SafetyRecord first_record(const CommittedBlock& root, Epoch epoch) {
  SafetyRecord record;
  record.epoch = epoch;
  record.lock = {root.block->header.view, root.block->hash};
  record.high_qc = root.certificate;
  return record;
}

Kernel::Kernel(const KernelConfig& config, const primitives::ValidatorSet& set,
               const VotingRule& rule, const LeaderSchedule& leaders, const CommittedBlock& root,
               std::optional<SafetyRecord> record)
    : config_(config),
      rule_(rule),
      leaders_(leaders),
      set_hash_(set.hash(config_.domain)),
      tree_(root.block, root.certificate),
      record_(record && !kMutantForgetRecord ? *std::move(record)
                                             : first_record(root, set.epoch())),
      backoff_(config_.pace.timeout_base_ms, config_.pace.timeout_max_ms,
               config_.pace.timeout_growth_percent),
      new_views_(set) {
  OL_CHECK(record_.epoch == set.epoch(), "the record is of this epoch");
  if (root.certificate.view() > record_.high_qc.view()) record_.high_qc = root.certificate;
  if (record_.lock.view < root.block->header.view)
    record_.lock = {root.block->header.view, root.block->hash};
  view_ = resumed_view(record_);
  left_view_ = record_.last_timeout_view;
}

Outputs Kernel::step(const Input& input) {
  out_ = Outputs{};
  dirty_ = false;
  if (closed_) return {};
  if (const auto* proposal = std::get_if<ProposalReceived>(&input)) {
    on_proposal(proposal->block);
  } else if (const auto* fetched = std::get_if<BlockFetched>(&input)) {
    take_block(fetched->block, Origin::Certified);
    maybe_propose();
  } else if (const auto* certificate = std::get_if<CertificateReceived>(&input)) {
    learn(certificate->certificate.certificate());
    maybe_propose();
  } else if (const auto* new_view = std::get_if<NewViewReceived>(&input)) {
    on_new_view(new_view->new_view);
  } else if (const auto* timer = std::get_if<TimerFired>(&input)) {
    on_timer(timer->view);
    maybe_propose();
  } else if (const auto* executed = std::get_if<BlockExecuted>(&input)) {
    on_executed(*executed);
  } else if (const auto* built = std::get_if<BlockBuilt>(&input)) {
    on_built(built->block);
  } else if (std::holds_alternative<Started>(input)) {
    out_.timer = TimerRequest{view_, backoff_.timeout_ms()};
    if (tree_.find(record_.high_qc.block()) == nullptr) {
      waiting_certificates_.insert_or_assign(record_.high_qc.block(), record_.high_qc);
      request_block(record_.high_qc.block(), record_.high_qc.height());
    }
    maybe_propose();
  } else if (const auto* over = std::get_if<EpochEnded>(&input)) {
    ended_ = over->proof;
    learn(ended_->certificate());
  }
  finish_epoch();
  if (dirty_ && !closed_) out_.persist = record_;
  return std::move(out_);
}

void Kernel::on_proposal(const VerifiedBlock& proposal) {
  report_rival(proposal);
  take_block(proposal, Origin::Proposal);
  maybe_vote(proposal.block()->hash);
  maybe_propose();
}

void Kernel::on_new_view(const VerifiedNewView& new_view) {
  const NewViewMessage& message = new_view.message();
  learn(message.high_qc);
  const primitives::TimeoutSignature signature{message.sender, message.high_qc.view(),
                                               message.signature};
  new_views_.add(message.sender, message.view, signature);
  // f + 1 validators left a view at or above ours: at least one is honest, so join them.
  if (const auto join = new_views_.join_view(view_)) leave_view(*join);
  if (const auto left = new_views_.quorum_view(view_)) enter_view(left->next());
  maybe_propose();
}

// A view that was left already is still ours: too few others left it, or we did not hear them. Say
// it again in case they did not hear us.
void Kernel::on_timer(View view) {
  if (view != view_) return;
  if (view > left_view_) return leave_view(view);
  say_left();
}

void Kernel::on_executed(const BlockExecuted& executed) {
  BlockTree::Node* node = tree_.find(executed.block);
  if (node == nullptr) return;
  node->execution = executed.verdict;
  maybe_vote(executed.block);
  maybe_propose();
}

void Kernel::on_built(const VerifiedBlock& built) {
  const primitives::Block& block = *built.block();
  if (!config_.self || block.header.view != view_) return;
  if (record_.last_proposal.view >= view_) return;
  record_.last_proposal = {view_, block.hash};
  dirty_ = true;
  out_.proposal = ProposalIntent{built.block()};
  take_block(built, Origin::Proposal);
}

void Kernel::take_block(const VerifiedBlock& block, Origin origin) {
  const primitives::Header& header = block.block()->header;
  if (header.height <= tree_.root().header.height) return;
  if (tree_.find(block.block()->hash) != nullptr) return;
  learn(header.justify);
  if (header.timeout_certificate) learn(*header.timeout_certificate);
  // Learning may have committed past this block's height.
  if (header.height <= tree_.root().header.height) return;
  if (tree_.find(header.parent) == nullptr) {
    keep_orphan(block, origin);
    return;
  }
  insert(block, origin);
  adopt_orphans(block.block()->hash);
}

void Kernel::insert(const VerifiedBlock& block, Origin origin) {
  const BlockHash hash = block.block()->hash;
  const primitives::Header& header = block.block()->header;
  // While an orphan waited, the certificate of its parent may have been forgotten.
  certify(header.parent, header.justify);
  if (!is_sound_child(header, tree_.find(header.parent)->block->header)) return;
  const bool certified = waiting_certificates_.contains(hash);
  if (!tree_.can_insert(*block.block(), certified ? Origin::Certified : origin)) return;
  tree_.insert(block.block(), block.signature(), block.place());
  out_.execute.push_back(block.block());
  if (kMutantCommitOnProposal) commit_by(tree_.chain_of(hash));
  const auto waiting = waiting_certificates_.extract(hash);
  if (!waiting.empty()) certify(hash, waiting.mapped());
}

void Kernel::keep_orphan(const VerifiedBlock& block, Origin origin) {
  const primitives::Header& header = block.block()->header;
  if (const auto known = orphans_.find(block.block()->hash); known != orphans_.end()) {
    if (origin == Origin::Certified) known->second.origin = origin;
    return;
  }
  if (orphans_.size() >= kOrphansMax) {
    // The highest is the least useful: it needs the most ancestors first.
    auto highest =
        std::max_element(orphans_.begin(), orphans_.end(), [](const auto& a, const auto& b) {
          return a.second.block.block()->header.height < b.second.block.block()->header.height;
        });
    if (highest->second.block.block()->header.height <= header.height) return;
    orphans_.erase(highest);
  }
  orphans_.emplace(block.block()->hash, Orphan{block, origin});
  if (!orphans_.contains(header.parent)) request_block(header.parent, header.justify.height());
}

void Kernel::adopt_orphans(const BlockHash& parent) {
  std::vector<BlockHash> grown{parent};
  while (!grown.empty()) {
    const BlockHash current = grown.back();
    grown.pop_back();
    std::vector<BlockHash> children;
    for (const auto& [hash, orphan] : orphans_) {
      if (orphan.block.block()->header.parent == current) children.push_back(hash);
    }
    for (const BlockHash& child : children) {
      const Orphan orphan = orphans_.extract(child).mapped();
      if (tree_.find(current) == nullptr || tree_.find(child) != nullptr) continue;
      insert(orphan.block, orphan.origin);
      if (tree_.find(child) != nullptr) grown.push_back(child);
    }
  }
}

void Kernel::report_rival(const VerifiedBlock& block) {
  const primitives::Header& header = block.block()->header;
  const BlockTree::Node* rival = tree_.rival(header, block.block()->hash);
  if (rival == nullptr || !rival->signature || !block.signature()) return;
  if (reported_views_.size() >= kReportedViewsMax) reported_views_.erase(reported_views_.begin());
  if (!reported_views_.insert(header.view).second) return;
  out_.evidence.push_back(DoubleProposal{.first = rival->block->header,
                                         .first_signature = *rival->signature,
                                         .second = header,
                                         .second_signature = *block.signature()});
}

void Kernel::learn(const QuorumCertificate& certificate) {
  if (certificate.view() > record_.high_qc.view()) record_.high_qc = certificate;
  if (tree_.find(certificate.block()) != nullptr) {
    certify(certificate.block(), certificate);
  } else if (certificate.height() > tree_.root().header.height) {
    if (waiting_certificates_.size() >= kWaitingCertificatesMax)
      waiting_certificates_.erase(waiting_certificates_.begin());
    waiting_certificates_.insert_or_assign(certificate.block(), certificate);
    if (!orphans_.contains(certificate.block()))
      request_block(certificate.block(), certificate.height());
  }
  enter_view(certificate.view().next());
}

void Kernel::learn(const TimeoutCertificate& certificate) {
  if (!record_.high_tc || certificate.view > record_.high_tc->view) record_.high_tc = certificate;
  if (certificate.view >= view_ && certificate.view > left_view_) backoff_.record_timeout();
  enter_view(certificate.view.next());
}

void Kernel::certify(const BlockHash& block, const QuorumCertificate& certificate) {
  BlockTree::Node* node = tree_.find(block);
  if (node->certificate) return;
  node->certificate = certificate;
  const CertifiedChain chain = tree_.chain_of(block);
  record_ = rule_.decide_lock(record_, chain);
  commit_by(chain);
}

void Kernel::commit_by(const CertifiedChain& chain) {
  if (closed_) return;
  const auto final_block = rule_.decide_commit(chain);
  if (!final_block) return;
  const BlockTree::Node* target = tree_.find(final_block->block);
  if (target == nullptr || target->block->header.height <= tree_.root().header.height) return;
  const BlockTree::Node* closing = tree_.closing_below(final_block->block);
  if (closing == nullptr) return commit(final_block->block);
  const BlockHash last = closing->block->hash;
  HandOver proof = prove_end(last, chain.head.block);
  commit(last);
  close(std::move(proof));
}

// Where somebody else's proof says what is final, as soon as the block is here.
void Kernel::finish_epoch() {
  if (ended_ && !closed_ && tree_.find(ended_->block()) != nullptr)
    certify(ended_->block(), ended_->certificate());
  if (ended_ && !closed_ && tree_.find(ended_->block()) != nullptr) {
    if (tree_.root().hash != ended_->block()) commit(ended_->block());
    close(ended_->hand_over());
  }
  if (!closed_) return;
  // Nothing of this step is said in an epoch that is over, and what stands above its end is void.
  Outputs last;
  last.execute = std::move(out_.execute);
  last.commit = std::move(out_.commit);
  last.discarded = std::move(out_.discarded);
  for (BlockPtr& block : tree_.blocks())
    last.discarded.push_back(std::move(block));
  last.evidence = std::move(out_.evidence);
  last.hand_over = std::move(out_.hand_over);
  out_ = std::move(last);
}

void Kernel::close(HandOver proof) {
  closed_ = true;
  out_.hand_over = std::move(proof);
}

HandOver Kernel::prove_end(const BlockHash& closing, const BlockHash& head) const {
  const BlockTree::Node* node = tree_.find(head);
  HandOver proof;
  proof.certificate = *node->certificate;
  for (; node->block->hash != closing; node = tree_.find(node->block->header.parent))
    proof.headers.push_back(node->block->header);
  proof.headers.push_back(node->block->header);
  std::reverse(proof.headers.begin(), proof.headers.end());
  proof.items = node->block->item_hashes;
  proof.change = node->block->payload.back();
  return proof;
}

void Kernel::commit(const BlockHash& target) {
  for (const BlockPtr& block : tree_.path_from_root(target)) {
    const BlockTree::Node* node = tree_.find(block->hash);
    OL_CHECK(node->certificate.has_value(), "a block with a certified descendant is certified");
    out_.commit.push_back({block, *node->certificate});
  }
  for (BlockPtr& block : tree_.commit(target))
    out_.discarded.push_back(std::move(block));
  backoff_.record_commit();
  const Height root = tree_.root().header.height;
  std::erase_if(orphans_, [&](const auto& entry) {
    return entry.second.block.block()->header.height <= root;
  });
  std::erase_if(waiting_certificates_,
                [&](const auto& entry) { return entry.second.height() <= root; });
}

void Kernel::enter_view(View view) {
  if (view <= view_) return;
  view_ = view;
  out_.timer = TimerRequest{view_, backoff_.timeout_ms()};
}

// Leaving a view by timeout ends voting in it for good. The next view begins only once a quorum
// left with us: a validator whose timer alone took it further would never meet the others again,
// since all timers end up at the same length (docs/adr/0003-round-robin-liveness.md).
void Kernel::leave_view(View view) {
  if (view < view_ || view <= left_view_) return;
  backoff_.record_timeout();
  view_ = view;
  left_view_ = view;
  say_left();
}

// The record says so before anyone hears of it.
void Kernel::say_left() {
  out_.timer = TimerRequest{view_, backoff_.timeout_ms()};
  if (!config_.self) return;
  record_.last_timeout_view = view_;
  record_.last_timeout_high_qc_view = record_.high_qc.view();
  dirty_ = true;
  out_.timeout = TimeoutIntent{view_, record_.high_qc};
}

void Kernel::maybe_vote(const BlockHash& hash) {
  if (!config_.self) return;
  const BlockTree::Node* node = tree_.find(hash);
  if (node == nullptr || node->execution != Execution::Valid) return;
  const primitives::Header& header = node->block->header;
  if (header.view != view_) return;
  // What stands on a closing block is there to certify it and thrown away afterwards.
  if (node->place == EpochPlace::After && !node->block->payload.empty()) return;
  VoteFacts facts{.proposal = {header.view, hash},
                  .height = header.height,
                  .justify_view = header.justify.view(),
                  .extends_lock = tree_.extends(hash, record_.lock.block),
                  .timeout = {}};
  if (header.timeout_certificate) facts.timeout = facts_of(*header.timeout_certificate);
  auto next = rule_.decide_vote(record_, facts);
  if (!next) return;
  record_ = *std::move(next);
  dirty_ = true;
  const primitives::VoteSubject subject{.epoch = header.epoch,
                                        .set_hash = set_hash_,
                                        .phase = Phase::Generic,
                                        .height = header.height,
                                        .view = header.view,
                                        .block = hash};
  out_.vote = VoteIntent{subject, leaders_.leader_above(header.view.next(), hash)};
  enter_view(header.view.next());
}

void Kernel::maybe_propose() {
  if (!config_.self) return;
  if (leaders_.leader_above(view_, record_.high_qc.block()) != *config_.self) return;
  if (build_requested_ >= view_ || record_.last_proposal.view >= view_) return;
  std::optional<TimeoutCertificate> timeout;
  if (record_.high_qc.view().next() != view_) {
    const View skipped = View(view_.value() - 1);
    timeout = new_views_.certificate(skipped, record_.epoch, set_hash_);
    if (!timeout && record_.high_tc && record_.high_tc->view == skipped) timeout = record_.high_tc;
    if (!timeout) return;
  }
  const BlockTree::Node* parent = tree_.find(record_.high_qc.block());
  if (parent == nullptr || parent->execution != Execution::Valid) return;
  build_requested_ = view_;
  out_.build = BuildRequest{view_, parent->block, record_.high_qc, std::move(timeout)};
}

void Kernel::request_block(const BlockHash& block, Height height) {
  const auto same = [&](const FetchRequest& request) { return request.block == block; };
  if (std::none_of(out_.fetch.begin(), out_.fetch.end(), same))
    out_.fetch.push_back({block, height});
}

std::vector<QuorumCertificate> Kernel::news() const {
  if (record_.high_qc.is_genesis()) return {};
  return {record_.high_qc};
}

KernelStatus Kernel::status() const {
  return {.view = view_,
          .leader = leaders_.leader_above(view_, record_.high_qc.block()),
          .lock = record_.lock,
          .last_vote = record_.last_vote,
          .high_qc_view = record_.high_qc.view(),
          .high_qc_height = record_.high_qc.height(),
          .committed_height = tree_.root().header.height,
          .timeout_ms = backoff_.timeout_ms(),
          .lost_views = backoff_.lost_views(),
          .tree_blocks = tree_.size(),
          .orphans = orphans_.size(),
          .leavers = new_views_.leavers(view_),
          .slot = 0,
          .rank = 0,
          .halted = false};
}

}  // namespace ol::consensus
