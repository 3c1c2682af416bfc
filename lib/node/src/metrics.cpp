#include "metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>

#include <ol/base/thread_safety.hpp>

#include "node_impl.hpp"
#include "process_stats.hpp"

namespace ol::node {
namespace {

const prometheus::Histogram::BucketBoundaries kMsBuckets{
    1, 2, 5, 10, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 60000};

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

}  // namespace

struct Metrics::Impl {
  Mutex scrape;
  prometheus::Registry registry;
  prometheus::Histogram& finality =
      histogram("openliquid_finality_ms", "Block time to commit on this node");
  prometheus::Histogram& interval =
      histogram("openliquid_block_interval_ms", "Between committed blocks' times");
  prometheus::Histogram& store =
      histogram("openliquid_store_ms", "Writing one batch of final blocks");

  prometheus::Histogram& histogram(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({},
                                                                                     kMsBuckets);
  }
  void set(const std::string& name, const std::string& help, double value,
           const std::map<std::string, std::string>& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels).Set(value);
  }
  /// A number that only grows and is kept elsewhere: the counter here follows it.
  void count(const std::string& name, const std::string& help, std::uint64_t value,
             const std::map<std::string, std::string>& labels = {}) {
    auto& counter = prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
    if (const double grown = number(value) - counter.Value(); grown > 0) counter.Increment(grown);
  }
  void set_queue(const std::string& queue, const QueueStats& stats) {
    const std::map<std::string, std::string> labels{{"queue", queue}};
    set("openliquid_queue_size", "Items waiting in a bounded queue", number(stats.size), labels);
    set("openliquid_queue_capacity", "Bound of a queue", number(stats.capacity), labels);
    set("openliquid_queue_size_max", "Largest size so far", number(stats.size_max), labels);
    count("openliquid_queue_rejected_total", "Items refused because a queue was full",
          stats.rejected, labels);
  }
  void set_consensus(const ConsensusView& view);
  void set_validators(const ConsensusView& view, const std::vector<EvidenceCount>& evidence);
  void set_omissions(const std::vector<OmissionCount>& omissions);
  void set_exchange(const ExchangeSample& exchange);
  void set_market(const MarketSample& market);
  void set_network(const p2p::NetworkCounters& network, const Reach& reach);
  void set_gossip(const p2p::NetworkCounters& network);
  void set_rpc(const rpc::ServerStats& stats);
  void set_pool(const mempool::Stats& stats);
  void set_database(const storage::DatabaseStats& stats);
  void set_process();
};

void Metrics::Impl::set_consensus(const ConsensusView& view) {
  const DriverCounters& c = view.counters;
  set("openliquid_view", "Current consensus view", number(view.kernel.view.value()));
  set("openliquid_committed_height", "Height of the last final block",
      number(view.kernel.committed_height.value()));
  set("openliquid_high_qc_view", "View of the best certificate",
      number(view.kernel.high_qc_view.value()));
  set("openliquid_view_timeout_ms", "Duration of the current view", number(view.kernel.timeout_ms));
  set("openliquid_lost_views", "Views left by timeout since the last commit",
      view.kernel.lost_views);
  set("openliquid_tree_blocks", "Blocks above the committed one", number(view.kernel.tree_blocks));
  set("openliquid_orphans", "Blocks waiting for their parent", number(view.kernel.orphans));
  set("openliquid_signing", "1 if this node signs", view.signing ? 1 : 0);
  const std::map<std::string, std::uint64_t> counts{
      {"proposals_received", c.proposals_received},
      {"proposals_sent", c.proposals_sent},
      {"votes_received", c.votes_received},
      {"votes_sent", c.votes_sent},
      {"new_views_received", c.new_views_received},
      {"timeouts_sent", c.timeouts_sent},
      {"certificates_formed", c.certificates_formed},
      {"certificates_received", c.certificates_received},
      {"messages_refused", c.messages_refused},
      {"messages_dropped", c.messages_dropped},
      {"evidence", c.evidence},
      {"blocks_committed", c.blocks_committed},
      {"items_requested", c.items_requested},
      {"blocks_heard", c.blocks_heard},
      {"blocks_requested", c.blocks_requested},
      {"ranges_requested", c.ranges_requested}};
  for (const auto& [name, value] : counts) {
    count("openliquid_consensus_" + name + "_total", "Consensus events since start", value);
  }
}

void Metrics::Impl::set_validators(const ConsensusView& view,
                                   const std::vector<EvidenceCount>& evidence) {
  for (std::size_t i = 0; i < view.votes.size(); ++i) {
    const VoteStats& votes = view.votes[i];
    const std::map<std::string, std::string> labels{{"validator", std::to_string(i)}};
    count("openliquid_votes_seen_total", "Votes that reached this node as collector", votes.seen,
          labels);
    count("openliquid_votes_missed_total", "Votes that did not, where others' did", votes.missed,
          labels);
    count("openliquid_votes_behind_ms_total",
          "Sum over the votes seen of the time since the first of their view", votes.behind_ms,
          labels);
    const bool passed = std::find(view.passed_over.begin(), view.passed_over.end(),
                                  primitives::ValidatorIndex(static_cast<std::uint32_t>(i))) !=
                        view.passed_over.end();
    set("openliquid_leader_passed_over", "1 while the validator does not lead because it failed",
        passed ? 1 : 0, labels);
  }
  for (const EvidenceCount& one : evidence) {
    count("openliquid_evidence_total", "Proofs of misbehaviour, and invalid shares", one.count,
          {{"validator", std::to_string(one.validator)}, {"kind", one.kind}});
  }
}

void Metrics::Impl::set_omissions(const std::vector<OmissionCount>& omissions) {
  for (const OmissionCount& one : omissions) {
    count("openliquid_oracle_omissions_total",
          "Runs in which a proposer left out a validator's prices, as this node saw it", one.count,
          {{"proposer", std::to_string(one.last.proposer)},
           {"validator", std::to_string(one.last.validator)}});
  }
}

void Metrics::Impl::set_exchange(const ExchangeSample& exchange) {
  const ExchangeCounts& counts = exchange.counts;
  set("openliquid_exchange_height", "Last block that the exchange's readers see",
      number(exchange.height));
  set("openliquid_exchange_waiting_actions", "Actions of the exchange that wait for a block",
      number(exchange.waiting));
  set("openliquid_exchange_accounts", "Accounts of the exchange", number(exchange.accounts));
  set("openliquid_exchange_debtors", "Accounts that owe more than they have",
      number(exchange.accounts_in_debt));
  set("openliquid_exchange_triggers", "Orders that wait for their trigger",
      number(exchange.triggers));
  set("openliquid_exchange_twaps", "Running TWAP orders", number(exchange.twaps));
  set("openliquid_exchange_insurance_usd", "Dollars of the insurance fund", exchange.insurance_usd);
  count("openliquid_exchange_actions_total", "Actions in final blocks", counts.actions_done,
        {{"outcome", "done"}});
  count("openliquid_exchange_actions_total", "Actions in final blocks", counts.actions_refused,
        {{"outcome", "refused"}});
  count("openliquid_exchange_orders_total", "Orders in final blocks, each of a batch",
        counts.orders_taken, {{"outcome", "taken"}});
  count("openliquid_exchange_orders_total", "Orders in final blocks, each of a batch",
        counts.orders_refused, {{"outcome", "refused"}});
  const auto count_all = [this](const char* name, const char* help, const char* label,
                                const auto& times, const auto& names) {
    for (std::size_t i = 0; i < times.size(); ++i)
      count(name, help, times[i], {{label, names(i)}});
  };
  count_all("openliquid_exchange_fills_total", "Trades", "kind", counts.fills, [](std::size_t i) {
    return std::array{"trade", "liquidation", "backstop", "adl"}.at(i);
  });
  count_all("openliquid_exchange_cancels_total", "Orders that left a book unfilled", "reason",
            counts.cancels,
            [](std::size_t i) { return exchange::name(static_cast<exchange::CancelReason>(i)); });
  count_all("openliquid_exchange_liquidations_total", "Steps of the liquidation ladder", "method",
            counts.liquidations, [](std::size_t i) {
              return std::array{"cancel", "market", "backstop", "insurance", "adl"}.at(i);
            });
  count_all("openliquid_exchange_alerts_total", "What prices and markets were stopped for", "kind",
            counts.alerts, [](std::size_t i) {
              return std::array{"halted", "breaker", "step_clamp", "validator_flagged"}.at(i);
            });
  for (const MarketSample& market : exchange.markets)
    set_market(market);
}

void Metrics::Impl::set_market(const MarketSample& market) {
  const std::map<std::string, std::string> labels{{"market", market.name}};
  const auto set_side = [&](const char* side, double px) {
    auto with_side = labels;
    with_side.emplace("side", side);
    set("openliquid_exchange_best_price", "Best price of a book, 0 while it is empty", px,
        with_side);
  };
  set("openliquid_exchange_market_active", "1 while a market takes every order",
      market.active ? 1 : 0, labels);
  set("openliquid_exchange_oracle_price", "Price of the validators, 0 before the first",
      market.oracle_px, labels);
  set("openliquid_exchange_oracle_age_seconds", "Since that price", market.oracle_age_s, labels);
  set("openliquid_exchange_mark_price", "Price that margin counts by", market.mark_px, labels);
  set("openliquid_exchange_open_interest", "Long positions, in the base", market.open_interest,
      labels);
  set_side("buy", market.best_bid);
  set_side("sell", market.best_ask);
}

void Metrics::Impl::set_gossip(const p2p::NetworkCounters& network) {
  count("openliquid_gossip_received_total", "Gossip messages received", network.gossip_received);
  count("openliquid_gossip_duplicates_total", "Of these, heard before", network.gossip_duplicates);
  count("openliquid_gossip_rejected_total", "Of these, bad", network.gossip_rejected);
  count("openliquid_gossip_undelivered_total", "Gossip messages a slow peer did not get",
        network.gossip_undelivered);
  count("openliquid_gossip_own_undelivered_total", "Own gossip messages that a peer did not get",
        network.gossip_own_undelivered);
  count("openliquid_gossip_useless_total", "Gossip messages of no use, charged to who sent them",
        network.gossip_useless);
  count("openliquid_gossip_wasted_total", "Gossip messages not looked at after too many of those",
        network.gossip_wasted);
  count("openliquid_gossip_unjudged_total", "Gossip messages whose verdict did not come in time",
        network.gossip_unjudged);
  for (const auto& [reason, times] : network.gossip_incidents) {
    count("openliquid_gossip_incidents_total", "What went wrong in gossip and is nobody's offence",
          times, {{"reason", reason}});
  }
  for (const auto& [reason, counted] : network.gossip_offences) {
    count("openliquid_gossip_offences_total", "What gossip peers did wrong",
          static_cast<std::uint64_t>(counted), {{"reason", reason}});
  }
  for (const auto& [topic, peers] : network.meshes) {
    set("openliquid_gossip_mesh_peers",
        "Peers of the topic that all its messages go to and come from", number(peers),
        {{"topic", topic}});
  }
}

void Metrics::Impl::set_network(const p2p::NetworkCounters& network, const Reach& reach) {
  set("openliquid_reached_weight", "Weight of the validators with a link, this node included",
      number(reach.weight));
  set("openliquid_quorum_reached", "1 while that is a quorum", reach.is_quorum ? 1 : 0);
  set("openliquid_p2p_known_peers", "Peers in the Kademlia table", number(network.known_peers));
  std::size_t peers = 0;
  for (const p2p::PeerCounters& peer : network.peers) {
    if (peer.linked) ++peers;
    const std::map<std::string, std::string> labels{{"peer", peer.peer.text()}};
    set("openliquid_peer_connected", "1 while a link to the peer is up", peer.linked ? 1 : 0,
        labels);
    set("openliquid_peer_queue_bytes", "Bytes queued for the peer", number(peer.queue_bytes),
        labels);
    if (peer.rtt)
      set("openliquid_peer_rtt_us", "Round trip of the last ping",
          number(static_cast<std::uint64_t>(peer.rtt->count())), labels);
  }
  set("openliquid_peers", "Connected peers", number(peers));
  set("openliquid_p2p_inbox_bytes", "Bytes handed to the network and not queued yet",
      number(network.inbox_bytes));
  count("openliquid_p2p_refused_connections_total", "Connections refused: too many",
        network.refused_connections);
  count("openliquid_p2p_refused_handshakes_total", "Handshakes refused: too many",
        network.refused_handshakes);
  count("openliquid_p2p_accepted_total", "Connections accepted", network.accepted);
  count("openliquid_p2p_undeliverable_total", "Messages to peers without a link",
        network.undeliverable);
  count("openliquid_p2p_throttled_total", "Times a peer was read from more slowly: too fast",
        network.throttled);
  count("openliquid_p2p_wire_bytes_total", "Bytes on the wire, of all protocols",
        network.wire_bytes_in, {{"direction", "in"}});
  count("openliquid_p2p_wire_bytes_total", "Bytes on the wire, of all protocols",
        network.wire_bytes_out, {{"direction", "out"}});
  set("openliquid_p2p_connections", "Connections, handshakes included",
      number(network.connections));
  set("openliquid_p2p_handshakes", "Connections whose peer is not known yet",
      number(network.handshakes));
  set("openliquid_p2p_banned_peers", "Peers that are banned now", number(network.banned));
  for (std::size_t i = 0; i < p2p::kCloseCodeCount; ++i) {
    count("openliquid_p2p_closed_total", "Connections that ended", network.closed[i],
          {{"reason", p2p::describe(static_cast<p2p::CloseCode>(i))}});
  }
  for (const auto& [limit, times] : network.refusals) {
    count("openliquid_p2p_refusals_total", "Connections and dials refused, by limit", times,
          {{"limit", limit}});
  }
  for (const auto& [reason, times] : network.endings) {
    count("openliquid_p2p_endings_total", "Connections that ended, by what the host found", times,
          {{"reason", reason}});
  }
  for (std::size_t i = 0; i < p2p::kChannelCount; ++i) {
    const p2p::ChannelCounters& channel = network.channels[i];
    const std::map<std::string, std::string> labels{
        {"channel", p2p::channel_name(static_cast<p2p::Channel>(i))}};
    count("openliquid_p2p_messages_in_total", "Messages received", channel.messages_in, labels);
    count("openliquid_p2p_messages_out_total", "Messages queued for sending", channel.messages_out,
          labels);
    count("openliquid_p2p_bytes_in_total", "Bytes received", channel.bytes_in, labels);
    count("openliquid_p2p_bytes_out_total", "Bytes queued for sending", channel.bytes_out, labels);
    count("openliquid_p2p_dropped_total", "Messages dropped because a peer was slow",
          channel.dropped, labels);
  }
}

void Metrics::Impl::set_rpc(const rpc::ServerStats& stats) {
  set("openliquid_rpc_connections", "Open client connections", number(stats.connections_open));
  set("openliquid_rpc_subscriptions", "Open subscriptions", number(stats.subscriptions_open));
  count("openliquid_rpc_slow_clients_total", "Clients cut because they did not read",
        stats.slow_clients_dropped);
  count("openliquid_rpc_greatest_queues_dropped_total",
        "Clients cut because most waited for them when too much waited for all",
        stats.greatest_queues_dropped);
  set("openliquid_rpc_send_queue_bytes", "Waiting to be sent to all WebSocket clients",
      number(stats.send_queue_bytes));
  count("openliquid_rpc_requests_total", "HTTP requests", stats.http_requests);
  count("openliquid_rpc_timeouts_total", "Clients cut because they took too long", stats.timeouts);
  count("openliquid_rpc_events_dropped_total", "Events not handed to subscribers: too far behind",
        stats.events_dropped);
  count("openliquid_rpc_refused_total", "Connections refused: too many",
        stats.connections_refused_total + stats.connections_refused_per_ip);
  for (const rpc::MethodStats& method : stats.methods) {
    const std::map<std::string, std::string> labels{{"method", method.method}};
    count("openliquid_rpc_calls_total", "Calls of a method", method.calls, labels);
    count("openliquid_rpc_errors_total", "Calls answered with an error", method.errors, labels);
    count("openliquid_rpc_time_us_total", "Time spent answering", method.time_us, labels);
  }
}

void Metrics::Impl::set_pool(const mempool::Stats& stats) {
  set("openliquid_mempool_txns", "Transactions in the pool", number(stats.txns));
  set("openliquid_mempool_pending", "Transactions ready for a block", number(stats.pending));
  set("openliquid_mempool_bytes", "Bytes in the pool", number(stats.bytes));
  count("openliquid_mempool_admitted_total", "Transactions admitted", stats.admitted);
  count("openliquid_mempool_evicted_total", "Transactions evicted for better ones", stats.evicted);
  count("openliquid_mempool_refused_total", "Transactions refused", stats.refused);
  count("openliquid_mempool_replaced_total", "Transactions replaced by their sender",
        stats.replaced);
  count("openliquid_mempool_committed_total",
        "Transactions that left because a block used their nonce", stats.committed);
  count("openliquid_mempool_dropped_total", "Transactions whose rules a new head broke",
        stats.dropped);
}

// Under the names that Prometheus' own clients give them, so that existing dashboards work.
void Metrics::Impl::set_process() {
  const ProcessStats stats = read_process_stats();
  set("process_resident_memory_bytes", "Memory in use", number(stats.resident_bytes));
  set("process_virtual_memory_bytes", "Memory mapped", number(stats.virtual_bytes));
  set("process_open_fds", "Open files and sockets", number(stats.open_files));
  set("process_max_fds", "Most files and sockets it may open", number(stats.open_files_max));
  set("process_threads", "Threads", number(stats.threads));
  auto& cpu = prometheus::BuildCounter()
                  .Name("process_cpu_seconds_total")
                  .Help("Processor time used, in the program and for it in the kernel")
                  .Register(registry)
                  .Add({});
  if (const double grown = stats.cpu_seconds - cpu.Value(); grown > 0) cpu.Increment(grown);
}

void Metrics::Impl::set_database(const storage::DatabaseStats& stats) {
  set("openliquid_db_table_bytes", "Bytes in table files", number(stats.table_bytes));
  set("openliquid_db_write_buffer_bytes", "Bytes in write buffers",
      number(stats.write_buffer_bytes));
  set("openliquid_db_block_cache_bytes", "Bytes in the block cache",
      number(stats.block_cache_bytes));
  count("openliquid_db_block_cache_hits_total", "Reads the block cache answered",
        stats.block_cache_hits);
  count("openliquid_db_block_cache_misses_total", "Reads it did not", stats.block_cache_misses);
  count("openliquid_db_written_bytes_total", "Bytes written", stats.written_bytes);
  count("openliquid_db_write_stall_us_total", "Time writes were held back", stats.write_stall_us);
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::observe_finality_ms(double ms) {
  impl_->finality.Observe(ms);
}
void Metrics::observe_block_interval_ms(double ms) {
  impl_->interval.Observe(ms);
}
void Metrics::observe_store_ms(double ms) {
  impl_->store.Observe(ms);
}

std::string Metrics::text(const MetricsSample& sample) {
  // Two scrapes at once would each add what one of them should.
  const MutexLock lock(impl_->scrape);
  impl_->set_consensus(sample.consensus);
  impl_->set_validators(sample.consensus, sample.evidence);
  impl_->set_omissions(sample.omissions);
  if (sample.exchange) impl_->set_exchange(*sample.exchange);
  impl_->set_network(sample.network, sample.reach);
  impl_->set_gossip(sample.network);
  impl_->set_rpc(sample.rpc);
  impl_->set_pool(sample.pool);
  impl_->set_database(sample.database);
  impl_->set_process();
  impl_->set("openliquid_stored_height", "Height of the last block on disk", number(sample.height));
  impl_->count("openliquid_txns_executed_total", "Transactions executed", sample.txns_executed);
  impl_->count("openliquid_gossip_dropped_total", "Transactions not gossiped: queue full",
               sample.gossip_dropped);
  for (std::size_t i = 0; i < kPeerDropCount; ++i) {
    impl_->count("openliquid_peer_dropped_total",
                 "Messages and requests of peers that were dropped, by what was exceeded",
                 sample.peer_drops[i], {{"reason", describe(static_cast<PeerDrop>(i))}});
  }
  impl_->set("openliquid_consensus_queue_bytes", "Bytes of peers' messages that wait for consensus",
             number(sample.consensus_queue_bytes));
  impl_->set_queue("consensus", sample.consensus_queue);
  impl_->set_queue("execution", sample.execution_queue);
  impl_->set_queue("storage", sample.storage_queue);
  impl_->set_queue("gossip", sample.gossip_queue);
  impl_->set_queue("workers", sample.worker_queue);
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace ol::node
