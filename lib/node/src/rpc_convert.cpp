#include "rpc_convert.hpp"

#include <ol/base/check.hpp>
#include <ol/evm/precompiles.hpp>
#include <ol/evm/revert_reason.hpp>
#include <ol/primitives/address_text.hpp>

namespace ol::node {
namespace {

std::map<Hash256, U256> values_of(const std::map<Hash256, Hash256>& words) {
  std::map<Hash256, U256> out;
  for (const auto& [slot, word] : words)
    out.emplace(slot, U256::from_fixed(word));
  return out;
}

}  // namespace

execution::CallRequest to_call(const rpc::CallRequest& request, std::uint64_t gas) {
  return {.from = request.from,
          .to = request.to,
          .value = request.value,
          .data = request.data,
          .gas = gas,
          .max_fee_per_gas = request.max_fee_per_gas,
          .max_priority_fee_per_gas = request.max_priority_fee_per_gas,
          .access_list = request.access_list,
          .authorizations = request.authorizations,
          .blob_hashes = request.blob_hashes,
          .max_fee_per_blob_gas = request.max_fee_per_blob_gas};
}

execution::StateOverrides to_overrides(const rpc::StateOverrides& overrides) {
  execution::StateOverrides out;
  for (const auto& [address, account] : overrides) {
    execution::AccountOverride& to = out[address];
    to.nonce = account.nonce;
    to.balance = account.balance;
    to.code = account.code;
    if (account.state) to.storage = values_of(*account.state);
    if (account.state_diff) to.slots = values_of(*account.state_diff);
  }
  return out;
}

evm::TraceOptions to_tracer(const rpc::TraceOptions& options) {
  switch (options.kind) {
    case rpc::TracerKind::StructLogs:
      return evm::StructLogOptions{.stack = !options.disable_stack,
                                   .memory = options.enable_memory,
                                   .storage = !options.disable_storage,
                                   .return_data = options.enable_return_data,
                                   .limit = options.limit};
    case rpc::TracerKind::Calls:
      return evm::CallTraceOptions{.only_top_call = options.only_top_call,
                                   .with_log = options.with_log};
    case rpc::TracerKind::Prestate:
      return evm::PrestateOptions{.diff_mode = options.diff_mode,
                                  .disable_code = options.disable_code,
                                  .disable_storage = options.disable_storage,
                                  .include_empty = options.include_empty};
    case rpc::TracerKind::FourByte:
      return evm::FourByteOptions{};
    case rpc::TracerKind::Noop:
      return evm::NoopOptions{};
    case rpc::TracerKind::Mux: {
      evm::MuxOptions out;
      for (const auto& [name, part] : options.parts)
        out.parts.push_back({name, to_tracer(part)});
      return out;
    }
  }
  OL_CHECK(false, "every tracer is known");
}

rpc::CallResult to_result(const evm::TxnOutcome& outcome) {
  rpc::CallResult out;
  out.success = outcome.status == evm::Status::Success;
  if (!out.success) out.error = evm::describe(outcome.status);
  out.reverted = outcome.status == evm::Status::Revert;
  out.out_of_gas = outcome.status == evm::Status::OutOfGas;
  if (out.reverted) out.reason = evm::revert_reason(outcome.output);
  out.output = outcome.output;
  out.gas_used = outcome.gas_used;
  out.gas_refunded = outcome.gas_refunded;
  return out;
}

Result<evm::PrecompileMoves, std::string> to_moves(const rpc::StateOverrides& overrides,
                                                   evm::Revision revision) {
  evm::PrecompileMoves out;
  for (const auto& [address, account] : overrides) {
    const bool is_precompile = evm::find_precompile(address, revision) != nullptr;
    if (account.move_precompile_to) {
      const Address& target = *account.move_precompile_to;
      if (!is_precompile) {
        return fail("account " + primitives::checksum_text(address) + " is not a precompile");
      }
      if (overrides.contains(target) || out.contains(target)) {
        return fail("account " + primitives::checksum_text(target) + " is already overridden");
      }
      out[target] = address;
    }
    if (is_precompile) out[address] = std::nullopt;
  }
  return out;
}

void override_block(const rpc::BlockOverrides& overrides, evm::BlockEnv& block) {
  block.number = overrides.number.value_or(block.number);
  block.timestamp = overrides.time.value_or(block.timestamp);
  block.gas_limit = overrides.gas_limit.value_or(block.gas_limit);
  block.coinbase = overrides.fee_recipient.value_or(block.coinbase);
  block.base_fee = overrides.base_fee.value_or(block.base_fee);
  block.blob_base_fee = overrides.blob_base_fee.value_or(block.blob_base_fee);
  if (overrides.prev_randao) block.prev_randao = U256::from_fixed(*overrides.prev_randao);
}

}  // namespace ol::node
