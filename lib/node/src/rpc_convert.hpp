#pragma once

#include <ol/evm/tracers.hpp>
#include <ol/execution/call.hpp>
#include <ol/execution/override_view.hpp>
#include <ol/rpc/call.hpp>

namespace ol::node {

// From the words of RPC to those of the virtual machine, and back.

[[nodiscard]] execution::CallRequest to_call(const rpc::CallRequest& request, std::uint64_t gas);
[[nodiscard]] execution::StateOverrides to_overrides(const rpc::StateOverrides& overrides);
[[nodiscard]] evm::TraceOptions to_tracer(const rpc::TraceOptions& options);
[[nodiscard]] rpc::CallResult to_result(const evm::TxnOutcome& outcome);
/// Where precompiled contracts are under `overrides`, as geth has it: an override replaces the one
/// at its address. The error is geth's sentence.
[[nodiscard]] Result<evm::PrecompileMoves, std::string> to_moves(
    const rpc::StateOverrides& overrides, evm::Revision revision);
void override_block(const rpc::BlockOverrides& overrides, evm::BlockEnv& block);

}  // namespace ol::node
