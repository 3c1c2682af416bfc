#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include <ol/base/bounded_queue.hpp>
#include <ol/base/thread_safety.hpp>
#include <ol/consensus/leader_reputation.hpp>
#include <ol/node/consensus_driver.hpp>
#include <ol/node/node.hpp>
#include <ol/node/version.hpp>
#include <ol/p2p/stack_network.hpp>
#include <ol/rpc/consensus_backend.hpp>
#include <ol/rpc/server.hpp>
#include <ol/storage/block_log.hpp>
#include <ol/storage/outbox_log.hpp>
#include <ol/storage/safety_file.hpp>
#include <ol/storage/safety_store.hpp>

#include "block_records.hpp"
#include "epoch_table.hpp"
#include "evidence_store.hpp"
#include "exchange_api.hpp"
#include "executor.hpp"
#include "fair_queue.hpp"
#include "gossip_batch.hpp"
#include "head_gossip.hpp"
#include "log_limit.hpp"
#include "metrics.hpp"
#include "node_exchange.hpp"
#include "peer_budget.hpp"
#include "peer_changes.hpp"
#include "peer_waiting.hpp"
#include "queued_ranges.hpp"
#include "reach.hpp"
#include "refused_names.hpp"
#include "txn_pool.hpp"
#include "worker_pool.hpp"

namespace ol::node {

/// What the consensus thread publishes for RPC and metrics.
struct ConsensusView {
  consensus::KernelStatus kernel;
  DriverCounters counters;
  primitives::Height best_peer_height;
  bool signing = false;
  /// Of the epoch that `kernel` is of; lives as long as the node.
  const primitives::ValidatorSet* set = nullptr;
  /// This node's place in it, if it signs.
  std::optional<primitives::ValidatorIndex> self;
  /// Of the view before the current one, where this node collects its votes.
  std::vector<primitives::ValidatorIndex> voters;
  /// Leaders passed over in the current view's round.
  std::vector<primitives::ValidatorIndex> passed_over;
  /// By validator.
  std::vector<VoteStats> votes;
  std::uint64_t last_commit_wall_ms = 0;
  std::uint64_t finality_ms = 0;
};

/// Signatures that may wait to be verified.
inline constexpr std::size_t kWorkerQueueMax = 4'096;

/// Proofs and batches of peers that wait for the workers. docs/protocol/p2p.md, "Limits".
inline constexpr PeerWaiting::Limits kEvidenceWaiting{
    .peer_items = 64, .peer_bytes = std::size_t{2} << 20, .all_bytes = std::size_t{16} << 20};
inline constexpr PeerWaiting::Limits kBatchesWaiting{
    .peer_items = 1'024, .peer_bytes = std::size_t{16} << 20, .all_bytes = std::size_t{64} << 20};

/// Messages of peers that wait for the consensus thread. docs/protocol/p2p.md, "Limits".
inline constexpr FairLimits kStrangersWaiting{.peer_items = 512,
                                              .peer_bytes = std::size_t{8} << 20,
                                              .rank_items = 4'096,
                                              .rank_bytes = std::size_t{32} << 20};
inline constexpr FairLimits kValidatorsWaiting{.peer_items = 2'048,
                                               .peer_bytes = std::size_t{32} << 20,
                                               .rank_items = 16'384,
                                               .rank_bytes = std::size_t{256} << 20};

/// The wiring of a node. Threads and what they own: docs/architecture.md.
struct Node::Impl final : p2p::NetworkHandler, DriverHost {
  using ConsensusTask = std::function<void(ConsensusDriver&, Now)>;
  struct ConsensusEvent {
    ConsensusTask run;
    /// Of a gossip message, whose verdict is owed if the event is dropped.
    std::string gossip_id = {};
  };

  Impl(NodeParts parts, LogSink sink);
  ~Impl() override;

  // Opening (node_open.cpp).
  [[nodiscard]] Result<void, NodeError> open();
  [[nodiscard]] Result<void, NodeError> open_epochs();
  [[nodiscard]] Result<void, NodeError> check_keys();
  [[nodiscard]] Result<void, NodeError> open_database();
  [[nodiscard]] Result<void, NodeError> open_safety();
  [[nodiscard]] Result<void, NodeError> open_evidence();
  [[nodiscard]] Result<void, NodeError> open_halt();
  [[nodiscard]] Result<void, NodeError> open_exchange();
  [[nodiscard]] Result<void, NodeError> open_execution();
  [[nodiscard]] Result<void, NodeError> open_network();
  [[nodiscard]] Result<void, NodeError> open_rpc();
  [[nodiscard]] Result<void, NodeError> make_driver();
  [[nodiscard]] RuleChoice choose_rule();

  // Epochs (node_epochs.cpp).
  [[nodiscard]] Result<primitives::Epoch, NodeError> epoch_of_root() const;
  [[nodiscard]] Result<consensus::Leaders, NodeError> next_leaders(
      const consensus::EpochSetting& setting, const primitives::Header& root) const;
  [[nodiscard]] Result<consensus::Leaders, NodeError> leaders_of(
      const consensus::EpochSetting& setting, primitives::View begins) const;
  [[nodiscard]] std::optional<crypto::BlsSecretKey> vote_key_of(
      const consensus::EpochSetting& setting, primitives::ValidatorIndex self) const;
  std::optional<EpochParts> open_epoch(const consensus::HandOver& hand_over,
                                       const primitives::Header& root) override;
  std::optional<Bytes> hand_over_of(primitives::Epoch epoch) override;
  /// Of the present epoch. Any thread.
  [[nodiscard]] const primitives::ValidatorSet& set() const { return epochs_->current().set; }
  [[nodiscard]] std::vector<p2p::PeerId> validator_peers() const;

  // Running (node_run.cpp).
  [[nodiscard]] std::optional<NodeError> run();
  void request_stop(std::optional<NodeError> reason);
  void consensus_loop();
  void storage_loop();
  void gossip_loop();
  [[nodiscard]] std::vector<Bytes> gather(Bytes first);
  void tell_actions_again(std::uint64_t now_ms);
  void publish_batches(std::vector<Bytes> entries);
  [[nodiscard]] bool store(const std::vector<FinalBlock>& blocks);
  void publish_view(bool now_required);
  [[nodiscard]] Now now() const;
  /// To the consensus thread what it asked for. Never waits.
  void answer(ConsensusTask task);
  void watch_reach();
  /// Publishes and judges certificates and blocks, on the consensus thread.
  void follow_heads();

  // What peers may make this node do (node_peers.cpp).
  [[nodiscard]] PeerRank rank_of(const p2p::PeerId& peer) const;
  /// Whether the consensus thread will have it. Never waits.
  [[nodiscard]] bool take_from(const p2p::PeerId& peer, std::size_t bytes, ConsensusEvent event);
  void tell_peer_changes();
  void drop_all(std::vector<ConsensusEvent> events, PeerDrop why);
  void note_drop(PeerDrop why) { ++peer_drops_[static_cast<std::size_t>(why)]; }
  [[nodiscard]] bool settle(const p2p::PeerId& peer, PeerBudget::Verdict verdict, PeerDrop why);
  [[nodiscard]] bool begin_reading(const p2p::PeerId& peer, PeerBudget::Reading what);
  void end_reading(const p2p::PeerId& peer, PeerBudget::Reading what, std::size_t bytes);
  void resume_paused_peers();
  [[nodiscard]] std::array<std::uint64_t, kPeerDropCount> peer_drops() const;

  // Transactions (node_txns.cpp).
  enum class Origin : std::uint8_t { Client, Gossip };
  Result<void, mempool::AddError> admit(const TxnPtr& txn, Origin origin);
  [[nodiscard]] Result<primitives::TxnHash, rpc::SubmitError> submit(Bytes envelope);
  void signal_work();
  /// Reject for what no honest node publishes, TooEarly for what cannot be judged yet.
  using AdmitEntry = p2p::GossipVerdict (Impl::*)(Bytes);
  /// Of a topic of batches: transactions or the exchange's items.
  [[nodiscard]] std::optional<p2p::GossipVerdict> on_batch_gossip(const p2p::PeerId& from,
                                                                  const std::string& id,
                                                                  ByteView bytes,
                                                                  AdmitEntry admit_entry);
  [[nodiscard]] p2p::GossipVerdict admit_batch(std::vector<Bytes> entries, AdmitEntry admit_entry);
  [[nodiscard]] bool knows(ByteView entry) const;
  [[nodiscard]] p2p::GossipVerdict admit_gossiped_txn(Bytes envelope);
  [[nodiscard]] p2p::GossipVerdict admit_gossiped_item(Bytes bytes);

  // The exchange (node_exchange.cpp).
  void submit_action(Bytes item, exchange::Access::Admitted done);
  Result<void, exchange::Refusal> admit_item(const ExchangeItemPtr& item, Origin origin);
  [[nodiscard]] Result<void, exchange::Refusal> submit_system(exchange::SystemAction action);
  [[nodiscard]] p2p::GossipVerdict verdict_of_refused() const;
  std::shared_ptr<exchange::CommittedBlock> stored_block(std::uint64_t height,
                                                         exchange::TimeMs ahead);
  void oracle_loop();

  // Evidence (node_evidence.cpp).
  void on_evidence_message(const p2p::PeerId& peer, ByteView message);
  [[nodiscard]] std::optional<p2p::GossipVerdict> on_evidence_gossip(const p2p::PeerId& from,
                                                                     const std::string& id,
                                                                     ByteView proof);
  /// To a worker; false if there is no room for it.
  [[nodiscard]] bool check_evidence(const p2p::PeerId& from, Bytes proof, std::string gossip_id);
  EvidenceStore::Outcome take_evidence(const Bytes& proof, const std::optional<p2p::PeerId>& from);
  void tell_evidence(const p2p::PeerId& peer);
  [[nodiscard]] std::vector<EvidenceCount> count_evidence() const;
  /// On the execution thread.
  void on_priced_block(PricedBlock block);
  /// Of the newest epoch that had any.
  [[nodiscard]] std::vector<OmissionCount> oracle_omissions() const;

  // p2p::NetworkHandler, on the io thread (node_network.cpp).
  std::optional<std::string> check_hello(const p2p::PeerId& peer, ByteView hello) override;
  void on_peer_connected(const p2p::PeerId& peer, p2p::Direction direction) override;
  void on_peer_disconnected(const p2p::PeerId& peer, const p2p::CloseReason& reason) override;
  p2p::Flow on_message(const p2p::PeerId& peer, p2p::Channel channel, Bytes payload) override;
  void on_link_failed(const p2p::LinkFailure& failure) override;
  std::optional<p2p::GossipVerdict> on_gossip(const p2p::PeerId& from, const std::string& topic,
                                              const std::string& id, ByteView payload) override;

  [[nodiscard]] std::optional<p2p::GossipVerdict> on_certificate_gossip(const p2p::PeerId& from,
                                                                        const std::string& id,
                                                                        ByteView bytes);
  [[nodiscard]] std::optional<p2p::GossipVerdict> on_block_gossip(const p2p::PeerId& from,
                                                                  const std::string& id,
                                                                  ByteView bytes);

  // DriverHost, on the consensus thread (node_network.cpp).
  void send(const p2p::PeerId& peer, p2p::Channel channel, Bytes message) override;
  void send(const p2p::PeerId& peer, p2p::Channel channel, p2p::SharedBytes message);
  void broadcast(p2p::Channel channel, Bytes message) override;
  void punish(const p2p::PeerId& peer, std::string reason) override;
  bool admit(const p2p::PeerId& peer, PeerWork work, std::uint64_t amount) override;
  void served(const p2p::PeerId& peer, std::uint64_t bytes) override;
  void execute(consensus::BlockPtr block) override;
  void build(const consensus::BuildRequest& request) override;
  void commit(std::vector<consensus::CommittedBlock> blocks) override;
  void discard(std::vector<consensus::BlockPtr> blocks) override;
  void serve_range(const p2p::PeerId& peer, RangeRequest request) override;
  void serve_block(const p2p::PeerId& peer, primitives::BlockHash block) override;
  std::optional<Bytes> find_item(const primitives::TxnHash& hash) override;
  std::optional<primitives::Block> heard_block(const primitives::BlockHash& block) override;
  bool has_work() override;
  bool hurries(primitives::Height height) override { return height.value() <= mine_to_; }
  void record_outgoing(ByteView message) override;
  void on_evidence(const consensus::Evidence& evidence) override;
  void on_conflict(const consensus::Conflict& conflict) override;
  void warn(std::string sentence) override;
  void fatal(std::string sentence) override;

  void log(LogLevel level, std::string_view event, const std::vector<LogField>& fields = {}) const {
    log_(level, event, fields);
  }
  [[nodiscard]] std::uint64_t chain_id() const { return parts_.genesis.domain.chain_id.value(); }
  [[nodiscard]] ConsensusView consensus_view() const;
  [[nodiscard]] Reach reach() const;
  [[nodiscard]] std::optional<ExchangeSample> sample_exchange();
  [[nodiscard]] std::string metrics_text();

  NodeParts parts_;
  LogSink log_;
  std::unique_ptr<EpochTable> epochs_;
  /// Whether this node signs where a set has a place for its key: it has keys and a safety record.
  bool may_sign_ = false;
  /// Conflicting certificates ended finality in an earlier run.
  bool halted_ = false;
  std::vector<crypto::BlsSecretKey> vote_keys_;
  Hash256 genesis_hash_;
  /// For the hash tables of execution: strangers choose their keys, and nobody may know which
  /// collide.
  std::uint64_t seed_;

  // Storage.
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::SafetyFile> safety_file_;
  std::unique_ptr<storage::SafetyStore> safety_store_;
  std::unique_ptr<consensus::SafetyStore> safety_adapter_;
  std::optional<consensus::SafetyRecord> safety_record_;
  std::unique_ptr<storage::BlockLog> block_log_;
  std::unique_ptr<storage::OutboxLog> outbox_;
  std::unique_ptr<EvidenceStore> evidence_;
  consensus::CommittedBlock root_;
  primitives::EvmHeader root_evm_;
  primitives::QuorumCertificate genesis_certificate_;

  // Execution.
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<TxnCache> cache_;
  RefusedNames refused_;
  std::unique_ptr<TxnPool> pool_;
  /// Null on a chain without an exchange.
  std::unique_ptr<NodeExchange> exchange_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<BlockRecords> records_;

  // Consensus.
  /// Of a chained commit rule; two_phase votes by its slot clock.
  std::unique_ptr<const consensus::VotingRule> voting_rule_;
  consensus::Leaders leaders_;
  /// Of past epochs: the driver may still refer to the last.
  std::vector<consensus::Leaders> past_leaders_;
  std::unique_ptr<ConsensusDriver> driver_;

  // The world.
  std::unique_ptr<p2p::Network> network_;
  Topics topics_;
  /// On the consensus thread.
  std::unique_ptr<HeadGossip> heads_;
  /// Of lines about links that failed; on the io thread.
  LogLimit failure_lines_;
  std::unique_ptr<rpc::Backend> backend_;
  std::unique_ptr<rpc::ConsensusBackend> consensus_backend_;
  /// The exchange's API; null on a chain without one.
  std::unique_ptr<ExchangeEndpoint> endpoint_;
  std::unique_ptr<rpc::Server> server_;
  Metrics metrics_;

  // Queues between threads.
  FairQueue<ConsensusEvent> consensus_queue_{kStrangersWaiting, kValidatorsWaiting};
  BoundedQueue<FinalBlock> storage_queue_{256};
  BoundedQueue<Bytes> gossip_queue_{65'536};

  std::atomic<bool> work_signalled_{false};
  std::atomic<std::uint64_t> gossip_dropped_{0};
  PeerWaiting batches_waiting_{kBatchesWaiting};
  PeerWaiting evidence_waiting_{kEvidenceWaiting};
  PeerChanges peer_changes_;
  std::atomic<bool> changes_signalled_{false};
  std::array<std::atomic<std::uint64_t>, kPeerDropCount> peer_drops_{};
  /// On the consensus thread.
  PeerBudget budget_;
  QueuedRanges queued_ranges_;
  std::atomic<bool> stopping_{false};
  /// Blocks up to that height follow each other without pause (exchange::MineBlocks).
  std::atomic<std::uint64_t> mine_to_{0};

  mutable Mutex mutex_;
  std::condition_variable stop_wanted_;
  bool stop_ OL_GUARDED_BY(mutex_) = false;
  std::optional<NodeError> failure_ OL_GUARDED_BY(mutex_);
  ConsensusView view_ OL_GUARDED_BY(mutex_);
  std::set<p2p::PeerId> paused_peers_ OL_GUARDED_BY(mutex_);
  std::set<p2p::PeerId> connected_ OL_GUARDED_BY(mutex_);
  /// By validator, since start: no file, for nobody else could check them.
  std::map<std::uint32_t, std::uint64_t> invalid_shares_ OL_GUARDED_BY(mutex_);
  /// By proposer and validator: observations of this node, since start.
  std::map<std::pair<std::uint32_t, std::uint32_t>, OmissionCount> omissions_ OL_GUARDED_BY(mutex_);
  std::uint64_t next_publish_ms_ = 0;
  std::uint64_t next_reach_ms_ = 0;
  ReachWatch reach_watch_;
};

/// The answers of this node to RPC (rpc_backend.cpp).
[[nodiscard]] std::unique_ptr<rpc::Backend> make_rpc_backend(Node::Impl& node);
/// And about consensus (rpc_consensus.cpp).
[[nodiscard]] std::unique_ptr<rpc::ConsensusBackend> make_consensus_backend(Node::Impl& node);

/// ol_peers (rpc_peers.cpp).
void add_peer_methods(rpc::Registry& registry, const Node::Impl& node);
/// ol_exchange*, on a chain with an exchange (rpc_exchange.cpp).
void add_exchange_methods(rpc::Registry& registry, Node::Impl& node);
/// ol_finality.
void add_finality_methods(rpc::Registry& registry, Node::Impl& node);

}  // namespace ol::node
