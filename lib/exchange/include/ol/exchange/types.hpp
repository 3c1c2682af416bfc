#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/strong.hpp>
#include <ol/exchange/arith.hpp>

namespace ol::exchange {

// Amounts that formulas combine are plain integers, named by their unit (dex.md 1.2 to 1.5):
//   px   price units: price * 10^(6-d) of a perp, price * 10^(8-d) of a spot pair
//   sz   lots: size * 10^d
//   ntl  px * sz: micro-dollars of a perp, wei of the quote token of a spot pair; never rounded
//   usd  micro-dollars
//   ppb  parts per billion
// Names of things are strong types.

/// A market: perps 0..9999, spot pairs 10000 + pair, perps of deployers from 100000 (dex.md 3).
using AssetId = Strong<std::uint32_t, struct AssetIdTag>;
/// A token: 0 is the dollar token, 1 native OPEN (dex.md 3).
using TokenId = Strong<std::uint32_t, struct TokenIdTag>;
/// An accepted order or trigger; global, from 1, never reused (dex.md 2.5).
using OrderId = Strong<std::uint64_t, struct OrderIdTag>;
/// A running TWAP order; global, from 1.
using TwapId = Strong<std::uint64_t, struct TwapIdTag>;
/// Milliseconds of the Core block header (dex.md 1.5).
using TimeMs = std::uint64_t;
/// An order's name chosen by its owner; zero is none (dex.md 4.1).
using Cloid = FixedBytes<16, struct CloidTag>;

constexpr TokenId kUsdToken{0};
constexpr TokenId kOpenToken{1};
constexpr std::uint32_t kFirstSpotAsset = 10'000;
constexpr std::uint32_t kFirstDeployerAsset = 100'000;

/// Whether the asset is a spot pair by its number (dex.md 3).
[[nodiscard]] constexpr bool is_spot(AssetId asset) {
  return asset.value() >= kFirstSpotAsset && asset.value() < kFirstDeployerAsset;
}

constexpr std::int64_t kPpb = 1'000'000'000;
constexpr std::int64_t kPpbPerBp = 100'000;        // dex.md 1.5
constexpr std::int64_t kUsdPerDollar = 1'000'000;  // micro-dollars
constexpr std::int64_t kWeiPerUsd = 100;           // dex.md 1.4

// Ranges of dex.md 1.6.
constexpr std::uint64_t kPxEnd = 1'000'000'000'000;
constexpr std::uint64_t kSzEnd = 1'000'000'000'000'000;
constexpr std::int64_t kOrderNtlMax = 10'000'000'000'000'000;
constexpr std::int64_t kPositionNtlMax = 100'000'000'000'000'000;
constexpr std::int64_t kRawUsdMax = 1'000'000'000'000'000'000;
constexpr std::uint64_t kSupplyMax = 0x7fff'ffff'ffff'ffff;

/// The side of an order.
enum class Side : std::uint8_t { Buy = 0, Sell = 1 };

[[nodiscard]] constexpr Side opposite(Side side) {
  return side == Side::Buy ? Side::Sell : Side::Buy;
}

/// +1 for a buy, -1 for a sell.
[[nodiscard]] constexpr std::int64_t sign(Side side) {
  return side == Side::Buy ? 1 : -1;
}

/// How long an order lives (dex.md 4.1).
enum class Tif : std::uint8_t { Alo = 1, Gtc = 2, Ioc = 3, Fok = 4 };

/// When a waiting order fires, by the mark price (dex.md 4.1).
enum class Trigger : std::uint8_t {
  None = 0,
  TakeProfitLimit = 1,
  TakeProfitMarket = 2,
  StopLimit = 3,
  StopMarket = 4,
};

/// What happens when an order meets one of its own account (dex.md 7.1).
enum class Stp : std::uint8_t {
  CancelMaker = 0,
  CancelTaker = 1,
  CancelBoth = 2,
  Decrement = 3,
};

/// How the orders of one action belong together (dex.md 4.1).
enum class Grouping : std::uint8_t { None = 0, ParentChildren = 1, Position = 2 };

/// An order as its owner signs it (dex.md 4.1, 14.4). Enumerations are raw here because they come
/// from outside; `decide_*` functions of the engine refuse values without a meaning.
struct Order {
  AssetId asset;
  Side side = Side::Buy;
  std::uint64_t px = 0;
  std::uint64_t sz = 0;
  bool reduce_only = false;
  Tif tif = Tif::Gtc;
  Trigger trigger = Trigger::None;
  std::uint64_t trigger_px = 0;
  Stp stp = Stp::CancelMaker;
  Cloid cloid;
  TimeMs good_til = 0;  // 0: none

  friend bool operator==(const Order&, const Order&) = default;
};

/// px * sz (dex.md 1.2, 1.3). Exact; bounded by 10^27 for admitted operands.
[[nodiscard]] constexpr Int128 notional(std::uint64_t px, std::uint64_t sz) {
  return Int128{px} * Int128{sz};
}

}  // namespace ol::exchange
