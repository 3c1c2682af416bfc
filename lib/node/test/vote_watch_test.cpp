#include <gtest/gtest.h>

#include <ol/node/vote_watch.hpp>

namespace ol::node {
namespace {

using primitives::ValidatorIndex;
using primitives::View;

constexpr std::uint64_t kLate = VoteWatch::kLateViews;

void vote(VoteWatch& watch, std::uint64_t view, std::initializer_list<std::uint32_t> voters,
          std::uint64_t now_ms = 0) {
  for (const std::uint32_t voter : voters)
    watch.on_vote(View(view), ValidatorIndex(voter), now_ms);
}

TEST(VoteWatch, counts_seen_missed_and_how_far_behind_the_first) {
  VoteWatch watch(4);
  vote(watch, 5, {0}, 100);
  vote(watch, 5, {1}, 103);
  vote(watch, 5, {2}, 110);
  watch.on_view(View(6 + kLate));
  EXPECT_EQ(watch.stats()[0], (VoteStats{.seen = 1, .missed = 0, .behind_ms = 0}));
  EXPECT_EQ(watch.stats()[1], (VoteStats{.seen = 1, .missed = 0, .behind_ms = 3}));
  EXPECT_EQ(watch.stats()[2], (VoteStats{.seen = 1, .missed = 0, .behind_ms = 10}));
  EXPECT_EQ(watch.stats()[3], (VoteStats{.seen = 0, .missed = 1, .behind_ms = 0}));
}

TEST(VoteWatch, a_repeated_vote_counts_once) {
  VoteWatch watch(4);
  vote(watch, 5, {0, 0, 0}, 100);
  EXPECT_EQ(watch.stats()[0].seen, 1U);
}

TEST(VoteWatch, a_late_vote_is_seen_until_its_view_is_settled) {
  VoteWatch watch(4);
  vote(watch, 5, {0, 1});
  watch.on_view(View(5 + kLate));
  vote(watch, 5, {2});
  watch.on_view(View(6 + kLate));
  vote(watch, 5, {3});
  EXPECT_EQ(watch.stats()[2], (VoteStats{.seen = 1, .missed = 0, .behind_ms = 0}));
  EXPECT_EQ(watch.stats()[3], (VoteStats{.seen = 0, .missed = 1, .behind_ms = 0}));
}

// At n = 4 two voters are more than a third: one of them is honest.
TEST(VoteWatch, one_liar_makes_nobody_look_late) {
  VoteWatch watch(4);
  vote(watch, 5, {3});
  vote(watch, 6, {2, 3});
  watch.on_view(View(100));
  EXPECT_EQ(watch.stats()[0].missed, 1U);
}

TEST(VoteWatch, far_views_and_strangers_take_no_room) {
  VoteWatch watch(4);
  for (std::uint64_t view = 1000; view < 3000; ++view)
    vote(watch, view, {3, 4});
  vote(watch, 5, {0, 1, 2});
  watch.on_view(View(6 + kLate));
  EXPECT_EQ(watch.stats()[3].missed, 1U);
  watch.on_view(View(5000));
  EXPECT_EQ(watch.stats()[0].missed, 0U);
}

}  // namespace
}  // namespace ol::node
