// Transactions: by hash, by place, their receipts, and sending them.
#include <algorithm>

#include "block_ref.hpp"
#include "json_in.hpp"
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

std::optional<std::string> find_receipt(const Backend& backend, const TxnHash& hash) {
  const auto found = backend.find_txn(hash);
  if (!found) return std::nullopt;
  const std::size_t first_log = logs_before(*found->block, found->index);
  return boost::json::serialize(receipt_json(*found->block, found->index, first_log));
}

RpcResult get_receipt(const Backend& backend, const Params& params) {
  OL_TRY(const TxnHash hash, txn_hash_param(params));
  return find_receipt(backend, hash).value_or("null");
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

Result<TxnHash, RpcError> submit(Backend& backend, const Params& params) {
  OL_TRY(Bytes envelope, params.data(0));
  auto admitted = backend.submit_raw_transaction(std::move(envelope));
  if (!admitted) return fail(RpcError{admitted.error().code, admitted.error().message});
  return *admitted;
}

RpcResult send_raw(Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const TxnHash hash, submit(backend, params));
  return quoted(data(hash));
}

// EIP-7966: what is no number, or longer than allowed, means the default.
constexpr std::uint64_t kPatienceMs = 5'000;
constexpr std::uint64_t kPatienceMsMax = 30'000;

std::uint64_t patience_ms(const Params& params) {
  const auto json = find_argument(params, 1);
  if (!json) return kPatienceMs;
  std::uint64_t asked = 0;
  if (json->get(asked) != simdjson::SUCCESS) asked = params.quantity(1).value_or(0);
  return asked == 0 || asked > kPatienceMsMax ? kPatienceMs : asked;
}

std::string seconds(std::uint64_t ms) {
  return ms % 1'000 == 0 ? std::to_string(ms / 1'000) + "s" : std::to_string(ms) + "ms";
}

/// Whether earlier transactions of the sender are missing.
bool has_gap(const Backend& backend, const TxnHash& hash) {
  const TxnPtr waiting = backend.find_pool_txn(hash);
  return waiting && backend.pending_nonce(waiting->sender) <= waiting->txn.nonce;
}

std::variant<RpcResult, Wait> send_raw_sync(Backend& backend, const Params& params) {
  if (const auto few = params.at_most(2); !few) return RpcResult(fail(few.error()));
  const std::uint64_t patience = patience_ms(params);
  const auto hash = submit(backend, params);
  if (!hash) return RpcResult(fail(hash.error()));
  const std::string start = "The transaction was added to the transaction pool but ";
  if (has_gap(backend, *hash)) {
    return RpcResult(fail(RpcError{kNotReady, start + "is not ready: earlier nonces are missing",
                                   quoted(data(*hash))}));
  }
  return Wait{.poll = [node = &backend, hash = *hash]() -> std::optional<RpcResult> {
                if (auto receipt = find_receipt(*node, hash)) return RpcResult(*std::move(receipt));
                return std::nullopt;
              },
              .patience = std::chrono::milliseconds(patience),
              .late = {kWaitedTooLong, start + "wasn't processed in " + seconds(patience),
                       quoted(data(*hash))}};
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
  registry.add_waiting("eth_sendRawTransactionSync",
                       [node](const Params& p) { return send_raw_sync(*node, p); });
}

}  // namespace ol::rpc
