#pragma once

#include <optional>
#include <string>

#include <ol/base/result.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::primitives {

/// The rule a transaction broke. The message that goes with it starts with geth's words for the
/// same case, because wallets and libraries match on them. Rules: docs/protocol/transactions.md.
enum class TxnRule : std::uint8_t {
  WrongChain,              // EIP-155: signed for another chain id
  TypeNotSupported,        // EIP-2718: this chain has no blobs, so no type 3
  TipAboveFeeCap,          // EIP-1559: priority fee above the fee cap
  CostOverflow,            // a cost above 2^256 - 1, which nobody can pay
  InitCodeTooLarge,        // EIP-3860: creation code above 49,152 bytes
  EmptyAuthorizations,     // EIP-7702: type 4 without a list
  IntrinsicGas,            // Yellow Paper g0, EIP-2028, 2930, 3860, 7702: gas_limit below it
  FloorGas,                // EIP-7623: gas_limit below the floor price of the calldata
  ExceedsBlockGasLimit,    // gas_limit above that of the block
  ExceedsTxnGasLimit,      // EIP-7825: gas_limit above that of any transaction
  FeeCapBelowBaseFee,      // EIP-1559
  NonceTooLow,             // used already
  NonceTooHigh,            // earlier transactions are missing
  SenderHasCode,           // EIP-3607, 7702: code that is no delegation
  InsufficientFunds,       // balance below gas_limit * max_fee + value
  BlockGasLimitReached,    // no gas is left in the block for this one
  AlreadyKnown,            // the pool holds this very transaction
  ReplacementUnderpriced,  // the pool holds another with this nonce and not 10 % cheaper
  Underpriced,             // the pool is full of better-paying ones
  PoolFull,                // the sender's share of the pool is used up
  DelegatedInFlight,       // EIP-7702: a delegated sender has one in the pool already
  DelegatedGap,            // EIP-7702: not the next nonce of a delegated sender
  AuthorityReserved,       // EIP-7702: who authorises has several of its own in the pool
};

/// Why a transaction is refused: the rule, and a sentence with the values compared.
struct TxnRefusal {
  TxnRule rule = TxnRule::WrongChain;
  std::string message;
};

/// The rule's words alone, as geth has them.
[[nodiscard]] const char* describe(TxnRule rule);

/// Gas a transaction pays before anything runs: 21,000, calldata 4 or 16 a byte (EIP-2028), access
/// list 2,400 an address and 1,900 a key (EIP-2930), creation 32,000 and 2 a word (EIP-3860),
/// 25,000 an authorisation (EIP-7702).
[[nodiscard]] std::uint64_t intrinsic_gas(const Transaction& txn);
/// The least a transaction pays for its calldata: 21,000 and 10 or 40 a byte (EIP-7623).
[[nodiscard]] std::uint64_t floor_gas(const Transaction& txn);

/// What one gas pays the proposer at `base_fee`: min(priority fee, fee cap - base fee). Nothing if
/// the fee cap is below the base fee (EIP-1559).
[[nodiscard]] std::optional<U256> effective_tip(const Transaction& txn, const U256& base_fee);
/// gas_limit * max_fee + value: what the sender must hold. Nothing above 2^256 - 1.
[[nodiscard]] std::optional<U256> max_cost(const Transaction& txn);

/// EIP-7702: what the code of an account that delegates begins with; an address follows and nothing
/// else.
inline constexpr std::uint8_t kDelegationPrefix[3] = {0xef, 0x01, 0x00};
inline constexpr std::size_t kDelegationBytes = 23;
/// The address after the prefix, if `code` is a delegation.
[[nodiscard]] std::optional<Address> delegation(ByteView code);

/// What a block sets for the transactions in it.
struct BlockTerms {
  ChainId chain_id;
  std::uint64_t gas_limit = 0;
  U256 base_fee;
  /// EIP-7825; no bound before Osaka.
  std::uint64_t txn_gas_max = ~std::uint64_t{0};
};

/// What the rules ask of a sender.
struct AccountTerms {
  std::uint64_t nonce = 0;
  U256 balance;
  /// Code that is no delegation.
  bool has_code = false;
  /// EIP-7702. Others may spend such an account's balance.
  bool is_delegated = false;
};

/// In a block the nonce is the account's; a pool also keeps later ones.
enum class NonceRule : std::uint8_t { Exact, AtLeast };

/// Rules that no block and no state can change: chain id, fee fields, sizes, gas for the calldata.
/// A legacy transaction without chain id (before EIP-155) is valid on every chain.
[[nodiscard]] Result<void, TxnRefusal> check_txn_alone(const Transaction& txn, ChainId chain_id);
/// Rules of the block: gas limits and base fee.
[[nodiscard]] Result<void, TxnRefusal> check_txn_in_block(const Transaction& txn,
                                                          const BlockTerms& block);
/// Rules of the state: nonce, sender without code, funds.
[[nodiscard]] Result<void, TxnRefusal> check_txn_on_state(const Transaction& txn,
                                                          const AccountTerms& sender,
                                                          NonceRule nonce_rule);

/// All three, in this order: whether `txn` may be the next transaction of such a block.
[[nodiscard]] Result<void, TxnRefusal> validate_txn(const Transaction& txn, const BlockTerms& block,
                                                    const AccountTerms& sender);

/// Builds a refusal whose message is the rule's words, a colon and `detail` (if any).
[[nodiscard]] TxnRefusal refusal(TxnRule rule, const std::string& detail = {});

}  // namespace ol::primitives
