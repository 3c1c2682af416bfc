// What makes a transaction invalid, and what it pays before anything runs.
#include <limits>

#include <ol/base/check.hpp>
#include <ol/evm/transition.hpp>
#include <ol/primitives/txn_rules.hpp>

#include "machine.hpp"

namespace ol::evm {
namespace {

constexpr std::uint64_t kTransaction = 21'000;  // Yellow Paper appendix G
constexpr std::uint64_t kCalldataZeroByte = 4;
constexpr std::uint64_t kAccessListAddress = 2'400;  // EIP-2930
constexpr std::uint64_t kAccessListKey = 1'900;      // EIP-2930
constexpr std::uint64_t kAuthorization = 25'000;     // EIP-7702, PER_EMPTY_ACCOUNT_COST
constexpr std::uint64_t kTokensPerByte = 4;          // EIP-7623: a byte that is not zero
constexpr std::uint8_t kBlobVersion = 0x01;          // EIP-4844, VERSIONED_HASH_VERSION_KZG

Result<void, TxnFault> check_blobs(const BlockEnv& block, const Schedule& rules,
                                   const TxnRequest& txn) {
  if (txn.kind != TxnKind::Blob) return {};
  if (!txn.to) return fail(TxnFault::CreationNotAllowed);
  const std::size_t blobs = txn.blob_hashes.size();
  if (blobs == 0) return fail(TxnFault::NoBlobs);
  if (blobs > block.blobs_max || blobs > rules.blobs_per_transaction_max) {
    return fail(TxnFault::TooManyBlobs);
  }
  for (const Hash256& hash : txn.blob_hashes) {
    if (hash.bytes[0] != kBlobVersion) return fail(TxnFault::BlobVersion);
  }
  if (txn.max_fee_per_blob_gas < block.blob_base_fee) {
    return fail(TxnFault::BlobFeeCapBelowBaseFee);
  }
  return {};
}

Result<void, TxnFault> check_fees(const BlockEnv& block, const Schedule& rules,
                                  const TxnRequest& txn) {
  if (txn.max_fee_per_gas < txn.max_priority_fee_per_gas) return fail(TxnFault::TipAboveFeeCap);
  if (rules.base_fee && !txn.is_free && txn.max_fee_per_gas < block.base_fee) {
    return fail(TxnFault::FeeCapBelowBaseFee);
  }
  return {};
}

Result<void, TxnFault> check_gas(const BlockEnv& block, Revision revision, const TxnRequest& txn) {
  const Schedule& rules = schedule(revision);
  // Gas is counted in 63 bits here; no block has more.
  constexpr auto kCountable = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (txn.gas_limit > kCountable) return fail(TxnFault::GasLimitAboveBlock);
  if (!txn.is_question) {
    if (txn.gas_limit > block.gas_limit) return fail(TxnFault::GasLimitAboveBlock);
    if (txn.gas_limit > rules.transaction_gas_max) return fail(TxnFault::GasLimitAboveMax);
  }
  if (!txn.to && txn.data.size() > rules.init_code_bytes_max) {
    return fail(TxnFault::InitCodeTooLarge);
  }
  const IntrinsicGas gas = intrinsic_gas(txn, revision);
  if (gas.intrinsic > txn.gas_limit) return fail(TxnFault::IntrinsicGas);
  if (gas.floor > txn.gas_limit) return fail(TxnFault::FloorGas);
  return {};
}

Result<void, TxnFault> check_nonce(const WorldAccount& sender, const TxnRequest& txn) {
  if (txn.nonce < sender.nonce) return fail(TxnFault::NonceTooLow);
  if (txn.nonce > sender.nonce) return fail(TxnFault::NonceTooHigh);
  if (txn.nonce == std::numeric_limits<std::uint64_t>::max()) return fail(TxnFault::NonceAtMax);
  return {};
}

/// The most the transaction can cost; nothing above 2^256 - 1.
std::optional<U256> cost_max(const TxnRequest& txn) {
  const auto gas = checked_mul(txn.max_fee_per_gas, txn.gas_limit);
  if (!gas) return std::nullopt;
  const auto with_value = checked_add(*gas, txn.value);
  if (!with_value) return std::nullopt;
  const auto blobs =
      checked_mul(txn.max_fee_per_blob_gas, U256{kGasPerBlob} * U256{txn.blob_hashes.size()});
  if (!blobs) return std::nullopt;
  return checked_add(*with_value, *blobs);
}

Result<void, TxnFault> check_sender(World& world, const Schedule& rules, const TxnRequest& txn) {
  WorldAccount& sender = world.account(txn.sender);
  OL_TRY_VOID(check_nonce(sender, txn));
  if (rules.sender_must_have_no_code && sender.has_code() && !txn.is_question) {
    const bool delegates =
        rules.delegations && primitives::delegation(*world.code(sender)).has_value();
    if (!delegates) return fail(TxnFault::SenderHasCode);
  }
  const auto cost = cost_max(txn);
  if (!cost || sender.balance < *cost) return fail(TxnFault::InsufficientFunds);
  return {};
}

}  // namespace

IntrinsicGas intrinsic_gas(const TxnRequest& txn, Revision revision) {
  const Schedule& rules = schedule(revision);
  std::uint64_t zeros = 0;
  for (const std::uint8_t byte : txn.data)
    zeros += byte == 0 ? 1 : 0;
  const std::uint64_t others = txn.data.size() - zeros;
  std::uint64_t keys = 0;
  for (const primitives::AccessListEntry& entry : txn.access_list)
    keys += entry.storage_keys.size();

  IntrinsicGas gas;
  gas.intrinsic = kTransaction + zeros * kCalldataZeroByte +
                  others * static_cast<std::uint64_t>(rules.calldata_byte) +
                  txn.access_list.size() * kAccessListAddress + keys * kAccessListKey +
                  txn.authorizations.size() * kAuthorization;
  if (!txn.to) {
    gas.intrinsic += static_cast<std::uint64_t>(rules.creation) +
                     static_cast<std::uint64_t>(rules.init_code_word) * word_count(txn.data.size());
  }
  if (rules.calldata_floor_token != 0) {
    const std::uint64_t tokens = zeros + others * kTokensPerByte;
    gas.floor = kTransaction + tokens * static_cast<std::uint64_t>(rules.calldata_floor_token);
  }
  return gas;
}

Result<void, TxnFault> check_transaction(World& world, const BlockEnv& block, Revision revision,
                                         const TxnRequest& txn) {
  const Schedule& rules = schedule(revision);
  if (static_cast<std::uint8_t>(txn.kind) > rules.transaction_type_max) {
    return fail(TxnFault::KindNotAllowed);
  }
  OL_TRY_VOID(check_fees(block, rules, txn));
  OL_TRY_VOID(check_blobs(block, rules, txn));
  if (txn.kind == TxnKind::SetCode) {
    if (!txn.to) return fail(TxnFault::CreationNotAllowed);
    if (txn.authorizations.empty()) return fail(TxnFault::NoAuthorizations);
  }
  OL_TRY_VOID(check_gas(block, revision, txn));
  return check_sender(world, rules, txn);
}

const char* describe(TxnFault fault) {
  switch (fault) {
    case TxnFault::KindNotAllowed:
      return "transaction type not supported";
    case TxnFault::GasLimitAboveBlock:
      return "exceeds block gas limit";
    case TxnFault::GasLimitAboveMax:
      return "transaction gas limit too high";
    case TxnFault::InitCodeTooLarge:
      return "max initcode size exceeded";
    case TxnFault::IntrinsicGas:
      return "intrinsic gas too low";
    case TxnFault::FloorGas:
      return "insufficient gas for floor data gas cost";
    case TxnFault::FeeCapBelowBaseFee:
      return "max fee per gas less than block base fee";
    case TxnFault::TipAboveFeeCap:
      return "max priority fee per gas higher than max fee per gas";
    case TxnFault::NonceTooLow:
      return "nonce too low";
    case TxnFault::NonceTooHigh:
      return "nonce too high";
    case TxnFault::NonceAtMax:
      return "nonce has max value";
    case TxnFault::SenderHasCode:
      return "sender not an eoa";
    case TxnFault::InsufficientFunds:
      return "insufficient funds for gas * price + value";
    case TxnFault::NoBlobs:
      return "blob transaction missing blob hashes";
    case TxnFault::TooManyBlobs:
      return "blob transaction has too many blobs";
    case TxnFault::BlobVersion:
      return "blob hash has an unknown version";
    case TxnFault::BlobFeeCapBelowBaseFee:
      return "max fee per blob gas less than block blob gas fee";
    case TxnFault::CreationNotAllowed:
      return "transaction of this type cannot create a contract";
    case TxnFault::NoAuthorizations:
      return "EIP-7702 transaction with empty auth list";
  }
  OL_CHECK(false, "every fault has a description");
}

}  // namespace ol::evm
