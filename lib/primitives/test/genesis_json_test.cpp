#include <ol/primitives/genesis.hpp>

#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::filled;
using testing::HasSubstr;

const std::string& sample_text() {
  static const std::string kText = genesis_to_json(samples::genesis());
  return kText;
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = sample_text();
  const std::size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

std::string error_of(const std::string& text) {
  const auto out = genesis_from_json(text);
  return out ? "accepted" : out.error().message;
}

std::string error_of(const std::function<void(Genesis&)>& change) {
  Genesis genesis = samples::genesis();
  change(genesis);
  return error_of(genesis_to_json(genesis));
}

TEST(GenesisJson, reads_back_what_it_wrote) {
  for (const SchemeKind scheme :
       {SchemeKind::BlsThreshold, SchemeKind::BlsMultisig, SchemeKind::Ed25519List}) {
    Genesis genesis = samples::genesis();
    genesis.scheme = scheme;
    genesis.leader_reputation = scheme == SchemeKind::Ed25519List;
    if (scheme != SchemeKind::BlsThreshold) {
      genesis.leaders = LeaderKind::StakeWeighted;
      genesis.verification_vector.clear();
    }
    genesis.domain.hash = crypto::HashAlgorithm::Sha256;
    const auto out = genesis_from_json(genesis_to_json(genesis));
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(genesis_hash(*out), genesis_hash(genesis));
    EXPECT_EQ(genesis_to_json(*out), genesis_to_json(genesis));
  }
}

/// The sample as a chain of timecoin: slots, collateral, one signature each.
Genesis slotted() {
  Genesis genesis = samples::genesis();
  genesis.profile = Profile::Timecoin;
  genesis.commit_rule = CommitRule::TwoPhase;
  genesis.scheme = SchemeKind::Ed25519List;
  genesis.verification_vector.clear();
  genesis.slots = SlotParams{.slot_ms = 2000, .phase_ms = 600};
  return genesis;
}

TEST(GenesisJson, reads_back_the_terms_of_every_commit_rule) {
  Genesis l1 = slotted();
  l1.profile = Profile::L1;
  l1.commit_rule = CommitRule::TwoChain;
  l1.slots.reset();
  l1.pace.timeout_growth_percent = 150;
  l1.validators[0].weight = Weight(2);
  Genesis few = slotted();
  few.crash_only = true;
  few.slots->phase_ms = 700;
  Genesis two = samples::genesis();
  two.commit_rule = CommitRule::TwoChain;
  std::set<Hash256> hashes;
  for (const Genesis& genesis : {slotted(), l1, few, two}) {
    const auto out = genesis_from_json(genesis_to_json(genesis));
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(genesis_to_json(*out), genesis_to_json(genesis));
    EXPECT_EQ(genesis_hash(*out), genesis_hash(genesis));
    EXPECT_EQ(out->slots, genesis.slots);
    EXPECT_EQ(genesis_validator_set(*out).rule(), quorum_rule(genesis.profile));
    EXPECT_TRUE(hashes.insert(genesis_hash(genesis)).second);
  }
}

TEST(GenesisJson, a_file_without_a_commit_rule_means_the_one_of_its_profile) {
  const std::string line = "  \"commit_rule\": \"three-chain\",\n";
  const auto out = genesis_from_json(replaced(line, ""));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->commit_rule, CommitRule::ThreeChain);
  EXPECT_EQ(default_rule(Profile::L1), CommitRule::TwoChain);
  EXPECT_EQ(default_rule(Profile::Timecoin), CommitRule::TwoPhase);
  EXPECT_EQ(name_of(Profile::Timecoin), "timecoin");
  EXPECT_EQ(name_of(CommitRule::TwoPhase), "two-phase");
}

TEST(GenesisJson, refuses_unsound_mixes_and_says_why) {
  const auto why = [](const std::function<void(Genesis&)>& change) {
    Genesis genesis = slotted();
    change(genesis);
    return error_of(genesis_to_json(genesis));
  };
  EXPECT_EQ(why([](Genesis&) {}), "accepted");
  EXPECT_THAT(why([](Genesis& g) { g.slots.reset(); }), HasSubstr("slots must say how long"));
  EXPECT_THAT(why([](Genesis& g) {
                g.profile = Profile::L1;
                g.commit_rule = CommitRule::TwoChain;
              }),
              HasSubstr("slots belong to commit_rule two-phase"));
  EXPECT_THAT(why([](Genesis& g) {
                g.commit_rule = CommitRule::TwoChain;
                g.slots.reset();
              }),
              HasSubstr("its commit_rule must be two-phase"));
  EXPECT_THAT(why([](Genesis& g) { g.leader_reputation = true; }), HasSubstr("leader_reputation"));
  EXPECT_THAT(why([](Genesis& g) { g.slots->phase_ms = 1001; }),
              HasSubstr("slots.phase_ms is 1001; allowed are 1 to 1000"));
  EXPECT_EQ(why([](Genesis& g) { g.slots->phase_ms = 1000; }), "accepted");
  EXPECT_THAT(why([](Genesis& g) { g.slots->slot_ms = 1; }), HasSubstr("slots.slot_ms is 1;"));
  EXPECT_THAT(why([](Genesis& g) { g.validators[1].weight = Weight(0); }),
              HasSubstr("validators[1].weight must not be 0"));
  EXPECT_THAT(why([](Genesis& g) { g.validators[1].weight = Weight(UINT64_MAX); }),
              HasSubstr("add up to more than"));
  EXPECT_THAT(why([](Genesis& g) { g.pace.timeout_growth_percent = 99; }),
              HasSubstr("pace.timeout_growth_percent is 99; allowed are 100 to 1000"));
  EXPECT_THAT(error_of([](Genesis& g) { g.profile = Profile::L1; }),
              HasSubstr("bls-threshold counts validators, not weights"));
}

// Three equal validators lose one to a crash; one that lies forks them.
TEST(GenesisJson, a_set_that_tolerates_no_liar_must_be_declared_crash_only) {
  Genesis three = slotted();
  three.validators.pop_back();
  three.possession_proofs.pop_back();
  EXPECT_THAT(error_of(genesis_to_json(three)),
              HasSubstr("3 validators of these weights tolerate no Byzantine one"));
  three.crash_only = true;
  EXPECT_EQ(error_of(genesis_to_json(three)), "accepted");
  // A light one may lie although a heavy one may not: nodes warn of that one.
  Genesis heavy = slotted();
  heavy.validators[2].weight = Weight(5);
  EXPECT_EQ(error_of(genesis_to_json(heavy)), "accepted");
  heavy.validators[2].weight = Weight(1);
  heavy.validators.pop_back();
  heavy.possession_proofs.pop_back();
  heavy.validators[0].weight = Weight(4);
  EXPECT_EQ(error_of(genesis_to_json(heavy)), "accepted");
}

// Files written before chains could choose their leaders.
TEST(GenesisJson, without_fields_on_leaders_is_plain_round_robin) {
  const auto out = genesis_from_json(
      replaced("  \"leaders\": \"round-robin\",\n  \"leader_reputation\": false,\n", ""));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->leaders, LeaderKind::RoundRobin);
  EXPECT_FALSE(out->leader_reputation);
  EXPECT_EQ(genesis_hash(*out), genesis_hash(samples::genesis()));
}

TEST(GenesisJson, is_laid_out_for_people) {
  EXPECT_TRUE(sample_text().starts_with("{\n  \"version\": 1,\n  \"chain_id\": 7777,\n"));
  EXPECT_THAT(sample_text(), HasSubstr("    {\n      \"name\": \"validator-0\",\n"));
  EXPECT_TRUE(sample_text().ends_with("  }\n}\n"));
}

TEST(GenesisJson, refuses_what_is_not_json) {
  EXPECT_THAT(error_of(""), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("{\"version\": 1"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(sample_text() + "x"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("the file must be an object"));
  EXPECT_THAT(error_of(std::string(kGenesisBytesMax + 1, ' ')), HasSubstr("larger than"));
  EXPECT_THAT(error_of(std::string(100, '[')), HasSubstr("not JSON"));
}

TEST(GenesisJson, refuses_unknown_missing_and_duplicate_keys_by_name) {
  EXPECT_THAT(error_of(replaced("\"devnet\"", "\"dev_net\"")),
              HasSubstr("unknown key \"dev_net\" in the file; allowed are version, chain_id"));
  EXPECT_THAT(error_of(replaced("\"name\"", "\"nmae\"")),
              HasSubstr("unknown key \"nmae\" in validators[0]"));
  EXPECT_THAT(error_of(replaced("  \"devnet\": true,\n", "")), HasSubstr("devnet is missing"));
  EXPECT_THAT(error_of(replaced("    \"timeout_max_ms\": 60000,\n", "")),
              HasSubstr("pace.timeout_max_ms is missing"));
  EXPECT_THAT(error_of(replaced("\"version\": 1,", "\"version\": 1, \"version\": 1,")),
              HasSubstr("the key \"version\" appears twice"));
  EXPECT_THAT(error_of(replaced("\"weight\": 1,", "\"weight\": 1, \"weight\": 1,")),
              HasSubstr("the key \"weight\" appears twice"));
}

struct Refused {
  const char* from;
  const char* to;
  const char* because;
};
constexpr Refused kWrongValues[] = {
    {"\"version\": 1", "\"version\": 2", "version must be 1"},
    {"\"chain_id\": 7777", "\"chain_id\": \"7777\"", "chain_id must be a whole number"},
    {"\"chain_id\": 7777", "\"chain_id\": -1", "chain_id must be a whole number"},
    {"\"chain_id\": 7777", "\"chain_id\": 1.5", "chain_id must be a whole number"},
    {"\"chain_id\": 7777", "\"chain_id\": 0", "chain_id is 0; allowed are 1 to"},
    {"\"chain_id\": 7777", "\"chain_id\": 18446744073709551615", "allowed are 1 to"},
    {"\"chain_name\": \"sample\"", "\"chain_name\": 5", "chain_name must be a string"},
    {"\"chain_name\": \"sample\"", "\"chain_name\": \"\"", "chain_name must be 1 to 64"},
    {"\"blake3\"", "\"md5\"", "hash is \"md5\"; allowed are blake3, sha256"},
    {"\"openliquid\"", "\"bitcoin\"", "allowed are openliquid, l1, timecoin"},
    {"\"three-chain\"", "\"one-chain\"", "allowed are three-chain, two-chain, two-phase"},
    {"\"crash_only\": false", "\"crash_only\": 0", "crash_only must be true or false"},
    {"\"crash_only\": false", "\"slots\": 7, \"crash_only\": false", "slots must be an object"},
    {"\"crash_only\": false", "\"slots\": {\"slot_ms\": 2000}, \"crash_only\": false",
     "slots.phase_ms is missing"},
    {"\"crash_only\": false",
     "\"slots\": {\"slot_ms\": 9, \"phase_ms\": 1, \"rank\": 1}, \"crash_only\": false",
     "unknown key \"rank\" in slots"},
    {"\"bls-threshold\"", "\"ed25519\"", "allowed are bls-threshold, bls-multisig, ed25519-list"},
    {"\"bls-threshold\"", "\"bls-multisig\"", "verification_vector belongs to bls-threshold"},
    {"\"bls-threshold\"", "\"ed25519-list\"", "verification_vector belongs to bls-threshold"},
    {"\"round-robin\"", "\"lottery\"",
     "leaders is \"lottery\"; allowed are round-robin, stake-weighted, vrf"},
    {"\"leader_reputation\": false", "\"leader_reputation\": 0", "must be true or false"},
    {"\"devnet\": true", "\"devnet\": 1", "devnet must be true or false"},
    {"\"base_fee\": \"1000000000\"", "\"base_fee\": 1000000000", "base_fee must be a string"},
    {"\"base_fee\": \"1000000000\"", "\"base_fee\": \"1e9\"", "base_fee must be a decimal number"},
    {"\"gas_limit\": 30000000", "\"gas_limit\": 20999", "gas_limit is 20999; allowed are 21000"},
    {"\"key\": \"0x0e", "\"key\": \"0x", "validators[0].key must be 32 bytes of hex"},
    {"\"bls_key\": \"0x", "\"bls_key\": \"0xzz", "validators[0].bls_key must be hex"},
    {"\"bls_key\": \"0x", "\"bls_key\": \"0x00", "validators[0].bls_key is no BLS12-381 point"},
    {"\"validators\": [", "\"validators\": [7,", "validators[0] must be an object"},
    {"\"verification_vector\": [", "\"verification_vector\": [7,",
     "verification_vector[0] must be a string"},
    {"\"verification_vector\": [", "\"verification_vector\": [\"0x00\",",
     "verification_vector[0] is no BLS12-381 point"},
    {"\"balances\": {", "\"balances\": {\"0xaa\": \"1\",", "\"0xaa\" is no address"},
    {"\"balances\": {", "\"balances\": {\"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\": \"1\",",
     "twice"},
    {"\"balances\": {", "\"balances\": {\"0xcccccccccccccccccccccccccccccccccccccccc\": 1,",
     "must be a decimal number of wei in quotes"},
    {"\"timeout_base_ms\": 2000", "\"timeout_base_ms\": 0", "pace.timeout_base_ms is 0"},
    {"\"timeout_max_ms\": 60000", "\"timeout_max_ms\": 1999", "allowed are 2000 to"},
    {"\"min_block_interval_ms\": 83", "\"min_block_interval_ms\": 2000", "allowed are 0 to 1999"},
    {"\"empty_block_interval_ms\": 1000", "\"empty_block_interval_ms\": 82", "are 83 to 2000"},
};

TEST(GenesisJson, names_the_field_that_is_wrong_and_what_is_allowed) {
  for (const Refused& row : kWrongValues) {
    EXPECT_THAT(error_of(replaced(row.from, row.to)), HasSubstr(row.because)) << row.to;
  }
  EXPECT_THAT(error_of("{\"version\": 1, \"chain_id\": 1, \"hash\": \"blake3\", \"pace\": []}"),
              HasSubstr("chain_name is missing"));
}

TEST(GenesisJson, refuses_containers_of_the_wrong_kind) {
  EXPECT_THAT(error_of(replaced("\"pace\": {", "\"pace\": 1, \"x\": {")), HasSubstr("unknown key"));
  Genesis empty = samples::genesis();
  empty.validators.clear();
  empty.possession_proofs.clear();
  empty.balances.clear();
  const std::string text = genesis_to_json(empty);
  const auto swapped = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    return error_of(changed.replace(changed.find(from), from.size(), to));
  };
  EXPECT_THAT(swapped("\"validators\": []", "\"validators\": {}"),
              HasSubstr("validators must be an array"));
  EXPECT_THAT(swapped("\"balances\": {}", "\"balances\": []"),
              HasSubstr("balances must be an object"));
  EXPECT_THAT(swapped("\"validators\": []", "\"validators\": []"),
              HasSubstr("number of validators is 0; allowed are 1 to 1024"));
}

TEST(GenesisJson, refuses_unsound_mixes) {
  EXPECT_THAT(error_of([](Genesis& g) { g.validators[1].weight = Weight(2); }),
              HasSubstr("validators[1].weight must be 1"));
  EXPECT_THAT(error_of([](Genesis& g) { g.validators[3].key = g.validators[0].key; }),
              HasSubstr("validators[3].key is used twice"));
  EXPECT_THAT(error_of([](Genesis& g) { g.validators[3].bls_key = g.validators[0].bls_key; }),
              HasSubstr("validators[3].bls_key is used twice"));
  EXPECT_THAT(
      error_of([](Genesis& g) { g.validators[3].network_key = g.validators[0].network_key; }),
      HasSubstr("validators[3].network_key is used twice"));
  EXPECT_THAT(error_of([](Genesis& g) { g.validators[3].name = g.validators[0].name; }),
              HasSubstr("validators[3].name is used twice"));
  EXPECT_THAT(error_of([](Genesis& g) { g.validators[2].name = "a\nb"; }),
              HasSubstr("validators[2].name must be"));
  EXPECT_THAT(
      error_of([](Genesis& g) { g.verification_vector.pop_back(); }),
      HasSubstr("verification_vector has 2 points; bls-threshold with 4 validators needs 3"));
  EXPECT_THAT(error_of([](Genesis& g) { g.base_fee = U256(1) << 128; }),
              HasSubstr("base_fee must be below 2^128"));
  EXPECT_THAT(error_of([](Genesis& g) { g.balances[filled<Address>(1)] = U256::max(); }),
              HasSubstr("balances add up to more than"));
}

// Trap T22: a key without proof of possession may be a rogue one.
TEST(GenesisJson, refuses_a_false_proof_of_possession) {
  EXPECT_THAT(
      error_of([](Genesis& g) { std::swap(g.possession_proofs[1], g.possession_proofs[2]); }),
      HasSubstr("validators[1].possession_proof does not prove possession of bls_key"));
}

TEST(GenesisJson, bounds_the_lists_before_it_decodes_them) {
  std::string many = "[";
  for (std::uint32_t i = 0; i <= kValidatorsMax; ++i)
    many += i == 0 ? "1" : ",1";
  Genesis empty = samples::genesis();
  empty.validators.clear();
  empty.possession_proofs.clear();
  empty.verification_vector.clear();
  std::string text = genesis_to_json(empty);
  std::string validators = text;
  validators.replace(validators.find("\"validators\": []"), 16, "\"validators\": " + many + "]");
  EXPECT_THAT(error_of(validators), HasSubstr("validators has more than 1024 entries"));
  std::string vector = text;
  vector.replace(vector.find("\"verification_vector\": []"), 25,
                 "\"verification_vector\": " + many + "]");
  EXPECT_THAT(error_of(vector), HasSubstr("verification_vector has more than 1024 entries"));
}

}  // namespace
}  // namespace ol::primitives
