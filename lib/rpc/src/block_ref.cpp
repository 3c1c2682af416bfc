#include "block_ref.hpp"

#include <limits>

#include "json_in.hpp"

namespace ol::rpc {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kHashTextSize = 2 + 2 * primitives::EvmHash::kSize;

Result<BlockRef, PhraseError> read_hash(std::string_view text) {
  OL_TRY(const Bytes bytes, read_fixed(text, primitives::EvmHash::kSize, "block hash"));
  return *primitives::EvmHash::from(bytes);
}

// EIP-1898: {"blockNumber": ..} or {"blockHash": .., "requireCanonical": ..}. Every block here is
// canonical, so the flag is checked for its type only.
Result<BlockRef, PhraseError> read_object(const object& json) {
  element hash;
  element number;
  element canonical;
  const bool has_hash = json["blockHash"].get(hash) == simdjson::SUCCESS && !hash.is_null();
  const bool has_number = json["blockNumber"].get(number) == simdjson::SUCCESS && !number.is_null();
  if (json["requireCanonical"].get(canonical) == simdjson::SUCCESS && !canonical.is_bool()) {
    return fail(PhraseError("requireCanonical is not a boolean"));
  }
  if (has_hash && has_number) {
    return fail(
        PhraseError("cannot specify both BlockHash and BlockNumber, choose one or the other"));
  }
  if (has_hash) {
    OL_TRY(const std::string_view text, read_string(hash, "a block hash"));
    return read_hash(text);
  }
  if (!has_number) return fail(PhraseError("invalid arguments; neither block nor hash specified"));
  OL_TRY(const std::string_view text, read_string(number, "a block number"));
  return read_block_number(text);
}

Result<BlockRef, PhraseError> read_ref(element json) {
  object fields;
  if (json.get(fields) == simdjson::SUCCESS) return read_object(fields);
  OL_TRY(const std::string_view text, read_string(json, "a block number, tag, hash or object"));
  if (text.size() == kHashTextSize) return read_hash(text);
  return read_block_number(text);
}

}  // namespace

Result<BlockRef, PhraseError> read_block_number(std::string_view text) {
  if (text == "latest" || text == "safe" || text == "finalized") return BlockTag::Latest;
  if (text == "pending") return BlockTag::Pending;
  if (text == "earliest") return BlockTag::Earliest;
  OL_TRY(const std::uint64_t number, read_quantity(text));
  if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return fail(PhraseError("block number larger than int64"));
  }
  return number;
}

Result<BlockRef, RpcError> block_number_param(const Params& params, std::size_t i) {
  OL_TRY(const std::string_view text, params.string(i));
  const auto ref = read_block_number(text);
  if (!ref) return bad_argument(i, ref.error());
  return *ref;
}

Result<BlockRef, RpcError> block_ref_param(const Params& params, std::size_t i, Presence presence) {
  if (presence == Presence::Optional && !params.has(i)) return BlockTag::Latest;
  OL_TRY(const element json, argument(params, i));
  const auto ref = read_ref(json);
  if (!ref) return bad_argument(i, ref.error());
  return *ref;
}

BlockPtr find_block(const Backend& backend, const BlockRef& ref) {
  if (const auto* hash = std::get_if<primitives::EvmHash>(&ref)) {
    return backend.block_by_hash(*hash);
  }
  if (const auto* number = std::get_if<std::uint64_t>(&ref)) {
    return backend.block_by_number(*number);
  }
  switch (std::get<BlockTag>(ref)) {
    case BlockTag::Latest:
      return backend.head();
    case BlockTag::Pending:
      return backend.pending_block();
    case BlockTag::Earliest:
      return backend.block_by_number(0);
  }
  OL_CHECK(false, "every block tag has a block");
}

Result<std::uint64_t, RpcError> state_number(const Backend& backend, const BlockRef& ref) {
  if (const auto* hash = std::get_if<primitives::EvmHash>(&ref)) {
    const BlockPtr block = backend.block_by_hash(*hash);
    if (!block) return refuse("header for hash not found");
    return block->header.number;
  }
  const std::uint64_t head = backend.head()->header.number;
  if (const auto* number = std::get_if<std::uint64_t>(&ref)) {
    if (*number > head) return refuse("header not found");
    return *number;
  }
  return std::get<BlockTag>(ref) == BlockTag::Earliest ? 0 : head;
}

std::unexpected<RpcError> state_error(StateError error, std::uint64_t number) {
  switch (error) {
    case StateError::UnknownBlock:
      return refuse("header not found");
    case StateError::Unavailable:
      return refuse("historical state of block " + std::to_string(number) + " is not available");
  }
  OL_CHECK(false, "every state error has a sentence");
}

Result<AccountRecord, RpcError> account_at(const Backend& backend, const Address& address,
                                           const BlockRef& ref) {
  OL_TRY(const std::uint64_t number, state_number(backend, ref));
  auto account = backend.account(address, number);
  if (!account) return state_error(account.error(), number);
  return *std::move(account);
}

}  // namespace ol::rpc
