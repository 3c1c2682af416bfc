// How nodes that no validator talks to follow the head.
#include "../src/head_gossip.hpp"

#include <gtest/gtest.h>

#include "../src/gossip_batch.hpp"
#include "stranger.hpp"

namespace ol::node::test {
namespace {

primitives::QuorumCertificate some_certificate(std::uint64_t view) {
  primitives::QuorumCertificate out;
  out.subject.view = primitives::View(view);
  out.subject.height = primitives::Height(3);
  return out;
}

TEST(CertificateGossip, takes_one_certificate_and_nothing_else) {
  const auto certificate = some_certificate(7);
  const Bytes encoded = consensus::encode_message(consensus::CertificateMessage{certificate});
  const auto decoded = decode_certificate_gossip(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(consensus::encode_message(consensus::CertificateMessage{*decoded}), encoded);
  EXPECT_FALSE(decode_certificate_gossip(ByteView(encoded).first(encoded.size() - 1)));
  Bytes longer = encoded;
  longer.push_back(0);
  EXPECT_FALSE(decode_certificate_gossip(longer));
  const consensus::VoteMessage vote{};
  EXPECT_EQ(decode_certificate_gossip(consensus::encode_message(vote)).error(),
            DecodeError::BadValue);
  EXPECT_FALSE(decode_certificate_gossip(Bytes{}));
}

/// Those with an odd number are of secp256k1.
p2p::IdentityKey observer_key(std::uint8_t number) {
  const auto secret =
      crypto::SecretBytes<32>::from(Bytes(32, static_cast<std::uint8_t>(0x70 + number)));
  return *p2p::IdentityKey::from_secret(
      number % 2 == 1 ? p2p::KeyType::Secp256k1 : p2p::KeyType::Ed25519, *secret);
}
std::string observer_id(std::uint8_t number) {
  return p2p::PeerId(observer_key(number).public_key()).text();
}

/// Four validators that take no strangers, a node that they know, and one that knows that node
/// alone, on a chain of the commit rule.
class FollowingByGossip : public testing::TestWithParam<primitives::CommitRule> {
 protected:
  FollowingByGossip()
      : cluster_(4, by_slots() ? primitives::SchemeKind::Ed25519List
                               : primitives::SchemeKind::BlsThreshold) {
    if (by_slots()) cluster_.use_slots({.slot_ms = 1000, .phase_ms = 300});
    cluster_.change_config = [](NodeConfig& config) {
      config.p2p_unknown_peers_max = 0;
      // It is not dialled before it is there.
      config.peers.push_back({observer_id(1), "127.0.0.1", 1});
    };
    for (std::uint32_t i = 0; i < 4; ++i) {
      const auto error = cluster_.start(i);
      EXPECT_FALSE(error) << error->message;
    }
    const NodeParts known = cluster_.parts(0);
    std::vector<PeerConfig> validators;
    for (const PeerConfig& peer : known.config.peers) {
      if (peer.id != observer_id(1)) validators.push_back(peer);
    }
    near_ = cluster_.add(observer(1, validators));
    far_ = cluster_.add(observer(2, {{observer_id(1), "127.0.0.1", cluster_.p2p_port(near_)}}));
  }

  static bool by_slots() { return GetParam() == primitives::CommitRule::TwoPhase; }
  NodeParts observer(std::uint8_t number, std::vector<PeerConfig> peers) {
    NodeParts out = cluster_.parts(0);
    out.config.data_dir = cluster_.home(0).string() + "-observer" + std::to_string(number);
    out.config.p2p_port = 0;
    out.config.p2p_unknown_peers_max = 8;
    out.config.peers = std::move(peers);
    out.network_key = observer_key(number);
    out.validator.reset();
    return out;
  }
  std::uint64_t metric(std::uint32_t node, const std::string& name) {
    return cluster_.metric(node, name);
  }

  Cluster cluster_;
  std::uint32_t near_ = 0;
  std::uint32_t far_ = 0;
};

// By status messages alone it would ask for ranges once it is more than three blocks behind, and
// for no block by itself. Those before it was linked are asked for.
TEST_P(FollowingByGossip, a_node_behind_a_node_hears_each_block_and_asks_for_none) {
  ASSERT_TRUE(Cluster::eventually([&] {
    return cluster_.height(far_) >= 3 &&
           metric(far_, "openliquid_consensus_blocks_heard_total") >= 2;
  }));
  const std::uint64_t asked = metric(far_, "openliquid_consensus_blocks_requested_total");
  const std::uint64_t told = metric(far_, "openliquid_consensus_blocks_heard_total");
  const std::uint64_t heard = metric(far_, "openliquid_consensus_certificates_received_total");
  const std::uint64_t height = cluster_.height(far_);
  EXPECT_TRUE(Cluster::eventually(
      [&] {
        return metric(far_, "openliquid_consensus_blocks_heard_total") >= told + 6 &&
               metric(far_, "openliquid_consensus_certificates_received_total") >= heard + 6 &&
               cluster_.height(far_) >= height + 4;
      },
      std::chrono::minutes(4)));
  EXPECT_EQ(metric(far_, "openliquid_consensus_blocks_requested_total"), asked);
  EXPECT_EQ(metric(far_, "openliquid_gossip_rejected_total"), 0U);
}

// Of one who publishes on the topic of blocks: what does not decode is rejected, what no
// certificate names goes no further, and the chain is followed all the same.
TEST_P(FollowingByGossip, hostile_blocks_are_rejected_or_go_no_further) {
  ASSERT_TRUE(Cluster::eventually([&] { return cluster_.height(far_) >= 2; }));
  const primitives::Genesis& genesis = cluster_.genesis();
  Stranger forger(genesis, {observer_id(1), "127.0.0.1", cluster_.p2p_port(near_)},
                  topics_of(genesis.domain.chain_id).blocks, observer_key(9));
  primitives::Header header;
  header.chain_id = genesis.domain.chain_id;
  header.height = primitives::Height(cluster_.height(near_) + 8);
  const auto forge = [&](std::uint64_t time) {
    header.time = primitives::TimeMs(time);
    Writer out;
    primitives::encode(out, primitives::Block::propose(genesis.domain, header, {}));
    return out.take();
  };
  std::uint64_t number = 0;
  const std::uint64_t received = metric(near_, "openliquid_gossip_received_total");
  EXPECT_TRUE(Cluster::eventually([&] {
    for (int i = 0; i < 50; ++i)
      forger.publish(forge(++number));
    return metric(near_, "openliquid_gossip_received_total") > received + 200;
  }));
  EXPECT_EQ(metric(near_, "openliquid_gossip_rejected_total"), 0U);
  EXPECT_TRUE(Cluster::eventually([&] {
    // Ahead of the chain, or its header alone would be looked at.
    header.height = primitives::Height(cluster_.height(near_) + 8);
    Bytes longer = forge(++number);
    longer.push_back(0);
    forger.publish(std::move(longer));
    return metric(near_, "openliquid_gossip_rejected_total") > 0;
  }));
  Stranger large(genesis, {observer_id(1), "127.0.0.1", cluster_.p2p_port(near_)},
                 topics_of(genesis.domain.chain_id).blocks, observer_key(10));
  const std::uint64_t rejected = metric(near_, "openliquid_gossip_rejected_total");
  EXPECT_TRUE(Cluster::eventually([&] {
    Bytes bytes(std::size_t{1} << 20);
    bytes[0] = static_cast<std::uint8_t>(++number);
    bytes[1] = static_cast<std::uint8_t>(number >> 8);
    large.publish(std::move(bytes));
    return metric(near_, "openliquid_gossip_rejected_total") > rejected;
  }));
  EXPECT_EQ(metric(far_, "openliquid_gossip_rejected_total"), 0U);
  const std::uint64_t height = cluster_.height(far_);
  EXPECT_TRUE(Cluster::eventually([&] { return cluster_.height(far_) > height; }));
}

TEST_P(FollowingByGossip, a_forged_certificate_is_rejected_and_goes_no_further) {
  ASSERT_TRUE(Cluster::eventually([&] { return cluster_.height(far_) >= 2; }));
  const primitives::Genesis& genesis = cluster_.genesis();
  Stranger forger(genesis, {observer_id(1), "127.0.0.1", cluster_.p2p_port(near_)},
                  topics_of(genesis.domain.chain_id).certificates, observer_key(9));
  std::uint64_t view = 1'000'000;
  EXPECT_TRUE(Cluster::eventually([&] {
    auto forged = some_certificate(++view);
    forged.subject.height = primitives::Height(1'000'000);
    forger.publish(consensus::encode_message(consensus::CertificateMessage{forged}));
    return metric(near_, "openliquid_gossip_rejected_total") > 0;
  }));
  EXPECT_EQ(metric(far_, "openliquid_gossip_rejected_total"), 0U);
  const std::uint64_t height = cluster_.height(far_);
  EXPECT_TRUE(Cluster::eventually([&] { return cluster_.height(far_) > height; }));
}

INSTANTIATE_TEST_SUITE_P(, FollowingByGossip,
                         testing::Values(primitives::CommitRule::TwoChain,
                                         primitives::CommitRule::TwoPhase),
                         [](const auto& instance) {
                           return instance.param == primitives::CommitRule::TwoPhase ? "two_phase"
                                                                                     : "two_chain";
                         });

}  // namespace
}  // namespace ol::node::test
