// eth_call and eth_estimateGas, as far as the chain goes: transfers between plain accounts.
#include <algorithm>

#include <ol/primitives/txn_rules.hpp>

#include "block_ref.hpp"
#include "call_request.hpp"
#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

struct PreparedCall {
  CallRequest call;
  U256 balance;
};

// Creations, contracts and precompiles: the words a transaction of the kind is refused with.
std::unexpected<RpcError> needs_evm() {
  return refuse(primitives::describe(primitives::TxnRule::ContractsUnavailable));
}

// Reads the arguments and refuses what only an EVM can answer.
Result<PreparedCall, RpcError> prepare(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(2));
  PreparedCall out;
  OL_TRY(out.call, call_request_param(params, 0));
  OL_TRY(const BlockRef block, block_ref_param(params, 1, Presence::Optional));
  if (!out.call.txn.to) return needs_evm();
  if (primitives::is_precompile(*out.call.txn.to)) return needs_evm();
  OL_TRY(const AccountRecord to, account_at(backend, *out.call.txn.to, block));
  if (!to.code.empty()) return needs_evm();
  OL_TRY(const AccountRecord from, account_at(backend, out.call.from, block));
  out.balance = from.balance;
  if (out.call.txn.value > out.balance) return refuse("insufficient funds for transfer");
  return out;
}

RpcResult call(const Backend& backend, const Params& params) {
  OL_TRY_VOID(prepare(backend, params));
  // There is no code at the address, so nothing runs and nothing is returned.
  return "\"0x\"";
}

// The most gas the call may use: what it asks for, else the block's limit, and what it can pay.
U256 gas_allowance(const PreparedCall& prepared, std::uint64_t block_gas_limit) {
  const U256 asked = prepared.call.gas.value_or(block_gas_limit);
  if (prepared.call.fee_cap.is_zero()) return asked;
  const U256 affordable = (prepared.balance - prepared.call.txn.value) / prepared.call.fee_cap;
  return std::min(asked, affordable);
}

RpcResult estimate_gas(const Backend& backend, const Params& params) {
  OL_TRY(const PreparedCall prepared, prepare(backend, params));
  const primitives::Transaction& txn = prepared.call.txn;
  const std::uint64_t needed = std::max(primitives::intrinsic_gas(txn), primitives::floor_gas(txn));
  const U256 allowance = gas_allowance(prepared, backend.head()->header.gas_limit);
  if (allowance < U256(needed)) {
    return refuse("gas required exceeds allowance (" + allowance.to_decimal() + ")");
  }
  return quoted(quantity(needed));
}

}  // namespace

void add_call_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add("eth_call", [node](const Params& p) { return call(*node, p); });
  registry.add("eth_estimateGas", [node](const Params& p) { return estimate_gas(*node, p); });
}

}  // namespace ol::rpc
