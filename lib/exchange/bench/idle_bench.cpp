#include <cstdint>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include <ol/exchange/engine.hpp>

// A block without actions on a state of many accounts, each with an agent that has an end, a TWAP
// whose next slice is not due and a scheduled cancel: what nobody does anything with costs a block
// nothing (docs/adr/0040).

namespace ol::exchange {
namespace {

constexpr TimeMs kStart = 1'700'000'000'000;
constexpr AssetId kBtc{0};

Address numbered(std::uint8_t kind, std::uint64_t number) {
  Address out;
  out.bytes[0] = kind;
  for (std::size_t i = 0; i < 8; ++i)
    out.bytes[19 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}

BlockInput next_block(const Engine& engine) {
  BlockInput out;
  out.height = engine.state().global().height + 1;
  out.time = std::max(kStart, engine.state().global().time) + 1;
  return out;
}

void run(Engine& engine, const BlockInput& block) {
  benchmark::DoNotOptimize(engine.execute(block));
  engine.commit_block();
}

void add(BlockInput& block, const Address& who, ActionBody body) {
  VerifiedAction action;
  action.action.body = std::move(body);
  static std::uint64_t nonce = kStart;
  action.action.nonce = ++nonce;
  action.signer = who;
  block.actions.push_back(std::move(action));
}

void make_idle(Engine& engine, std::uint64_t accounts) {
  MarketConfig btc;
  btc.name = "BTC";
  btc.sz_decimals = 5;
  btc.tick_px = 10;
  btc.margin_tiers = {{0, 40}};
  BlockInput first = next_block(engine);
  first.system = {ListToken{kUsdToken, "USD", 2, 8}, ListMarket{btc}, SetOracle{kBtc, 600'000}};
  for (std::uint64_t i = 0; i < accounts; ++i)
    first.system.emplace_back(CreditUsd{numbered(0xaa, i), kUsdPerDollar});
  run(engine, first);
  BlockInput block = next_block(engine);
  for (std::uint64_t i = 0; i < accounts; ++i)
    add(block, numbered(0xaa, i), ApproveAgent{numbered(0xbb, i), "", kStart + 86'400'000 + i});
  for (std::uint64_t i = 0; i < accounts; ++i)
    add(block, numbered(0xaa, i), ScheduleCancel{kStart + 86'400'000 + i});
  for (std::uint64_t i = 0; i < accounts; ++i)
    add(block, numbered(0xaa, i), TwapOrder{kBtc, Side::Buy, 20'000, false, 1'440, false});
  run(engine, block);
}

void EmptyBlockBesideIdle(benchmark::State& state) {
  Engine engine(Params{});
  const auto accounts = static_cast<std::uint64_t>(state.range(0));
  make_idle(engine, accounts);
  if (engine.state().twaps.items().size() != accounts) state.SkipWithError("no TWAPs");
  for (int i = 0; i < 10; ++i)
    run(engine, next_block(engine));
  for (auto _ : state)
    run(engine, next_block(engine));
}
BENCHMARK(EmptyBlockBesideIdle)
    ->Arg(0)
    ->Arg(200'000)
    ->Unit(benchmark::kMicrosecond)
    ->Iterations(200);

// The mark crosses 200,000 stops of as many accounts at once; a block lets so many of them fire
// (`triggers_crossed_per_block_max`). Timed is the first block.
void BlockThatCrossesStops(benchmark::State& state) {
  constexpr std::uint64_t kAccounts = 200'000;
  for (auto _ : state) {
    state.PauseTiming();
    Params params;
    params.triggers_crossed_per_block_max = static_cast<std::uint64_t>(state.range(0));
    auto owned = std::make_unique<Engine>(params);
    Engine& engine = *owned;
    make_idle(engine, kAccounts);
    BlockInput stops = next_block(engine);
    Order stop;
    stop.side = Side::Buy;
    stop.px = 610'000;
    stop.sz = 1'000;
    stop.trigger = Trigger::StopMarket;
    stop.trigger_px = 610'000;
    for (std::uint64_t i = 0; i < kAccounts; ++i)
      add(stops, numbered(0xaa, i), PlaceOrders{{stop}, Grouping::None, {}, 0});
    run(engine, stops);
    if (engine.state().triggers.items().size() != kAccounts) state.SkipWithError("no stops");
    BlockInput crossing = next_block(engine);
    crossing.system = {SetOracle{kBtc, 610'000}};
    state.ResumeTiming();
    run(engine, crossing);
    state.PauseTiming();
    owned.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BlockThatCrossesStops)
    ->Arg(20'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3);

// Sells what a reduce-only order covers, piece by piece, so that each piece cuts it; other orders
// of the same account rest beside it.
void BlockThatTrims(benchmark::State& state) {
  constexpr std::uint64_t kSales = 2'000;
  constexpr std::uint64_t kPiece = 1'000;
  const Address buyer = numbered(0xaa, 0);
  const Address seller = numbered(0xaa, 1);
  const auto order = [](Side side, std::uint64_t px, std::uint64_t sz, Tif tif) {
    Order out;
    out.side = side;
    out.px = px;
    out.sz = sz;
    out.tif = tif;
    return out;
  };
  for (auto _ : state) {
    state.PauseTiming();
    Params params;
    params.budget_actions = ~std::uint64_t{0} / 4;
    Engine engine(params);
    make_idle(engine, 2);
    BlockInput before = next_block(engine);
    before.system = {CreditUsd{buyer, 10'000'000 * kUsdPerDollar},
                     CreditUsd{seller, 10'000'000 * kUsdPerDollar}};
    run(engine, before);
    const auto place = [&](BlockInput& block, const Address& who, const Order& what) {
      add(block, who, PlaceOrders{{what}, Grouping::None, {}, 0});
    };
    BlockInput opening = next_block(engine);
    place(opening, buyer, order(Side::Sell, 600'000, kSales * kPiece, Tif::Alo));
    place(opening, seller, order(Side::Buy, 600'000, kSales * kPiece, Tif::Ioc));
    run(engine, opening);
    BlockInput resting = next_block(engine);
    Order covering = order(Side::Sell, 620'000, kSales * kPiece, Tif::Alo);
    covering.reduce_only = true;
    place(resting, seller, covering);
    for (std::int64_t i = 0; i < state.range(0); ++i)
      place(resting, seller, order(Side::Buy, 590'000, kPiece, Tif::Alo));
    place(resting, buyer, order(Side::Buy, 600'000, kSales * kPiece, Tif::Alo));
    run(engine, resting);
    BlockInput sales = next_block(engine);
    for (std::uint64_t i = 0; i < kSales; ++i)
      place(sales, seller, order(Side::Sell, 600'000, kPiece, Tif::Ioc));
    state.ResumeTiming();
    run(engine, sales);
    state.PauseTiming();
    const State& after = engine.state();
    const PerpState* perp = after.find_perp(after.find_account(seller), after.find_market(kBtc));
    if (perp->szi != 0 || perp->reduce_lots != 0) state.SkipWithError("not all was sold");
    state.ResumeTiming();
  }
}
BENCHMARK(BlockThatTrims)->Arg(0)->Arg(4'000)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace ol::exchange
