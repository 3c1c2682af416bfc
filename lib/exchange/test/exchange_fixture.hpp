#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ol/exchange/engine.hpp>

namespace ol::exchange::test {

[[nodiscard]] inline bool begins_with(ByteView key, std::string_view prefix) {
  return key.size() >= prefix.size() &&
         std::ranges::equal(key.first(prefix.size()), as_bytes(prefix));
}

constexpr AssetId kBtc{0};
constexpr AssetId kEth{1};
constexpr AssetId kSpot{10'000};  // OPEN/USD
constexpr std::int64_t kDollar = kUsdPerDollar;
constexpr TimeMs kStart = 1'700'000'000'000;

/// An address by number; ordered as the numbers are.
[[nodiscard]] inline Address user(std::uint8_t number) {
  Address out;
  out.bytes[0] = 0xaa;
  out.bytes[19] = number;
  return out;
}

/// The perp A0 of dex.md 21 with the tier table A0.
[[nodiscard]] inline MarketConfig btc() {
  MarketConfig config;
  config.asset = kBtc;
  config.name = "BTC";
  config.sz_decimals = 5;
  config.tick_px = 10;
  config.margin_tiers = {{0, 40}, {150'000'000 * kDollar, 20}};
  config.impact_ntl = 20'000 * kDollar;
  config.exec_band_ppb = 100'000'000;
  return config;
}

/// The perp of dex.md 21.3 with the tier table A1.
[[nodiscard]] inline MarketConfig eth() {
  MarketConfig config;
  config.asset = kEth;
  config.name = "ETH";
  config.sz_decimals = 4;
  config.tick_px = 10;
  config.margin_tiers = {{0, 25}, {100'000'000 * kDollar, 15}};
  return config;
}

/// The pair of dex.md 21.11: d = 2, w = 8, quoted in dollars.
[[nodiscard]] inline MarketConfig spot_pair() {
  MarketConfig config;
  config.asset = kSpot;
  config.name = "OPEN/USD";
  config.sz_decimals = 2;
  config.tick_px = 1;
  config.min_ntl = 10 * kDollar * kWeiPerUsd;
  config.base = kOpenToken;
  config.quote = kUsdToken;
  config.base_wei_per_lot = 1'000'000;
  return config;
}

/// A good-till-cancelled order; tests change what they are about.
[[nodiscard]] inline Order order_of(AssetId asset, Side side, std::uint64_t px, std::uint64_t sz,
                                    Tif tif = Tif::Gtc) {
  Order out;
  out.asset = asset;
  out.side = side;
  out.px = px;
  out.sz = sz;
  out.tif = tif;
  return out;
}

[[nodiscard]] inline ActionBody place(Order order) {
  return PlaceOrders{{order}, Grouping::None, {}, 0};
}

/// An engine with markets and the blocks that tests feed it, one or a few actions each.
class Chain {
 public:
  explicit Chain(Params params = {}) : engine_(std::make_unique<Engine>(params)), params_(params) {
    system({ListToken{kUsdToken, "USD", 2, 8}, ListToken{kOpenToken, "OPEN", 2, 8},
            ListMarket{btc()}, ListMarket{eth()}, ListMarket{spot_pair()}, SetOracle{kBtc, 600'000},
            SetOracle{kEth, 300'000}});
  }

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const State& state() const { return engine_->state(); }

  /// Runs a block of system actions, which must all succeed.
  BlockResult system(std::vector<SystemAction> actions, TimeMs after_ms = 100) {
    BlockResult out = block(std::move(actions), {}, after_ms);
    for (const bool ok : out.system_ok)
      EXPECT_TRUE(ok);
    return out;
  }
  /// Queues an action of a user; `act` and `block` run what is queued.
  VerifiedAction action(const Address& signer, ActionBody body, const Address& account = {}) {
    nonce_ = std::max(nonce_ + 1, state().global().time);
    Action out{std::move(body), account, nonce_, 0};
    Hash256 hash;
    for (std::size_t i = 0; i < 8; ++i)
      hash.bytes[i] = static_cast<std::uint8_t>(nonce_ >> (8 * i));
    return {out, signer, hash};
  }
  BlockResult block(std::vector<SystemAction> system_actions, std::vector<VerifiedAction> actions,
                    TimeMs after_ms = 100) {
    BlockInput input;
    input.height = state().global().height + 1;
    input.time = std::max(kStart, state().global().time) + after_ms;
    input.stakes = {1};
    input.system = std::move(system_actions);
    input.actions = std::move(actions);
    input.seed.bytes[0] = static_cast<std::uint8_t>(input.height);
    input.order_mode = order_mode_;
    if (order_mode_ == OrderMode::HashOrder) {
      std::ranges::sort(input.actions, {}, [&](const VerifiedAction& one) {
        return std::pair(step_of(one.action.body), order_key(input.seed, one.hash));
      });
    }
    last_ = input;
    BlockResult out = engine_->execute(input);
    if (commit_) engine_->commit_block();
    return out;
  }
  /// One user, one action, one block.
  ActionResult act(const Address& signer, ActionBody body, const Address& account = {}) {
    events_.clear();
    BlockResult out = block({}, {action(signer, std::move(body), account)});
    events_ = std::move(out.events);
    return out.results.at(0);
  }
  /// One order in one block.
  OrderResult order(const Address& signer, const Order& order) {
    const ActionResult out = act(signer, place(order));
    EXPECT_TRUE(out.ok) << name(out.error);
    return out.ok ? out.orders.at(0) : OrderResult{};
  }
  void deposit(const Address& account, std::int64_t dollars) {
    system({CreditUsd{account, dollars * kDollar}});
  }
  /// Fresh oracle prices: the next block is `after_ms` later.
  BlockResult oracle(AssetId asset, std::uint64_t px, TimeMs after_ms = 100) {
    BlockResult out = system({SetOracle{asset, px}}, after_ms);
    events_ = out.events;
    return out;
  }

  [[nodiscard]] const Account& account(const Address& address) const {
    return state().accounts[state().find_account(address)];
  }
  [[nodiscard]] PerpState perp(const Address& address, AssetId asset) const {
    return state().perp_or_default(state().find_account(address), state().find_market(asset));
  }
  [[nodiscard]] const MarketState& market(AssetId asset) const {
    return state().markets[state().find_market(asset)];
  }
  [[nodiscard]] SpotBalance balance(const Address& address, TokenId token) const {
    const SpotBalance* found = state().find_balance(state().find_account(address), token);
    return found == nullptr ? SpotBalance{} : *found;
  }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  template <typename T>
  [[nodiscard]] std::vector<T> events_of() const {
    std::vector<T> out;
    for (const Event& event : events_) {
      if (const T* found = std::get_if<T>(&event)) out.push_back(*found);
    }
    return out;
  }
  void keep_blocks_open() { commit_ = false; }
  /// Blocks have their actions by hash within a step from here on (dex.md 5.2).
  void order_by_hash() { order_mode_ = OrderMode::HashOrder; }
  [[nodiscard]] const BlockInput& last_block() const { return last_; }
  /// Stores everything and starts again from it.
  void restart() { restart_from(engine_->records()); }
  void restart_from(const StateRecords& records) {
    auto again = Engine::restore(params_, records);
    ASSERT_TRUE(again);
    engine_ = std::move(*again);
  }

 private:
  std::unique_ptr<Engine> engine_;
  Params params_;
  std::uint64_t nonce_ = kStart;
  std::vector<Event> events_;
  BlockInput last_;
  bool commit_ = true;
  OrderMode order_mode_ = OrderMode::ListOrder;
};

}  // namespace ol::exchange::test
