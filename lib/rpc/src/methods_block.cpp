// Blocks by number and by hash, their counts and their receipts.
#include <boost/json/array.hpp>

#include "block_ref.hpp"
#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

using primitives::EvmHash;

Result<BlockRef, RpcError> block_hash_param(const Params& params, std::size_t i) {
  OL_TRY(const EvmHash hash, params.fixed<EvmHash>(i, "a block hash"));
  return BlockRef(hash);
}

using ReadBlock = Result<BlockRef, RpcError> (*)(const Params&, std::size_t);

RpcResult get_block(const Backend& backend, const Params& params, ReadBlock read) {
  OL_TRY_VOID(params.at_most(2));
  OL_TRY(const BlockRef ref, read(params, 0));
  OL_TRY(const bool full, params.boolean(1));
  const BlockPtr block = find_block(backend, ref);
  if (!block) return "null";
  const auto detail = full ? TxnDetail::Full : TxnDetail::Hashes;
  const auto stage = is_pending(ref) ? BlockStage::Pending : BlockStage::Committed;
  return boost::json::serialize(block_json(*block, detail, stage));
}

RpcResult get_txn_count(const Backend& backend, const Params& params, ReadBlock read) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const BlockRef ref, read(params, 0));
  const BlockPtr block = find_block(backend, ref);
  if (!block) return "null";
  return quoted(quantity(block->txns.size()));
}

RpcResult get_uncle_count(const Backend& backend, const Params& params, ReadBlock read) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const BlockRef ref, read(params, 0));
  return find_block(backend, ref) ? "\"0x0\"" : "null";
}

RpcResult get_receipts(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const BlockRef ref, block_ref_param(params, 0));
  const BlockPtr block = find_block(backend, ref);
  // A pending block has no receipts: nothing in it was executed by the chain.
  if (!block || is_pending(ref)) return "null";
  boost::json::array out;
  out.reserve(block->txns.size());
  std::size_t first_log = 0;
  for (std::size_t i = 0; i < block->txns.size(); ++i) {
    out.emplace_back(receipt_json(*block, i, first_log));
    first_log += block->receipts[i].logs.size();
  }
  return boost::json::serialize(out);
}

}  // namespace

void add_block_methods(Registry& registry, const Backend& backend) {
  using Answer = RpcResult (*)(const Backend&, const Params&, ReadBlock);
  struct Method {
    const char* name;
    Answer answer;
    ReadBlock read;
  };
  constexpr Method kMethods[] = {
      {"eth_getBlockByNumber", get_block, block_number_param},
      {"eth_getBlockByHash", get_block, block_hash_param},
      {"eth_getBlockTransactionCountByNumber", get_txn_count, block_number_param},
      {"eth_getBlockTransactionCountByHash", get_txn_count, block_hash_param},
      {"eth_getUncleCountByBlockNumber", get_uncle_count, block_number_param},
      {"eth_getUncleCountByBlockHash", get_uncle_count, block_hash_param},
  };
  const Backend* node = &backend;
  for (const Method& method : kMethods) {
    registry.add(method.name, [node, method](const Params& params) {
      return method.answer(*node, params, method.read);
    });
  }
  registry.add("eth_getBlockReceipts", [node](const Params& p) { return get_receipts(*node, p); });
}

}  // namespace ol::rpc
