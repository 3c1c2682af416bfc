#include <ol/execution/call.hpp>

#include <ol/primitives/address_text.hpp>

#include "refusals.hpp"

namespace ol::execution {
namespace {

evm::TxnRequest question_of(const CallRequest& request, std::uint64_t nonce) {
  evm::TxnRequest out;
  out.kind = request.authorizations.empty() ? evm::TxnKind::DynamicFee : evm::TxnKind::SetCode;
  out.sender = request.from;
  out.nonce = nonce;
  out.max_priority_fee_per_gas = request.max_priority_fee_per_gas;
  out.max_fee_per_gas = request.max_fee_per_gas;
  out.gas_limit = request.gas;
  out.to = request.to;
  out.value = request.value;
  out.data = request.data;
  out.access_list = request.access_list;
  out.authorizations = request.authorizations;
  out.is_question = true;
  return out;
}

std::string pair(const char* have, std::uint64_t has, const char* want, std::uint64_t wants) {
  return std::string(have) + std::to_string(has) + want + std::to_string(wants);
}

/// The rule with the values compared, as geth gives them for a message.
primitives::TxnRefusal describe_fault(evm::TxnFault fault, const evm::TxnRequest& txn,
                                      const evm::BlockEnv& block, evm::Revision revision,
                                      const U256& balance) {
  const primitives::TxnRule rule = refusal_of(fault).rule;
  const evm::IntrinsicGas gas = evm::intrinsic_gas(txn, revision);
  const std::string who = "address " + primitives::checksum_text(txn.sender);
  if (fault == evm::TxnFault::IntrinsicGas)
    return primitives::refusal(rule, pair("have ", txn.gas_limit, ", want ", gas.intrinsic));
  if (fault == evm::TxnFault::FloorGas)
    return primitives::refusal(rule, pair("have ", txn.gas_limit, ", want ", gas.floor));
  if (fault == evm::TxnFault::FeeCapBelowBaseFee) {
    return primitives::refusal(rule, who + ", maxFeePerGas: " + txn.max_fee_per_gas.to_decimal() +
                                         ", baseFee: " + block.base_fee.to_decimal());
  }
  if (fault == evm::TxnFault::InsufficientFunds) {
    const auto fee = checked_mul(U256{txn.gas_limit}, txn.max_fee_per_gas);
    const auto cost = fee ? checked_add(*fee, txn.value) : std::nullopt;
    return primitives::refusal(rule, who + " have " + balance.to_decimal() + " want " +
                                         cost.value_or(U256::max()).to_decimal());
  }
  return primitives::refusal(rule);
}

}  // namespace

Result<CallOutcome, CallError> call(Engine& engine, const state::StateView& state,
                                    const evm::BlockEnv& block, const CallRequest& request,
                                    evm::Tracer* tracer) {
  evm::World world(state, engine.seed());
  evm::BlockEnv env = block;
  const bool is_free = request.max_fee_per_gas.is_zero();
  if (is_free && request.max_priority_fee_per_gas.is_zero()) env.base_fee = {};
  const evm::WorldAccount& sender = world.account(request.from);
  const evm::TxnRequest txn = question_of(request, sender.nonce);
  engine.evm().trace(tracer);
  auto outcome = engine.evm().transact(world, env, txn);
  engine.evm().trace(nullptr);
  if (outcome && outcome->created) {
    // As geth answers eth_call without a target: what would be there.
    outcome->output = *world.code(world.account(*outcome->created));
  }
  if (world.error()) return fail(CallError(*world.error()));
  if (outcome) return *std::move(outcome);
  if (const auto* error = std::get_if<state::StateError>(&outcome.error()))
    return fail(CallError(*error));
  return fail(CallError(describe_fault(std::get<evm::TxnFault>(outcome.error()), txn, env,
                                       engine.evm().revision(), sender.balance)));
}

}  // namespace ol::execution
