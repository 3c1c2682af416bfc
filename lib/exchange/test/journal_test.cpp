// Changes that are taken back or become final, and what a block touched.
#include <ol/exchange/journal.hpp>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ol/exchange/id_set.hpp>
#include <ol/exchange/order_store.hpp>

namespace ol::exchange {
namespace {

/// Notes what the log asks of it.
class Noting final : public Undoable {
 public:
  explicit Noting(std::vector<std::string>& notes, std::string name)
      : notes_(notes), name_(std::move(name)) {}
  void undo_last() override { notes_.push_back("undo " + name_); }
  void forget_oldest(std::size_t count) override {
    notes_.push_back("forget " + name_ + " " + std::to_string(count));
  }

 private:
  std::vector<std::string>& notes_;
  std::string name_;
};

using Notes = std::vector<std::string>;

class Recorded : public testing::Test {
 protected:
  Notes notes;
  Noting a{notes, "a"};
  Noting b{notes, "b"};
  UndoLog log;
};

TEST_F(Recorded, changes_are_undone_last_first_across_what_was_changed) {
  log.record(a);
  const UndoLog::Mark mark = log.mark();
  log.record(a);
  log.record(a);
  log.record(b);
  log.record(a);
  log.revert_to(mark);
  EXPECT_EQ(notes, (Notes{"undo a", "undo b", "undo a", "undo a"}));
  log.revert_to(mark);
  EXPECT_EQ(notes.size(), 4U);
}

TEST_F(Recorded, changes_are_forgotten_within_a_run_and_the_rest_undone) {
  log.record(a);
  log.record(b);
  log.record(a);
  const UndoLog::Mark middle = log.mark();
  log.record(a);
  log.record(a);
  log.forget_before(middle);
  EXPECT_EQ(notes, (Notes{"forget a 2", "forget b 1"}));
  notes.clear();
  log.revert_to(middle);
  EXPECT_EQ(notes, (Notes{"undo a", "undo a"}));
  EXPECT_DEATH(log.revert_to(middle - 1), "a mark that was committed");
  notes.clear();
  log.record(b);
  log.forget_before(log.mark());
  EXPECT_EQ(notes, (Notes{"forget b 1"}));
}

TEST(UndoLog, knows_a_new_epoch_after_every_mark_and_return) {
  UndoLog log;
  const std::uint64_t first = log.epoch();
  const UndoLog::Mark mark = log.mark();
  const std::uint64_t second = log.epoch();
  log.revert_to(mark);
  EXPECT_NE(first, second);
  EXPECT_NE(second, log.epoch());
}

TEST(IdSet, tells_each_id_once_and_ascending_like_a_sorted_set) {
  std::mt19937_64 random(5);
  IdSet ids;
  for (int round = 0; round < 20; ++round) {
    std::set<std::uint64_t> model;
    for (int i = 0; i < 300; ++i) {
      // Neighbours, both ends of a page and far away.
      const std::uint64_t id = (random() % 8) * 4096 + (random() % 3) * 2047 + random() % 5;
      ids.add(id);
      model.insert(id);
    }
    std::vector<std::uint64_t> told;
    ids.for_each([&](std::uint64_t id) { told.push_back(id); });
    EXPECT_EQ(told, std::vector<std::uint64_t>(model.begin(), model.end()));
    ids.clear();
    ids.for_each([](std::uint64_t) { FAIL() << "an id after clear"; });
  }
}

OrderNode node(std::uint64_t oid, std::uint64_t tick) {
  OrderNode out;
  out.oid = oid;
  static_cast<OrderPlace&>(out) = {0, Side::Buy, tick};
  out.sz = 10 * oid;
  out.account = 1;
  return out;
}

class RestingOrders : public testing::Test {
 protected:
  RestingOrders() { orders.add_book(); }

  UndoLog log;
  OrderStore orders{log};
};

TEST_F(RestingOrders, use_the_slot_of_a_removed_one_again_only_when_that_is_final) {
  const Slot first = orders.add(node(1, 7), {});
  log.forget_before(log.mark());
  const UndoLog::Mark block = log.mark();
  orders.remove(first);
  EXPECT_NE(orders.add(node(2, 7), {}), first);
  log.revert_to(block);
  EXPECT_EQ(orders.find(OrderId(1)), first);
  EXPECT_EQ(orders[first].sz, 10U);
  EXPECT_EQ(orders.count_of(1), 1U);
  orders.remove(first);
  log.forget_before(log.mark());
  EXPECT_EQ(orders.add(node(3, 7), {}), first);
}

TEST_F(RestingOrders, are_told_ascending_also_after_one_was_taken_back) {
  for (std::uint64_t oid = 1; oid <= 4; ++oid)
    orders.add(node(oid, 7), {});
  const UndoLog::Mark mark = log.mark();
  orders.remove(orders.find(OrderId(2)));
  log.revert_to(mark);
  EXPECT_EQ(orders.orders_of(1),
            (std::vector<OrderId>{OrderId(1), OrderId(2), OrderId(3), OrderId(4)}));
}

TEST_F(RestingOrders, name_every_level_touched_since_the_block_began) {
  std::set<std::uint64_t> ticks;
  // Ticks that share a place among the lately touched, one after the other.
  for (std::uint64_t i = 0; i < 50; ++i) {
    const std::uint64_t tick = 1 + (i % 5) * 2048;
    orders.add(node(i + 1, tick), {});
    ticks.insert(tick);
  }
  std::set<std::uint64_t> told;
  for (const OrderStore::TouchedLevel& level : orders.dirty_levels())
    told.insert(level.tick());
  EXPECT_EQ(told, ticks);
  orders.begin_block();
  EXPECT_TRUE(orders.dirty_levels().empty());
  orders.remove(orders.find(OrderId(1)));
  ASSERT_EQ(orders.dirty_levels().size(), 1U);
  EXPECT_EQ(orders.dirty_levels().front().tick(), 1U);
}

}  // namespace
}  // namespace ol::exchange
