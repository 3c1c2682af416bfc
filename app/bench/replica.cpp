#include "bench/replica.hpp"

#include <future>

#include <ol/execution/genesis_state.hpp>
#include <ol/node/safety_adapter.hpp>

#include "bench/machine.hpp"
#include "command.hpp"

namespace ol::app::bench {

using primitives::BlockHash;
using primitives::TxnHash;
using primitives::ValidatorIndex;

namespace {

/// Committed blocks kept for peers that fell behind.
constexpr std::size_t kRecentMax = 512;

std::uint64_t to_ms(auto since_epoch) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
}

node::Now now() {
  return {.monotonic_ms = to_ms(std::chrono::steady_clock::now().time_since_epoch()),
          .wall_ms = to_ms(std::chrono::system_clock::now().time_since_epoch())};
}

ValidatorIndex index_of(const primitives::ValidatorSet& set, const node::NodeParts& parts) {
  const auto index = set.index_of_network_key(p2p::PeerId(parts.network_key.public_key()).key());
  if (!index || !parts.validator) throw CommandError("a benchmark's home holds no validator");
  return *index;
}

template <typename T>
T opened(storage::StorageResult<T> result) {
  if (!result) throw CommandError(std::move(result).error().message);
  return *std::move(result);
}

Bytes encode(const primitives::Block& block) {
  Writer out;
  primitives::encode(out, block);
  return out.take();
}

}  // namespace

Replica::Replica(node::NodeParts parts, std::size_t block_items, ReplicaEvents& events)
    : parts_(std::move(parts)),
      block_items_(block_items),
      events_(events),
      set_(primitives::genesis_validator_set(parts_.genesis)),
      self_(index_of(set_, parts_)) {
  open_storage();
  make_driver();
  p2p::NetworkConfig config;
  config.listen_host = "127.0.0.1";
  config.hello = Bytes{1};
  network_ = p2p::make_stack_network(std::move(config), parts_.network_key, *this);
  if (auto started = network_->start(); !started) throw CommandError(started.error().text);
}

Replica::~Replica() {
  stop();
}

void Replica::open_storage() {
  const auto& data = parts_.config.data_dir;
  safety_file_ = opened(storage::SafetyFile::open(data / "safety.record"));
  safety_store_ = opened(storage::SafetyStore::open(*safety_file_));
  safety_adapter_ = node::make_safety_adapter(*safety_store_);
  block_log_ =
      opened(storage::BlockLog::open(data, parts_.genesis.domain, storage::Durability::Process));
}

void Replica::make_driver() {
  const primitives::Genesis& genesis = parts_.genesis;
  const auto state = execution::genesis_state(genesis);
  genesis_block_ =
      std::make_shared<const primitives::Block>(primitives::genesis_block(genesis, state.root));
  const auto certificate = primitives::genesis_certificate(genesis, genesis_block_->hash);
  leaders_ = consensus::make_leaders(genesis, set_, {}, true);
  scheme_ = consensus::make_scheme(genesis, set_);
  auto record = consensus::decode_safety_record(safety_store_->record());
  if (!record || !scheme_) throw CommandError("a benchmark's home does not load");
  auto signer = std::make_unique<consensus::Signer>(
      genesis.domain, set_.hash(genesis.domain), self_, std::move(parts_.validator->key),
      std::move(parts_.validator->vote_key), *scheme_, *safety_adapter_, *record);
  driver_ = std::make_unique<node::ConsensusDriver>(
      node::DriverParts{.domain = genesis.domain,
                        .set = set_,
                        .rule = rule_,
                        .leaders = *leaders_.schedule,
                        .scheme = *scheme_,
                        .pace = genesis.pace,
                        .genesis_certificate = certificate,
                        .root = {genesis_block_, certificate},
                        .record = *std::move(record),
                        .signer = std::move(signer),
                        .self = self_,
                        .stored_blocks = {},
                        .certificates_ahead = true},
      static_cast<node::DriverHost&>(*this));
}

p2p::PeerEndpoint Replica::endpoint() const {
  return {network_->local_id(), "127.0.0.1", network_->listening_port()};
}

void Replica::start(std::vector<p2p::PeerEndpoint> peers) {
  std::erase_if(peers, [&](const auto& peer) { return peer.id == network_->local_id(); });
  network_->set_peers(std::move(peers));
  io_ = std::thread([this] { network_->run(); });
  consensus_ = std::thread([this] { run(); });
}

void Replica::stop() {
  if (!io_.joinable()) return;
  queue_.close();
  consensus_.join();
  network_->stop();
  io_.join();
}

// As Node::Impl::consensus_loop.
void Replica::run() {
  driver_->start(now());
  while (!queue_.is_closed()) {
    answer_driver();
    const std::uint64_t started = now().monotonic_ms;
    const std::uint64_t due = driver_->next_deadline();
    const auto wait = std::chrono::milliseconds(due > started ? due - started : 0);
    const auto deadline = std::chrono::steady_clock::now() + wait;
    if (auto event = queue_.pop_until(deadline)) (*event)(*driver_, now());
    answer_driver();
    if (now().monotonic_ms >= driver_->next_deadline()) driver_->on_tick(now());
  }
}

void Replica::answer_driver() {
  while (!answers_.empty()) {
    const Event answer = std::move(answers_.front());
    answers_.pop_front();
    answer(*driver_, now());
  }
}

void Replica::submit(std::vector<Command> commands) {
  static_cast<void>(queue_.push(
      [this, commands = std::move(commands)](node::ConsensusDriver& driver, node::Now t) {
        take(commands);
        driver.on_work(t);
      }));
}

ReplicaSample Replica::sample() {
  auto promise = std::make_shared<std::promise<ReplicaSample>>();
  auto answer = promise->get_future();
  const bool asked = queue_.push([this, promise](node::ConsensusDriver& driver, node::Now) {
    promise->set_value({.counters = driver.counters(),
                        .view = driver.status().view,
                        .committed = driver.status().committed_height,
                        .driver_cpu_s = thread_cpu_s(),
                        .network_cpu_s = thread_cpu_s(io_.native_handle()),
                        .wire_bytes_out = network_->counters().wire_bytes_out});
  });
  if (!asked) throw CommandError("a validator of the benchmark ended");
  return answer.get();
}

void Replica::take(std::vector<Command> commands) {
  for (Command& command : commands) {
    const TxnHash hash = primitives::transaction_hash(*command);
    if (early_.erase(hash) > 0) continue;
    if (pool_.emplace(hash, std::move(command)).second) arrivals_.push_back(hash);
  }
}

// In the order of arrival, without those that a block between the committed one and the new one
// holds.
std::vector<Bytes> Replica::pick(const consensus::BlockPtr& parent) {
  std::unordered_set<TxnHash> taken;
  for (auto it = uncommitted_.find(parent->hash); it != uncommitted_.end();
       it = uncommitted_.find(it->second->header.parent)) {
    taken.insert(it->second->item_hashes.begin(), it->second->item_hashes.end());
  }
  std::vector<Bytes> out;
  for (const TxnHash& hash : arrivals_) {
    if (out.size() == block_items_) break;
    const auto found = pool_.find(hash);
    if (found != pool_.end() && !taken.contains(hash)) out.push_back(*found->second);
  }
  return out;
}

void Replica::forget(const primitives::Block& block) {
  if (uncommitted_.erase(block.hash) > 0) uncommitted_items_ -= block.payload.size();
}

void Replica::send(const p2p::PeerId& peer, p2p::Channel channel, Bytes message) {
  // A message that does not leave is repeated by the driver; the network counts it.
  static_cast<void>(network_->send(peer, channel, p2p::share(std::move(message))));
}

void Replica::broadcast(p2p::Channel channel, Bytes message) {
  static_cast<void>(network_->broadcast(channel, p2p::share(std::move(message))));
}

void Replica::punish(const p2p::PeerId&, std::string reason) {
  events_.on_failure(self_, "refused a message of an honest validator: " + reason);
}

void Replica::execute(consensus::BlockPtr block) {
  if (auto written = block_log_->append(*block); !written) {
    events_.on_failure(self_, written.error().message);
    return;
  }
  if (uncommitted_.emplace(block->hash, block).second) uncommitted_items_ += block->payload.size();
  answers_.push_back([hash = block->hash](node::ConsensusDriver& driver, node::Now t) {
    driver.on_executed(t, hash, consensus::Execution::Valid);
  });
}

void Replica::build(const consensus::BuildRequest& request) {
  answers_.push_back([this, view = request.view, parent = request.parent](
                         node::ConsensusDriver& driver, node::Now t) {
    driver.on_built(t, {.view = view, .parent = {}, .items = pick(parent)});
  });
}

void Replica::commit(std::vector<consensus::CommittedBlock> blocks) {
  for (consensus::CommittedBlock& block : blocks) {
    leaders_.record(block.block->header);
    for (const TxnHash& hash : block.block->item_hashes) {
      if (pool_.erase(hash) == 0) early_.insert(hash);
    }
    forget(*block.block);
    if (auto noted = block_log_->committed(block.block->header.height); !noted)
      events_.on_failure(self_, noted.error().message);
    events_.on_committed(self_, block.block);
    recent_.push_back(std::move(block));
    if (recent_.size() > kRecentMax) recent_.pop_front();
  }
  while (!arrivals_.empty() && !pool_.contains(arrivals_.front()))
    arrivals_.pop_front();
}

void Replica::discard(std::vector<consensus::BlockPtr> blocks) {
  for (const consensus::BlockPtr& block : blocks)
    forget(*block);
}

void Replica::serve_range(const p2p::PeerId& peer, node::RangeRequest request) {
  node::RangeResponse response{.from = request.from, .entries = {}};
  std::size_t bytes = 0;
  for (const consensus::CommittedBlock& block : recent_) {
    const auto height = block.block->header.height;
    if (height != request.from + response.entries.size()) continue;
    if (response.entries.size() == request.count || bytes > node::kRangeBytesMax / 2) break;
    response.entries.push_back({encode(*block.block), block.certificate});
    bytes += response.entries.back().encoded_block.size();
  }
  send(peer, p2p::Channel::Bulk, node::encode_sync_message(response));
}

void Replica::serve_block(const p2p::PeerId& peer, BlockHash block) {
  node::BlockResponse response{block, {}};
  for (const consensus::CommittedBlock& kept : recent_) {
    if (kept.block->hash == block) response.encoded = encode(*kept.block);
  }
  send(peer, p2p::Channel::Bulk, node::encode_sync_message(response));
}

std::optional<Bytes> Replica::find_item(const TxnHash& hash) {
  const auto found = pool_.find(hash);
  if (found == pool_.end()) return std::nullopt;
  return *found->second;
}

bool Replica::has_work() {
  return pool_.size() > uncommitted_items_;
}

void Replica::record_outgoing(ByteView) {}

void Replica::on_evidence(const consensus::Evidence& evidence) {
  events_.on_failure(self_, "has evidence against honest validator " +
                                std::to_string(consensus::accused(evidence).value()));
}

void Replica::on_conflict(const consensus::Conflict& conflict) {
  events_.on_failure(self_, "holds two certificates for height " +
                                std::to_string(conflict.first.height().value()));
}

// Stays silent about what a slow machine may cause, such as a proposal that comes late.
void Replica::warn(std::string) {}

void Replica::fatal(std::string sentence) {
  events_.on_failure(self_, std::move(sentence));
}

std::optional<std::string> Replica::check_hello(const p2p::PeerId&, ByteView) {
  return std::nullopt;
}

void Replica::on_peer_connected(const p2p::PeerId& peer, p2p::Direction) {
  static_cast<void>(queue_.push(
      [peer](node::ConsensusDriver& driver, node::Now t) { driver.on_peer_connected(t, peer); }));
}

void Replica::on_peer_disconnected(const p2p::PeerId& peer, const p2p::CloseReason&) {
  static_cast<void>(queue_.push([peer](node::ConsensusDriver& driver, node::Now t) {
    driver.on_peer_disconnected(t, peer);
  }));
}

p2p::Flow Replica::on_message(const p2p::PeerId& peer, p2p::Channel channel, Bytes payload) {
  const auto shared = std::make_shared<const Bytes>(std::move(payload));
  static_cast<void>(
      queue_.push([peer, channel, shared](node::ConsensusDriver& driver, node::Now t) {
        driver.on_message(t, peer, channel, *shared);
      }));
  return p2p::Flow::Continue;
}

void Replica::on_link_failed(const p2p::LinkFailure&) {}

}  // namespace ol::app::bench
