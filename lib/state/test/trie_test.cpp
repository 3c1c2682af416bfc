#include <ol/state/trie.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::state {
namespace {

/// Counts reads, and can lie.
class SpyReader final : public TrieNodeReader {
 public:
  explicit SpyReader(const MemoryState& store) : store_(store) {}

  Result<std::optional<Bytes>, StateError> trie_node(const TrieNodeKey& key) const override {
    ++reads;
    if (failing) return fail(StateError::ReadFailed);
    OL_TRY(auto node, store_.trie_node(key));
    if (node && flip_last_bit) node->back() ^= 1;
    return node;
  }

  mutable int reads = 0;
  bool failing = false;
  bool flip_last_bit = false;

 private:
  const MemoryState& store_;
};

/// A trie of `count` keys in a store.
struct Filled {
  MemoryState store;
  Hash256 root = kEmptyTrieRoot;

  explicit Filled(int count) {
    std::map<Hash256, Bytes> items;
    for (int i = 0; i < count; ++i)
      items.emplace(key(i), value(i));
    std::vector<TrieChange> changes;
    for (const auto& [k, v] : items)
      changes.push_back({k.view(), v});
    apply(changes);
  }

  TrieUpdate apply(std::span<const TrieChange> changes) {
    TrieUpdate update = update_trie(store, {}, root, changes).value();
    store.apply(update.nodes);
    root = update.root;
    return update;
  }

  static Hash256 key(int i) { return crypto::keccak256(as_bytes(std::to_string(i))); }
  static Bytes value(int i) { return to_bytes(key(i + 1'000'000).view()); }
};

TEST(Trie, is_empty_without_keys) {
  EXPECT_EQ(trie_root({}), kEmptyTrieRoot);
  EXPECT_EQ(ordered_root({}), kEmptyTrieRoot);
  const MemoryState store;
  const TrieUpdate update = update_trie(store, {}, kEmptyTrieRoot, {}).value();
  EXPECT_EQ(update.root, kEmptyTrieRoot);
  EXPECT_TRUE(update.nodes.empty());
}

TEST(Trie, empty_values_count_as_absent) {
  const Bytes key{1};
  const Bytes other{2};
  const Bytes value{7};
  const std::array<TrieChange, 2> with_empty{{{key, {}}, {other, value}}};
  const std::array<TrieChange, 1> without{{{other, value}}};
  EXPECT_EQ(trie_root(with_empty), trie_root(without));
}

TEST(Trie, stores_the_root_even_when_it_is_short) {
  MemoryState store;
  const Bytes key{1};
  const Bytes value{2};
  const TrieChange change{key, value};
  const TrieUpdate update = update_trie(store, {}, kEmptyTrieRoot, {&change, 1}).value();
  ASSERT_EQ(update.nodes.size(), 1U);
  EXPECT_EQ(to_hex(*update.nodes.at({Hash256{}, {}})), "c482200102");
  store.apply(update.nodes);
  const TrieChange removal{key, {}};
  const TrieUpdate back = update_trie(store, {}, update.root, {&removal, 1}).value();
  EXPECT_EQ(back.root, kEmptyTrieRoot);
  ASSERT_EQ(back.nodes.size(), 1U);
  EXPECT_FALSE(back.nodes.begin()->second.has_value());
}

TEST(Trie, reads_and_writes_only_the_touched_path) {
  Filled trie(2000);
  SpyReader spy(trie.store);
  const Hash256 key = Filled::key(77);
  const Bytes value{1, 2, 3};
  const TrieChange change{key.view(), value};
  const TrieUpdate update = update_trie(spy, {}, trie.root, {&change, 1}).value();
  EXPECT_LE(spy.reads, 5) << "2,000 keys lie about three branches deep";
  EXPECT_EQ(update.nodes.size(), static_cast<std::size_t>(spy.reads));
}

TEST(Trie, changes_without_effect_touch_nothing) {
  Filled trie(500);
  const Hash256 present = Filled::key(3);
  const Bytes same = Filled::value(3);
  const Hash256 absent = Filled::key(100'000);
  for (const TrieChange& change :
       {TrieChange{present.view(), same}, TrieChange{absent.view(), {}}}) {
    const TrieUpdate update = update_trie(trie.store, {}, trie.root, {&change, 1}).value();
    EXPECT_EQ(update.root, trie.root);
    EXPECT_TRUE(update.nodes.empty());
  }
}

TEST(Trie, keeps_tries_of_different_owners_apart) {
  Filled trie(10);
  const Hash256 owner{{5}};
  const Bytes key{1};
  const Bytes value(40, 2);
  const TrieChange change{key, value};
  const TrieUpdate update = update_trie(trie.store, owner, kEmptyTrieRoot, {&change, 1}).value();
  for (const auto& [place, node] : update.nodes)
    EXPECT_EQ(place.owner, owner);
  EXPECT_EQ(update_trie(trie.store, owner, trie.root, {&change, 1}).error(), StateError::Corrupt)
      << "the root of another owner's trie is not found here";
}

TEST(Trie, reports_damage_and_failing_reads) {
  Filled trie(50);
  SpyReader spy(trie.store);
  const Hash256 key = Filled::key(7);
  const TrieChange change{key.view(), {}};
  spy.failing = true;
  EXPECT_EQ(update_trie(spy, {}, trie.root, {&change, 1}).error(), StateError::ReadFailed);
  EXPECT_EQ(visit_trie(spy, {}, trie.root, [](ByteView, ByteView) {}).error(),
            StateError::ReadFailed);
  spy.failing = false;
  spy.flip_last_bit = true;
  EXPECT_EQ(update_trie(spy, {}, trie.root, {&change, 1}).error(), StateError::Corrupt);
  EXPECT_EQ(visit_trie(spy, {}, trie.root, [](ByteView, ByteView) {}).error(), StateError::Corrupt);
  const MemoryState empty;
  EXPECT_EQ(visit_trie(empty, {}, trie.root, [](ByteView, ByteView) {}).error(),
            StateError::Corrupt);
  EXPECT_TRUE(visit_trie(empty, {}, kEmptyTrieRoot, [](ByteView, ByteView) {}));
}

TEST(Trie, visits_all_keys_in_order) {
  Filled trie(300);
  std::vector<Hash256> keys;
  ASSERT_TRUE(visit_trie(trie.store, {}, trie.root, [&](ByteView key, ByteView value) {
    keys.push_back(Hash256::from(key).value());
    EXPECT_EQ(value.size(), 32U);
  }));
  EXPECT_EQ(keys.size(), 300U);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
}

TEST(Trie, ordered_root_sorts_by_the_rlp_of_the_index) {
  // Index 0 encodes as 0x80 and sorts behind 127; from 128 on two bytes.
  std::vector<Bytes> items;
  std::map<Bytes, Bytes> by_key;
  for (std::size_t i = 0; i < 300; ++i) {
    items.push_back(Bytes(1 + i % 40, static_cast<std::uint8_t>(i)));
    const Bytes key = i == 0    ? Bytes{0x80}
                      : i < 128 ? Bytes{static_cast<std::uint8_t>(i)}
                      : i < 256 ? Bytes{0x81, static_cast<std::uint8_t>(i)}
                                : Bytes{0x82, 1, static_cast<std::uint8_t>(i - 256)};
    by_key.emplace(key, items.back());
  }
  std::vector<TrieChange> changes;
  for (const auto& [key, value] : by_key)
    changes.push_back({key, value});
  EXPECT_EQ(ordered_root(items), trie_root(changes));
}

TEST(TrieDeathTest, refuses_unsorted_and_repeated_keys) {
  const Bytes a{1};
  const Bytes b{2};
  const std::array<TrieChange, 2> unsorted{{{b, a}, {a, a}}};
  const std::array<TrieChange, 2> repeated{{{a, a}, {a, b}}};
  const MemoryState store;
  EXPECT_DEATH(static_cast<void>(trie_root(unsorted)), "sorted by key");
  EXPECT_DEATH(static_cast<void>(trie_root(repeated)), "sorted by key");
  EXPECT_DEATH(static_cast<void>(update_trie(store, {}, kEmptyTrieRoot, repeated)),
               "sorted by key");
}

}  // namespace
}  // namespace ol::state
