#include "refusals.hpp"

#include <ol/base/check.hpp>
#include <ol/evm/schedule.hpp>
#include <ol/primitives/address_text.hpp>

namespace ol::execution {
namespace {

using evm::TxnFault;
using primitives::TxnRule;

TxnRule rule_of(TxnFault fault) {
  switch (fault) {
    case TxnFault::KindNotAllowed:
    case TxnFault::NoBlobs:
    case TxnFault::TooManyBlobs:
    case TxnFault::BlobVersion:
    case TxnFault::BlobFeeCapBelowBaseFee:
    case TxnFault::CreationNotAllowed:
      return TxnRule::TypeNotSupported;
    case TxnFault::GasLimitAboveBlock:
      return TxnRule::ExceedsBlockGasLimit;
    case TxnFault::GasLimitAboveMax:
      return TxnRule::ExceedsTxnGasLimit;
    case TxnFault::InitCodeTooLarge:
      return TxnRule::InitCodeTooLarge;
    case TxnFault::IntrinsicGas:
      return TxnRule::IntrinsicGas;
    case TxnFault::FloorGas:
      return TxnRule::FloorGas;
    case TxnFault::FeeCapBelowBaseFee:
      return TxnRule::FeeCapBelowBaseFee;
    case TxnFault::TipAboveFeeCap:
      return TxnRule::TipAboveFeeCap;
    case TxnFault::NonceTooLow:
      return TxnRule::NonceTooLow;
    case TxnFault::NonceTooHigh:
    case TxnFault::NonceAtMax:
      return TxnRule::NonceTooHigh;
    case TxnFault::SenderHasCode:
      return TxnRule::SenderHasCode;
    case TxnFault::InsufficientFunds:
      return TxnRule::InsufficientFunds;
    case TxnFault::NoAuthorizations:
      return TxnRule::EmptyAuthorizations;
  }
  OL_CHECK(false, "every fault stands for a rule");
}

std::string pair(const char* have, std::uint64_t has, const char* want, std::uint64_t wants) {
  return std::string(have) + std::to_string(has) + want + std::to_string(wants);
}

}  // namespace

primitives::TxnRefusal refusal_of(TxnFault fault) {
  return primitives::refusal(rule_of(fault));
}

primitives::TxnRefusal explain(Engine& engine, evm::World& world, const evm::BlockEnv& env,
                               const primitives::VerifiedTxn& txn, TxnFault fault) {
  const evm::WorldAccount& sender = world.account(txn.sender());
  const primitives::BlockTerms block{
      .chain_id = primitives::ChainId(env.chain_id),
      .gas_limit = env.gas_limit,
      .base_fee = env.base_fee,
      .txn_gas_max = evm::schedule(engine.evm().revision()).transaction_gas_max};
  const primitives::AccountTerms account{.nonce = sender.nonce,
                                         .balance = sender.balance,
                                         .has_code = fault == TxnFault::SenderHasCode,
                                         .is_delegated = false};
  auto verdict = primitives::validate_txn(txn.txn(), block, account);
  return verdict ? refusal_of(fault) : std::move(verdict).error();
}

primitives::TxnRefusal explain_question(TxnFault fault, const evm::TxnRequest& txn,
                                        const evm::BlockEnv& block, evm::Revision revision,
                                        const evm::WorldAccount& sender) {
  const primitives::TxnRule rule = refusal_of(fault).rule;
  const evm::IntrinsicGas gas = evm::intrinsic_gas(txn, revision);
  const std::string who = "address " + primitives::checksum_text(txn.sender);
  if (fault == TxnFault::IntrinsicGas)
    return primitives::refusal(rule, pair("have ", txn.gas_limit, ", want ", gas.intrinsic));
  if (fault == TxnFault::FloorGas)
    return primitives::refusal(rule, pair("have ", txn.gas_limit, ", want ", gas.floor));
  if (fault == TxnFault::FeeCapBelowBaseFee) {
    return primitives::refusal(rule, who + ", maxFeePerGas: " + txn.max_fee_per_gas.to_decimal() +
                                         ", baseFee: " + block.base_fee.to_decimal());
  }
  if (fault == TxnFault::InsufficientFunds) {
    const auto fee = checked_mul(U256{txn.gas_limit}, txn.max_fee_per_gas);
    const auto cost = fee ? checked_add(*fee, txn.value) : std::nullopt;
    return primitives::refusal(rule, who + " have " + sender.balance.to_decimal() + " want " +
                                         cost.value_or(U256::max()).to_decimal());
  }
  if (fault == TxnFault::NonceTooLow || fault == TxnFault::NonceTooHigh) {
    return primitives::refusal(rule, who + pair(", tx: ", txn.nonce, " state: ", sender.nonce));
  }
  return primitives::refusal(rule);
}

primitives::TxnRefusal no_gas_left(std::uint64_t gas_limit, std::uint64_t gas_left) {
  return primitives::refusal(
      TxnRule::BlockGasLimitReached,
      "gas " + std::to_string(gas_limit) + ", left in the block " + std::to_string(gas_left));
}

}  // namespace ol::execution
