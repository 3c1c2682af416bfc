#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/exchange/fees.hpp>
#include <ol/exchange/order_pool.hpp>
#include <ol/exchange/price.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

// The records of the exchange's state (dex.md 2). Each lists its fields once, for FieldWriter and
// FieldReader; `AccountIndex` and `MarketIndex` are places in memory and never leave the process.

using AccountIndex = std::uint32_t;
using MarketIndex = std::uint32_t;
constexpr std::uint32_t kNobody = 0xffff'ffff;

enum class AccountKind : std::uint8_t { User = 0, SubAccount = 1, Vault = 2, System = 3 };

/// dex.md 2.4: 0x...0F01 to 0x...0F06.
[[nodiscard]] constexpr Address system_address(std::uint8_t number) {
  Address out;
  out.bytes[18] = 0x0f;
  out.bytes[19] = number;
  return out;
}
constexpr Address kFeePool = system_address(1);
constexpr Address kInsurance = system_address(2);
constexpr Address kBackstop = system_address(3);
constexpr Address kFundingPool = system_address(4);
constexpr Address kBridgeDust = system_address(5);
constexpr Address kBurn = system_address(6);

/// An account (dex.md 2.1) but for positions, balances and orders. Absent while `exists` is false.
struct Account {
  Address address;
  Address master;  // owner of a sub-account or vault, else the address itself
  AccountKind kind = AccountKind::User;
  bool exists = false;
  bool big_blocks = false;
  bool referrer_set = false;
  bool has_code = false;      // a referral code of its own
  std::int64_t raw_usd = 0;   // cross perp cash without the debt below
  std::int64_t bad_debt = 0;  // owed to the system by a bankrupt bucket (dex.md 12.6)
  std::uint64_t volume = 0;   // micro-dollars traded in all, saturating
  std::uint64_t credits_used = 0;
  TimeMs over_budget_at = 0;      // last action beyond the budget
  TimeMs partial_at = 0;          // last partial liquidation
  AccountIndex family = kNobody;  // whose volume and rates count: itself, or a sub's master
  std::uint32_t triggers = 0;     // waiting; derived
  std::uint32_t in_line = 0;      // of these, fired ones that wait for their turn; derived
  std::uint32_t sub_accounts = 0;
  std::uint32_t vaults = 0;
  std::uint64_t staked_open = 0;  // whole OPEN, told by the staking side
  Address referrer;
  FeeRates perp_rates{450'000, 150'000};  // by volume tier, before discounts
  FeeRates spot_rates{700'000, 400'000};
};

/// Volume by day of a master with its sub-accounts, spot counted twice (dex.md 9.2).
struct DayVolume {
  std::int64_t maker = 0;
  std::int64_t taker = 0;
};
struct FeeStats {
  DayVolume today;
  std::array<DayVolume, 14> days{};  // complete days, yesterday first
  std::uint64_t total = 0;           // micro-dollars in all, spot counted once; saturating

  /// Whether nothing was traded in any of them.
  [[nodiscard]] bool idle() const {
    const auto none = [](const DayVolume& day) { return day.maker == 0 && day.taker == 0; };
    return none(today) && std::ranges::all_of(days, none);
  }
};

/// An account in one perp: position, leverage and what its resting orders add up to.
struct PerpState {
  AccountIndex account = kNobody;
  MarketIndex market = kNobody;
  std::int64_t szi = 0;
  Int128 entry_ntl = 0;
  bool isolated = false;
  std::uint8_t leverage = 0;  // 0: never set, the market's default holds
  std::int64_t iso_raw = 0;
  Int128 fund_idx = 0;
  // Resting orders that are not reduce-only (dex.md 8.2). Derived from the orders.
  std::uint64_t buy_lots = 0;
  std::uint64_t sell_lots = 0;
  Int128 buy_ntl = 0;
  Int128 sell_ntl = 0;
  // Lots of resting reduce-only orders, below zero where they sell: against the position and never
  // more than it (ADR 42). Derived from the orders.
  std::int64_t reduce_lots = 0;

  [[nodiscard]] bool has_orders() const { return buy_lots > 0 || sell_lots > 0; }
};

struct SpotBalance {
  AccountIndex account = kNobody;
  TokenId token;
  std::uint64_t total = 0;
  std::uint64_t hold = 0;  // escrow of resting orders; derived from the orders
  std::uint64_t entry_ntl = 0;
};

enum class MarketStatus : std::uint8_t {
  Active = 0,
  PostOnly = 1,
  ReduceOnly = 2,
  Halted = 3,
  Settling = 4,
};

/// What governance says of a market (dex.md 3). `base`, `quote` and `base_wei_per_lot` are a spot
/// pair's, margin fields a perp's.
struct MarketConfig {
  AssetId asset;
  std::string name;
  std::uint8_t sz_decimals = 0;
  std::uint64_t tick_px = 1;
  std::uint64_t lot_sz = 1;
  std::int64_t min_ntl = 10 * kUsdPerDollar;                         // in units of ntl
  std::vector<std::pair<std::int64_t, std::uint32_t>> margin_tiers;  // lower bound, max leverage
  bool isolated_only = false;
  Int128 oi_cap_ntl = 0;  // 0: none
  std::int64_t impact_ntl = 6'000 * kUsdPerDollar;
  std::int64_t exec_band_ppb = 250'000'000;
  std::int64_t mark_band_ppb = 100'000'000;
  TokenId base;
  TokenId quote;
  std::uint64_t base_wei_per_lot = 0;
  Address deployer;
  std::int64_t deployer_share_ppb = 0;
};

/// What changes in a market.
struct MarketState {
  AssetId asset;
  bool exists = false;
  MarketStatus status = MarketStatus::Active;
  std::uint64_t oracle = 0;
  std::uint64_t mark = 0;
  std::uint64_t last_px = 0;
  std::uint64_t validators_px = 0;  // aggregate of perp prices, 0: none
  TimeMs oracle_at = 0;
  TimeMs mark_at = 0;
  TimeMs ema_at = 0;
  Ema basis_ema;  // of mid - oracle, 150 s
  Ema book_ema;   // of the book's price, 30 s
  TimeMs premium_at = 0;
  Int128 premium_sum = 0;
  std::uint32_t premium_samples = 0;
  std::uint64_t funding_hour = 0;  // hours since the epoch that funding was paid for
  Int128 cum_funding = 0;
  std::int64_t funding_pool = 0;
  std::int64_t open_interest = 0;  // lots
  TimeMs breaker_until = 0;
  std::uint64_t next_seq = 1;
};

/// What matching does not read of a resting order. What a cancellation reads comes first and lies
/// in one cache line by the alignment.
struct alignas(32) OrderCold {
  Cloid cloid;
  TimeMs good_til = 0;    // 0: none
  std::uint64_t seq = 0;  // order of arrival in its book (dex.md 6.1)
  std::uint64_t orig_sz = 0;
  Tif tif = Tif::Gtc;
  Address builder;
  std::uint32_t builder_fee = 0;
  TimeMs placed_at = 0;
  std::uint64_t filled_height = 0;  // block of the last fill, for dex.md 4.4
  std::uint64_t filled_in_block = 0;
};
static_assert(sizeof(OrderCold) == 96);

/// A waiting order (dex.md 4.1).
struct TriggerOrder {
  Address account;
  Order order;
  std::uint64_t group = 0;  // 0: none
  bool is_child = false;    // waits for its parent's fills
  std::uint64_t active_sz = 0;
  Address builder;
  std::uint32_t builder_fee = 0;
};

/// Orders that belong together (dex.md 4.1, grouping).
struct OrderGroup {
  std::uint64_t parent = 0;  // oid; 0 for position tp/sl
  std::uint64_t parent_sz = 0;
  std::uint64_t parent_filled = 0;
  std::vector<std::uint64_t> children;  // oids of triggers
};

struct TriggerKey {
  AssetId asset;
  bool fires_below = false;  // fires when mark <= px, else when mark >= px
  std::uint64_t px = 0;
  OrderId oid;
  friend auto operator<=>(const TriggerKey&, const TriggerKey&) = default;
};

/// Where a trigger waits. A stop fires as the price gets worse for its side, a take-profit as it
/// gets better.
[[nodiscard]] inline TriggerKey trigger_key(OrderId oid, const Order& order) {
  const bool stop = order.trigger == Trigger::StopLimit || order.trigger == Trigger::StopMarket;
  return {order.asset, stop == (order.side == Side::Sell), order.trigger_px, oid};
}

struct Twap {
  Address account;
  AssetId asset;
  Side side = Side::Buy;
  std::uint64_t sz = 0;
  bool reduce_only = false;
  bool randomize = false;
  TimeMs start = 0;
  std::uint32_t slices = 0;
  std::uint32_t done = 0;
  std::uint64_t filled = 0;
};

/// Where a trigger that fired waits for its turn: orders of a kind go to a market or wait together.
struct DueKey {
  AssetId asset;
  std::uint8_t kind = 0;  // `fired_kind`
  TimeMs at = 0;          // its turn (docs/adr/0040)
  OrderId oid;
  friend auto operator<=>(const DueKey&, const DueKey&) = default;
};

/// What a market's status asks of the order that a trigger becomes: reduce-only, immediate.
constexpr std::uint8_t kFiredKinds = 4;
[[nodiscard]] inline bool becomes_market_order(const Order& order) {
  return order.trigger == Trigger::TakeProfitMarket || order.trigger == Trigger::StopMarket;
}
[[nodiscard]] inline std::uint8_t fired_kind(const Order& order) {
  return static_cast<std::uint8_t>((order.reduce_only ? 2 : 0) |
                                   (becomes_market_order(order) ? 1 : 0));
}

[[nodiscard]] inline DueKey due_key(OrderId oid, const Order& order, TimeMs at) {
  return {order.asset, fired_kind(order), at, oid};
}

/// When a TWAP has its next slice, where one comes every `period_ms`.
struct SliceKey {
  TimeMs period_ms = 0;  // the same in all
  TimeMs at = 0;
  TwapId id;
  friend auto operator<=>(const SliceKey&, const SliceKey&) = default;
};

/// An agent's key (dex.md 13.4). A revoked one stays as a tombstone.
struct Agent {
  Address account;  // whom it acts for
  std::string name;
  TimeMs valid_until = 0;
  bool revoked = false;
};

struct VaultInfo {
  Address leader;
  std::string name;
  std::string description;
  Int128 total_shares = 0;
};

struct VaultShare {
  Int128 shares = 0;
  Int128 cost_basis = 0;
  TimeMs locked_until = 0;
};

struct OracleSubmission {
  std::uint64_t round = 0;
  std::uint64_t spot_px = 0;
  std::uint64_t perp_px = 0;
  TimeMs time = 0;
  std::int64_t deviation_ppb = 0;  // average, dex.md 10.3
  std::uint32_t deviant_rounds = 0;
};

struct PxAt {
  TimeMs time = 0;
  std::uint64_t px = 0;
};

struct Token {
  std::string name;
  std::uint8_t sz_decimals = 0;
  std::uint8_t wei_decimals = 8;
  std::uint64_t issued = 0;  // wei credited from outside, for conservation (dex.md 20.1)
};

/// A commitment to an order (dex.md 19.2), kept by its account: whoever copies one seals nothing.
struct Seal {
  std::uint64_t height = 0;
  Hash256 seed;  // of the commitment's block
};

/// Counters of the whole exchange.
struct Globals {
  std::uint64_t height = 0;
  TimeMs time = 0;
  std::uint64_t next_oid = 1;
  std::uint64_t next_twap = 1;
  std::uint64_t next_group = 1;
  std::uint64_t fills_in_block = 0;
  std::int64_t issued_usd = 0;  // net micro-dollars credited to perp cash from outside
  std::uint64_t day = 0;        // days since the epoch of the last volume roll-over
};

// Two-part keys of tables.
using AddressPair = std::pair<Address, Address>;
using NamedAddress = std::pair<Address, std::string>;
using AddressToken = std::pair<Address, TokenId>;
using ValidatorAsset = std::pair<std::uint32_t, AssetId>;
using OwnedCloid = std::pair<Address, Cloid>;
using OwnedCommitment = std::pair<Address, Hash256>;
using OwnedOrder = std::pair<Address, OrderId>;
/// Where an account's reduce-only orders of a market are found, the newest last.
struct ReduceOnlyKey {
  AccountIndex account = kNobody;
  MarketIndex market = kNobody;
  OrderId oid;
  friend auto operator<=>(const ReduceOnlyKey&, const ReduceOnlyKey&) = default;
};
using TimedAddress = std::pair<TimeMs, Address>;
using SealAtHeight = std::pair<std::uint64_t, OwnedCommitment>;

// Fields in the order they are stored in.
template <typename A>
void fields(A& a, FeeRates& v) {
  a(v.taker, v.maker);
}
template <typename A>
void fields(A& a, DayVolume& v) {
  a(v.maker, v.taker);
}
template <typename A>
void fields(A& a, FeeStats& v) {
  a(v.today, v.days, v.total);
}
template <typename A>
void fields(A& a, Ema& v) {
  a(v.num, v.den);
}
template <typename A>
void fields(A& a, MarketConfig& v) {
  a(v.asset, v.name, v.sz_decimals, v.tick_px, v.lot_sz, v.min_ntl, v.margin_tiers, v.isolated_only,
    v.oi_cap_ntl, v.impact_ntl, v.exec_band_ppb, v.mark_band_ppb, v.base, v.quote,
    v.base_wei_per_lot, v.deployer, v.deployer_share_ppb);
}
template <typename A>
void fields(A& a, Order& v) {
  a(v.asset, v.side, v.px, v.sz, v.reduce_only, v.tif, v.trigger, v.trigger_px, v.stp, v.cloid,
    v.good_til);
}
template <typename A>
void fields(A& a, TriggerOrder& v) {
  a(v.account, v.order, v.group, v.is_child, v.active_sz, v.builder, v.builder_fee);
}
template <typename A>
void fields(A& a, OrderGroup& v) {
  a(v.parent, v.parent_sz, v.parent_filled, v.children);
}
template <typename A>
void fields(A& a, Twap& v) {
  a(v.account, v.asset, v.side, v.sz, v.reduce_only, v.randomize, v.start, v.slices, v.done,
    v.filled);
}
template <typename A>
void fields(A& a, Agent& v) {
  a(v.account, v.name, v.valid_until, v.revoked);
}
template <typename A>
void fields(A& a, VaultInfo& v) {
  a(v.leader, v.name, v.description, v.total_shares);
}
template <typename A>
void fields(A& a, VaultShare& v) {
  a(v.shares, v.cost_basis, v.locked_until);
}
template <typename A>
void fields(A& a, OracleSubmission& v) {
  a(v.round, v.spot_px, v.perp_px, v.time, v.deviation_ppb, v.deviant_rounds);
}
template <typename A>
void fields(A& a, PxAt& v) {
  a(v.time, v.px);
}
template <typename A>
void fields(A& a, Token& v) {
  a(v.name, v.sz_decimals, v.wei_decimals, v.issued);
}
template <typename A>
void fields(A& a, Seal& v) {
  a(v.height, v.seed);
}
template <typename A>
void fields(A& a, Globals& v) {
  a(v.height, v.time, v.next_oid, v.next_twap, v.next_group, v.fills_in_block, v.issued_usd, v.day);
}

}  // namespace ol::exchange
