#include <algorithm>

#include <ol/primitives/fault_budget.hpp>

#include "node_impl.hpp"
#include "pending_block.hpp"
#include "rpc_calls.hpp"
#include "rpc_reads.hpp"

namespace ol::node {
namespace {

/// Further behind its peers than this, a node calls itself syncing.
constexpr std::uint64_t kSyncingBehind = 8;

rpc::TxnPtr shared_record_of(const TxnPtr& txn) {
  return txn ? std::make_shared<const rpc::TxnRecord>(record_of(*txn)) : nullptr;
}

std::map<Address, std::vector<rpc::TxnPtr>> records_of(
    const std::map<Address, std::vector<TxnPtr>>& txns) {
  std::map<Address, std::vector<rpc::TxnPtr>> out;
  for (const auto& [sender, list] : txns) {
    for (const TxnPtr& txn : list)
      out[sender].push_back(shared_record_of(txn));
  }
  return out;
}

/// Who would be paid for a block of this node; nobody if it only follows.
Address fee_recipient(const Node::Impl& node) {
  const auto self = node.epochs_->seat(node.set().epoch());
  return self ? node.set().find(*self)->fee_recipient : Address{};
}

class NodeBackend final : public rpc::Backend {
 public:
  explicit NodeBackend(Node::Impl& node)
      : node_(node),
        starting_(node.root_.block->header.height.value()),
        pending_(node.parts_.genesis, *node.database_, *node.pool_, fee_recipient(node),
                 node.seed_),
        calls_(node.parts_.genesis, *node.database_, *node.cache_, node.seed_,
               node.parts_.config.rpc_call_timeout_ms) {}

  std::uint64_t chain_id() const override { return node_.parts_.genesis.domain.chain_id.value(); }
  std::string client_version() const override {
    return std::string("openliquid/v") + kVersion + "/linux-amd64/clang19";
  }
  std::uint64_t peer_count() const override {
    MutexLock lock(node_.mutex_);
    return node_.connected_.size();
  }

  std::optional<rpc::SyncStatus> sync_status() const override {
    const std::uint64_t highest = node_.consensus_view().best_peer_height.value();
    const std::uint64_t current = head()->header.number;
    if (highest <= current + kSyncingBehind) return std::nullopt;
    return rpc::SyncStatus{.starting = starting_, .current = current, .highest = highest};
  }

  rpc::NodeStatus status() const override;

  rpc::BlockPtr head() const override { return node_.records_->head(); }
  rpc::BlockPtr block_by_number(std::uint64_t number) const override {
    return node_.records_->by_number(number);
  }
  rpc::BlockPtr block_by_hash(const primitives::EvmHash& hash) const override {
    return node_.records_->by_hash(hash);
  }
  rpc::BlockPtr pending_block() const override {
    std::uint64_t ahead_ms = 0;
    if (node_.exchange_) {
      node_.exchange_->view->read(
          [&](const exchange::State& state) { ahead_ms = state.clock_ahead(); });
    }
    return pending_.get(primitives::TimeMs(node_.now().wall_ms), ahead_ms);
  }

  std::optional<rpc::TxnLocation> find_txn(const primitives::TxnHash& hash) const override {
    const auto snapshot = node_.database_->snapshot();
    if (!snapshot) return std::nullopt;
    const auto location = (*snapshot)->txn_location(hash);
    if (!location || !*location) return std::nullopt;
    rpc::BlockPtr block = node_.records_->by_number((*location)->height.value());
    if (!block) return std::nullopt;
    return rpc::TxnLocation{std::move(block), (*location)->index};
  }
  rpc::TxnPtr find_pool_txn(const primitives::TxnHash& hash) const override {
    return shared_record_of(node_.pool_->find(hash));
  }

  std::optional<primitives::EvmHash> block_hash(std::uint64_t number) const override {
    return read_block_hash(*node_.database_, number);
  }

  Result<rpc::AccountRecord, rpc::StateError> account(const Address& address,
                                                      std::uint64_t number) const override {
    return read_account(*node_.database_, address, number);
  }
  Result<Hash256, rpc::StateError> storage(const Address& address, const Hash256& slot,
                                           std::uint64_t number) const override {
    return read_storage(*node_.database_, address, slot, number);
  }
  Result<rpc::AccountProof, rpc::StateError> proof(const Address& address,
                                                   const std::vector<Hash256>& slots,
                                                   std::uint64_t number) const override {
    return prove_account(*node_.database_, address, slots, number);
  }
  Result<std::vector<rpc::LogRecord>, rpc::LogFault> logs(
      const rpc::LogQuery& query) const override {
    return read_logs(*node_.database_, query);
  }
  Result<std::unique_ptr<rpc::CallState>, rpc::CallFailure> call_state(
      const rpc::CallSetting& setting) const override {
    return calls_.call_state(setting, node_.now().wall_ms / 1'000);
  }
  Result<std::vector<std::string>, rpc::CallFailure> trace_block(
      const rpc::BlockRecord& block, std::size_t first, std::size_t count,
      const rpc::TraceOptions& options) const override {
    return calls_.trace_block(block, first, count, options);
  }

  Result<std::vector<rpc::SimulatedBlock>, rpc::RpcError> simulate(
      const rpc::SimulateRequest& request) const override {
    return calls_.simulate(request);
  }

  std::uint64_t pending_nonce(const Address& address) const override {
    if (const auto next = node_.pool_->next_nonce(address)) return *next;
    const auto committed = account(address, head()->header.number);
    return committed ? committed->nonce : 0;
  }
  U256 priority_fee_min() const override { return mempool::Limits{}.tip_min; }
  rpc::PoolStatus pool_status() const override {
    const mempool::Stats stats = node_.pool_->stats();
    return {.pending = stats.pending, .queued = stats.txns - stats.pending};
  }
  rpc::PoolContent pool_content() const override {
    const mempool::Content content = node_.pool_->content();
    return {.pending = records_of(content.pending), .queued = records_of(content.queued)};
  }
  Result<primitives::TxnHash, rpc::SubmitError> submit_raw_transaction(Bytes envelope) override {
    return node_.submit(std::move(envelope));
  }

 private:
  Node::Impl& node_;
  std::uint64_t starting_;
  mutable PendingBlock pending_;
  mutable RpcCalls calls_;
};

rpc::NodeStatus NodeBackend::status() const {
  const ConsensusView view = node_.consensus_view();
  const rpc::BlockPtr block = head();
  rpc::NodeStatus out;
  out.chain_name = node_.parts_.genesis.chain_name;
  out.profile = primitives::name_of(node_.parts_.genesis.profile);
  out.height = block->header.number;
  out.block =
      primitives::BlockHash::from(block->header.extra_data).value_or(primitives::BlockHash{});
  out.evm_block = block->hash;
  const primitives::ValidatorSet& set = *view.set;
  out.epoch = set.epoch().value();
  out.view = view.kernel.view.value();
  out.leader = view.kernel.leader.value();
  if (view.self && view.signing) out.validator = view.self->value();
  out.committed_time_ms = view.last_commit_wall_ms;
  out.finality_ms = view.finality_ms;
  std::set<p2p::PeerId> connected;
  {
    MutexLock lock(node_.mutex_);
    connected = node_.connected_;
  }
  for (const p2p::PeerId& peer : connected) {
    rpc::PeerStatus status{.id = peer.text(), .address = {}, .inbound = false, .validator = {}};
    if (const auto index = set.index_of_network_key(peer.key())) status.validator = index->value();
    out.peers.push_back(std::move(status));
  }
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const primitives::Validator& validator = *set.find(primitives::ValidatorIndex(i));
    out.validators.push_back({.index = i,
                              .name = validator.name,
                              .weight = validator.weight.value(),
                              .fee_recipient = validator.fee_recipient});
  }
  out.total_weight = set.total_weight();
  const primitives::FaultBudget budget = primitives::fault_budget(set);
  out.quorum_weight = budget.quorum_weight;
  out.byzantine_budget = budget.byzantine_weight;
  out.crash_budget = budget.crash_weight;
  return out;
}

}  // namespace

std::unique_ptr<rpc::Backend> make_rpc_backend(Node::Impl& node) {
  return std::make_unique<NodeBackend>(node);
}

}  // namespace ol::node
