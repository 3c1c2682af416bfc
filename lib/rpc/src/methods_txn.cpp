// Transactions: by hash, by place, their receipts, and sending them.
#include "block_ref.hpp"
#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

using primitives::EvmHash;
using primitives::TxnHash;

Result<TxnHash, RpcError> txn_hash_param(const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  return params.fixed<TxnHash>(0, "a transaction hash");
}

RpcResult get_by_hash(const Backend& backend, const Params& params) {
  OL_TRY(const TxnHash hash, txn_hash_param(params));
  if (const auto found = backend.find_txn(hash)) {
    return boost::json::serialize(txn_json(*found->block, found->index));
  }
  if (const TxnPtr waiting = backend.find_pool_txn(hash)) {
    return boost::json::serialize(pool_txn_json(*waiting));
  }
  return "null";
}

RpcResult get_raw(const Backend& backend, const Params& params) {
  OL_TRY(const TxnHash hash, txn_hash_param(params));
  if (const auto found = backend.find_txn(hash)) {
    return quoted(data(found->block->txns[found->index].envelope));
  }
  if (const TxnPtr waiting = backend.find_pool_txn(hash)) return quoted(data(waiting->envelope));
  return "null";
}

RpcResult get_receipt(const Backend& backend, const Params& params) {
  OL_TRY(const TxnHash hash, txn_hash_param(params));
  const auto found = backend.find_txn(hash);
  if (!found) return "null";
  const std::size_t first_log = logs_before(*found->block, found->index);
  return boost::json::serialize(receipt_json(*found->block, found->index, first_log));
}

RpcResult txn_of_block(const Backend& backend, const BlockRef& ref, std::uint64_t index) {
  const BlockPtr block = find_block(backend, ref);
  if (!block || index >= block->txns.size()) return "null";
  return boost::json::serialize(is_pending(ref) ? pool_txn_json(block->txns[index])
                                                : txn_json(*block, index));
}

RpcResult get_by_block_number(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(2));
  OL_TRY(const BlockRef ref, block_number_param(params, 0));
  OL_TRY(const std::uint64_t index, params.quantity(1));
  return txn_of_block(backend, ref, index);
}

RpcResult get_by_block_hash(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(2));
  OL_TRY(const EvmHash hash, params.fixed<EvmHash>(0, "a block hash"));
  OL_TRY(const std::uint64_t index, params.quantity(1));
  return txn_of_block(backend, BlockRef(hash), index);
}

RpcResult send_raw(Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(Bytes envelope, params.data(0));
  auto admitted = backend.submit_raw_transaction(std::move(envelope));
  if (!admitted) return fail(RpcError{admitted.error().code, admitted.error().message});
  return quoted(data(*admitted));
}

}  // namespace

void add_txn_methods(Registry& registry, Backend& backend) {
  Backend* node = &backend;
  registry.add("eth_getTransactionByHash",
               [node](const Params& p) { return get_by_hash(*node, p); });
  registry.add("eth_getRawTransactionByHash",
               [node](const Params& p) { return get_raw(*node, p); });
  registry.add("eth_getTransactionReceipt",
               [node](const Params& p) { return get_receipt(*node, p); });
  registry.add("eth_getTransactionByBlockNumberAndIndex",
               [node](const Params& p) { return get_by_block_number(*node, p); });
  registry.add("eth_getTransactionByBlockHashAndIndex",
               [node](const Params& p) { return get_by_block_hash(*node, p); });
  registry.add("eth_sendRawTransaction", [node](const Params& p) { return send_raw(*node, p); });
}

}  // namespace ol::rpc
