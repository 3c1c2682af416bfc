// What becomes of peers' messages while consensus has no time for them: docs/protocol/p2p.md,
// "Limits".
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "../src/gossip_batch.hpp"
#include "stranger.hpp"

namespace ol::node::test {
namespace {

constexpr std::uint64_t kPeerItems = 512;  // of a stranger, waiting for consensus

/// A validator, a node that follows it, and strangers of that one. Its consensus thread stands
/// still from the moment in which it finds that a stranger lied until `release`.
class StandingConsensus : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.change_config = [](NodeConfig& config) { config.p2p_unknown_peers_max = 16; };
    cluster_.on_log = [this](const std::string& line) {
      if (!line.starts_with("peer banned")) return;
      std::unique_lock lock(mutex_);
      stands_ = true;
      changed_.wait_for(lock, std::chrono::minutes(4), [this] { return released_; });
    };
    ASSERT_FALSE(cluster_.start(0));
    NodeParts parts = cluster_.parts(0);
    parts.config.data_dir = cluster_.home(0).string() + "-follower";
    parts.config.p2p_port = 0;
    parts.config.peers = {{p2p::PeerId(cluster_.genesis().validators[0].network_key).text(),
                           "127.0.0.1", cluster_.p2p_port(0)}};
    parts.network_key = p2p::IdentityKey::generate(p2p::KeyType::Ed25519);
    parts.validator.reset();
    address_ = {p2p::PeerId(parts.network_key.public_key()).text(), "127.0.0.1", 0};
    follower_ = cluster_.add(std::move(parts));
    address_.port = cluster_.p2p_port(follower_);
    ASSERT_TRUE(Cluster::eventually([&] { return cluster_.height(follower_) >= 2; }));
  }
  void TearDown() override { release(); }

  /// One whose blocks reach the follower.
  std::unique_ptr<Stranger> stranger() {
    auto out = std::make_unique<Stranger>(cluster_.genesis(), address_,
                                          topics_of(cluster_.genesis().domain.chain_id).blocks);
    EXPECT_TRUE(Cluster::eventually([&] { return out->is_linked(); }));
    const std::uint64_t before = received();
    EXPECT_TRUE(Cluster::eventually([&] {
      out->publish(block());
      return received() > before + 1;
    }));
    return out;
  }
  /// Another one each time, of no use to anybody but well formed.
  Bytes block() {
    primitives::Header header;
    header.chain_id = cluster_.genesis().domain.chain_id;
    header.height = primitives::Height(1'000'000);
    header.time = primitives::TimeMs(++blocks_);
    Writer out;
    primitives::encode(out, primitives::Block::propose(cluster_.genesis().domain, header, {}));
    return out.take();
  }
  std::vector<Bytes> blocks(std::uint64_t count) {
    std::vector<Bytes> out;
    for (std::uint64_t i = 0; i < count; ++i)
      out.push_back(block());
    return out;
  }
  static void publish(Stranger& from, const std::vector<Bytes>& messages) {
    for (const Bytes& message : messages)
      from.publish(message);
  }
  /// Has the liar lie, and waits until consensus stands. From now on only strangers say something.
  void stop_with(Stranger& liar) {
    cluster_.stop(0);
    consensus::CertificateMessage forged;
    forged.certificate.subject.height = primitives::Height(1'000'000);
    forged.certificate.subject.view = primitives::View(1'000'000);
    forged.certificate.signature = Bytes(48, 1);
    liar.tell(forged);
    ASSERT_TRUE(Cluster::eventually([&] {
      const std::scoped_lock lock(mutex_);
      return stands_;
    }));
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  static void tell_votes(Stranger& from, int count) {
    consensus::VoteMessage vote;
    vote.share = {primitives::ValidatorIndex(0), Bytes(48, 1)};
    for (int i = 0; i < count; ++i)
      from.tell(vote);
  }
  std::uint64_t dropped(const std::string& reason) {
    return of("openliquid_peer_dropped_total{reason=\"" + reason + "\"}");
  }
  std::uint64_t received() { return of("openliquid_gossip_received_total"); }
  std::uint64_t duplicates() { return of("openliquid_gossip_duplicates_total"); }
  std::uint64_t consensus_messages() {
    return of("openliquid_p2p_messages_in_total{channel=\"consensus\"}");
  }
  /// How many of these the follower takes for heard when another brings them again.
  std::uint64_t known_of(Stranger& from, const std::vector<Bytes>& messages) {
    const std::uint64_t before = duplicates();
    const std::uint64_t target = received() + messages.size();
    publish(from, messages);
    EXPECT_TRUE(Cluster::eventually([&] { return received() >= target; }));
    return duplicates() - before;
  }

  Cluster cluster_{1};
  PeerConfig address_;
  std::uint32_t follower_ = 0;

 private:
  std::uint64_t of(const std::string& name) {
    const std::string text = cluster_.get(follower_, "/metrics");
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }

  std::uint64_t blocks_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stands_ = false;
  bool released_ = false;
};

TEST_F(StandingConsensus, what_gossip_finds_no_place_for_may_come_again_from_another) {
  const auto liar = stranger();
  const auto flooder = stranger();
  const auto other = stranger();
  stop_with(*liar);
  const auto waiting = blocks(kPeerItems);
  publish(*flooder, waiting);
  const auto target = blocks(8);
  publish(*flooder, target);
  ASSERT_TRUE(Cluster::eventually([&] { return dropped("peer_full") == target.size(); }));
  EXPECT_EQ(known_of(*other, target), 0U);
  EXPECT_EQ(known_of(*other, {waiting.begin(), waiting.begin() + 8}), 8U);
}

TEST_F(StandingConsensus, what_a_punished_peer_has_waiting_goes_and_its_gossip_may_come_again) {
  const auto liar = stranger();
  const auto other = stranger();
  stop_with(*liar);
  tell_votes(*liar, 100);
  const auto gossiped = blocks(8);
  const std::uint64_t before = received();
  publish(*liar, gossiped);
  ASSERT_TRUE(Cluster::eventually([&] { return received() >= before + gossiped.size(); }));
  EXPECT_EQ(dropped("muted"), 0U);
  release();
  ASSERT_TRUE(Cluster::eventually([&] { return dropped("muted") >= gossiped.size(); }));
  EXPECT_TRUE(Cluster::eventually([&] { return dropped("muted") >= 100 + gossiped.size(); }));
  EXPECT_EQ(known_of(*other, gossiped), 0U);
}

TEST_F(StandingConsensus, what_a_peer_that_leaves_has_waiting_goes_but_not_its_gossip) {
  const auto liar = stranger();
  auto leaver = stranger();
  const auto other = stranger();
  stop_with(*liar);
  const auto gossiped = blocks(8);
  const std::uint64_t before = received();
  publish(*leaver, gossiped);
  ASSERT_TRUE(Cluster::eventually([&] { return received() >= before + gossiped.size(); }));
  const std::uint64_t told = consensus_messages();
  tell_votes(*leaver, 100);
  ASSERT_TRUE(Cluster::eventually([&] { return consensus_messages() >= told + 100; }));
  leaver.reset();
  EXPECT_TRUE(Cluster::eventually([&] { return dropped("gone") == 100; })) << dropped("gone");
  EXPECT_EQ(known_of(*other, gossiped), gossiped.size());
}

}  // namespace
}  // namespace ol::node::test
