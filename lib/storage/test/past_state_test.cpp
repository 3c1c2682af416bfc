// Storage slots, tries and code of blocks below the head.
#include <deque>
#include <random>
#include <set>

#include <ol/crypto/hash.hpp>
#include <ol/state/overlay.hpp>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;
using Slots = std::map<state::StorageKey, U256>;

Hash256 slot(std::uint64_t n) {
  return U256(n).to_fixed<Hash256>();
}

/// Random writes to the slots of a few accounts, which now and then lose all of them; every past
/// state is kept beside the database.
class Model {
 public:
  static constexpr std::uint64_t kAccounts = 4;
  static constexpr std::uint64_t kSlots = 6;

  explicit Model(std::uint64_t seed) : random_(seed) {}

  /// One batch of `count` blocks.
  void commit(Database& database, std::size_t count) {
    std::vector<MadeBlock> made;
    const auto base = database.snapshot().value();
    std::deque<state::Overlay> overlays;
    std::optional<Head> head = base->head();
    for (std::size_t i = 0; i < count; ++i) {
      const state::StateView& view =
          overlays.empty() ? static_cast<const state::StateView&>(*base) : overlays.back();
      const state::TrieNodeReader& nodes =
          overlays.empty() ? static_cast<const state::TrieNodeReader&>(*base) : overlays.back();
      made.push_back(make_block(head, view, nodes, next_diff(), 0));
      head = made.back().head();
      past_.push_back(now_);
      diffs_.push_back(made.back().diff);
      if (overlays.empty()) {
        overlays.emplace_back(*base, *base, diffs_.back());
      } else {
        overlays.emplace_back(overlays.back(), diffs_.back());
      }
    }
    std::vector<CommittedBlock> blocks;
    for (const MadeBlock& block : made)
      blocks.push_back(block.committed());
    ASSERT_TRUE(database.commit(blocks));
  }

  void expect_past(const Snapshot& at, std::uint64_t floor) const {
    for (std::uint64_t h = floor; h < past_.size(); ++h) {
      const StateAt view(at, Height(h));
      for (std::uint64_t a = 0; a < kAccounts; ++a) {
        for (std::uint64_t s = 0; s < kSlots; ++s) {
          const auto found = past_[h].find({test_address(a), slot(s)});
          const U256 expected = found == past_[h].end() ? U256{} : found->second;
          ASSERT_EQ(view.storage(test_address(a), slot(s)), expected) << h << ' ' << a << ' ' << s;
        }
      }
    }
  }

  /// Rewinding checks the root itself; here, that every slot is in the tries it gives.
  void expect_tries(const Snapshot& at, std::uint64_t height) const {
    const auto diff = at.rewind(Height(height));
    ASSERT_TRUE(diff) << diff.error().message;
    const state::Overlay then(at, at, *diff);
    std::size_t slots = 0;
    for (std::uint64_t a = 0; a < kAccounts; ++a) {
      const auto account = *then.account(test_address(a));
      if (!account) continue;
      const auto count = [&](ByteView, ByteView) { ++slots; };
      ASSERT_TRUE(state::visit_trie(then, state::trie_owner(test_address(a)), account->storage_root,
                                    count));
      EXPECT_EQ(at.account_at(test_address(a), Height(height)).value(), account);
    }
    EXPECT_EQ(slots, past_[height].size());
  }

 private:
  state::StateDiff next_diff() {
    state::StateDiff diff;
    const Address who = test_address(random_() % kAccounts);
    const bool clears = alive_.contains(who) && random_() % 5 == 0;
    if (clears) {
      std::erase_if(now_, [&](const auto& entry) { return entry.first.address == who; });
      diff.storage_cleared[who] = state::trie_owner(who);
      alive_.erase(who);
    }
    if (clears && random_() % 2 == 0) {
      diff.accounts[who] = std::nullopt;
      return diff;
    }
    state::Account account = alive_.contains(who) ? state::Account{} : test_account(1);
    account.nonce = ++nonce_;
    if (alive_.contains(who)) account.storage_root = root_of(who);
    diff.accounts[who] = account;
    alive_.insert(who);
    const std::uint64_t writes = random_() % 4;
    for (std::uint64_t i = 0; i < writes; ++i) {
      const state::StorageKey key{who, slot(random_() % kSlots)};
      const U256 value(random_() % 3);
      diff.storage[key] = value;
      if (value.is_zero()) {
        now_.erase(key);
      } else {
        now_[key] = value;
      }
    }
    return diff;
  }

  [[nodiscard]] Hash256 root_of(const Address& who) const {
    for (auto it = diffs_.rbegin(); it != diffs_.rend(); ++it) {
      const auto found = it->accounts.find(who);
      if (found != it->accounts.end()) return found->second->storage_root;
    }
    return state::kEmptyTrieRoot;
  }

  std::mt19937_64 random_;
  std::uint64_t nonce_ = 0;
  Slots now_;
  std::set<Address> alive_;
  std::vector<Slots> past_;
  std::deque<state::StateDiff> diffs_;
};

TEST(PastState, of_slots_is_kept_for_every_height) {
  for (const std::uint64_t seed : {1ULL, 2ULL}) {
    const TempDirectory dir;
    const auto database = open_database(test_options(dir / "db"));
    Model model(seed);
    for (int i = 0; i < 30; ++i)
      model.commit(*database, 1 + static_cast<std::size_t>(i) % 3);
    model.expect_past(*database->snapshot().value(), 0);
  }
}

TEST(PastState, leads_back_to_the_tries_of_a_block) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  Model model(3);
  for (int i = 0; i < 40; ++i)
    model.commit(*database, 1);
  const auto at = database->snapshot().value();
  for (std::uint64_t height = 0; height < 40; height += 3)
    model.expect_tries(*at, height);
  EXPECT_TRUE(at->rewind(Height(39))->empty());
  EXPECT_EQ(at->rewind(Height(40)).error().kind, StorageErrorKind::Missing);
}

TEST(PastState, goes_with_the_window) {
  const TempDirectory dir;
  auto options = test_options(dir / "db");
  options.history_window = 8;
  const auto database = open_database(options);
  Model model(4);
  for (int i = 0; i < 30; ++i)
    model.commit(*database, 1);
  const auto at = database->snapshot().value();
  EXPECT_EQ(at->history_floor(), Height(21));
  model.expect_past(*at, 21);
  EXPECT_EQ(at->storage_at(test_address(0), slot(0), Height(20)).error().kind,
            StorageErrorKind::Pruned);
  EXPECT_EQ(at->rewind(Height(20)).error().kind, StorageErrorKind::Pruned);
  const auto pruned = StateAt(*at, Height(20)).storage(test_address(0), slot(0));
  ASSERT_FALSE(pruned);
  EXPECT_EQ(pruned.error(), state::StateError::ReadFailed);
}

TEST(PastState, has_the_code_of_then) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  const Bytes code = {0x60, 0x00};
  state::StateDiff diff;
  state::Account account = test_account(1);
  account.code_hash = crypto::keccak256(code);
  diff.accounts[test_address(1)] = account;
  diff.code[account.code_hash] = std::make_shared<const Bytes>(code);
  const auto base = database->snapshot().value();
  ASSERT_TRUE(database->commit(make_block(base->head(), *base, *base, diff, 0).committed()));
  const auto one = database->snapshot().value();
  state::StateDiff gone;
  gone.accounts[test_address(1)] = std::nullopt;
  ASSERT_TRUE(database->commit(make_block(one->head(), *one, *one, gone, 0).committed()));
  const auto at = database->snapshot().value();
  EXPECT_EQ(*at->account(test_address(1)), std::nullopt);
  const StateAt then(*at, Height(0));
  ASSERT_TRUE(*then.account(test_address(1)));
  EXPECT_EQ(**then.code((*then.account(test_address(1)))->code_hash), code);
}

}  // namespace
}  // namespace ol::storage
