#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ol/base/bounded_queue.hpp>
#include <ol/consensus/leader_reputation.hpp>
#include <ol/node/consensus_driver.hpp>
#include <ol/node/node.hpp>
#include <ol/p2p/stack_network.hpp>
#include <ol/storage/block_log.hpp>
#include <ol/storage/safety_file.hpp>
#include <ol/storage/safety_store.hpp>

namespace ol::app::bench {

/// An opaque command as its client made it; shared by the client and every replica's pool, which
/// all live in this process.
using Command = std::shared_ptr<const Bytes>;

/// What replicas tell the benchmark, from their consensus threads.
class ReplicaEvents {
 public:
  virtual ~ReplicaEvents() = default;
  virtual void on_committed(primitives::ValidatorIndex replica, consensus::BlockPtr block) = 0;
  /// Something that never happens among honest validators, or the end of this one.
  virtual void on_failure(primitives::ValidatorIndex replica, std::string what) = 0;
};

struct ReplicaSample {
  node::DriverCounters counters;
  primitives::View view;
  primitives::Height committed;
  double driver_cpu_s = 0;
  double network_cpu_s = 0;
  std::uint64_t wire_bytes_out = 0;
};

/// A validator that orders and does not execute: the shipped driver with its own signer, safety
/// record and block log on disk, and encrypted TCP links, on the two threads a node has for these.
/// Where a node executes a block, a replica says at once that it is valid.
class Replica final : node::DriverHost, p2p::NetworkHandler {
 public:
  /// @param parts  With a validator's keys; moved from. Both must outlive the replica. Throws
  /// CommandError.
  Replica(node::NodeParts parts, std::size_t block_items, ReplicaEvents& events);
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;
  ~Replica() override;

  [[nodiscard]] p2p::PeerEndpoint endpoint() const;
  void start(std::vector<p2p::PeerEndpoint> peers);
  void stop();

  /// Commands from clients, any thread. Waits while the replica is far behind.
  void submit(std::vector<Command> commands);
  /// Answered by the consensus thread.
  [[nodiscard]] ReplicaSample sample();

 private:
  using Event = std::function<void(node::ConsensusDriver&, node::Now)>;

  void open_storage();
  void make_driver();
  void run();
  /// Carries out what a driver's call asked for: it must not be called back from inside.
  void answer_driver();
  void take(std::vector<Command> commands);
  [[nodiscard]] std::vector<Bytes> pick(const consensus::BlockPtr& parent);
  void forget(const primitives::Block& block);

  // DriverHost, on the consensus thread.
  void send(const p2p::PeerId& peer, p2p::Channel channel, Bytes message) override;
  void broadcast(p2p::Channel channel, Bytes message) override;
  void punish(const p2p::PeerId& peer, std::string reason) override;
  void execute(consensus::BlockPtr block) override;
  void build(const consensus::BuildRequest& request) override;
  void commit(std::vector<consensus::CommittedBlock> blocks) override;
  void discard(std::vector<consensus::BlockPtr> blocks) override;
  void serve_range(const p2p::PeerId& peer, node::RangeRequest request) override;
  void serve_block(const p2p::PeerId& peer, primitives::BlockHash block) override;
  std::optional<Bytes> find_item(const primitives::TxnHash& hash) override;
  bool has_work() override;
  void record_outgoing(ByteView message) override;
  void on_evidence(const consensus::Evidence& evidence) override;
  void on_conflict(const consensus::Conflict& conflict) override;
  void warn(std::string sentence) override;
  void fatal(std::string sentence) override;

  // p2p::NetworkHandler, on the network's thread.
  std::optional<std::string> check_hello(const p2p::PeerId& peer, ByteView hello) override;
  void on_peer_connected(const p2p::PeerId& peer, p2p::Direction direction) override;
  void on_peer_disconnected(const p2p::PeerId& peer, const p2p::CloseReason& reason) override;
  p2p::Flow on_message(const p2p::PeerId& peer, p2p::Channel channel, Bytes payload) override;
  void on_link_failed(const p2p::LinkFailure& failure) override;

  node::NodeParts parts_;
  std::size_t block_items_;
  ReplicaEvents& events_;
  primitives::ValidatorSet set_;
  primitives::ValidatorIndex self_;
  consensus::BlockPtr genesis_block_;

  std::unique_ptr<storage::SafetyFile> safety_file_;
  std::unique_ptr<storage::SafetyStore> safety_store_;
  std::unique_ptr<consensus::SafetyStore> safety_adapter_;
  std::unique_ptr<storage::BlockLog> block_log_;
  consensus::ThreeChain rule_;
  consensus::Leaders leaders_;
  std::unique_ptr<consensus::CertificateScheme> scheme_;
  std::unique_ptr<p2p::Network> network_;
  std::unique_ptr<node::ConsensusDriver> driver_;

  BoundedQueue<Event> queue_{16'384};
  std::thread consensus_;
  std::thread io_;

  // Of the consensus thread.
  std::deque<Event> answers_;
  std::deque<primitives::TxnHash> arrivals_;
  std::unordered_map<primitives::TxnHash, Command> pool_;
  // Committed before they came from their client.
  std::unordered_set<primitives::TxnHash> early_;
  std::unordered_map<primitives::BlockHash, consensus::BlockPtr> uncommitted_;
  std::size_t uncommitted_items_ = 0;
  std::deque<consensus::CommittedBlock> recent_;
};

}  // namespace ol::app::bench
