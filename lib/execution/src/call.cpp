#include <ol/execution/call.hpp>

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
  return fail(CallError(explain_question(std::get<evm::TxnFault>(outcome.error()), txn, env,
                                         engine.evm().revision(), sender)));
}

}  // namespace ol::execution
