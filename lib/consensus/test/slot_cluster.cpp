#include "slot_cluster.hpp"

namespace ol::consensus::test {

SlotValidators::SlotValidators(std::uint32_t count, const primitives::SlotParams& slots)
    : Validators(count, primitives::SchemeKind::BlsMultisig),
      clock(primitives::TimeMs(0), slots, count),
      slot_leaders(clock, count) {
  std::vector<primitives::Validator> list;
  for (std::uint32_t i = 0; i < count; ++i)
    list.push_back(*set->find(ValidatorIndex(i)));
  set = primitives::ValidatorSet::make(Epoch(0), primitives::QuorumRule::AtLeastTwoThirds,
                                       std::move(list));
  genesis_certificate.subject = subject(genesis);
}

primitives::VoteSubject SlotValidators::phase_subject(const primitives::Block& block, Phase phase,
                                                      View view) const {
  primitives::VoteSubject out = subject(block);
  out.phase = phase;
  out.view = view;
  return out;
}

QuorumCertificate SlotValidators::certify(const primitives::Block& block, Phase phase,
                                          View view) const {
  const auto what = phase_subject(block, phase, view);
  std::vector<Share> shares;
  for (std::uint32_t i = 0; i < set->quorum_count(); ++i)
    shares.push_back(vote(i, what).share);
  auto combined = *make_scheme()->combine(shares);
  return {what, std::move(combined.signers), std::move(combined.signature)};
}

primitives::Block SlotValidators::child(const primitives::Block& parent,
                                        const QuorumCertificate& justify, View view,
                                        std::uint8_t salt) const {
  primitives::Block out = block(parent, justify, view, salt);
  out.header.proposer = slot_leaders.leader(view);
  return primitives::Block::propose(domain, out.header, out.payload);
}

ReproposalMessage SlotValidators::reproposal(View view, const QuorumCertificate& prepared) const {
  const auto digest = reproposal_digest(domain, view, prepared.subject);
  return {view, prepared, key(slot_leaders.leader(view).value()).sign(digest.view())};
}

SlotCluster::SlotCluster(SlotValidators validators) : v(std::move(validators)) {
  for (std::uint32_t i = 0; i < v.n; ++i) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_[i]->chain.push_back(
        {std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate});
    boot(i);
  }
}

void SlotCluster::boot(std::uint32_t i) {
  Node& node = *nodes_[i];
  std::optional<SafetyRecord> record;
  if (!node.store.records.empty()) record = *decode_safety_record(node.store.records.back());
  node.scheme = v.make_scheme();
  node.verifier =
      std::make_unique<Verifier>(v.domain, *v.set, *node.scheme, v.slot_leaders,
                                 v.genesis_certificate, kEd25519Signatures, VotePhases::TwoPhase);
  node.collector =
      std::make_unique<VoteCollector>(v.domain, *v.set, *node.scheme, VotePhases::TwoPhase);
  node.signer = std::make_unique<Signer>(v.domain, v.set->hash(v.domain), ValidatorIndex(i),
                                         v.key(i), v.vote_key(i), *node.scheme, node.store, record);
  node.kernel = std::make_unique<SlotKernel>(KernelConfig{v.domain, ValidatorIndex(i), {}}, *v.set,
                                             v.slot_leaders, v.clock, node.chain.back(), record);
}

void SlotCluster::round(View view) {
  std::set<std::uint32_t> all;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i)
    all.insert(i);
  round(view, all);
}

void SlotCluster::round(View view, const std::set<std::uint32_t>& nodes) {
  // What is due reaches everyone before anyone acts on the new round.
  for (const std::uint32_t i : nodes) {
    if (nodes_[i]->kernel) step(i, TimerFired{view});
  }
  deliver_all();
}

void SlotCluster::crash(std::uint32_t i) {
  nodes_[i]->kernel.reset();
}

void SlotCluster::restart(std::uint32_t i) {
  boot(i);
  Node& node = *nodes_[i];
  const auto stored = node.seen;
  for (const auto& [hash, block] : stored) {
    if (block.header.height <= committed(i)) continue;
    step(i, BlockFetched{*node.verifier->verify_fetched(block, hash)});
  }
  step(i, Started{});
  for (std::uint32_t peer = 0; peer < nodes_.size(); ++peer) {
    greet(i, peer);
    greet(peer, i);
  }
  deliver_all();
}

void SlotCluster::cut(std::uint32_t a, std::uint32_t b) {
  cut_.insert({a, b});
  cut_.insert({b, a});
}

void SlotCluster::heal() {
  cut_.clear();
  for (std::uint32_t a = 0; a < nodes_.size(); ++a) {
    for (std::uint32_t b = 0; b < nodes_.size(); ++b)
      greet(a, b);
  }
  deliver_all();
}

void SlotCluster::greet(std::uint32_t a, std::uint32_t b) {
  if (a == b || !nodes_[a]->kernel) return;
  for (const QuorumCertificate& certificate : nodes_[a]->kernel->news())
    send(a, b, CertificateMessage{certificate});
}

void SlotCluster::step(std::uint32_t i, const Input& input) {
  Node& node = *nodes_[i];
  node.inputs.push_back(input);
  if (node.stepping) return;
  node.stepping = true;
  while (!node.inputs.empty()) {
    const Input next = std::move(node.inputs.front());
    node.inputs.pop_front();
    apply(i, node.kernel->step(next));
  }
  node.stepping = false;
  node.collector->forget_through(node.kernel->vote_floor());
}

void SlotCluster::apply(std::uint32_t i, const Outputs& outputs) {
  Node& node = *nodes_[i];
  for (const BlockPtr& block : outputs.execute) {
    node.seen.emplace(block->hash, *block);
    step(i, BlockExecuted{block->hash, Execution::Valid});
  }
  const auto made = node.signer->sign(outputs);
  OL_CHECK(made.has_value(), "the kernel intends what its signer allows");
  if (made->proposal) broadcast(i, *made->proposal);
  if (made->reproposal) broadcast(i, *made->reproposal);
  if (made->vote) {
    const auto& subject = made->vote->subject;
    const auto cast =
        cast_.emplace(std::pair(i, std::pair(subject.view, subject.phase)), subject.block).first;
    OL_CHECK(cast->second == subject.block, "one vote in a round and phase, restarts included");
    broadcast(i, *made->vote);
    if (lost_ != subject.phase) collect(i, *made->vote);
  }
  if (outputs.share) broadcast(i, CertificateMessage{*outputs.share});
  for (const CommittedBlock& block : outputs.commit) {
    const auto height = block.block->header.height;
    OL_CHECK(height == committed(i).next(), "heights ascend by one");
    OL_CHECK(block.certificate.subject.phase == Phase::Precommit, "a precommit certificate proves");
    const auto known = final_.emplace(height, block.block->hash).first;
    OL_CHECK(known->second == block.block->hash, "no two nodes commit different blocks");
    node.chain.push_back(block);
  }
  if (outputs.build) {
    const auto block = v.child(*outputs.build->parent, outputs.build->justify, outputs.build->view);
    blocks_.emplace(block.hash, block);
    step(i, BlockBuilt{node.verifier->own_block(block)});
  }
  for (const FetchRequest& request : outputs.fetch)
    fetch(i, request);
  evidence_ += outputs.evidence.size();
}

void SlotCluster::fetch(std::uint32_t i, const FetchRequest& request) {
  for (std::uint32_t peer = 0; peer < nodes_.size(); ++peer) {
    if (peer == i || !nodes_[peer]->kernel || cut_.contains({i, peer})) continue;
    const auto found = nodes_[peer]->seen.find(request.block);
    if (found == nodes_[peer]->seen.end()) continue;
    auto verified = nodes_[i]->verifier->verify_fetched(found->second, request.block);
    OL_CHECK(verified.has_value(), "a certified block verifies");
    step(i, BlockFetched{*std::move(verified)});
    return;
  }
}

void SlotCluster::send(std::uint32_t from, std::uint32_t to, const Message& message) {
  if (from != to && !cut_.contains({from, to}))
    wire_.push_back({from, to, encode_message(message)});
}

void SlotCluster::broadcast(std::uint32_t from, const Message& message) {
  for (std::uint32_t to = 0; to < nodes_.size(); ++to)
    send(from, to, message);
}

void SlotCluster::deliver_all() {
  while (!wire_.empty()) {
    const Envelope envelope = std::move(wire_.front());
    wire_.pop_front();
    if (nodes_[envelope.to]->kernel) deliver(envelope);
  }
}

void SlotCluster::deliver(const Envelope& envelope) {
  const std::uint32_t i = envelope.to;
  Node& node = *nodes_[i];
  const Message message = *decode_message(envelope.bytes);
  if (const auto* proposal = std::get_if<ProposalMessage>(&message)) {
    const auto header = node.verifier->verify_proposal(*proposal);
    OL_CHECK(header.has_value(), "proposals of these nodes verify");
    step(i,
         ProposalReceived{*node.verifier->complete(*header, blocks_.at(header->hash()).payload)});
  } else if (const auto* again = std::get_if<ReproposalMessage>(&message)) {
    step(i, ReproposalReceived{*node.verifier->verify_reproposal(*again)});
  } else if (const auto* vote = std::get_if<VoteMessage>(&message)) {
    if (lost_ != vote->subject.phase) collect(i, *vote);
  } else {
    const auto& certificate = std::get<CertificateMessage>(message).certificate;
    step(i, CertificateReceived{*node.verifier->verify_certificate(certificate)});
  }
}

void SlotCluster::collect(std::uint32_t i, const VoteMessage& vote) {
  Node& node = *nodes_[i];
  auto outcome = node.collector->add(vote);
  evidence_ += outcome.evidence.size();
  auto& made = outcome.certificate ? outcome.certificate : outcome.fuller;
  if (made) step(i, CertificateReceived{node.verifier->own_certificate(*std::move(made))});
}

const std::vector<CommittedBlock>& SlotCluster::chain(std::uint32_t i) const {
  return nodes_[i]->chain;
}

KernelStatus SlotCluster::status(std::uint32_t i) const {
  return nodes_[i]->kernel->status();
}

std::uint64_t SlotCluster::votes(Phase phase) const {
  std::uint64_t out = 0;
  for (const auto& [key, block] : cast_)
    out += key.second.second == phase ? 1 : 0;
  return out;
}

}  // namespace ol::consensus::test
