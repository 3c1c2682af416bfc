// Who validates now, and going over to those who validate next: docs/adr/0013-epochs.md.
#include <algorithm>

#include <ol/node/consensus_driver.hpp>

namespace ol::node {

using p2p::Channel;
using primitives::Epoch;

namespace {

constexpr std::uint64_t kAskMs = 300;
/// What verifying a proof costs, in pairings: its signatures are those of a few certificates.
constexpr std::uint64_t kHandOverWork = 4;

consensus::VotePhases phases_of(const RuleChoice& rule) {
  return std::holds_alternative<consensus::SlotClock>(rule) ? consensus::VotePhases::TwoPhase
                                                            : consensus::VotePhases::Chained;
}

struct EpochOf {
  Epoch operator()(const consensus::ProposalMessage& m) const { return m.header.epoch; }
  Epoch operator()(const consensus::VoteMessage& m) const { return m.subject.epoch; }
  Epoch operator()(const consensus::NewViewMessage& m) const { return m.epoch; }
  Epoch operator()(const consensus::CertificateMessage& m) const {
    return m.certificate.subject.epoch;
  }
  Epoch operator()(const consensus::ReproposalMessage& m) const {
    return m.certificate.subject.epoch;
  }
};

}  // namespace

// Verifier, vote collector and kernel of the present epoch. A record of an earlier epoch gives way
// to the first of this one; with one of a later epoch, which the chain on this disk has not come
// to, we only follow.
void ConsensusDriver::sit_down(DriverParts& parts) {
  verifier_.emplace(domain_, *set_, parts.scheme, *leaders_, parts.genesis_certificate,
                    consensus::kEd25519Signatures, phases_of(rule_), epochs_);
  collector_.emplace(domain_, *set_, parts.scheme, phases_of(rule_));
  votes_ = VoteWatch(set_->size());
  self_.reset();
  if (signer_ && !foreign_) {
    signer_->leave_seat();
    if (parts.self) {
      const auto seated =
          signer_->take_seat({.set_hash = verifier_->set_hash(),
                              .self = *parts.self,
                              .scheme = parts.scheme,
                              .vote_key = std::move(parts.vote_key),
                              .first = consensus::first_record(parts.root, set_->epoch())});
      if (!seated) host_.fatal("the safety record cannot be written: " + seated.error().message);
      if (seated && *seated == consensus::Seated::Signs) self_ = parts.self;
    }
  }
  signing_ = self_.has_value();
  const bool given = parts.record && parts.record->epoch == set_->epoch();
  const auto record = given ? std::move(parts.record) : signing_ ? signer_->record() : std::nullopt;
  const consensus::KernelConfig config{
      .domain = domain_, .self = self_, .pace = pace_, .halted = halted_};
  if (slots_) {
    kernel_ = std::make_unique<consensus::SlotKernel>(config, *set_, *leaders_, *slots_, parts.root,
                                                      record);
  } else {
    kernel_ = std::make_unique<consensus::Kernel>(config, *set_, std::get<0>(rule_), *leaders_,
                                                  parts.root, record);
  }
}

// The proof is durable before the closing block is: a disk that holds the block holds the proof.
void ConsensusDriver::end_epoch(consensus::Outputs outputs) {
  const consensus::HandOver& proof = *outputs.hand_over;
  auto next = host_.open_epoch(proof, proof.headers.front());
  const consensus::CommittedBlock root =
      outputs.commit.empty() ? root_of_tree() : outputs.commit.back();
  if (!outputs.commit.empty()) host_.commit(std::move(outputs.commit));
  if (!outputs.discarded.empty()) host_.discard(std::move(outputs.discarded));
  for (const consensus::Evidence& evidence : outputs.evidence) {
    ++counters_.evidence;
    host_.on_evidence(evidence);
  }
  if (!next) {
    host_.fatal("the validator set changed, and this node cannot follow the next one");
    return;
  }
  cross(*std::move(next), root);
  announce(proof);
  step(consensus::Started{});
  follow_slots();
  replay_early();
}

void ConsensusDriver::cross(EpochParts next, const consensus::CommittedBlock& root) {
  ++counters_.epochs_entered;
  set_ = &next.setting.set;
  leaders_ = &next.leaders;
  epochs_ = {.present = &next.setting, .before = &next.before};
  // What the old kernel asked for, and what was verified for it.
  inputs_.clear();
  proposals_.clear();
  fetches_.clear();
  recent_votes_.clear();
  build_.reset();
  timer_.reset();
  timer_deadline_ms_ = UINT64_MAX;
  DriverParts parts{.domain = domain_,
                    .set = *set_,
                    .rule = rule_,
                    .leaders = *leaders_,
                    .scheme = *next.setting.scheme,
                    .pace = pace_,
                    .genesis_certificate = root.certificate,
                    .root = root,
                    .record = std::nullopt,
                    .signer = nullptr,
                    .self = next.self,
                    .stored_blocks = {},
                    .certificates_ahead = certificates_ahead_,
                    .epochs = epochs_,
                    .vote_key = std::move(next.vote_key)};
  const bool signed_before = signing_;
  sit_down(parts);
  host_.warn("epoch " + std::to_string(set_->epoch().value()) + " begins above height " +
             std::to_string(root.block->header.height.value()) + " with " +
             std::to_string(set_->size()) + " validators" +
             (signing_        ? "; this node is number " + std::to_string(self_->value())
              : signed_before ? "; this node is no longer one of them and follows"
                              : ""));
}

consensus::CommittedBlock ConsensusDriver::root_of_tree() const {
  const consensus::BlockTree::Node* node = kernel_->tree().find(kernel_->tree().root().hash);
  return {node->block, *node->certificate};
}

// Everyone hears of it ahead of our first words in the new epoch.
void ConsensusDriver::announce(const consensus::HandOver& hand_over) {
  Bytes encoded = consensus::encode_hand_over(hand_over);
  if (encoded.size() > kHandOverBytesMax) return;
  host_.broadcast(Channel::Request, encode_sync_message(HandOverResponse{std::move(encoded)}));
}

bool ConsensusDriver::is_present(const consensus::Message& message) const {
  return std::visit(EpochOf{}, message) == set_->epoch();
}

// Nobody is to blame for being elsewhere: who is behind is told, who is ahead is asked.
void ConsensusDriver::on_other_epoch(const consensus::Message& message, const p2p::PeerId& peer,
                                     ByteView bytes) {
  const Epoch epoch = std::visit(EpochOf{}, message);
  if (epoch > set_->epoch()) {
    keep_early(peer, bytes);
    ask_hand_over(peer);
  } else if (std::holds_alternative<consensus::NewViewMessage>(message)) {
    serve_hand_over(peer, epoch);
  }
}

void ConsensusDriver::keep_early(const p2p::PeerId& peer, ByteView bytes) {
  if (epochs_.present == nullptr) return;
  using From = EarlyMessages::From;
  early_.keep(peer, validator_of(peer) ? From::Validator : From::Stranger, bytes);
}

void ConsensusDriver::replay_early() {
  for (const EarlyMessages::Message& one : early_.take_all()) {
    if (peers_.contains(one.peer)) on_message(now_, one.peer, Channel::Consensus, one.bytes);
  }
}

void ConsensusDriver::ask_hand_over(const p2p::PeerId& peer) {
  if (epochs_.present == nullptr || now_.monotonic_ms < hand_over_asked_ms_) return;
  hand_over_asked_ms_ = now_.monotonic_ms + kAskMs;
  host_.send(peer, Channel::Request, encode_sync_message(HandOverRequest{set_->epoch()}));
}

void ConsensusDriver::serve_hand_over(const p2p::PeerId& peer, Epoch epoch) {
  if (!host_.admit(peer, PeerWork::Serve, kServeAskBytes)) return;
  auto encoded = host_.hand_over_of(epoch);
  if (!encoded || encoded->size() > kHandOverBytesMax) return;
  host_.served(peer, encoded->size());
  host_.send(peer, Channel::Request, encode_sync_message(HandOverResponse{*std::move(encoded)}));
}

void ConsensusDriver::take_hand_over(const p2p::PeerId& peer, const HandOverResponse& response) {
  if (epochs_.present == nullptr) return;
  auto proof = consensus::decode_hand_over(response.encoded);
  if (!proof) {
    host_.punish(peer, std::string("hand-over: ") + describe(proof.error()));
    return;
  }
  if (proof->epoch() != set_->epoch() || !may_verify(peer, kHandOverWork)) return;
  auto verified = verifier_->verify_hand_over(*std::move(proof));
  if (!verified) {
    ++counters_.messages_refused;
    host_.punish(peer, std::string("hand-over: ") + describe(verified.error()));
    return;
  }
  step(consensus::EpochEnded{*std::move(verified)});
}

// This node's own file of a hand-over whose block the disk lost.
void ConsensusDriver::resume_epoch(const Bytes& encoded) {
  auto proof = consensus::decode_hand_over(encoded);
  if (!proof || proof->epoch() != set_->epoch()) return;
  auto verified = verifier_->verify_hand_over(*std::move(proof));
  if (verified) step(consensus::EpochEnded{*std::move(verified)});
}

// A change of the set is the last item of its block; on top of it there is nothing.
void ConsensusDriver::fit_to_epoch(std::vector<Bytes>& items,
                                   const primitives::BlockHash& parent) const {
  if (epochs_.present == nullptr) return;
  const consensus::BlockTree::Node* node = kernel_->tree().find(parent);
  if (node != nullptr && node->place != consensus::EpochPlace::Within) {
    items.clear();
  } else {
    consensus::cut_payload(*epochs_.present, items);
  }
}

}  // namespace ol::node
