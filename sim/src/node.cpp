#include <ol/sim/node.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <ol/node/safety_adapter.hpp>
#include <ol/sim/world.hpp>

namespace ol::sim {

using consensus::BlockPtr;
using p2p::Channel;
using primitives::BlockHash;

namespace {

constexpr std::size_t kPoolMax = 32;
// The checker looks at a kernel's sizes once in this many events.
constexpr std::uint64_t kStatusEvery = 64;
constexpr std::uint64_t kReconnectMinUs = 5'000;
constexpr std::uint64_t kReconnectMaxUs = 150'000;
constexpr std::uint64_t kDefianceMinUs = 20'000;
constexpr std::uint64_t kDefianceMaxUs = 100'000;
constexpr std::uint64_t kDownMinUs = 50'000;
constexpr std::uint64_t kDownMaxUs = 3'000'000;

consensus::SafetyRecord first_record(const TestChain& chain) {
  consensus::SafetyRecord record;
  record.epoch = chain.genesis_block->header.epoch;
  record.lock = {chain.genesis_block->header.view, chain.genesis_block->hash};
  record.high_qc = chain.genesis_certificate;
  return record;
}

}  // namespace

SimNode::SimNode(World& world, std::uint32_t id, primitives::ValidatorIndex index, Random random)
    : world_(world), id_(id), index_(index), random_(random), disk_(world.faults) {
  chain_.push_back(
      {world.chain.genesis_block, world.chain.genesis_certificate, world.chain.genesis_results});
  const auto formatted =
      storage::SafetyStore::format(disk_, encode_safety_record(first_record(world.chain)));
  OL_CHECK(formatted.has_value(), "a healthy disk takes the first record");
}

SimNode::~SimNode() = default;

void SimNode::become_byzantine(std::unique_ptr<Byzantine> byzantine) {
  byzantine_ = std::move(byzantine);
}

std::string SimNode::label() const {
  const bool twin = id_ >= world_.chain.size();
  const char* mark = world_.is_honest(index_) ? "" : twin ? "*'" : "*";
  return fmt::format("node {}{}", index_.value(), mark);
}

node::Now SimNode::now() const {
  const std::uint64_t ms = world_.queue.now_us() / 1000;
  const auto wall = static_cast<std::int64_t>(world_.chain.genesis.time.value() + ms);
  return {.monotonic_ms = ms, .wall_ms = static_cast<std::uint64_t>(wall + machine.wall_offset_ms)};
}

// As Node::Impl::open_safety, on the simulated disk.
void SimNode::recover_disk() {
  auto store = storage::SafetyStore::open(disk_);
  if (!store) {
    world_.checker.report(fmt::format("node {}: {}", id_, store.error().message));
    return;
  }
  store_ = *std::move(store);
  if (store_->recovered_from_torn_write()) world_.faults.note(Fault::TornRecord);
  adapter_ = node::make_safety_adapter(*store_);
}

// As load_vrf_leaders of lib/node.
void SimNode::load_leaders() {
  vrf_.reset();
  if (!world_.options.vrf || world_.options.rule == Rule::TwoPhase) return;
  const TestChain& chain = world_.chain;
  consensus::BeaconHistory history(primitives::View(0), chain.size());
  std::optional<Hash256> seed = primitives::genesis_hash(chain.genesis);
  for (std::size_t height = chain_.size() - 1; height > 0; --height) {
    const primitives::Block& block = *chain_[height].block;
    if (history.add({block.header.view, consensus::decode_leader_item(block.payload.back())}))
      continue;
    seed.reset();
    break;
  }
  vrf_ = std::make_unique<consensus::VrfLeaders>(
      consensus::VrfLeaders::Chain{.domain = chain.genesis.domain,
                                   .set = chain.set,
                                   .present = nullptr,
                                   .begins = primitives::View(0)},
      chain_.back().block->hash, chain_.back().block->header.height,
      history.replay(chain.genesis.domain.hash, seed));
}

const consensus::LeaderSchedule& SimNode::leaders() const {
  return vrf_ ? *vrf_ : *world_.leaders;
}

// As Node::Impl::make_driver.
void SimNode::start() {
  if (is_up()) return;
  recover_disk();
  if (!store_) return;
  auto record = consensus::decode_safety_record(store_->record());
  if (!record) {
    world_.checker.report(fmt::format("node {}: its safety record does not decode", id_));
    return;
  }
  const Stored& head = chain_.back();
  world_.checker.on_restart(id_, index_, *head.block, *record);
  std::set<TxnHash> items;
  for (const Stored& stored : chain_)
    items.insert(stored.block->item_hashes.begin(), stored.block->item_hashes.end());
  ledger_ = std::make_unique<Ledger>(head.block, head.results, std::move(items));
  std::vector<primitives::Block> stored_blocks;
  for (const auto& [hash, block] : block_log_) {
    if (block->header.height > head.block->header.height) stored_blocks.push_back(*block);
  }
  std::sort(stored_blocks.begin(), stored_blocks.end(), [](const auto& a, const auto& b) {
    return std::pair(a.header.height, a.hash) < std::pair(b.header.height, b.hash);
  });
  load_leaders();
  const TestChain& chain = world_.chain;
  auto signer = std::make_unique<consensus::Signer>(chain.genesis.domain, chain.set_hash, index_,
                                                    chain.key(index_), chain.vote_key(index_),
                                                    *world_.scheme, *adapter_, *record);
  world_.say(label(), fmt::format("starts at height {} with {} stored blocks, last vote in view {}",
                                  height(), stored_blocks.size(), record->last_vote.view.value()));
  driver_ = std::make_unique<node::ConsensusDriver>(
      node::DriverParts{.domain = chain.genesis.domain,
                        .set = chain.set,
                        .rule = world_.rule,
                        .leaders = leaders(),
                        .scheme = *world_.scheme,
                        .pace = chain.genesis.pace,
                        .genesis_certificate = chain.genesis_certificate,
                        .root = {head.block, head.certificate},
                        .record = *std::move(record),
                        .signer = std::move(signer),
                        .self = index_,
                        .stored_blocks = std::move(stored_blocks),
                        // The scripts are about certificates that one node alone knows.
                        .certificates_ahead = world_.options.scenario == Scenario::Random},
      *this);
  drive([this](node::ConsensusDriver& driver) { driver.start(now()); });
  for (std::uint32_t other = 0; other < world_.node_count(); ++other) {
    if (other == id_) continue;
    world_.network.connect_later(id_, other, random_.between(kReconnectMinUs, kReconnectMaxUs));
  }
}

void SimNode::crash(const char* why) {
  if (!is_up()) return;
  if (driving_) {
    dying_ = true;
    cause_ = why;
    return;
  }
  world_.say(label(), fmt::format("crashes: {}", why));
  if (world_.is_honest(index_)) world_.faults.note(Fault::Crash);
  ++life_;
  driver_.reset();
  ledger_.reset();
  adapter_.reset();
  store_.reset();
  disk_.crash(random_);
  pool_.clear();
  pool_order_.clear();
  // The database's last batches may have reached the disk or not; each did as a whole.
  const std::size_t kept = random_.between(durable_height_, chain_.size() - 1);
  if (kept + 1 < chain_.size()) world_.faults.note(Fault::LostBlocks);
  chain_.resize(kept + 1, chain_.front());
  durable_height_ = kept;
  busy_until_us_ = 0;
  tick_at_us_ = UINT64_MAX;
  sends_left_.reset();
  dying_ = false;
  defying_ = false;
  for (std::uint32_t other = 0; other < world_.node_count(); ++other) {
    if (other != id_) world_.network.reset(id_, other);
  }
}

void SimNode::arm_disk(DiskFault fault) {
  disk_.arm(fault, [this] { crash("in the middle of writing the safety record"); });
}

void SimNode::plan_restart(std::uint64_t delay_us) {
  if (is_up()) return;
  // Of several plans the first one counts: starting what is up changes nothing.
  world_.queue.after(delay_us, [this] { start(); });
}

void SimNode::finish_drive() {
  if (dying_) {
    crash(cause_);
    plan_restart(random_.between(kDownMinUs, kDownMaxUs));
    return;
  }
  if (++drives_ % kStatusEvery == 0) world_.checker.on_status(index_, driver_->status());
  if (!driver_->signing()) {
    if (world_.is_honest(index_))
      world_.checker.report(fmt::format("honest node {} stopped signing", id_));
    defy();
  }
  arm_tick();
}

// Signatures of its key that it never made, by its twin or past its driver, silence a driver for
// its life. An adversary starts it again, once the blocks it just learned of are on its disk.
void SimNode::defy() {
  if (defying_) return;
  defying_ = true;
  const std::uint64_t delay_us = random_.between(kDefianceMinUs, kDefianceMaxUs);
  world_.queue.after(delay_us, [this, life = life_] {
    if (life != life_) return;
    crash("to sign again");
    start();
  });
}

void SimNode::arm_tick() {
  const std::uint64_t due_us = driver_->next_deadline() * 1000;
  if (due_us >= tick_at_us_) return;
  const std::uint64_t at = std::max(due_us, world_.queue.now_us());
  tick_at_us_ = at;
  world_.queue.at(at, [this, at, life = life_] {
    if (life != life_ || at != tick_at_us_) return;
    tick_at_us_ = UINT64_MAX;
    if (driver_->next_deadline() <= now().monotonic_ms) {
      drive([this](node::ConsensusDriver& driver) { driver.on_tick(now()); });
    } else {
      arm_tick();
    }
  });
}

void SimNode::enqueue(std::uint64_t duration_us, std::function<void()> job) {
  busy_until_us_ = std::max(busy_until_us_, world_.queue.now_us()) + duration_us;
  world_.queue.at(busy_until_us_, [this, life = life_, job = std::move(job)] {
    if (life == life_ && is_up()) job();
  });
}

void SimNode::connected(std::uint32_t other) {
  const p2p::PeerId& peer = world_.chain.peers[world_.node(other).index().value()];
  drive([&](node::ConsensusDriver& driver) { driver.on_peer_connected(now(), peer); });
}

void SimNode::disconnected(std::uint32_t other) {
  const auto index = world_.node(other).index();
  // Of twins with one identity, one may still be there.
  for (const std::uint32_t twin : world_.nodes_of(index)) {
    if (twin != other && world_.network.is_connected(id_, twin)) return;
  }
  const p2p::PeerId& peer = world_.chain.peers[index.value()];
  drive([&](node::ConsensusDriver& driver) { driver.on_peer_disconnected(now(), peer); });
}

void SimNode::deliver(std::uint32_t from, Channel channel, ByteView bytes) {
  if (!is_up()) return;
  if (channel == Channel::Gossip) {
    const TxnHash hash = primitives::transaction_hash(bytes);
    if (ledger_->is_committed(hash) || !pool_.emplace(hash, to_bytes(bytes)).second) return;
    pool_order_.push_back(hash);
    if (pool_order_.size() > kPoolMax) {
      pool_.erase(pool_order_.front());
      pool_order_.pop_front();
    }
    drive([this](node::ConsensusDriver& driver) { driver.on_work(now()); });
    return;
  }
  if (byzantine_ && !byzantine_->observe(from, channel, bytes)) return;
  const p2p::PeerId& peer = world_.chain.peers[world_.node(from).index().value()];
  drive([&](node::ConsensusDriver& driver) { driver.on_message(now(), peer, channel, bytes); });
}

void SimNode::submit(const Bytes& item) {
  if (!is_up()) return;
  deliver(id_, Channel::Gossip, item);
  if (is_up()) broadcast(Channel::Gossip, item);
}

bool SimNode::has_committed(const TxnHash& item) const {
  return ledger_ && ledger_->is_committed(item);
}

void SimNode::send_raw(std::uint32_t to, Channel channel, Bytes message) {
  if (sends_left_) {
    if (*sends_left_ == 0) {
      sends_left_.reset();
      world_.faults.note(Fault::CrashWhileSending);
      crash("while sending");
      return;
    }
    --*sends_left_;
  }
  world_.network.send(id_, to, channel, std::make_shared<const Bytes>(std::move(message)));
}

void SimNode::send(const p2p::PeerId& peer, Channel channel, Bytes message) {
  if (dying_) return;
  const auto index = world_.chain.set.index_of_network_key(peer.key());
  OL_CHECK(index.has_value(), "peers of the simulation are validators");
  if (channel == Channel::Consensus && !byzantine_) note_signed(message, false);
  for (const std::uint32_t to : world_.nodes_of(*index)) {
    if (dying_) return;
    if (byzantine_) {
      byzantine_->send(to, channel, message);
    } else {
      send_raw(to, channel, message);
    }
  }
}

void SimNode::broadcast(Channel channel, Bytes message) {
  if (dying_) return;
  if (byzantine_) {
    byzantine_->broadcast(channel, std::move(message));
    return;
  }
  const auto shared = std::make_shared<const Bytes>(std::move(message));
  for (std::uint32_t to = 0; to < world_.node_count(); ++to) {
    if (to == id_) continue;
    if (sends_left_) {
      send_raw(to, channel, *shared);
      if (dying_ || !is_up()) return;
    } else {
      world_.network.send(id_, to, channel, shared);
    }
  }
}

void SimNode::punish(const p2p::PeerId& peer, std::string reason) {
  if (dying_) return;
  const auto index = world_.chain.set.index_of_network_key(peer.key());
  OL_CHECK(index.has_value(), "peers of the simulation are validators");
  if (world_.trace.printing())
    world_.say(label(), fmt::format("punishes node {}: {}", index->value(), reason));
  world_.checker.on_punish(index_, *index, reason);
}

void SimNode::record_outgoing(ByteView message) {
  if (!dying_) note_signed(message, true);
}

void SimNode::note_signed(ByteView message, bool first) {
  const auto decoded = consensus::decode_message(message);
  OL_CHECK(decoded.has_value(), "our own message decodes");
  world_.checker.on_signed(index_, *decoded);
  if (!first) return;
  world_.trace.mix(message);
  if (const auto* vote = std::get_if<consensus::VoteMessage>(&*decoded)) {
    world_.checker.on_vote_cast(index_, driver_->status().lock, driver_->kernel().tree(),
                                vote->subject);
  }
  if (!world_.trace.printing()) return;
  if (const auto* vote = std::get_if<consensus::VoteMessage>(&*decoded)) {
    world_.say(label(),
               fmt::format("votes in view {} for height {}, block {}", vote->subject.view.value(),
                           vote->subject.height.value(), brief(vote->subject.block)));
  } else if (const auto* left = std::get_if<consensus::NewViewMessage>(&*decoded)) {
    world_.say(label(), fmt::format("leaves view {} with a certificate of view {}",
                                    left->view.value(), left->high_qc.view().value()));
  } else if (const auto* proposal = std::get_if<consensus::ProposalMessage>(&*decoded)) {
    const primitives::Header& header = proposal->header;
    world_.say(label(), fmt::format("proposes in view {} height {} on view {}, {} items{}",
                                    header.view.value(), header.height.value(),
                                    header.justify.view().value(), proposal->items.size(),
                                    header.timeout_certificate ? ", after a time-out" : ""));
  } else if (const auto* again = std::get_if<consensus::ReproposalMessage>(&*decoded)) {
    world_.say(label(), fmt::format("proposes block {} again in view {}",
                                    brief(again->certificate.block()), again->view.value()));
  }
}

void SimNode::on_evidence(const consensus::Evidence& evidence) {
  if (dying_) return;
  if (world_.is_honest(index_)) ++world_.evidence;
  const auto whom = consensus::accused(evidence);
  if (world_.trace.printing())
    world_.say(label(), fmt::format("has evidence against validator {}", whom.value()));
  world_.checker.on_evidence(index_, whom);
  // A share that does not verify proves nothing to others; the rest must.
  if (world_.is_honest(index_) && !std::holds_alternative<consensus::InvalidShare>(evidence) &&
      !consensus::proves(evidence, world_.chain.genesis.domain, world_.chain.set, *world_.scheme)) {
    world_.checker.report(fmt::format("node {} reports evidence that proves nothing", id_));
  }
}

// With less than a third of the weight Byzantine there is none.
void SimNode::on_conflict(const consensus::Conflict&) {
  if (!dying_ && world_.is_honest(index_))
    world_.checker.report(fmt::format("node {} holds two certificates that conflict", id_));
}

void SimNode::warn(std::string sentence) {
  if (!dying_) world_.say(label(), "warns: " + sentence);
}

void SimNode::fatal(std::string sentence) {
  if (dying_) return;
  world_.say(label(), "stops: " + sentence);
  crash("it stopped itself");
}

std::optional<Bytes> SimNode::find_item(const TxnHash& hash) {
  const auto it = pool_.find(hash);
  if (it == pool_.end()) return std::nullopt;
  return it->second;
}

bool SimNode::has_work() {
  return std::any_of(pool_order_.begin(), pool_order_.end(),
                     [&](const TxnHash& item) { return !ledger_->is_in_flight(item); });
}

}  // namespace ol::sim
