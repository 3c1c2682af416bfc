// Evidence: what this node finds and what its peers prove is stored, told to everyone once, logged
// and counted. specs/consensus.md section 9.
#include <ol/base/hex.hpp>

#include "halt_file.hpp"
#include "node_impl.hpp"

namespace ol::node {

namespace {

p2p::GossipVerdict verdict_of(EvidenceStore::Outcome outcome) {
  switch (outcome) {
    case EvidenceStore::Outcome::New:
      return p2p::GossipVerdict::Accept;
    case EvidenceStore::Outcome::NoProof:
      return p2p::GossipVerdict::Reject;
    case EvidenceStore::Outcome::UnknownEpoch:
      return p2p::GossipVerdict::TooEarly;
    case EvidenceStore::Outcome::Known:
    case EvidenceStore::Outcome::Full:
      break;
  }
  return p2p::GossipVerdict::Ignore;
}

}  // namespace

// Only two_phase stops for good: docs/adr/0012-two-phase-kernel.md, 6.
Result<void, NodeError> Node::Impl::open_halt() {
  if (!parts_.genesis.slots) return {};
  const HaltFile file(parts_.config.data_dir);
  const auto conflict = file.read();
  if (!conflict) return fail(NodeError{conflict.error()});
  if (!*conflict) return {};
  halted_ = true;
  log(LogLevel::Error, "finality is halted",
      {{"height", std::to_string((*conflict)->first.height().value())},
       {"block", to_hex((*conflict)->first.block().view())},
       {"other_block", to_hex((*conflict)->second.block().view())},
       {"effect", "this node neither votes nor makes anything final"},
       {"recover", file.how_to_clear()}});
  return {};
}

// On the consensus thread.
void Node::Impl::on_conflict(const consensus::Conflict& conflict) {
  const HaltFile file(parts_.config.data_dir);
  if (auto written = file.write(conflict); !written) {
    fatal("two blocks are certified final at one height, and that cannot be kept: " +
          written.error());
    return;
  }
  log(LogLevel::Error, "finality is halted, over restarts too", {{"recover", file.how_to_clear()}});
}

// On the consensus thread.
void Node::Impl::on_evidence(const consensus::Evidence& evidence) {
  if (const auto* bad = std::get_if<consensus::InvalidShare>(&evidence)) {
    // Proves nothing to others: anyone could have made it.
    log(LogLevel::Error, "invalid share",
        {{"validator", std::to_string(bad->vote.share.voter.value())},
         {"view", std::to_string(bad->vote.subject.view.value())}});
    const MutexLock lock(mutex_);
    ++invalid_shares_[bad->vote.share.voter.value()];
    return;
  }
  take_evidence(encode_evidence(evidence), std::nullopt);
}

// On the io thread: decoding and a look at what is known are cheap, signatures are not.
void Node::Impl::on_evidence_message(const p2p::PeerId& peer, ByteView message) {
  const auto proof = evidence_in(message);
  const auto evidence = proof ? consensus::decode_evidence(*proof) : fail(DecodeError::BadValue);
  if (!evidence) {
    punish(peer, std::string("evidence: ") + describe(evidence.error()));
    return;
  }
  if (evidence_->knows(*evidence)) return;
  // Dropped when busy: whoever connects next tells it again.
  static_cast<void>(check_evidence(peer, to_bytes(*proof), {}));
}

// A punished peer's proofs are not looked at any more.
bool Node::Impl::check_evidence(const p2p::PeerId& from, Bytes proof, std::string gossip_id) {
  const std::size_t bytes = proof.size();
  if (!evidence_waiting_.enter(from, bytes)) return false;
  const bool queued =
      workers_->try_submit([this, from, bytes, one = std::move(proof), id = std::move(gossip_id)] {
        auto verdict = p2p::GossipVerdict::Busy;
        if (!consensus_queue_.is_muted(from, now().monotonic_ms))
          verdict = verdict_of(take_evidence(one, from));
        if (!id.empty()) network_->judge(id, verdict);
        evidence_waiting_.leave(from, bytes);
      });
  if (!queued) evidence_waiting_.leave(from, bytes);
  return queued;
}

std::optional<p2p::GossipVerdict> Node::Impl::on_evidence_gossip(const p2p::PeerId& from,
                                                                 const std::string& id,
                                                                 ByteView proof) {
  const auto evidence = consensus::decode_evidence(proof);
  if (!evidence) return p2p::GossipVerdict::Reject;
  if (evidence_->knows(*evidence)) return p2p::GossipVerdict::Ignore;
  if (check_evidence(from, to_bytes(proof), id)) return std::nullopt;
  return p2p::GossipVerdict::Busy;
}

EvidenceStore::Outcome Node::Impl::take_evidence(const Bytes& proof,
                                                 const std::optional<p2p::PeerId>& from) {
  const auto outcome = evidence_->add(proof);
  if (!outcome) {
    log(LogLevel::Error, "evidence not stored", {{"reason", outcome.error()}});
    return EvidenceStore::Outcome::Known;
  }
  if (*outcome == EvidenceStore::Outcome::NoProof && from) {
    punish(*from, "evidence that proves nothing");
    return *outcome;
  }
  if (*outcome != EvidenceStore::Outcome::New) return *outcome;
  const auto evidence = consensus::decode_evidence(proof);
  log(LogLevel::Error, "evidence of misbehaviour",
      {{"kind", kind_name(*evidence)},
       {"validator", std::to_string(consensus::accused(*evidence).value())},
       {"view", std::to_string(point_of(*evidence).view.value())},
       {"from", from ? from->short_text() : "this node"},
       {"proof", to_hex(proof)}});
  // What came by gossip is published already; publishing it again does nothing.
  if (auto told = network_->publish(topics_.evidence, p2p::share(proof)); !told)
    log(LogLevel::Warn, "evidence not told", {{"reason", p2p::describe(told.error())}});
  return *outcome;
}

// A peer that was away hears of all of it; what it knows costs it a look into a table.
void Node::Impl::tell_evidence(const p2p::PeerId& peer) {
  for (const Bytes& proof : evidence_->list())
    send(peer, p2p::Channel::Gossip, encode_evidence_gossip(proof));
}

std::vector<EvidenceCount> Node::Impl::count_evidence() const {
  std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> counts;
  for (const Bytes& proof : evidence_->list()) {
    const auto evidence = consensus::decode_evidence(proof);
    OL_CHECK(evidence.has_value(), "what was stored decodes");
    ++counts[{consensus::accused(*evidence).value(), kind_name(*evidence)}];
  }
  {
    const MutexLock lock(mutex_);
    for (const auto& [validator, count] : invalid_shares_)
      counts[{validator, "invalid share"}] += count;
  }
  std::vector<EvidenceCount> out;
  out.reserve(counts.size());
  for (const auto& [what, count] : counts)
    out.push_back({.validator = what.first, .kind = what.second, .count = count});
  return out;
}

// Nobody can prove what a proposer had heard, so this is told to the operator of this node alone.
void Node::Impl::on_priced_block(PricedBlock block) {
  block.known_ms = now().wall_ms;
  for (const OracleOmission& one : exchange_->omissions.on_block(block)) {
    const primitives::ValidatorSet& validators = epochs_->find(one.epoch)->set;
    const auto named = [&](std::uint32_t index) {
      return std::to_string(index) + " (" +
             validators.find(primitives::ValidatorIndex(index))->name + ")";
    };
    log(LogLevel::Warn, "a proposer leaves out a validator's prices",
        {{"proposer", named(one.proposer)},
         {"validator", named(one.validator)},
         {"times", std::to_string(OmissionWatch::kRounds)},
         {"height", std::to_string(one.height.value())},
         {"means", "an observation of this node, no proof"},
         {"do",
          "compare ol_observations of other nodes; if they agree, ask the proposer's operator "
          "whether the validator's gossip reaches it (openliquid p2p peers)"}});
    const MutexLock lock(mutex_);
    if (!omissions_.empty() && omissions_.begin()->second.last.epoch != one.epoch)
      omissions_.clear();
    OmissionCount& seen = omissions_[{one.proposer, one.validator}];
    seen.last = one;
    ++seen.count;
  }
}

std::vector<OmissionCount> Node::Impl::oracle_omissions() const {
  const MutexLock lock(mutex_);
  std::vector<OmissionCount> out;
  out.reserve(omissions_.size());
  for (const auto& [who, seen] : omissions_)
    out.push_back(seen);
  return out;
}

}  // namespace ol::node
