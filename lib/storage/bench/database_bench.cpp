#include <benchmark/benchmark.h>

#include <ol/base/check.hpp>

#include "../test/chain_maker.hpp"
#include "../test/temp_directory.hpp"

namespace ol::storage {
namespace {

constexpr std::uint64_t kAccounts = 100'000;
constexpr std::size_t kTransfers = 1000;

DatabaseOptions bench_options(const std::filesystem::path& path) {
  DatabaseOptions out;
  out.path = path;
  return out;
}

std::unique_ptr<Database> open_or_die(const DatabaseOptions& options) {
  auto database = Database::open(options, test_identity());
  OL_CHECK(database.has_value(), database ? "" : database.error().message.c_str());
  return *std::move(database);
}

// The next block: `transfers` senders and as many receivers among `kAccounts` change.
MadeBlock next_block(const Database& database, std::size_t transfers) {
  const auto at = database.snapshot().value();
  const std::uint64_t height = at->head() ? at->head()->height.value() + 1 : 0;
  state::StateDiff diff;
  for (std::uint64_t i = 0; i < 2 * transfers; ++i) {
    const std::uint64_t n = height == 0 ? i : (height * 7919 + i * 104'729) % kAccounts;
    diff.accounts[test_address(n)] = test_account(height + i);
  }
  // A signed transfer has about 120 bytes.
  return make_block(at->head(), *at, *at, std::move(diff), height == 0 ? 0 : transfers, 120);
}

// A chain whose genesis holds kAccounts accounts, so that the trie has its usual depth.
std::unique_ptr<Database> filled(const DatabaseOptions& options) {
  auto database = open_or_die(options);
  const MadeBlock genesis = next_block(*database, kAccounts / 2);
  OL_CHECK(database->commit(genesis.committed()).has_value(), "genesis can be committed");
  return database;
}

void commit_block(benchmark::State& state) {
  const TempDirectory dir;
  auto options = bench_options(dir / "db");
  options.sync_commits = state.range(0) != 0;
  const auto database = filled(options);
  for (auto _ : state) {
    state.PauseTiming();
    const MadeBlock block = next_block(*database, kTransfers);
    state.ResumeTiming();
    OL_CHECK(database->commit(block.committed()).has_value(), "the disk takes the block");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kTransfers));
}
BENCHMARK(commit_block)
    ->ArgName("sync")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void snapshot(benchmark::State& state) {
  const TempDirectory dir;
  const auto database = filled(bench_options(dir / "db"));
  for (auto _ : state)
    benchmark::DoNotOptimize(database->snapshot().value()->head()->height);
}
BENCHMARK(snapshot);

// Hot: one account again and again. Cold: the store reopened with a cache that holds next to
// nothing, so that every read looks into a table file (which the operating system may cache).
void account_read(benchmark::State& state) {
  const TempDirectory dir;
  auto options = bench_options(dir / "db");
  const bool hot = state.range(0) != 0;
  filled(options).reset();
  if (!hot) options.block_cache_bytes = 64 * 1024;
  const auto database = open_or_die(options);
  const auto at = database->snapshot().value();
  std::uint64_t n = 0;
  for (auto _ : state) {
    n = hot ? 7 : (n + 104'729) % kAccounts;
    const auto account = at->account(test_address(n));
    OL_CHECK(account.has_value(), "the account can be read");
    OL_CHECK(account->has_value(), "the account exists");
  }
}
BENCHMARK(account_read)->ArgName("hot")->Arg(1)->Arg(0);

void open_database(benchmark::State& state) {
  const TempDirectory dir;
  const auto options = bench_options(dir / "db");
  filled(options).reset();
  for (auto _ : state)
    open_or_die(options);
}
BENCHMARK(open_database)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace ol::storage
