#include <ol/exchange/error.hpp>

#include <ol/base/check.hpp>

namespace ol::exchange {

const char* name(Error error) {
  switch (error) {
    case Error::BadSignature:
      return "BadSignature";
    case Error::BadNonce:
      return "BadNonce";
    case Error::Expired:
      return "Expired";
    case Error::NotAuthorized:
      return "NotAuthorized";
    case Error::AgentRevoked:
      return "AgentRevoked";
    case Error::UnknownAccount:
      return "UnknownAccount";
    case Error::RateLimited:
      return "RateLimited";
    case Error::BadNumber:
      return "BadNumber";
    case Error::Overflow:
      return "Overflow";
    case Error::BadAsset:
      return "BadAsset";
    case Error::MarketHalted:
      return "MarketHalted";
    case Error::PostOnlyPeriod:
      return "PostOnlyPeriod";
    case Error::ReduceOnlyMarket:
      return "ReduceOnlyMarket";
    case Error::BadTick:
      return "BadTick";
    case Error::BadLot:
      return "BadLot";
    case Error::MinNtl:
      return "MinNtl";
    case Error::PxTooFar:
      return "PxTooFar";
    case Error::DuplicateCloid:
      return "DuplicateCloid";
    case Error::TooManyOrders:
      return "TooManyOrders";
    case Error::ReduceOnly:
      return "ReduceOnly";
    case Error::OiCap:
      return "OiCap";
    case Error::BadAloPx:
      return "BadAloPx";
    case Error::IocCancel:
      return "IocCancel";
    case Error::FokCancel:
      return "FokCancel";
    case Error::BadTriggerPx:
      return "BadTriggerPx";
    case Error::InsufficientMargin:
      return "InsufficientMargin";
    case Error::InsufficientSpot:
      return "InsufficientSpot";
    case Error::MissingOrder:
      return "MissingOrder";
    case Error::HasPosition:
      return "HasPosition";
    case Error::BadLeverage:
      return "BadLeverage";
    case Error::TransferTooLarge:
      return "TransferTooLarge";
    case Error::SelfTransfer:
      return "SelfTransfer";
    case Error::VaultDeposit:
      return "VaultDeposit";
    case Error::VaultLocked:
      return "VaultLocked";
    case Error::LeaderShare:
      return "LeaderShare";
    case Error::BadReferral:
      return "BadReferral";
    case Error::BuilderFee:
      return "BuilderFee";
    case Error::BatchTooLarge:
      return "BatchTooLarge";
    case Error::SealUnknown:
      return "SealUnknown";
    case Error::SealMismatch:
      return "SealMismatch";
    case Error::SubAccountLimit:
      return "SubAccountLimit";
    case Error::StaleOracle:
      return "StaleOracle";
    case Error::OpenAccountFee:
      return "OpenAccountFee";
  }
  OL_CHECK(false, "an error code outside section 15.3");
}

const char* name(CancelReason reason) {
  switch (reason) {
    case CancelReason::UserCanceled:
      return "userCanceled";
    case CancelReason::ScheduledCancel:
      return "scheduledCancel";
    case CancelReason::Expired:
      return "expired";
    case CancelReason::MarginCanceled:
      return "marginCanceled";
    case CancelReason::ReduceOnlyCanceled:
      return "reduceOnlyCanceled";
    case CancelReason::SelfTradeCanceled:
      return "selfTradeCanceled";
    case CancelReason::BandCanceled:
      return "bandCanceled";
    case CancelReason::MatchLimit:
      return "matchLimit";
    case CancelReason::LiquidatedCanceled:
      return "liquidatedCanceled";
    case CancelReason::Adl:
      return "adl";
    case CancelReason::Settled:
      return "settled";
    case CancelReason::SiblingFilled:
      return "siblingFilled";
    case CancelReason::VaultWithdrawal:
      return "vaultWithdrawal";
    case CancelReason::TriggerRefused:
      return "triggerRefused";
  }
  OL_CHECK(false, "a cancel reason outside section 15.3");
}

}  // namespace ol::exchange
