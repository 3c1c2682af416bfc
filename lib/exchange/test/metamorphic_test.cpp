// dex.md 20.12: runs that must come out the same, or in proportion.
#include <algorithm>
#include <set>

#include <ol/exchange/commitment.hpp>

#include "margin.hpp"
#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

std::string prefix_of(const Bytes& key) {
  return std::string(key.begin(), std::ranges::find(key, std::uint8_t{'/'}));
}

// Records but those of nonces: an action that was split has several.
StateRecords without_nonces(const StateRecords& records) {
  StateRecords out;
  for (const auto& [key, value] : records) {
    const std::string prefix = prefix_of(key);
    if (prefix != "nonce" && prefix != "nset") out.emplace(key, value);
  }
  return out;
}

Order random_order(Random& random, AssetId asset, std::uint64_t middle) {
  Order order;
  order.asset = asset;
  order.side = random.chance(50) ? Side::Buy : Side::Sell;
  order.px = middle - middle / 100 + random.below(middle / 50);
  order.px -= order.px % 10;
  order.sz = 1'000 + random.below(20'000);
  order.reduce_only = random.chance(10);
  order.stp = static_cast<Stp>(random.below(4));
  return order;
}

void fund(Chain& chain, std::uint8_t users, std::int64_t dollars) {
  for (std::uint8_t i = 1; i <= users; ++i)
    chain.deposit(user(i), dollars);
}

// A batch against its elements one by one, all of the same step.
class Splits : public testing::TestWithParam<Tif> {};

INSTANTIATE_TEST_SUITE_P(Steps, Splits, testing::Values(Tif::Alo, Tif::Gtc, Tif::Ioc, Tif::Fok));

TEST_P(Splits, of_a_batch_give_the_same_state) {
  Random random(21 + static_cast<std::uint64_t>(GetParam()));
  Chain whole;
  Chain split;
  fund(whole, 6, 3'000);
  fund(split, 6, 3'000);
  std::size_t fills = 0;
  std::size_t refused = 0;
  for (int block = 0; block < 150; ++block) {
    const std::uint64_t middle = 595'000 + random.below(10'000);
    std::vector<VerifiedAction> batch;
    std::vector<VerifiedAction> singles;
    // Some liquidity for those who only take.
    const Tif tif = block % 3 == 0 ? Tif::Gtc : GetParam();
    for (int n = 0; n < 3; ++n) {
      const Address who = user(static_cast<std::uint8_t>(1 + random.below(6)));
      PlaceOrders orders;
      for (std::uint64_t i = 0; i <= random.below(6); ++i) {
        orders.orders.push_back(random_order(random, kBtc, middle));
        orders.orders.back().tif = tif;
      }
      batch.push_back(whole.action(who, orders));
      for (const Order& order : orders.orders)
        singles.push_back(split.action(who, place(order)));
    }
    const std::vector<SystemAction> prices = {SetOracle{kBtc, middle - middle % 10}};
    const BlockResult a = whole.block(prices, batch);
    const BlockResult b = split.block(prices, singles);
    ASSERT_EQ(without_nonces(whole.engine().records()), without_nonces(split.engine().records()))
        << "block " << block;
    ASSERT_EQ(event_root(a.events), event_root(b.events)) << "block " << block;
    std::vector<OrderResult> of_batch;
    std::vector<OrderResult> of_singles;
    for (const ActionResult& result : a.results)
      of_batch.insert(of_batch.end(), result.orders.begin(), result.orders.end());
    for (const ActionResult& result : b.results)
      of_singles.insert(of_singles.end(), result.orders.begin(), result.orders.end());
    ASSERT_EQ(of_batch.size(), of_singles.size());
    for (std::size_t i = 0; i < of_batch.size(); ++i) {
      EXPECT_EQ(of_batch[i].kind, of_singles[i].kind);
      EXPECT_EQ(of_batch[i].oid, of_singles[i].oid);
      EXPECT_EQ(of_batch[i].total_sz, of_singles[i].total_sz);
      refused += of_batch[i].kind == OrderResult::Kind::Error ? 1 : 0;
      fills += of_batch[i].total_sz > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(fills, 20U);
  EXPECT_GT(refused, 5U);
}

// Records as they are without order ids: orders by what they say, all else by key.
std::multiset<Bytes> without_oids(const StateRecords& records) {
  std::multiset<Bytes> out;
  for (const auto& [key, value] : without_nonces(records)) {
    Bytes line = prefix_of(key) == "ord" ? Bytes{} : key;
    line.insert(line.end(), value.begin(), value.end());
    out.insert(std::move(line));
  }
  return out;
}

// Users 1 to 3 trade one market, 4 to 6 another; how their actions lie between each other is
// nobody's business.
TEST(Dex2012, orders_of_unrelated_accounts_and_markets_may_change_places) {
  Random random(31);
  Chain straight;
  Chain mixed;
  fund(straight, 6, 4'000);
  fund(mixed, 6, 4'000);
  std::size_t fills = 0;
  for (int block = 0; block < 200; ++block) {
    const std::uint64_t btc = 595'000 + random.below(10'000);
    const std::uint64_t eth = 298'000 + random.below(4'000);
    const std::vector<SystemAction> prices = {SetOracle{kBtc, btc - btc % 10},
                                              SetOracle{kEth, eth - eth % 10}};
    std::vector<VerifiedAction> first;
    std::vector<VerifiedAction> second;
    for (int i = 0; i < 5; ++i) {
      const Address one = user(static_cast<std::uint8_t>(1 + random.below(3)));
      const Address two = user(static_cast<std::uint8_t>(4 + random.below(3)));
      first.push_back(straight.action(one, place(random_order(random, kBtc, btc))));
      second.push_back(straight.action(two, place(random_order(random, kEth, eth))));
    }
    std::vector<VerifiedAction> in_turn = first;
    in_turn.insert(in_turn.end(), second.begin(), second.end());
    // Any merge that keeps each group's own order.
    std::vector<VerifiedAction> merged;
    for (std::size_t i = 0, j = 0; i < first.size() || j < second.size();) {
      const bool take_first = j == second.size() || (i < first.size() && random.chance(50));
      merged.push_back(take_first ? first[i++] : second[j++]);
    }
    const BlockResult out = straight.block(prices, in_turn);
    static_cast<void>(mixed.block(prices, merged));
    fills += static_cast<std::size_t>(std::ranges::count_if(
        out.events, [](const Event& event) { return std::holds_alternative<FillEvent>(event); }));
    ASSERT_EQ(without_oids(straight.engine().records()), without_oids(mixed.engine().records()))
        << "block " << block;
  }
  EXPECT_GT(fills, 50U);
}

// All sizes and deposits times k: positions times k exactly; cash and margin but for what each
// rounding may move, one micro-dollar a time for each of the k.
TEST(Dex2012, sizes_times_k_give_cash_positions_and_margin_times_k) {
  constexpr std::int64_t kTimes = 7;
  Random random(41);
  Chain plain;
  Chain scaled;
  fund(plain, 5, 40'000);
  fund(scaled, 5, 40'000 * kTimes);
  // The depth that funding looks at grows along.
  MarketConfig market = btc();
  market.asset = AssetId(2);
  plain.system({ListMarket{market}, SetOracle{market.asset, 600'000}});
  market.impact_ntl *= kTimes;
  scaled.system({ListMarket{market}, SetOracle{market.asset, 600'000}});
  std::int64_t roundings = 0;
  for (int block = 0; block < 300; ++block) {
    const std::uint64_t btc = 590'000 + random.below(20'000);
    const std::vector<SystemAction> prices = {SetOracle{market.asset, btc - btc % 10}};
    std::vector<VerifiedAction> one;
    std::vector<VerifiedAction> many;
    for (int i = 0; i < 3; ++i) {
      const Address who = user(static_cast<std::uint8_t>(1 + random.below(5)));
      Order order = random_order(random, market.asset, btc);
      order.tif = static_cast<Tif>(2 + random.below(2));
      one.push_back(plain.action(who, place(order)));
      order.sz *= kTimes;
      many.push_back(scaled.action(who, place(order)));
    }
    // Over an hour, where funding is paid, and not into the next day, where volumes make tiers.
    const BlockResult a = plain.block(prices, one, 20'000);
    const BlockResult b = scaled.block(prices, many, 20'000);
    ASSERT_EQ(a.events.size(), b.events.size()) << "block " << block;
    for (std::size_t i = 0; i < a.events.size(); ++i) {
      ASSERT_EQ(a.events[i].index(), b.events[i].index());
      if (const auto* fill = std::get_if<FillEvent>(&a.events[i])) {
        const auto& other = std::get<FillEvent>(b.events[i]);
        ASSERT_EQ(fill->sz * kTimes, other.sz);
        ASSERT_EQ(fill->px, other.px);
        roundings += 2;
      }
      roundings += std::holds_alternative<FundingEvent>(a.events[i]) ? 1 : 0;
    }
    const Int128 slack = Int128{roundings + 2} * kTimes;
    for (std::uint8_t i = 1; i <= 5; ++i) {
      const PerpState p = plain.perp(user(i), market.asset);
      const PerpState q = scaled.perp(user(i), market.asset);
      ASSERT_EQ(p.szi * kTimes, q.szi) << "block " << block;
      EXPECT_LE(abs128(p.entry_ntl * kTimes - q.entry_ntl), slack) << "block " << block;
      EXPECT_LE(
          abs128(Int128{plain.account(user(i)).raw_usd} * kTimes - scaled.account(user(i)).raw_usd),
          slack)
          << "block " << block;
      const Bucket x = cross_bucket(plain.state(), plain.state().find_account(user(i)));
      const Bucket y = cross_bucket(scaled.state(), scaled.state().find_account(user(i)));
      EXPECT_LE(abs128(x.av * kTimes - y.av), slack);
      EXPECT_LE(abs128(x.mm * kTimes - y.mm), slack);
      EXPECT_LE(abs128(x.im * kTimes - y.im), slack);
    }
  }
  EXPECT_GT(roundings, 200);
}

}  // namespace
}  // namespace ol::exchange
