#include <sys/resource.h>

#include <chrono>

#include <ol/base/hex.hpp>
#include <ol/primitives/fault_budget.hpp>

#include "gossip_batch.hpp"
#include "node_impl.hpp"

namespace ol::node {
namespace {

/// Threads for eth_call, traces and the like, and how far they step back.
constexpr std::uint32_t kCallThreads = 2;
constexpr int kCallNiceness = 10;
constexpr std::uint64_t kPublishMs = 50;
constexpr std::size_t kStoreBatch = 64;
constexpr std::chrono::milliseconds kGossipDelay{5};
/// Batches of fewer are waited for.
constexpr std::size_t kGossipSmall = 64;

std::uint64_t steady_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

std::uint64_t wall_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

Result<std::unique_ptr<Node>, NodeError> Node::open(NodeParts parts, LogSink log) {
  auto impl = std::make_unique<Impl>(std::move(parts), std::move(log));
  OL_TRY_VOID(impl->open());
  return std::unique_ptr<Node>(new Node(std::move(impl)));
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

std::optional<NodeError> Node::run() {
  return impl_->run();
}
void Node::stop() {
  impl_->request_stop(std::nullopt);
}
std::uint16_t Node::rpc_port() const {
  return impl_->server_->port();
}
exchange::Access* Node::exchange() const {
  return impl_->exchange_ ? impl_->exchange_->view.get() : nullptr;
}
std::uint16_t Node::p2p_port() const {
  return impl_->network_->listening_port();
}

Now Node::Impl::now() const {
  return {.monotonic_ms = steady_ms(), .wall_ms = wall_ms()};
}

// Threads stop in the order of the data flow, so that everything final reaches the disk.
std::optional<NodeError> Node::Impl::run() {
  const primitives::FaultBudget budget = primitives::fault_budget(set());
  const auto self = may_sign_ ? epochs_->seat(set().epoch()) : std::nullopt;
  log(LogLevel::Info, "node started",
      {{"chain", parts_.genesis.chain_name},
       {"chain_id", std::to_string(parts_.genesis.domain.chain_id.value())},
       {"genesis", to_hex(genesis_hash_.view())},
       {"height", std::to_string(root_.block->header.height.value())},
       {"validator", self ? std::to_string(self->value()) : "none"},
       {"epoch", std::to_string(set().epoch().value())},
       {"rule", primitives::name_of(parts_.genesis.commit_rule)},
       {"tolerates", primitives::describe(budget)},
       {"peer_id", network_->local_id().text()},
       {"p2p_port", std::to_string(network_->listening_port())},
       {"rpc_port", std::to_string(server_->port())}});
  for (const primitives::ValidatorIndex heavy : budget.too_heavy) {
    log(LogLevel::Warn, "one validator weighs a third or more",
        {{"validator", std::to_string(heavy.value())},
         {"effect", "alone it can stop finality, and by lying fork it"}});
  }
  std::thread execution([this] { executor_->run(); });
  std::thread storing([this] { storage_loop(); });
  std::thread consensus([this] { consensus_loop(); });
  std::thread gossip([this] { gossip_loop(); });
  std::thread view([this] {
    if (exchange_) exchange_->view->run();
  });
  std::thread endpoint([this] {
    if (endpoint_) endpoint_->run();
  });
  std::thread oracle([this] { oracle_loop(); });
  std::thread io([this] { network_->run(); });
  std::vector<std::thread> rpc;
  for (std::uint32_t i = 0; i < std::max(1U, parts_.config.rpc_threads); ++i) {
    rpc.emplace_back([this] { server_->run(); });
  }
  for (std::uint32_t i = 0; i < kCallThreads; ++i) {
    rpc.emplace_back([this] {
      // Calls of strangers give way to everything that consensus waits for. On Linux this is the
      // niceness of the thread alone; where it is refused nothing is lost.
      static_cast<void>(::setpriority(PRIO_PROCESS, 0, kCallNiceness));
      server_->run_calls();
    });
  }
  std::optional<NodeError> failure;
  {
    MutexLock lock(mutex_);
    while (!stop_)
      lock.wait(stop_wanted_);
    failure = failure_;
  }
  stopping_ = true;
  server_->stop();
  for (std::thread& thread : rpc)
    thread.join();
  if (endpoint_) endpoint_->stop();
  endpoint.join();
  oracle.join();
  network_->stop();
  io.join();
  gossip_queue_.close();
  gossip.join();
  consensus_queue_.close();
  // Execution may wait for room in the storage queue, which is still drained.
  consensus.join();
  executor_->stop();
  execution.join();
  if (exchange_) exchange_->view->stop();
  view.join();
  storage_queue_.close();
  storing.join();
  workers_->stop();
  if (auto synced = database_->sync(); !synced && !failure)
    failure = NodeError{synced.error().message};
  log(LogLevel::Info, "node stopped",
      {{"height", std::to_string(records_->head()->header.number)}});
  return failure;
}

void Node::Impl::request_stop(std::optional<NodeError> reason) {
  MutexLock lock(mutex_);
  if (reason && !failure_) failure_ = std::move(reason);
  stop_ = true;
  stop_wanted_.notify_all();
}

void Node::Impl::consensus_loop() {
  driver_->start(now());
  publish_view(true);
  while (!consensus_queue_.is_closed()) {
    const Now before = now();
    const std::uint64_t due = driver_->next_deadline();
    const std::uint64_t wait = due > before.monotonic_ms ? due - before.monotonic_ms : 0;
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::milliseconds(std::min<std::uint64_t>(wait, 1000));
    if (auto event = consensus_queue_.pop_until(deadline)) event->run(*driver_, now());
    if (now().monotonic_ms >= driver_->next_deadline()) driver_->on_tick(now());
    publish_view(false);
    follow_heads();
    resume_paused_peers();
    watch_reach();
  }
}

void Node::Impl::publish_view(bool now_required) {
  const Now t = now();
  if (!now_required && t.monotonic_ms < next_publish_ms_) return;
  next_publish_ms_ = t.monotonic_ms + kPublishMs;
  consensus::KernelStatus kernel = driver_->status();
  const primitives::View view = kernel.view;
  MutexLock lock(mutex_);
  view_.kernel = std::move(kernel);
  view_.voters = driver_->voters(primitives::View(view.value() > 0 ? view.value() - 1 : 0));
  view_.votes = driver_->vote_stats();
  if (leaders_.reputation != nullptr) view_.passed_over = leaders_.reputation->passed_over(view);
  view_.counters = driver_->counters();
  view_.best_peer_height = driver_->best_peer_height();
  view_.signing = driver_->signing();
  view_.set = &driver_->set();
  view_.self = driver_->self();
}

ConsensusView Node::Impl::consensus_view() const {
  MutexLock lock(mutex_);
  return view_;
}

void Node::Impl::answer(ConsensusTask task) {
  // Never dropped, and never waited for: the driver bounds their number, and its thread may itself
  // be waiting for the one that answers.
  consensus_queue_.push_own({std::move(task)});
}

void Node::Impl::storage_loop() {
  while (true) {
    const std::vector<FinalBlock> blocks = storage_queue_.pop_many(kStoreBatch);
    if (blocks.empty()) return;
    if (!store(blocks)) return;
  }
}

// One batch to disk, then everyone who reads the committed state is told, in this order: pool,
// executor, RPC.
bool Node::Impl::store(const std::vector<FinalBlock>& blocks) {
  const std::uint64_t started = steady_ms();
  std::vector<storage::CommittedBlock> batch;
  std::vector<const state::StateDiff*> diffs;
  std::deque<storage::ExchangeChanges> exchange;
  for (const FinalBlock& block : blocks) {
    const execution::ExecutedBlock& result = block.executed->result;
    if (exchange_) exchange.push_back(changes_of(*block.executed->exchange));
    batch.push_back({.block = *block.executed->block,
                     .certificate = block.certificate,
                     .evm_header = result.header,
                     .receipts = result.receipts,
                     .diff = result.diff,
                     .exchange = exchange_ ? &exchange.back() : nullptr});
    diffs.push_back(&result.diff);
  }
  if (auto written = database_->commit(batch); !written) {
    fatal(written.error().message);
    return false;
  }
  auto snapshot = database_->snapshot();
  if (!snapshot) {
    fatal(snapshot.error().message);
    return false;
  }
  const primitives::EvmHeader& newest = blocks.back().executed->result.header;
  const auto terms = execution::next_block_terms(parts_.genesis, newest);
  if (auto followed = pool_->commit(terms, *std::move(snapshot), diffs); !followed) {
    fatal("the state cannot be read: " + std::string(state::describe(followed.error())));
    return false;
  }
  const std::uint64_t wall = wall_ms();
  metrics_.observe_store_ms(static_cast<double>(steady_ms() - started));
  for (const FinalBlock& block : blocks) {
    const std::uint64_t previous = records_->head()->header.number;
    OL_CHECK(block.executed->result.header.number == previous + 1, "blocks are stored in order");
    records_->add(block);
    const std::uint64_t stamped = block.executed->block->header.time.value();
    metrics_.observe_finality_ms(wall > stamped ? static_cast<double>(wall - stamped) : 0);
    server_->publish_new_head(block.executed->result.header, block.executed->result.evm_hash);
    server_->publish_logs(records_->head());
  }
  executor_->on_flushed(blocks.back().executed->block->header.height);
  MutexLock lock(mutex_);
  view_.last_commit_wall_ms = wall;
  const std::uint64_t stamped = blocks.back().executed->block->header.time.value();
  view_.finality_ms = wall > stamped ? wall - stamped : 0;
  return true;
}

void Node::Impl::gossip_loop() {
  std::uint64_t retell_at = 0;
  while (true) {
    const std::uint64_t now_ms = steady_ms();
    if (now_ms >= retell_at) {
      retell_at = now_ms + Retelling::kPeriodMs;
      tell_actions_again(now_ms);
    }
    const auto wake = std::chrono::steady_clock::now() +
                      std::chrono::milliseconds(retell_at - std::min(now_ms, retell_at));
    auto first = gossip_queue_.pop_until(wake);
    if (!first && gossip_queue_.is_closed()) return;
    if (first) publish_batches(gather(*std::move(first)));
  }
}

// A moment's wait lets a batch gather; under load the queue is never empty and nothing waits.
std::vector<Bytes> Node::Impl::gather(Bytes first) {
  std::vector<Bytes> entries{std::move(first)};
  const auto deadline = std::chrono::steady_clock::now() + kGossipDelay;
  while (entries.size() < kGossipBatchMax) {
    auto more =
        entries.size() < kGossipSmall ? gossip_queue_.pop_until(deadline) : gossip_queue_.try_pop();
    if (!more) break;
    entries.push_back(*std::move(more));
  }
  return entries;
}

void Node::Impl::tell_actions_again(std::uint64_t now_ms) {
  if (!exchange_) return;
  publish_batches(exchange_->retelling.due(
      now_ms, [this](const primitives::TxnHash& hash) { return exchange_->pool.waits(hash); }));
}

// Transactions and the exchange's items have topics of their own.
void Node::Impl::publish_batches(std::vector<Bytes> entries) {
  struct Batch {
    const std::string& topic;
    std::vector<Bytes> entries;
    std::size_t bytes = 0;
  };
  Batch txns{topics_.txns, {}};
  Batch items{topics_.items, {}};
  const auto flush = [this](Batch& batch) {
    if (batch.entries.empty()) return;
    auto sent = network_->publish(batch.topic, p2p::share(encode_gossip_batch(batch.entries)));
    if (!sent) gossip_dropped_ += batch.entries.size();
    batch.entries.clear();
    batch.bytes = 0;
  };
  for (Bytes& entry : entries) {
    Batch& batch = primitives::is_exchange_item(entry) ? items : txns;
    if (batch.bytes + entry.size() > kGossipBytesMax) flush(batch);
    batch.bytes += entry.size() + 4;
    batch.entries.push_back(std::move(entry));
  }
  flush(txns);
  flush(items);
}

std::optional<ExchangeSample> Node::Impl::sample_exchange() {
  if (!exchange_) return std::nullopt;
  return exchange_->meter->sample(exchange_->pool.size());
}

std::string Node::Impl::metrics_text() {
  const ConsensusView view = consensus_view();
  return metrics_.text({.consensus = view,
                        .evidence = count_evidence(),
                        .omissions = oracle_omissions(),
                        .exchange = sample_exchange(),
                        .reach = reach(),
                        .network = network_->counters(),
                        .rpc = server_->stats(),
                        .pool = pool_->stats(),
                        .database = database_->stats(),
                        .height = records_->head()->header.number,
                        .txns_executed = executor_->txns_executed(),
                        .gossip_dropped = gossip_dropped_.load(),
                        .peer_drops = peer_drops(),
                        .consensus_queue_bytes = consensus_queue_.bytes(),
                        .consensus_queue = consensus_queue_.stats(),
                        .execution_queue = executor_->stats(),
                        .storage_queue = storage_queue_.stats(),
                        .gossip_queue = gossip_queue_.stats(),
                        .worker_queue = workers_->stats()});
}

}  // namespace ol::node
