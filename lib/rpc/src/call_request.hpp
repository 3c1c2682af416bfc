#pragma once

#include <ol/rpc/call.hpp>
#include <ol/rpc/params.hpp>

#include "block_ref.hpp"
#include "json_in.hpp"

namespace ol::rpc {

// The parts of arguments; the error is a phrase.
[[nodiscard]] Result<CallRequest, PhraseError> read_call(const simdjson::dom::object& json);
[[nodiscard]] Result<StateOverrides, PhraseError> read_state_overrides(
    const simdjson::dom::object& json);
[[nodiscard]] Result<BlockOverrides, PhraseError> read_block_overrides(
    const simdjson::dom::object& json);

/// Refuses a transaction object, part of argument `i`, that is for another chain.
[[nodiscard]] Result<void, RpcError> check_chain(const simdjson::dom::object& json, std::size_t i,
                                                 std::uint64_t chain_id);
/// Argument `i` as a transaction object for this chain.
[[nodiscard]] Result<CallRequest, RpcError> call_request_param(const Params& params, std::size_t i,
                                                               std::uint64_t chain_id);

/// The overrides of a call; argument `i` holds them and is named in errors.
[[nodiscard]] Result<StateOverrides, RpcError> state_overrides_of(const simdjson::dom::object& json,
                                                                  std::size_t i);
/// Refuses what means nothing to a single call.
[[nodiscard]] Result<BlockOverrides, RpcError> block_overrides_of(const simdjson::dom::object& json,
                                                                  std::size_t i);
/// Arguments `i` and `i + 1` as state and block overrides, both optional.
[[nodiscard]] Result<void, RpcError> override_params(const Params& params, std::size_t i,
                                                     CallSetting& setting);

/// Where a call on `ref` runs. Pending is the block after the head.
[[nodiscard]] Result<CallSetting, RpcError> call_setting(const Backend& backend,
                                                         const BlockRef& ref);

}  // namespace ol::rpc
