#include <random>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;
using Accounts = std::map<Address, state::Account>;

// Random creations, changes and deletions, with every past state kept beside the database.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {}

  void commit(Database& database, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto now = database.snapshot().value();
      const MadeBlock block = make_block(now->head(), *now, *now, next_diff(), 1);
      ASSERT_TRUE(database.commit(block.committed()));
      past_.push_back(now_);
    }
  }

  void expect_history(const Database& database, std::uint64_t floor) const {
    const auto at = database.snapshot().value();
    EXPECT_EQ(at->history_floor(), Height(floor));
    for (std::uint64_t h = 0; h < past_.size(); ++h) {
      for (std::uint64_t n = 0; n <= kAccounts; ++n) {
        const Address address = test_address(n);
        const auto found = at->account_at(address, Height(h));
        if (h < floor) {
          ASSERT_FALSE(found);
          EXPECT_EQ(found.error().kind, StorageErrorKind::Pruned);
          continue;
        }
        ASSERT_TRUE(found) << found.error().message;
        const auto expected = past_[h].find(address);
        if (expected == past_[h].end()) {
          EXPECT_EQ(*found, std::nullopt) << h << " account " << n;
        } else {
          EXPECT_EQ(*found, expected->second) << h << " account " << n;
        }
      }
    }
    EXPECT_EQ(at->account_at(test_address(0), Height(past_.size())).error().kind,
              StorageErrorKind::Missing);
  }

 private:
  static constexpr std::uint64_t kAccounts = 12;

  state::StateDiff next_diff() {
    state::StateDiff diff;
    const std::uint64_t changes = random_() % 5;
    for (std::uint64_t i = 0; i < changes; ++i) {
      const Address address = test_address(random_() % kAccounts);
      if (random_() % 4 == 0 && now_.contains(address)) {
        diff.accounts[address] = std::nullopt;
        now_.erase(address);
      } else if (!diff.accounts.contains(address)) {
        now_[address] = test_account(random_() % 1000 + 1);
        diff.accounts[address] = now_[address];
      }
    }
    return diff;
  }

  std::mt19937_64 random_;
  Accounts now_;
  std::vector<Accounts> past_;
};

TEST(History, answers_for_every_height_when_all_is_kept) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  Model model(1);
  model.commit(*database, 120);
  model.expect_history(*database, 0);
}

TEST(History, keeps_exactly_the_window_below_the_head) {
  const TempDirectory dir;
  auto options = test_options(dir / "db");
  options.history_window = 10;
  const auto database = open_database(options);
  Model model(2);
  model.commit(*database, 10);
  model.expect_history(*database, 0);
  model.commit(*database, 1);
  model.expect_history(*database, 0);
  model.commit(*database, 1);
  model.expect_history(*database, 1);
  model.commit(*database, 50);
  model.expect_history(*database, 51);
}

TEST(History, of_a_window_of_zero_is_the_head_alone) {
  const TempDirectory dir;
  auto options = test_options(dir / "db");
  options.history_window = 0;
  const auto database = open_database(options);
  Model model(3);
  model.commit(*database, 30);
  model.expect_history(*database, 29);
}

TEST(History, follows_a_window_that_changes_between_runs) {
  const TempDirectory dir;
  auto options = test_options(dir / "db");
  Model model(4);
  model.commit(*open_database(options), 40);
  options.history_window = 5;
  {
    const auto database = open_database(options);
    model.expect_history(*database, 0);
    model.commit(*database, 1);
    model.expect_history(*database, 35);
  }
  options.history_window = std::nullopt;
  const auto database = open_database(options);
  model.commit(*database, 20);
  model.expect_history(*database, 35);
}

TEST(History, catches_up_with_a_much_smaller_window_in_steps) {
  const TempDirectory dir;
  auto options = test_options(dir / "db");
  Model model(5);
  model.commit(*open_database(options), 600);
  options.history_window = 5;
  const auto database = open_database(options);
  model.commit(*database, 1);
  EXPECT_EQ(database->snapshot().value()->history_floor(), Height(256));
  model.commit(*database, 1);
  EXPECT_EQ(database->snapshot().value()->history_floor(), Height(512));
  model.commit(*database, 1);
  model.expect_history(*database, 597);
}

// Two blocks of one batch change the same account: the second one's history is the first's value,
// which the store does not hold yet.
TEST(History, is_right_inside_a_batch_of_several_blocks) {
  for (const std::optional<std::uint64_t> window :
       {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{2}}) {
    const TempDirectory dir;
    const auto single = open_database(test_options(dir / "single"));
    std::vector<MadeBlock> made;
    for (std::uint64_t i = 0; i < 8; ++i) {
      const auto at = single->snapshot().value();
      state::StateDiff diff;
      diff.accounts[test_address(1)] = test_account(i + 1);
      if (i == 5) diff.accounts[test_address(1)] = std::nullopt;
      made.push_back(make_block(at->head(), *at, *at, std::move(diff), 0));
      ASSERT_TRUE(single->commit(made.back().committed()));
    }
    auto options = test_options(dir / "span");
    options.history_window = window;
    const auto database = open_database(options);
    std::vector<CommittedBlock> span;
    for (const MadeBlock& block : made)
      span.push_back(block.committed());
    ASSERT_TRUE(database->commit(span));
    const auto at = database->snapshot().value();
    for (std::uint64_t h = window ? 5 : 0; h < 8; ++h) {
      const auto expected = h == 5 ? std::nullopt : std::optional(test_account(h + 1));
      EXPECT_EQ(at->account_at(test_address(1), Height(h)).value(), expected) << h;
    }
    EXPECT_EQ(at->history_floor(), Height(window ? 5 : 0));
  }
}

}  // namespace
}  // namespace ol::storage
