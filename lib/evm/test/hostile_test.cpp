// Programs made to hurt: what they may take of time and memory is bounded by what they pay for.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <ol/evm/index_table.hpp>
#include <ol/evm/trace.hpp>

#include "run_code.hpp"

namespace ol::evm {
namespace {

using test::Accounts;
using test::Code;
using test::kContract;
using test::kOther;
using test::run_on;
using test::RunOptions;
using test::RunResult;

/// Appends a call that passes all gas, `value` and no data, and drops its result.
Code& add_call(Code& code, const Address& to, std::uint64_t value) {
  code.push(0).push(0).push(0).push(0).push(value).push(to);
  return code.ops({Opcode::Gas, Opcode::Call, Opcode::Pop});
}

/// How many instructions ran, in all frames.
class StepCount final : public Tracer {
 public:
  void on_enter(const TraceEnter& /*enter*/) override {}
  void on_exit(int /*depth*/, Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const TraceStep& /*step*/) override { ++steps; }
  void on_step_end(int /*depth*/, std::int64_t /*cost*/, Status /*status*/) override {}

  std::size_t steps = 0;
};

/// What runs with so much gas.
struct Reached {
  std::int64_t gas;
  std::size_t steps;
};

Reached reach(const Accounts& accounts, const Bytes& code, std::int64_t gas) {
  StepCount count;
  (void)run_on(Engine::Reference, accounts, code, {.gas = gas, .tracer = &count});
  return {gas, count.steps};
}

/// Appends amounts of gas between both with which more or fewer instructions run than with a unit
/// less.
void find_edges(const Accounts& accounts, const Bytes& code, Reached low, Reached high,
                std::vector<std::int64_t>& edges) {
  if (low.steps == high.steps) return;
  if (high.gas - low.gas == 1) {
    edges.push_back(high.gas);
    return;
  }
  const Reached middle = reach(accounts, code, low.gas + (high.gas - low.gas) / 2);
  find_edges(accounts, code, low, middle, edges);
  find_edges(accounts, code, middle, high, edges);
}

/// Both interpreters end alike with so much gas, and leave nothing behind if it does not suffice.
void expect_alike(const Accounts& accounts, const Bytes& code, std::int64_t gas) {
  const RunResult fast = run_on(Engine::Fast, accounts, code, {.gas = gas});
  const RunResult plain = run_on(Engine::Reference, accounts, code, {.gas = gas});
  ASSERT_EQ(fast.outcome.status == Status::Success, plain.outcome.status == Status::Success) << gas;
  ASSERT_EQ(fast.outcome.gas_left, plain.outcome.gas_left) << gas;
  ASSERT_EQ(fast.diff, plain.diff) << gas;
  if (fast.outcome.status == Status::Success) return;
  ASSERT_EQ(fast.outcome.gas_left, 0) << gas;
  ASSERT_TRUE(fast.diff.empty()) << gas;
  ASSERT_TRUE(fast.outcome.logs.empty()) << gas;
}

TEST(HostileCode, runs_out_of_gas_alike_at_every_step_of_a_call_tree) {
  // Writes, calls, transfers, logs, creation and a callee that destroys itself, three frames deep.
  const Address last{{0x1a, 0x57}};
  Accounts accounts;
  accounts.account(
      last, 5,
      Code{}.push(7).push(1).op(Opcode::Sstore).push(kOther).op(Opcode::Selfdestruct).bytes(), 1);
  Code middle;
  middle.push(3).push(2).op(Opcode::Sstore);
  add_call(middle, last, 1);
  middle.push(64)
      .push(0)
      .op(Opcode::Log0)
      .push(0)
      .push(0)
      .push(0)
      .ops({Opcode::Create, Opcode::Pop});
  accounts.account(kOther, 10, middle.bytes(), 1);
  Code code;
  code.push(9).push(0).op(Opcode::Sstore);
  add_call(code, kOther, 2);
  add_call(code, kOther, 0);
  code.push(64).push(500).op(Opcode::Keccak256).push(1).op(Opcode::Sstore);
  const RunResult whole = run_on(Engine::Fast, accounts, code.bytes(), {.gas = 1'000'000});
  ASSERT_EQ(whole.outcome.status, Status::Success);
  // Where gas ends at another instruction than with a unit less. A caller goes on where its callee
  // ran out, so more gas can mean fewer instructions: intervals are short to miss few of them.
  std::vector<std::int64_t> edges;
  Reached low = reach(accounts, code.bytes(), 0);
  while (low.gas < whole.gas_used + 5'000) {
    const Reached high = reach(accounts, code.bytes(), low.gas + 200);
    find_edges(accounts, code.bytes(), low, high, edges);
    low = high;
  }
  ASSERT_GT(edges.size(), 50U);
  for (const std::int64_t edge : edges) {
    for (const std::int64_t gas : {edge - 1, edge})
      expect_alike(accounts, code.bytes(), gas);
  }
}

TEST(HostileCode, memory_is_as_large_as_its_price_allows_and_no_larger) {
  // A callee that doubles its memory until it cannot pay; the caller finds its own untouched.
  Accounts accounts;
  Code bomb;
  const auto start = bomb.size();
  bomb.op(Opcode::Jumpdest).push(1).ops({Opcode::Msize, Opcode::Msize, Opcode::Add}).push(32);
  bomb.ops({Opcode::Add, Opcode::Mstore8}).push(start).op(Opcode::Jump);
  accounts.account(kOther, 0, bomb.bytes(), 1);
  Code code;
  code.push(0xabcd).push(96).op(Opcode::Mstore);
  add_call(code, kOther, 0);
  add_call(code, kOther, 0);
  code.push(96).op(Opcode::Mload).push(0).op(Opcode::Mstore);
  code.push(32).push(0).op(Opcode::Return);
  for (const Engine engine : {Engine::Fast, Engine::Reference}) {
    const RunResult result = run_on(engine, accounts, code.bytes(), {.gas = 300'000'000});
    EXPECT_EQ(result.word(), U256{0xabcd});
    EXPECT_LT(result.outcome.gas_left, 300'000'000 / 64 + 1);
  }
  // The largest memory that so much gas buys: 3 w + w^2 / 512.
  const auto grown_to = [](std::uint64_t words) {
    return Code{}.push(1).push(32 * words - 1).op(Opcode::Mstore8).bytes();
  };
  constexpr std::uint64_t kWords = 100'000;
  constexpr std::int64_t kPrice = 3 * kWords + kWords * kWords / 512 + 9;
  EXPECT_EQ(run_on(Engine::Fast, {}, grown_to(kWords), {.gas = kPrice}).outcome.status,
            Status::Success);
  EXPECT_EQ(run_on(Engine::Fast, {}, grown_to(kWords), {.gas = kPrice - 1}).outcome.status,
            Status::OutOfGas);
}

TEST(HostileKeys, that_collide_under_one_seed_do_not_under_another) {
  // Slots found to share 12 bits of their hash under seed 0, which is not secret.
  std::vector<U256> keys;
  for (std::uint64_t i = 0; keys.size() < 64; ++i) {
    if ((seeded_hash(0, U256{i}) & 0xfff) == 0) keys.push_back(U256{i});
  }
  std::mt19937_64 random(5);
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t seed = random();
    std::map<std::uint64_t, int> sharing;
    int most = 0;
    for (const U256& key : keys)
      most = std::max(most, ++sharing[seeded_hash(seed, key) & 0xfff]);
    EXPECT_LE(most, 4) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ol::evm
