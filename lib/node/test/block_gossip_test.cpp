// Blocks heard on their topic, and what is published there. docs/adr/0032-blocks-by-gossip.md.
#include "../src/block_gossip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../src/head_gossip.hpp"
#include "driver_bench.hpp"

namespace ol::node::test {
namespace {

using p2p::GossipVerdict;
using primitives::Block;
using primitives::Epoch;
using primitives::Height;
using primitives::View;
using testing::ElementsAre;
using testing::IsEmpty;

using Verdicts = std::vector<std::pair<std::string, GossipVerdict>>;

Bytes encoded(const Block& block) {
  Writer out;
  primitives::encode(out, block);
  return out.take();
}

p2p::PeerId peer(std::uint8_t number) {
  const auto secret = crypto::SecretBytes<32>::from(Bytes(32, number));
  return p2p::PeerId(crypto::Ed25519SecretKey::from_seed(*secret).public_key());
}

class HeardBlocks : public testing::Test {
 protected:
  /// A block on the root with other items, at another height or in another epoch.
  Block block(std::uint8_t salt, std::uint64_t height = 1, std::uint64_t epoch = 0,
              std::vector<Bytes> items = {}) const {
    primitives::Header header =
        all_.block(all_.genesis, all_.genesis_certificate, View(1), salt).header;
    header.height = Height(height);
    header.epoch = Epoch(epoch);
    header.time = primitives::TimeMs(1000U + salt);
    return Block::propose(all_.domain, header, std::move(items));
  }
  /// A block whose encoding is this long.
  Block block_of(std::uint8_t salt, std::size_t bytes) const {
    constexpr std::size_t kItem = 100'000;
    std::vector<Bytes> items(bytes / kItem, Bytes(kItem - 1000, salt));
    items.emplace_back();
    const std::size_t rest = bytes - encoded(block(salt, 1, 0, items)).size();
    items.back().resize(rest, salt);
    return block(salt, 1, 0, items);
  }
  bool hear(const Block& one, std::uint8_t from = 1, const std::string& id = {}) {
    return hear_bytes(encoded(one), from, id.empty() ? to_hex_id(one) : id);
  }
  bool hear_bytes(ByteView bytes, std::uint8_t from, const std::string& id) {
    return heard_.take({tree_, Epoch(epoch_)}, now_, peer(from), id, bytes).has_value();
  }
  static std::string to_hex_id(const Block& one) { return std::string(as_text(one.hash.view())); }
  /// What was judged since the last call.
  Verdicts judged() { return std::exchange(verdicts_, {}); }
  std::vector<GossipVerdict> follow() {
    heard_.follow(tree_, now_);
    std::vector<GossipVerdict> out;
    for (const auto& [id, verdict] : judged())
      out.push_back(verdict);
    return out;
  }
  void insert(const Block& one) { tree_.insert(std::make_shared<const Block>(one), std::nullopt); }

  consensus::test::Validators all_{4};
  consensus::BlockTree tree_{std::make_shared<const Block>(all_.genesis), all_.genesis_certificate};
  std::uint64_t epoch_ = 0;
  Now now_{.monotonic_ms = 1'000, .wall_ms = 0};
  Verdicts verdicts_;
  BlockGossip heard_{all_.domain, [this](const std::string& id, GossipVerdict verdict) {
                       verdicts_.emplace_back(id, verdict);
                     }};
};

TEST_F(HeardBlocks, that_do_not_decode_are_rejected) {
  const Bytes good = encoded(block(1));
  Bytes longer = good;
  longer.push_back(0);
  Bytes other_payload = encoded(block(1, 1, 0, {Bytes{1, 2, 3}}));
  other_payload.back() ^= 1;
  auto other_chain = block(2);
  other_chain.header.chain_id = primitives::ChainId(1);
  for (const Bytes& bad : {Bytes(ByteView(good).first(good.size() - 1).begin(),
                                 ByteView(good).first(good.size() - 1).end()),
                           longer, other_payload, Bytes{}, encoded(other_chain)}) {
    EXPECT_FALSE(hear_bytes(bad, 1, "bad"));
    EXPECT_THAT(judged(), ElementsAre(std::pair("bad", GossipVerdict::Reject)));
  }
  EXPECT_TRUE(hear_bytes(good, 1, "good"));
  EXPECT_THAT(judged(), IsEmpty());
}

TEST_F(HeardBlocks, above_the_size_of_a_message_are_rejected) {
  const Block largest = block_of(1, kBlockGossipBytesMax);
  ASSERT_EQ(encoded(largest).size(), kBlockGossipBytesMax);
  EXPECT_TRUE(hear(largest));
  EXPECT_FALSE(hear(block_of(2, kBlockGossipBytesMax + 1), 1, "long"));
  EXPECT_THAT(judged(), ElementsAre(std::pair("long", GossipVerdict::Reject)));
}

TEST_F(HeardBlocks, that_no_certificate_names_are_never_passed_on) {
  const Block proposal = block(1);
  EXPECT_TRUE(hear(proposal));
  EXPECT_TRUE(hear(block(2)));
  // A proposal is in the tree too.
  insert(proposal);
  EXPECT_TRUE(hear(block(3)));
  now_.monotonic_ms += BlockGossip::kWaitMs - 1;
  EXPECT_THAT(follow(), IsEmpty());
  now_.monotonic_ms += 1;
  EXPECT_THAT(follow(),
              ElementsAre(GossipVerdict::Ignore, GossipVerdict::Ignore, GossipVerdict::Ignore));
  EXPECT_FALSE(heard_.passed_on(proposal.hash));
  EXPECT_FALSE(heard_.release(block(2).hash));
}

TEST_F(HeardBlocks, are_passed_on_once_certified) {
  const Block one = block(1);
  EXPECT_TRUE(hear(one));
  insert(one);
  EXPECT_THAT(follow(), IsEmpty());
  tree_.find(one.hash)->certificate = all_.certify(one);
  EXPECT_THAT(follow(), ElementsAre(GossipVerdict::Accept));
  EXPECT_TRUE(heard_.passed_on(one.hash));
  // As they come, where the certificate was first.
  EXPECT_FALSE(hear(one, 2, "again"));
  EXPECT_THAT(judged(), ElementsAre(std::pair("again", GossipVerdict::Accept)));
}

TEST_F(HeardBlocks, at_the_head_are_passed_on_and_below_it_ignored) {
  const Block one = block(1);
  const Block rival = block(2);
  EXPECT_TRUE(hear(rival, 2));
  insert(one);
  tree_.commit(one.hash);
  EXPECT_THAT(follow(), ElementsAre(GossipVerdict::Ignore));
  EXPECT_FALSE(hear(one, 1, "head"));
  EXPECT_FALSE(hear(block(3), 1, "beside"));
  EXPECT_FALSE(hear(all_.genesis, 1, "below"));
  EXPECT_THAT(judged(), ElementsAre(std::pair("head", GossipVerdict::Accept),
                                    std::pair("beside", GossipVerdict::Ignore),
                                    std::pair("below", GossipVerdict::Ignore)));
}

TEST_F(HeardBlocks, above_the_window_may_come_again) {
  EXPECT_TRUE(hear(block(1, BlockGossip::kWindow)));
  EXPECT_FALSE(hear(block(2, BlockGossip::kWindow + 1), 1, "far"));
  EXPECT_THAT(judged(), ElementsAre(std::pair("far", GossipVerdict::TooEarly)));
}

TEST_F(HeardBlocks, of_a_later_epoch_may_come_again_and_of_an_earlier_one_are_ignored) {
  epoch_ = 1;
  EXPECT_FALSE(hear(block(1, 1, 2), 1, "later"));
  EXPECT_FALSE(hear(block(2, 1, 0), 1, "earlier"));
  EXPECT_TRUE(hear(block(3, 1, 1)));
  EXPECT_THAT(judged(), ElementsAre(std::pair("later", GossipVerdict::TooEarly),
                                    std::pair("earlier", GossipVerdict::Ignore)));
}

// The header tells; what follows it is not read.
TEST_F(HeardBlocks, out_of_reach_are_judged_by_their_headers) {
  epoch_ = 1;
  const auto cut = [](const Block& one) {
    Writer out;
    primitives::encode(out, one.header);
    return out.take();
  };
  EXPECT_FALSE(hear_bytes(cut(block(1, BlockGossip::kWindow + 1, 1)), 1, "far"));
  EXPECT_FALSE(hear_bytes(cut(block(1, 1, 2)), 1, "later"));
  EXPECT_FALSE(hear_bytes(cut(block(1, 1, 0)), 1, "earlier"));
  EXPECT_FALSE(hear_bytes(cut(block(1, 0, 1)), 1, "below"));
  EXPECT_FALSE(hear_bytes(cut(block(1, 1, 1)), 1, "near"));
  // A certificate vouches for a block, not for what came with its header.
  EXPECT_FALSE(hear_bytes(cut(all_.genesis), 1, "head"));
  EXPECT_THAT(judged(), ElementsAre(std::pair("far", GossipVerdict::TooEarly),
                                    std::pair("later", GossipVerdict::TooEarly),
                                    std::pair("earlier", GossipVerdict::Ignore),
                                    std::pair("below", GossipVerdict::Ignore),
                                    std::pair("near", GossipVerdict::Reject),
                                    std::pair("head", GossipVerdict::Reject)));
}

// Blocks that no certificate names cost a flooder's own places, and beyond them no decoding.
TEST_F(HeardBlocks, of_a_flooding_peer_are_few_and_the_rest_is_not_looked_at) {
  for (std::uint8_t i = 0; i < BlockGossip::kHeldPerPeerMax; ++i)
    EXPECT_TRUE(hear(block(i)));
  EXPECT_FALSE(hear(block(100), 1, "fifth"));
  EXPECT_FALSE(hear_bytes(Bytes{1}, 1, "sixth"));
  EXPECT_THAT(judged(), ElementsAre(std::pair("fifth", GossipVerdict::TooEarly),
                                    std::pair("sixth", GossipVerdict::TooEarly)));
  EXPECT_TRUE(hear(block(101), 2));
  now_.monotonic_ms += BlockGossip::kWaitMs;
  EXPECT_EQ(follow().size(), BlockGossip::kHeldPerPeerMax + 1);
  EXPECT_TRUE(hear(block(102)));
}

TEST_F(HeardBlocks, of_many_peers_give_way_to_those_of_peers_that_have_fewer) {
  std::uint8_t salt = 0;
  for (std::uint8_t from = 1; from <= 4; ++from) {
    for (std::size_t i = 0; i < BlockGossip::kHeldPerPeerMax; ++i)
      EXPECT_TRUE(hear(block(salt++), from));
  }
  EXPECT_TRUE(hear(block(200), 5));
  EXPECT_THAT(judged(), ElementsAre(std::pair(to_hex_id(block(0)), GossipVerdict::Busy)));
  // The first peer has three by now; all who have four give way before it is refused.
  EXPECT_TRUE(hear(block(201), 1));
  EXPECT_THAT(judged(), ElementsAre(std::pair(to_hex_id(block(4)), GossipVerdict::Busy)));
  EXPECT_TRUE(hear(block(202), 6));
  EXPECT_TRUE(hear(block(203), 7));
  EXPECT_TRUE(hear(block(204), 8));
  EXPECT_EQ(judged().size(), 3U);
  EXPECT_FALSE(hear(block(205), 2, "as much"));
  EXPECT_THAT(judged(), ElementsAre(std::pair("as much", GossipVerdict::Busy)));
}

TEST_F(HeardBlocks, are_bounded_in_bytes) {
  std::uint8_t salt = 0;
  for (std::uint8_t from = 1; from <= 3; ++from) {
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(hear(block_of(salt++, kBlockGossipBytesMax), from));
    EXPECT_LE(heard_.held_bytes(), BlockGossip::kHeldBytesMax);
  }
  EXPECT_EQ(judged().size(), 1U);
  EXPECT_EQ(heard_.held_bytes(), 8 * kBlockGossipBytesMax);
}

TEST_F(HeardBlocks, are_given_out_once_and_not_kept_where_the_tree_has_them) {
  const Block one = block(1, 1, 0, {Bytes{7}});
  EXPECT_TRUE(hear(one));
  EXPECT_FALSE(heard_.release(block(2).hash));
  const auto given = heard_.release(one.hash);
  ASSERT_TRUE(given);
  EXPECT_EQ(encoded(*given), encoded(one));
  EXPECT_FALSE(heard_.release(one.hash));
  EXPECT_EQ(heard_.held_bytes(), 0U);
  const Block proposal = block(3);
  insert(proposal);
  EXPECT_TRUE(hear(proposal));
  EXPECT_EQ(heard_.held_bytes(), 0U);
}

/// A driver that hears both topics.
struct Listener {
  explicit Listener(std::uint32_t self) : bench(self) {
    bench.host.heard = [this](const primitives::BlockHash& block) {
      return heads.release_block(block);
    };
  }
  void hear_block(const Block& block) {
    heads.take_block(*bench.driver, bench.now, bench.peer(0), "block", encoded(block));
    heads.follow(*bench.driver, bench.now);
  }
  void hear_certificate(const Block& block) {
    const auto certificate = bench.all.certify(block);
    heads.take(*bench.driver, bench.now, bench.peer(0), "certificate", certificate,
               consensus::encode_message(consensus::CertificateMessage{certificate}));
    // Not before the node has had the chance to tell the block.
    EXPECT_THAT(verdicts, IsEmpty());
    heads.follow(*bench.driver, bench.now);
  }
  std::size_t asked() const { return bench.driver->counters().blocks_requested; }

  DriverBench bench;
  Verdicts verdicts;
  HeadGossip heads{bench.all.domain, false, [this](const std::string& id, GossipVerdict verdict) {
                     verdicts.emplace_back(id, verdict);
                   }};
};

// Behind it, so that whoever is passed both asks nobody either.
TEST(BlockTopic, a_certificate_whose_block_was_heard_asks_nobody_and_follows_it) {
  Listener one(3);
  const auto& all = one.bench.all;
  const Block block = all.block(all.genesis, all.genesis_certificate, View(1));
  one.hear_block(block);
  EXPECT_THAT(one.verdicts, IsEmpty());
  EXPECT_THAT(one.bench.host.executing, IsEmpty());
  one.hear_certificate(block);
  EXPECT_EQ(one.asked(), 0U);
  EXPECT_EQ(one.bench.driver->counters().blocks_heard, 1U);
  EXPECT_EQ(one.bench.host.executing.size(), 1U);
  EXPECT_THAT(one.verdicts, ElementsAre(std::pair("block", GossipVerdict::Accept),
                                        std::pair("certificate", GossipVerdict::Accept)));
}

TEST(BlockTopic, a_block_after_its_certificate_ends_the_asking) {
  Listener one(3);
  const auto& all = one.bench.all;
  const Block block = all.block(all.genesis, all.genesis_certificate, View(1));
  one.hear_certificate(block);
  EXPECT_EQ(one.asked(), 1U);
  one.hear_block(block);
  EXPECT_EQ(one.bench.host.executing.size(), 1U);
  EXPECT_THAT(one.verdicts, ElementsAre(std::pair("block", GossipVerdict::Accept),
                                        std::pair("certificate", GossipVerdict::Accept)));
  one.bench.now.monotonic_ms += 1'000;
  one.bench.driver->on_tick(one.bench.now);
  EXPECT_EQ(one.asked(), 1U);
}

TEST(BlockTopic, a_heard_parent_is_asked_of_nobody_either) {
  Listener one(3);
  const auto& all = one.bench.all;
  const Block parent = all.block(all.genesis, all.genesis_certificate, View(1));
  const Block child = all.block(parent, all.certify(parent), View(2));
  one.hear_block(child);
  one.hear_block(parent);
  one.hear_certificate(child);
  EXPECT_EQ(one.asked(), 0U);
  EXPECT_EQ(one.bench.driver->counters().blocks_heard, 2U);
}

// Its header is of a set that is none: with a certificate it could not be, without one it is
// nothing to ask for less.
TEST(BlockTopic, a_heard_block_is_checked_like_an_answer) {
  Listener one(3);
  const auto& all = one.bench.all;
  auto header = all.block(all.genesis, all.genesis_certificate, View(1)).header;
  header.set_hash = {};
  const Block block = Block::propose(all.domain, header, {});
  one.hear_block(block);
  one.hear_certificate(block);
  EXPECT_EQ(one.asked(), 1U);
  EXPECT_THAT(one.bench.host.executing, IsEmpty());
}

/// What `listener` publishes of a certified block, so long after it was made.
std::optional<HeadGossip::News> news_of(Listener& listener, const Block& block,
                                        std::uint64_t late_ms = 0) {
  listener.bench.now.wall_ms = block.header.time.value() + late_ms;
  listener.hear_certificate(block);
  listener.bench.deliver_sync(0, BlockResponse{block.hash, encoded(block)});
  return listener.heads.news(*listener.bench.driver, listener.bench.now);
}

Block block_with(const consensus::test::Validators& all, std::vector<Bytes> items) {
  const auto header = all.block(all.genesis, all.genesis_certificate, View(1)).header;
  return Block::propose(all.domain, header, std::move(items));
}

TEST(BlockTopic, every_validator_publishes_a_short_block_beside_its_certificate) {
  Listener one(3);
  const Block block = block_with(one.bench.all, {Bytes(100)});
  const auto news = news_of(one, block);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->block, encoded(block));
  const auto certificate = decode_certificate_gossip(news->certificate);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->block(), block.hash);
  EXPECT_FALSE(one.heads.news(*one.bench.driver, one.bench.now));
}

TEST(BlockTopic, a_long_block_is_published_by_its_proposer_alone) {
  Listener other(3);
  const Block block = block_with(other.bench.all, {Bytes(HeadGossip::kEverybodyBytesMax)});
  const auto news = news_of(other, block);
  ASSERT_TRUE(news);
  EXPECT_FALSE(news->block);

  Listener proposer(1);
  ConsensusDriver& driver = *proposer.bench.driver;
  driver.on_built(proposer.bench.now,
                  {.view = View(1), .parent = {}, .items = {Bytes(std::size_t{100} << 10)}});
  const auto told = consensus::decode_message(proposer.bench.host.broadcasts.at(0));
  const auto& header = std::get<consensus::ProposalMessage>(*told).header;
  const auto* const node =
      driver.kernel().tree().find(primitives::block_hash(proposer.bench.all.domain, header));
  ASSERT_NE(node, nullptr);
  const Block own = *node->block;
  proposer.hear_certificate(own);
  const auto published = proposer.heads.news(driver, proposer.bench.now);
  ASSERT_TRUE(published);
  EXPECT_EQ(published->block, encoded(own));
}

TEST(BlockTopic, a_block_above_the_size_of_a_message_is_not_published) {
  for (const bool in_one : {true, false}) {
    Listener proposer(1);
    ConsensusDriver& driver = *proposer.bench.driver;
    // By its payload, or by what the encoding adds to it.
    const std::size_t item = in_one ? 128 << 10 : 104'750;
    std::vector<Bytes> items(in_one ? 9 : 10, Bytes(item));
    driver.on_built(proposer.bench.now, {.view = View(1), .parent = {}, .items = std::move(items)});
    const auto told = consensus::decode_message(proposer.bench.host.broadcasts.at(0));
    const auto& header = std::get<consensus::ProposalMessage>(*told).header;
    const auto* const node =
        driver.kernel().tree().find(primitives::block_hash(proposer.bench.all.domain, header));
    ASSERT_NE(node, nullptr);
    const Block own = *node->block;
    ASSERT_GT(encoded(own).size(), kBlockGossipBytesMax);
    proposer.hear_certificate(own);
    const auto news = proposer.heads.news(driver, proposer.bench.now);
    ASSERT_TRUE(news);
    EXPECT_FALSE(news->block);
  }
}

TEST(BlockTopic, what_was_heard_there_is_not_published_again) {
  Listener one(3);
  const Block block = block_with(one.bench.all, {Bytes(100)});
  one.bench.now.wall_ms = block.header.time.value();
  one.hear_block(block);
  one.hear_certificate(block);
  const auto news = one.heads.news(*one.bench.driver, one.bench.now);
  ASSERT_TRUE(news);
  EXPECT_FALSE(news->block);
}

// A peer may say what it likes.
TEST(BlockTopic, a_peer_that_claims_to_be_far_ahead_silences_nobody) {
  Listener one(3);
  const Block block = block_with(one.bench.all, {});
  one.bench.deliver_sync(2, StatusMessage{Height(1'000'000'000)});
  EXPECT_TRUE(news_of(one, block));
}

TEST(BlockTopic, a_node_that_catches_up_publishes_nothing_of_the_past) {
  for (const std::uint64_t late_ms : {HeadGossip::kNewsMs, HeadGossip::kNewsMs + 1}) {
    Listener one(3);
    const Block block = block_with(one.bench.all, {});
    EXPECT_EQ(news_of(one, block, late_ms).has_value(), late_ms == HeadGossip::kNewsMs);
  }
}

}  // namespace
}  // namespace ol::node::test
