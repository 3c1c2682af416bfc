#include <ol/exchange/book.hpp>

#include <map>
#include <set>

#include <gtest/gtest.h>

#include <ol/exchange/olb.hpp>

namespace ol::exchange {
namespace {

/// splitmix64; each test prints its seed by naming it here.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t n) {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return static_cast<std::uint64_t>((Uint128{z ^ (z >> 31)} * n) >> 64);
  }

 private:
  std::uint64_t state_;
};

TEST(LevelTree, agrees_with_a_sorted_set) {
  for (const unsigned spread : {4U, 12U, 30U, 42U}) {
    Random random(spread);
    LevelTree tree;
    std::set<std::uint64_t> reference;
    for (int i = 0; i < 4000; ++i) {
      const std::uint64_t tick = random.below(std::uint64_t{1} << random.below(spread + 1));
      if (reference.contains(tick)) {
        if (random.below(2) == 0) {
          tree.find(tick)->count = 0;
          tree.vacate_if(tree.leaf_of(tick), tick, false);
          ASSERT_NE(tree.find(tick), nullptr);
          tree.vacate_if(tree.leaf_of(tick), tick, true);
          reference.erase(tick);
        }
      } else {
        EXPECT_EQ(tree.occupy(tick).count, 0U);
        tree.find(tick)->count = 1;
        reference.insert(tick);
      }
      const std::uint64_t probe = random.below(std::uint64_t{1} << random.below(spread + 1));
      const auto up = reference.upper_bound(probe);
      const auto at = reference.lower_bound(probe);
      ASSERT_EQ(tree.above(probe), up == reference.end() ? std::nullopt : std::optional(*up));
      ASSERT_EQ(tree.below(probe),
                at == reference.begin() ? std::nullopt : std::optional(*std::prev(at)));
      ASSERT_EQ(tree.lowest(),
                reference.empty() ? std::nullopt : std::optional(*reference.begin()));
      ASSERT_EQ(tree.highest(),
                reference.empty() ? std::nullopt : std::optional(*reference.rbegin()));
      ASSERT_EQ(tree.find(probe) != nullptr, reference.contains(probe));
    }
  }
}

TEST(LevelTreeDeathTest, stops_at_ticks_it_does_not_have) {
  LevelTree tree;
  EXPECT_DEATH(static_cast<void>(tree.occupy(LevelTree::kTickEnd)), "beyond the range");
  EXPECT_DEATH(static_cast<void>(tree.leaf_of(1)), "not there");
  tree.occupy(2).count = 1;
  EXPECT_DEATH(static_cast<void>(tree.leaf_of(64)), "not there");
}

// The table of leaves has 1024 places for 64 ticks each.
TEST(LevelTree, forgets_a_leaf_that_shares_its_place_in_the_table) {
  constexpr std::uint64_t kFar = 5 + 64 * 1024;
  LevelTree tree;
  tree.occupy(5).count = 1;
  tree.occupy(kFar).count = 2;
  EXPECT_EQ(tree.find(5)->count, 1U);
  EXPECT_EQ(tree.find(kFar)->count, 2U);
  tree.find(kFar)->count = 0;
  tree.vacate_if(tree.leaf_of(kFar), kFar, true);
  EXPECT_EQ(tree.find(kFar), nullptr);
  tree.occupy(kFar + 1).count = 3;
  EXPECT_EQ(tree.above(5), kFar + 1);
  EXPECT_EQ(tree.highest(), kFar + 1);
  EXPECT_EQ(tree.leaf_of(5).at(5).count, 1U);
}

TEST(OrderPlaceDeathTest, stops_at_ticks_and_markets_it_has_no_room_for) {
  const OrderPlace last((1U << 19) - 1, Side::Sell, LevelTree::kTickEnd - 1);
  EXPECT_EQ(last.market, (1U << 19) - 1);
  EXPECT_EQ(last.tick, LevelTree::kTickEnd - 1);
  EXPECT_EQ(last.side, Side::Sell);
  EXPECT_DEATH(OrderPlace(0, Side::Buy, LevelTree::kTickEnd), "range of prices");
  EXPECT_DEATH(OrderPlace(1U << 19, Side::Buy, 1), "range of markets");
}

/// Puts an order into a book by hand.
Slot rest(OrderPool& pool, Book& book, Side side, std::uint64_t tick, std::uint64_t sz) {
  const Slot slot = pool.allocate();
  static_cast<OrderPlace&>(pool[slot]) = {0, side, tick};
  pool[slot].sz = sz;
  book.insert(slot);
  return slot;
}

TEST(Dex6Book, best_is_the_highest_bid_and_the_lowest_ask) {
  OrderPool pool;
  Book book(pool);
  EXPECT_EQ(book.best_tick(Side::Buy), std::nullopt);
  EXPECT_EQ(book.best(Side::Sell), kNoSlot);
  rest(pool, book, Side::Buy, 10, 1);
  const Slot bid = rest(pool, book, Side::Buy, 12, 1);
  const Slot ask = rest(pool, book, Side::Sell, 15, 1);
  rest(pool, book, Side::Sell, 20, 1);
  EXPECT_EQ(book.best(Side::Buy), bid);
  EXPECT_EQ(book.best(Side::Sell), ask);
  EXPECT_EQ(book.next_tick(Side::Buy, 12), 10U);
  EXPECT_EQ(book.next_tick(Side::Sell, 15), 20U);
  book.unlink(bid);
  book.unlink(ask);
  EXPECT_EQ(book.best_tick(Side::Buy), 10U);
  EXPECT_EQ(book.best_tick(Side::Sell), 20U);
}

TEST(Dex6Book, relink_restores_the_exact_place) {
  OrderPool pool;
  Book book(pool);
  const Slot a = rest(pool, book, Side::Buy, 7, 1);
  const Slot b = rest(pool, book, Side::Buy, 7, 2);
  const Slot c = rest(pool, book, Side::Buy, 7, 4);
  book.unlink(b);
  EXPECT_EQ(book.after(a), c);
  book.unlink(a);
  book.unlink(c);
  EXPECT_EQ(book.level(Side::Buy, 7), nullptr);
  book.relink(c);
  book.relink(a);
  book.relink(b);
  const Level& level = *book.level(Side::Buy, 7);
  EXPECT_EQ(book.first(level), a);
  EXPECT_EQ(book.after(a), b);
  EXPECT_EQ(book.after(b), c);
  EXPECT_EQ(book.after(c), kNoSlot);
  EXPECT_EQ(level.count, 3U);
  EXPECT_EQ(level.total_sz, 7U);
}

TEST(Dex6Book, relink_tells_the_oldest_from_the_newest) {
  OrderPool pool;
  Book book(pool);
  const Slot a = rest(pool, book, Side::Sell, 7, 1);
  const Slot b = rest(pool, book, Side::Sell, 7, 2);
  const Slot c = rest(pool, book, Side::Sell, 7, 4);
  for (const Slot slot : {a, b, c}) {
    book.unlink(slot);
    book.relink(slot);
    EXPECT_EQ(book.best(Side::Sell), a);
    EXPECT_EQ(book.after(a), b);
    EXPECT_EQ(book.after(b), c);
    EXPECT_EQ(book.after(c), kNoSlot);
  }
}

TEST(Dex6Book, the_slot_released_last_is_used_first) {
  OrderPool pool;
  const Slot a = pool.allocate();
  const Slot b = pool.allocate();
  EXPECT_NE(a, b);
  pool.release(a);
  pool.release(b);
  EXPECT_EQ(pool.allocate(), b);
  EXPECT_EQ(pool.allocate(), a);
  EXPECT_NE(pool.allocate(), a);
}

TEST(Dex6OrderIndex, frees_pages_and_keeps_ids_apart) {
  OrderIndex index;
  EXPECT_EQ(index.find(5), kNoSlot);
  index.add(5, 50);
  index.add(4096, 51);
  EXPECT_EQ(index.find(5), 50U);
  EXPECT_EQ(index.find(4096), 51U);
  EXPECT_EQ(index.find(6), kNoSlot);
  index.remove(5);
  EXPECT_EQ(index.find(5), kNoSlot);
  index.add(3, 52);
  std::vector<Slot> seen;
  index.for_each([&](Slot slot) { seen.push_back(slot); });
  EXPECT_EQ(seen, (std::vector<Slot>{52, 51}));
  EXPECT_DEATH(index.add(3, 9), "used twice");
  EXPECT_DEATH(index.remove(7), "not there");
}

class Dex22Olb : public testing::TestWithParam<OlbVariant> {};

TEST_P(Dex22Olb, makes_the_fills_of_the_plain_book) {
  const OlbWorkload work = make_olb(GetParam(), 20'000);
  BareBook ours;
  BareBook by_blocks;
  PlainBook plain;
  OlbFills fills;
  OlbFills block_fills;
  OlbFills plain_fills;
  for (const auto* ops : {&work.warm_up, &work.ops}) {
    for (const OlbOp& op : *ops) {
      apply(ours, op, fills);
      apply(plain, op, plain_fills);
    }
    apply_all(by_blocks, *ops, block_fills);
  }
  EXPECT_GT(fills.count(), 1'000U);
  EXPECT_EQ(fills, work.expected);
  EXPECT_EQ(block_fills, work.expected);
  EXPECT_EQ(plain_fills, work.expected);
}

INSTANTIATE_TEST_SUITE_P(Variants, Dex22Olb,
                         testing::Values(OlbVariant::W1, OlbVariant::W2, OlbVariant::W3));

TEST(Dex22Olb, publishes_the_hash_of_w1) {
  const OlbWorkload work = make_olb(OlbVariant::W1, 1'000'000);
  EXPECT_EQ(work.expected.hash(), 0x25b9f09baf16762cU);
  EXPECT_EQ(work.expected.count(), 124'192U);
}

}  // namespace
}  // namespace ol::exchange
