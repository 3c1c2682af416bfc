#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/exchange/error.hpp>
#include <ol/exchange/records.hpp>
#include <ol/exchange/signing.hpp>
#include <ol/exchange/state.hpp>

namespace ol::exchange {

// What goes into a block and what comes out.

/// Lists a token (dex.md 3).
struct ListToken {
  TokenId token;
  std::string name;
  std::uint8_t sz_decimals = 2;
  std::uint8_t wei_decimals = 8;
};
/// Lists a market (dex.md 3).
struct ListMarket {
  MarketConfig config;
};
/// Sets a market's status; Settling closes every position at the mark (dex.md 3).
struct SetMarketStatus {
  AssetId asset;
  MarketStatus status = MarketStatus::Active;
};
/// Credits tokens that arrived from outside: the bridge, the faucet, genesis.
struct CreditSpot {
  Address account;
  TokenId token;
  std::uint64_t wei = 0;
};
/// Credits perp cash that arrived from outside.
struct CreditUsd {
  Address account;
  std::int64_t usd = 0;
};
/// A validator's prices (dex.md 10.1); its signature is verified before the block runs.
struct OracleSubmit {
  struct Px {
    AssetId asset;
    std::uint64_t spot_px = 0;
    std::uint64_t perp_px = 0;  // 0: none
  };
  std::uint32_t validator = 0;
  std::uint64_t round = 0;
  std::vector<Px> prices;
};
/// Sets an oracle price outright; development networks only (dex.md 17.5).
struct SetOracle {
  AssetId asset;
  std::uint64_t px = 0;
};
/// Tells the exchange how much OPEN an account has staked (dex.md 9.3).
struct SetStake {
  Address account;
  std::uint64_t open = 0;
};
/// Registers a referral code (dex.md 9.5).
struct RegisterReferral {
  Address account;
  std::string code;
};

// Of development networks (dex.md 17.5); what they do is docs/adr/0031.

/// Most snapshots at a time.
constexpr std::size_t kSnapshotsMax = 8;
/// How far one AdvanceTime may go, and all together.
constexpr TimeMs kAdvanceMsMax = 366ULL * 86'400'000;
constexpr TimeMs kAheadMsMax = 100 * kAdvanceMsMax;
constexpr std::uint32_t kMineBlocksMax = 10'000;

/// From the next block on, blocks are executed at a time so much further ahead of their headers'.
struct AdvanceTime {
  TimeMs ms = 0;
};
/// Asks proposers to make the next blocks without pause; changes nothing itself.
struct MineBlocks {
  std::uint32_t blocks = 0;
};
/// Keeps the state as it is here under the height of this block.
struct TakeSnapshot {};
/// Brings back what was kept, before anything else in its block.
struct RevertTo {
  std::uint64_t snapshot = 0;  // a height
};
/// Changes chain parameters from the next block on (params.hpp): all it names, or none.
struct SetParams {
  struct Value {
    std::string name;
    std::int64_t value = 0;
  };
  std::vector<Value> values;
};

/// Steps without a user behind them, run in S0 in list order.
using SystemAction = std::variant<ListToken, ListMarket, SetMarketStatus, CreditSpot, CreditUsd,
                                  OracleSubmit, SetOracle, SetStake, RegisterReferral, AdvanceTime,
                                  MineBlocks, TakeSnapshot, RevertTo, SetParams>;

/// How the order within a step is fixed (dex.md 5.2).
enum class OrderMode : std::uint8_t { ListOrder = 0, HashOrder = 1 };

/// By what actions of a step ascend in HashOrder, and reveals of sealed orders always
/// (dex.md 5.2, 19.2): H(seed, what) with Keccak-256.
[[nodiscard]] Hash256 order_key(const Hash256& seed, const Hash256& what);

/// One block of the exchange. Actions are verified (signing.hpp).
struct BlockInput {
  std::uint64_t height = 0;
  TimeMs time = 0;
  Hash256 seed;  // hash of the parent's quorum certificate (dex.md 5.2)
  OrderMode order_mode = OrderMode::ListOrder;
  std::vector<std::uint64_t> stakes;  // by validator, for oracle weights
  std::vector<SystemAction> system;
  std::vector<VerifiedAction> actions;
};

/// Why a block must not be voted for.
enum class BlockError : std::uint8_t {
  BadHeight,      // not the one after the last
  BadTime,        // not after the last block's (dex.md 1.5)
  StepOrder,      // actions are not sorted P1, P2, P3, P4 (dex.md 5.2)
  HashOrderRule,  // within a step not by ascending hash, in HashOrder mode (dex.md 5.2)
};

/// What became of one order (dex.md 15.2).
struct OrderResult {
  enum class Kind : std::uint8_t { Resting, Filled, WaitingForTrigger, Done, Error };
  Kind kind = Kind::Done;
  Error error{};               // if Kind::Error
  OrderId oid;                 // 0: none
  std::uint64_t total_sz = 0;  // filled
  std::uint64_t avg_px = 0;    // rounded against the user; 0 without a fill
  std::uint64_t px = 0;        // BadAloPx: the best opposite price
};

/// What became of one action: exactly one record each (dex.md 5.4).
struct ActionResult {
  Hash256 hash;
  bool ok = true;
  Error error{};                    // if not ok
  std::vector<OrderResult> orders;  // one per element of a batch
  std::uint64_t aux = 0;            // id of a TWAP order
  /// The sub-account or vault that the action made; zero: none. In no root: it follows from the
  /// maker and how many it made before (dex.md 13.1, 13.2).
  Address made;
};

enum class FillKind : std::uint8_t { Trade = 0, Liquidation = 1, Backstop = 2, Adl = 3 };

struct FillEvent {
  std::uint64_t tid = 0;
  AssetId asset;
  std::uint64_t px = 0;
  std::uint64_t sz = 0;
  Address taker;
  Address maker;
  OrderId taker_oid;
  OrderId maker_oid;
  Side taker_side = Side::Buy;
  Int128 taker_fee = 0;  // micro-dollars, or wei of what the side receives
  Int128 maker_fee = 0;
  FillKind kind = FillKind::Trade;
  Int128 taker_builder_fee = 0;  // besides the fee, in the same unit (dex.md 9.4)
  Int128 maker_builder_fee = 0;
  TwapId taker_twap;  // of which the taker's order is a slice; 0: none
};
struct RestEvent {
  OrderId oid;
  Address account;
  AssetId asset;
  Side side = Side::Buy;
  std::uint64_t px = 0;
  std::uint64_t sz = 0;
};
struct CancelEvent {
  OrderId oid;
  Address account;
  AssetId asset;
  std::uint64_t left = 0;
  CancelReason reason = CancelReason::UserCanceled;
};
struct FundingEvent {
  Address account;
  AssetId asset;
  std::int64_t paid = 0;  // negative: received
};
struct LiquidationEvent {
  enum class Method : std::uint8_t { Cancel, Market, Backstop, Insurance, Adl };
  Address account;
  AssetId asset;  // kAllAssets for the cross bucket
  Method method = Method::Cancel;
  std::int64_t usd = 0;  // Backstop: value moved; Insurance: paid; Adl: debt left
};
struct AlertEvent {
  enum class Kind : std::uint8_t { MarketHalted, Breaker, StepClamp, ValidatorFlagged };
  Kind kind = Kind::MarketHalted;
  AssetId asset;
  std::uint32_t validator = 0;
};

using Event =
    std::variant<FillEvent, RestEvent, CancelEvent, FundingEvent, LiquidationEvent, AlertEvent>;

/// A market's funding as an hour set it (dex.md 11.2).
struct FundingSet {
  AssetId asset;
  std::int64_t rate_ppb = 0;     // of the hour
  std::int64_t premium_ppb = 0;  // mean of the hour's samples
};

/// What a block did.
struct BlockResult {
  std::vector<ActionResult> results;  // in execution order
  std::vector<Event> events;
  std::vector<bool> system_ok;  // one per system action
  /// The snapshot that RevertTo brought back, if any.
  std::optional<std::uint64_t> reverted_to;
  std::vector<FundingSet> funding;  // in no root: the records have what is due of it
  StateDiff diff;
};

}  // namespace ol::exchange
