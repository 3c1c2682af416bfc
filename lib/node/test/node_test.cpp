#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <fstream>
#include <map>

#include <ol/base/hex.hpp>
#include <ol/consensus/evidence.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/storage/outbox_log.hpp>

#include "cluster.hpp"

namespace ol::node::test {
namespace {

std::string quoted(const std::string& text) {
  return "[\"" + text + "\"]";
}

std::string block_param(std::uint64_t height) {
  char text[32];
  std::snprintf(text, sizeof text, "[\"0x%llx\",false]", static_cast<unsigned long long>(height));
  return text;
}

void start_all(Cluster& cluster, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto error = cluster.start(i);
    ASSERT_FALSE(error) << error->message;
  }
}

void expect_same_chain(Cluster& cluster, const std::vector<std::uint32_t>& nodes) {
  std::uint64_t lowest = UINT64_MAX;
  for (const std::uint32_t i : nodes)
    lowest = std::min(lowest, cluster.height(i));
  for (std::uint64_t h = 0; h <= lowest; ++h) {
    const auto first = cluster.call(nodes[0], "eth_getBlockByNumber", block_param(h));
    for (const std::uint32_t i : nodes) {
      const auto other = cluster.call(i, "eth_getBlockByNumber", block_param(h));
      ASSERT_TRUE(other.is_object()) << boost::json::serialize(other);
      EXPECT_EQ(first.at("hash"), other.at("hash")) << "height " << h;
      EXPECT_EQ(first.at("stateRoot"), other.at("stateRoot")) << "height " << h;
    }
  }
}

/// No two different votes of one validator for one view left any node.
void expect_no_double_votes(const Cluster& cluster, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto contents = storage::read_outbox_log(cluster.home(i) / "outbox.log");
    ASSERT_TRUE(contents) << contents.error().message;
    std::map<std::uint64_t, primitives::BlockHash> votes;
    std::size_t seen = 0;
    for (const Bytes& bytes : contents->messages) {
      const auto message = consensus::decode_message(bytes);
      ASSERT_TRUE(message);
      const auto* vote = std::get_if<consensus::VoteMessage>(&*message);
      if (vote == nullptr) continue;
      ++seen;
      const auto [it, fresh] = votes.emplace(vote->subject.view.value(), vote->subject.block);
      EXPECT_TRUE(fresh || it->second == vote->subject.block)
          << "view " << vote->subject.view.value();
    }
    EXPECT_GT(seen, 0U);
  }
}

TEST(Node, four_validators_finalise_a_transfer) {
  Cluster cluster(4);
  start_all(cluster, 4);
  const auto sent = cluster.call(0, "eth_sendRawTransaction",
                                 quoted(cluster.transfer(0, 0, 1000, cluster.account(1))));
  ASSERT_TRUE(sent.is_string()) << boost::json::serialize(sent);
  const std::string hash(sent.as_string());
  for (std::uint32_t i = 0; i < 4; ++i) {
    boost::json::value receipt;
    ASSERT_TRUE(Cluster::eventually([&] {
      receipt = cluster.call(i, "eth_getTransactionReceipt", quoted(hash));
      return receipt.is_object() && !receipt.as_object().contains("error");
    })) << boost::json::serialize(receipt);
    EXPECT_EQ(receipt.at("status").as_string(), "0x1");
    EXPECT_EQ(receipt.at("gasUsed").as_string(), "0x5208");
  }
  const auto balance = cluster.call(
      2, "eth_getBalance", "[\"" + to_hex_prefixed(cluster.account(1).view()) + "\",\"latest\"]");
  EXPECT_EQ(balance.as_string(), "0xde0b6b3a76403e8");
  expect_same_chain(cluster, {0, 1, 2, 3});
  EXPECT_NE(cluster.get(0, "/metrics").find("openliquid_committed_height"), std::string::npos);
}

TEST(Node, one_validator_alone_makes_blocks) {
  Cluster cluster(1);
  start_all(cluster, 1);
  EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= 3; }));
}

TEST(Node, multisig_chain_makes_blocks) {
  Cluster cluster(4, primitives::SchemeKind::BlsMultisig);
  start_all(cluster, 4);
  EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(3) >= 3; }));
}

TEST(Node, ed25519_chain_makes_blocks) {
  Cluster cluster(4, primitives::SchemeKind::Ed25519List);
  start_all(cluster, 4);
  EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(3) >= 3; }));
}

/// What validator 3 signs when it votes for two blocks in view 77.
Bytes double_vote(const Cluster& cluster) {
  const auto set = primitives::genesis_validator_set(cluster.genesis());
  const auto scheme = consensus::make_scheme(cluster.genesis(), set);
  const auto parts = cluster.parts(3);
  const auto vote = [&](std::uint8_t salt) {
    const primitives::VoteSubject subject{.epoch = set.epoch(),
                                          .set_hash = set.hash(cluster.genesis().domain),
                                          .phase = primitives::Phase::Generic,
                                          .height = primitives::Height(40),
                                          .view = primitives::View(77),
                                          .block = primitives::BlockHash{{salt}}};
    const auto digest = primitives::vote_digest(cluster.genesis().domain, subject);
    Bytes share = scheme->sign({parts.validator->key, parts.validator->vote_key}, digest);
    return consensus::VoteMessage{subject, {primitives::ValidatorIndex(3), std::move(share)}};
  };
  return encode_evidence(consensus::DoubleVote{.first = vote(1), .second = vote(2)});
}

// specs/consensus.md section 9. Node 0 has it on disk from an earlier run.
TEST(Node, evidence_reaches_every_node_its_rpc_and_its_metrics) {
  Cluster cluster(4);
  const Bytes proof = double_vote(cluster);
  std::filesystem::create_directories(cluster.home(0) / "evidence");
  std::ofstream(cluster.home(0) / "evidence" / "old.evidence", std::ios::binary) << as_text(proof);
  start_all(cluster, 4);
  for (std::uint32_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(Cluster::eventually([&] {
      return cluster.call(i, "ol_evidence").as_array().size() == 1;
    })) << i;
    const auto shown = cluster.call(i, "ol_evidence").at(0);
    EXPECT_EQ(shown.at("kind"), "double vote");
    EXPECT_EQ(shown.at("validator"), 3);
    EXPECT_EQ(shown.at("view"), 77);
    EXPECT_EQ(std::string(shown.at("proof").as_string()), to_hex_prefixed(proof));
    EXPECT_NE(cluster.get(i, "/metrics")
                  .find("\nopenliquid_evidence_total{kind=\"double vote\",validator=\"3\"} 1\n"),
              std::string::npos);
  }
  // What came from a peer is on disk too.
  EXPECT_FALSE(cluster.stop(2));
  EXPECT_FALSE(std::filesystem::is_empty(cluster.home(2) / "evidence"));
}

TEST(Node, consensus_state_says_what_a_node_without_a_quorum_waits_for) {
  Cluster cluster(4);
  start_all(cluster, 2);
  const auto waiting = [&] { return cluster.call(0, "ol_consensusState").at("waiting"); };
  ASSERT_TRUE(Cluster::eventually([&] { return waiting().at("for") == "timeouts"; }));
  ASSERT_TRUE(Cluster::eventually([&] { return waiting().at("from") == boost::json::value{2, 3}; }))
      << boost::json::serialize(waiting());
}

TEST(Node, chain_goes_on_without_one_validator_which_catches_up_and_votes_again) {
  Cluster cluster(4);
  start_all(cluster, 4);
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= 3; }));
  EXPECT_FALSE(cluster.stop(3));
  const std::uint64_t before = cluster.height(0);
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= before + 12; },
                                  std::chrono::seconds(90)));
  ASSERT_FALSE(cluster.start(3));
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(3) >= before + 12; }));
  const std::uint64_t later = cluster.height(0);
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(3) >= later + 4; }));
  // On a busy machine the first blocks after it has caught up may come to it certified already.
  EXPECT_TRUE(Cluster::eventually([&] {
    const std::string metrics = cluster.get(3, "/metrics");
    const std::string votes = "\nopenliquid_consensus_votes_sent_total ";
    const std::size_t at = metrics.find(votes);
    return at != std::string::npos && std::stoull(metrics.substr(at + votes.size())) > 0;
  }));
  expect_same_chain(cluster, {0, 1, 2, 3});
  expect_no_double_votes(cluster, 4);
}

TEST(Node, all_stopped_and_started_again_continue_the_chain) {
  Cluster cluster(4);
  start_all(cluster, 4);
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= 4; }));
  const auto kept = cluster.call(0, "eth_getBlockByNumber", block_param(4));
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_FALSE(cluster.stop(i));
  start_all(cluster, 4);
  const std::uint64_t resumed = cluster.height(0);
  EXPECT_GE(resumed, 4U);
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= resumed + 4; }));
  EXPECT_EQ(cluster.call(0, "eth_getBlockByNumber", block_param(4)), kept);
  expect_no_double_votes(cluster, 4);
}

TEST(Node, five_hundred_transfers_are_committed_exactly_once) {
  Cluster cluster(4);
  start_all(cluster, 4);
  constexpr std::uint32_t kSenders = 20;
  constexpr std::uint64_t kEach = 25;
  const Address sink = cluster.account(99);
  for (std::uint64_t nonce = 0; nonce < kEach; ++nonce) {
    for (std::uint32_t sender = 0; sender < kSenders; ++sender) {
      // The same bytes go to two nodes: whichever comes second is already known.
      const std::string txn = quoted(cluster.transfer(sender, nonce, 7, sink));
      const auto first = cluster.call(sender % 4, "eth_sendRawTransaction", txn);
      EXPECT_TRUE(first.is_string() ||
                  boost::json::serialize(first).find("already known") != std::string::npos ||
                  boost::json::serialize(first).find("nonce too low") != std::string::npos)
          << boost::json::serialize(first);
      static_cast<void>(cluster.call((sender + 1) % 4, "eth_sendRawTransaction", txn));
    }
  }
  ASSERT_TRUE(Cluster::eventually([&] {
    for (std::uint32_t sender = 0; sender < kSenders; ++sender) {
      const auto count =
          cluster.call(1, "eth_getTransactionCount",
                       "[\"" + to_hex_prefixed(cluster.account(sender).view()) + "\",\"latest\"]");
      if (count.as_string() != "0x19") return false;
    }
    return true;
  }));
  // 20 x 25 x 7 wei arrived, once.
  const auto balance =
      cluster.call(1, "eth_getBalance", "[\"" + to_hex_prefixed(sink.view()) + "\",\"latest\"]");
  EXPECT_EQ(balance.as_string(), "0xde0b6b3a7640dac");
  expect_same_chain(cluster, {0, 1, 2, 3});
}

// It may be of the next set: docs/adr/0013-epochs.md.
TEST(Node, follows_with_a_key_that_no_set_names_yet) {
  Cluster cluster(4);
  NodeParts parts = cluster.parts(0);
  parts.validator->key = crypto::Ed25519SecretKey::generate();
  std::string seen;
  const auto opened = Node::open(std::move(parts), [&](auto, std::string_view event, const auto&) {
    seen += std::string(event) + "\n";
  });
  ASSERT_TRUE(opened);
  EXPECT_NE(seen.find("this validator key is in no set yet"), std::string::npos);
}

TEST(Node, refuses_keys_that_do_not_belong_together) {
  Cluster cluster(4);
  NodeParts other = cluster.parts(0);
  other.network_key = p2p::IdentityKey::generate(p2p::KeyType::Ed25519);
  const auto second = Node::open(std::move(other), [](auto, auto, const auto&) {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("network key does not belong to validator 0"),
            std::string::npos);
  NodeParts wrong_share = cluster.parts(0);
  wrong_share.validator->vote_key = cluster.parts(1).validator->vote_key.derive_child(0);
  const auto third = Node::open(std::move(wrong_share), [](auto, auto, const auto&) {});
  ASSERT_FALSE(third);
  EXPECT_NE(third.error().message.find("not the threshold share"), std::string::npos);
}

TEST(Node, refuses_the_database_of_another_genesis_and_leaves_it_alone) {
  Cluster cluster(1);
  ASSERT_FALSE(cluster.start(0));
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= 1; }));
  cluster.stop(0);
  NodeParts parts = cluster.parts(0);
  parts.genesis.chain_name = "another";
  parts.genesis.base_fee = U256(5);
  ASSERT_FALSE(Node::open(std::move(parts), [](auto, auto, const auto&) {}));
  EXPECT_FALSE(cluster.start(0));
  EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= 1; }));
}

TEST(Node, second_process_on_one_directory_is_refused) {
  Cluster cluster(1);
  ASSERT_FALSE(cluster.start(0));
  const auto second = Node::open(cluster.parts(0), [](auto, auto, const auto&) {});
  ASSERT_FALSE(second);
  EXPECT_FALSE(second.error().message.empty());
}

TEST(Node, follows_without_signing_when_the_safety_record_is_missing) {
  Cluster cluster(4);
  start_all(cluster, 4);
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(3) >= 2; }));
  cluster.stop(3);
  std::filesystem::remove(cluster.home(3) / "safety.record");
  ASSERT_FALSE(cluster.start(3));
  const std::uint64_t before = cluster.height(0);
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(3) >= before + 3; }));
  EXPECT_EQ(cluster.get(3, "/metrics").find("\nopenliquid_signing 1"), std::string::npos);
}

}  // namespace
}  // namespace ol::node::test
