#include "transfer.hpp"

#include <algorithm>

namespace ol::execution {
namespace {

using primitives::Receipt;
using primitives::Transaction;
using primitives::TxnRefusal;
using primitives::TxnRule;

template <typename T>
using Applied = Result<T, ApplyError>;

Applied<primitives::AccountTerms> read_terms(state::Journal& journal, const Address& address) {
  const auto account = journal.account(address);
  if (!account) return fail(ApplyError(account.error()));
  if (!*account) return primitives::AccountTerms{};
  return primitives::AccountTerms{.nonce = (*account)->nonce,
                                  .balance = (*account)->balance,
                                  .has_code = (*account)->code_hash != state::kEmptyCodeHash};
}

Applied<void> check_rules(state::Journal& journal, const BlockContext& context,
                          const primitives::VerifiedTxn& txn, std::uint64_t gas_before) {
  OL_TRY(const auto sender, read_terms(journal, txn.sender()));
  primitives::AccountTerms target;
  if (txn.txn().to) {
    OL_TRY(target, read_terms(journal, *txn.txn().to));
  }
  auto valid = primitives::validate_txn(txn.txn(), context.terms(), sender, target.has_code);
  if (!valid) return fail(ApplyError(std::move(valid).error()));
  const std::uint64_t gas_left = context.gas_limit - gas_before;
  if (txn.txn().gas_limit <= gas_left) return {};
  return fail(ApplyError(primitives::refusal(
      TxnRule::BlockGasLimitReached, "gas " + std::to_string(txn.txn().gas_limit) +
                                         ", left in the block " + std::to_string(gas_left))));
}

/// Moves nonce, value and fees. The base fee goes to nobody: that burns it (EIP-1559). Every party
/// is touched even by zero wei, so an empty one is deleted (EIP-161).
Result<void, state::StateError> move_funds(state::Journal& journal, const BlockContext& context,
                                           const primitives::VerifiedTxn& txn,
                                           std::uint64_t gas_used, const U256& tip) {
  const U256 gas(gas_used);
  // Neither product nor sum overflows: max_cost fits and bounds them.
  const U256 spent = gas * (context.base_fee + tip) + txn.txn().value;
  OL_TRY_VOID(journal.increment_nonce(txn.sender()));
  OL_TRY_VOID(journal.subtract_balance(txn.sender(), spent));
  OL_TRY_VOID(journal.add_balance(*txn.txn().to, txn.txn().value));
  return journal.add_balance(context.coinbase, gas * tip);
}

}  // namespace

Applied<Receipt> apply_txn(state::Journal& journal, const BlockContext& context,
                           const primitives::VerifiedTxn& txn, std::uint64_t gas_before) {
  OL_TRY_VOID(check_rules(journal, context, txn, gas_before));
  const auto tip = primitives::effective_tip(txn.txn(), context.base_fee);
  OL_CHECK(tip.has_value(), "validate_txn refuses a fee cap below the base fee");
  // A transfer runs no code: it uses what it must pay before anything runs, or the calldata floor.
  const std::uint64_t gas_used =
      std::max(primitives::intrinsic_gas(txn.txn()), primitives::floor_gas(txn.txn()));
  const auto moved = move_funds(journal, context, txn, gas_used, *tip);
  if (!moved) return fail(ApplyError(moved.error()));
  journal.end_transaction();
  Receipt out;
  out.type = txn.txn().type;
  out.success = true;
  out.cumulative_gas_used = gas_before + gas_used;
  out.gas_used = gas_used;
  out.effective_gas_price = context.base_fee + *tip;
  return out;
}

}  // namespace ol::execution
