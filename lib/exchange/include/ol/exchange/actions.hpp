#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

// The actions of dex.md 14.4, one struct per type string, fields in its order.

/// Names one open order, by id or, where that is 0, by the owner's name for it.
struct CancelRequest {
  AssetId asset;
  OrderId oid;
  Cloid cloid;

  friend bool operator==(const CancelRequest&, const CancelRequest&) = default;
};

/// Replaces one open order (dex.md 4.4), named as in CancelRequest.
struct ModifyRequest {
  OrderId oid;
  Cloid cloid;
  Order order;

  friend bool operator==(const ModifyRequest&, const ModifyRequest&) = default;
};

struct PlaceOrders {
  std::vector<Order> orders;
  Grouping grouping = Grouping::None;
  Address builder;                // zero: none
  std::uint32_t builder_fee = 0;  // tenths of a basis point

  friend bool operator==(const PlaceOrders&, const PlaceOrders&) = default;
};

struct ModifyOrders {
  std::vector<ModifyRequest> modifies;

  friend bool operator==(const ModifyOrders&, const ModifyOrders&) = default;
};

struct CancelOrders {
  std::vector<CancelRequest> cancels;

  friend bool operator==(const CancelOrders&, const CancelOrders&) = default;
};

/// Which orders CancelAll takes.
enum class CancelSide : std::uint8_t { Both = 0, Buys = 1, Sells = 2 };

/// The asset that stands for every market in CancelAll.
constexpr AssetId kAllAssets{0xffff'ffff};

struct CancelAll {
  AssetId asset;
  CancelSide side = CancelSide::Both;

  friend bool operator==(const CancelAll&, const CancelAll&) = default;
};

struct ScheduleCancel {
  TimeMs time = 0;  // 0 takes the schedule back

  friend bool operator==(const ScheduleCancel&, const ScheduleCancel&) = default;
};

struct TwapOrder {
  AssetId asset;
  Side side = Side::Buy;
  std::uint64_t sz = 0;
  bool reduce_only = false;
  std::uint32_t minutes = 0;
  bool randomize = false;

  friend bool operator==(const TwapOrder&, const TwapOrder&) = default;
};

struct TwapCancel {
  AssetId asset;
  TwapId twap_id;

  friend bool operator==(const TwapCancel&, const TwapCancel&) = default;
};

struct UpdateLeverage {
  AssetId asset;
  bool is_cross = true;
  std::uint32_t leverage = 1;

  friend bool operator==(const UpdateLeverage&, const UpdateLeverage&) = default;
};

struct UpdateIsolatedMargin {
  AssetId asset;
  std::int64_t usd = 0;  // negative removes

  friend bool operator==(const UpdateIsolatedMargin&, const UpdateIsolatedMargin&) = default;
};

struct UsdClassTransfer {
  std::uint64_t usd = 0;
  bool to_perp = false;

  friend bool operator==(const UsdClassTransfer&, const UsdClassTransfer&) = default;
};

struct UsdSend {
  Address destination;
  std::uint64_t usd = 0;

  friend bool operator==(const UsdSend&, const UsdSend&) = default;
};

struct SpotSend {
  Address destination;
  TokenId token;
  std::uint64_t amount = 0;  // wei of the token

  friend bool operator==(const SpotSend&, const SpotSend&) = default;
};

struct CreateSubAccount {
  std::string name;

  friend bool operator==(const CreateSubAccount&, const CreateSubAccount&) = default;
};

struct SubAccountTransfer {
  Address sub_account;
  bool is_deposit = false;
  bool is_perp = false;
  TokenId token;
  std::uint64_t amount = 0;  // micro-dollars if is_perp, else wei of the token

  friend bool operator==(const SubAccountTransfer&, const SubAccountTransfer&) = default;
};

struct ApproveAgent {
  Address agent;  // zero takes the named agent's authority away
  std::string name;
  TimeMs valid_until = 0;  // 0: none

  friend bool operator==(const ApproveAgent&, const ApproveAgent&) = default;
};

struct ApproveBuilderFee {
  Address builder;
  std::uint32_t max_fee = 0;  // tenths of a basis point

  friend bool operator==(const ApproveBuilderFee&, const ApproveBuilderFee&) = default;
};

struct SetReferrer {
  std::string code;

  friend bool operator==(const SetReferrer&, const SetReferrer&) = default;
};

struct CreateVault {
  std::string name;
  std::string description;
  std::uint64_t usd = 0;

  friend bool operator==(const CreateVault&, const CreateVault&) = default;
};

struct VaultTransfer {
  Address vault;
  bool is_deposit = false;
  std::uint64_t usd = 0;

  friend bool operator==(const VaultTransfer&, const VaultTransfer&) = default;
};

struct EvmUserModify {
  bool using_big_blocks = false;

  friend bool operator==(const EvmUserModify&, const EvmUserModify&) = default;
};

struct SealOrder {
  Hash256 commitment;

  friend bool operator==(const SealOrder&, const SealOrder&) = default;
};

struct RevealOrder {
  Hash256 commitment;
  Order order;
  Hash256 salt;

  friend bool operator==(const RevealOrder&, const RevealOrder&) = default;
};

struct ClaimRewards {
  friend bool operator==(const ClaimRewards&, const ClaimRewards&) = default;
};

struct Noop {
  friend bool operator==(const Noop&, const Noop&) = default;
};

/// Takes a referral code for the account (dex.md 9.5, docs/adr/0035).
struct RegisterReferralCode {
  std::string code;

  friend bool operator==(const RegisterReferralCode&, const RegisterReferralCode&) = default;
};

/// What an action does. The index of an alternative is its kind on the wire (action_codec.cpp).
using ActionBody =
    std::variant<PlaceOrders, ModifyOrders, CancelOrders, CancelAll, ScheduleCancel, TwapOrder,
                 TwapCancel, UpdateLeverage, UpdateIsolatedMargin, UsdClassTransfer, UsdSend,
                 SpotSend, CreateSubAccount, SubAccountTransfer, ApproveAgent, ApproveBuilderFee,
                 SetReferrer, CreateVault, VaultTransfer, EvmUserModify, SealOrder, RevealOrder,
                 ClaimRewards, Noop, RegisterReferralCode>;

/// An action with the tail every type has (dex.md 14.2).
struct Action {
  ActionBody body;
  Address account;  // zero: the signer's own, or its master's if the signer is an agent
  std::uint64_t nonce = 0;
  TimeMs expires_after = 0;  // 0: none

  friend bool operator==(const Action&, const Action&) = default;
};

constexpr std::size_t kBatchMax = 100;         // elements per action, dex.md 15.1
constexpr std::size_t kStringBytesMax = 4096;  // per string field, dex.md 15.1

/// The step of a block an action belongs to (dex.md 5.1).
enum class Step : std::uint8_t { P1 = 1, P2 = 2, P3 = 3, P4 = 4 };

/// The step, from the action's content alone: the latest any of its elements needs (dex.md 5.2).
[[nodiscard]] Step step_of(const ActionBody& body);

/// How many elements the action counts for in budgets (dex.md 15.4); at least 1.
[[nodiscard]] std::size_t element_count(const ActionBody& body);

/// Whether only the account's own key may sign it, never an agent (dex.md 14.4, U).
[[nodiscard]] bool needs_user_key(const ActionBody& body);

/// Whether it only takes orders away, for the wider budget of dex.md 15.4.
[[nodiscard]] bool is_cancel(const ActionBody& body);

}  // namespace ol::exchange
