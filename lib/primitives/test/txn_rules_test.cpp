#include <ol/primitives/txn_rules.hpp>

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::filled;

constexpr ChainId kChain{7777};

Transaction transfer() {
  Transaction out;
  out.type = TxnType::DynamicFee;
  out.chain_id = kChain.value();
  out.nonce = 5;
  out.max_priority_fee_per_gas = U256(2);
  out.max_fee_per_gas = U256(10);
  out.gas_limit = 21'000;
  out.to = filled<Address>(0x44);
  out.value = U256(1000);
  return out;
}

BlockTerms block() {
  return {.chain_id = kChain, .gas_limit = 30'000'000, .base_fee = U256(7)};
}

AccountTerms sender() {
  return {.nonce = 5, .balance = U256(21'000 * 10 + 1000), .has_code = false};
}

/// What validate_txn says of `transfer` after `change`; empty if it is valid.
std::string verdict(const std::function<void(Transaction&, BlockTerms&, AccountTerms&)>& change) {
  Transaction txn = transfer();
  BlockTerms terms = block();
  AccountTerms account = sender();
  change(txn, terms, account);
  const auto out = validate_txn(txn, terms, account);
  return out ? "" : out.error().message;
}

TEST(ValidateTxn, accepts_a_transfer_that_spends_everything) {
  EXPECT_EQ(verdict([](auto&, auto&, auto&) {}), "");
}

TEST(ValidateTxn, wants_the_chain_id_of_the_chain) {
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) { t.chain_id = 1; }),
            "invalid chain id for signer: have 1 want 7777");
  // Before EIP-155 there was none to compare.
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) {
              t.type = TxnType::Legacy;
              t.max_priority_fee_per_gas = t.max_fee_per_gas;
              t.chain_id.reset();
            }),
            "");
}

TEST(ValidateTxn, wants_the_next_nonce) {
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) { t.nonce = 3; }),
            "nonce too low: next nonce 5, tx nonce 3");
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) { t.nonce = 6; }),
            "nonce too high: next nonce 5, tx nonce 6");
}

TEST(ValidateTxn, wants_intrinsic_gas) {
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) { t.gas_limit = 20'999; }),
            "intrinsic gas too low: gas 20999, minimum needed 21000");
  EXPECT_EQ(verdict([](auto& t, auto&, auto& a) {
              t.gas_limit = 21'000 + 2'400 + 1'900 - 1;
              t.access_list = {{.address = {}, .storage_keys = {Hash256{}}}};
              a.balance = U256::max();
            }),
            "intrinsic gas too low: gas 25299, minimum needed 25300");
}

TEST(ValidateTxn, wants_the_calldata_floor_of_eip7623) {
  const auto with_gas = [](std::uint64_t gas) {
    return verdict([gas](auto& t, auto&, auto& a) {
      t.data.assign(100, 1);
      t.gas_limit = gas;
      a.balance = U256::max();
    });
  };
  EXPECT_EQ(with_gas(21'000 + 100 * 40), "");
  EXPECT_EQ(with_gas(21'000 + 100 * 40 - 1),
            "insufficient gas for floor data gas cost: gas 24999, minimum needed 25000");
}

TEST(ValidateTxn, compares_the_fee_cap_with_tip_and_base_fee) {
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) { t.max_priority_fee_per_gas = U256(11); }),
            "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: 11, "
            "maxFeePerGas: 10");
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) { t.max_priority_fee_per_gas = U256(10); }), "");
  EXPECT_EQ(verdict([](auto&, auto& b, auto&) { b.base_fee = U256(11); }),
            "max fee per gas less than block base fee: maxFeePerGas: 10, baseFee: 11");
  EXPECT_EQ(verdict([](auto&, auto& b, auto&) { b.base_fee = U256(10); }), "");
}

TEST(ValidateTxn, wants_funds_for_the_gas_limit_at_the_fee_cap_and_the_value) {
  EXPECT_EQ(verdict([](auto&, auto&, auto& a) { a.balance = U256(210'999); }),
            "insufficient funds for gas * price + value: balance 210999, tx cost 211000, overshot "
            "1");
}

TEST(ValidateTxn, refuses_a_cost_above_256_bits) {
  EXPECT_EQ(verdict([](auto& t, auto&, auto& a) {
              t.max_fee_per_gas = U256::max();
              a.balance = U256::max();
            }),
            "insufficient funds for gas * price + value: the cost exceeds 256 bits");
  EXPECT_EQ(verdict([](auto& t, auto&, auto& a) {
              t.value = U256::max();
              a.balance = U256::max();
            }),
            "insufficient funds for gas * price + value: the cost exceeds 256 bits");
}

TEST(ValidateTxn, bounds_the_gas_limit_by_the_block) {
  EXPECT_EQ(verdict([](auto&, auto& b, auto&) { b.gas_limit = 20'999; }),
            "exceeds block gas limit: gas 21000, block limit 20999");
  EXPECT_EQ(verdict([](auto&, auto& b, auto&) { b.gas_limit = 21'000; }), "");
}

// EIP-3607.
TEST(ValidateTxn, refuses_a_sender_with_code) {
  EXPECT_EQ(verdict([](auto&, auto&, auto& a) { a.has_code = true; }), "sender not an eoa");
}

// What decodes as Ethereum does and has no place here: there are no blobs to keep.
TEST(ValidateTxn, refuses_blob_transactions_in_the_words_of_a_pool_without_blobs) {
  EXPECT_EQ(verdict([](auto& t, auto&, auto&) { t.type = TxnType::Blob; }),
            "transaction type not supported: tx type 3 not supported by this pool");
}

// EIP-7702.
TEST(ValidateTxn, wants_an_authorisation_in_a_set_code_transaction) {
  const auto with = [](std::size_t authorizations, std::uint64_t gas) {
    return verdict([=](auto& t, auto&, auto& a) {
      t.type = TxnType::SetCode;
      t.authorizations.resize(authorizations);
      t.gas_limit = gas;
      a.balance = U256::max();
    });
  };
  EXPECT_EQ(with(0, 21'000), "set code tx must have at least one authorization tuple");
  EXPECT_EQ(with(1, 46'000), "");
  EXPECT_EQ(with(1, 45'999), "intrinsic gas too low: gas 45999, minimum needed 46000");
  EXPECT_EQ(with(3, 21'000 + 75'000), "");
}

// EIP-7825, from Osaka on.
TEST(ValidateTxn, bounds_the_gas_limit_of_a_transaction_where_the_rules_do) {
  const auto with_gas = [](std::uint64_t gas) {
    return verdict([gas](auto& t, auto& b, auto& a) {
      t.gas_limit = gas;
      b.txn_gas_max = 16'777'216;
      a.balance = U256::max();
    });
  };
  EXPECT_EQ(with_gas(16'777'216), "");
  EXPECT_EQ(with_gas(16'777'217), "transaction gas limit too high: cap 16777216, tx 16777217");
}

TEST(Delegation, is_the_prefix_and_an_address_and_nothing_else) {
  Bytes code = {0xef, 0x01, 0x00};
  EXPECT_FALSE(delegation(code));
  append(code, filled<Address>(0x77).view());
  EXPECT_EQ(delegation(code), filled<Address>(0x77));
  code[2] = 1;
  EXPECT_FALSE(delegation(code));
  code[2] = 0;
  code.push_back(0);
  EXPECT_FALSE(delegation(code));
}

// EIP-3860.
TEST(ValidateTxn, bounds_creation_code) {
  const auto with_size = [](std::size_t size) {
    return verdict([size](auto& t, auto&, auto&) {
      t.to.reset();
      t.data.assign(size, 0);
      t.gas_limit = 10'000'000;
    });
  };
  EXPECT_EQ(with_size(49'153), "max initcode size exceeded: code size 49153, limit 49152");
  // Only the funds are missing then.
  EXPECT_TRUE(with_size(49'152).starts_with("insufficient funds"));
}

TEST(ValidateTxn, accepts_data_for_a_plain_account) {
  EXPECT_EQ(verdict([](auto& t, auto&, auto& a) {
              t.data = {1, 0, 2};
              t.gas_limit = 30'000;
              a.balance = U256::max();
            }),
            "");
}

TEST(CheckTxnOnState, lets_a_pool_keep_later_nonces) {
  Transaction txn = transfer();
  txn.nonce = 9;
  EXPECT_TRUE(check_txn_on_state(txn, sender(), NonceRule::AtLeast));
  EXPECT_FALSE(check_txn_on_state(txn, sender(), NonceRule::Exact));
  txn.nonce = 4;
  const auto low = check_txn_on_state(txn, sender(), NonceRule::AtLeast);
  ASSERT_FALSE(low);
  EXPECT_EQ(low.error().rule, TxnRule::NonceTooLow);
}

TEST(CheckTxnOnState, refuses_an_overflowing_cost_by_itself) {
  Transaction txn = transfer();
  txn.value = U256::max();
  const auto out = check_txn_on_state(txn, sender(), NonceRule::Exact);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().rule, TxnRule::CostOverflow);
}

TEST(IntrinsicGas, counts_calldata_access_list_and_creation) {
  Transaction txn = transfer();
  EXPECT_EQ(intrinsic_gas(txn), 21'000U);
  txn.data = {0, 0, 1};
  EXPECT_EQ(intrinsic_gas(txn), 21'000U + 2 * 4 + 16);
  EXPECT_EQ(floor_gas(txn), 21'000U + 10 * (2 + 4));
  txn.access_list = {{.address = {}, .storage_keys = {Hash256{}, Hash256{}}},
                     {.address = {}, .storage_keys = {}}};
  EXPECT_EQ(intrinsic_gas(txn), 21'024U + 2 * 2'400 + 2 * 1'900);
  txn.access_list.clear();
  txn.to.reset();
  EXPECT_EQ(intrinsic_gas(txn), 21'024U + 32'000 + 2);
  txn.data.assign(33, 0);
  EXPECT_EQ(intrinsic_gas(txn), 21'000U + 33 * 4 + 32'000 + 2 * 2);
}

TEST(EffectiveTip, is_the_smaller_of_tip_and_room_above_the_base_fee) {
  const Transaction txn = transfer();
  EXPECT_EQ(effective_tip(txn, U256(0)), U256(2));
  EXPECT_EQ(effective_tip(txn, U256(8)), U256(2));
  EXPECT_EQ(effective_tip(txn, U256(9)), U256(1));
  EXPECT_EQ(effective_tip(txn, U256(10)), U256(0));
  EXPECT_EQ(effective_tip(txn, U256(11)), std::nullopt);
}

TEST(TxnRules, each_have_their_own_words) {
  std::set<std::string> words;
  constexpr auto kLast = static_cast<std::uint8_t>(TxnRule::AuthorityReserved);
  for (std::uint8_t i = 0; i <= kLast; ++i)
    words.insert(describe(static_cast<TxnRule>(i)));
  EXPECT_EQ(words.size(), kLast + 1U);
  EXPECT_EQ(refusal(TxnRule::AlreadyKnown).message, "already known");
  EXPECT_EQ(refusal(TxnRule::PoolFull, "x").message, "txpool is full: x");
}

}  // namespace
}  // namespace ol::primitives
