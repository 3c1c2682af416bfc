#include <ol/execution/call.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ol/execution/override_view.hpp>
#include <ol/primitives/address_text.hpp>

#include "chain.hpp"

namespace ol::execution {
namespace {

using test::address;
using test::Chain;
using test::creation;
using test::deployer;
using test::invocation;
using test::kChain;
using test::sign;
using test::transfer;
using test::word;
using testing::StartsWith;

const Address kFirst = primitives::contract_address(address(0), 0);

/// A chain whose first contract is `runtime`.
class Call : public testing::Test {
 protected:
  void deploy(std::string_view runtime) { chain_.mine({sign(creation(0, deployer(runtime)), 0)}); }

  [[nodiscard]] evm::BlockEnv env() const { return block_env(kChain, chain_.head, &chain_); }

  static CallRequest request(std::optional<Address> to, Bytes data = {}) {
    CallRequest out;
    out.from = address(1);
    out.to = to;
    out.data = std::move(data);
    out.gas = 1'000'000;
    return out;
  }
  CallOutcome run(const CallRequest& request) {
    auto out = call(chain_.engine, chain_.state, env(), request);
    EXPECT_TRUE(out);
    return out ? *std::move(out) : CallOutcome{};
  }
  std::string refusal_of(const CallRequest& request) {
    const auto out = call(chain_.engine, chain_.state, env(), request);
    return out ? "" : std::get<primitives::TxnRefusal>(out.error()).message;
  }

  Chain chain_;
};

TEST_F(Call, answers_as_the_next_transaction_would_and_changes_nothing) {
  deploy(test::kCounter);
  for (int i = 0; i < 2; ++i) {
    const CallOutcome out = run(request(kFirst));
    EXPECT_EQ(out.status, evm::Status::Success);
    EXPECT_EQ(out.output, word(1));
    EXPECT_EQ(out.logs.size(), 1U);
  }
  const auto real = chain_.mine({sign(invocation(0, kFirst), 1)});
  EXPECT_EQ(run(request(kFirst)).output, word(2));
  // The second time the slot holds something, which is cheaper.
  EXPECT_EQ(run(request(kFirst)).gas_used + 17'100, real.receipts[0].gas_used);
}

TEST_F(Call, gives_revert_data) {
  deploy(test::kReverts);
  const CallOutcome out = run(request(kFirst));
  EXPECT_EQ(out.status, evm::Status::Revert);
  EXPECT_EQ(out.output, word(42));
}

TEST_F(Call, is_capped_by_its_gas_alone) {
  deploy(test::kLoops);
  CallRequest question = request(kFirst);
  question.gas = chain_.head.gas_limit + 1;
  const CallOutcome out = run(question);
  EXPECT_EQ(out.status, evm::Status::OutOfGas);
  EXPECT_EQ(out.gas_used, question.gas);
}

TEST_F(Call, creates) {
  const CallOutcome out = run(request(std::nullopt, deployer(test::kCounter)));
  EXPECT_EQ(out.created, primitives::contract_address(address(1), 0));
  EXPECT_EQ(out.output, *from_hex(test::kCounter));
}

TEST_F(Call, may_come_from_a_contract_and_from_nobody) {
  deploy(test::kCounter);
  CallRequest question = request(kFirst);
  question.from = kFirst;
  EXPECT_EQ(run(question).output, word(1));
  question.from = Address{{0x99}};
  EXPECT_EQ(run(question).output, word(1));
}

TEST_F(Call, is_free_unless_it_says_otherwise) {
  deploy(test::kEnvironment);
  CallRequest question = request(kFirst);
  const U256 base_fee = chain_.head.base_fee;
  const Bytes gratis = run(question).output;
  EXPECT_EQ(Bytes(gratis.begin(), gratis.begin() + 32), word(0));
  question.max_fee_per_gas = base_fee;
  const Bytes paid = run(question).output;
  EXPECT_EQ(Bytes(paid.begin(), paid.begin() + 32), word(base_fee.low64()));
}

TEST_F(Call, refuses_in_geths_words) {
  deploy(test::kCounter);
  CallRequest question = request(kFirst);
  question.gas = 20'999;
  EXPECT_EQ(refusal_of(question), "intrinsic gas too low: have 20999, want 21000");
  question = request(kFirst, Bytes(100, 1));
  question.gas = 24'000;
  EXPECT_EQ(refusal_of(question),
            "insufficient gas for floor data gas cost: have 24000, want 25000");
  question = request(kFirst);
  question.from = Address{{0x99}};
  question.value = U256(1);
  EXPECT_EQ(refusal_of(question), "insufficient funds for gas * price + value: address " +
                                      primitives::checksum_text(question.from) + " have 0 want 1");
  question.value = U256(0);
  question.max_fee_per_gas = U256(1);
  EXPECT_THAT(refusal_of(question),
              StartsWith("max fee per gas less than block base fee: address"));
  question.max_priority_fee_per_gas = U256(2);
  EXPECT_EQ(refusal_of(question), "max priority fee per gas higher than max fee per gas: address " +
                                      primitives::checksum_text(question.from) +
                                      ", maxPriorityFeePerGas: 2, maxFeePerGas: 1");
  question.max_fee_per_gas = U256(0);
  EXPECT_THAT(refusal_of(question),
              StartsWith("max priority fee per gas higher than max fee per gas"));
}

/// Returns BLOBHASH 0, or BLOBBASEFEE.
constexpr std::string_view kBlobHash = "5f495f5260205ff3";
constexpr std::string_view kBlobBaseFee = "4a5f5260205ff3";

TEST_F(Call, may_have_blobs) {
  deploy(kBlobHash);
  CallRequest question = request(kFirst);
  EXPECT_EQ(run(question).output, word(0));
  const Hash256 hash{{0x01, 0xab}};
  question.blob_hashes = {hash};
  EXPECT_EQ(run(question).output, to_bytes(hash.view()));
  question.max_fee_per_blob_gas = U256(1);
  EXPECT_EQ(run(question).output, to_bytes(hash.view())) << "at the price that blob gas has";
  // EIP-4844: the sender pays for 131,072 units of blob gas.
  question.from = Address{{0x99}};
  EXPECT_EQ(refusal_of(question), "insufficient funds for gas * price + value: address " +
                                      primitives::checksum_text(question.from) +
                                      " have 0 want 131072");
}

TEST_F(Call, refuses_blobs_in_geths_words) {
  deploy(kBlobHash);
  CallRequest question = request(kFirst);
  question.blob_hashes.emplace();
  EXPECT_EQ(refusal_of(question), "blob transaction missing blob hashes");
  question.blob_hashes = {Hash256{{0x01}}, Hash256{{0x02}}};
  EXPECT_EQ(refusal_of(question), "blob 1 has invalid hash version");
  question.to.reset();
  EXPECT_EQ(refusal_of(question), "blob transaction of type create");
  question = request(kFirst);
  question.blob_hashes = {Hash256{{0x01}}};
  question.max_fee_per_blob_gas = U256(1);
  evm::BlockEnv block = env();
  block.blob_base_fee = U256(2);
  const auto out = call(chain_.engine, chain_.state, block, question);
  ASSERT_FALSE(out);
  EXPECT_EQ(std::get<primitives::TxnRefusal>(out.error()).message,
            "max fee per blob gas less than block blob gas fee: address " +
                primitives::checksum_text(question.from) + " blobGasFeeCap: 1, blobBaseFee: 2");
}

TEST_F(Call, sees_no_price_of_blobs_that_are_free) {
  deploy(kBlobBaseFee);
  CallRequest question = request(kFirst);
  EXPECT_EQ(run(question).output, word(1));
  question.max_fee_per_blob_gas = U256(0);
  EXPECT_EQ(run(question).output, word(0));
  question.max_fee_per_blob_gas = U256(1);
  EXPECT_EQ(run(question).output, word(1));
  question.max_fee_per_blob_gas.reset();
  question.blob_hashes = {Hash256{{0x01}}};
  EXPECT_EQ(run(question).output, word(0));
}

TEST_F(Call, sees_the_block_it_is_told_of) {
  deploy(test::kEnvironment);
  evm::BlockEnv block = env();
  block.number = 77;
  const auto out = call(chain_.engine, chain_.state, block, request(kFirst));
  ASSERT_TRUE(out);
  EXPECT_EQ(Bytes(out->output.begin() + 32, out->output.begin() + 64), word(77));
}

TEST_F(Call, sees_the_state_it_is_told_of) {
  deploy(test::kCounter);
  chain_.mine({sign(invocation(0, kFirst), 1)});
  const auto ask = [&](const AccountOverride& account) {
    const OverrideView view(chain_.state, {{kFirst, account}});
    auto out = call(chain_.engine, view, env(), request(kFirst));
    EXPECT_TRUE(out);
    return out->output;
  };
  const Hash256 slot{};
  EXPECT_EQ(ask({}), word(2));
  AccountOverride one_slot;
  one_slot.slots[slot] = U256(9);
  EXPECT_EQ(ask(one_slot), word(10));
  AccountOverride all_slots;
  all_slots.storage.emplace();
  EXPECT_EQ(ask(all_slots), word(1));
  all_slots.storage->emplace(slot, U256(40));
  EXPECT_EQ(ask(all_slots), word(41));
  AccountOverride code;
  code.code = *from_hex(test::kEnvironment);
  code.balance = U256(123);
  code.nonce = 9;
  const Bytes out = ask(code);
  EXPECT_EQ(Bytes(out.begin() + 64, out.end()), word(123));
}

TEST_F(Call, overrides_accounts_that_do_not_exist) {
  AccountOverride ghost;
  ghost.code = *from_hex(test::kCounter);
  ghost.slots[Hash256{}] = U256(6);
  const OverrideView view(chain_.state, {{Address{{0x77}}, ghost}});
  const auto out = call(chain_.engine, view, env(), request(Address{{0x77}}));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->output, word(7));
}

TEST_F(Call, answers_block_hashes) {
  deploy(test::kBlockHash);
  chain_.mine({});
  chain_.mine({});
  for (const std::uint64_t number : {0ULL, 1ULL, 2ULL}) {
    EXPECT_EQ(run(request(kFirst, word(number))).output,
              to_bytes(chain_.block_hash(number)->view()))
        << number;
  }
  EXPECT_EQ(run(request(kFirst, word(3))).output, word(0));
}

/// Counts what it sees.
class Counting final : public evm::Tracer {
 public:
  int steps = 0;
  std::vector<Address> entered;

  void on_enter(const evm::TraceEnter& enter) override { entered.push_back(enter.to); }
  void on_exit(int, evm::Status, std::int64_t, ByteView) override {}
  void on_step(const evm::TraceStep&) override { ++steps; }
  void on_step_end(int, std::int64_t, evm::Status) override {}
};

TEST_F(Call, can_be_watched) {
  deploy(test::kCounter);
  Counting tracer;
  const auto out = call(chain_.engine, chain_.state, env(), request(kFirst), &tracer);
  ASSERT_TRUE(out);
  EXPECT_EQ(tracer.entered, std::vector{kFirst});
  EXPECT_EQ(tracer.steps, 16);
  // Nobody watches the next.
  static_cast<void>(run(request(kFirst)));
  EXPECT_EQ(tracer.steps, 16);
}

class Replay : public ::testing::Test {
 protected:
  Replay() {
    chain_.mine({sign(creation(0, deployer(test::kCounter)), 0)});
    again_.mine({sign(creation(0, deployer(test::kCounter)), 0)});
    parent_ = chain_.head;
    block_ = again_.mine(txns_);
  }
  BlockContext context() { return replay_context(kChain, parent_, block_.header, &chain_); }

  Chain chain_;  // stays before the block
  Chain again_;
  primitives::EvmHeader parent_;
  const std::vector<TxnPtr> txns_ = {sign(invocation(1, kFirst), 0), sign(invocation(0, kFirst), 1),
                                     sign(transfer(1, address(2)), 1)};
  ExecutedBlock block_;
};

TEST_F(Replay, runs_a_block_as_it_ran_each_transaction_watched_once) {
  std::vector<Counting> tracers(txns_.size());
  std::size_t ended = 0;
  const auto check = [&](std::size_t i, const CallOutcome& out) {
    EXPECT_EQ(i, ended++);
    EXPECT_EQ(out.gas_used, block_.receipts[i].gas_used);
    EXPECT_EQ(out.logs, block_.receipts[i].logs);
    return true;
  };
  const auto changed = replay(chain_.engine, chain_.state, context(), txns_,
                              {.watch = [&](std::size_t i) { return &tracers[i]; }, .done = check});
  ASSERT_TRUE(changed);
  EXPECT_EQ(ended, txns_.size());
  EXPECT_EQ(tracers[0].steps, 16);
  EXPECT_EQ(tracers[1].steps, 16);
  EXPECT_EQ(tracers[2].steps, 0);
  EXPECT_EQ(changed->accounts.at(address(2))->balance,
            block_.diff.accounts.at(address(2))->balance);
}

TEST_F(Replay, ends_where_it_is_told_to) {
  int runs = 0;
  const auto changed =
      replay(chain_.engine, chain_.state, context(), txns_,
             {.watch = {}, .done = [&](std::size_t, const CallOutcome&) { return ++runs < 2; }});
  ASSERT_TRUE(changed);
  EXPECT_EQ(runs, 2);
}

TEST_F(Replay, names_the_transaction_that_cannot_be_in_the_block) {
  const std::vector<TxnPtr> wrong = {txns_[0], txns_[0]};
  const auto out = replay(chain_.engine, chain_.state, context(), wrong, {});
  ASSERT_FALSE(out);
  EXPECT_EQ(std::get<InvalidTxn>(out.error()).index, 1U);
}

}  // namespace
}  // namespace ol::execution
