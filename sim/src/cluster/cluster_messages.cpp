#include <algorithm>

#include <fmt/format.h>
#include <ol/sim/cluster/cluster.hpp>
#include <ol/sim/cluster/liar.hpp>

// Messages: how they travel, what they prove, and what a machine does with them.
namespace ol::sim::cluster {

using consensus::CertificateMessage;
using consensus::Message;
using consensus::NewViewMessage;
using consensus::ProposalMessage;
using consensus::ReproposalMessage;
using consensus::VoteMessage;

namespace {

// How many times longer a delayed message takes than the slowest of the others.
constexpr std::uint64_t kSpikeFactor = 20;
// Views and heights that a late message may still be about: Cluster::forget_old.
constexpr std::uint64_t kRememberedViews = 200;
constexpr std::size_t kRememberedParcels = 4000;
constexpr std::size_t kRememberedBlocks = 500;

// Of a distance: how much longer a message may take.
constexpr std::uint64_t kJitterShare = 20;
// The stand-in's signatures are hashes.
constexpr std::size_t kStandInBytes = Hash256::kSize;

std::size_t bytes_of(const Message& message, const Costs& costs) {
  std::size_t certificates = 0;
  std::size_t shares = 0;
  std::size_t items = 0;
  if (const auto* proposal = std::get_if<ProposalMessage>(&message)) {
    certificates = proposal->header.justify.is_genesis() ? 0 : 1;
    items = costs.items;
  } else if (const auto* left = std::get_if<NewViewMessage>(&message)) {
    certificates = left->high_qc.is_genesis() ? 0 : 1;
    shares = left->last_vote ? 1 : 0;
  } else if (std::holds_alternative<VoteMessage>(message)) {
    shares = 1;
  } else {
    certificates = 1;
  }
  return encode_message(message).size() + items * costs.item_bytes +
         certificates * (costs.certificate_bytes - kStandInBytes) +
         shares * (costs.share_bytes - kStandInBytes);
}

View view_of(const Message& message) {
  if (const auto* proposal = std::get_if<ProposalMessage>(&message)) return proposal->header.view;
  if (const auto* vote = std::get_if<VoteMessage>(&message)) return vote->subject.view;
  if (const auto* left = std::get_if<NewViewMessage>(&message)) return left->view;
  if (const auto* again = std::get_if<ReproposalMessage>(&message)) return again->view;
  return std::get<CertificateMessage>(message).certificate.view();
}

}  // namespace

ParcelId Cluster::pack(Message message, ValidatorIndex author) {
  if (crates_.empty() || crates_.back().size() == kCrateSize)
    crates_.emplace_back().reserve(kCrateSize);
  Parcel& parcel = crates_.back().emplace_back();
  parcel.message = std::move(message);
  parcel.author = author;
  parcel.view = view_of(parcel.message);
  if (!setup_.byzantine.empty()) harvest(parcel);
  if (costs) parcel.bytes = bytes_of(parcel.message, *costs);
  return next_parcel_++;
}

void Cluster::harvest(const Parcel& parcel) {
  const auto keep = [this](const QuorumCertificate& certificate) { harvest(certificate); };
  if (const auto* proposal = std::get_if<ProposalMessage>(&parcel.message)) {
    if (is_honest(parcel.author)) keep(proposal->header.justify);
  } else if (const auto* certificate = std::get_if<CertificateMessage>(&parcel.message)) {
    if (is_honest(parcel.author)) keep(certificate->certificate);
  } else if (const auto* left = std::get_if<NewViewMessage>(&parcel.message)) {
    if (is_honest(parcel.author)) keep(left->high_qc);
    const primitives::TimeoutSignature said{left->sender, left->high_qc.view(), left->signature};
    const auto [it, fresh] = timeouts_[left->view].try_emplace(left->sender, said);
    if (!fresh && said.high_qc_view < it->second.high_qc_view) it->second = said;
  }
}

void Cluster::harvest(const QuorumCertificate& certificate) {
  const bool prepared = certificate.subject.phase == primitives::Phase::Prepare;
  (prepared ? prepared_ : certificates_).try_emplace(certificate.view(), certificate);
}

bool Cluster::passes(NodeId from, NodeId to, View view) {
  if (is_cut(from, to)) return false;
  const auto split = splits_.find(view);
  if (split == splits_.end()) return true;
  if (split->second.until_us == 0) split->second.until_us = queue.now_us() + split->second.hold_us;
  return queue.now_us() >= split->second.until_us ||
         split->second.sides[from] == split->second.sides[to];
}

// What leaves a machine leaves when its work is done.
std::uint64_t Cluster::travel_us(NodeId from, NodeId to) {
  if (!costs) return random.between(conditions.delay_min_us, conditions.delay_max_us);
  const Machine& sender = *machines_[from];
  const std::uint64_t ready_us = std::max(sender.busy_until_us, queue.now_us());
  const std::uint64_t distance_us = costs->distance_us[from * node_count() + to];
  return ready_us - queue.now_us() + distance_us + random.below(1 + distance_us / kJitterShare);
}

void Cluster::work(Machine& machine, std::uint64_t us) {
  machine.busy_until_us = std::max(machine.busy_until_us, queue.now_us()) + us;
  machine.worked_us += us;
}

void Cluster::work_on_certificate(Machine& machine, const QuorumCertificate& certificate) {
  if (certificate.is_genesis() || !machine.verified.insert(certificate.view()).second) return;
  if (machine.verified.size() > kRememberedViews) machine.verified.erase(machine.verified.begin());
  work(machine, costs->verify_us);
}

void Cluster::work_on(Machine& machine, const Parcel& parcel) {
  if (const auto* proposal = std::get_if<ProposalMessage>(&parcel.message)) {
    const auto& left = proposal->header.timeout_certificate;
    const std::uint64_t signatures = 1 + (left ? left->signatures.size() : 0);
    work(machine, signatures * costs->verify_message_us + costs->items * costs->item_ns / 1000);
    work_on_certificate(machine, proposal->header.justify);
  } else if (const auto* left = std::get_if<NewViewMessage>(&parcel.message)) {
    work(machine, costs->verify_message_us);
    work_on_certificate(machine, left->high_qc);
  } else if (const auto* certificate = std::get_if<CertificateMessage>(&parcel.message)) {
    work_on_certificate(machine, certificate->certificate);
  }
}

void Cluster::post(NodeId from, NodeId to, ParcelId id) {
  Machine& sender = *machines_[from];
  if (!sender.is_up()) return;
  if (sender.armed == CrashPoint::WhileSending) {
    if (sender.sends_left == 0) {
      faults.note(Fault::CrashWhileSending);
      crash(from, "while sending");
      return;
    }
    --sender.sends_left;
  }
  const Parcel& sent = parcel(id);
  if (!passes(from, to, sent.view)) {
    faults.note(Fault::CutDropped);
    if (charting()) chart_->lost(queue.now_us(), from, to, text_of(sent));
    return;
  }
  if (conditions.loss_per_mille > 0 && random.chance(conditions.loss_per_mille)) {
    faults.note(Fault::Loss);
    if (charting()) chart_->lost(queue.now_us(), from, to, text_of(sent));
    return;
  }
  sender.bytes_sent += sent.bytes;
  ++sender.messages_sent;
  std::uint64_t copies = 1;
  if (conditions.duplicate_per_mille > 0 && random.chance(conditions.duplicate_per_mille)) {
    faults.note(Fault::Duplicate);
    copies = 2;
  }
  for (; copies > 0; --copies) {
    std::uint64_t delay_us = travel_us(from, to);
    if (conditions.spike_per_mille > 0 && random.chance(conditions.spike_per_mille)) {
      faults.note(Fault::DelaySpike);
      delay_us = random.between(delay_us, conditions.delay_max_us * kSpikeFactor);
    }
    if (charting())
      chart_->arrow(queue.now_us(), from, queue.now_us() + delay_us, to, text_of(sent));
    const std::uint64_t route = std::uint64_t{from} << 48U | std::uint64_t{to} << 32U | id;
    queue.after(delay_us, [this, route] {
      hand(static_cast<NodeId>(route >> 48U), static_cast<NodeId>(route >> 32U & 0xffffU),
           static_cast<ParcelId>(route));
    });
  }
}

void Cluster::broadcast(NodeId from, ParcelId parcel) {
  const std::uint32_t life = machines_[from]->life;
  for (NodeId to = 0; to < node_count(); ++to) {
    if (to != from) post(from, to, parcel);
    if (machines_[from]->life != life) return;
  }
}

void Cluster::hand(NodeId from, NodeId to, ParcelId id) {
  if (id < first_parcel_) return;  // Older than anything a machine still listens to.
  Machine& reader = *machines_[to];
  if (!reader.is_up()) return;
  if (costs && reader.busy_until_us > queue.now_us()) {
    queue.at(reader.busy_until_us, [this, from, to, id] { hand(from, to, id); });
    return;
  }
  if (costs && from != to) work_on(reader, parcel(id));
  take(to, from, parcel(id));
}

void Cluster::judge(Parcel& parcel) {
  parcel.judged = true;
  const auto refuse = [&](consensus::VerifyError error) { parcel.refused = error; };
  if (const auto* proposal = std::get_if<ProposalMessage>(&parcel.message)) {
    auto header = verifier_.verify_proposal(*proposal);
    if (!header) return refuse(header.error());
    const BlockPtr known = find_block(header->hash());
    OL_CHECK(known != nullptr, "who proposes a block has noted it");
    auto block = verifier_.complete(*header, known->payload);
    if (!block) return refuse(block.error());
    parcel.proof = consensus::ProposalReceived{*std::move(block)};
  } else if (const auto* left = std::get_if<NewViewMessage>(&parcel.message)) {
    auto verified = verifier_.verify_new_view(*left);
    if (!verified) return refuse(verified.error());
    parcel.proof = consensus::NewViewReceived{*std::move(verified)};
  } else if (const auto* again = std::get_if<ReproposalMessage>(&parcel.message)) {
    auto verified = verifier_.verify_reproposal(*again);
    if (!verified) return refuse(verified.error());
    parcel.proof = consensus::ReproposalReceived{*std::move(verified)};
  } else if (const auto* message = std::get_if<CertificateMessage>(&parcel.message)) {
    auto verified = verifier_.verify_certificate(message->certificate);
    if (!verified) return refuse(verified.error());
    parcel.proof = consensus::CertificateReceived{*std::move(verified)};
  }
}

void Cluster::take(NodeId node, NodeId from, Parcel& parcel) {
  Machine& m = *machines_[node];
  if (m.liar) m.liar->on_heard(parcel.message);
  if (const auto* vote = std::get_if<VoteMessage>(&parcel.message)) {
    // A vote is taken from its voter's own link only, by the leader it is meant for.
    if (machines_[from]->index == vote->share.voter &&
        (is_slotted() || leaders_of(m).leader(vote->subject.view.next()) == m.index))
      collect(node, *vote);
    return;
  }
  if (!parcel.judged) judge(parcel);
  if (parcel.refused) {
    const char* why = describe(*parcel.refused);
    if (charting())
      say(node, Chart::Mark::Fault, fmt::format("refuses {}: {}", text_of(parcel), why));
    refusals.insert_or_assign({node, parcel.author}, why);
    checker.on_punish(m.index, parcel.author, why);
    return;
  }
  const consensus::Input& proof = *parcel.proof;
  if (const auto* proposal = std::get_if<consensus::ProposalReceived>(&proof)) {
    const primitives::Block& block = *proposal->block.block();
    if (block.header.height <= m.height()) return;
    if (m.kernel->tree().find(block.hash) != nullptr) return;
    if (m.reputation && !m.reputation->may_lead(block.header.view, block.header.proposer)) return;
  } else if (const auto* certified = std::get_if<consensus::CertificateReceived>(&proof)) {
    if (certified->certificate.certificate().height() <= m.height()) return;
  } else if (const auto* new_view = std::get_if<consensus::NewViewReceived>(&proof)) {
    const NewViewMessage& left = new_view->new_view.message();
    if (left.high_qc.view().next() < m.kernel->high_qc().view() && from != node && !m.liar)
      post(node, from, pack(CertificateMessage{m.kernel->high_qc()}, m.index));
    if (!m.is_up()) return;
    if (left.last_vote && leaders_of(m).leader(left.view.next()) == m.index)
      collect(node, *left.last_vote);
  }
  // Parcels stay where they are: `proof` outlives whatever the step sends.
  step(node, proof);
}

void Cluster::collect(NodeId node, const VoteMessage& vote) {
  Machine& m = *machines_[node];
  auto outcome = m.collector->add(vote);
  report(node, outcome.evidence);
  if (outcome.fuller) {
    if (costs) work(m, costs->verify_message_us);
    step(node,
         consensus::CertificateReceived{verifier_.own_certificate(*std::move(outcome.fuller))});
  }
  if (!outcome.certificate) return;
  if (charting()) say(node, Chart::Mark::Note, "certifies " + name(outcome.certificate->block()));
  if (!setup_.byzantine.empty()) harvest(*outcome.certificate);
  if (costs) {
    m.verified.insert(outcome.certificate->view());
    work(m, costs->certify_us);
  }
  step(node,
       consensus::CertificateReceived{verifier_.own_certificate(*std::move(outcome.certificate))});
}

void Cluster::cut(NodeId from, NodeId to, bool is_cut) {
  if (from != to) cut_[from * node_count() + to] = is_cut ? 1 : 0;
}

void Cluster::heal() {
  std::fill(cut_.begin(), cut_.end(), std::uint8_t{0});
  splits_.clear();
  for (NodeId a = 0; a < node_count(); ++a) {
    for (NodeId b = 0; b < node_count(); ++b)
      reconnect(a, b);
  }
}

// What a node sends over a fresh link: ConsensusDriver::on_peer_connected.
void Cluster::reconnect(NodeId a, NodeId b) {
  Machine& m = *machines_[a];
  const std::uint32_t life = m.life;
  if (a == b || !m.is_up() || !machines_[b]->is_up()) return;
  for (const QuorumCertificate& news : m.kernel->news()) {
    post(a, b, pack(CertificateMessage{news}, m.index));
    if (m.life != life) return;
  }
  const auto vote = m.signer->last_vote();
  if (vote) checker.on_signed(m.index, *vote);
  if (vote &&
      (is_slotted() || leaders_of(m).leader(vote->subject.view.next()) == machines_[b]->index))
    post(a, b, pack(*vote, m.index));
  if (m.life != life) return;
  if (const auto left = m.signer->last_new_view()) {
    checker.on_signed(m.index, *left);
    post(a, b, pack(*left, m.index));
  }
}

void Cluster::split_view(View view, std::vector<std::uint8_t> sides, std::uint64_t hold_us) {
  OL_CHECK(sides.size() == node_count(), "every machine is on a side");
  splits_.insert_or_assign(view, Split{std::move(sides), hold_us, 0});
}

BlockPtr Cluster::find_block(const BlockHash& hash) const {
  const auto found = known_.find(hash);
  return found == known_.end() ? nullptr : found->second.block;
}

std::vector<BlockPtr> Cluster::blocks_of(View view) const {
  std::vector<BlockPtr> out;
  if (const auto found = by_view_.find(view); found != by_view_.end()) {
    for (const BlockHash& hash : found->second)
      out.push_back(find_block(hash));
  }
  return out;
}

std::string Cluster::name(const BlockHash& hash) const {
  const BlockPtr block = find_block(hash);
  if (!block) return "an unknown block";
  std::string out = fmt::format("b{}", block->header.view.value());
  for (const BlockHash& other : by_view_.at(block->header.view)) {
    if (other == hash) break;
    out += "'";
  }
  return out;
}

void Cluster::note_block(const BlockPtr& block) {
  if (!known_.try_emplace(block->hash, Known{block, std::nullopt}).second) return;
  by_view_[block->header.view].push_back(block->hash);
  checker.on_block(*block);
}

primitives::Block Cluster::make_block(const primitives::Block& parent,
                                      const QuorumCertificate& justify, View view,
                                      std::optional<TimeoutCertificate> timeout, std::uint8_t salt,
                                      std::optional<ValidatorIndex> proposer) const {
  primitives::Header header;
  header.chain_id = chain_.domain.chain_id;
  header.height = parent.header.height.next();
  header.view = view;
  header.parent = parent.hash;
  header.justify = justify;
  header.timeout_certificate = std::move(timeout);
  header.time = primitives::TimeMs(parent.header.time.value() + 10 + salt);
  header.proposer = proposer.value_or(leaders.leader(view));
  header.set_hash = chain_.set_hash;
  return primitives::Block::propose(chain_.domain, std::move(header), {});
}

crypto::Ed25519Signature Cluster::sign(ValidatorIndex index, const Hash256& digest) const {
  OL_CHECK(!is_honest(index), "only Byzantine validators sign what they like");
  return hashed_signatures().sign(chain_.keys[index.value()], digest.view());
}

VoteMessage Cluster::vote(ValidatorIndex index, const primitives::VoteSubject& subject) const {
  OL_CHECK(!is_honest(index), "only Byzantine validators vote as they like");
  const consensus::VoterKeys keys{.key = chain_.keys[index.value()],
                                  .vote_key = chain_.vote_keys[index.value()]};
  return {subject, {index, scheme_.sign(keys, primitives::vote_digest(chain_.domain, subject))}};
}

primitives::VoteSubject Cluster::subject_of(const primitives::Block& block,
                                            primitives::Phase phase) const {
  return {.epoch = block.header.epoch,
          .set_hash = chain_.set_hash,
          .phase = phase,
          .height = block.header.height,
          .view = block.header.view,
          .block = block.hash};
}

std::string Cluster::text_of(const Parcel& parcel) const {
  if (std::holds_alternative<ProposalMessage>(parcel.message)) {
    const auto hash =
        primitives::block_hash(chain_.domain, std::get<ProposalMessage>(parcel.message).header);
    return "proposal " + name(hash);
  }
  if (const auto* vote = std::get_if<VoteMessage>(&parcel.message))
    return "vote for " + name(vote->subject.block);
  if (const auto* left = std::get_if<NewViewMessage>(&parcel.message))
    return fmt::format("new-view: left {}", left->view.value());
  if (const auto* again = std::get_if<ReproposalMessage>(&parcel.message))
    return fmt::format("{} again", name(again->certificate.block()));
  return fmt::format("certificate of view {}", parcel.view.value());
}

void Cluster::say(NodeId node, Chart::Mark mark, const std::string& what) {
  if (chart_ != nullptr) chart_->note(queue.now_us(), node, mark, what);
}

void Cluster::announce(const std::string& what) {
  if (chart_ != nullptr) chart_->announce(queue.now_us(), what);
}

void Cluster::forget_old() {
  std::uint64_t lowest_view = UINT64_MAX;
  for (const auto& machine : machines_) {
    lowest_view = std::min(lowest_view, machine->chain.back().block->header.view.value());
  }
  peak.parcels = std::max(peak.parcels, parcel_count());
  while (parcel_count() > kRememberedParcels + kCrateSize) {
    crates_.pop_front();
    first_parcel_ += kCrateSize;
  }
  if (lowest_view <= kRememberedViews) return;
  const View floor(lowest_view - kRememberedViews);
  while (!by_view_.empty() && by_view_.begin()->first < floor) {
    for (const BlockHash& hash : by_view_.begin()->second) {
      if (hash != chain_.genesis->hash) known_.erase(hash);
    }
    by_view_.erase(by_view_.begin());
  }
  std::erase_if(splits_, [&](const auto& entry) { return entry.first < floor; });
  std::erase_if(certificates_, [&](const auto& entry) { return entry.first < floor; });
  std::erase_if(prepared_, [&](const auto& entry) { return entry.first < floor; });
  std::erase_if(timeouts_, [&](const auto& entry) { return entry.first < floor; });
  std::erase_if(votes, [&](const auto& entry) { return entry.first.second < floor; });
  for (const auto& machine : machines_) {
    while (machine->chain.size() > kRememberedBlocks &&
           machine->chain.front().block->header.view < floor)
      machine->chain.pop_front();
  }
  checker.forget_below(floor);
}

}  // namespace ol::sim::cluster
