#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/bounded_queue.hpp>
#include <ol/mempool/mempool.hpp>
#include <ol/p2p/network.hpp>
#include <ol/rpc/stats.hpp>
#include <ol/storage/options.hpp>

#include "exchange_meter.hpp"
#include "omission_watch.hpp"
#include "peer_budget.hpp"
#include "reach.hpp"

namespace ol::node {

struct ConsensusView;

/// How often a validator was caught.
struct EvidenceCount {
  std::uint32_t validator = 0;
  std::string kind;
  std::uint64_t count = 0;
};

/// How often this node saw a proposer leave out a validator's prices, `OmissionWatch::kRounds`
/// times in a row each.
struct OmissionCount {
  OracleOmission last;
  std::uint64_t count = 0;
};

/// Everything a scrape shows that is read at that moment.
struct MetricsSample {
  const ConsensusView& consensus;
  std::vector<EvidenceCount> evidence;
  std::vector<OmissionCount> omissions;
  /// Absent on a chain without an exchange.
  std::optional<ExchangeSample> exchange;
  Reach reach;
  p2p::NetworkCounters network;
  rpc::ServerStats rpc;
  mempool::Stats pool;
  storage::DatabaseStats database;
  std::uint64_t height = 0;
  std::uint64_t txns_executed = 0;
  std::uint64_t gossip_dropped = 0;
  /// By PeerDrop.
  std::array<std::uint64_t, kPeerDropCount> peer_drops{};
  std::size_t consensus_queue_bytes = 0;
  QueueStats consensus_queue;
  QueueStats execution_queue;
  QueueStats storage_queue;
  QueueStats gossip_queue;
  QueueStats worker_queue;
};

/// The node's Prometheus metrics. Observations may come from any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// From a block's time stamp to its commit on this node.
  void observe_finality_ms(double ms);
  /// From one committed block's time stamp to the next one's.
  void observe_block_interval_ms(double ms);
  /// Writing one batch of final blocks.
  void observe_store_ms(double ms);

  /// Prometheus' text format.
  [[nodiscard]] std::string text(const MetricsSample& sample);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::node
