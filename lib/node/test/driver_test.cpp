// The consensus driver alone, with a host that only writes down what it is asked to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver_bench.hpp"

namespace ol::node::test {
namespace {

using p2p::Channel;
using primitives::View;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

void expect_stopped_signing(const DriverBench& bench, const char* because) {
  EXPECT_FALSE(bench.driver->signing());
  EXPECT_THAT(bench.host.warnings,
              Contains(AllOf(HasSubstr("this node stops signing"), HasSubstr(because))));
  EXPECT_EQ(bench.signed_messages(), 0U);
  EXPECT_THAT(bench.host.punished, IsEmpty());
}

TEST(TwinDetection, stops_signing_on_a_proposal_that_its_key_signed_elsewhere) {
  DriverBench bench(1);
  ASSERT_TRUE(bench.driver->signing());
  const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
  bench.deliver(2, bench.proposal(block));
  expect_stopped_signing(bench, "a proposal signed with this validator's key came from elsewhere");
  // It follows: the block is executed, but neither voted for nor timed out of.
  ASSERT_EQ(bench.host.executing.size(), 1U);
  bench.execute_all();
  bench.now.monotonic_ms += 10'000;
  bench.driver->on_tick(bench.now);
  EXPECT_EQ(bench.signed_messages(), 0U);
}

TEST(TwinDetection, votes_for_the_same_proposal_when_the_key_is_another_validators) {
  DriverBench bench(2);
  const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
  bench.deliver(1, bench.proposal(block));
  bench.execute_all();
  EXPECT_TRUE(bench.driver->signing());
  EXPECT_EQ(bench.signed_messages(), 1U);
}

TEST(TwinDetection, stops_signing_on_a_timeout_that_its_key_signed_elsewhere) {
  DriverBench bench(3);
  bench.deliver(2, bench.all.new_view(3, View(1), bench.all.genesis_certificate));
  expect_stopped_signing(bench, "a timeout signed with this validator's key came from elsewhere");
}

TEST(TwinDetection, knows_its_own_timeout_when_it_comes_back) {
  DriverBench bench(3);
  bench.now.monotonic_ms += 3'000;
  bench.driver->on_tick(bench.now);
  ASSERT_EQ(bench.host.broadcasts.size(), 1U);
  const auto own = consensus::decode_message(bench.host.broadcasts[0]);
  ASSERT_TRUE(own);
  bench.deliver(2, *own);
  EXPECT_TRUE(bench.driver->signing());
  EXPECT_THAT(bench.host.warnings, IsEmpty());
}

TEST(TwinDetection, knows_its_own_proposal_when_it_comes_back) {
  DriverBench bench(1);
  ASSERT_EQ(bench.host.building, View(1));
  bench.driver->on_built(bench.now, {.view = View(1), .parent = {}, .items = {}});
  ASSERT_FALSE(bench.host.broadcasts.empty());
  const auto own = consensus::decode_message(bench.host.broadcasts[0]);
  ASSERT_TRUE(own && std::holds_alternative<consensus::ProposalMessage>(*own));
  bench.deliver(2, *own);
  EXPECT_TRUE(bench.driver->signing());
  EXPECT_THAT(bench.host.warnings, IsEmpty());
}

TEST(TwinDetection, stops_signing_on_a_certified_block_of_its_own_that_a_range_brings) {
  for (const std::uint32_t self : {1U, 3U}) {
    DriverBench bench(self);
    const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
    bench.deliver_sync(2, StatusMessage{primitives::Height(10)});
    Writer encoded;
    primitives::encode(encoded, block);
    RangeResponse response{.from = primitives::Height(1), .entries = {}};
    response.entries.push_back({encoded.take(), bench.all.certify(block)});
    bench.deliver_sync(2, response);
    ASSERT_EQ(bench.host.executing.size(), 1U);
    EXPECT_EQ(bench.driver->signing(), self != 1);
    if (self == 1) expect_stopped_signing(bench, "view 1");
  }
}

TEST(TwinDetection, stops_signing_on_a_certified_block_of_its_own_that_it_fetches) {
  DriverBench bench(1);
  const auto first = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
  const auto second = bench.all.block(first, bench.all.certify(first), View(2));
  bench.deliver(2, bench.proposal(second));
  EXPECT_TRUE(bench.driver->signing());
  Writer encoded;
  primitives::encode(encoded, first);
  bench.deliver_sync(2, BlockResponse{first.hash, encoded.take()});
  expect_stopped_signing(bench, "view 1");
}

// What a pair that runs on one key does to others: they keep the proof and vote once.
TEST(TwinDetection, two_proposals_of_another_validator_for_one_view_are_evidence) {
  DriverBench bench(2);
  for (const auto salt : {std::uint8_t{1}, std::uint8_t{2}}) {
    bench.deliver(1, bench.proposal(bench.all.block(bench.all.genesis,
                                                    bench.all.genesis_certificate, View(1), salt)));
  }
  bench.execute_all();
  ASSERT_EQ(bench.host.evidence.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<consensus::DoubleProposal>(bench.host.evidence[0]));
  EXPECT_EQ(consensus::accused(bench.host.evidence[0]), primitives::ValidatorIndex(1));
  EXPECT_EQ(bench.driver->counters().evidence, 1U);
  EXPECT_EQ(bench.signed_messages(), 1U);
}

TEST(TwinDetection, two_votes_of_another_validator_for_one_view_are_evidence) {
  DriverBench bench(2);
  for (const auto salt : {std::uint8_t{1}, std::uint8_t{2}}) {
    const auto block =
        bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1), salt);
    bench.deliver(3, bench.all.vote(3, bench.all.subject(block)));
  }
  ASSERT_EQ(bench.host.evidence.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<consensus::DoubleVote>(bench.host.evidence[0]));
  EXPECT_EQ(consensus::accused(bench.host.evidence[0]), primitives::ValidatorIndex(3));
}

/// Whether `bench` broadcast the certificate of `block` alone.
bool shared_certificate(const DriverBench& bench, const primitives::Block& block) {
  for (const Bytes& bytes : bench.host.broadcasts) {
    const auto message = consensus::decode_message(bytes);
    const auto* shared = std::get_if<consensus::CertificateMessage>(&*message);
    if (shared != nullptr && shared->certificate.block() == block.hash) return true;
  }
  return false;
}

// Validator 2 gets the votes for view 1 and leads view 2.
TEST(Pacing, sends_a_certificate_ahead_of_a_proposal_that_waits_for_its_interval) {
  DriverBench bench(2);
  const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
  bench.now.wall_ms = block.header.time.value() + 4;
  for (const std::uint32_t voter : {0U, 1U, 3U})
    bench.deliver(voter, bench.all.vote(voter, bench.all.subject(block)));
  bench.deliver(1, bench.proposal(block));
  bench.execute_all();
  EXPECT_TRUE(shared_certificate(bench, block));
  EXPECT_FALSE(bench.host.building);
  bench.now.wall_ms += 6;
  bench.now.monotonic_ms += 6;
  bench.driver->on_tick(bench.now);
  EXPECT_EQ(bench.host.building, View(2));
}

TEST(Pacing, sends_no_certificate_alone_when_its_proposal_goes_at_once) {
  DriverBench bench(2);
  const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
  bench.now.wall_ms = block.header.time.value() + 10;
  for (const std::uint32_t voter : {0U, 1U, 3U})
    bench.deliver(voter, bench.all.vote(voter, bench.all.subject(block)));
  bench.deliver(1, bench.proposal(block));
  bench.execute_all();
  EXPECT_FALSE(shared_certificate(bench, block));
  EXPECT_EQ(bench.host.building, View(2));
}

}  // namespace
}  // namespace ol::node::test
