#include <algorithm>
#include <random>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;
using primitives::Log;

Hash256 topic(std::uint64_t n) {
  Hash256 out;
  out.bytes[31] = static_cast<std::uint8_t>(n);
  return out;
}

bool matches(const LogQuery& query, const Log& log) {
  const auto any = [](const auto& choices, const auto& value) {
    return choices.empty() || std::ranges::find(choices, value) != choices.end();
  };
  if (!any(query.addresses, log.address)) return false;
  for (std::size_t i = 0; i < query.topics.size(); ++i) {
    if (query.topics[i].empty()) continue;
    if (i >= log.topics.size() || !any(query.topics[i], log.topics[i])) return false;
  }
  return true;
}

class LogIndex : public testing::Test {
 protected:
  LogIndex() : database_(open_database(test_options(dir_ / "db"))) {}

  void commit(std::vector<Log> logs) {
    const auto now = database_->snapshot().value();
    MadeBlock block = make_block(now->head(), *now, *now, {}, 2);
    block.receipts[1].logs = logs;
    ASSERT_TRUE(database_->commit(block.committed()));
    blocks_.push_back(std::move(logs));
  }

  std::vector<std::uint64_t> ask(const LogQuery& query, std::uint64_t first = 0,
                                 std::uint64_t last = ~0ULL - 1, std::size_t max = 1'000'000) {
    std::vector<std::uint64_t> out;
    const auto visit = [&](Height height) {
      out.push_back(height.value());
      return out.size() < max;
    };
    EXPECT_TRUE(database_->snapshot().value()->visit_log_heights(query, Height(first), Height(last),
                                                                 visit));
    return out;
  }

  TempDirectory dir_;
  std::unique_ptr<Database> database_;
  std::vector<std::vector<Log>> blocks_;
};

TEST_F(LogIndex, finds_blocks_by_address_and_topic) {
  const Address a = test_address(1);
  const Address b = test_address(2);
  commit({});
  commit({{.address = a, .topics = {topic(1), topic(2)}, .data = {}}});
  commit({{.address = b, .topics = {topic(1)}, .data = {}}});
  commit({});
  commit({{.address = a, .topics = {}, .data = {1}}});
  using Heights = std::vector<std::uint64_t>;
  EXPECT_EQ(ask({}), (Heights{1, 2, 4}));
  EXPECT_EQ(ask({.addresses = {a}, .topics = {}}), (Heights{1, 4}));
  EXPECT_EQ(ask({.addresses = {a, b}, .topics = {}}), (Heights{1, 2, 4}));
  EXPECT_EQ(ask({.addresses = {a}, .topics = {{topic(1)}}}), (Heights{1}));
  EXPECT_EQ(ask({.addresses = {}, .topics = {{}, {topic(2), topic(3)}}}), (Heights{1}));
  EXPECT_EQ(ask({.addresses = {}, .topics = {{topic(9)}}}), Heights{});
  EXPECT_EQ(ask({.addresses = {test_address(9)}, .topics = {}}), Heights{});
}

TEST_F(LogIndex, keeps_to_the_range_and_the_bound) {
  for (int i = 0; i < 10; ++i)
    commit({{.address = test_address(1), .topics = {topic(1)}, .data = {}}});
  using Heights = std::vector<std::uint64_t>;
  const LogQuery by_address{.addresses = {test_address(1)}, .topics = {}};
  EXPECT_EQ(ask(by_address, 3, 5), (Heights{3, 4, 5}));
  EXPECT_EQ(ask(by_address, 9, 9), (Heights{9}));
  EXPECT_EQ(ask(by_address, 10, 20), Heights{});
  EXPECT_EQ(ask(by_address, 5, 3), Heights{});
  EXPECT_EQ(ask(by_address, 0, 9, 4), (Heights{0, 1, 2, 3}));
  EXPECT_EQ(ask({.addresses = {test_address(1)}, .topics = {{topic(1)}}}, 0, 9, 4),
            (Heights{0, 1, 2, 3}));
}

// A rare address meets a topic that every block has: the search leaps over what lies between.
TEST_F(LogIndex, leaps_from_one_rare_block_to_the_next) {
  for (std::uint64_t i = 0; i < 120; ++i)
    commit({{.address = test_address(i % 40 == 39 ? 2 : 1), .topics = {topic(1)}, .data = {}}});
  using Heights = std::vector<std::uint64_t>;
  EXPECT_EQ(ask({.addresses = {test_address(2)}, .topics = {{topic(1)}}}), (Heights{39, 79, 119}));
  EXPECT_EQ(ask({.addresses = {test_address(2), test_address(3)}, .topics = {{}, {}, {topic(1)}}}),
            (Heights{39, 79, 119}));
  EXPECT_EQ(ask({.addresses = {test_address(2)}, .topics = {{topic(1)}, {topic(2)}}}), Heights{});
}

// No block with a match is left out, whatever is asked.
TEST_F(LogIndex, misses_no_block_with_a_match) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 60; ++i) {
    std::vector<Log> logs(random() % 4);
    for (Log& log : logs) {
      log.address = test_address(random() % 4);
      log.topics.resize(random() % 5);
      for (Hash256& one : log.topics)
        one = topic(random() % 5);
    }
    commit(std::move(logs));
  }
  for (int i = 0; i < 200; ++i) {
    LogQuery query;
    for (std::uint64_t k = random() % 3; k > 0; --k)
      query.addresses.push_back(test_address(random() % 4));
    query.topics.resize(random() % 5);
    for (auto& choices : query.topics) {
      for (std::uint64_t k = random() % 3; k > 0; --k)
        choices.push_back(topic(random() % 5));
    }
    const auto found = ask(query);
    EXPECT_TRUE(std::ranges::is_sorted(found));
    for (std::uint64_t height = 0; height < blocks_.size(); ++height) {
      const bool has_match =
          std::ranges::any_of(blocks_[height], [&](const Log& log) { return matches(query, log); });
      if (!has_match) continue;
      EXPECT_TRUE(std::ranges::binary_search(found, height)) << i << ' ' << height;
    }
  }
}

}  // namespace
}  // namespace ol::storage
