// What a driver does for peers only within their budgets, and floods of one peer against a node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/p2p/yamux.hpp>

#include "../src/head_gossip.hpp"
#include "../src/peer_budget.hpp"
#include "driver_bench.hpp"
#include "stranger.hpp"

namespace ol::node::test {
namespace {

using primitives::Height;
using primitives::View;
using testing::IsEmpty;

/// A driver that may do nothing for peers; of messages that it would refuse.
class Budgets : public testing::Test {
 protected:
  Budgets() { bench.host.admits = false; }

  void expect_dropped(const consensus::Message& message) {
    const std::uint64_t dropped = bench.driver->counters().messages_dropped;
    bench.deliver(2, message);
    EXPECT_EQ(bench.driver->counters().messages_dropped, dropped + 1);
    EXPECT_THAT(bench.host.punished, IsEmpty()) << "it was verified";
    EXPECT_EQ(bench.driver->counters().messages_refused, 0U);
  }
  [[nodiscard]] std::uint64_t asked_to_verify() const {
    return bench.host.asked[static_cast<std::size_t>(PeerWork::Verify)];
  }
  [[nodiscard]] primitives::QuorumCertificate forged() const {
    auto out = bench.all.certify(
        bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1)));
    out.signature.back() ^= 1;
    return out;
  }
  [[nodiscard]] SyncMessage answer() const {
    return *decode_sync_message(bench.host.sent.back().message);
  }
  /// A block in the tree with an item, proposed by validator 1.
  primitives::Block proposed() {
    bench.host.admits = true;
    const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
    bench.deliver(1, bench.proposal(block));
    EXPECT_NE(bench.driver->kernel().tree().find(block.hash), nullptr);
    bench.host.admits = false;
    bench.host.sent.clear();
    return block;
  }

  DriverBench bench{3};
};

TEST_F(Budgets, a_certificate_beyond_them_is_not_verified) {
  expect_dropped(consensus::CertificateMessage{forged()});
  EXPECT_EQ(asked_to_verify(), 1U);
}

TEST_F(Budgets, a_new_view_beyond_them_is_not_verified) {
  expect_dropped(bench.all.new_view(2, View(1), forged()));
  EXPECT_EQ(asked_to_verify(), 2U);
}

TEST_F(Budgets, a_proposal_beyond_them_is_not_verified_and_its_timeouts_count) {
  auto proposal =
      bench.proposal(bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1)));
  proposal.signature.bytes[0] ^= 1;
  expect_dropped(proposal);
  EXPECT_EQ(asked_to_verify(), 2U);
  proposal.header.timeout_certificate.emplace();
  auto& timeouts = proposal.header.timeout_certificate->signatures;
  timeouts.resize(64);
  for (std::uint32_t i = 0; i < timeouts.size(); ++i)
    timeouts[i].validator = primitives::ValidatorIndex(i);
  expect_dropped(proposal);
  EXPECT_EQ(asked_to_verify(), 2U + 2 + 64 / 16);
}

TEST_F(Budgets, a_re_proposal_beyond_them_is_not_verified) {
  consensus::ReproposalMessage message{.view = View(9), .certificate = forged(), .signature = {}};
  expect_dropped(message);
}

TEST_F(Budgets, a_vote_beyond_them_is_not_collected) {
  const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(2));
  const consensus::VoteMessage vote = bench.all.vote(2, bench.all.subject(block));
  expect_dropped(vote);
  EXPECT_EQ(asked_to_verify(), 1U);
  EXPECT_TRUE(bench.driver->voters(View(2)).empty());
  bench.host.admits = true;
  bench.deliver(2, vote);
  EXPECT_FALSE(bench.driver->voters(View(2)).empty());
}

TEST_F(Budgets, a_vote_of_another_is_not_collected_and_counts_for_who_sent_it) {
  bench.host.admits = true;
  const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(2));
  bench.deliver(1, bench.all.vote(2, bench.all.subject(block)));
  EXPECT_EQ(bench.host.asked[static_cast<std::size_t>(PeerWork::Useless)], 1U);
  EXPECT_EQ(asked_to_verify(), 0U);
  EXPECT_TRUE(bench.driver->voters(View(2)).empty());
}

TEST_F(Budgets, the_same_within_them_are_refused) {
  bench.host.admits = true;
  bench.deliver(2, consensus::CertificateMessage{forged()});
  bench.deliver(2, bench.all.new_view(2, View(1), forged()));
  EXPECT_EQ(bench.host.punished.size(), 2U);
  EXPECT_EQ(bench.driver->counters().messages_dropped, 0U);
}

TEST_F(Budgets, a_gossiped_certificate_beyond_them_is_forgotten_so_that_it_can_come_again) {
  std::optional<p2p::GossipVerdict> verdict;
  HeadGossip heads(bench.all.domain, false,
                   [&](const std::string&, p2p::GossipVerdict one) { verdict = one; });
  const auto certificate = forged();
  heads.take(*bench.driver, bench.now, bench.peer(2), "id", certificate,
             consensus::encode_message(consensus::CertificateMessage{certificate}));
  EXPECT_EQ(verdict, p2p::GossipVerdict::Busy) << "not held against who brought it";
}

TEST_F(Budgets, items_beyond_them_are_not_served_and_others_count_what_they_come_to) {
  const auto block = proposed();
  const ItemsRequest request{block.hash, block.item_hashes};
  bench.deliver_sync(2, request);
  EXPECT_TRUE(bench.host.sent.empty());
  bench.host.admits = true;
  bench.host.items.clear();
  bench.deliver_sync(2, request);
  ASSERT_EQ(bench.host.sent.size(), 1U);
  EXPECT_EQ(std::get<ItemsResponse>(answer()).items, block.payload);
  std::uint64_t bytes = 0;
  for (const Bytes& item : block.payload)
    bytes += item.size() + 4;
  EXPECT_EQ(bench.host.served_bytes, bytes + 64 * block.payload.size());
  // Who asks next finds the places known.
  bench.deliver_sync(0, request);
  EXPECT_EQ(bench.host.served_bytes, 2 * bytes + 64 * block.payload.size());
  EXPECT_EQ(std::get<ItemsResponse>(answer()).items, block.payload);
}

TEST_F(Budgets, a_block_beyond_them_is_not_encoded_and_its_peer_asks_others_at_once) {
  const auto block = proposed();
  bench.deliver_sync(2, BlockRequest{block.hash});
  EXPECT_TRUE(std::get<BlockResponse>(answer()).encoded.empty());
  EXPECT_EQ(bench.host.served_bytes, 0U);
  bench.host.admits = true;
  bench.deliver_sync(2, BlockRequest{block.hash});
  const auto encoded = std::get<BlockResponse>(answer()).encoded;
  EXPECT_FALSE(encoded.empty());
  EXPECT_EQ(bench.host.served_bytes, encoded.size());
}

TEST_F(Budgets, a_proof_of_an_epochs_end_beyond_them_is_not_read) {
  bench.host.hand_over = Bytes(1000, 1);
  bench.deliver_sync(2, HandOverRequest{primitives::Epoch(0)});
  EXPECT_TRUE(bench.host.sent.empty() || !std::holds_alternative<HandOverResponse>(answer()));
  bench.host.admits = true;
  bench.deliver_sync(2, HandOverRequest{primitives::Epoch(0)});
  EXPECT_TRUE(std::holds_alternative<HandOverResponse>(answer()));
  EXPECT_EQ(bench.host.served_bytes, 1000U);
}

/// Four validators and a stranger that is linked to the first.
class PeerFlood : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t i = 0; i < 4; ++i)
      ASSERT_FALSE(cluster_.start(i));
    ASSERT_TRUE(Cluster::eventually([&] { return cluster_.height(0) >= 3; }));
    stranger_.emplace(cluster_.genesis(), address_of(cluster_, 0));
    ASSERT_TRUE(Cluster::eventually([&] { return stranger_->is_linked(); }));
  }
  std::uint64_t dropped(const std::string& reason) {
    return metric("openliquid_peer_dropped_total{reason=\"" + reason + "\"}");
  }
  std::uint64_t metric(const std::string& name) { return cluster_.metric(0, name); }
  std::uint64_t refused() { return metric("openliquid_consensus_messages_refused_total"); }
  bool logged(const std::string& words) {
    for (const std::string& line : cluster_.log(0)) {
      if (line.find(words) != std::string::npos) return true;
    }
    return false;
  }
  /// Bytes that wait to be sent to the stranger.
  std::uint64_t queued() {
    return metric("openliquid_peer_queue_bytes{peer=\"" + stranger_->id() + "\"}");
  }
  /// Makes the answer to who asks for the chain so long, at least. A transaction has 100 kB at
  /// most.
  void lengthen_chain(std::size_t bytes) {
    constexpr std::size_t kEach = 100'000;
    const std::uint64_t count = bytes / kEach + 1;
    for (std::uint64_t nonce = 0; nonce < count; ++nonce) {
      const auto sent =
          cluster_.call(0, "eth_sendRawTransaction",
                        "[\"" + cluster_.transfer(0, nonce, 1, cluster_.account(1), kEach) + "\"]");
      ASSERT_TRUE(sent.is_string()) << boost::json::serialize(sent);
    }
    const std::string account = to_hex_prefixed(cluster_.account(0).view());
    ASSERT_TRUE(Cluster::eventually([&] {
      const auto done =
          cluster_.call(0, "eth_getTransactionCount", "[\"" + account + "\",\"latest\"]");
      return done.is_string() && std::stoull(std::string(done.as_string()), nullptr, 16) == count;
    }));
  }
  void expect_chain_goes_on() {
    const std::uint64_t height = cluster_.height(0);
    EXPECT_TRUE(Cluster::eventually([&] { return cluster_.height(0) >= height + 3; }));
  }

  Cluster cluster_{4};
  std::optional<Stranger> stranger_;
};

// What waits behind it is dropped: StandingConsensus, where it is known to wait.
TEST_F(PeerFlood, of_forged_certificates_one_is_verified) {
  consensus::CertificateMessage forged;
  forged.certificate.subject.height = Height(1'000'000);
  forged.certificate.subject.view = View(1'000'000);
  forged.certificate.signature = Bytes(48, 1);
  for (int i = 0; i < 5'000; ++i)
    stranger_->tell(forged);
  EXPECT_TRUE(Cluster::eventually([&] { return refused() > 0 && !stranger_->is_linked(); }));
  EXPECT_EQ(refused(), 1U);
  expect_chain_goes_on();
  EXPECT_EQ(refused(), 1U);
}

TEST_F(PeerFlood, whoever_goes_on_sending_votes_of_others_is_cut_off_by_name) {
  consensus::VoteMessage vote;
  vote.subject.view = View(1'000'000);
  vote.share = {primitives::ValidatorIndex(1), Bytes(48, 1)};
  for (int i = 0; i < 5'000; ++i)
    stranger_->tell(vote);
  EXPECT_TRUE(
      Cluster::eventually([&] { return logged("goes on sending votes that are not its own"); }));
  EXPECT_GT(dropped("useless"), PeerBudget::kPatience.burst);
  EXPECT_TRUE(Cluster::eventually([&] { return !stranger_->is_linked(); }));
  EXPECT_EQ(refused(), 0U);
  expect_chain_goes_on();
}

TEST_F(PeerFlood, whoever_goes_on_asking_for_ranges_is_cut_off_by_name) {
  // As long as it takes: where the machine is busy, one may be read before the next is asked for.
  EXPECT_TRUE(Cluster::eventually([&] {
    for (int i = 0; i < 100; ++i)
      stranger_->tell(RangeRequest{Height(1), 1});
    return logged("goes on asking for more than one peer is served");
  }));
  EXPECT_GT(dropped("serving_busy") + dropped("serve"), 200U);
  EXPECT_TRUE(Cluster::eventually([&] { return !stranger_->is_linked(); }));
  expect_chain_goes_on();
}

// It takes less of a stream than this range, whatever the sockets take: what is left waits for
// ever.
TEST_F(PeerFlood, whoever_does_not_read_a_range_is_read_no_further_one) {
  ASSERT_NO_FATAL_FAILURE(lengthen_chain(2 * p2p::kYamuxInitialWindow));
  stranger_->stop_reading();
  stranger_->tell(RangeRequest{Height(1'000'000), 1});
  ASSERT_TRUE(Cluster::eventually([&] { return stranger_->has_stopped_reading(); }));
  ASSERT_TRUE(Cluster::eventually([&] {
    stranger_->tell(RangeRequest{Height(1), 256});
    return Cluster::eventually([&] { return queued() >= p2p::kYamuxInitialWindow; },
                               std::chrono::seconds(2));
  }));
  const std::uint64_t before = dropped("serving_busy");
  constexpr std::uint64_t kAsked = 40;
  for (std::uint64_t i = 0; i < kAsked; ++i)
    stranger_->tell(RangeRequest{Height(1), 256});
  EXPECT_TRUE(Cluster::eventually([&] { return dropped("serving_busy") >= before + kAsked; }));
  EXPECT_TRUE(stranger_->is_linked());
  expect_chain_goes_on();
}

}  // namespace
}  // namespace ol::node::test
