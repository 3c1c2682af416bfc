#include <ol/exchange/commitment.hpp>
#include <ol/exchange/signing.hpp>

#include "exchange_fixture.hpp"

// What development networks may do to themselves (dex.md 17.5, docs/adr/0031).

namespace ol::exchange::test {
namespace {

const Address kA = user(1);
const Address kB = user(2);
constexpr TimeMs kDayMs = 86'400'000;
constexpr TimeMs kYearMs = 366 * kDayMs;

bool runs(Chain& chain, SystemAction action) {
  return chain.block({std::move(action)}, {}).system_ok.at(0);
}

// Records but for those that go on whatever is undone.
StateRecords comparable(const Engine& engine) {
  StateRecords out = engine.records();
  std::erase_if(out, [](const auto& record) {
    const std::string_view key = as_text(record.first);
    return key == "glob/" || key.starts_with("snap") || key.starts_with("clock/");
  });
  return out;
}

// Funded users, resting orders on both sides and positions.
void trade(Chain& chain) {
  chain.deposit(kA, 100'000);
  chain.deposit(kB, 100'000);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Sell, 601'000, 100)).kind,
            OrderResult::Kind::Resting);
  EXPECT_EQ(chain.order(kB, order_of(kBtc, Side::Buy, 601'000, 40)).kind,
            OrderResult::Kind::Filled);
}

std::uint64_t snapshot(Chain& chain) {
  EXPECT_TRUE(runs(chain, TakeSnapshot{}));
  return chain.state().global().height;
}

TEST(Dex17, the_clock_goes_ahead_by_what_was_asked_and_no_further_than_the_bounds) {
  Chain chain;
  EXPECT_EQ(chain.state().clock_ahead(), 0U);
  EXPECT_TRUE(runs(chain, AdvanceTime{kDayMs}));
  EXPECT_TRUE(runs(chain, AdvanceTime{5}));
  EXPECT_EQ(chain.state().clock_ahead(), kDayMs + 5);
  EXPECT_FALSE(runs(chain, AdvanceTime{0}));
  EXPECT_FALSE(runs(chain, AdvanceTime{kYearMs + 1}));
  EXPECT_EQ(chain.state().clock_ahead(), kDayMs + 5);
  for (int i = 0; i < 99; ++i)
    EXPECT_TRUE(runs(chain, AdvanceTime{kYearMs}));
  EXPECT_FALSE(runs(chain, AdvanceTime{kYearMs}));
  EXPECT_TRUE(runs(chain, AdvanceTime{kYearMs - kDayMs - 5}));
  EXPECT_FALSE(runs(chain, AdvanceTime{1}));
}

TEST(Dex17, asking_for_blocks_changes_nothing_and_is_bounded) {
  Chain chain;
  const StateRecords before = comparable(chain.engine());
  EXPECT_TRUE(runs(chain, MineBlocks{1}));
  EXPECT_TRUE(runs(chain, MineBlocks{10'000}));
  EXPECT_FALSE(runs(chain, MineBlocks{0}));
  EXPECT_FALSE(runs(chain, MineBlocks{10'001}));
  EXPECT_EQ(comparable(chain.engine()), before);
}

TEST(Dex17, a_snapshot_brings_back_balances_orders_positions_and_nonces) {
  Chain chain;
  trade(chain);
  const StateRecords kept = comparable(chain.engine());
  const std::uint64_t id = snapshot(chain);
  EXPECT_EQ(comparable(chain.engine()), kept);
  chain.order(kB, order_of(kBtc, Side::Buy, 601'000, 60));
  chain.order(kA, order_of(kEth, Side::Buy, 299'000, 50));
  chain.deposit(user(3), 5'000);
  const std::uint64_t height = chain.state().global().height;
  const TimeMs time = chain.state().global().time;
  const BlockResult out = chain.system({RevertTo{id}});
  EXPECT_EQ(out.reverted_to, id);
  EXPECT_EQ(comparable(chain.engine()), kept);
  EXPECT_EQ(chain.state().global().height, height + 1);
  EXPECT_GT(chain.state().global().time, time);
  // The order of before takes again.
  EXPECT_EQ(chain.order(kB, order_of(kBtc, Side::Buy, 601'000, 60)).total_sz, 60U);
}

TEST(Dex17, the_diff_of_a_revert_leads_from_one_root_to_the_other) {
  Chain chain;
  trade(chain);
  const std::uint64_t id = snapshot(chain);
  chain.order(kB, order_of(kBtc, Side::Buy, 601'000, 60));
  StateRecords records = chain.engine().records();
  Commitment tree(records);
  const BlockResult out = chain.block({RevertTo{id}, SetOracle{kBtc, 610'000}}, {});
  apply_diff(records, out.diff);
  EXPECT_EQ(records, chain.engine().records());
  EXPECT_EQ(tree.apply(out.diff), state_root(chain.engine().records()));
}

TEST(Dex17, a_snapshot_is_gone_with_its_use_and_so_are_later_ones) {
  Chain chain;
  const std::uint64_t first = snapshot(chain);
  const std::uint64_t second = snapshot(chain);
  const std::uint64_t third = snapshot(chain);
  EXPECT_FALSE(runs(chain, RevertTo{third + 1}));
  EXPECT_TRUE(runs(chain, RevertTo{second}));
  EXPECT_FALSE(runs(chain, RevertTo{second}));
  EXPECT_FALSE(runs(chain, RevertTo{third}));
  EXPECT_TRUE(runs(chain, RevertTo{first}));
  EXPECT_TRUE(chain.state().snapshots.items().empty());
  EXPECT_TRUE(chain.state().kept_records.items().empty());
}

TEST(Dex17, one_block_has_one_snapshot_or_goes_back_once) {
  Chain chain;
  const std::uint64_t first = snapshot(chain);
  const std::uint64_t second = snapshot(chain);
  const BlockResult out = chain.block(
      {TakeSnapshot{}, RevertTo{99}, RevertTo{second}, RevertTo{first}, TakeSnapshot{}}, {});
  EXPECT_EQ(out.system_ok, (std::vector{false, false, true, false, false}));
  EXPECT_EQ(out.reverted_to, second);
  EXPECT_EQ(chain.block({TakeSnapshot{}, TakeSnapshot{}}, {}).system_ok,
            (std::vector{true, false}));
}

TEST(Dex17, snapshots_are_bounded_in_number) {
  Chain chain;
  for (int i = 0; i < 8; ++i)
    snapshot(chain);
  EXPECT_FALSE(runs(chain, TakeSnapshot{}));
}

TEST(Dex17, snapshots_do_not_keep_snapshots) {
  Chain chain;
  const std::uint64_t first = snapshot(chain);
  const std::uint64_t second = snapshot(chain);
  const auto& counts = chain.state().snapshots.items();
  EXPECT_EQ(counts.at(second), counts.at(first));
}

TEST(Dex17, the_clock_does_not_go_back) {
  Chain chain;
  EXPECT_TRUE(runs(chain, AdvanceTime{10}));
  const std::uint64_t id = snapshot(chain);
  EXPECT_TRUE(runs(chain, AdvanceTime{kDayMs}));
  EXPECT_TRUE(runs(chain, RevertTo{id}));
  EXPECT_EQ(chain.state().clock_ahead(), kDayMs + 10);
}

TEST(Dex17, blocks_around_a_revert_can_be_undone_and_come_out_the_same) {
  Chain chain;
  trade(chain);
  const std::uint64_t id = snapshot(chain);
  chain.order(kB, order_of(kBtc, Side::Buy, 601'000, 60));
  chain.keep_blocks_open();
  std::vector<StateRecords> states{chain.engine().records()};
  std::vector<BlockInput> blocks;
  const auto note = [&] {
    states.push_back(chain.engine().records());
    blocks.push_back(chain.last_block());
  };
  chain.deposit(user(3), 5);
  note();
  chain.system({RevertTo{id}});
  note();
  chain.order(kB, order_of(kBtc, Side::Buy, 601'000, 10));
  note();
  for (std::size_t left = blocks.size(); left > 0; --left) {
    EXPECT_EQ(chain.engine().records(), states[left]);
    chain.engine().undo_block();
    EXPECT_EQ(chain.engine().records(), states[left - 1]);
  }
  for (const BlockInput& block : blocks)
    static_cast<void>(chain.engine().execute(block));
  EXPECT_EQ(chain.engine().records(), states.back());
  // What is final cannot be undone; the rest still can.
  chain.engine().commit_block();
  chain.engine().undo_block();
  EXPECT_EQ(chain.engine().records(), states[2]);
  chain.engine().undo_block();
  EXPECT_EQ(chain.engine().records(), states[1]);
  static_cast<void>(chain.engine().execute(blocks[1]));
  static_cast<void>(chain.engine().execute(blocks[2]));
  chain.engine().commit_block();
  chain.engine().undo_block();
  EXPECT_EQ(chain.engine().records(), states[2]);
  EXPECT_EQ(chain.engine().open_blocks(), 0U);
}

TEST(Dex17, snapshots_outlive_a_restart) {
  Chain chain;
  trade(chain);
  const std::uint64_t id = snapshot(chain);
  const StateRecords kept = comparable(chain.engine());
  chain.order(kB, order_of(kBtc, Side::Buy, 601'000, 60));
  chain.restart();
  EXPECT_TRUE(runs(chain, RevertTo{id}));
  EXPECT_EQ(comparable(chain.engine()), kept);
  const StateRecords all = chain.engine().records();
  chain.restart();
  EXPECT_EQ(chain.engine().records(), all);
}

TEST(Dex17, a_parameter_counts_from_the_next_block_on) {
  Chain chain;
  chain.deposit(kA, 100);
  const auto create = [&](const char* sub) { return chain.action(kA, CreateSubAccount{sub}); };
  const BlockResult same = chain.block({SetParams{{{"sub_accounts", 0}}}}, {create("one")});
  EXPECT_TRUE(same.system_ok.at(0));
  EXPECT_TRUE(same.results.at(0).ok);
  EXPECT_FALSE(chain.block({}, {create("two")}).results.at(0).ok);
  EXPECT_EQ(chain.engine().params().sub_accounts, 0U);
  chain.restart();
  EXPECT_EQ(chain.engine().params().sub_accounts, 0U);
  EXPECT_TRUE(runs(chain, SetParams{{{"sub_accounts", 2}}}));
  EXPECT_TRUE(chain.block({}, {create("two")}).results.at(0).ok);
}

TEST(Dex17, parameters_are_set_together_or_not_at_all) {
  Chain chain;
  EXPECT_FALSE(runs(chain, SetParams{{{"seal_window", 9}, {"oracle_mode", 2}}}));
  EXPECT_FALSE(runs(chain, SetParams{{{"seal_window", 9}, {"no_such", 2}}}));
  EXPECT_FALSE(runs(chain, SetParams{}));
  EXPECT_TRUE(chain.state().param_values.items().empty());
  EXPECT_TRUE(runs(chain, SetParams{{{"seal_window", 9}, {"oracle_mode", 1}}}));
  EXPECT_EQ(chain.engine().params().seal_window, 9U);
  EXPECT_EQ(chain.engine().params().oracle_mode, 1U);
}

// dex.md 19.2: what waits for its seed, and how long a seal is good for, goes on where it was.
TEST(Dex17, seals_go_on_after_a_revert_where_they_were) {
  Chain chain;
  chain.deposit(kA, 100'000);
  RevealOrder last;
  last.order = order_of(kBtc, Side::Buy, 590'000, 100);
  last.commitment = seal_commitment(last.order, last.salt, kA);
  RevealOrder first = last;
  first.salt.bytes[0] = 1;
  first.commitment = seal_commitment(first.order, first.salt, kA);
  EXPECT_TRUE(chain.act(kA, SealOrder{first.commitment}).ok);
  EXPECT_TRUE(chain.act(kA, SealOrder{last.commitment}).ok);
  const std::uint64_t id = snapshot(chain);
  for (int i = 0; i < 10; ++i)
    chain.system({});
  chain.system({RevertTo{id}});
  EXPECT_EQ(chain.state().seals.find({kA, last.commitment})->seed, chain.last_block().seed);
  EXPECT_NE(chain.state().seals.find({kA, first.commitment})->seed, chain.last_block().seed);
  // Sealed two blocks and one before: each is revealed in the last of its five.
  chain.system({});
  chain.system({});
  EXPECT_TRUE(chain.act(kA, first).ok);
  EXPECT_TRUE(chain.act(kA, last).ok);
}

TEST(Dex17, parameters_have_names_and_ranges) {
  Chain chain;
  EXPECT_FALSE(runs(chain, SetParams{{{"no_such", 1}}}));
  EXPECT_FALSE(runs(chain, SetParams{{{"oracle_mode", 2}}}));
  EXPECT_FALSE(runs(chain, SetParams{{{"oracle_mode", -1}}}));
  EXPECT_TRUE(chain.state().param_values.items().empty());
  EXPECT_GE(param_names().size(), 38U);
  for (const std::string_view name : param_names()) {
    const ParamRange range = *param_range(name);
    Params params;
    const std::int64_t value = *param_value(params, name);
    EXPECT_GE(value, range.least) << name;
    EXPECT_LE(value, range.most) << name;
    for (const std::int64_t bound : {range.least, range.most}) {
      EXPECT_TRUE(set_param(params, name, bound)) << name;
      EXPECT_EQ(param_value(params, name), bound) << name;
    }
    EXPECT_FALSE(set_param(params, name, range.least - 1)) << name;
  }
  EXPECT_FALSE(param_range("no_such"));
  EXPECT_FALSE(param_value(Params{}, "no_such"));
}

TEST(Dex17, a_revert_undoes_parameters_too) {
  Chain chain;
  const std::uint64_t id = snapshot(chain);
  EXPECT_TRUE(runs(chain, SetParams{{{"seal_window", 9}}}));
  EXPECT_TRUE(runs(chain, RevertTo{id}));
  EXPECT_EQ(chain.engine().params().seal_window, Params{}.seal_window);
}

}  // namespace
}  // namespace ol::exchange::test
