// What `openliquid status` says a node waits for, one clause each.
#include <gtest/gtest.h>

#include "../../consensus/test/validators.hpp"
#include "../src/node_impl.hpp"
#include "../src/waiting.hpp"

namespace ol::node {
namespace {

using primitives::Height;
using primitives::ValidatorIndex;
using primitives::View;

class WaitingFor : public testing::Test {
 protected:
  WaitingFor() {
    view.kernel.view = View(98);
    view.kernel.leader = ValidatorIndex(2);
    view.kernel.high_qc_view = View(97);
    view.kernel.committed_height = Height(90);
    view.best_peer_height = Height(91);
    view.signing = true;
  }
  Waiting as(std::optional<std::uint32_t> self) const {
    return waiting_for(view, *v.set, self ? std::optional(ValidatorIndex(*self)) : std::nullopt);
  }
  consensus::test::Validators v{4};
  ConsensusView view;
};

TEST_F(WaitingFor, the_block_of_the_leader) {
  const Waiting waiting = as(1);
  EXPECT_EQ(waiting.what, Waiting::For::Block);
  EXPECT_EQ(waiting.from, std::vector{ValidatorIndex(2)});
  EXPECT_EQ(waiting.sentence, "a block of view 98 from v2");
  EXPECT_EQ(as(std::nullopt).what, Waiting::For::Block);
}

TEST_F(WaitingFor, its_own_block_when_it_leads_and_has_the_certificate) {
  EXPECT_EQ(as(2).what, Waiting::For::OwnBlock);
  // After a twin was seen it leads no more.
  view.signing = false;
  EXPECT_EQ(as(2).what, Waiting::For::Block);
}

TEST_F(WaitingFor, the_missing_votes_when_it_collects) {
  view.kernel.high_qc_view = View(96);
  view.voters = {ValidatorIndex(0), ValidatorIndex(2)};
  const Waiting waiting = as(2);
  EXPECT_EQ(waiting.what, Waiting::For::Votes);
  EXPECT_EQ(waiting.view, View(97));
  EXPECT_EQ(waiting.from, (std::vector{ValidatorIndex(1), ValidatorIndex(3)}));
  EXPECT_EQ(waiting.sentence, "votes of view 97 from v1, v3");
  EXPECT_EQ(as(1).what, Waiting::For::Block);
}

TEST_F(WaitingFor, those_who_have_not_left_a_view_it_left) {
  view.kernel.leavers = {ValidatorIndex(1), ValidatorIndex(3)};
  const Waiting waiting = as(1);
  EXPECT_EQ(waiting.what, Waiting::For::Timeouts);
  EXPECT_EQ(waiting.from, (std::vector{ValidatorIndex(0), ValidatorIndex(2)}));
  EXPECT_EQ(waiting.sentence, "others to leave view 98: v0, v2");
  EXPECT_EQ(as(0).what, Waiting::For::Block);
}

TEST_F(WaitingFor, sync_when_it_is_more_than_eight_blocks_behind) {
  view.best_peer_height = Height(98);
  EXPECT_EQ(as(1).what, Waiting::For::Block);
  view.best_peer_height = Height(99);
  EXPECT_EQ(as(1).what, Waiting::For::Sync);
  EXPECT_EQ(as(1).sentence, "sync: 9 blocks behind");
}

TEST_F(WaitingFor, nothing_once_it_has_halted) {
  view.kernel.halted = true;
  EXPECT_EQ(as(1).what, Waiting::For::Nothing);
}

TEST(WaitingName, is_what_rpc_shows) {
  EXPECT_STREQ(name(Waiting::For::Sync), "sync");
  EXPECT_STREQ(name(Waiting::For::Votes), "votes");
  EXPECT_STREQ(name(Waiting::For::OwnBlock), "ownBlock");
  EXPECT_STREQ(name(Waiting::For::Block), "block");
  EXPECT_STREQ(name(Waiting::For::Timeouts), "timeouts");
  EXPECT_STREQ(name(Waiting::For::Nothing), "nothing");
}

}  // namespace
}  // namespace ol::node
