#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include <ol/exchange/commitment.hpp>
#include <ol/exchange/engine.hpp>

// Full execution of blocks of 10,000 orders in batches of 100: checks, margin, fees, events,
// records (dex.md 22.2), without and with the state root; and of blocks of 10,000 requests that
// name resting orders, as those of market makers do.

namespace ol::exchange {
namespace {

constexpr std::uint32_t kTraders = 1000;
constexpr std::uint32_t kBatches = 100;
constexpr int kWarmUpBlocks = 30;  // 3000 batches: all but one in twenty traders have placed
constexpr TimeMs kStart = 1'700'000'000'000;

Address trader(std::uint32_t number) {
  Address out;
  out.bytes[0] = 0xbb;
  out.bytes[18] = static_cast<std::uint8_t>(number >> 8);
  out.bytes[19] = static_cast<std::uint8_t>(number);
  return out;
}

/// Makes blocks of good-till-cancelled orders around 60,000, some of which trade.
class Source {
 public:
  BlockInput first() {
    MarketConfig btc;
    btc.name = "BTC";
    btc.sz_decimals = 5;
    btc.tick_px = 10;
    btc.margin_tiers = {{0, 40}, {150'000'000 * kUsdPerDollar, 20}};
    BlockInput block = next_block();
    block.system = {ListToken{kUsdToken, "USD", 2, 8}, ListMarket{btc},
                    SetOracle{AssetId(0), 600'000}};
    for (std::uint32_t i = 0; i < kTraders; ++i)
      block.system.emplace_back(CreditUsd{trader(i), 1'000'000 * kUsdPerDollar});
    return block;
  }
  BlockInput orders() {
    BlockInput block = next_block();
    block.system = {SetOracle{AssetId(0), 600'000}};
    for (std::uint32_t batch = 0; batch < kBatches; ++batch) {
      const Address who = trader(below(kTraders));
      PlaceOrders body;
      for (int i = 0; i < 100; ++i)
        body.orders.push_back(order());
      // The owner's book is cleared first, so that the books stay in a steady state.
      add(block, who, CancelAll{kAllAssets, CancelSide::Both});
      placed_.push_back({who, std::move(body)});
    }
    for (auto& [who, body] : placed_)
      add(block, who, std::move(body));
    placed_.clear();
    return block;
  }
  /// Each trader rests a ladder of 100 orders a side apart from the spread.
  BlockInput ladders() {
    BlockInput block = next_block();
    for (std::uint32_t i = 0; i < kTraders; ++i) {
      PlaceOrders body;
      for (std::uint32_t rung = 0; rung < 100; ++rung)
        body.orders.push_back(quote());
      add(block, trader(i), std::move(body));
    }
    return block;
  }
  /// A hundred of them put each order of theirs elsewhere.
  BlockInput modifies(const State& state) {
    BlockInput block = next_block();
    block.system = {SetOracle{AssetId(0), 600'000}};
    for (std::uint32_t batch = 0; batch < kBatches; ++batch) {
      const Address who = trader((10 * batch + below(10)) % kTraders);
      ModifyOrders body;
      for (const OrderId oid : state.orders.orders_of(state.find_account(who)))
        body.modifies.push_back({oid, {}, quote()});
      add(block, who, std::move(body));
    }
    return block;
  }

 private:
  std::uint32_t below(std::uint32_t n) {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return static_cast<std::uint32_t>((Uint128{z ^ (z >> 31)} * n) >> 64);
  }
  Order order() {
    Order out = quote();
    if (below(10) == 0) out.px = 600'000;  // a tenth reaches across the spread
    return out;
  }
  // Good-till-cancelled, up to 500 ticks from the spread.
  Order quote() {
    Order out;
    out.side = below(2) == 0 ? Side::Buy : Side::Sell;
    const std::uint64_t away = 10 * (1 + below(500));
    out.px = out.side == Side::Buy ? 600'000 - away : 600'000 + away;
    out.sz = 100 + below(1'000);
    return out;
  }
  BlockInput next_block() {
    BlockInput out;
    out.height = ++height_;
    out.time = kStart + 100 * height_;
    return out;
  }
  void add(BlockInput& block, const Address& who, ActionBody body) {
    VerifiedAction action;
    action.action.body = std::move(body);
    action.action.nonce = kStart + ++nonce_;
    action.signer = who;
    block.actions.push_back(std::move(action));
  }

  std::uint64_t state_ = 42;
  std::uint64_t height_ = 0;
  std::uint64_t nonce_ = 0;
  std::vector<std::pair<Address, PlaceOrders>> placed_;
};

/// A thousand longs of 0.02 BTC with 66 dollars each, ten thousand shorts of a tenth of that.
class DeleveragingSource {
 public:
  std::vector<BlockInput> before() {
    BlockInput funded = Source().first();
    height_ = funded.height;
    for (std::uint32_t i = 0; i < kShorts + kLongs; ++i)
      funded.system.emplace_back(CreditUsd{holder(i), (i < kShorts ? 1'000 : 66) * kUsdPerDollar});
    BlockInput asks = next_block();
    for (std::uint32_t i = 0; i < kShorts; ++i)
      add(asks, holder(i), Side::Sell, 200);
    BlockInput bids = next_block();
    for (std::uint32_t i = 0; i < kLongs; ++i)
      add(bids, holder(kShorts + i), Side::Buy, 2'000);
    return {funded, asks, bids};
  }
  BlockInput gap() {
    BlockInput out = next_block();
    out.system = {SetOracle{AssetId(0), 500'000}};
    return out;
  }

 private:
  static constexpr std::uint32_t kShorts = 10'000;
  static constexpr std::uint32_t kLongs = 1'000;

  static Address holder(std::uint32_t number) { return trader(kTraders + number); }
  BlockInput next_block() {
    BlockInput out;
    out.height = ++height_;
    out.time = kStart + 100 * height_;
    return out;
  }
  void add(BlockInput& block, const Address& who, Side side, std::uint64_t sz) {
    Order order;
    order.side = side;
    order.px = 600'000;
    order.sz = sz;
    VerifiedAction action;
    action.action.body = PlaceOrders{{order}, Grouping::None, {}, 0};
    action.action.nonce = kStart + ++nonce_;
    action.signer = who;
    block.actions.push_back(std::move(action));
  }

  std::uint64_t height_ = 0;
  std::uint64_t nonce_ = 0;
};

enum class Root : std::uint8_t { Without, With };

/// What a node does with a block. A function of its own, so that a profiler can count it alone.
[[gnu::noinline]] BlockResult run_block(Engine& engine, Commitment* commitment,
                                        const BlockInput& block) {
  BlockResult out = engine.execute(block);
  if (commitment != nullptr) {
    benchmark::DoNotOptimize(commitment->apply(out.diff));
    commitment->commit();
  }
  engine.commit_block();
  return out;
}

struct Counts {
  std::uint64_t fills = 0;
  std::uint64_t cancels = 0;
  std::uint64_t orders = 0;
  bool all_ok = true;

  void add(const BlockResult& result) {
    for (const Event& event : result.events) {
      fills += std::holds_alternative<FillEvent>(event) ? 1 : 0;
      cancels += std::holds_alternative<CancelEvent>(event) ? 1 : 0;
    }
    for (const ActionResult& action : result.results) {
      all_ok = all_ok && action.ok;
      orders += action.orders.size();
      for (const OrderResult& order : action.orders)
        all_ok = all_ok && order.kind != OrderResult::Kind::Error;
    }
  }
};

void execute(benchmark::State& state, Root root) {
  Source source;
  Params params;
  params.budget_actions = ~std::uint64_t{0} / 4;
  Engine engine(params);
  static_cast<void>(engine.execute(source.first()));
  engine.commit_block();
  // The books grow until every trader has placed; what is timed is the steady state after that.
  for (int i = 0; i < kWarmUpBlocks; ++i) {
    static_cast<void>(engine.execute(source.orders()));
    engine.commit_block();
  }
  std::unique_ptr<Commitment> commitment;
  if (root == Root::With) commitment = std::make_unique<Commitment>(engine.records());
  Counts counts;
  BlockInput block = source.orders();
  for (auto _ : state) {
    const BlockResult out = run_block(engine, commitment.get(), block);
    state.PauseTiming();
    counts.add(out);
    block = source.orders();
    state.ResumeTiming();
  }
  if (!counts.all_ok) state.SkipWithError("an action failed");
  const auto blocks = static_cast<double>(state.iterations());
  state.SetItemsProcessed(state.iterations() * kBatches * 100);
  state.counters["fills_per_block"] = static_cast<double>(counts.fills) / blocks;
  state.counters["cancels_per_block"] = static_cast<double>(counts.cancels) / blocks;
}

void ExecuteModifies(benchmark::State& state) {
  Source source;
  Params params;
  params.budget_actions = ~std::uint64_t{0} / 4;
  Engine engine(params);
  for (const BlockInput& block : {source.first(), source.ladders()}) {
    static_cast<void>(engine.execute(block));
    engine.commit_block();
  }
  Counts counts;
  BlockInput block = source.modifies(engine.state());
  for (auto _ : state) {
    const BlockResult out = run_block(engine, nullptr, block);
    state.PauseTiming();
    counts.add(out);
    block = source.modifies(engine.state());
    state.ResumeTiming();
  }
  if (!counts.all_ok) state.SkipWithError("an action failed");
  state.SetItemsProcessed(static_cast<std::int64_t>(counts.orders));
}

// A gap below the bankruptcy price of a thousand longs, no bids and no insurance: each is closed
// against ten of ten thousand shorts (dex.md 12.6).
void ExecuteDeleveraging(benchmark::State& state) {
  Params params;
  params.budget_actions = ~std::uint64_t{0} / 4;
  for (auto _ : state) {
    state.PauseTiming();
    DeleveragingSource source;
    Engine engine(params);
    for (const BlockInput& block : source.before()) {
      static_cast<void>(engine.execute(block));
      engine.commit_block();
    }
    const BlockInput gap = source.gap();
    state.ResumeTiming();
    const BlockResult out = run_block(engine, nullptr, gap);
    state.PauseTiming();
    Counts counts;
    counts.add(out);
    state.counters["fills"] = static_cast<double>(counts.fills);
    state.ResumeTiming();
  }
}

void ExecuteBlock(benchmark::State& state) {
  execute(state, Root::Without);
}
void ExecuteBlockWithRoot(benchmark::State& state) {
  execute(state, Root::With);
}
BENCHMARK(ExecuteModifies)->Unit(benchmark::kMillisecond)->Iterations(40);
BENCHMARK(ExecuteDeleveraging)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(ExecuteBlock)->Unit(benchmark::kMillisecond)->Iterations(40);
BENCHMARK(ExecuteBlockWithRoot)->Unit(benchmark::kMillisecond)->Iterations(40);
// For callgrind, which takes fifty times as long (docs/benchmarks.md).
BENCHMARK(ExecuteBlockWithRoot)->Unit(benchmark::kMillisecond)->Iterations(4);

}  // namespace
}  // namespace ol::exchange
