// Blocks nobody proposed: eth_simulateV1.
#include <ol/execution/simulate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chain.hpp"

namespace ol::execution {
namespace {

using test::address;
using test::Chain;
using test::deployer;
using test::kChain;
using test::word;

const Address kThere{{0xaa}};

class Simulated : public testing::Test {
 protected:
  void begin(SimulatedRules rules = SimulatedRules::Lenient,
             TransferLogs transfers = TransferLogs::Off, std::uint64_t gas_max = 50'000'000) {
    simulation_ = std::make_unique<Simulation>(Simulation::Base{.engine = chain_.engine,
                                                                .state = chain_.state,
                                                                .nodes = chain_.state,
                                                                .header = chain_.head,
                                                                .chain_id = kChain,
                                                                .hashes = chain_},
                                               rules, transfers, gas_max);
    number_ = chain_.head.number;
  }
  BlockToSimulate block() {
    BlockToSimulate out;
    out.number = ++number_;
    out.timestamp = chain_.head.timestamp + number_;
    out.gas_limit = chain_.head.gas_limit;
    out.coinbase = Address{{0xc0}};
    return out;
  }
  static SimulatedCall call(std::optional<Address> to, Bytes data = {}) {
    SimulatedCall out;
    out.from = address(1);
    out.txn.type = primitives::TxnType::DynamicFee;
    out.txn.chain_id = kChain.value();
    out.txn.to = to;
    out.txn.data = std::move(data);
    return out;
  }
  static SimulatedCall payment(std::uint64_t wei) {
    SimulatedCall out = call(kThere);
    out.txn.value = U256(wei);
    return out;
  }
  SimulatedBlock run(const BlockToSimulate& block) {
    auto out = simulation_->add(block);
    EXPECT_TRUE(out);
    return out ? *std::move(out) : SimulatedBlock{};
  }
  primitives::TxnRefusal refusal(const BlockToSimulate& block) {
    const auto out = simulation_->add(block);
    return out ? primitives::TxnRefusal{} : std::get<primitives::TxnRefusal>(out.error());
  }

  Chain chain_;
  std::unique_ptr<Simulation> simulation_;
  std::uint64_t number_ = 0;
};

TEST_F(Simulated, blocks_see_what_those_before_them_left) {
  begin();
  const Address contract = primitives::contract_address(address(1), 0);
  BlockToSimulate first = block();
  first.calls = {call(std::nullopt, deployer(test::kCounter)), call(contract)};
  const SimulatedBlock one = run(first);
  ASSERT_EQ(one.txns.size(), 2U);
  EXPECT_EQ(one.txns[0].outcome.output, *from_hex(test::kCounter));
  EXPECT_EQ(one.txns[0].receipt.contract, contract);
  EXPECT_EQ(one.txns[1].outcome.output, word(1));
  EXPECT_EQ(one.txns[1].txn.nonce, 1U) << "the account's";
  EXPECT_EQ(one.txns[1].logs.size(), 1U);
  EXPECT_EQ(one.header.gas_used, one.txns[1].receipt.cumulative_gas_used);
  EXPECT_EQ(one.header.base_fee, U256{});
  BlockToSimulate second = block();
  second.calls = {call(contract)};
  const SimulatedBlock two = run(second);
  EXPECT_EQ(two.txns[0].outcome.output, word(2));
  EXPECT_EQ(two.header.parent_hash, one.hash);
  EXPECT_NE(two.header.state_root, one.header.state_root);
  EXPECT_EQ(chain_.state.accounts().count(contract), 0U) << "nothing is kept";
}

TEST_F(Simulated, a_block_without_calls_is_the_one_a_chain_would_make) {
  begin(SimulatedRules::Strict);
  const SimulatedBlock simulated = run(block());
  const ExecutedBlock real = chain_.mine({});
  EXPECT_EQ(simulated.header.state_root, real.header.state_root);
  EXPECT_EQ(simulated.header.base_fee, real.header.base_fee);
  EXPECT_EQ(simulated.header.receipts_root, real.header.receipts_root);
}

TEST_F(Simulated, overrides_stay_and_roots_are_those_of_the_whole_state) {
  begin();
  BlockToSimulate first = block();
  AccountOverride& there = first.state[kThere];
  there.balance = U256(77);
  there.code = *from_hex(test::kCounter);
  there.storage = std::map<Hash256, U256>{{Hash256{}, U256(41)}, {Hash256{{1}}, U256(5)}};
  first.calls = {call(kThere)};
  EXPECT_EQ(run(first).txns[0].outcome.output, word(42));
  BlockToSimulate second = block();
  second.state[kThere].slots[Hash256{}] = U256(9);
  second.calls = {call(kThere)};
  EXPECT_EQ(run(second).txns[0].outcome.output, word(10));

  // The same state with one override, from the same base.
  begin();
  BlockToSimulate direct = block();
  direct.number = ++number_;
  direct.state[kThere] = {.nonce = {},
                          .balance = U256(77),
                          .code = *from_hex(test::kCounter),
                          .storage = std::map<Hash256, U256>{{Hash256{{1}}, U256(5)}},
                          .slots = {{Hash256{}, U256(10)}}};
  direct.state[address(1)].nonce = 2;
  const Hash256 expected = run(direct).header.state_root;
  begin();
  BlockToSimulate alone = block();
  alone.number = ++number_;
  alone.state = direct.state;
  alone.state[kThere].storage->insert_or_assign(Hash256{}, U256(3));
  EXPECT_EQ(run(alone).header.state_root, expected) << "a single slot is stronger";
}

TEST_F(Simulated, an_empty_account_with_storage_may_be_touched) {
  begin();
  BlockToSimulate one = block();
  one.state[kThere].slots[Hash256{}] = U256(1);
  one.calls = {call(kThere)};
  EXPECT_EQ(run(one).txns.size(), 1U);
  EXPECT_EQ(run(block()).txns.size(), 0U);
}

TEST_F(Simulated, tells_transfers_among_logs) {
  begin(SimulatedRules::Lenient, TransferLogs::On);
  BlockToSimulate one = block();
  // Sends 3 wei on to 0xbb, logs, and reverts if it was given data.
  one.state[kThere].code = *from_hex("5f5f5f5f600360bb5af15f5fa036601257005b5f5ffd");
  const Address leaver{{0xdd}};
  one.state[leaver].code = *from_hex("60bbff");  // SELFDESTRUCT
  one.state[leaver].balance = U256(8);
  one.calls = {payment(5), payment(6), call(leaver)};
  one.calls[1].txn.data = {1};
  const SimulatedBlock out = run(one);
  ASSERT_EQ(out.txns[0].outcome.status, evm::Status::Success);
  ASSERT_EQ(out.txns[0].logs.size(), 3U);
  EXPECT_EQ(out.txns[0].logs[0].address, kTransferLogs);
  EXPECT_EQ(out.txns[0].logs[0].topics[1], evm::to_word(address(1)).to_fixed<Hash256>());
  EXPECT_EQ(out.txns[0].logs[0].topics[2], evm::to_word(kThere).to_fixed<Hash256>());
  EXPECT_EQ(out.txns[0].logs[0].data, word(5));
  EXPECT_EQ(out.txns[0].logs[1].data, word(3));
  EXPECT_EQ(out.txns[0].logs[2].address, kThere) << "its own";
  EXPECT_EQ(out.txns[0].receipt.logs.size(), 1U);
  EXPECT_EQ(out.txns[1].outcome.status, evm::Status::Revert);
  EXPECT_TRUE(out.txns[1].logs.empty());
  ASSERT_EQ(out.txns[2].logs.size(), 1U);
  EXPECT_EQ(out.txns[2].logs[0].data, word(8));
}

TEST_F(Simulated, strict_blocks_ask_for_fees_and_nonces) {
  begin(SimulatedRules::Strict);
  BlockToSimulate one = block();
  one.calls = {payment(1)};
  EXPECT_EQ(refusal(one).rule, primitives::TxnRule::FeeCapBelowBaseFee);
  one.calls[0].txn.max_fee_per_gas = U256(1'000);
  one.calls[0].gas = 21'000;
  one.calls[0].nonce = 7;
  begin(SimulatedRules::Strict);
  EXPECT_EQ(refusal(one).rule, primitives::TxnRule::NonceTooHigh);
  one.calls[0].nonce = 0;
  begin(SimulatedRules::Strict);
  const SimulatedBlock out = run(one);
  EXPECT_FALSE(out.header.base_fee.is_zero());
  EXPECT_EQ(out.txns[0].receipt.effective_gas_price, out.header.base_fee);
}

TEST_F(Simulated, lenient_calls_are_free_under_any_base_fee) {
  begin();
  BlockToSimulate one = block();
  one.base_fee = U256(1'000'000'007);
  one.state[kThere].code = *from_hex(test::kEnvironment);
  one.calls = {call(kThere)};
  one.calls[0].from = Address{{0x99}};  // has nothing
  one.calls[0].nonce = 5;
  const SimulatedBlock out = run(one);
  const Bytes& output = out.txns[0].outcome.output;
  EXPECT_EQ(Bytes(output.begin(), output.begin() + 32), word(1'000'000'007));
  EXPECT_EQ(out.txns[0].txn.nonce, 5U);
  EXPECT_EQ(out.txns[0].outcome.effective_gas_price, U256{});
}

TEST_F(Simulated, gas_is_bounded_in_a_block_and_in_all) {
  begin(SimulatedRules::Lenient, TransferLogs::Off, 100'000);
  BlockToSimulate one = block();
  one.state[kThere].code = *from_hex(test::kLoops);
  one.calls = {payment(0), call(Address{{0xbb}})};
  EXPECT_EQ(refusal(one).rule, primitives::TxnRule::IntrinsicGas) << "the first took all";
  begin();
  BlockToSimulate other = block();
  other.gas_limit = 30'000;
  other.calls = {payment(1), payment(1)};
  other.calls[0].gas = 21'000;
  other.calls[1].gas = 21'000;
  const auto refused = refusal(other);
  EXPECT_EQ(refused.rule, primitives::TxnRule::BlockGasLimitReached);
  EXPECT_EQ(refused.message, "block gas limit reached: 21000 >= 30000");
}

TEST_F(Simulated, blocks_know_the_hashes_of_those_before_them) {
  begin();
  BlockToSimulate first = block();
  first.state[kThere].code = *from_hex(test::kBlockHash);
  const SimulatedBlock one = run(first);
  BlockToSimulate second = block();
  second.calls = {call(kThere, word(one.header.number)), call(kThere, word(0))};
  const SimulatedBlock two = run(second);
  EXPECT_EQ(two.txns[0].outcome.output, to_bytes(one.hash.view()));
  EXPECT_EQ(two.txns[1].outcome.output,
            to_bytes(primitives::evm_header_hash(chain_.headers[0]).view()));
}

}  // namespace
}  // namespace ol::execution
