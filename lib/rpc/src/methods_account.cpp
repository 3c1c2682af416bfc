// eth_getBalance and its kin: accounts as they are after a block.
#include "block_ref.hpp"
#include "json_fields.hpp"
#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;

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

json::array nodes_json(const std::vector<Bytes>& nodes) {
  json::array out;
  for (const Bytes& node : nodes)
    out.emplace_back(data(node));
  return out;
}

// EIP-1186 answers each key as it was asked: a whole word if it had 32 bytes, else a quantity.
struct ProofKey {
  std::string text;
  Hash256 slot;
};

Result<std::vector<ProofKey>, RpcError> proof_keys(const Params& params, std::size_t i) {
  constexpr std::size_t kKeysMax = 1'024;
  std::vector<ProofKey> out;
  OL_TRY(const simdjson::dom::element json, argument(params, i));
  simdjson::dom::array list;
  if (json.get(list) != simdjson::SUCCESS) return bad_argument(i, "want an array of storage keys");
  if (list.size() > kKeysMax) return bad_argument(i, "too many keys (max 1024)");
  for (const simdjson::dom::element item : list) {
    const auto text = read_string(item, "a storage key");
    if (!text) return bad_argument(i, text.error());
    const auto slot = read_slot(*text);
    if (!slot) return bad_argument(i, slot.error());
    const bool whole = text->size() == 2 + 2 * Hash256::kSize;
    out.push_back({whole ? data(*slot) : quantity(U256::from_fixed(*slot)), *slot});
  }
  return out;
}

RpcResult get_proof(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(3));
  OL_TRY(const Address address, params.fixed<Address>(0, "an address"));
  OL_TRY(const std::vector<ProofKey> keys, proof_keys(params, 1));
  OL_TRY(const BlockRef block, block_ref_param(params, 2));
  OL_TRY(const std::uint64_t number, state_number(backend, block));
  std::vector<Hash256> slots;
  for (const ProofKey& key : keys)
    slots.push_back(key.slot);
  const auto proof = backend.proof(address, slots, number);
  if (!proof) return state_error(proof.error(), number);
  json::array storage;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    storage.emplace_back(json::object{{"key", keys[i].text},
                                      {"value", quantity(proof->slots[i].value)},
                                      {"proof", nodes_json(proof->slots[i].nodes)}});
  }
  return json::serialize(json::object{{"address", data(address)},
                                      {"accountProof", nodes_json(proof->nodes)},
                                      {"balance", quantity(proof->balance)},
                                      {"codeHash", data(proof->code_hash)},
                                      {"nonce", quantity(proof->nonce)},
                                      {"storageHash", data(proof->storage_root)},
                                      {"storageProof", std::move(storage)}});
}

}  // namespace

void add_account_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add("eth_getBalance", [node](const Params& p) { return get_balance(*node, p); });
  registry.add("eth_getTransactionCount",
               [node](const Params& p) { return get_transaction_count(*node, p); });
  registry.add("eth_getCode", [node](const Params& p) { return get_code(*node, p); });
  registry.add(
      "eth_getProof", [node](const Params& p) { return get_proof(*node, p); }, Weight::Heavy);
  registry.add("eth_getStorageAt", [node](const Params& p) { return get_storage_at(*node, p); });
}

}  // namespace ol::rpc
