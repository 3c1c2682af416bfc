// Who may change the validator set: docs/adr/0013-epochs.md, docs/protocol/epochs.md.
#include <ol/primitives/set_change.hpp>

#include <set>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/primitives/transaction.hpp>

#include "samples.hpp"

namespace ol::primitives {
namespace {

crypto::Ed25519SecretKey key(std::uint8_t i) {
  return *crypto::Ed25519SecretKey::from_bytes(Bytes(32, static_cast<std::uint8_t>(40 + i)));
}

class SetChanges : public testing::Test {
 protected:
  SetChanges() {
    genesis.scheme = SchemeKind::Ed25519List;
    genesis.verification_vector.clear();
    for (std::uint8_t i = 0; i < 4; ++i)
      genesis.validators[i].key = key(i).public_key();
    next = genesis;
    next.validators[3].key = key(9).public_key();
    set.emplace(validator_set_of(genesis, Epoch(4)));
    change = {.epoch = Epoch(5),
              .replaces = set->hash(genesis.domain),
              .members = encode_members(next),
              .signatures = {}};
    sign({0, 1, 2});
  }

  void sign(const std::vector<std::uint8_t>& signers) {
    change.signatures.clear();
    for (const std::uint8_t i : signers)
      add(i);
  }
  void add(std::uint8_t i) {
    const Hash256 digest = set_change_digest(genesis.domain, change);
    change.signatures.push_back({ValidatorIndex(i), key(i).sign(digest.view())});
  }
  SetChangeError error() const {
    const auto applied = apply_set_change(genesis, *set, change);
    EXPECT_FALSE(applied);
    return applied ? SetChangeError::WrongEpoch : applied.error();
  }

  Genesis genesis = samples::genesis();
  Genesis next;
  std::optional<ValidatorSet> set;
  SetChange change;
};

TEST_F(SetChanges, replace_the_members_and_nothing_else) {
  const auto applied = apply_set_change(genesis, *set, change);
  ASSERT_TRUE(applied) << describe(applied.error());
  EXPECT_EQ(encode_members(*applied), change.members);
  EXPECT_EQ(applied->domain.chain_id, genesis.domain.chain_id);
  EXPECT_EQ(applied->pace.timeout_base_ms, genesis.pace.timeout_base_ms);
  EXPECT_TRUE(applied->balances.empty());
  EXPECT_EQ(validator_set_of(*applied, Epoch(5)).find(ValidatorIndex(3))->key, key(9).public_key());
}

TEST_F(SetChanges, need_a_quorum_of_the_present_set) {
  sign({0, 1, 2});
  EXPECT_TRUE(apply_set_change(genesis, *set, change));
  sign({0, 1});
  EXPECT_EQ(error(), SetChangeError::NoQuorum);
  sign({});
  EXPECT_EQ(error(), SetChangeError::NoQuorum);
}

TEST_F(SetChanges, count_each_signer_once_and_strangers_never) {
  sign({0, 1, 1});
  EXPECT_EQ(error(), SetChangeError::BadSigner);
  sign({1, 0, 2});
  EXPECT_EQ(error(), SetChangeError::BadSigner);
  sign({0, 1});
  const Hash256 digest = set_change_digest(genesis.domain, change);
  // A member of the next set is a stranger to this one.
  change.signatures.push_back({ValidatorIndex(4), key(9).sign(digest.view())});
  EXPECT_EQ(error(), SetChangeError::BadSigner);
  change.signatures.back().validator = ValidatorIndex(3);
  EXPECT_EQ(error(), SetChangeError::BadSignature);
}

TEST_F(SetChanges, bind_chain_epoch_set_and_members) {
  change.epoch = Epoch(6);
  sign({0, 1, 2});
  EXPECT_EQ(error(), SetChangeError::WrongEpoch);
  change.epoch = Epoch(4);
  sign({0, 1, 2});
  EXPECT_EQ(error(), SetChangeError::WrongEpoch);
  change.epoch = Epoch(5);
  change.replaces.bytes[0] ^= 1;
  sign({0, 1, 2});
  EXPECT_EQ(error(), SetChangeError::WrongSet);
  change.replaces.bytes[0] ^= 1;
  sign({0, 1, 2});
  ASSERT_TRUE(apply_set_change(genesis, *set, change));
  next.validators[0].name = "renamed";
  change.members = encode_members(next);
  EXPECT_EQ(error(), SetChangeError::BadSignature);
  change.members = encode_members(genesis);
  genesis.domain.chain_id = ChainId(1);
  EXPECT_NE(set_change_digest(genesis.domain, change),
            set_change_digest(samples::genesis().domain, change));
}

TEST_F(SetChanges, lead_to_sets_that_a_genesis_file_could_hold) {
  const auto members = [&](Bytes bytes) {
    change.members = std::move(bytes);
    sign({0, 1, 2});
    return error();
  };
  EXPECT_EQ(members({}), SetChangeError::BadMembers);
  Bytes longer = encode_members(next);
  longer.push_back(0);
  EXPECT_EQ(members(longer), SetChangeError::BadMembers);
  Bytes bad_point = encode_members(next);
  bad_point[bad_point.size() - 10] ^= 1;
  EXPECT_EQ(members(bad_point), SetChangeError::BadMembers);
  // Rogue keys: trap T22.
  Genesis rogue = next;
  std::swap(rogue.possession_proofs[0], rogue.possession_proofs[1]);
  EXPECT_EQ(members(encode_members(rogue)), SetChangeError::UnsoundSet);
  Genesis twice = next;
  twice.validators[1].key = twice.validators[0].key;
  EXPECT_EQ(members(encode_members(twice)), SetChangeError::UnsoundSet);
  Genesis few = next;
  few.validators.erase(few.validators.begin() + 3);
  few.possession_proofs.erase(few.possession_proofs.begin() + 3);
  EXPECT_EQ(members(encode_members(few)), SetChangeError::UnsoundSet);
  Genesis vector = next;
  vector.verification_vector = samples::genesis().verification_vector;
  EXPECT_EQ(members(encode_members(vector)), SetChangeError::UnsoundSet);
}

TEST_F(SetChanges, decode_to_what_was_encoded_and_to_nothing_else) {
  const Bytes encoded = samples::encoded(change);
  const auto decoded = decode_set_change(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, change);
  for (std::size_t cut = 0; cut < encoded.size(); cut += 37)
    EXPECT_FALSE(decode_set_change(ByteView(encoded).first(cut))) << cut;
  Bytes other_version = encoded;
  other_version[1] = 2;
  EXPECT_EQ(decode_set_change(other_version).error(), DecodeError::BadValue);
}

TEST_F(SetChanges, are_found_in_transactions_to_their_address_only) {
  EXPECT_EQ(as_text(set_change_address().view()), "openliquid/epochs/v1");
  Transaction txn;
  txn.type = TxnType::DynamicFee;
  txn.chain_id = 7777;
  txn.to = set_change_address();
  txn.data = samples::encoded(change);
  txn.r = U256(1);
  txn.s = U256(1);
  EXPECT_EQ(set_change_in(encode_transaction(txn)), change);
  txn.data.push_back(0);
  EXPECT_FALSE(set_change_in(encode_transaction(txn)));
  txn.data.pop_back();
  txn.to->bytes[0] ^= 1;
  EXPECT_FALSE(set_change_in(encode_transaction(txn)));
  // The address alone does not make one.
  txn.data = to_bytes(set_change_address().view());
  EXPECT_FALSE(set_change_in(encode_transaction(txn)));
  EXPECT_FALSE(set_change_in(set_change_address().view()));
  EXPECT_FALSE(set_change_in({}));
}

TEST(SetChangeErrors, each_has_its_own_words) {
  std::set<std::string> seen;
  for (int i = 0; i <= static_cast<int>(SetChangeError::UnsoundSet); ++i)
    EXPECT_TRUE(seen.insert(describe(static_cast<SetChangeError>(i))).second);
}

}  // namespace
}  // namespace ol::primitives
