#include <ol/execution/call.hpp>

#include "refusals.hpp"

namespace ol::execution {
namespace {

evm::TxnKind kind_of(const CallRequest& request) {
  if (request.blob_hashes) return evm::TxnKind::Blob;
  return request.authorizations.empty() ? evm::TxnKind::DynamicFee : evm::TxnKind::SetCode;
}

evm::TxnRequest question_of(const CallRequest& request, std::uint64_t nonce) {
  evm::TxnRequest out;
  out.kind = kind_of(request);
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
  if (request.blob_hashes) out.blob_hashes = *request.blob_hashes;
  out.max_fee_per_blob_gas = request.max_fee_per_blob_gas.value_or(U256{});
  out.is_question = true;
  return out;
}

/// The block as the call is to see it: what is free has no price.
evm::BlockEnv env_for(const CallRequest& request, const evm::BlockEnv& block) {
  evm::BlockEnv out = block;
  if (request.max_fee_per_gas.is_zero() && request.max_priority_fee_per_gas.is_zero()) {
    out.base_fee = {};
  }
  const bool asks_for_blobs = request.blob_hashes || request.max_fee_per_blob_gas;
  if (asks_for_blobs && request.max_fee_per_blob_gas.value_or(U256{}).is_zero()) {
    out.blob_base_fee = {};
  }
  // Blocks here hold no blobs, but whoever asks may have them.
  if (request.blob_hashes) out.blobs_max = request.blob_hashes->size();
  return out;
}

}  // namespace

Result<CallOutcome, CallError> call(Engine& engine, const state::StateView& state,
                                    const evm::BlockEnv& block, const CallRequest& request,
                                    evm::Tracer* tracer) {
  evm::World world(state, engine.seed());
  const evm::BlockEnv env = env_for(request, block);
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
