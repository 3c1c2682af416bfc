// Blocks of transfers between distinct accounts of a state of 100,000, signatures recovered before.
#include <benchmark/benchmark.h>

#include <ol/execution/execute.hpp>
#include <ol/execution/genesis_state.hpp>
#include <ol/execution/select.hpp>
#include <ol/primitives/signing.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/trie_node_cache.hpp>

namespace ol::execution {
namespace {

constexpr primitives::ChainId kChain{7777};
constexpr std::uint32_t kAccounts = 100'000;
constexpr std::uint32_t kSenders = 2'000;

crypto::Secp256k1SecretKey key_of(std::uint32_t index) {
  Bytes secret(32, 0x11);
  secret[30] = static_cast<std::uint8_t>(index >> 8);
  secret[31] = static_cast<std::uint8_t>(index);
  return *crypto::Secp256k1SecretKey::from_bytes(secret);
}

Address idle_account(std::uint32_t index) {
  const Bytes seed = {static_cast<std::uint8_t>(index >> 16), static_cast<std::uint8_t>(index >> 8),
                      static_cast<std::uint8_t>(index)};
  return *Address::from(crypto::keccak256(seed).view().first(20));
}

/// Built once: signing and hashing the genesis take longer than what is measured.
struct World {
  World() {
    primitives::Genesis genesis;
    for (std::uint32_t i = 0; i < kAccounts; ++i)
      genesis.balances[idle_account(i)] = U256(1);
    for (std::uint32_t i = 0; i < kSenders; ++i) {
      const auto key = key_of(i);
      genesis.balances[key.address()] = U256(1'000'000'000'000'000'000);
      primitives::Transaction txn;
      txn.type = primitives::TxnType::DynamicFee;
      txn.chain_id = kChain.value();
      txn.max_priority_fee_per_gas = U256(2);
      txn.max_fee_per_gas = U256(1'000);
      txn.gas_limit = 21'000;
      txn.to = idle_account(i * 37 % kAccounts);
      txn.value = U256(1);
      txns.push_back(std::make_shared<const primitives::VerifiedTxn>(
          *primitives::VerifiedTxn::verify(primitives::sign_transaction(txn, key))));
    }
    const GenesisState start = genesis_state(genesis);
    state.apply(start.diff);
    state.apply(start.diff.trie);
    primitives::EvmHeader parent;
    parent.state_root = start.root;
    parent.gas_limit = 1'000'000'000;
    parent.gas_used = 500'000'000;
    parent.base_fee = U256(100);
    context = next_block_context(kChain, parent, primitives::TimeMs(1), Address{{1}}, {});
  }

  state::MemoryState state;
  BlockContext context;
  std::vector<TxnPtr> txns;
};

const World& world() {
  static const World kWorld;
  return kWorld;
}

Engine& engine() {
  static Engine engine(primitives::Revision::Prague, 0x5eed);
  return engine;
}

std::span<const TxnPtr> first(std::int64_t count) {
  return std::span(world().txns).first(static_cast<std::size_t>(count));
}

void execute_block_of(benchmark::State& bench) {
  const World& w = world();
  for (auto _ : bench) {
    benchmark::DoNotOptimize(
        execute_block(engine(), w.state, w.state, w.context, first(bench.range(0))));
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
}
BENCHMARK(execute_block_of)->Arg(100)->Arg(400)->Arg(2'000)->Unit(benchmark::kMicrosecond);

/// The same with the trie nodes of earlier blocks in memory, as a node runs.
void execute_block_with_cache_of(benchmark::State& bench) {
  const World& w = world();
  state::TrieNodeCache cache(1 << 17);
  const auto run = [&] {
    benchmark::DoNotOptimize(
        execute_block(engine(), w.state, w.state, w.context, first(bench.range(0)), &cache));
  };
  run();
  for (auto _ : bench)
    run();
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
}
BENCHMARK(execute_block_with_cache_of)
    ->Arg(100)
    ->Arg(400)
    ->Arg(2'000)
    ->Unit(benchmark::kMicrosecond);

/// The transfers alone, without tries, roots and header: the difference is what roots cost.
void select_block_of(benchmark::State& bench) {
  const World& w = world();
  for (auto _ : bench) {
    benchmark::DoNotOptimize(select_txns(engine(), w.state, w.context, first(bench.range(0)), {}));
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
}
BENCHMARK(select_block_of)->Arg(100)->Arg(400)->Arg(2'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ol::execution
