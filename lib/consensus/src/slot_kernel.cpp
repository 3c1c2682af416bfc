#include <ol/consensus/slot_kernel.hpp>

#include <algorithm>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

constexpr std::size_t kReportedViewsMax = 1024;

// specs/consensus.md section 3.
bool is_sound_child(const primitives::Header& child, const primitives::Header& parent) {
  return child.height == parent.height.next() && child.time > parent.time;
}

// Whether a bitmap of signers has all of another's and more.
bool names_more(ByteView more, ByteView fewer) {
  if (more.size() != fewer.size()) return false;
  for (std::size_t i = 0; i < more.size(); ++i)
    if ((fewer[i] & ~more[i]) != 0) return false;
  return !std::ranges::equal(more, fewer);
}

}  // namespace

SlotKernel::SlotKernel(const KernelConfig& config, const primitives::ValidatorSet& set,
                       const LeaderSchedule& leaders, const SlotClock& clock,
                       const CommittedBlock& root, std::optional<SafetyRecord> record)
    : config_(config),
      leaders_(leaders),
      clock_(clock),
      set_hash_(set.hash(config_.domain)),
      tree_(root.block, root.certificate),
      root_certificate_(root.certificate),
      record_(record && !kMutantForgetRecord ? *std::move(record)
                                             : first_record(root, set.epoch())) {
  OL_CHECK(record_.epoch == set.epoch(), "the record is of this epoch");
  if (root.certificate.view() > record_.high_qc.view()) record_.high_qc = root.certificate;
  view_ = std::max({record_.high_qc.view(), record_.last_vote.view, record_.last_proposal.view});
  halted_ = config_.halted;
  final_.emplace(root.block->header.height, root.certificate);
}

Outputs SlotKernel::step(const Input& input) {
  out_ = Outputs{};
  dirty_ = false;
  if (halted_ || closed_) return {};
  if (const auto* proposal = std::get_if<ProposalReceived>(&input)) {
    on_proposal(proposal->block);
  } else if (const auto* again = std::get_if<ReproposalReceived>(&input)) {
    on_reproposal(again->reproposal);
  } else if (const auto* fetched = std::get_if<BlockFetched>(&input)) {
    take_block(fetched->block, Origin::Certified);
  } else if (const auto* certificate = std::get_if<CertificateReceived>(&input)) {
    learn(certificate->certificate.certificate());
  } else if (const auto* timer = std::get_if<TimerFired>(&input)) {
    on_round(timer->view);
  } else if (const auto* executed = std::get_if<BlockExecuted>(&input)) {
    on_executed(*executed);
  } else if (const auto* built = std::get_if<BlockBuilt>(&input)) {
    on_built(built->block);
  } else if (std::holds_alternative<Started>(input)) {
    on_started();
  } else if (const auto* over = std::get_if<EpochEnded>(&input)) {
    ended_ = over->proof;
    learn(ended_->certificate());
  }
  finish_epoch();
  if (!halted_ && !closed_) {
    maybe_propose();
    maybe_vote();
  }
  if (dirty_ && !closed_) out_.persist = record_;
  return std::move(out_);
}

void SlotKernel::on_started() {
  // Final before a crash that the block itself did not survive here.
  if (record_.high_qc.subject.phase == Phase::Precommit &&
      record_.high_qc.height() >= next_height())
    learn_final(record_.high_qc);
  if (const auto held = lock(); held && tree_.find(held->block) == nullptr)
    request_block(held->block, next_height());
}

void SlotKernel::on_proposal(const VerifiedBlock& proposal) {
  report_rival(proposal);
  const primitives::Header& header = proposal.block()->header;
  offer(header.view, {.block = proposal.block()->hash,
                      .height = header.height,
                      .leader = header.proposer,
                      .signature = proposal.signature(),
                      .kind = Offer::Kind::Proposal});
  take_block(proposal, Origin::Proposal);
}

void SlotKernel::on_reproposal(const VerifiedReproposal& reproposal) {
  learn(reproposal.certificate());
  offer(reproposal.view(), {.block = reproposal.certificate().block(),
                            .height = reproposal.certificate().height(),
                            .leader = leaders_.leader(reproposal.view()),
                            .signature = reproposal.signature(),
                            .kind = Offer::Kind::Reproposal});
}

// The first of its leader counts; what comes too early or too late is not voted on.
void SlotKernel::offer(View view, const Offer& made) {
  if (view < view_ || view > View(view_.value() + kViewsAhead)) return;
  const auto [known, fresh] = offers_.emplace(view, made);
  if (!fresh) report_second_offer(view, known->second, made);
}

void SlotKernel::offer_own(const BlockHash& block, Height height) {
  offer(view_, {.block = block,
                .height = height,
                .leader = *config_.self,
                .signature = {},
                .kind = Offer::Kind::Proposal});
}

// Two headers of one view are report_rival's. A block proposed again has the header of an earlier
// view, so what its leader signed is the evidence.
void SlotKernel::report_second_offer(View view, const Offer& first, const Offer& second) {
  if (first.block == second.block || first.leader != second.leader) return;
  if (first.kind == Offer::Kind::Proposal && second.kind == Offer::Kind::Proposal) return;
  if (!first.signature || !second.signature) return;
  if (!note_report(view)) return;
  out_.evidence.push_back(
      DoubleReproposal{.epoch = record_.epoch,
                       .view = view,
                       .leader = first.leader,
                       .first = {first.height, first.block, *first.signature},
                       .second = {second.height, second.block, *second.signature}});
}

// One report of a view is enough.
bool SlotKernel::note_report(View view) {
  if (reported_views_.size() >= kReportedViewsMax) reported_views_.erase(reported_views_.begin());
  return reported_views_.insert(view).second;
}

// Whoever is held to a block tells the others why as a round begins: its leader cannot have its own
// block prepared, and may not know the certificate.
void SlotKernel::on_round(View view) {
  if (view <= view_) return;
  view_ = view;
  std::erase_if(offers_, [&](const auto& entry) { return entry.first < view_; });
  forget_old_rounds();
  if (lock()) out_.share = record_.high_qc;
}

void SlotKernel::on_executed(const BlockExecuted& executed) {
  if (BlockTree::Node* node = tree_.find(executed.block)) node->execution = executed.verdict;
}

void SlotKernel::on_built(const VerifiedBlock& built) {
  const primitives::Block& block = *built.block();
  if (!config_.self || block.header.view != view_) return;
  if (record_.last_proposal.view >= view_) return;
  // While it was being built its height may have been decided, or a certificate may bind us.
  if (block.header.parent != tree_.root().hash || lock()) return;
  record_.last_proposal = {view_, block.hash};
  dirty_ = true;
  out_.proposal = ProposalIntent{built.block()};
  offer_own(block.hash, block.header.height);
  take_block(built, Origin::Proposal);
}

void SlotKernel::take_block(const VerifiedBlock& block, Origin origin) {
  const primitives::Header& header = block.block()->header;
  if (header.height < next_height()) return;
  // The certificate of the parent may make it final, and this block a candidate.
  learn(header.justify);
  if (halted_ || closed_ || header.height < next_height()) return;
  if (tree_.find(block.block()->hash) != nullptr) return;
  if (header.height > next_height()) {
    keep_orphan(block, origin);
    return;
  }
  insert(block, origin);
}

void SlotKernel::insert(const VerifiedBlock& block, Origin origin) {
  const BlockHash hash = block.block()->hash;
  const primitives::Header& header = block.block()->header;
  if (header.parent != tree_.root().hash) return;
  if (!is_sound_child(header, tree_.root().header)) return;
  const auto held = lock();
  const bool certified = waiting_.contains(hash) || (held && held->block == hash);
  if (!tree_.can_insert(*block.block(), certified ? Origin::Certified : origin)) return;
  tree_.insert(block.block(), block.signature(), block.place());
  out_.execute.push_back(block.block());
  const auto waiting = waiting_.extract(hash);
  if (!waiting.empty()) commit(hash, waiting.mapped());
}

void SlotKernel::keep_orphan(const VerifiedBlock& block, Origin origin) {
  if (orphans_.size() >= kOrphansMax) {
    // The highest is the least useful: it needs the most blocks first.
    const auto highest =
        std::max_element(orphans_.begin(), orphans_.end(), [](const auto& a, const auto& b) {
          return a.second.block.block()->header.height < b.second.block.block()->header.height;
        });
    if (highest->second.block.block()->header.height <= block.block()->header.height) return;
    orphans_.erase(highest);
  }
  orphans_.emplace(block.block()->hash, Orphan{block, origin});
}

void SlotKernel::adopt_orphans() {
  std::vector<Orphan> ready;
  std::erase_if(orphans_, [&](const auto& entry) {
    const Height height = entry.second.block.block()->header.height;
    if (height == next_height()) ready.push_back(entry.second);
    return height <= next_height();
  });
  for (const Orphan& orphan : ready)
    take_block(orphan.block, orphan.origin);
}

void SlotKernel::report_rival(const VerifiedBlock& block) {
  const primitives::Header& header = block.block()->header;
  const BlockTree::Node* rival = tree_.rival(header, block.block()->hash);
  if (rival == nullptr || !rival->signature || !block.signature()) return;
  if (!note_report(header.view)) return;
  out_.evidence.push_back(DoubleProposal{.first = rival->block->header,
                                         .first_signature = *rival->signature,
                                         .second = header,
                                         .second_signature = *block.signature()});
}

// Candidates of rounds long gone would pile up while nothing becomes final. One that a late
// certificate names can be fetched again; the locked one stays.
void SlotKernel::forget_old_rounds() {
  const auto held = lock();
  const View floor = std::max(rounds_floor(), root_certificate_.view());
  for (const BlockPtr& block : tree_.blocks()) {
    if (block->header.view > floor) continue;
    if (held && held->block == block->hash) continue;
    tree_.erase(block->hash);
    out_.discarded.push_back(block);
  }
}

void SlotKernel::learn(const QuorumCertificate& certificate) {
  if (certificate.subject.phase == Phase::Prepare) {
    learn_prepared(certificate);
  } else if (certificate.height() <= tree_.root().header.height) {
    check_conflict(certificate);
    take_fuller(certificate);
  } else {
    learn_final(certificate);
  }
}

void SlotKernel::learn_prepared(const QuorumCertificate& certificate) {
  // The others are ahead of us: the block carries the certificate that made its parent final.
  if (certificate.height() > next_height() && !orphans_.contains(certificate.block()))
    request_block(certificate.block(), certificate.height());
  if (certificate.height() != next_height()) return;
  if (certificate.view() <= record_.high_qc.view()) return;
  record_ = decide_lock(record_, certificate);
  if (tree_.find(certificate.block()) == nullptr)
    request_block(certificate.block(), certificate.height());
}

void SlotKernel::learn_final(const QuorumCertificate& certificate) {
  for (const auto& [block, known] : waiting_) {
    if (known.height() == certificate.height() && block != certificate.block()) {
      out_.conflict = Conflict{known, certificate};
      halted_ = true;
      return;
    }
  }
  if (tree_.find(certificate.block()) != nullptr) {
    commit(certificate.block(), certificate);
    return;
  }
  if (waiting_.contains(certificate.block())) return;
  if (waiting_.size() >= kWaitingMax) return;
  waiting_.emplace(certificate.block(), certificate);
  request_block(certificate.block(), certificate.height());
}

// A second block final at one height: more weight is Byzantine than the quorum tolerates. Going on
// would only deepen the fork, so finality ends here and an operator is told. Requirements T5.
void SlotKernel::check_conflict(const QuorumCertificate& certificate) {
  const auto known = final_.find(certificate.height());
  if (known == final_.end() || known->second.block() == certificate.block()) return;
  out_.conflict = Conflict{known->second, certificate};
  halted_ = true;
}

// Votes that came after the quorum's: the next block names these voters too. Requirement TC-CO-23.
void SlotKernel::take_fuller(const QuorumCertificate& certificate) {
  if (certificate.subject != root_certificate_.subject) return;
  if (!names_more(certificate.signers, root_certificate_.signers)) return;
  root_certificate_ = certificate;
}

void SlotKernel::commit(const BlockHash& block, const QuorumCertificate& certificate) {
  const BlockTree::Node* node = tree_.find(block);
  out_.commit.push_back({node->block, certificate});
  closed_ = node->place == EpochPlace::Closing;
  if (closed_) {
    out_.hand_over = HandOver{.headers = {node->block->header},
                              .certificate = certificate,
                              .items = node->block->item_hashes,
                              .change = node->block->payload.back()};
  }
  for (BlockPtr& beside : tree_.commit(block))
    out_.discarded.push_back(std::move(beside));
  root_certificate_ = certificate;
  if (certificate.view() > record_.high_qc.view()) record_.high_qc = certificate;
  if (final_.size() >= kFinalKept) final_.erase(final_.begin());
  final_.emplace(certificate.height(), certificate);
  const Height root = tree_.root().header.height;
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.height() <= root; });
  if (!closed_) adopt_orphans();
}

// The next epoch's kernel begins on the root; nothing of this step is said in one that is over.
void SlotKernel::finish_epoch() {
  if (ended_ && !closed_ && tree_.root().hash == ended_->block()) {
    closed_ = true;
    out_.hand_over = ended_->hand_over();
  }
  if (!closed_) return;
  out_.fetch.clear();
  out_.share.reset();
}

// One vote leaves with each step, so the order matters: to prepare in the round that runs comes
// before a precommit for an earlier one, which that vote then rules out; once this round has its
// prepare certificate, one more prepare vote would only stand in the way.
void SlotKernel::maybe_vote() {
  if (!config_.self) return;
  const auto held = lock();
  if (!held || held->view < view_) maybe_prepare();
  if (!out_.vote) maybe_precommit();
}

const BlockTree::Node* SlotKernel::executed_candidate(const BlockHash& block) const {
  const BlockTree::Node* node = tree_.find(block);
  if (node == nullptr || block == tree_.root().hash) return nullptr;
  return node->execution == Execution::Valid ? node : nullptr;
}

// One block a slot: the slot that made the parent final is over.
bool SlotKernel::slot_is_open(View view) const {
  return clock_.slot_of(view) > clock_.slot_of(root_certificate_.view());
}

void SlotKernel::maybe_prepare() {
  const auto offered = offers_.find(view_);
  if (offered == offers_.end() || !slot_is_open(view_)) return;
  const BlockHash& block = offered->second.block;
  const BlockTree::Node* node = executed_candidate(block);
  if (node == nullptr) return;
  auto next = decide_prepare(record_,
                             {.view = view_, .block = block, .height = node->block->header.height});
  if (next) vote(*next);
}

void SlotKernel::maybe_precommit() {
  const auto held = lock();
  if (!held || record_.high_qc.subject.phase != Phase::Prepare) return;
  if (executed_candidate(held->block) == nullptr) return;
  const auto next = decide_precommit(record_);
  if (next) vote(*next);
}

void SlotKernel::vote(const SafetyRecord& next) {
  record_ = next;
  dirty_ = true;
  const primitives::VoteSubject subject{.epoch = record_.epoch,
                                        .set_hash = set_hash_,
                                        .phase = record_.last_vote_phase,
                                        .height = record_.last_vote_height,
                                        .view = record_.last_vote.view,
                                        .block = record_.last_vote.block};
  out_.vote = VoteIntent{subject, *config_.self, Audience::All};
}

// A block that may be final somewhere is proposed again, unchanged, with the certificate that binds
// its voters; only where none is known is there a new one.
void SlotKernel::maybe_propose() {
  if (!config_.self || view_ == View(0) || leaders_.leader(view_) != *config_.self) return;
  if (record_.last_proposal.view >= view_ || !slot_is_open(view_)) return;
  if (next_height() < record_.high_qc.height()) return;
  if (const auto held = lock()) {
    if (record_.high_qc.subject.phase != Phase::Prepare) return;
    if (tree_.find(held->block) == nullptr || held->view >= view_) return;
    record_.last_proposal = {view_, held->block};
    dirty_ = true;
    out_.reproposal = ReproposalIntent{view_, record_.high_qc};
    offer_own(held->block, next_height());
    return;
  }
  if (build_requested_ >= view_) return;
  const BlockTree::Node* root = tree_.find(tree_.root().hash);
  build_requested_ = view_;
  out_.build = BuildRequest{view_, root->block, root_certificate_, std::nullopt};
}

void SlotKernel::request_block(const BlockHash& block, Height height) {
  const auto same = [&](const FetchRequest& request) { return request.block == block; };
  if (std::none_of(out_.fetch.begin(), out_.fetch.end(), same))
    out_.fetch.push_back({block, height});
}

// The votes of the round that made the root final still count: they name its voters.
View SlotKernel::vote_floor() const {
  const std::uint64_t root = root_certificate_.view().value();
  return std::max(rounds_floor(), View(root == 0 ? 0 : root - 1));
}

View SlotKernel::rounds_floor() const {
  return View(view_.value() > kRoundsKept ? view_.value() - kRoundsKept : 0);
}

std::vector<QuorumCertificate> SlotKernel::news() const {
  std::vector<QuorumCertificate> out;
  if (!root_certificate_.is_genesis()) out.push_back(root_certificate_);
  if (lock()) out.push_back(record_.high_qc);
  return out;
}

KernelStatus SlotKernel::status() const {
  return {.view = view_,
          .leader = leaders_.leader(view_),
          .lock = record_.lock,
          .last_vote = record_.last_vote,
          .high_qc_view = record_.high_qc.view(),
          .high_qc_height = record_.high_qc.height(),
          .committed_height = tree_.root().header.height,
          .timeout_ms = clock_.phase_ms(),
          .lost_views = 0,
          .tree_blocks = tree_.size(),
          .orphans = orphans_.size(),
          .leavers = {},
          .slot = clock_.slot_of(view_),
          .rank = clock_.rank_of(view_),
          .halted = halted_};
}

}  // namespace ol::consensus
