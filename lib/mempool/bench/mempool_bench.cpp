#include <algorithm>
#include <utility>

#include <benchmark/benchmark.h>

#include <ol/mempool/mempool.hpp>
#include <ol/primitives/signing.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::mempool {
namespace {

constexpr primitives::BlockTerms kTerms{
    .chain_id = primitives::ChainId(7777), .gas_limit = 30'000'000, .base_fee = U256(100)};
constexpr std::uint32_t kSenders = 1'000;
constexpr std::uint32_t kPerSender = 10;

/// 10,000 signed transfers of 1,000 rich accounts; every sender's in order, senders interleaved.
struct World {
  World() {
    state::StateDiff diff;
    for (std::uint32_t i = 0; i < kSenders; ++i) {
      Bytes secret(32, 0x33);
      secret[30] = static_cast<std::uint8_t>(i >> 8);
      secret[31] = static_cast<std::uint8_t>(i);
      const auto key = *crypto::Secp256k1SecretKey::from_bytes(secret);
      state::Account account;
      account.balance = U256(1'000'000'000'000'000'000);
      diff.accounts[key.address()] = account;
      for (std::uint32_t nonce = 0; nonce < kPerSender; ++nonce) {
        txns.push_back(transfer(key, i, nonce));
      }
    }
    head.apply(diff);
    std::sort(txns.begin(), txns.end(), [](const TxnPtr& a, const TxnPtr& b) {
      return std::pair(a->txn().nonce, a->hash()) < std::pair(b->txn().nonce, b->hash());
    });
  }

  static TxnPtr transfer(const crypto::Secp256k1SecretKey& key, std::uint32_t sender,
                         std::uint32_t nonce) {
    primitives::Transaction txn;
    txn.type = primitives::TxnType::DynamicFee;
    txn.chain_id = 7777;
    txn.nonce = nonce;
    txn.max_priority_fee_per_gas = U256(1 + (sender * 7919 + nonce * 104'729) % 1'000);
    txn.max_fee_per_gas = U256(10'000);
    txn.gas_limit = 21'000;
    txn.to = Address{{0xdd}};
    txn.value = U256(1);
    return std::make_shared<const primitives::VerifiedTxn>(
        *primitives::VerifiedTxn::verify(primitives::sign_transaction(txn, key)));
  }

  state::MemoryState head;
  std::vector<TxnPtr> txns;
};

const World& world() {
  static const World kWorld;
  return kWorld;
}

Mempool filled(const Limits& limits) {
  Mempool pool(limits, kTerms);
  for (const TxnPtr& txn : world().txns)
    benchmark::DoNotOptimize(pool.add(txn, world().head));
  return pool;
}

void admit_10k(benchmark::State& state) {
  (void)world();
  for (auto _ : state)
    benchmark::DoNotOptimize(filled({}));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(world().txns.size()));
}
BENCHMARK(admit_10k)->Unit(benchmark::kMillisecond);

/// Four of five newcomers meet a full pool: each is refused or evicts.
void admit_10k_into_room_for_2k(benchmark::State& state) {
  (void)world();
  for (auto _ : state)
    benchmark::DoNotOptimize(filled({.txns_max = 2'000}));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(world().txns.size()));
}
BENCHMARK(admit_10k_into_room_for_2k)->Unit(benchmark::kMillisecond);

void select_of_10k(benchmark::State& state) {
  const Mempool pool = filled({});
  const SelectLimits limits{.txns_max = static_cast<std::size_t>(state.range(0)),
                            .bytes_max = 100'000'000,
                            .gas_max = 10'000'000'000};
  for (auto _ : state)
    benchmark::DoNotOptimize(pool.select(limits));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(select_of_10k)->Arg(400)->Arg(10'000)->Unit(benchmark::kMicrosecond);

/// A block of 400 is committed; the pool drops it and follows 400 senders.
void follow_commit_of_400(benchmark::State& state) {
  state::MemoryState after;
  state::StateDiff diff;
  for (const TxnPtr& txn : std::span(world().txns).first(400)) {
    auto account = **world().head.account(txn->sender());
    account.nonce = 1;
    diff.accounts[txn->sender()] = account;
  }
  after.apply(diff);
  for (auto _ : state) {
    state.PauseTiming();
    Mempool pool = filled({});
    state.ResumeTiming();
    benchmark::DoNotOptimize(pool.commit(kTerms, after, diff));
    state.PauseTiming();  // destroying the pool is not part of it
    pool = filled({.txns_max = 0});
    state.ResumeTiming();
  }
}
BENCHMARK(follow_commit_of_400)->Unit(benchmark::kMicrosecond)->Iterations(50);

}  // namespace
}  // namespace ol::mempool
