// The `config` of a genesis file, as geth reads it for `evm run --prestate FILE`.
#include "evm/genesis_config.hpp"

#include <string>

#include <gtest/gtest.h>

#include "command.hpp"
#include "evm/run.hpp"
#include "printed.hpp"

namespace ol::app {
namespace {

using evm::Revision;

std::optional<Revision> revision_of(const std::string& config, const GenesisBlock& block = {}) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text(config);
  return configured_revision(parser.parse(text), block);
}

TEST(GenesisConfig, names_no_rules_without_forks) {
  EXPECT_EQ(revision_of(R"({"chainId":5})"), std::nullopt);
  EXPECT_EQ(revision_of(R"({"chainId":5,"shanghaiTime":null})"), std::nullopt);
}

TEST(GenesisConfig, a_fork_holds_from_its_block_on) {
  const std::string config = R"({"homesteadBlock":0,"byzantiumBlock":"0x10","londonBlock":"20"})";
  EXPECT_EQ(revision_of(config, {.number = 15}), Revision::Homestead);
  EXPECT_EQ(revision_of(config, {.number = 16}), Revision::Byzantium);
  EXPECT_EQ(revision_of(config, {.number = 19}), Revision::Byzantium);
  EXPECT_EQ(revision_of(config, {.number = 20}), Revision::London);
  EXPECT_EQ(revision_of(R"({"homesteadBlock":1})"), Revision::Frontier);
}

TEST(GenesisConfig, later_forks_hold_from_their_time_on) {
  const std::string config = R"({"londonBlock":0,"cancunTime":100,"pragueTime":200})";
  EXPECT_EQ(revision_of(config, {.number = 500, .timestamp = 99}), Revision::London);
  EXPECT_EQ(revision_of(config, {.timestamp = 100}), Revision::Cancun);
  EXPECT_EQ(revision_of(config, {.timestamp = 199}), Revision::Cancun);
  EXPECT_EQ(revision_of(config, {.timestamp = 200}), Revision::Prague);
}

TEST(GenesisConfig, knows_paris_by_its_difficulty) {
  const std::string config = R"({"londonBlock":0,"terminalTotalDifficulty":7})";
  EXPECT_EQ(revision_of(config, {.difficulty = 6}), Revision::London);
  EXPECT_EQ(revision_of(config, {.difficulty = 7}), Revision::Paris);
}

TEST(GenesisConfig, petersburg_begins_with_constantinople_unless_it_is_named) {
  EXPECT_EQ(revision_of(R"({"constantinopleBlock":0})"), Revision::Petersburg);
  EXPECT_EQ(revision_of(R"({"constantinopleBlock":0,"petersburgBlock":1})"),
            Revision::Constantinople);
}

TEST(GenesisConfig, forks_without_rules_of_their_own_keep_those_before) {
  EXPECT_EQ(revision_of(R"({"muirGlacierBlock":0})"), Revision::Istanbul);
  EXPECT_EQ(revision_of(R"({"grayGlacierBlock":0})"), Revision::London);
  EXPECT_EQ(revision_of(R"({"bpo2Time":0})"), Revision::Osaka);
}

TEST(GenesisConfig, refuses_a_fork_that_begins_at_no_number) {
  EXPECT_THROW((void)revision_of(R"({"londonBlock":"soon"})"), CommandError);
}

std::string run(const std::string& genesis, const std::string& line) {
  const test::TextFile file(genesis);
  return test::printed_by(add_evm_run, "run --prestate " + file.path() + " " + line);
}

// Returns CHAINID.
const std::string kChainId = "4660005260206000f3";

TEST(GenesisConfig, tells_a_run_the_chain) {
  EXPECT_TRUE(run(R"({"config":{"chainId":5},"alloc":{}})", kChainId).contains("0005\n"));
  EXPECT_TRUE(run(R"({"config":{},"alloc":{}})", kChainId).contains("0001\n"));
  EXPECT_THROW(run(R"({"config":5,"alloc":{}})", kChainId), CommandError);
}

TEST(GenesisConfig, tells_a_run_the_fork_unless_one_is_chosen) {
  // Without Istanbul there is no CHAINID.
  const std::string old = R"({"config":{"chainId":5,"byzantiumBlock":0},"alloc":{}})";
  EXPECT_TRUE(run(old, kChainId).contains("status: invalid opcode"));
  EXPECT_TRUE(run(old, "--fork Istanbul " + kChainId).contains("0005\n"));
  // CLZ came with Osaka, which is not what runs by itself.
  EXPECT_TRUE(run(R"({"alloc":{}})", "60011e").contains("status: invalid opcode"));
  EXPECT_TRUE(run(R"({"config":{"osakaTime":0},"alloc":{}})", "60011e").contains("success"));
}

}  // namespace
}  // namespace ol::app
