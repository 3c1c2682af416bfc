#include "refusals.hpp"

#include <algorithm>

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

/// What geth calls the faults of transactions that no block here can hold.
primitives::TxnRefusal blob_refusal(const evm::TxnRequest& txn, const evm::BlockEnv& block,
                                    TxnFault fault, const std::string& who) {
  std::string words = evm::describe(fault);
  if (fault == TxnFault::CreationNotAllowed) words = "blob transaction of type create";
  if (fault == TxnFault::BlobFeeCapBelowBaseFee) {
    words += ": " + who + " blobGasFeeCap: " + txn.max_fee_per_blob_gas.to_decimal() +
             ", blobBaseFee: " + block.blob_base_fee.to_decimal();
  }
  if (fault == TxnFault::BlobVersion) {
    const auto bad = std::find_if(txn.blob_hashes.begin(), txn.blob_hashes.end(),
                                  [](const Hash256& hash) { return hash.bytes[0] != 1; });
    words = "blob " + std::to_string(bad - txn.blob_hashes.begin()) + " has invalid hash version";
  }
  return {TxnRule::TypeNotSupported, std::move(words)};
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
  if (txn.kind == evm::TxnKind::Blob && rule == TxnRule::TypeNotSupported)
    return blob_refusal(txn, block, fault, who);
  if (fault == TxnFault::IntrinsicGas)
    return primitives::refusal(rule, pair("have ", txn.gas_limit, ", want ", gas.intrinsic));
  if (fault == TxnFault::FloorGas)
    return primitives::refusal(rule, pair("have ", txn.gas_limit, ", want ", gas.floor));
  if (fault == TxnFault::FeeCapBelowBaseFee) {
    return primitives::refusal(rule, who + ", maxFeePerGas: " + txn.max_fee_per_gas.to_decimal() +
                                         ", baseFee: " + block.base_fee.to_decimal());
  }
  if (fault == TxnFault::TipAboveFeeCap) {
    return primitives::refusal(
        rule, who + ", maxPriorityFeePerGas: " + txn.max_priority_fee_per_gas.to_decimal() +
                  ", maxFeePerGas: " + txn.max_fee_per_gas.to_decimal());
  }
  if (fault == TxnFault::InsufficientFunds) {
    const auto fee = checked_mul(U256{txn.gas_limit}, txn.max_fee_per_gas);
    const auto blobs = checked_mul(U256{evm::kGasPerBlob} * U256{txn.blob_hashes.size()},
                                   txn.max_fee_per_blob_gas);
    const auto gas_and_blobs = fee && blobs ? checked_add(*fee, *blobs) : std::nullopt;
    const auto cost = gas_and_blobs ? checked_add(*gas_and_blobs, txn.value) : std::nullopt;
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
