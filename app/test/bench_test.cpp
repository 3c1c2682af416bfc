#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <ol/base/hex.hpp>
#include <ol/primitives/transaction.hpp>

#include "bench/bare_tcp.hpp"
#include "bench/command_ledger.hpp"
#include "bench/final_once.hpp"
#include "bench/p2p_speed.hpp"
#include "bench/report.hpp"
#include "bench/transfer_load.hpp"

namespace ol::app::bench {
namespace {

using primitives::ValidatorIndex;

TEST(Latencies, percentiles_are_samples_that_enough_others_do_not_exceed) {
  Latencies latencies;
  EXPECT_EQ(latencies.percentile_ms(50), 0);
  for (std::uint64_t ms = 1; ms <= 200; ++ms)
    latencies.add(ms * 1000);
  EXPECT_EQ(latencies.percentile_ms(50), 100);
  EXPECT_EQ(latencies.percentile_ms(99), 198);
  EXPECT_EQ(latencies.percentile_ms(100), 200);
  EXPECT_EQ(latencies.percentile_ms(0), 1);
}

TEST(FinalOnce, an_action_may_be_in_two_blocks_but_take_effect_in_one) {
  using Verdict = FinalOnce::Verdict;
  FinalOnce once(3);
  EXPECT_EQ(once.count(0, true), Verdict::First);
  EXPECT_EQ(once.count(0, false), Verdict::Repeated);
  EXPECT_EQ(once.count(0, true), Verdict::Twice);
  EXPECT_EQ(once.count(1, false), Verdict::First);
  EXPECT_EQ(once.count(1, true), Verdict::Repeated);
  EXPECT_EQ(once.count(1, true), Verdict::Twice);
  EXPECT_EQ(once.count(2, true), Verdict::First);
}

TEST(Report, is_a_table_for_people_and_an_object_for_programs) {
  Report report("Title");
  report.section("Section");
  report.number("speed", "how fast", 12.345, "km/h", 1);
  report.sentence("A note.");
  EXPECT_FALSE(report.failed());
  EXPECT_NE(report.table().find("Title\n\nSection\n  how fast"), std::string::npos);
  EXPECT_NE(report.table().find("12.3  km/h\n\nA note.\n"), std::string::npos);
  report.failure("It broke.");
  EXPECT_TRUE(report.failed());
  EXPECT_NE(report.table().find("FAILED: It broke.\n"), std::string::npos);
  const auto json = boost::json::parse(report.json());
  EXPECT_EQ(json.at("numbers").as_object().size(), 1U);
  EXPECT_EQ(json.at("numbers").at("speed").as_double(), 12.345);
  EXPECT_EQ(json.at("notes").at(0).as_string(), "A note.");
  EXPECT_EQ(json.at("failures").at(0).as_string(), "It broke.");
}

TEST(P2pFigure, what_has_no_target_is_never_missed) {
  P2pFigure figure;
  figure.value = 16;
  EXPECT_TRUE(figure.is_reached());
  figure.target = 15;
  EXPECT_FALSE(figure.is_reached());
  figure.higher_is_better = true;
  EXPECT_TRUE(figure.is_reached());
}

TEST(BareTcp, a_round_trip_takes_the_kernel_some_time) {
  constexpr std::size_t kTrips = 200;
  const double seconds = bare_round_trips_seconds(kTrips, 1054);
  EXPECT_GT(seconds, kTrips * 5e-7);
  EXPECT_LT(seconds, 1);
}

/// Four validators commit blocks of commands that the ledger handed out.
class CommandLedgerTest : public testing::Test {
 protected:
  static primitives::Block block(std::uint64_t height, std::vector<Bytes> payload) {
    primitives::Header header;
    header.height = primitives::Height(height);
    return primitives::Block::propose(domain(), std::move(header), std::move(payload));
  }
  static primitives::ChainDomain domain() {
    return {.chain_id = primitives::ChainId(1), .hash = {}};
  }
  static Bytes bytes(const Command& command) { return *command; }

  std::optional<std::string> commit(std::uint32_t validator, const primitives::Block& what) {
    return ledger_.on_committed(ValidatorIndex(validator), what, Clock::now());
  }

  CommandLedger ledger_{4, 32};
};

TEST_F(CommandLedgerTest, counts_a_command_once_f_plus_one_validators_have_it) {
  const auto commands = ledger_.make(3, Clock::now());
  EXPECT_EQ(commands[0]->size(), 32U);
  EXPECT_NE(*commands[0], *commands[1]);
  EXPECT_EQ(ledger_.outstanding(), 3U);
  ledger_.begin_measurement();
  const auto first = block(1, {bytes(commands[0]), bytes(commands[1])});
  EXPECT_EQ(commit(0, first), std::nullopt);
  EXPECT_EQ(ledger_.outstanding(), 3U);
  EXPECT_EQ(commit(3, first), std::nullopt);
  EXPECT_EQ(ledger_.outstanding(), 1U);
  EXPECT_EQ(commit(1, first), std::nullopt);
  EXPECT_EQ(commit(2, first), std::nullopt);
  EXPECT_EQ(ledger_.committed(), 2U);
  EXPECT_EQ(ledger_.blocks(), 1U);
  EXPECT_EQ(ledger_.latencies().size(), 2U);
  EXPECT_EQ(commit(0, block(2, {})), std::nullopt);
  EXPECT_EQ(commit(1, block(2, {})), std::nullopt);
  EXPECT_EQ(ledger_.empty_blocks(), 1U);
}

TEST_F(CommandLedgerTest, finds_a_fork) {
  const auto commands = ledger_.make(1, Clock::now());
  EXPECT_EQ(commit(0, block(1, {bytes(commands[0])})), std::nullopt);
  EXPECT_EQ(commit(1, block(1, {})), "validator 1 committed another block at height 1");
}

TEST_F(CommandLedgerTest, finds_a_height_left_out_or_repeated) {
  EXPECT_EQ(commit(0, block(2, {})), "validator 0 committed height 2 after 0");
  EXPECT_EQ(commit(1, block(1, {})), std::nullopt);
  EXPECT_EQ(commit(1, block(1, {})), "validator 1 committed height 1 after 1");
}

TEST_F(CommandLedgerTest, finds_a_command_committed_twice_or_never_sent) {
  const auto commands = ledger_.make(1, Clock::now());
  const auto twice = block(1, {bytes(commands[0]), bytes(commands[0])});
  EXPECT_EQ(commit(0, twice), std::nullopt);
  EXPECT_EQ(commit(1, twice), "command 0 was committed twice");
  Bytes changed = bytes(commands[0]);
  changed.back() ^= 1;
  const auto wrong = block(2, {changed});
  EXPECT_EQ(commit(0, wrong), std::nullopt);
  EXPECT_EQ(commit(1, wrong), "a command was committed that no client sent");
}

TEST(TransferLoad, signs_each_transfer_once_and_finds_it_by_its_hash) {
  const TransferLoad load(7777, 3, 7);
  EXPECT_EQ(load.size(), 7U);
  const auto body = boost::json::parse(load.batch({2, 6}));
  ASSERT_EQ(body.as_array().size(), 2U);
  EXPECT_EQ(body.at(1).at("id").as_int64(), 6);
  const auto envelope = from_hex(std::string(body.at(1).at("params").at(0).as_string())).value();
  const auto txn = primitives::VerifiedTxn::verify(envelope);
  ASSERT_TRUE(txn.has_value());
  EXPECT_EQ(txn->sender(), TransferLoad::addresses(3)[0]);
  EXPECT_EQ(txn->txn().nonce, 2U);
  EXPECT_EQ(load.find(to_hex_prefixed(txn->hash().view())), 6U);
  EXPECT_EQ(load.find("0x00"), std::nullopt);
}

}  // namespace
}  // namespace ol::app::bench
