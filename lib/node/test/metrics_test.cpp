#include "../src/metrics.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "../src/node_impl.hpp"

namespace ol::node {
namespace {

class MetricsTest : public testing::Test {
 protected:
  [[nodiscard]] std::string scrape() {
    rpc::ServerStats rpc;
    rpc.methods.push_back({.method = "eth_chainId", .calls = calls, .latency = {}});
    return metrics_.text({.consensus = view,
                          .evidence = evidence,
                          .omissions = omissions,
                          .exchange = exchange,
                          .reach = {},
                          .network = network,
                          .rpc = rpc,
                          .pool = {},
                          .database = {},
                          .height = 7,
                          .txns_executed = executed,
                          .gossip_dropped = 0,
                          .peer_drops = {5},
                          .consensus_queue_bytes = 77,
                          .consensus_queue = {.size = 3, .capacity = 10, .rejected = 2},
                          .execution_queue = {},
                          .storage_queue = {},
                          .gossip_queue = {},
                          .worker_queue = {}});
  }

  static bool shows(const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
  }

  [[nodiscard]] double value_of(const std::string& name) {
    const std::string text = scrape();
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  ConsensusView view;
  p2p::NetworkCounters network;
  std::vector<EvidenceCount> evidence;
  std::vector<OmissionCount> omissions;
  std::optional<ExchangeSample> exchange;
  std::uint64_t executed = 0;
  std::uint64_t calls = 0;

 private:
  Metrics metrics_;
};

TEST_F(MetricsTest, names_that_end_in_total_are_counters_and_no_others) {
  std::istringstream text(scrape());
  std::size_t counters = 0;
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string hash;
    std::string type;
    std::string name;
    std::string kind;
    if (!(words >> hash >> type >> name >> kind) || type != "TYPE") continue;
    EXPECT_EQ(kind == "counter", name.ends_with("_total")) << line;
    if (kind == "counter") ++counters;
  }
  EXPECT_GT(counters, 30U);
}

TEST_F(MetricsTest, counters_follow_what_is_counted_elsewhere) {
  executed = 5;
  view.counters.votes_sent = 2;
  calls = 1;
  std::string text = scrape();
  EXPECT_TRUE(shows(text, "openliquid_txns_executed_total 5")) << text;
  EXPECT_TRUE(shows(text, "openliquid_consensus_votes_sent_total 2"));
  EXPECT_TRUE(shows(text, "openliquid_rpc_calls_total{method=\"eth_chainId\"} 1"));
  EXPECT_TRUE(shows(text, "openliquid_queue_rejected_total{queue=\"consensus\"} 2"));
  EXPECT_TRUE(shows(text, "openliquid_peer_dropped_total{reason=\"muted\"} 5"));
  EXPECT_TRUE(shows(text, "openliquid_consensus_queue_bytes 77"));
  // Asked again, nothing is counted twice.
  text = scrape();
  EXPECT_TRUE(shows(text, "openliquid_txns_executed_total 5"));
  EXPECT_TRUE(shows(text, "openliquid_rpc_calls_total{method=\"eth_chainId\"} 1"));
  EXPECT_TRUE(shows(text, "openliquid_queue_rejected_total{queue=\"consensus\"} 2"));
  executed = 12;
  text = scrape();
  EXPECT_TRUE(shows(text, "openliquid_txns_executed_total 12"));
}

TEST_F(MetricsTest, the_process_is_measured) {
  // The test holds memory, files and a processor itself.
  EXPECT_GT(value_of("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(value_of("process_open_fds"), 3);
  EXPECT_GT(value_of("process_max_fds"), value_of("process_open_fds"));
  EXPECT_GE(value_of("process_threads"), 1);
  EXPECT_GT(value_of("process_cpu_seconds_total"), 0);
}

TEST_F(MetricsTest, shows_refusals_and_endings_by_name_and_the_mesh_of_each_topic) {
  network.refusals["upgrade_limit"] = 4;
  network.endings["evicted"] = 5;
  network.meshes["/openliquid/1/txns/1"] = 6;
  const std::string text = scrape();
  EXPECT_TRUE(shows(text, "openliquid_p2p_refusals_total{limit=\"upgrade_limit\"} 4")) << text;
  EXPECT_TRUE(shows(text, "openliquid_p2p_endings_total{reason=\"evicted\"} 5"));
  EXPECT_TRUE(shows(text, "openliquid_gossip_mesh_peers{topic=\"/openliquid/1/txns/1\"} 6"));
}

TEST_F(MetricsTest, shows_all_that_the_network_counts) {
  network.accepted = 1;
  network.undeliverable = 2;
  network.throttled = 3;
  network.wire_bytes_in = 4;
  network.wire_bytes_out = 5;
  network.connections = 6;
  network.handshakes = 7;
  network.banned = 8;
  network.closed[static_cast<std::size_t>(p2p::CloseCode::Rotated)] = 9;
  network.gossip_incidents["slow_direct"] = 10;
  const std::string text = scrape();
  for (const char* const line :
       {"openliquid_p2p_accepted_total 1", "openliquid_p2p_undeliverable_total 2",
        "openliquid_p2p_throttled_total 3", "openliquid_p2p_wire_bytes_total{direction=\"in\"} 4",
        "openliquid_p2p_wire_bytes_total{direction=\"out\"} 5", "openliquid_p2p_connections 6",
        "openliquid_p2p_handshakes 7", "openliquid_p2p_banned_peers 8",
        "openliquid_p2p_closed_total{reason=\"rotated\"} 9",
        "openliquid_gossip_incidents_total{reason=\"slow_direct\"} 10"})
    EXPECT_TRUE(shows(text, line)) << line << "\n" << text;
}

TEST_F(MetricsTest, shows_what_gossip_lost_and_what_its_peers_did_wrong) {
  network.gossip_own_undelivered = 3;
  network.gossip_wasted = 4;
  network.gossip_offences["too many grafts"] = 5;
  const std::string text = scrape();
  EXPECT_TRUE(shows(text, "openliquid_gossip_own_undelivered_total 3")) << text;
  EXPECT_TRUE(shows(text, "openliquid_gossip_wasted_total 4"));
  EXPECT_TRUE(shows(text, "openliquid_gossip_offences_total{reason=\"too many grafts\"} 5"));
}

TEST_F(MetricsTest, shows_what_the_exchange_did_and_where_its_markets_stand) {
  EXPECT_EQ(scrape().find("openliquid_exchange"), std::string::npos) << "a chain without one";
  exchange.emplace();
  exchange->counts.actions_done = 1;
  exchange->counts.actions_refused = 2;
  exchange->counts.orders_taken = 3;
  exchange->counts.orders_refused = 4;
  exchange->counts.fills.back() = 5;
  exchange->counts.cancels.back() = 6;
  exchange->counts.liquidations.back() = 7;
  exchange->counts.alerts.back() = 8;
  exchange->height = 9;
  exchange->waiting = 10;
  exchange->accounts = 11;
  exchange->accounts_in_debt = 12;
  exchange->triggers = 13;
  exchange->twaps = 14;
  exchange->insurance_usd = 15.5;
  exchange->markets = {{"BTC", true, 60'000.5, 2.25, 60'001, 3.5, 59'999, 0}};
  const std::string text = scrape();
  for (const char* const line : {"actions_total{outcome=\"done\"} 1",
                                 "actions_total{outcome=\"refused\"} 2",
                                 "orders_total{outcome=\"taken\"} 3",
                                 "orders_total{outcome=\"refused\"} 4",
                                 "fills_total{kind=\"adl\"} 5",
                                 "cancels_total{reason=\"triggerRefused\"} 6",
                                 "liquidations_total{method=\"adl\"} 7",
                                 "alerts_total{kind=\"validator_flagged\"} 8",
                                 "height 9",
                                 "waiting_actions 10",
                                 "accounts 11",
                                 "debtors 12",
                                 "triggers 13",
                                 "twaps 14",
                                 "insurance_usd 15.5",
                                 "market_active{market=\"BTC\"} 1",
                                 "oracle_price{market=\"BTC\"} 60000.5",
                                 "oracle_age_seconds{market=\"BTC\"} 2.25",
                                 "mark_price{market=\"BTC\"} 60001",
                                 "open_interest{market=\"BTC\"} 3.5",
                                 "best_price{market=\"BTC\",side=\"buy\"} 59999",
                                 "best_price{market=\"BTC\",side=\"sell\"} 0"})
    EXPECT_TRUE(shows(text, "openliquid_exchange_" + std::string(line))) << line << "\n" << text;
}

TEST_F(MetricsTest, gauges_go_down_again) {
  view.kernel.lost_views = 3;
  EXPECT_TRUE(shows(scrape(), "openliquid_lost_views 3"));
  view.kernel.lost_views = 0;
  EXPECT_TRUE(shows(scrape(), "openliquid_lost_views 0"));
}

TEST_F(MetricsTest, shows_each_validators_votes_and_misdeeds) {
  view.votes = {{.seen = 9, .missed = 0, .behind_ms = 4},
                {.seen = 7, .missed = 2, .behind_ms = 30}};
  view.passed_over = {primitives::ValidatorIndex(1)};
  evidence = {{.validator = 1, .kind = "double vote", .count = 3}};
  omissions = {{.last = {.epoch = {}, .proposer = 1, .validator = 0, .height = {}}, .count = 2}};
  const std::string text = scrape();
  EXPECT_TRUE(shows(text, "openliquid_votes_seen_total{validator=\"1\"} 7")) << text;
  EXPECT_TRUE(shows(text, "openliquid_votes_missed_total{validator=\"1\"} 2"));
  EXPECT_TRUE(shows(text, "openliquid_votes_behind_ms_total{validator=\"0\"} 4"));
  EXPECT_TRUE(shows(text, "openliquid_leader_passed_over{validator=\"0\"} 0"));
  EXPECT_TRUE(shows(text, "openliquid_leader_passed_over{validator=\"1\"} 1"));
  EXPECT_TRUE(shows(text, "openliquid_oracle_omissions_total{proposer=\"1\",validator=\"0\"} 2"));
  EXPECT_TRUE(shows(text, "openliquid_evidence_total{kind=\"double vote\",validator=\"1\"} 3"));
}

}  // namespace
}  // namespace ol::node
