#pragma once

#include <cstdint>

namespace ol::exchange {

/// Why an action or one element of it was refused. The numbers are stable and part of results
/// (dex.md 15.3); 0 stands for success in result records.
enum class Error : std::uint16_t {
  BadSignature = 1,
  BadNonce = 2,
  Expired = 3,
  NotAuthorized = 4,
  AgentRevoked = 5,
  UnknownAccount = 6,
  RateLimited = 7,
  BadNumber = 8,
  Overflow = 9,
  BadAsset = 10,
  MarketHalted = 11,
  PostOnlyPeriod = 12,
  ReduceOnlyMarket = 13,
  BadTick = 14,
  BadLot = 15,
  MinNtl = 16,
  PxTooFar = 17,
  DuplicateCloid = 18,
  TooManyOrders = 19,
  ReduceOnly = 20,
  OiCap = 21,
  BadAloPx = 22,
  IocCancel = 23,
  FokCancel = 24,
  BadTriggerPx = 25,
  InsufficientMargin = 26,
  InsufficientSpot = 27,
  MissingOrder = 28,
  HasPosition = 29,
  BadLeverage = 30,
  TransferTooLarge = 31,
  SelfTransfer = 32,
  VaultDeposit = 33,
  VaultLocked = 34,
  LeaderShare = 35,
  BadReferral = 36,
  BuilderFee = 37,
  BatchTooLarge = 38,
  SealUnknown = 39,
  SealMismatch = 40,
  SubAccountLimit = 41,
  StaleOracle = 42,
  OpenAccountFee = 43,  // docs/adr/0040
};

/// Why a resting order left the book without being filled (dex.md 15.3, cancel reasons).
enum class CancelReason : std::uint8_t {
  UserCanceled = 0,
  ScheduledCancel = 1,
  Expired = 2,
  MarginCanceled = 3,
  ReduceOnlyCanceled = 4,
  SelfTradeCanceled = 5,
  BandCanceled = 6,
  MatchLimit = 7,
  LiquidatedCanceled = 8,
  Adl = 9,
  Settled = 10,
  SiblingFilled = 11,
  VaultWithdrawal = 12,  // ADR 41
  TriggerRefused = 13,   // ADR 43
};

/// The stable name of a code, as section 15.3 lists it.
[[nodiscard]] const char* name(Error error);

/// The stable name of a cancel reason, as section 15.3 lists it.
[[nodiscard]] const char* name(CancelReason reason);

}  // namespace ol::exchange
