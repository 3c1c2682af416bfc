#include "trading_day.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include <ol/base/hex.hpp>
#include <ol/exchange/commitment.hpp>
#include <ol/exchange/engine.hpp>

#include "invariants.hpp"
#include "margin.hpp"
#include "margin_reference.hpp"
#include "traders.hpp"

namespace ol::exchange::test {
namespace {

constexpr TimeMs kMidnight = 1'700'006'400'000;  // 2023-11-15, 00:00 UTC
constexpr TimeMs kBlockMs = 15'000;
constexpr std::uint64_t kBlocks = 24ULL * 3'600'000 / kBlockMs;
constexpr std::uint64_t kBlocksPerMinute = 60'000 / kBlockMs;
constexpr std::uint64_t kBlocksPerHour = 60 * kBlocksPerMinute;

// The makers leave as the fall begins to run, and come back when it is over.
constexpr std::uint64_t kCrash = 13 * kBlocksPerHour;
constexpr std::uint64_t kMakersLeave = kCrash + 3 * kBlocksPerMinute;
constexpr std::uint64_t kMakersReturn = kCrash + 7 * kBlocksPerMinute;

/// Price of BTC by block, a straight line between points, in parts of 10,000 of the opening price.
struct Point {
  std::uint64_t block;
  std::int64_t level;
};
constexpr std::array kPath = {
    Point{0, 10'000},
    Point{6 * kBlocksPerHour, 10'060},
    Point{9 * kBlocksPerHour, 10'150},
    Point{11 * kBlocksPerHour, 10'420},  // a rally: longs pay
    Point{kCrash, 10'400},
    Point{kMakersLeave, 8'900},
    Point{kMakersLeave + 1, 8'840},
    Point{kMakersLeave + 2, 8'100},  // the gap, without a bid
    Point{kMakersReturn, 7'600},
    Point{kCrash + 20 * kBlocksPerMinute, 7'280},  // 30 % below
    Point{18 * kBlocksPerHour, 8'200},
    Point{kBlocks, 8'350},
};

std::int64_t level_at(std::uint64_t block) {
  for (std::size_t i = 1; i < kPath.size(); ++i) {
    const Point& a = kPath[i - 1];
    const Point& b = kPath[i];
    if (block > b.block) continue;
    const auto way = static_cast<std::int64_t>(block - a.block);
    return a.level + (b.level - a.level) * way / static_cast<std::int64_t>(b.block - a.block);
  }
  return kPath.back().level;
}

std::string dollars(Int128 usd) {
  const bool below = usd < 0;
  const auto all = static_cast<std::uint64_t>(below ? -usd : usd);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%s%llu.%06llu", below ? "-" : "",
                static_cast<unsigned long long>(all / 1'000'000),
                static_cast<unsigned long long>(all % 1'000'000));
  return text.data();
}

std::string clock(TimeMs time) {
  const auto second = (time - kMidnight) / 1'000;
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%02u:%02u:%02u", static_cast<unsigned>(second / 3'600),
                static_cast<unsigned>(second / 60 % 60), static_cast<unsigned>(second % 60));
  return text.data();
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

const char* method_name(LiquidationEvent::Method method) {
  switch (method) {
    case LiquidationEvent::Method::Cancel:
      return "orders cancelled";
    case LiquidationEvent::Method::Market:
      return "sold in the market, USD";
    case LiquidationEvent::Method::Backstop:
      return "taken by the backstop vault, worth USD";
    case LiquidationEvent::Method::Insurance:
      return "paid for by insurance, USD";
    case LiquidationEvent::Method::Adl:
      return "closed against the other side, bad debt USD";
  }
  OL_CHECK(false, "a method of no kind");
}

struct Hour {
  std::uint64_t trades = 0;
  Int128 volume = 0;
  Int128 funding_paid = 0;  // by those who paid
  std::uint64_t liquidations = 0;
};

class TradingDay {
 public:
  TradingDay() : engine_(Params{}) {
    open();
    commitment_ = std::make_unique<Commitment>(engine_.records());
    for (std::uint64_t block = 0; block < kBlocks && broken_.empty(); ++block)
      run(block);
  }

  std::string report() {
    if (!broken_.empty()) return "BROKEN: " + broken_ + "\n" + story_;
    return "A trading day by script: " + std::to_string(kBlocks) + " blocks of 15 s, " +
           std::to_string(actions_) + " actions, " + std::to_string(state().accounts.size()) +
           " accounts\n\n" + hours() + "\nThe fall\n\n" + story_ + "\nHow it ended\n\n" +
           standings() + conservation();
  }

 private:
  [[nodiscard]] const State& state() const { return engine_.state(); }
  [[nodiscard]] std::uint64_t px(AssetId asset, std::uint64_t block) const {
    const bool btc = asset == kBtc;
    const std::int64_t open = btc ? 600'000 : 300'000;
    // ETH moves four fifths as far.
    const std::int64_t level = btc ? level_at(block) : 10'000 + (level_at(block) - 10'000) * 4 / 5;
    const std::int64_t exact = open * level / 10'000;
    return static_cast<std::uint64_t>(exact - exact % 10);
  }

  void name(const Address& address, std::string text) { names_[address] = std::move(text); }
  [[nodiscard]] std::string name_of(const Address& address) const {
    const auto it = names_.find(address);
    return it == names_.end() ? to_hex(address.view()) : it->second;
  }

  void fund(std::vector<SystemAction>& out, const Address& who, std::string text,
            std::int64_t usd) {
    out.push_back(CreditUsd{who, usd * kDollar});
    deposits_[who] += usd * kDollar;
    name(who, std::move(text));
  }

  void open() {
    std::vector<SystemAction> out = {ListToken{kUsdToken, "USD", 2, 8},
                                     ListToken{kOpenToken, "OPEN", 2, 8},
                                     ListMarket{btc()},
                                     ListMarket{eth()},
                                     ListMarket{spot_pair()},
                                     SetOracle{kBtc, px(kBtc, 0)},
                                     SetOracle{kEth, px(kEth, 0)}};
    fund(out, kInsurance, "insurance", 2'000);
    fund(out, kBackstop, "backstop vault", 40'000);
    name(kFeePool, "fee pool");
    for (std::uint8_t i = 0; i < kMakers; ++i)
      fund(out, maker(i), "maker-" + std::to_string(i + 1), 3'000'000);
    for (std::uint8_t i = 0; i < kTakers; ++i) {
      fund(out, taker(i), "taker-" + std::to_string(i + 1), 60'000);
      out.push_back(CreditSpot{taker(i), kUsdToken, 1'000'000'000'000});
      out.push_back(CreditSpot{taker(i), kOpenToken, 1'000'000'000'000});
    }
    for (std::uint8_t i = 0; i < kLongs; ++i) {
      const std::uint32_t leverage = leverage_of(i);
      fund(out, longer(i), "long-" + std::to_string(leverage) + "x-" + std::to_string(i + 1),
           10'000 + 1'500 * i);
    }
    for (std::uint8_t i = 0; i < kShorts; ++i)
      fund(out, shorter(i), "short-" + std::to_string(i + 1), 40'000);
    execute(std::move(out), {});
  }

  static constexpr std::uint8_t kMakers = 3;
  static constexpr std::uint8_t kTakers = 8;
  static constexpr std::uint8_t kLongs = 24;
  static constexpr std::uint8_t kShorts = 8;
  static Address maker(std::uint8_t i) { return user(static_cast<std::uint8_t>(10 + i)); }
  static Address taker(std::uint8_t i) { return user(static_cast<std::uint8_t>(20 + i)); }
  static Address longer(std::uint8_t i) { return user(static_cast<std::uint8_t>(40 + i)); }
  static Address shorter(std::uint8_t i) { return user(static_cast<std::uint8_t>(100 + i)); }
  static std::uint32_t leverage_of(std::uint8_t i) {
    constexpr std::array<std::uint32_t, 8> kLeverages = {3, 4, 5, 6, 7, 10, 20, 25};
    return kLeverages[i % kLeverages.size()];
  }
  // The last longs are in ETH, isolated.
  static bool in_eth(std::uint8_t i) { return i >= 16; }

  void act(const Address& who, ActionBody body) {
    const auto step = static_cast<std::size_t>(step_of(body));
    VerifiedAction out;
    out.action.body = std::move(body);
    out.action.nonce = kMidnight + ++nonce_;
    out.signer = who;
    for (std::size_t i = 0; i < 8; ++i)
      out.hash.bytes[i] = static_cast<std::uint8_t>(nonce_ >> (8 * i));
    by_step_[step].push_back(std::move(out));
  }

  // A ladder on both sides, a little above the oracle's price while the market rallies.
  void quote(std::uint64_t block) {
    const bool away = block >= kMakersLeave && block < kMakersReturn;
    const bool rallies = block >= 9 * kBlocksPerHour && block < kCrash;
    for (std::uint8_t i = 0; i < kMakers; ++i) {
      act(maker(i), CancelAll{kAllAssets, CancelSide::Both});
      if (away) continue;
      PlaceOrders out;
      for (const AssetId asset : {kBtc, kEth}) {
        const std::uint64_t middle = px(asset, block) * (rallies ? 10'030 : 10'000) / 10'000;
        for (std::uint64_t level = 1; level <= 6; ++level) {
          const std::uint64_t distance = middle * (2 * level + i) / 10'000;
          for (const Side side : {Side::Buy, Side::Sell}) {
            std::uint64_t at = side == Side::Buy ? middle - distance : middle + distance;
            at -= at % 10;
            out.orders.push_back(order_of(asset, side, at, 20'000 * level, Tif::Alo));
          }
        }
      }
      act(maker(i), std::move(out));
    }
  }

  void take(std::uint64_t block) {
    const Address who = taker(static_cast<std::uint8_t>(random_.below(kTakers)));
    const AssetId asset = random_.chance(70) ? kBtc : kEth;
    const Side side = random_.chance(50) ? Side::Buy : Side::Sell;
    std::uint64_t at = px(asset, block) * (side == Side::Buy ? 102 : 98) / 100;
    at -= at % 10;
    act(who, place(order_of(asset, side, at, 1'000 + random_.below(9'000), Tif::Ioc)));
    if (!random_.chance(10)) return;
    // Spot among takers: one rests, later ones trade with it.
    const Address other = taker(static_cast<std::uint8_t>(random_.below(kTakers)));
    const Side spot_side = random_.chance(50) ? Side::Buy : Side::Sell;
    act(other, place(order_of(kSpot, spot_side, 990'000 + random_.below(20'000),
                              1'000 + random_.below(5'000))));
  }

  // Longs and shorts build up over the morning, a share of what they mean to hold at a time.
  void build_up(std::uint64_t block) {
    if (block < kBlocksPerHour || block % kBlocksPerMinute != 0) return;
    const std::uint64_t turn = block / kBlocksPerMinute - 60;
    if (turn >= 10ULL * (kLongs + kShorts)) return;
    const auto who = static_cast<std::uint8_t>(turn % (kLongs + kShorts));
    const bool buys = who < kLongs;
    const Address address = buys ? longer(who) : shorter(static_cast<std::uint8_t>(who - kLongs));
    const AssetId asset = buys && in_eth(who) ? kEth : kBtc;
    const std::uint32_t leverage = buys ? leverage_of(who) : 5;
    if (turn < kLongs + kShorts) act(address, UpdateLeverage{asset, asset == kBtc, leverage});
    const std::uint64_t cash = static_cast<std::uint64_t>(deposits_[address]);
    // Nine tenths of what the leverage allows, in ten parts.
    const std::uint64_t lots = cash * leverage * 9 / 100 / px(asset, block);
    const Side side = buys ? Side::Buy : Side::Sell;
    std::uint64_t at = px(asset, block) * (buys ? 101 : 99) / 100;
    at -= at % 10;
    act(address, place(order_of(asset, side, at, lots, Tif::Ioc)));
    if (!buys || who % 3 != 0) return;
    Order stop = order_of(asset, Side::Sell, px(asset, block) * 88 / 100 / 10 * 10, lots);
    stop.reduce_only = true;
    stop.trigger = Trigger::StopMarket;
    stop.trigger_px = px(asset, block) * 92 / 100;
    stop.tif = Tif::Ioc;
    if (turn >= 9ULL * (kLongs + kShorts)) act(address, place(stop));
  }

  void run(std::uint64_t block) {
    std::vector<SystemAction> system = {SetOracle{kBtc, px(kBtc, block)},
                                        SetOracle{kEth, px(kEth, block)}};
    if (block % 2 == 0) quote(block);
    take(block);
    build_up(block);
    std::vector<VerifiedAction> actions;
    for (auto& list : by_step_) {
      actions.insert(actions.end(), std::make_move_iterator(list.begin()),
                     std::make_move_iterator(list.end()));
      list.clear();
    }
    actions_ += actions.size();
    const BlockResult out = execute(std::move(system), std::move(actions));
    commitment_->apply(out.diff);
    commitment_->commit();
    record(out, block / kBlocksPerHour);
    for (std::string bad : {broken_invariant(state()), margin_difference(state())}) {
      if (!bad.empty()) broken_ = bad + " at " + clock(state().global().time);
    }
  }

  BlockResult execute(std::vector<SystemAction> system, std::vector<VerifiedAction> actions) {
    BlockInput input;
    input.height = state().global().height + 1;
    input.time = kMidnight + (input.height - 1) * kBlockMs;
    input.stakes = {1};
    input.system = std::move(system);
    input.actions = std::move(actions);
    BlockResult out = engine_.execute(input);
    engine_.commit_block();
    for (const bool ok : out.system_ok) {
      if (!ok) broken_ = "a system action failed at " + clock(input.time);
    }
    return out;
  }

  void record(const BlockResult& out, std::size_t hour) {
    Hour& now = hours_[hour];
    const std::string at = clock(state().global().time);
    for (const Event& event : out.events) {
      if (const auto* fill = std::get_if<FillEvent>(&event)) {
        ++now.trades;
        if (!is_spot(fill->asset)) now.volume += notional(fill->px, fill->sz);
        if (fill->kind != FillKind::Adl) continue;
        story_ += at + "  " + name_of(fill->taker) + ": " + std::to_string(fill->sz) + " lots at " +
                  std::to_string(fill->px) + " closed against " + name_of(fill->maker) + "\n";
      } else if (const auto* funding = std::get_if<FundingEvent>(&event)) {
        if (funding->paid > 0) now.funding_paid += funding->paid;
      } else if (const auto* step = std::get_if<LiquidationEvent>(&event)) {
        ++now.liquidations;
        story_ += at + "  " + name_of(step->account) + ": " + method_name(step->method);
        if (step->method != LiquidationEvent::Method::Cancel) story_ += " " + dollars(step->usd);
        story_ += "\n";
      } else if (const auto* alert = std::get_if<AlertEvent>(&event)) {
        if (alert->kind == AlertEvent::Kind::Breaker) record_breaker();
        if (alert->kind == AlertEvent::Kind::MarketHalted) broken_ = "a market was halted at " + at;
      }
    }
    if ((state().global().time - kMidnight) % 3'600'000 != 0) return;
    const MarketState& m = state().markets[state().find_market(kBtc)];
    const std::int64_t interest = m.open_interest;
    ends_[hour] = {m.oracle, m.mark, interest};
  }

  // Prices that go on falling trip it again before it is over.
  void record_breaker() {
    const TimeMs now = state().global().time;
    if (now > last_breaker_ + 60'000) {
      story_ += clock(now) + "  circuit breaker: post-only until 30 s after its last cause\n";
    }
    last_breaker_ = now;
  }

  std::string hours() {
    std::string out =
        "hour   oracle     mark  open interest  trades           volume, USD   funding paid, USD  "
        "liquidation steps\n";
    for (const auto& [hour, now] : hours_) {
      const End& end = ends_[hour];
      out += padded(std::to_string(hour), 4) + padded(std::to_string(end.oracle), 9) +
             padded(std::to_string(end.mark), 9) + padded(std::to_string(end.interest), 15) +
             padded(std::to_string(now.trades), 8) + padded(dollars(now.volume), 22) +
             padded(dollars(now.funding_paid), 20) + padded(std::to_string(now.liquidations), 19) +
             "\n";
    }
    return out;
  }

  // Cash, isolated buckets and positions at mark.
  Int128 equity(AccountIndex account) const {
    Int128 out = cross_bucket(state(), account).av;
    for (const State::Place& place : state().perps_of(account)) {
      const PerpState& perp = state().perps[place.index];
      if (perp.isolated) out += isolated_bucket(state(), perp).av;
    }
    return out;
  }

  std::string standings() {
    std::string out =
        "account               deposited, USD   equity in perps, USD       bad debt\n";
    for (const auto& [address, text] : names_) {
      const AccountIndex account = state().find_account(address);
      std::string line = text;
      line.resize(20, ' ');
      out += line + padded(dollars(deposits_[address]), 16) + padded(dollars(equity(account)), 23) +
             padded(dollars(state().accounts[account].bad_debt), 15) + "\n";
    }
    return out;
  }

  std::string conservation() {
    Int128 cash = 0;
    for (AccountIndex i = 0; i < state().accounts.size(); ++i)
      cash += Int128{state().accounts[i].raw_usd} - state().accounts[i].bad_debt;
    for (std::uint32_t i = 0; i < state().perps.size(); ++i)
      cash += state().perps[i].iso_raw;
    Int128 pools = 0;
    for (MarketIndex i = 0; i < state().market_count(); ++i)
      pools += state().markets[i].funding_pool;
    return "\ncash in accounts and buckets " + dollars(cash) + " + funding pools " +
           dollars(pools) + " = " + dollars(cash + pools) + " USD, put in " +
           dollars(state().global().issued_usd) + " USD; checked after every block\nstate root " +
           to_hex(commitment_->root().view()) + "\n";
  }

  struct End {
    std::uint64_t oracle = 0;
    std::uint64_t mark = 0;
    std::int64_t interest = 0;
  };

  Engine engine_;
  std::unique_ptr<Commitment> commitment_;
  Random random_{2023};
  std::array<std::vector<VerifiedAction>, 5> by_step_;
  std::uint64_t nonce_ = 0;
  std::uint64_t actions_ = 0;
  std::map<Address, std::string> names_;
  std::map<Address, std::int64_t> deposits_;
  std::map<std::size_t, Hour> hours_;
  std::map<std::size_t, End> ends_;
  std::string story_;
  TimeMs last_breaker_ = 0;
  std::string broken_;
};

}  // namespace

std::string trading_day_report() {
  return TradingDay().report();
}

}  // namespace ol::exchange::test
