#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/account.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/state_root.hpp>
#include <ol/state/trie.hpp>
#include <ol/state/trie_node_cache.hpp>

namespace ol::state {
namespace {

struct Item {
  Hash256 key;
  Bytes value;
};

/// Accounts as a chain of transfers leaves them, by hashed address, sorted.
std::vector<Item> accounts(std::size_t count, std::uint64_t balance) {
  std::vector<Item> out;
  for (std::size_t i = 0; i < count; ++i) {
    const Hash256 key = crypto::keccak256(Writer().u64(i).bytes());
    out.push_back({key, encode_account({i % 100, U256{balance} * U256{1'000'000'007},
                                        kEmptyCodeHash, kEmptyTrieRoot})});
  }
  std::ranges::sort(out, {}, &Item::key);
  return out;
}

std::vector<TrieChange> borrow(const std::vector<Item>& items) {
  std::vector<TrieChange> out;
  for (const Item& item : items)
    out.push_back({item.key.view(), item.value});
  return out;
}

void RootFromScratch(benchmark::State& state) {
  const auto items = accounts(static_cast<std::size_t>(state.range(0)), 1'000'000);
  const auto changes = borrow(items);
  for (auto _ : state)
    benchmark::DoNotOptimize(trie_root(changes));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(RootFromScratch)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

/// `range(1)` accounts change in a trie of `range(0)`.
void UpdateTrie(benchmark::State& state) {
  const auto before = accounts(static_cast<std::size_t>(state.range(0)), 1'000'000);
  MemoryState store;
  const TrieUpdate filled = update_trie(store, {}, kEmptyTrieRoot, borrow(before)).value();
  store.apply(filled.nodes);
  // The first accounts by number, which lie all over the trie.
  const auto changed = accounts(static_cast<std::size_t>(state.range(1)), 2'000'000);
  const auto changes = borrow(changed);
  std::size_t nodes = 0;
  for (auto _ : state) {
    const TrieUpdate update = update_trie(store, {}, filled.root, changes).value();
    nodes = update.nodes.size();
    benchmark::DoNotOptimize(update.root);
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
  state.counters["nodes"] = static_cast<double>(nodes);
}
BENCHMARK(UpdateTrie)
    ->Args({100'000, 1})
    ->Args({100'000, 100})
    ->Args({100'000, 1000})
    ->Args({100'000, 10'000})
    ->Unit(benchmark::kMicrosecond);

/// The transaction root of a block of transfers.
void OrderedRoot(benchmark::State& state) {
  const std::vector<Bytes> items(static_cast<std::size_t>(state.range(0)), Bytes(116, 0xab));
  for (auto _ : state)
    benchmark::DoNotOptimize(ordered_root(items));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(OrderedRoot)->Arg(400)->Arg(2000)->Unit(benchmark::kMicrosecond);

/// The root after `range(0)` of 100,000 accounts changed, as a block has it: keys not hashed yet,
/// nodes of earlier blocks in memory.
void StateRoot(benchmark::State& state) {
  constexpr std::uint64_t kAccounts = 100'000;
  const auto account_of = [](std::uint64_t number) {
    const Hash256 hash = crypto::keccak256(Writer().u64(number).bytes());
    return *Address::from(hash.view().first(Address::kSize));
  };
  StateDiff all;
  for (std::uint64_t i = 0; i < kAccounts; ++i)
    all.accounts.emplace(account_of(i), Account{i % 100, U256{i}, kEmptyCodeHash, kEmptyTrieRoot});
  MemoryState store;
  TrieNodeCache cache(1 << 18);
  const Hash256 root = update_state_root(store, store, kEmptyTrieRoot, all, &cache).value();
  store.apply(all);
  StateDiff changed;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(state.range(0)); ++i)
    changed.accounts.emplace(account_of(i), Account{200, U256{i}, kEmptyCodeHash, kEmptyTrieRoot});
  for (auto _ : state) {
    StateDiff diff = changed;
    benchmark::DoNotOptimize(update_state_root(store, store, root, diff, &cache).value());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(StateRoot)->Arg(800)->Arg(10'000)->Unit(benchmark::kMillisecond);

void HashBranchNode(benchmark::State& state) {
  const Bytes node(532, 0x5a);
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto::keccak256(node));
}
BENCHMARK(HashBranchNode);

}  // namespace
}  // namespace ol::state
