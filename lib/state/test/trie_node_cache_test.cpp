#include <ol/state/trie_node_cache.hpp>

#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {
namespace {

TrieNodeCache::Node node(std::uint8_t content) {
  return std::make_shared<const Bytes>(Bytes(40, content));
}

Hash256 hash(std::uint8_t content) {
  return crypto::keccak256(*node(content));
}

/// Counts what is asked of it.
class CountingReader final : public TrieNodeReader {
 public:
  explicit CountingReader(const TrieNodeReader& below) : below_(below) {}
  Result<std::optional<Bytes>, StateError> trie_node(const TrieNodeKey& key) const override {
    ++reads;
    return below_.trie_node(key);
  }
  mutable int reads = 0;

 private:
  const TrieNodeReader& below_;
};

TEST(TrieNodeCache, finds_what_was_put_and_nothing_else) {
  TrieNodeCache cache(64);
  EXPECT_EQ(cache.find(hash(1)), nullptr);
  cache.put(hash(1), node(1));
  ASSERT_NE(cache.find(hash(1)), nullptr);
  EXPECT_EQ(*cache.find(hash(1)), *node(1));
  EXPECT_EQ(cache.find(hash(2)), nullptr);
  EXPECT_EQ(cache.hits(), 2U);
  EXPECT_EQ(cache.misses(), 2U);
}

TEST(TrieNodeCache, forgets_the_node_unused_for_longest_first) {
  TrieNodeCache cache(1);  // one set of eight
  for (std::uint8_t i = 0; i < 8; ++i)
    cache.put(hash(i), node(i));
  EXPECT_NE(cache.find(hash(0)), nullptr);
  cache.put(hash(8), node(8));
  EXPECT_EQ(cache.find(hash(1)), nullptr);
  for (const std::uint8_t kept : Bytes{0, 2, 3, 4, 5, 6, 7, 8})
    EXPECT_NE(cache.find(hash(kept)), nullptr) << int{kept};
}

TEST(TrieNodeCache, putting_a_node_again_takes_no_second_place) {
  TrieNodeCache cache(1);
  for (std::uint8_t i = 0; i < 8; ++i)
    cache.put(hash(i), node(i));
  cache.put(hash(3), node(3));
  for (std::uint8_t i = 0; i < 8; ++i)
    EXPECT_NE(cache.find(hash(i)), nullptr) << int{i};
}

TEST(TrieNodeCache, a_node_in_use_outlives_its_eviction) {
  TrieNodeCache cache(1);
  cache.put(hash(0), node(0));
  const TrieNodeCache::Node held = cache.find(hash(0));
  for (std::uint8_t i = 1; i < 20; ++i)
    cache.put(hash(i), node(i));
  EXPECT_EQ(cache.find(hash(0)), nullptr);
  EXPECT_EQ(*held, *node(0));
}

TEST(TrieNodeCache, nodes_that_an_update_made_are_not_read_by_the_next) {
  std::vector<Hash256> keys;
  for (std::uint8_t i = 0; i < 100; ++i)
    keys.push_back(hash(i));
  std::sort(keys.begin(), keys.end());
  const Bytes first(40, 1);
  const Bytes second(40, 2);
  std::vector<TrieChange> fill;
  std::vector<TrieChange> change;
  for (const Hash256& key : keys) {
    fill.push_back({key.view(), first});
    change.push_back({key.view(), second});
  }
  MemoryState store;
  const CountingReader counted(store);
  TrieNodeCache cache(4096);
  const TrieUpdate made = update_trie(counted, {}, kEmptyTrieRoot, fill, &cache).value();
  store.apply(made.nodes);
  const TrieUpdate plain = update_trie(store, {}, made.root, change).value();
  EXPECT_EQ(update_trie(counted, {}, made.root, change, &cache).value().root, plain.root);
  EXPECT_EQ(counted.reads, 0);
  EXPECT_EQ(update_trie(counted, {}, made.root, change).value().root, plain.root);
  EXPECT_GT(counted.reads, 100);
}

}  // namespace
}  // namespace ol::state
