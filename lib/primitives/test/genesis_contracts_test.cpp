// The contracts a chain starts with, and the rules they run by, in genesis.json.
#include <ol/primitives/genesis.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::filled;
using testing::HasSubstr;

const std::string kAddress = "0x" + std::string(40, 'c');

Genesis with_contract() {
  Genesis out = samples::genesis();
  out.revision = Revision::Osaka;
  out.contracts[filled<Address>(0xcc)] = {
      .nonce = 7, .code = {0x60, 0x00}, .storage = {{filled<Hash256>(1), U256(5)}}};
  out.contracts[filled<Address>(0xcd)] = {.nonce = 1, .code = {0xfe}, .storage = {}};
  return out;
}

/// The file of `with_contract` with one piece of text replaced; what reading it says.
std::string verdict(const std::string& from, const std::string& to) {
  std::string text = genesis_to_json(with_contract());
  const std::size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  text.replace(place, from.size(), to);
  const auto out = genesis_from_json(text);
  return out ? "" : out.error().message;
}

TEST(GenesisContracts, are_read_back_as_written) {
  const Genesis genesis = with_contract();
  const auto out = genesis_from_json(genesis_to_json(genesis));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->contracts, genesis.contracts);
  EXPECT_EQ(out->revision, Revision::Osaka);
  EXPECT_EQ(genesis_hash(*out), genesis_hash(genesis));
}

TEST(GenesisContracts, may_leave_out_what_has_a_default) {
  EXPECT_EQ(verdict("\"nonce\": 7,", ""), "");
  EXPECT_EQ(verdict("  \"revision\": \"osaka\",\n", ""), "");
  const auto plain = genesis_from_json(genesis_to_json(samples::genesis()));
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->contracts.empty());
  EXPECT_EQ(plain->revision, Revision::Prague);
}

TEST(GenesisContracts, are_refused_by_name) {
  EXPECT_THAT(verdict("\"osaka\"", "\"cancun\""), HasSubstr("allowed are prague, osaka"));
  EXPECT_THAT(verdict("\"nonce\": 7", "\"nonce\": 0"),
              HasSubstr("contracts." + kAddress + ".nonce must be 1 to"));
  EXPECT_THAT(verdict("\"nonce\": 7", "\"nonce\": 18446744073709551615"), HasSubstr("nonce must"));
  EXPECT_THAT(verdict("\"nonce\": 7", "\"none\": 7"), HasSubstr("unknown key \"none\""));
  EXPECT_THAT(verdict("\"0x6000\"", "\"0x600\""), HasSubstr(".code must be hex"));
  EXPECT_THAT(verdict("\"0x6000\"", "\"0x\""), HasSubstr(".code has 0 bytes"));
  EXPECT_THAT(verdict("\"" + kAddress + "\": {", "\"0xcc\": {"), HasSubstr("20 bytes of hex"));
  EXPECT_THAT(verdict("\"0x" + std::string(63, '0') + "5\"", "5"), HasSubstr("32 bytes of hex"));
  EXPECT_THAT(verdict("\"0x" + std::string(63, '0') + "5\"", "\"0x05\""),
              HasSubstr("32 bytes of hex"));
  EXPECT_THAT(verdict("\"0x" + std::string(63, '0') + "5\"", "\"0x" + std::string(64, '0') + "\""),
              HasSubstr("storage holds a zero"));
}

// More gas could log more than a stored receipt may hold.
TEST(GenesisContracts, have_a_billion_gas_a_block_at_the_most) {
  Genesis genesis = with_contract();
  genesis.gas_limit = 1'000'000'000;
  EXPECT_TRUE(genesis_from_json(genesis_to_json(genesis)));
  genesis.gas_limit = 1'000'000'001;
  EXPECT_THAT(genesis_from_json(genesis_to_json(genesis)).error().message,
              HasSubstr("gas_limit is 1000000001; allowed are 21000 to 1000000000"));
}

TEST(GenesisContracts, are_bounded_in_code) {
  Genesis genesis = with_contract();
  Bytes& code = genesis.contracts.begin()->second.code;
  code.assign(24'576, 0);
  EXPECT_TRUE(genesis_from_json(genesis_to_json(genesis)));
  code.push_back(0);
  EXPECT_FALSE(genesis_from_json(genesis_to_json(genesis)));
}

}  // namespace
}  // namespace ol::primitives
