// A proposer that leaves out one validator's prices, among real nodes: README.md.
#include <gtest/gtest.h>

#include <atomic>

#include <boost/json/serialize.hpp>

#include <ol/execution/exchange_items.hpp>

#include "gossip_batch.hpp"
#include "omission_watch.hpp"
#include "stranger.hpp"

namespace ol::node {
namespace {

constexpr std::uint32_t kVillain = 1;
constexpr std::uint32_t kVictim = 3;
std::atomic<bool> dishonest{false};

}  // namespace

bool leaves_out(primitives::ValidatorIndex proposer, std::uint32_t validator);
bool leaves_out(primitives::ValidatorIndex proposer, std::uint32_t validator) {
  return dishonest && proposer.value() == kVillain && validator == kVictim;
}

namespace test {
namespace {

/// Longer than prices have to wait before leaving them out counts.
constexpr std::uint64_t kIntervalMs = 700;

/// No validator has a source of prices; the test tells those of the victim whenever the dishonest
/// leader begins to wait with an empty block, and it has nearly a whole interval to hear of them.
class Omission : public testing::Test {
 protected:
  Omission() : cluster_(4) {
    cluster_.add_exchange();
    cluster_.pace_empty_blocks(kIntervalMs);
    cluster_.change_config = [](NodeConfig& config) { config.oracle_source = "none"; };
    for (std::uint32_t i = 0; i < 4; ++i) {
      const auto error = cluster_.start(i);
      EXPECT_FALSE(error) << error->message;
    }
  }

  Bytes next_prices() {
    const NodeParts victim = cluster_.parts(kVictim);
    const exchange::OracleSubmit prices{kVictim, ++round_, {{exchange::AssetId(0), 650'000, 0}}};
    const primitives::Epoch epoch;
    const auto digest = execution::prices_digest(cluster_.genesis().domain, epoch, prices);
    return execution::prices_item(epoch, prices, victim.validator->key.sign(digest.view()));
  }
  /// Whether the dishonest leader's turn has just come, after a block that nobody hurried with.
  bool idle_turn_begins() {
    const auto state = cluster_.call(0, "ol_consensusState");
    const auto view = state.at("view").to_number<std::uint64_t>();
    if (view == view_) return false;
    const auto before = std::exchange(view_began_, std::chrono::steady_clock::now());
    view_ = view;
    return state.at("leader").to_number<std::uint32_t>() == kVillain &&
           view_began_ - before > std::chrono::milliseconds(kIntervalMs / 2);
  }
  boost::json::array observations(std::uint32_t node) {
    return cluster_.call(node, "ol_observations").as_array();
  }
  bool logged(std::uint32_t node) {
    const auto lines = cluster_.log(node);
    return std::ranges::any_of(lines, [](const std::string& line) {
      return line.starts_with(
          "a proposer leaves out a validator's prices proposer=1 (v1) "
          "validator=3 (v3) times=20");
    });
  }

  Cluster cluster_;
  std::uint64_t round_ = 0;
  std::uint64_t view_ = 0;
  std::chrono::steady_clock::time_point view_began_;
};

TEST_F(Omission, of_one_validators_prices_is_reported_by_every_node_and_nobody_else_is) {
  dishonest = true;
  Stranger stranger(cluster_.genesis(), address_of(cluster_, 0),
                    topics_of(cluster_.genesis().domain.chain_id).items);
  const bool reported = Cluster::eventually(
      [&] {
        if (!idle_turn_begins()) return false;
        stranger.publish(encode_gossip_batch({next_prices()}));
        for (std::uint32_t i = 0; i < 4; ++i) {
          if (observations(i).empty()) return false;
        }
        return true;
      },
      std::chrono::seconds(600));
  ASSERT_TRUE(reported);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto seen = observations(i);
    ASSERT_EQ(seen.size(), 1U) << boost::json::serialize(seen);
    EXPECT_EQ(seen[0].at("kind"), "oracle omission");
    EXPECT_EQ(seen[0].at("proposer"), kVillain);
    EXPECT_EQ(seen[0].at("validator"), kVictim);
    EXPECT_EQ(seen[0].at("count"), 1);
    EXPECT_EQ(
        cluster_.metric(i, R"(openliquid_oracle_omissions_total{proposer="1",validator="3"})"), 1U);
    EXPECT_TRUE(logged(i));
    EXPECT_TRUE(cluster_.call(i, "ol_evidence").as_array().empty()) << "it proves nothing";
  }
}

TEST_F(Omission, is_reported_by_nobody_where_proposers_are_honest_and_a_node_goes_and_returns) {
  dishonest = false;
  Stranger stranger(cluster_.genesis(), address_of(cluster_, 0),
                    topics_of(cluster_.genesis().domain.chain_id).items);
  const auto tell = [&](std::uint64_t times) {
    return Cluster::eventually(
        [&] {
          if (!idle_turn_begins()) return false;
          stranger.publish(encode_gossip_batch({next_prices()}));
          return round_ >= times;
        },
        std::chrono::seconds(300));
  };
  ASSERT_TRUE(tell(8));
  cluster_.stop(2);
  ASSERT_TRUE(tell(16));
  ASSERT_FALSE(cluster_.start(2));
  ASSERT_TRUE(tell(OmissionWatch::kRounds + 10));
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(observations(i).empty()) << "node " << i;
    cluster_.exchange(i).read([&](const exchange::State& state) {
      const auto* last = state.submissions.find({kVictim, exchange::AssetId(0)});
      ASSERT_NE(last, nullptr);
      EXPECT_GT(last->round, OmissionWatch::kRounds) << "and the prices are in blocks";
    });
  }
}

}  // namespace
}  // namespace test
}  // namespace ol::node
