#include <ol/primitives/txn_rules.hpp>

#include <algorithm>

namespace ol::primitives {
namespace {

constexpr std::uint64_t kTxnGas = 21'000;
constexpr std::uint64_t kCreationGas = 32'000;
constexpr std::uint64_t kInitCodeWordGas = 2;      // EIP-3860
constexpr std::size_t kInitCodeBytesMax = 49'152;  // EIP-3860
constexpr std::uint64_t kZeroByteGas = 4;
constexpr std::uint64_t kNonZeroByteGas = 16;        // EIP-2028
constexpr std::uint64_t kAccessAddressGas = 2'400;   // EIP-2930
constexpr std::uint64_t kAccessKeyGas = 1'900;       // EIP-2930
constexpr std::uint64_t kAuthorizationGas = 25'000;  // EIP-7702, PER_EMPTY_ACCOUNT_COST
constexpr std::uint64_t kFloorTokenGas = 10;         // EIP-7623
constexpr std::uint64_t kTokensPerNonZeroByte = 4;   // EIP-7623

using Check = Result<void, TxnRefusal>;

std::unexpected<TxnRefusal> refuse(TxnRule rule, const std::string& detail = {}) {
  return fail(refusal(rule, detail));
}

std::string number(std::uint64_t v) {
  return std::to_string(v);
}

struct DataBytes {
  std::uint64_t zero = 0;
  std::uint64_t non_zero = 0;
};
DataBytes count_bytes(ByteView data) {
  const auto zero = static_cast<std::uint64_t>(std::count(data.begin(), data.end(), 0));
  return {.zero = zero, .non_zero = data.size() - zero};
}

Check check_chain(const Transaction& txn, ChainId chain_id) {
  if (!txn.chain_id || *txn.chain_id == chain_id.value()) return {};
  return refuse(TxnRule::WrongChain,
                "have " + number(*txn.chain_id) + " want " + number(chain_id.value()));
}

Check check_type(const Transaction& txn) {
  if (txn.type == TxnType::Blob) {
    return refuse(TxnRule::TypeNotSupported, "tx type 3 not supported by this pool");
  }
  if (txn.type == TxnType::SetCode && txn.authorizations.empty()) {
    return refuse(TxnRule::EmptyAuthorizations);
  }
  return {};
}

Check check_fee_fields(const Transaction& txn) {
  if (txn.max_priority_fee_per_gas > txn.max_fee_per_gas) {
    return refuse(TxnRule::TipAboveFeeCap,
                  "maxPriorityFeePerGas: " + txn.max_priority_fee_per_gas.to_decimal() +
                      ", maxFeePerGas: " + txn.max_fee_per_gas.to_decimal());
  }
  if (!checked_mul(U256(txn.gas_limit), txn.max_fee_per_gas)) return refuse(TxnRule::CostOverflow);
  return {};
}

Check check_gas(const Transaction& txn) {
  if (!txn.to && txn.data.size() > kInitCodeBytesMax) {
    return refuse(TxnRule::InitCodeTooLarge,
                  "code size " + number(txn.data.size()) + ", limit " + number(kInitCodeBytesMax));
  }
  const auto below = [&](std::uint64_t minimum) {
    return "gas " + number(txn.gas_limit) + ", minimum needed " + number(minimum);
  };
  const std::uint64_t intrinsic = intrinsic_gas(txn);
  if (txn.gas_limit < intrinsic) return refuse(TxnRule::IntrinsicGas, below(intrinsic));
  const std::uint64_t floor = floor_gas(txn);
  if (txn.gas_limit < floor) return refuse(TxnRule::FloorGas, below(floor));
  return {};
}

Check check_nonce(std::uint64_t txn_nonce, std::uint64_t next, NonceRule rule) {
  const std::string detail = "next nonce " + number(next) + ", tx nonce " + number(txn_nonce);
  if (txn_nonce < next) return refuse(TxnRule::NonceTooLow, detail);
  if (rule == NonceRule::Exact && txn_nonce > next) return refuse(TxnRule::NonceTooHigh, detail);
  return {};
}

Check check_funds(const Transaction& txn, const U256& balance) {
  const auto cost = max_cost(txn);
  if (!cost) return refuse(TxnRule::CostOverflow);
  if (balance >= *cost) return {};
  return refuse(TxnRule::InsufficientFunds, "balance " + balance.to_decimal() + ", tx cost " +
                                                cost->to_decimal() + ", overshot " +
                                                (*cost - balance).to_decimal());
}

}  // namespace

const char* describe(TxnRule rule) {
  switch (rule) {
    case TxnRule::WrongChain:
      return "invalid chain id for signer";
    case TxnRule::TypeNotSupported:
      return "transaction type not supported";
    case TxnRule::TipAboveFeeCap:
      return "max priority fee per gas higher than max fee per gas";
    case TxnRule::CostOverflow:
      return "insufficient funds for gas * price + value: the cost exceeds 256 bits";
    case TxnRule::InitCodeTooLarge:
      return "max initcode size exceeded";
    case TxnRule::EmptyAuthorizations:
      return "set code tx must have at least one authorization tuple";
    case TxnRule::IntrinsicGas:
      return "intrinsic gas too low";
    case TxnRule::FloorGas:
      return "insufficient gas for floor data gas cost";
    case TxnRule::ExceedsBlockGasLimit:
      return "exceeds block gas limit";
    case TxnRule::ExceedsTxnGasLimit:
      return "transaction gas limit too high";
    case TxnRule::FeeCapBelowBaseFee:
      return "max fee per gas less than block base fee";
    case TxnRule::NonceTooLow:
      return "nonce too low";
    case TxnRule::NonceTooHigh:
      return "nonce too high";
    case TxnRule::SenderHasCode:
      return "sender not an eoa";
    case TxnRule::InsufficientFunds:
      return "insufficient funds for gas * price + value";
    case TxnRule::BlockGasLimitReached:
      return "gas limit reached";
    case TxnRule::AlreadyKnown:
      return "already known";
    case TxnRule::ReplacementUnderpriced:
      return "replacement transaction underpriced";
    case TxnRule::Underpriced:
      return "transaction underpriced";
    case TxnRule::PoolFull:
      return "txpool is full";
    case TxnRule::DelegatedInFlight:
      return "in-flight transaction limit reached for delegated accounts";
    case TxnRule::DelegatedGap:
      return "gapped-nonce tx from delegated accounts";
    case TxnRule::AuthorityReserved:
      return "authority already reserved";
  }
  OL_CHECK(false, "unknown TxnRule");
}

TxnRefusal refusal(TxnRule rule, const std::string& detail) {
  std::string message = describe(rule);
  if (!detail.empty()) message += ": " + detail;
  return {.rule = rule, .message = std::move(message)};
}

// An envelope has at most kTxnBytesMax bytes, so none of these sums comes near 2^64.
std::uint64_t intrinsic_gas(const Transaction& txn) {
  const DataBytes data = count_bytes(txn.data);
  std::uint64_t gas = kTxnGas + data.zero * kZeroByteGas + data.non_zero * kNonZeroByteGas;
  if (!txn.to) gas += kCreationGas + kInitCodeWordGas * ((txn.data.size() + 31) / 32);
  for (const AccessListEntry& entry : txn.access_list) {
    gas += kAccessAddressGas + kAccessKeyGas * entry.storage_keys.size();
  }
  gas += kAuthorizationGas * txn.authorizations.size();
  return gas;
}

std::uint64_t floor_gas(const Transaction& txn) {
  const DataBytes data = count_bytes(txn.data);
  return kTxnGas + kFloorTokenGas * (data.zero + data.non_zero * kTokensPerNonZeroByte);
}

std::optional<U256> effective_tip(const Transaction& txn, const U256& base_fee) {
  if (txn.max_fee_per_gas < base_fee) return std::nullopt;
  return std::min(txn.max_priority_fee_per_gas, txn.max_fee_per_gas - base_fee);
}

std::optional<U256> max_cost(const Transaction& txn) {
  const auto fee = checked_mul(U256(txn.gas_limit), txn.max_fee_per_gas);
  if (!fee) return std::nullopt;
  return checked_add(*fee, txn.value);
}

std::optional<Address> delegation(ByteView code) {
  if (code.size() != kDelegationBytes) return std::nullopt;
  if (!std::ranges::equal(code.first(3), kDelegationPrefix)) return std::nullopt;
  return Address::from(code.subspan(3));
}

Check check_txn_alone(const Transaction& txn, ChainId chain_id) {
  OL_TRY_VOID(check_type(txn));
  OL_TRY_VOID(check_chain(txn, chain_id));
  OL_TRY_VOID(check_fee_fields(txn));
  return check_gas(txn);
}

Check check_txn_in_block(const Transaction& txn, const BlockTerms& block) {
  if (txn.gas_limit > block.gas_limit) {
    return refuse(TxnRule::ExceedsBlockGasLimit,
                  "gas " + number(txn.gas_limit) + ", block limit " + number(block.gas_limit));
  }
  if (txn.gas_limit > block.txn_gas_max) {
    return refuse(TxnRule::ExceedsTxnGasLimit,
                  "cap " + number(block.txn_gas_max) + ", tx " + number(txn.gas_limit));
  }
  if (txn.max_fee_per_gas < block.base_fee) {
    return refuse(TxnRule::FeeCapBelowBaseFee, "maxFeePerGas: " + txn.max_fee_per_gas.to_decimal() +
                                                   ", baseFee: " + block.base_fee.to_decimal());
  }
  return {};
}

Check check_txn_on_state(const Transaction& txn, const AccountTerms& sender, NonceRule nonce_rule) {
  OL_TRY_VOID(check_nonce(txn.nonce, sender.nonce, nonce_rule));
  if (sender.has_code) return refuse(TxnRule::SenderHasCode);
  return check_funds(txn, sender.balance);
}

Check validate_txn(const Transaction& txn, const BlockTerms& block, const AccountTerms& sender) {
  OL_TRY_VOID(check_txn_alone(txn, block.chain_id));
  OL_TRY_VOID(check_txn_in_block(txn, block));
  return check_txn_on_state(txn, sender, NonceRule::Exact);
}

}  // namespace ol::primitives
