#include <ol/node/consensus_driver.hpp>

#include <algorithm>

#include <ol/base/hex.hpp>
#include <ol/consensus/vrf_leaders.hpp>
#include <ol/primitives/item.hpp>

namespace ol::node {

using consensus::CertificateMessage;
using consensus::NewViewMessage;
using consensus::ProposalMessage;
using consensus::VoteMessage;
using p2p::Channel;
using primitives::ValidatorIndex;

namespace {

constexpr std::uint64_t kHousekeepingMs = 100;
constexpr std::uint64_t kStatusMs = 1000;
/// What verifying costs, in pairings: the signature of its sender and a certificate each.
constexpr std::uint64_t kProposalWork = 2;
constexpr std::uint64_t kNewViewWork = 2;
constexpr std::uint64_t kVoteWork = 1;
constexpr std::size_t kTimeoutsPerWork = 16;

std::optional<consensus::SlotClock> slots_of(const RuleChoice& rule) {
  if (const auto* clock = std::get_if<consensus::SlotClock>(&rule)) return *clock;
  return std::nullopt;
}

}  // namespace

ConsensusDriver::ConsensusDriver(DriverParts parts, DriverHost& host)
    : domain_(parts.domain),
      set_(&parts.set),
      leaders_(&parts.leaders),
      pace_(parts.pace),
      certificates_ahead_(parts.certificates_ahead),
      host_(host),
      rule_(parts.rule),
      epochs_(parts.epochs),
      votes_(set_->size()),
      signer_(std::move(parts.signer)),
      halted_(parts.halted),
      slots_(slots_of(parts.rule)),
      stored_blocks_(std::move(parts.stored_blocks)) {
  if (!slots_) depth_ = std::get<0>(parts.rule).get().depth();
  sit_down(parts);
}

ConsensusDriver::~ConsensusDriver() = default;

void ConsensusDriver::start(Now now) {
  now_ = now;
  housekeeping_ms_ = now.monotonic_ms + kHousekeepingMs;
  for (primitives::Block& block : stored_blocks_) {
    const primitives::BlockHash hash = block.hash;
    auto verified = verifier_->verify_fetched(std::move(block), hash);
    if (!verified) {
      host_.warn(std::string("a stored block was dropped: ") + describe(verified.error()));
      continue;
    }
    step(consensus::BlockFetched{*std::move(verified)});
  }
  stored_blocks_.clear();
  step(consensus::Started{});
  // A proof that came before its block was stored.
  if (const auto proof = host_.hand_over_of(set_->epoch())) resume_epoch(*proof);
  follow_slots();
}

void ConsensusDriver::on_peer_connected(Now now, const p2p::PeerId& peer) {
  now_ = now;
  peers_.add(peer);
  host_.send(peer, Channel::Request, encode_sync_message(StatusMessage{committed_height()}));
  for (const primitives::QuorumCertificate& certificate : kernel_->news())
    host_.send(peer, Channel::Consensus, encode_message(CertificateMessage{certificate}));
  if (signer_) greet(peer);
}

// What this peer may have missed while the link was down; all of it was signed before.
void ConsensusDriver::greet(const p2p::PeerId& peer) {
  if (slots_) {
    for (const Bytes& vote : recent_votes_)
      host_.send(peer, Channel::Consensus, vote);
    return;
  }
  if (const auto vote = signer_->last_vote();
      vote && peer_of(leader_after(vote->subject)) == peer) {
    host_.send(peer, Channel::Consensus, encode_message(*vote));
  }
  if (const auto new_view = signer_->last_new_view();
      new_view && new_view->view.next() >= kernel_->view()) {
    host_.send(peer, Channel::Consensus, encode_message(*new_view));
  }
}

void ConsensusDriver::on_peer_disconnected(Now now, const p2p::PeerId& peer) {
  now_ = now;
  peers_.remove(peer);
  if (range_ && range_->peer == peer) range_.reset();
}

void ConsensusDriver::on_message(Now now, const p2p::PeerId& peer, Channel channel,
                                 ByteView bytes) {
  now_ = now;
  current_peer_ = peer;
  if (channel == Channel::Consensus) {
    auto message = consensus::decode_message(bytes);
    if (!message) {
      ++counters_.messages_refused;
      host_.punish(peer, std::string("consensus message: ") + describe(message.error()));
      return;
    }
    if (is_present(*message)) {
      std::visit([&](const auto& m) { handle(m, peer); }, *message);
    } else {
      on_other_epoch(*message, peer, bytes);
    }
    return;
  }
  auto message = decode_sync_message(bytes);
  if (!message) {
    ++counters_.messages_refused;
    host_.punish(peer, std::string("sync message: ") + describe(message.error()));
    return;
  }
  on_sync_message(peer, *message);
}

void ConsensusDriver::on_executed(Now now, const primitives::BlockHash& block,
                                  consensus::Execution verdict) {
  now_ = now;
  if (executing_ > 0) --executing_;
  if (verdict == consensus::Execution::Invalid) {
    host_.warn("block " + to_hex(block.view()).substr(0, 16) +
               " does not execute; not voting for it");
  }
  step(consensus::BlockExecuted{block, verdict});
  sync_if_behind();
}

void ConsensusDriver::on_built(Now now, BuiltPayload payload) {
  now_ = now;
  if (!build_ || build_->request.view != payload.view) return;
  const consensus::BuildRequest request = std::move(build_->request);
  build_.reset();
  const primitives::Header& parent = request.parent->header;
  primitives::Header header;
  header.chain_id = domain_.chain_id;
  header.epoch = set_->epoch();
  header.height = parent.height.next();
  header.view = request.view;
  header.parent = request.parent->hash;
  header.justify = request.justify;
  header.timeout_certificate = request.timeout_certificate;
  header.time = primitives::TimeMs(std::max(now.wall_ms, parent.time.value() + 1));
  header.proposer = *self_;
  header.parent_state_root = payload.parent.state_root;
  header.parent_receipts_root = payload.parent.receipts_root;
  header.parent_evm_hash = payload.parent.evm_hash;
  header.set_hash = verifier_->set_hash();
  fit_to_epoch(payload.items, request.parent->hash);
  prove_leader(payload.items, request);
  auto block = primitives::Block::propose(domain_, std::move(header), std::move(payload.items));
  step(consensus::BlockBuilt{verifier_->own_block(std::move(block))});
}

// The last item of a block. Where a change of the set must be the last one, and above it, none is.
void ConsensusDriver::prove_leader(std::vector<Bytes>& items,
                                   const consensus::BuildRequest& request) const {
  if (!signer_) return;
  if (epochs_.present != nullptr && consensus::next_setting(*epochs_.present, items)) return;
  const auto challenge = leaders_->challenge(request.view, request.parent->hash);
  if (!challenge) return;
  items.push_back(consensus::encode_leader_item(
      {.randomness = challenge->randomness, .proof = signer_->prove_leader(challenge->input)}));
}

// Who collects a vote: whoever proposes next, on the block that it is for.
ValidatorIndex ConsensusDriver::leader_after(const primitives::VoteSubject& vote) const {
  return leaders_->leader_above(vote.view.next(), vote.block);
}

// Whether we propose in `view` where nothing better than our best certificate turns up.
bool ConsensusDriver::leads(primitives::View view) const {
  return self_ && leaders_->leader_above(view, kernel_->high_qc().block()) == *self_;
}

void ConsensusDriver::on_work(Now now) {
  now_ = now;
  pace_build();
}

void ConsensusDriver::on_tick(Now now) {
  now_ = now;
  if (build_ && !build_->handed_out && now.monotonic_ms >= build_deadline_ms_) pace_build();
  if (timer_ && now.monotonic_ms >= timer_deadline_ms_) {
    const primitives::View view = timer_->view;
    timer_.reset();
    timer_deadline_ms_ = UINT64_MAX;
    step(consensus::TimerFired{view});
  }
  if (now.monotonic_ms >= slot_deadline_ms_) follow_slots();
  if (now.monotonic_ms >= housekeeping_ms_) {
    // The wall clock may have been set.
    follow_slots();
    housekeeping_ms_ = now.monotonic_ms + kHousekeepingMs;
    retry_requests();
    sync_if_behind();
    if (now.monotonic_ms >= status_ms_) {
      status_ms_ = now.monotonic_ms + kStatusMs;
      host_.broadcast(Channel::Request, encode_sync_message(StatusMessage{committed_height()}));
    }
  }
}

std::uint64_t ConsensusDriver::next_deadline() const {
  const std::uint64_t build = build_ && !build_->handed_out ? build_deadline_ms_ : UINT64_MAX;
  return std::min({timer_deadline_ms_, build, slot_deadline_ms_, housekeeping_ms_});
}

// Rounds begin by the wall clock alone; all else in a driver paces by the monotonic one.
void ConsensusDriver::follow_slots() {
  if (!slots_) return;
  const primitives::View current = slots_->view_at(now_.wall_ms);
  if (current > kernel_->view()) step(consensus::TimerFired{current});
  const std::uint64_t next_ms = slots_->start_ms(current.next());
  slot_deadline_ms_ = now_.monotonic_ms + (next_ms > now_.wall_ms ? next_ms - now_.wall_ms : 0);
}

// Whether a round begins later than clocks may differ.
bool ConsensusDriver::is_early(primitives::View view) const {
  return slots_ && slots_->start_ms(view) > now_.wall_ms + kClockDriftMaxMs;
}

// Inputs that arise while one is being applied wait their turn: the kernel is never re-entered.
void ConsensusDriver::step(const consensus::Input& input) {
  inputs_.push_back(input);
  if (stepping_) return;
  stepping_ = true;
  while (!inputs_.empty()) {
    const consensus::Input next = std::move(inputs_.front());
    inputs_.pop_front();
    apply(kernel_->step(next));
  }
  stepping_ = false;
  collector_->forget_through(kernel_->vote_floor());
  votes_.on_view(kernel_->view());
}

void ConsensusDriver::apply(consensus::Outputs outputs) {
  if (outputs.conflict) alert(*outputs.conflict);
  if (outputs.timer) {
    timer_ = outputs.timer;
    timer_deadline_ms_ = now_.monotonic_ms + outputs.timer->duration_ms;
    if (build_ && build_->request.view < outputs.timer->view) build_.reset();
  }
  for (consensus::BlockPtr& block : outputs.execute) {
    fetches_.erase(block->hash);
    ++executing_;
    host_.execute(std::move(block));
  }
  sign_and_send(outputs);
  if (outputs.share)
    host_.broadcast(Channel::Consensus, encode_message(CertificateMessage{*outputs.share}));
  counters_.blocks_committed += outputs.commit.size();
  if (outputs.hand_over) return end_epoch(std::move(outputs));
  if (!outputs.commit.empty()) host_.commit(std::move(outputs.commit));
  if (!outputs.discarded.empty()) host_.discard(std::move(outputs.discarded));
  if (outputs.build) {
    build_ = PendingBuild{*std::move(outputs.build), false};
    pace_build();
    share_certificate();
  }
  for (const consensus::FetchRequest& request : outputs.fetch)
    fetch(request);
  for (const consensus::Evidence& evidence : outputs.evidence) {
    ++counters_.evidence;
    host_.on_evidence(evidence);
  }
}

// On the disk before anything else: a restart must not forget it.
void ConsensusDriver::alert(const consensus::Conflict& conflict) {
  host_.on_conflict(conflict);
  halted_ = true;
  const auto name = [](const primitives::QuorumCertificate& one) {
    return "block " + to_hex(one.block().view()) + " (round " + std::to_string(one.view().value()) +
           ")";
  };
  host_.warn("ALERT: two blocks are certified final at height " +
             std::to_string(conflict.first.height().value()) + ": " + name(conflict.first) +
             " and " + name(conflict.second) +
             ". A third or more of the weight signed both. This node finalises nothing more; keep "
             "its data directory as evidence and agree with the other operators how to go on.");
}

void ConsensusDriver::handle(const ProposalMessage& message, const p2p::PeerId& peer) {
  ++counters_.proposals_received;
  const primitives::Header& header = message.header;
  if (header.height <= committed_height()) return;
  if (header.time.value() > now_.wall_ms + kClockDriftMaxMs) {
    host_.warn("a proposal is " + std::to_string(header.time.value() - now_.wall_ms) +
               " ms in the future; check the clocks of this node and of validator " +
               std::to_string(header.proposer.value()));
    return;
  }
  if (is_early(header.view)) {
    host_.warn(
        "a proposal is for a slot that has not begun; check the clocks of this node and of "
        "validator " +
        std::to_string(header.proposer.value()));
    return;
  }
  const primitives::BlockHash hash = block_hash(domain_, header);
  if (kernel_->tree().find(hash) != nullptr || proposals_.contains(hash)) return;
  const std::size_t timeouts =
      header.timeout_certificate ? header.timeout_certificate->signatures.size() : 0;
  if (!may_verify(peer, kProposalWork + timeouts / kTimeoutsPerWork)) return;
  auto verified = verifier_->verify_proposal(message);
  if (!verified) {
    refuse(peer, "proposal", verified.error());
    return;
  }
  stop_if_foreign(header, hash);
  begin_proposal(*std::move(verified), message.items, peer);
}

void ConsensusDriver::handle(const VoteMessage& message, const p2p::PeerId& peer) {
  ++counters_.votes_received;
  // A vote is taken from its voter's own link only, and where it is meant for a leader, by that
  // one.
  if (validator_of(peer) != message.share.voter) {
    static_cast<void>(host_.admit(peer, PeerWork::Useless, 1));
    return;
  }
  if (!may_verify(peer, kVoteWork)) return;
  if (slots_) return collect(message);
  if (!self_ || leader_after(message.subject) != *self_) return;
  collect(message);
}

void ConsensusDriver::handle(const NewViewMessage& message, const p2p::PeerId& peer) {
  ++counters_.new_views_received;
  if (!may_verify(peer, kNewViewWork)) return;
  auto verified = verifier_->verify_new_view(message);
  if (!verified) {
    refuse(peer, "new-view", verified.error());
    return;
  }
  if (signer_ && signer_->is_foreign(message)) {
    become_observer("a timeout signed with this validator's key came from elsewhere");
  }
  if (message.high_qc.view().next() < kernel_->high_qc().view()) {
    host_.send(peer, Channel::Consensus, encode_message(CertificateMessage{kernel_->high_qc()}));
  }
  if (self_ && message.last_vote && leads(message.view.next())) collect(*message.last_vote);
  // That vote may have ended the epoch that the message was verified in.
  if (message.epoch != set_->epoch()) return;
  step(consensus::NewViewReceived{*std::move(verified)});
}

void ConsensusDriver::handle(const CertificateMessage& message, const p2p::PeerId& peer) {
  ++counters_.certificates_received;
  // Under two_phase a second certificate for a final height is the one thing to stop at.
  if (message.certificate.height() <= committed_height() && !slots_) return;
  if (!may_verify(peer, 1)) return;
  auto verified = verifier_->verify_certificate(message.certificate);
  if (!verified) {
    refuse(peer, "certificate", verified.error());
    return;
  }
  step(consensus::CertificateReceived{*std::move(verified)});
}

void ConsensusDriver::handle(const consensus::ReproposalMessage& message, const p2p::PeerId& peer) {
  ++counters_.proposals_received;
  if (message.certificate.height() <= committed_height() || is_early(message.view)) return;
  if (!may_verify(peer, kProposalWork)) return;
  auto verified = verifier_->verify_reproposal(message);
  if (!verified) {
    refuse(peer, "re-proposal", verified.error());
    return;
  }
  const primitives::BlockHash& block = message.certificate.block();
  if (signer_ && leaders_->leader(message.view) == self_ &&
      signer_->is_foreign(consensus::BlockRef{message.view, block})) {
    become_observer("a re-proposal signed with this validator's key came from elsewhere");
  }
  step(consensus::ReproposalReceived{*std::move(verified)});
}

void ConsensusDriver::collect(const VoteMessage& vote) {
  votes_.on_vote(vote.subject.view, vote.share.voter, now_.monotonic_ms);
  auto outcome = collector_->add(vote);
  for (const consensus::Evidence& evidence : outcome.evidence) {
    ++counters_.evidence;
    host_.on_evidence(evidence);
  }
  if (outcome.certificate) ++counters_.certificates_formed;
  auto& made = outcome.certificate ? outcome.certificate : outcome.fuller;
  if (made) step(consensus::CertificateReceived{verifier_->own_certificate(*std::move(made))});
}

void ConsensusDriver::refuse(const p2p::PeerId& peer, const char* what,
                             consensus::VerifyError error) {
  ++counters_.messages_refused;
  host_.punish(peer, std::string(what) + ": " + describe(error));
}

bool ConsensusDriver::may_verify(const p2p::PeerId& peer, std::uint64_t count) {
  if (host_.admit(peer, PeerWork::Verify, count)) return true;
  ++counters_.messages_dropped;
  return false;
}

// Proposes at once when there is work, at the chain's smallest interval; otherwise an empty block
// keeps the chain alive at a slower pace. specs/consensus.md section 8.
void ConsensusDriver::pace_build() {
  if (!build_ || build_->handed_out) return;
  const consensus::BlockPtr& parent = build_->request.parent;
  // The slot clock has set the pace already.
  if (slots_) {
    build_->handed_out = true;
    host_.build(build_->request);
    return;
  }
  const bool work = recent_work(parent) || host_.has_work();
  std::uint64_t interval = work ? pace_.min_block_interval_ms : pace_.empty_block_interval_ms;
  if (host_.hurries(parent->header.height.next())) interval = 0;
  const std::uint64_t due_ms = parent->header.time.value() + interval;
  if (now_.wall_ms < due_ms) {
    // A parent from a faster clock never delays a proposal past one interval.
    build_deadline_ms_ = now_.monotonic_ms + std::min(due_ms - now_.wall_ms, interval);
    return;
  }
  build_->handed_out = true;
  host_.build(build_->request);
}

// The certificate travels in our proposal. While that waits for its interval, what the certificate
// makes final would wait too, at every node but this one; so it goes ahead alone.
void ConsensusDriver::share_certificate() {
  if (!certificates_ahead_ || !signing_ || !build_ || build_->handed_out) return;
  const consensus::BuildRequest& request = build_->request;
  if (request.timeout_certificate || request.justify.is_genesis()) return;
  host_.broadcast(Channel::Consensus, encode_message(CertificateMessage{request.justify}));
}

// A commit needs the blocks of the rule's depth certified, and one more proposal to spread the last
// certificate, so proposers go on without pause while one of that many blocks held work.
bool ConsensusDriver::recent_work(const consensus::BlockPtr& parent) const {
  const consensus::BlockTree& tree = kernel_->tree();
  const consensus::BlockTree::Node* node = tree.find(parent->hash);
  // Until it is final nothing else can be done.
  if (node != nullptr && node->place != consensus::EpochPlace::Within) return true;
  for (std::uint32_t depth = 0; depth < depth_ && node != nullptr; ++depth) {
    if (primitives::has_work(*node->block)) return true;
    node = tree.find(node->block->header.parent);
  }
  return false;
}

std::optional<ValidatorIndex> ConsensusDriver::validator_of(const p2p::PeerId& peer) const {
  return set_->index_of_network_key(peer.key());
}

std::optional<p2p::PeerId> ConsensusDriver::peer_of(ValidatorIndex index) const {
  const primitives::Validator* validator = set_->find(index);
  if (validator == nullptr) return std::nullopt;
  return p2p::PeerId(validator->network_key);
}

}  // namespace ol::node
