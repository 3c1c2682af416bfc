#include <ol/primitives/genesis.hpp>

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::filled;

TEST(GenesisHash, changes_with_every_field) {
  const std::vector<std::function<void(Genesis&)>> changes = {
      [](Genesis& g) { g.domain.chain_id = ChainId(1); },
      [](Genesis& g) { g.domain.hash = crypto::HashAlgorithm::Sha256; },
      [](Genesis& g) { g.chain_name = "other"; },
      [](Genesis& g) { g.scheme = SchemeKind::BlsMultisig; },
      [](Genesis& g) { g.scheme = SchemeKind::Ed25519List; },
      [](Genesis& g) { g.leaders = LeaderKind::StakeWeighted; },
      [](Genesis& g) { g.leader_reputation = true; },
      [](Genesis& g) { g.time = TimeMs(1); },
      [](Genesis& g) { g.pace.timeout_base_ms = 1; },
      [](Genesis& g) { g.pace.timeout_max_ms = 1; },
      [](Genesis& g) { g.pace.min_block_interval_ms = 1; },
      [](Genesis& g) { g.pace.empty_block_interval_ms = 1; },
      [](Genesis& g) { g.gas_limit = 1; },
      [](Genesis& g) { g.base_fee = U256(1); },
      [](Genesis& g) { g.devnet = false; },
      [](Genesis& g) { g.validators[0].name = "other"; },
      [](Genesis& g) { g.validators[0].weight = Weight(2); },
      [](Genesis& g) { g.validators[0].key.bytes[1] ^= 1; },
      [](Genesis& g) { g.validators[0].bls_key = g.validators[1].bls_key; },
      [](Genesis& g) { g.validators[0].network_key.bytes[1] ^= 1; },
      [](Genesis& g) { g.validators[0].fee_recipient.bytes[1] ^= 1; },
      [](Genesis& g) { std::swap(g.validators[0], g.validators[1]); },
      [](Genesis& g) { g.validators.pop_back(); },
      [](Genesis& g) { g.possession_proofs[0] = g.possession_proofs[1]; },
      [](Genesis& g) { g.verification_vector.pop_back(); },
      [](Genesis& g) { g.balances[filled<Address>(0xaa)] = U256(1); },
      [](Genesis& g) { g.balances[filled<Address>(0xcc)] = U256(0); },
      [](Genesis& g) { g.balances.clear(); },
      [](Genesis& g) { g.revision = Revision::Osaka; },
      [](Genesis& g) { g.contracts[filled<Address>(0xcc)].code = {1}; },
      [](Genesis& g) { g.contracts[filled<Address>(0xcc)].code = {1, 2}; },
      [](Genesis& g) { g.contracts[filled<Address>(0xcd)].code = {1}; },
      [](Genesis& g) {
        g.contracts[filled<Address>(0xcc)] = {.nonce = 2, .code = {1}, .storage = {}};
      },
      [](Genesis& g) {
        g.contracts[filled<Address>(0xcc)] = {
            .nonce = 1, .code = {1}, .storage = {{Hash256{}, U256(7)}}};
      },
  };
  const Genesis original = samples::genesis();
  std::set<Hash256> seen = {genesis_hash(original)};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Genesis changed = original;
    changes[i](changed);
    EXPECT_TRUE(seen.insert(genesis_hash(changed)).second) << i;
  }
}

// Both values come from a separate script that reads genesis.json and follows docs/protocol.
TEST(GenesisHash, has_the_golden_value) {
  Genesis genesis = samples::genesis();
  genesis.domain.hash = crypto::HashAlgorithm::Sha256;
  EXPECT_EQ(to_hex(genesis_hash(genesis).view()),
            "fc24490dd751fd7bd10df19e6f2858776eb830e80d712e38f57c9fd3e811378c");
}

TEST(GenesisValidatorSet, has_the_golden_hash) {
  EXPECT_EQ(to_hex(genesis_validator_set(samples::genesis()).hash(samples::kDomain).view()),
            "3ca4505620ad64a7e4641af2bc64ab3dde8887ddb3175c5a1d067af76c925bef");
}

TEST(GenesisValidatorSet, is_the_unit_set_of_epoch_zero) {
  const ValidatorSet set = genesis_validator_set(samples::genesis());
  EXPECT_EQ(set.epoch(), Epoch(0));
  EXPECT_EQ(set.rule(), QuorumRule::Unit);
  EXPECT_EQ(set.size(), 4U);
  EXPECT_EQ(set.quorum_count(), 3U);
}

// Trap T13: everyone derives the same block 0 and its certificate from the file alone.
TEST(GenesisBlock, commits_to_genesis_and_state) {
  const Genesis genesis = samples::genesis();
  const Block block = genesis_block(genesis, filled<Hash256>(0x77));
  EXPECT_EQ(block.header.height, Height(0));
  EXPECT_EQ(block.header.view, View(0));
  EXPECT_EQ(block.header.chain_id, ChainId(7777));
  EXPECT_EQ(block.header.parent, retag<BlockHash>(genesis_hash(genesis)));
  EXPECT_EQ(block.header.parent_state_root, filled<Hash256>(0x77));
  EXPECT_EQ(block.header.parent_receipts_root, kEmptyTrieRoot);
  EXPECT_EQ(block.header.time, genesis.time);
  EXPECT_EQ(block.header.set_hash, genesis_validator_set(genesis).hash(genesis.domain));
  EXPECT_TRUE(block.payload.empty());
  EXPECT_TRUE(block.payload_matches(genesis.domain));
  EXPECT_NE(genesis_block(genesis, Hash256{}).hash, block.hash);
  Genesis other = genesis;
  other.balances.clear();
  EXPECT_NE(genesis_block(other, filled<Hash256>(0x77)).hash, block.hash);
}

TEST(GenesisBlock, survives_the_wire) {
  const Genesis genesis = samples::genesis();
  const Block block = genesis_block(genesis, filled<Hash256>(0x77));
  const auto out = decode_block(genesis.domain, samples::encoded(block));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->hash, block.hash);
}

TEST(GenesisCertificate, is_of_view_zero_and_unsigned) {
  const Genesis genesis = samples::genesis();
  const Block block = genesis_block(genesis, Hash256{});
  const QuorumCertificate certificate = genesis_certificate(genesis, block.hash);
  EXPECT_TRUE(certificate.is_genesis());
  EXPECT_EQ(certificate.block(), block.hash);
  EXPECT_EQ(certificate.height(), Height(0));
  EXPECT_EQ(certificate.subject.set_hash, block.header.set_hash);
  EXPECT_TRUE(certificate.signers.empty());
  EXPECT_TRUE(certificate.signature.empty());
}

TEST(GenesisEvmHeader, is_block_zero_for_ethereum_tools) {
  const Genesis genesis = samples::genesis();
  const EvmHeader header =
      genesis_evm_header(genesis, filled<Hash256>(0x77), filled<BlockHash>(0x88));
  EXPECT_EQ(header.number, 0U);
  EXPECT_EQ(header.state_root, filled<Hash256>(0x77));
  EXPECT_EQ(header.transactions_root, kEmptyTrieRoot);
  EXPECT_EQ(header.receipts_root, kEmptyTrieRoot);
  EXPECT_EQ(header.gas_limit, genesis.gas_limit);
  EXPECT_EQ(header.base_fee, genesis.base_fee);
  EXPECT_EQ(header.timestamp, 1'700'000'000U);
  EXPECT_EQ(header.extra_data, to_bytes(filled<BlockHash>(0x88).view()));
  EXPECT_TRUE(header.parent_hash.is_zero());
}

}  // namespace
}  // namespace ol::primitives
