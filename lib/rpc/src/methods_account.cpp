// eth_getBalance and its kin: accounts as they are after a block.
#include "block_ref.hpp"
#include "json_in.hpp"
#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

struct AccountQuery {
  Address address;
  BlockRef block;
};

Result<AccountQuery, RpcError> read_query(const Params& params) {
  OL_TRY_VOID(params.at_most(2));
  OL_TRY(const Address address, params.fixed<Address>(0, "an address"));
  OL_TRY(const BlockRef block, block_ref_param(params, 1));
  return AccountQuery{address, block};
}

RpcResult get_balance(const Backend& backend, const Params& params) {
  OL_TRY(const AccountQuery query, read_query(params));
  OL_TRY(const AccountRecord account, account_at(backend, query.address, query.block));
  return quoted(quantity(account.balance));
}

RpcResult get_transaction_count(const Backend& backend, const Params& params) {
  OL_TRY(const AccountQuery query, read_query(params));
  if (is_pending(query.block)) return quoted(quantity(backend.pending_nonce(query.address)));
  OL_TRY(const AccountRecord account, account_at(backend, query.address, query.block));
  return quoted(quantity(account.nonce));
}

RpcResult get_code(const Backend& backend, const Params& params) {
  OL_TRY(const AccountQuery query, read_query(params));
  OL_TRY(const AccountRecord account, account_at(backend, query.address, query.block));
  return quoted(data(account.code));
}

// A slot as geth takes it: up to 32 bytes of hex, of any length, padded on the left.
Result<Hash256, PhraseError> read_slot(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) {
    return fail(PhraseError("hex string without 0x prefix"));
  }
  const std::string_view digits = text.substr(2);
  if (digits.size() > 64) return fail(PhraseError("storage key longer than 32 bytes"));
  if (digits.empty()) return Hash256{};
  const auto slot = U256::from_hex(digits);
  if (!slot || digits.find_first_of("xX") != std::string_view::npos) {
    return fail(PhraseError("invalid hex string"));
  }
  return slot->to_fixed<Hash256>();
}

RpcResult get_storage_at(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(3));
  OL_TRY(const Address address, params.fixed<Address>(0, "an address"));
  OL_TRY(const std::string_view key, params.string(1));
  const auto slot = read_slot(key);
  if (!slot) return bad_argument(1, slot.error());
  OL_TRY(const BlockRef block, block_ref_param(params, 2));
  OL_TRY(const std::uint64_t number, state_number(backend, block));
  const auto word = backend.storage(address, *slot, number);
  if (!word) return state_error(word.error(), number);
  return quoted(data(*word));
}

}  // namespace

void add_account_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add("eth_getBalance", [node](const Params& p) { return get_balance(*node, p); });
  registry.add("eth_getTransactionCount",
               [node](const Params& p) { return get_transaction_count(*node, p); });
  registry.add("eth_getCode", [node](const Params& p) { return get_code(*node, p); });
  registry.add("eth_getStorageAt", [node](const Params& p) { return get_storage_at(*node, p); });
}

}  // namespace ol::rpc
