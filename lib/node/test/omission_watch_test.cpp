#include "../src/omission_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace ol::node {
namespace {

using primitives::Epoch;
using primitives::Height;

constexpr std::uint32_t kProposer = 1;
constexpr std::uint32_t kOther = 2;
constexpr std::uint32_t kVictim = 3;
constexpr std::uint64_t kHeld = OmissionWatch::kHeldMs;
constexpr std::uint64_t kPause = OmissionWatch::kPauseMs;
constexpr std::uint64_t kStep = 1'000;

/// A chain with a block a second, in which `turn` is a block of the proposer while new prices of
/// the victim wait.
class OmissionWatchTest : public testing::Test {
 protected:
  OmissionWatchTest() { see(empty(kOther)); }

  PricedBlock empty(std::uint32_t proposer) {
    now_ += kStep;
    ++height_;
    PricedBlock out;
    out.epoch = epoch_;
    out.height = Height(height_);
    out.proposer = proposer;
    out.time_ms = now_;
    out.known_ms = now_;
    return out;
  }
  PricedBlock turn(std::uint32_t proposer = kProposer) {
    PricedBlock out = empty(proposer);
    out.waiting = {{kVictim, ++round_, now_ - kHeld}};
    return out;
  }
  std::size_t see(const PricedBlock& block) {
    const auto reported = watch_.on_block(block);
    reports_.insert(reports_.end(), reported.begin(), reported.end());
    return reported.size();
  }
  /// Whether the run of the proposer is `length` omissions long now. Ends it.
  bool run_is(std::uint32_t length) {
    std::uint32_t more = 1;
    while (see(turn()) == 0 && more <= OmissionWatch::kRounds)
      ++more;
    PricedBlock end = empty(kProposer);
    end.carried = {{kVictim, round_}};
    see(end);
    return length + more == OmissionWatch::kRounds;
  }

  OmissionWatch watch_;
  Epoch epoch_{4};
  std::uint64_t now_ = 1'000'000;
  std::uint64_t height_ = 0;
  std::uint64_t round_ = 500;
  std::vector<OracleOmission> reports_;
};

TEST_F(OmissionWatchTest, reports_the_twentieth_omission_in_a_row_and_no_other) {
  for (std::uint32_t i = 1; i < OmissionWatch::kRounds; ++i)
    EXPECT_EQ(see(turn()), 0U) << i;
  EXPECT_EQ(see(turn()), 1U);
  EXPECT_EQ(reports_, (std::vector<OracleOmission>{{epoch_, kProposer, kVictim, Height(height_)}}));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(see(turn()), 0U);
}

TEST_F(OmissionWatchTest, a_new_run_is_reported_anew) {
  EXPECT_TRUE(run_is(0));
  EXPECT_TRUE(run_is(0));
  EXPECT_EQ(reports_.size(), 2U);
}

TEST_F(OmissionWatchTest, a_block_that_carries_prices_of_the_validator_ends_the_run) {
  see(turn());
  PricedBlock block = turn();
  block.waiting.clear();
  block.carried = {{kOther, round_}, {kVictim, round_}};
  see(block);
  EXPECT_TRUE(run_is(0));
}

TEST_F(OmissionWatchTest, blocks_without_anything_to_carry_end_no_run) {
  see(turn());
  see(empty(kProposer));
  EXPECT_TRUE(run_is(1));
}

TEST_F(OmissionWatchTest, what_others_carry_or_omit_is_not_the_proposers) {
  see(turn());
  PricedBlock block = empty(kOther);
  block.carried = {{kVictim, round_}};
  see(block);
  see(turn(kOther));
  EXPECT_TRUE(run_is(1));
}

TEST_F(OmissionWatchTest, its_own_prices_are_a_proposers_own_affair) {
  for (std::uint32_t i = 0; i < 2 * OmissionWatch::kRounds; ++i)
    EXPECT_EQ(see(turn(kVictim)), 0U);
}

TEST_F(OmissionWatchTest, prices_heard_too_late_for_the_block_do_not_count) {
  PricedBlock block = turn();
  block.waiting[0].heard_ms += 1;
  see(block);
  EXPECT_TRUE(run_is(0));
  see(turn());
  EXPECT_TRUE(run_is(1)) << "and just early enough they do";
}

TEST_F(OmissionWatchTest,
       prices_heard_after_a_block_was_made_do_not_count_for_a_node_that_is_late) {
  PricedBlock block = turn();
  block.time_ms -= 1;
  see(block);
  EXPECT_TRUE(run_is(0));
}

TEST_F(OmissionWatchTest, a_proposers_clock_that_is_ahead_makes_no_prices_older) {
  PricedBlock block = turn();
  block.waiting[0].heard_ms += 1;
  block.time_ms += 400;
  see(block);
  EXPECT_TRUE(run_is(0));
}

TEST_F(OmissionWatchTest, prices_in_any_block_known_here_do_not_wait) {
  // The exchange refused them, or the block was on a branch that lost.
  PricedBlock block = empty(kOther);
  block.carried = {{kVictim, round_ + 1}};
  see(block);
  see(turn());
  EXPECT_TRUE(run_is(0));
}

TEST_F(OmissionWatchTest, the_same_prices_count_once) {
  see(turn());
  PricedBlock again = turn();
  again.waiting[0].round = --round_;
  see(again);
  EXPECT_TRUE(run_is(1));
}

TEST_F(OmissionWatchTest, prices_from_before_or_in_a_pause_do_not_count) {
  see(turn());
  now_ += kPause;
  PricedBlock first = turn();
  PricedBlock second = turn();
  second.waiting[0].heard_ms = first.known_ms - 1;
  see(first);
  see(second);
  PricedBlock third = turn();
  third.waiting[0].heard_ms = first.known_ms;
  see(third);
  EXPECT_TRUE(run_is(2)) << "only those of the third";
}

TEST_F(OmissionWatchTest, just_short_of_a_pause_they_do) {
  see(turn());
  now_ += kPause - kStep;
  PricedBlock first = turn();
  first.waiting[0].heard_ms = first.known_ms - kStep;
  see(first);
  EXPECT_TRUE(run_is(2));
}

TEST_F(OmissionWatchTest, nothing_waited_before_the_first_block) {
  OmissionWatch fresh;
  for (std::uint32_t i = 0; i < OmissionWatch::kRounds; ++i) {
    PricedBlock block = turn();
    block.waiting[0].heard_ms = 999'999;
    EXPECT_TRUE(fresh.on_block(block).empty());
  }
}

TEST_F(OmissionWatchTest, the_next_epoch_begins_anew_and_late_blocks_of_the_last_say_nothing) {
  see(turn());
  const PricedBlock late = turn();
  epoch_ = Epoch(5);
  round_ = 0;
  see(turn());
  see(late);
  EXPECT_TRUE(run_is(1)) << "rounds carried in the last epoch were another validator's";
}

TEST_F(OmissionWatchTest, rounds_carried_in_the_last_epoch_do_not_bind_the_next) {
  PricedBlock block = empty(kOther);
  block.carried = {{kVictim, 1'000'000}};
  see(block);
  epoch_ = Epoch(5);
  EXPECT_TRUE(run_is(0));
}

/// What four nodes would tell a fifth: each submits every 3 s, gossip takes as long as it likes,
/// leaders and links fail. Honest proposers carry everything newer that reached them.
class SimulatedNetwork {
 public:
  SimulatedNetwork(std::uint64_t seed, std::uint64_t interval_ms)
      : random_(seed), interval_ms_(interval_ms) {}

  /// From now on `kProposer` leaves `kVictim` out.
  void turn_dishonest() { honest_ = false; }
  std::vector<OracleOmission> run(std::uint64_t hours) {
    std::vector<OracleOmission> out;
    const std::uint64_t end = now_ + hours * 3'600'000;
    for (std::uint64_t view = 0; now_ < end; ++view) {
      advance();
      const auto proposer = static_cast<std::uint32_t>(view % kNodes);
      const bool down = now_ < down_until_[proposer];
      if (down) {
        now_ += 4'000;
        continue;
      }
      const PricedBlock block = propose(proposer);
      // Cut off, the watching node hears of blocks when the link is back.
      held_back_.push_back(block);
      if (now_ < watcher_cut_until_) continue;
      for (PricedBlock& one : held_back_) {
        one.known_ms = now_ + below(80);
        const auto reported = watch_.on_block(one);
        out.insert(out.end(), reported.begin(), reported.end());
      }
      held_back_.clear();
    }
    return out;
  }

 private:
  static constexpr std::uint32_t kNodes = 4;
  static constexpr std::uint64_t kGossipMaxMs = 450;
  struct Prices {
    std::uint64_t round = 0;
    std::array<std::uint64_t, kNodes + 1> reaches_ms{};
  };

  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool happens_once_in(std::uint64_t blocks) { return below(blocks) == 0; }

  void advance() {
    now_ += interval_ms_ + below(interval_ms_ / 10);
    const std::uint64_t minute = 60'000 / interval_ms_ + 1;
    if (happens_once_in(20 * minute)) watcher_cut_until_ = now_ + below(60'000);
    for (std::uint64_t& until : down_until_) {
      if (happens_once_in(20 * minute)) until = now_ + below(120'000);
    }
    for (std::uint32_t v = 0; v < kNodes; ++v)
      submit(v);
  }

  void submit(std::uint32_t v) {
    const std::uint64_t phase = 100 * v / kNodes;
    const std::uint64_t round = (now_ - phase) / 3'000;
    if (round == prices_[v].round || now_ < down_until_[v]) return;
    before_[v] = prices_[v];
    prices_[v] = {.round = round, .reaches_ms = {}};
    for (std::uint64_t& at : prices_[v].reaches_ms)
      at = round * 3'000 + phase + below(kGossipMaxMs);
    // The worst link: it is cut off together with the watching node, and nobody else hears.
    const bool together = v == 0 && now_ < watcher_cut_until_;
    if (together) std::fill_n(prices_[v].reaches_ms.begin(), kNodes, UINT64_MAX);
  }

  PricedBlock propose(std::uint32_t proposer) {
    PricedBlock out;
    out.proposer = proposer;
    out.time_ms = now_;
    for (std::uint32_t v = 0; v < kNodes; ++v) {
      const Prices& newest = prices_[v].reaches_ms[proposer] <= now_ ? prices_[v] : before_[v];
      const bool has = v == proposer || newest.reaches_ms[proposer] <= now_;
      const std::uint64_t heard = prices_[v].reaches_ms[kNodes];
      if (prices_[v].round > carried_[v] && heard <= now_)
        out.waiting.push_back({v, prices_[v].round, heard});
      const bool left_out = !honest_ && proposer == kProposer && v == kVictim;
      if (left_out || !has || newest.round <= carried_[v]) continue;
      out.carried.push_back({v, newest.round});
      carried_[v] = newest.round;
    }
    return out;
  }

  std::mt19937_64 random_;
  const std::uint64_t interval_ms_;
  bool honest_ = true;
  OmissionWatch watch_;
  std::uint64_t now_ = 1'000'000'000;
  std::uint64_t watcher_cut_until_ = 0;
  std::array<std::uint64_t, kNodes> down_until_{};
  std::array<std::uint64_t, kNodes> carried_{};
  std::array<Prices, kNodes> prices_{};
  std::array<Prices, kNodes> before_{};
  std::vector<PricedBlock> held_back_;
};

TEST(OmissionWatchNetwork, honest_proposers_are_never_accused) {
  for (const std::uint64_t interval_ms : {83U, 400U, 1'000U, 2'500U}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed)
      EXPECT_TRUE(SimulatedNetwork(seed, interval_ms).run(24).empty())
          << "seed " << seed << ", a block in " << interval_ms << " ms";
  }
}

TEST(OmissionWatchNetwork, one_dishonest_proposer_among_honest_ones_is_reported_and_nobody_else) {
  for (const std::uint64_t interval_ms : {1'000U, 2'500U}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SimulatedNetwork network(seed, interval_ms);
      EXPECT_TRUE(network.run(1).empty());
      network.turn_dishonest();
      const auto reported = network.run(1);
      ASSERT_EQ(reported.size(), 1U) << "seed " << seed;
      EXPECT_EQ(reported[0].proposer, kProposer);
      EXPECT_EQ(reported[0].validator, kVictim);
    }
  }
}

}  // namespace
}  // namespace ol::node
