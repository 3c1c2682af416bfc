#include <ol/sim/cluster/cluster.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <ol/sim/cluster/liar.hpp>

// Machines: their lives, and what a step of their kernel asks for.
namespace ol::sim::cluster {

using consensus::CommittedBlock;
using consensus::Execution;
using consensus::Input;
using consensus::Outputs;
using consensus::SafetyRecord;

namespace {

// Blocks this close below the head may still be missing on the disk: Cluster::restart.
constexpr std::uint64_t kUnflushed = 2;
constexpr std::uint64_t kFetchUs = 15'000;
constexpr std::uint64_t kFetchRetryUs = 150'000;
constexpr std::uint64_t kCatchUpUs = 100'000;
// How many blocks a range brings, and how far behind it is worth asking: lib/node's
// driver_sync.cpp.
constexpr std::uint64_t kRangeBlocks = 64;
constexpr std::uint64_t kRangeWorthwhile = 2;

consensus::VotePhases phases_of(Rule rule) {
  return rule == Rule::TwoPhase ? consensus::VotePhases::TwoPhase : consensus::VotePhases::Chained;
}

std::vector<bool> honest_flags(const Setup& setup) {
  std::vector<bool> out(setup.validators, true);
  for (const ValidatorIndex index : setup.byzantine)
    out[index.value()] = false;
  return out;
}

}  // namespace

Cluster::Cluster(const Setup& setup, Random chance, Chart* chart)
    : random(chance),
      leaders(setup.validators),
      checker(honest_flags(setup), chain_of(setup.validators).quorum(),
              chain_of(setup.validators).genesis, Hash256{}, setup.rule),
      setup_(setup),
      chain_(chain_of(setup.validators)),
      chart_(chart),
      honest_(honest_flags(setup)),
      scheme_(chain_.vote_secrets, chain_.set),
      clock_(primitives::TimeMs(0), kSlots, setup.validators),
      anyone_(leaders),
      verifier_(chain_.domain, chain_.set, scheme_,
                setup.reputation ? static_cast<const consensus::LeaderSchedule&>(anyone_) : leaders,
                chain_.genesis_certificate, hashed_signatures(), phases_of(setup.rule)) {
  for (std::uint32_t i = 0; i < setup.validators; ++i) {
    machines_.push_back(std::make_unique<Machine>());
    machines_.back()->index = ValidatorIndex(i);
    if (honest_[i]) honest_nodes_.push_back(i);
  }
  for (const ValidatorIndex twin : setup.twins) {
    machines_.push_back(std::make_unique<Machine>());
    machines_.back()->index = twin;
  }
  for (const auto& machine : machines_)
    machine->chain.push_back({chain_.genesis, chain_.genesis_certificate});
  cut_.resize(machines_.size() * machines_.size());
  note_block(chain_.genesis);
  if (chart_ != nullptr) {
    std::vector<std::string> names;
    for (NodeId node = 0; node < node_count(); ++node)
      names.push_back(label(node));
    chart_->columns(std::move(names));
  }
}

Cluster::~Cluster() {
  for (const auto& machine : machines_)
    retire_signer(*machine);
}

void Cluster::retire_signer(Machine& machine) {
  if (machine.signer) return_key(machine.index, std::move(*machine.signer).take_key());
  machine.signer.reset();
}

std::vector<NodeId> Cluster::nodes_of(ValidatorIndex index) const {
  std::vector<NodeId> out{index.value()};
  for (NodeId node = setup_.validators; node < node_count(); ++node) {
    if (machines_[node]->index == index) out.push_back(node);
  }
  return out;
}

std::string Cluster::label(NodeId node) const {
  const std::uint32_t index = machines_[node]->index.value();
  std::string out =
      index < 26 ? std::string(1, static_cast<char>('a' + index)) : fmt::format("v{}", index);
  return node < setup_.validators ? out : out + "'";
}

const consensus::LeaderSchedule& Cluster::leaders_of(const Machine& machine) const {
  if (machine.reputation) return *machine.reputation;
  return leaders;
}

View Cluster::highest_view() const {
  View out;
  for (const NodeId node : honest_nodes_) {
    if (machines_[node]->is_up()) out = std::max(out, machines_[node]->kernel->view());
  }
  return out;
}

void Cluster::start_all() {
  for (NodeId node = 0; node < node_count(); ++node)
    boot(node, std::nullopt);
  for (NodeId node = 0; node < node_count(); ++node) {
    if (machines_[node]->is_up()) step(node, consensus::Started{});
    begin_round(node);
    catch_up(node);
  }
}

void Cluster::boot(NodeId node, std::optional<SafetyRecord> record) {
  Machine& m = *machines_[node];
  auto vote_key = crypto::BlsSecretKey::from_bytes(chain_.vote_secrets[m.index.value()]);
  OL_CHECK(vote_key.has_value(), "the keys of a chain are keys");
  m.store.power_fails = false;
  m.collector = std::make_unique<consensus::VoteCollector>(chain_.domain, chain_.set, scheme_,
                                                           phases_of(setup_.rule));
  m.signer = std::make_unique<consensus::Signer>(chain_.domain, chain_.set_hash, m.index,
                                                 take_key(m.index), *std::move(vote_key), scheme_,
                                                 m.store, record, hashed_signatures());
  const consensus::KernelConfig config{
      .domain = chain_.domain,
      .self = m.index,
      .pace = {.timeout_base_ms = kTimeoutBaseMs, .timeout_max_ms = kTimeoutMaxMs}};
  if (setup_.reputation) {
    std::vector<consensus::LedView> history;
    for (const CommittedBlock& final : m.chain) {
      const primitives::Header& header = final.block->header;
      if (header.height > Height(0)) history.push_back({header.view, header.proposer});
    }
    m.reputation = std::make_unique<consensus::LeaderReputation>(
        std::make_unique<consensus::RoundRobin>(setup_.validators), chain_.set, history, true);
  }
  if (is_slotted()) {
    m.kernel = std::make_unique<consensus::SlotKernel>(config, chain_.set, leaders_of(m), clock_,
                                                       m.chain.back(), std::move(record));
  } else {
    m.kernel =
        std::make_unique<consensus::Kernel>(config, chain_.set, voting_rule(setup_.rule),
                                            leaders_of(m), m.chain.back(), std::move(record));
  }
}

void Cluster::crash(NodeId node, const char* why) {
  Machine& m = *machines_[node];
  if (!m.is_up()) return;
  if (charting()) say(node, Chart::Mark::Fault, fmt::format("crashes: {}", why));
  faults.note(Fault::Crash);
  ++m.life;
  ++m.timer;
  m.kernel.reset();
  retire_signer(m);
  m.collector.reset();
  m.inputs.clear();
  m.stepping = false;
  m.wanted.clear();
  m.armed = CrashPoint::None;
  m.store.power_fails = false;
  if (on_crash) on_crash(node);
}

void Cluster::restart(NodeId node, Blocks blocks, std::size_t lost_commits) {
  Machine& m = *machines_[node];
  if (m.is_up()) return;
  if (lost_commits > 0) faults.note(Fault::LostBlocks);
  for (; lost_commits > 0 && m.height() > m.flushed; --lost_commits)
    m.chain.pop_back();
  m.flushed = m.height();
  std::optional<SafetyRecord> record;
  if (!m.store.durable.empty()) {
    auto decoded = consensus::decode_safety_record(m.store.durable);
    OL_CHECK(decoded.has_value(), "a written record can be read");
    record = *std::move(decoded);
    // What the signer never saw durable it does not have to remember.
    checker.on_restart(node, m.index, *m.chain.back().block, *record);
  } else {
    checker.on_restart(node, m.index, *m.chain.back().block, SafetyRecord{});
  }
  boot(node, std::move(record));
  if (charting())
    say(node, Chart::Mark::Note,
        fmt::format("starts at height {} in view {}", m.height().value(),
                    m.kernel->view().value()));
  if (blocks == Blocks::Lost) m.seen.clear();
  std::vector<BlockPtr> stored = m.seen;
  std::sort(stored.begin(), stored.end(), [](const BlockPtr& a, const BlockPtr& b) {
    return std::pair(a->header.height, a->hash) < std::pair(b->header.height, b->hash);
  });
  m.seen.clear();
  const std::uint32_t life = m.life;
  for (const BlockPtr& block : stored) {
    if (const auto* verified = verified_block(block->hash))
      step(node, consensus::BlockFetched{*verified});
    if (m.life != life) return;
  }
  step(node, consensus::Started{});
  begin_round(node);
  catch_up(node);
  if (m.life != life) return;
  for (NodeId peer = 0; peer < node_count(); ++peer) {
    reconnect(node, peer);
    reconnect(peer, node);
  }
}

void Cluster::arm(NodeId node, CrashPoint point, std::uint64_t sends) {
  Machine& m = *machines_[node];
  if (!m.is_up()) return;
  m.armed = point;
  m.sends_left = sends;
  m.store.power_fails = point == CrashPoint::BeforePersist;
}

void Cluster::fire_timer(NodeId node) {
  Machine& m = *machines_[node];
  if (!m.is_up()) return;
  const View view = is_slotted() ? m.kernel->view().next() : m.timer_view;
  step(node, consensus::TimerFired{view});
}

// Slots follow the wall clock: the round that runs begins now, the next one on time.
void Cluster::begin_round(NodeId node) {
  Machine& m = *machines_[node];
  if (!is_slotted() || !m.is_up()) return;
  const std::uint64_t wall_us = queue.now_us() + m.clock_ahead_us;
  const View view = clock_.view_at(wall_us / 1000);
  const std::uint64_t next_us = clock_.start_ms(view.next()) * 1000;
  queue.after(next_us - wall_us, [this, node, life = m.life] {
    if (machines_[node]->life == life) begin_round(node);
  });
  step(node, consensus::TimerFired{view});
}

void Cluster::set_timer(NodeId node, const consensus::TimerRequest& timer) {
  Machine& m = *machines_[node];
  m.timer_view = timer.view;
  const std::uint32_t number = ++m.timer;
  queue.after(timer.duration_ms * 1000, [this, node, number] {
    if (machines_[node]->timer == number) fire_timer(node);
  });
}

void Cluster::step(NodeId node, const Input& input) {
  Machine& m = *machines_[node];
  if (!m.is_up()) return;
  // What the kernel's own outputs lead to waits until they are carried out.
  if (m.stepping) {
    m.inputs.push_back(input);
    return;
  }
  m.stepping = true;
  const std::uint32_t life = m.life;
  apply(node, m.kernel->step(input));
  while (m.life == life && !m.inputs.empty()) {
    const Input next = std::move(m.inputs.front());
    m.inputs.pop_front();
    apply(node, m.kernel->step(next));
  }
  if (m.life != life) return;
  m.stepping = false;
  m.collector->forget_through(m.kernel->vote_floor());
}

void Cluster::apply(NodeId node, Outputs outputs) {
  Machine& m = *machines_[node];
  const std::uint32_t life = m.life;
  if (outputs.timer) set_timer(node, *outputs.timer);
  for (const BlockPtr& block : outputs.execute)
    execute(node, block);
  if (!sign_and_send(node, outputs)) return;
  if (!outputs.commit.empty()) record_commit(node, outputs.commit);
  if (outputs.share) broadcast(node, pack(consensus::CertificateMessage{*outputs.share}, m.index));
  if (m.life != life) return;
  if (outputs.conflict)
    checker.report(fmt::format("{} holds two certificates that conflict", label(node)));
  if (outputs.build) build(node, *outputs.build);
  if (m.life != life) return;
  for (const consensus::FetchRequest& request : outputs.fetch)
    fetch(node, request.block);
  report(node, outputs.evidence);
}

// On the disk before the verdict is heard: a vote is never for a block that only memory holds.
void Cluster::execute(NodeId node, const BlockPtr& block) {
  Machine& m = *machines_[node];
  note_block(block);
  m.seen.push_back(block);
  const auto verdict = spoilt_.contains(block->hash) ? Execution::Invalid : Execution::Valid;
  if (conditions.execute_us == 0) {
    m.inputs.push_back(consensus::BlockExecuted{block->hash, verdict});
    return;
  }
  queue.after(conditions.execute_us, [this, node, life = m.life, block, verdict] {
    if (machines_[node]->life == life) step(node, consensus::BlockExecuted{block->hash, verdict});
  });
}

bool Cluster::sign_and_send(NodeId node, const Outputs& outputs) {
  Machine& m = *machines_[node];
  auto made = m.signer->sign(outputs);
  if (!made) {
    if (made.error().kind == consensus::SignError::Kind::NotDurable) {
      faults.note(Fault::CrashWhileWriting);
      crash(node, "while writing its safety record");
      return false;
    }
    if (is_honest(m.index))
      checker.report(
          fmt::format("honest node {} stopped signing: {}", label(node), made.error().message));
    m.kernel->become_observer();
    return true;
  }
  const bool signs = made->proposal || made->vote || made->new_view || made->reproposal;
  if (signs && m.armed == CrashPoint::AfterPersist) {
    faults.note(Fault::CrashWhileSending);
    crash(node, "after writing its safety record, before sending");
    return false;
  }
  if (!send_signed(node, *made, outputs)) return false;
  if (!m.store.power_fails || !signs) return true;
  // A signer that hands out signatures although the write failed: the power is gone all the same.
  crash(node, "while writing its safety record");
  return false;
}

bool Cluster::send_signed(NodeId node, consensus::SignedMessages& made, const Outputs& outputs) {
  Machine& m = *machines_[node];
  const std::uint32_t life = m.life;
  if (made.proposal) send_proposal(node, *std::move(made.proposal), outputs.proposal->block);
  if (m.life == life && made.vote) send_vote(node, *std::move(made.vote), *outputs.vote);
  if (m.life == life && made.new_view) send_new_view(node, *std::move(made.new_view));
  if (m.life == life && made.reproposal) send_reproposal(node, *std::move(made.reproposal));
  return m.life == life;
}

void Cluster::send_proposal(NodeId node, consensus::ProposalMessage proposal,
                            const BlockPtr& block) {
  Machine& m = *machines_[node];
  note_block(block);
  const auto& left = block->header.timeout_certificate;
  if (charting())
    say(node, Chart::Mark::Propose,
        fmt::format("proposes {} on {}{}", name(block->hash), name(block->header.parent),
                    left ? fmt::format(", view {} was left", left->view.value()) : ""));
  if (costs) work(m, costs->sign_message_us + costs->items * costs->item_ns / 1000);
  if (on_propose) on_propose(node, *block);
  if (m.liar) return m.liar->on_proposal(std::move(proposal));
  checker.on_signed(m.index, proposal);
  broadcast(node, pack(std::move(proposal), m.index));
}

void Cluster::send_vote(NodeId node, consensus::VoteMessage vote,
                        const consensus::VoteIntent& intent) {
  Machine& m = *machines_[node];
  const primitives::VoteSubject& subject = vote.subject;
  if (charting()) {
    const char* verb = subject.phase == primitives::Phase::Prepare     ? "prepares"
                       : subject.phase == primitives::Phase::Precommit ? "precommits"
                                                                       : "votes for";
    say(node, Chart::Mark::Vote, fmt::format("{} {}", verb, name(subject.block)));
  }
  if (is_honest(m.index)) {
    votes.emplace(std::pair(m.index, subject.view), subject.block);
    checker.on_signed(m.index, vote);
    checker.on_vote_cast(m.index, m.kernel->status().lock, m.kernel->tree(), subject);
  }
  if (costs) work(m, costs->sign_vote_us);
  const bool all = intent.audience == consensus::Audience::All;
  if (m.liar) return m.liar->on_vote(vote);
  if (all || intent.destination == m.index) collect(node, vote);
  const ParcelId parcel = pack(std::move(vote), m.index);
  if (all) return broadcast(node, parcel);
  const std::uint32_t life = m.life;
  for (const NodeId to : nodes_of(intent.destination)) {
    if (to != node && m.life == life) post(node, to, parcel);
  }
}

void Cluster::send_new_view(NodeId node, consensus::NewViewMessage left) {
  Machine& m = *machines_[node];
  if (charting())
    say(node, Chart::Mark::Leave,
        fmt::format("leaves view {}, knows a certificate of view {}", left.view.value(),
                    left.high_qc.view().value()));
  if (costs) work(m, costs->sign_message_us);
  const std::uint32_t life = m.life;
  const ParcelId parcel = pack(left, m.index);
  if (m.liar) {
    m.liar->on_new_view(std::move(left));
  } else {
    checker.on_signed(m.index, left);
    broadcast(node, parcel);
  }
  if (m.life == life) hand(node, node, parcel);
}

void Cluster::send_reproposal(NodeId node, consensus::ReproposalMessage again) {
  Machine& m = *machines_[node];
  if (charting())
    say(node, Chart::Mark::Propose,
        fmt::format("proposes {} again in view {}", name(again.certificate.block()),
                    again.view.value()));
  broadcast(node, pack(std::move(again), m.index));
}

void Cluster::record_commit(NodeId node, const std::vector<CommittedBlock>& blocks) {
  Machine& m = *machines_[node];
  for (const CommittedBlock& final : blocks) {
    m.chain.push_back(final);
    if (charting()) say(node, Chart::Mark::Commit, "commits " + name(final.block->hash));
    if (is_honest(m.index)) checker.on_commit(node, *final.block, Hash256{});
    if (m.reputation)
      m.reputation->record({final.block->header.view, final.block->header.proposer});
    if (on_commit) on_commit(node, *final.block);
  }
  if (is_honest(m.index)) checker.on_decision(*blocks.back().block);
  const std::uint64_t height = m.height().value();
  if (height > kUnflushed) m.flushed = std::max(m.flushed, Height(height - kUnflushed));
  std::erase_if(m.seen, [&](const BlockPtr& block) { return block->header.height <= m.flushed; });
  const consensus::BlockTree& tree = m.kernel->tree();
  peak.tree = std::max(peak.tree, tree.size());
  peak.subjects = std::max(peak.subjects, m.collector->pending_subjects());
  checker.on_status(m.index, m.kernel->status());
}

void Cluster::build(NodeId node, const consensus::BuildRequest& request) {
  Machine& m = *machines_[node];
  auto block =
      make_block(*request.parent, request.justify, request.view, request.timeout_certificate, 0,
                 setup_.reputation ? std::optional(m.index) : std::nullopt);
  auto built = consensus::BlockBuilt{verifier_.own_block(std::move(block))};
  if (conditions.build_us == 0) {
    m.inputs.push_back(std::move(built));
    return;
  }
  // The certificate goes ahead while the proposal waits: ConsensusDriver::share_certificate.
  if (!request.timeout_certificate && !request.justify.is_genesis() && !m.liar)
    broadcast(node, pack(consensus::CertificateMessage{request.justify}, m.index));
  if (!m.is_up()) return;
  queue.after(conditions.build_us, [this, node, life = m.life, built = std::move(built)] {
    if (machines_[node]->life == life) step(node, built);
  });
}

bool Cluster::has_block(const Machine& m, const BlockHash& block) const {
  if (m.kernel->tree().find(block) != nullptr) return true;
  const BlockPtr found = find_block(block);
  if (found == nullptr) return false;
  const BlockPtr final = m.final_block(found->header.height);
  return final != nullptr && final->hash == block;
}

void Cluster::fetch(NodeId node, const BlockHash& block) {
  Machine& m = *machines_[node];
  if (!m.wanted.insert(block).second) return;
  queue.after(kFetchUs, [this, node, life = m.life, block] {
    if (machines_[node]->life == life) answer_fetch(node, block);
  });
}

// From some peer that has it and can be reached; later again if there is none.
void Cluster::answer_fetch(NodeId node, const BlockHash& block) {
  Machine& m = *machines_[node];
  const BlockPtr found = find_block(block);
  if (m.kernel->tree().find(block) != nullptr || (found && found->header.height <= m.height())) {
    m.wanted.erase(block);
    return;
  }
  const auto first = static_cast<NodeId>(random.below(node_count()));
  for (NodeId i = 0; i < node_count(); ++i) {
    const NodeId peer = (first + i) % node_count();
    if (peer == node || !machines_[peer]->is_up() || is_cut(node, peer) || is_cut(peer, node))
      continue;
    if (!has_block(*machines_[peer], block)) continue;
    const auto* verified = verified_block(block);
    if (verified == nullptr) break;
    m.wanted.erase(block);
    if (charting())
      say(node, Chart::Mark::Note, fmt::format("fetches {} from {}", name(block), label(peer)));
    step(node, consensus::BlockFetched{*verified});
    return;
  }
  queue.after(kFetchRetryUs, [this, node, life = m.life, block] {
    if (machines_[node]->life == life) answer_fetch(node, block);
  });
}

const consensus::VerifiedBlock* Cluster::verified_block(const BlockHash& block) {
  Known& known = known_.at(block);
  if (!known.fetched) {
    auto verified = verifier_.verify_fetched(*known.block, block);
    if (!verified) return nullptr;
    known.fetched = *std::move(verified);
  }
  return &*known.fetched;
}

void Cluster::catch_up(NodeId node) {
  Machine& m = *machines_[node];
  if (!m.is_up()) return;
  queue.after(kCatchUpUs, [this, node, life = m.life] {
    if (machines_[node]->life == life) catch_up(node);
  });
  const auto first = static_cast<NodeId>(random.below(node_count()));
  for (NodeId i = 0; i < node_count(); ++i) {
    const NodeId id = (first + i) % node_count();
    const Machine& peer = *machines_[id];
    if (id == node || !peer.is_up() || is_cut(node, id) || is_cut(id, node)) continue;
    const Height from = m.height().next();
    if (peer.height() < from + kRangeWorthwhile || from < peer.oldest_height()) continue;
    if (charting())
      say(node, Chart::Mark::Note,
          fmt::format("fetches height {} and more from {}", from.value(), label(id)));
    const std::size_t at = from - peer.oldest_height();
    const std::vector<CommittedBlock> range(
        peer.chain.begin() + static_cast<std::ptrdiff_t>(at),
        peer.chain.begin() +
            static_cast<std::ptrdiff_t>(std::min(at + kRangeBlocks, peer.chain.size())));
    const std::uint32_t life = m.life;
    for (const CommittedBlock& final : range) {
      const auto* verified = verified_block(final.block->hash);
      auto certificate = verifier_.verify_certificate(final.certificate);
      if (verified == nullptr || !certificate) return;
      step(node, consensus::BlockFetched{*verified});
      if (m.life == life) step(node, consensus::CertificateReceived{*std::move(certificate)});
      if (m.life != life) return;
    }
    return;
  }
}

void Cluster::report(NodeId node, const std::vector<consensus::Evidence>& evidence) {
  const Machine& m = *machines_[node];
  for (const consensus::Evidence& found : evidence) {
    const ValidatorIndex whom = consensus::accused(found);
    if (charting())
      say(node, Chart::Mark::Fault, fmt::format("has evidence against {}", label(whom.value())));
    if (!is_honest(m.index)) continue;
    ++accusations[whom];
    checker.on_evidence(m.index, whom);
  }
}

}  // namespace ol::sim::cluster
