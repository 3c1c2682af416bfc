// Commitments: dex.md 18.
#include <ol/exchange/commitment.hpp>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>

#include "exchange_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kA = user(1);
const Address kB = user(2);

Bytes key_of(std::string_view prefix, const Writer& rest) {
  Bytes out = to_bytes(as_bytes(prefix));
  append(out, rest.bytes());
  return out;
}

/// Two traders, a resting order with two at its level, and a position.
class Dex18Leaves : public testing::Test {
 protected:
  void SetUp() override {
    chain.deposit(kA, 10'000);
    chain.deposit(kB, 10'000);
    chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
    chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc));
    Order rests = order_of(kBtc, Side::Buy, 590'000, 3'000);
    rests.cloid.bytes[15] = 9;
    oid = chain.order(kA, rests).oid;
    chain.order(kB, order_of(kBtc, Side::Buy, 590'000, 5'000));
    records = chain.engine().records();
  }
  Chain chain;
  OrderId oid;
  StateRecords records;
};

TEST_F(Dex18Leaves, of_an_account_hold_kind_master_cash_and_flags) {
  const Bytes expected = Writer()
                             .u8(0)
                             .fixed(kA)
                             .u64(static_cast<std::uint64_t>(chain.account(kA).raw_usd))
                             .u8(0)
                             .take();
  EXPECT_EQ(records.at(key_of("acct/", Writer().fixed(kA))), expected);
}

TEST_F(Dex18Leaves, of_a_position_hold_size_entry_mode_cash_index_and_leverage) {
  const Bytes expected =
      Writer().u64(10'000).u64(6'000'000'000).u8(0).u64(0).u64(0).u64(0).u8(0).take();
  EXPECT_EQ(records.at(key_of("pos/", Writer().fixed(kA).u32(0))), expected);
}

TEST_F(Dex18Leaves, of_an_order_hold_what_its_owner_placed) {
  Writer expected;
  expected.fixed(kA).u32(0).u8(0).u64(590'000).u64(3'000).u64(3'000).u8(2).u8(0);
  expected.u64(0).u64(9).u64(2).u64(0);  // cloid, sequence number, goodTil
  // Behind dex.md 18.1: group, builder and its fee, placed at, height and size of the last fill.
  const OrderCold& cold = chain.state().orders.cold(chain.state().orders.find(oid));
  expected.u32(0).fixed(Address{}).u32(0).u64(cold.placed_at).u64(cold.filled_height).u64(0);
  EXPECT_EQ(records.at(key_of("ord/", Writer().u64(oid.value()))), expected.bytes());
}

TEST_F(Dex18Leaves, of_a_level_hold_total_count_and_first_sequence) {
  const Bytes expected = Writer().u64(8'000).u32(2).u64(2).take();
  EXPECT_EQ(records.at(key_of("lvl/", Writer().u32(0).u8(0).u64(590'000))), expected);
}

TEST_F(Dex18Leaves, of_a_market_and_its_funding_pool) {
  Writer expected;
  expected.u64(600'000).u64(600'000).u64(0).u64(0).u64(10'000).u64(600'000).u8(0);
  EXPECT_EQ(records.at(key_of("mkt/", Writer().u32(0))), expected.bytes());
  EXPECT_EQ(records.at(key_of("pool/", Writer().fixed(kFundingPool).u32(0))),
            Writer().u64(0).take());
}

TEST_F(Dex18Leaves, go_when_what_they_tell_of_goes) {
  chain.act(kA, CancelAll{kAllAssets, CancelSide::Both});
  chain.act(kB, CancelAll{kAllAssets, CancelSide::Both});
  const StateRecords after = chain.engine().records();
  EXPECT_FALSE(after.contains(key_of("ord/", Writer().u64(oid.value()))));
  EXPECT_FALSE(after.contains(key_of("lvl/", Writer().u32(0).u8(0).u64(590'000))));
}

TEST(Dex18Root, follows_diffs_to_the_root_of_all_records_and_back) {
  Chain chain;
  Commitment commitment(chain.engine().records());
  EXPECT_EQ(commitment.root(), state_root(chain.engine().records()));
  std::vector<Hash256> roots = {commitment.root()};
  const auto run = [&](std::vector<SystemAction> system, std::vector<VerifiedAction> actions) {
    const BlockResult out = chain.block(std::move(system), std::move(actions));
    roots.push_back(commitment.apply(out.diff));
    EXPECT_EQ(roots.back(), state_root(chain.engine().records())) << roots.size();
    EXPECT_NE(roots.back(), roots[roots.size() - 2]);
  };
  run({CreditUsd{kA, 10'000 * kDollar}, CreditUsd{kB, 10'000 * kDollar}}, {});
  run({}, {chain.action(kA, ApproveAgent{user(9), "a name that makes the key long", 0}),
           chain.action(kB, place(order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo)))});
  run({}, {chain.action(kA, place(order_of(kBtc, Side::Buy, 600'000, 4'000)))});
  run({}, {chain.action(kB, CancelAll{kAllAssets, CancelSide::Both})});
  commitment.commit();
  for (std::size_t i = roots.size() - 1; i > 1; --i) {
    EXPECT_EQ(commitment.root(), roots[i]);
    commitment.undo();
  }
  EXPECT_EQ(commitment.root(), roots[1]);
  EXPECT_DEATH(commitment.undo(), "no block to undo");
}

TEST(Dex18Root, long_keys_are_hashed_behind_a_byte_no_prefix_has) {
  const Bytes short_key(32, 'a');
  const Bytes long_key(33, 'a');
  EXPECT_EQ(to_bytes(tree_key(short_key).bytes), short_key);
  const TreeKey hashed = tree_key(long_key);
  EXPECT_EQ(hashed.bytes[0], 0xff);
  const Hash256 digest = crypto::blake3(long_key);
  EXPECT_TRUE(std::equal(hashed.bytes.begin() + 1, hashed.bytes.end(), digest.bytes.begin()));
}

TEST(Dex18Root, a_leaf_binds_place_value_and_the_end_of_the_value) {
  const TreeKey key = tree_key(as_bytes("glob/"));
  const Hash256 leaf = leaf_hash(key, Bytes{1, 2});
  EXPECT_NE(leaf, leaf_hash(tree_key(as_bytes("glob.")), Bytes{1, 2}));
  EXPECT_NE(leaf, leaf_hash(key, Bytes{1, 3}));
  EXPECT_NE(leaf, leaf_hash(key, Bytes{1, 2, 0})) << "padding is not part of the value";
  Bytes message = to_bytes(key.bytes);
  append(message, Bytes{0, 0, 0, 2, 1, 2});
  message.resize(128);
  EXPECT_EQ(leaf, crypto::blake3(message));
  message.resize(32);
  append(message, Writer().u32(1200).bytes());
  message.resize(36 + 1200, 7);
  message.resize(64 * 20);
  EXPECT_EQ(leaf_hash(key, Bytes(1200, 7)), crypto::blake3(message));
}

// Values of every length class take the same way through the tree as alone.
TEST(Dex18Root, of_one_record_is_its_leaf_and_of_two_their_pair) {
  for (const std::size_t size : {0U, 1U, 92U, 93U, 156U, 157U, 988U, 989U, 5000U}) {
    const Bytes value(size, 5);
    const Bytes key = to_bytes(as_bytes("a"));
    EXPECT_EQ(state_root({{key, value}}), leaf_hash(tree_key(key), value)) << size;
    const Bytes other = to_bytes(as_bytes("b"));
    EXPECT_EQ(state_root({{key, value}, {other, value}}),
              inner_hash(leaf_hash(tree_key(key), value), leaf_hash(tree_key(other), value)));
  }
  EXPECT_EQ(state_root({}), Hash256{});
}

// Leaves of one length are hashed side by side, runs of them in turn.
TEST(Dex18Root, of_leaves_of_all_lengths_in_any_order_is_that_of_each_alone) {
  StateDiff diff;
  KeyTree tree;
  std::uint32_t number = 0;
  for (const std::size_t size : {1U, 1U, 300U, 1U, 5000U, 6000U, 300U, 300U, 5000U, 1U}) {
    for (std::size_t repeated = 0; repeated <= size % 7; ++repeated) {
      const std::string value(size, static_cast<char>('a' + number % 26));
      diff.key("k/", ++number).value(value);
      diff.key("absent/", number);
    }
  }
  for (const auto& [key, value] : diff) {
    if (value) tree.set(tree_key(key), leaf_hash(tree_key(key), *value));
  }
  EXPECT_EQ(Commitment(StateRecords{}).apply(diff), tree.rehash());
}

TEST(Dex18Roots, of_a_list_prove_an_items_place) {
  const std::vector<Bytes> items = {{1}, {2}, {3}};
  const auto leaf = [&](std::uint32_t i) { return leaf_hash(list_key(i), items[i]); };
  EXPECT_EQ(list_root(items), inner_hash(inner_hash(leaf(0), leaf(1)), leaf(2)));
}

TEST(Dex18Roots, of_a_block_tell_its_order_and_every_field) {
  ActionResult first;
  first.hash.bytes[0] = 1;
  ActionResult second;
  second.hash.bytes[0] = 2;
  EXPECT_NE(result_root({first, second}), result_root({second, first}));
  EXPECT_EQ(result_root({}), Hash256{});
  second.orders.emplace_back();
  second.orders[0].oid = OrderId(7);
  EXPECT_EQ(encode_result(second).size(), 32U + 1 + 2 + 4 + (1 + 2 + 8 + 8 + 8 + 8) + 8);
  CancelEvent cancel;
  cancel.oid = OrderId(5);
  const Hash256 user_canceled = event_root({cancel});
  cancel.reason = CancelReason::Expired;
  EXPECT_NE(event_root({cancel}), user_canceled);
  EXPECT_EQ(encode_event(cancel).front(), 3);
  EXPECT_EQ(encode_event(FillEvent{}).front(), 1);
  EXPECT_EQ(encode_event(RestEvent{}).front(), 2);
  EXPECT_EQ(encode_event(FundingEvent{}).front(), 4);
  EXPECT_EQ(encode_event(LiquidationEvent{}).front(), 5);
  EXPECT_EQ(encode_event(AlertEvent{}).front(), 6);
  VerifiedAction action;
  const Hash256 plain = action_root({action});
  action.hash.bytes[0] = 1;
  EXPECT_NE(action_root({action}), plain);
}

}  // namespace
}  // namespace ol::exchange
