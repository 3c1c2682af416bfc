#pragma once

#include <variant>

#include <ol/rpc/backend.hpp>
#include <ol/rpc/params.hpp>

namespace ol::rpc {

/// A block by name. Latest, safe and finalized are one: what is committed is final.
enum class BlockTag : std::uint8_t { Latest, Pending, Earliest };

/// How a caller names a block (EIP-1898).
using BlockRef = std::variant<BlockTag, std::uint64_t, primitives::EvmHash>;

/// Whether the block argument may be left out, which means latest.
enum class Presence : std::uint8_t { Required, Optional };

/// A tag or a number; the error is a phrase.
[[nodiscard]] Result<BlockRef, std::string> read_block_number(std::string_view text);
/// The same as argument `i`.
[[nodiscard]] Result<BlockRef, RpcError> block_number_param(const Params& params, std::size_t i);
/// A tag, a number, a hash, or an EIP-1898 object.
[[nodiscard]] Result<BlockRef, RpcError> block_ref_param(const Params& params, std::size_t i,
                                                         Presence presence = Presence::Required);

/// The block, or null if the node has none of that name.
[[nodiscard]] BlockPtr find_block(const Backend& backend, const BlockRef& ref);
/// The number of the block whose state `ref` means; the state of pending is that of the head.
/// "header not found" if there is no such block.
[[nodiscard]] Result<std::uint64_t, RpcError> state_number(const Backend& backend,
                                                           const BlockRef& ref);
/// The account after the block that `ref` means.
[[nodiscard]] Result<AccountRecord, RpcError> account_at(const Backend& backend,
                                                         const Address& address,
                                                         const BlockRef& ref);
/// What a caller is told when the state after block `number` cannot be read.
[[nodiscard]] std::unexpected<RpcError> state_error(StateError error, std::uint64_t number);

[[nodiscard]] inline bool is_pending(const BlockRef& ref) {
  const auto* tag = std::get_if<BlockTag>(&ref);
  return tag != nullptr && *tag == BlockTag::Pending;
}

}  // namespace ol::rpc
