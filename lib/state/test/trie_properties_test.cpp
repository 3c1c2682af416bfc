#include <map>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ol/state/memory_state.hpp>
#include <ol/state/trie.hpp>
#include <ol/state/trie_node_cache.hpp>

namespace ol::state {
namespace {

using Items = std::map<Bytes, Bytes>;

std::vector<TrieChange> borrow(const Items& items) {
  std::vector<TrieChange> out;
  for (const auto& [key, value] : items)
    out.push_back({key, value});
  return out;
}

Hash256 apply(MemoryState& store, const Hash256& root, const Items& batch) {
  const TrieUpdate update = update_trie(store, {}, root, borrow(batch)).value();
  store.apply(update.nodes);
  return update.root;
}

void apply(Items& model, const Items& batch) {
  for (const auto& [key, value] : batch) {
    if (value.empty()) {
      model.erase(key);
    } else {
      model[key] = value;
    }
  }
}

/// Short keys over few nibbles collide a lot: long shared prefixes, keys inside keys, extensions
/// that split and merge. Lengths differ, so branches carry values.
rc::Gen<Bytes> key_gen() {
  const auto nibbles = rc::gen::elementOf(Bytes{0x00, 0x01, 0x10, 0x11, 0xff, 0x1f});
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(0, 6), [nibbles](std::size_t size) {
    return rc::gen::container<Bytes>(size, nibbles);
  });
}

/// One in three deletes; the rest are short enough to lie inside parents, or long enough not to.
rc::Gen<Bytes> value_gen() {
  const auto of_size = [](std::size_t size) {
    return rc::gen::container<Bytes>(size, rc::gen::inRange<std::uint8_t>(1, 5));
  };
  return rc::gen::oneOf(rc::gen::just(Bytes{}), of_size(1), of_size(40));
}

/// Up to 30 batches of up to 30 changes: every batch costs a trie from scratch.
rc::Gen<std::vector<Items>> batches_gen() {
  return rc::gen::scale(0.3, rc::gen::container<std::vector<Items>>(
                                 rc::gen::container<Items>(key_gen(), value_gen())));
}

RC_GTEST_PROP(TrieProperties, batches_give_the_root_of_a_trie_built_from_scratch, ()) {
  const auto batches = *batches_gen();
  MemoryState store;
  Items model;
  Hash256 root = kEmptyTrieRoot;
  for (const Items& batch : batches) {
    root = apply(store, root, batch);
    apply(model, batch);
    RC_ASSERT(root == trie_root(borrow(model)));
  }
}

RC_GTEST_PROP(TrieProperties, a_cache_of_any_size_changes_nothing, ()) {
  const auto batches = *batches_gen();
  TrieNodeCache cache(*rc::gen::element<std::size_t>(1, 64, 4096));
  MemoryState store;
  Hash256 root = kEmptyTrieRoot;
  for (const Items& batch : batches) {
    const TrieUpdate plain = update_trie(store, {}, root, borrow(batch)).value();
    const TrieUpdate cached = update_trie(store, {}, root, borrow(batch), &cache).value();
    RC_ASSERT(cached.root == plain.root);
    RC_ASSERT(cached.nodes == plain.nodes);
    store.apply(plain.nodes);
    root = plain.root;
  }
}

RC_GTEST_PROP(TrieProperties, the_store_holds_exactly_the_nodes_of_the_current_trie, ()) {
  const auto batches = *batches_gen();
  MemoryState store;
  Items model;
  Hash256 root = kEmptyTrieRoot;
  for (const Items& batch : batches) {
    root = apply(store, root, batch);
    apply(model, batch);
  }
  MemoryState fresh;
  static_cast<void>(apply(fresh, kEmptyTrieRoot, model));
  RC_ASSERT(store.trie_nodes() == fresh.trie_nodes());
}

RC_GTEST_PROP(TrieProperties, undoing_a_batch_returns_to_the_earlier_root, ()) {
  const auto first = *rc::gen::container<Items>(key_gen(), value_gen());
  const auto second = *rc::gen::container<Items>(key_gen(), value_gen());
  MemoryState store;
  Items model;
  const Hash256 before = apply(store, kEmptyTrieRoot, first);
  apply(model, first);
  const auto nodes_before = store.trie_nodes();
  Items undo;
  for (const auto& [key, value] : second) {
    const auto old = model.find(key);
    undo[key] = old == model.end() ? Bytes{} : old->second;
  }
  const Hash256 middle = apply(store, before, second);
  RC_ASSERT(apply(store, middle, undo) == before);
  RC_ASSERT(store.trie_nodes() == nodes_before);
}

RC_GTEST_PROP(TrieProperties, visiting_yields_what_was_put_in, ()) {
  const auto batches = *batches_gen();
  MemoryState store;
  Items model;
  Hash256 root = kEmptyTrieRoot;
  for (const Items& batch : batches) {
    root = apply(store, root, batch);
    apply(model, batch);
  }
  Items seen;
  const auto visited = visit_trie(store, {}, root, [&](ByteView key, ByteView value) {
    RC_ASSERT(seen.emplace(to_bytes(key), to_bytes(value)).second);
  });
  RC_ASSERT(visited.has_value());
  RC_ASSERT(seen == model);
}

RC_GTEST_PROP(TrieProperties, applying_a_batch_twice_changes_nothing, ()) {
  const auto first = *rc::gen::container<Items>(key_gen(), value_gen());
  const auto second = *rc::gen::container<Items>(key_gen(), value_gen());
  MemoryState store;
  const Hash256 before = apply(store, kEmptyTrieRoot, first);
  const Hash256 root = apply(store, before, second);
  const TrieUpdate again = update_trie(store, {}, root, borrow(second)).value();
  RC_ASSERT(again.root == root);
  RC_ASSERT(again.nodes.empty());
}

}  // namespace
}  // namespace ol::state
