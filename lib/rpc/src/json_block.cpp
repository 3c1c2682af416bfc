#include <boost/json/array.hpp>

#include <ol/base/rlp.hpp>

#include "json_out.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;

// What never changes on a chain without uncles, withdrawals, blobs and execution requests:
// Keccak-256 of an empty list, the root of an empty trie, and SHA-256 of nothing (EIP-7685).
constexpr const char* kNoUnclesHash =
    "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
constexpr const char* kEmptyTrieRoot =
    "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
constexpr const char* kNoRequestsHash =
    "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kZeroHash =
    "0x0000000000000000000000000000000000000000000000000000000000000000";
constexpr const char* kZeroNonce = "0x0000000000000000";

// The size of the block's RLP: [header, transactions, uncles, withdrawals].
std::uint64_t block_rlp_size(const BlockRecord& block) {
  std::size_t txns = 0;
  for (const TxnRecord& record : block.txns) {
    // A typed envelope is a string inside the list (EIP-2718); a legacy one is a list itself.
    txns += record.txn.type == primitives::TxnType::Legacy ? record.envelope.size()
                                                           : rlp_string_size(record.envelope);
  }
  const std::size_t empty_list = 1;
  const std::size_t header = primitives::encode_evm_header(block.header).size();
  return rlp_list_size(header + rlp_list_size(txns) + empty_list + empty_list);
}

json::array txns_json(const BlockRecord& block, TxnDetail detail, BlockStage stage) {
  json::array out;
  out.reserve(block.txns.size());
  for (std::size_t i = 0; i < block.txns.size(); ++i) {
    if (detail == TxnDetail::Hashes) {
      out.emplace_back(data(block.txns[i].hash));
    } else if (stage == BlockStage::Pending) {
      out.emplace_back(pool_txn_json(block.txns[i]));
    } else {
      out.emplace_back(txn_json(block, i));
    }
  }
  return out;
}

}  // namespace

json::object header_json(const primitives::EvmHeader& header, const primitives::EvmHash& hash) {
  json::object out;
  out.reserve(26);
  out["number"] = quantity(header.number);
  out["hash"] = data(hash);
  out["parentHash"] = data(header.parent_hash);
  out["nonce"] = kZeroNonce;
  out["mixHash"] = data(header.prev_randao);
  out["sha3Uncles"] = kNoUnclesHash;
  out["logsBloom"] = data(header.logs_bloom);
  out["stateRoot"] = data(header.state_root);
  out["miner"] = data(header.coinbase);
  out["difficulty"] = "0x0";
  out["extraData"] = data(header.extra_data);
  out["gasLimit"] = quantity(header.gas_limit);
  out["gasUsed"] = quantity(header.gas_used);
  out["timestamp"] = quantity(header.timestamp);
  out["transactionsRoot"] = data(header.transactions_root);
  out["receiptsRoot"] = data(header.receipts_root);
  out["baseFeePerGas"] = quantity(header.base_fee);
  out["withdrawalsRoot"] = kEmptyTrieRoot;
  out["blobGasUsed"] = "0x0";
  out["excessBlobGas"] = "0x0";
  out["parentBeaconBlockRoot"] = kZeroHash;
  out["requestsHash"] = kNoRequestsHash;
  return out;
}

json::object block_json(const BlockRecord& block, TxnDetail detail, BlockStage stage) {
  json::object out = header_json(block.header, block.hash);
  if (stage == BlockStage::Pending) {
    for (const char* unknown : {"hash", "nonce", "miner"}) {
      out[unknown] = nullptr;
    }
  }
  out["size"] = quantity(block_rlp_size(block));
  out["uncles"] = json::array();
  out["transactions"] = txns_json(block, detail, stage);
  out["withdrawals"] = json::array();
  return out;
}

}  // namespace ol::rpc
