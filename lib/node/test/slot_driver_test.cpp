// The driver under two_phase: specs/consensus.md section 7.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

#include "../../consensus/test/slot_cluster.hpp"
#include "driver_bench.hpp"

namespace ol::node::test {
namespace {

using consensus::Phase;
using consensus::test::SlotValidators;
using p2p::Channel;
using primitives::View;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// Validator `self` of four. Slots are 2 s long from time 0, so views 1 and 2 are slot 1.
class SlotBench {
 public:
  explicit SlotBench(std::uint32_t self, std::uint64_t wall_ms = 100, bool halted = false) {
    now = {.monotonic_ms = 50'000, .wall_ms = wall_ms};
    consensus::SafetyRecord record;
    record.high_qc = all.genesis_certificate;
    const primitives::ValidatorIndex index(self);
    auto signer = std::make_unique<consensus::Signer>(all.domain, all.set->hash(all.domain), index,
                                                      all.key(self), all.vote_key(self),
                                                      *all.scheme, store, record);
    driver = std::make_unique<ConsensusDriver>(
        DriverParts{.domain = all.domain,
                    .set = *all.set,
                    .rule = all.clock,
                    .leaders = all.slot_leaders,
                    .scheme = *all.scheme,
                    .pace = {},
                    .genesis_certificate = all.genesis_certificate,
                    .root = {std::make_shared<const primitives::Block>(all.genesis),
                             all.genesis_certificate},
                    .record = record,
                    .signer = std::move(signer),
                    .self = index,
                    .stored_blocks = {},
                    .certificates_ahead = true,
                    .halted = halted},
        host);
    driver->start(now);
  }
  void pass(std::uint64_t ms) {
    now.wall_ms += ms;
    now.monotonic_ms += ms;
    driver->on_tick(now);
  }
  [[nodiscard]] p2p::PeerId peer(std::uint32_t i) const {
    return p2p::PeerId(all.set->find(primitives::ValidatorIndex(i))->network_key);
  }
  void deliver(std::uint32_t from, const consensus::Message& message) {
    driver->on_message(now, peer(from), Channel::Consensus, consensus::encode_message(message));
  }
  void propose(const primitives::Block& block) {
    for (std::size_t i = 0; i < block.payload.size(); ++i)
      host.items[block.item_hashes[i]] = block.payload[i];
    deliver(block.header.proposer.value(), all.proposal(block));
  }
  void execute_all() {
    for (const consensus::BlockPtr& block : std::exchange(host.executing, {}))
      driver->on_executed(now, block->hash, consensus::Execution::Valid);
  }
  primitives::Block candidate(std::uint64_t view, std::uint8_t salt = 0) const {
    return all.child(all.genesis, all.genesis_certificate, View(view), salt);
  }
  [[nodiscard]] std::size_t sent() const {
    return host.sent.size() + host.broadcasts.size() + host.outbox.size();
  }
  /// Votes that this driver broadcast, in order.
  [[nodiscard]] std::vector<consensus::VoteMessage> votes() const {
    std::vector<consensus::VoteMessage> out;
    for (const Bytes& bytes : host.broadcasts) {
      const auto message = consensus::decode_message(bytes);
      if (const auto* vote = std::get_if<consensus::VoteMessage>(&*message)) out.push_back(*vote);
    }
    return out;
  }

  SlotValidators all{4};
  consensus::test::MemoryStore store;
  RecordingHost host;
  Now now;
  std::unique_ptr<ConsensusDriver> driver;
};

TEST(SlotDriver, rounds_begin_by_the_wall_clock) {
  SlotBench bench(2);
  EXPECT_EQ(bench.driver->kernel().view(), View(1));
  EXPECT_FALSE(bench.host.building);
  bench.pass(1099);
  EXPECT_EQ(bench.driver->kernel().view(), View(1));
  bench.pass(1);
  EXPECT_EQ(bench.driver->kernel().view(), View(2));
  // Validator 2 stands in for validator 1, and proposes at once.
  EXPECT_EQ(bench.host.building, View(2));
}

TEST(SlotDriver, asks_to_be_woken_when_the_next_round_begins) {
  SlotBench bench(3, 1150);
  EXPECT_EQ(bench.driver->next_deadline(), bench.now.monotonic_ms + 50);
}

TEST(SlotDriver, follows_a_wall_clock_that_is_set_within_a_tenth_of_a_second) {
  SlotBench bench(3);
  bench.now.wall_ms = 4'100;
  bench.now.monotonic_ms += 100;
  bench.driver->on_tick(bench.now);
  EXPECT_EQ(bench.driver->kernel().view(), View(5));
}

// T21: clocks may differ by 500 ms.
TEST(SlotDriver, refuses_a_slot_further_ahead_than_clocks_may_differ) {
  for (const std::uint64_t wall_ms : {1'499U, 1'500U}) {
    SlotBench bench(0, wall_ms);
    const auto block = bench.candidate(3);
    bench.propose(block);
    EXPECT_EQ(bench.host.executing.size(), wall_ms == 1'500 ? 1U : 0U);
    EXPECT_EQ(bench.host.warnings.empty(), wall_ms == 1'500);
    EXPECT_THAT(bench.host.punished, IsEmpty());
  }
}

TEST(SlotDriver, votes_in_both_phases_go_to_everyone_and_are_counted_here) {
  SlotBench bench(0);
  const auto block = bench.candidate(1);
  bench.propose(block);
  bench.execute_all();
  ASSERT_EQ(bench.votes().size(), 1U);
  for (const std::uint32_t voter : {1U, 2U})
    bench.deliver(voter,
                  bench.all.vote(voter, bench.all.phase_subject(block, Phase::Prepare, View(1))));
  ASSERT_EQ(bench.votes().size(), 2U);
  EXPECT_EQ(bench.votes()[1].subject, bench.all.phase_subject(block, Phase::Precommit, View(1)));
  EXPECT_EQ(bench.driver->counters().certificates_formed, 1U);
  for (const std::uint32_t voter : {1U, 2U})
    bench.deliver(voter,
                  bench.all.vote(voter, bench.all.phase_subject(block, Phase::Precommit, View(1))));
  EXPECT_EQ(bench.driver->counters().blocks_committed, 1U);
  EXPECT_EQ(bench.driver->status().committed_height, primitives::Height(1));
  EXPECT_TRUE(bench.host.sent.empty());
}

TEST(SlotDriver, greets_a_peer_with_its_certificates_and_its_votes) {
  SlotBench bench(0);
  const auto block = bench.candidate(1);
  bench.propose(block);
  bench.execute_all();
  bench.deliver(1,
                consensus::CertificateMessage{bench.all.certify(block, Phase::Prepare, View(1))});
  bench.driver->on_peer_connected(bench.now, bench.peer(2));
  std::size_t votes = 0;
  std::size_t certificates = 0;
  for (const auto& sent : bench.host.sent) {
    const auto message = consensus::decode_message(sent.message);
    if (!message) continue;
    votes += std::holds_alternative<consensus::VoteMessage>(*message) ? 1 : 0;
    certificates += std::holds_alternative<consensus::CertificateMessage>(*message) ? 1 : 0;
  }
  EXPECT_EQ(votes, 2U);
  EXPECT_EQ(certificates, 1U);
}

TEST(SlotDriver, a_reproposal_of_an_unknown_block_is_fetched_and_voted_on) {
  SlotBench bench(0, 2'100);
  const auto block = bench.candidate(1);
  bench.driver->on_peer_connected(bench.now, bench.peer(2));
  bench.deliver(2,
                bench.all.reproposal(View(3), bench.all.certify(block, Phase::Prepare, View(1))));
  EXPECT_EQ(bench.driver->counters().blocks_requested, 1U);
  Writer encoded;
  primitives::encode(encoded, block);
  bench.driver->on_message(bench.now, bench.peer(2), Channel::Bulk,
                           encode_sync_message(BlockResponse{block.hash, encoded.take()}));
  bench.execute_all();
  ASSERT_EQ(bench.votes().size(), 1U);
  EXPECT_EQ(bench.votes()[0].subject, bench.all.phase_subject(block, Phase::Prepare, View(3)));
}

TEST(SlotDriver, punishes_what_belongs_to_another_rule) {
  SlotBench bench(0);
  bench.deliver(2, bench.all.new_view(2, View(1), bench.all.genesis_certificate));
  EXPECT_THAT(bench.host.punished, Contains(HasSubstr("another commit rule")));
  DriverBench chained(0);
  chained.deliver(2, bench.all.reproposal(
                         View(3), bench.all.certify(bench.candidate(1), Phase::Prepare, View(1))));
  EXPECT_THAT(chained.host.punished, Contains(HasSubstr("another commit rule")));
}

// Trap T5: finality ends, and the operator reads both hashes.
TEST(SlotDriver, two_final_blocks_at_a_height_raise_an_alert_that_names_both) {
  SlotBench bench(0);
  const auto block = bench.candidate(1, 1);
  const auto other = bench.candidate(1, 2);
  bench.propose(block);
  bench.execute_all();
  const auto final_of = [&](const primitives::Block& one) {
    return consensus::CertificateMessage{bench.all.certify(one, Phase::Precommit, View(1))};
  };
  bench.deliver(1, final_of(block));
  bench.deliver(2, final_of(other));
  EXPECT_THAT(bench.host.warnings,
              Contains(AllOf(HasSubstr("ALERT"), HasSubstr(to_hex(block.hash.view())),
                             HasSubstr(to_hex(other.hash.view())))));
  EXPECT_TRUE(bench.driver->status().halted);
  // Kept before anything that is said after it, and once.
  ASSERT_EQ(bench.host.conflicts.size(), 1U);
  EXPECT_EQ(bench.host.conflicts[0].first.block(), block.hash);
  EXPECT_EQ(bench.host.conflicts[0].second.block(), other.hash);
  EXPECT_EQ(bench.host.sent_before_conflict, bench.sent());
  const std::size_t before = bench.votes().size();
  bench.pass(2'000);
  bench.propose(
      bench.all.child(block, bench.all.certify(block, Phase::Precommit, View(1)), View(3)));
  bench.execute_all();
  EXPECT_EQ(bench.votes().size(), before);
}

TEST(SlotDriver, a_restart_does_not_forget_that_finality_is_halted) {
  SlotBench bench(1, 100, true);
  EXPECT_TRUE(bench.driver->status().halted);
  EXPECT_FALSE(bench.host.building);
  const auto block = bench.candidate(1);
  bench.propose(block);
  bench.execute_all();
  bench.deliver(2,
                consensus::CertificateMessage{bench.all.certify(block, Phase::Precommit, View(1))});
  bench.pass(2'000);
  EXPECT_EQ(bench.driver->status().committed_height, primitives::Height(0));
  EXPECT_THAT(bench.votes(), IsEmpty());
  EXPECT_EQ(bench.host.outbox.size(), 0U);
}

TEST(SlotDriver, stops_signing_on_a_reproposal_that_its_key_signed_elsewhere) {
  SlotBench bench(2, 2'100);
  const auto block = bench.candidate(1);
  // Validator 2 leads view 3, and its record knows of no proposal there.
  bench.deliver(1,
                bench.all.reproposal(View(3), bench.all.certify(block, Phase::Prepare, View(1))));
  EXPECT_FALSE(bench.driver->signing());
  EXPECT_THAT(bench.host.warnings, Contains(HasSubstr("this node stops signing")));
}

}  // namespace
}  // namespace ol::node::test
