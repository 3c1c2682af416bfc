#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <ol/primitives/txn_rules.hpp>

#include "json_out.hpp"
#include "log_filter.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;
using primitives::Transaction;
using primitives::TxnType;

// EIP-155 for legacy transactions that name their chain, 27 or 28 for those that do not; typed
// ones carry the parity alone.
U256 signature_v(const Transaction& txn) {
  if (txn.type != TxnType::Legacy) return txn.y_parity;
  if (!txn.chain_id) return 27 + std::uint64_t{txn.y_parity};
  return U256(*txn.chain_id) * U256(2) + U256(35 + std::uint64_t{txn.y_parity});
}

void put_fees(json::object& out, const Transaction& txn, const U256& gas_price) {
  out["gasPrice"] = quantity(gas_price);
  if (txn.type < TxnType::DynamicFee) return;
  out["maxFeePerGas"] = quantity(txn.max_fee_per_gas);
  out["maxPriorityFeePerGas"] = quantity(txn.max_priority_fee_per_gas);
}

void put_signature(json::object& out, const Transaction& txn) {
  out["v"] = quantity(signature_v(txn));
  out["r"] = quantity(txn.r);
  out["s"] = quantity(txn.s);
  if (txn.type != TxnType::Legacy) out["yParity"] = quantity(std::uint64_t{txn.y_parity});
}

json::array authorizations_json(const std::vector<primitives::Authorization>& list) {
  json::array out;
  for (const primitives::Authorization& entry : list) {
    out.emplace_back(json::object{{"chainId", quantity(entry.chain_id)},
                                  {"address", data(entry.address)},
                                  {"nonce", quantity(entry.nonce)},
                                  {"yParity", quantity(entry.y_parity)},
                                  {"r", quantity(entry.r)},
                                  {"s", quantity(entry.s)}});
  }
  return out;
}

void put_body(json::object& out, const TxnRecord& record, const U256& gas_price) {
  const Transaction& txn = record.txn;
  out["from"] = data(record.sender);
  out["gas"] = quantity(txn.gas_limit);
  put_fees(out, txn, gas_price);
  out["hash"] = data(record.hash);
  out["input"] = data(txn.data);
  out["nonce"] = quantity(txn.nonce);
  out["to"] = txn.to ? json::value(data(*txn.to)) : json::value(nullptr);
  out["value"] = quantity(txn.value);
  out["type"] = quantity(static_cast<std::uint64_t>(txn.type));
  if (txn.type != TxnType::Legacy) out["accessList"] = access_list_json(txn.access_list);
  if (txn.type == TxnType::SetCode) {
    out["authorizationList"] = authorizations_json(txn.authorizations);
  }
  if (txn.chain_id) out["chainId"] = quantity(*txn.chain_id);
  put_signature(out, txn);
}

json::array logs_json(const BlockRecord& block, std::size_t index, std::size_t first_log) {
  json::array out;
  const auto& logs = block.receipts[index].logs;
  out.reserve(logs.size());
  for (std::size_t i = 0; i < logs.size(); ++i)
    out.emplace_back(log_json(log_record(block, index, i, first_log + i)));
  return out;
}

json::value contract_address(const TxnRecord& record) {
  if (record.txn.to) return nullptr;
  return json::value(data(primitives::contract_address(record.sender, record.txn.nonce)));
}

}  // namespace

json::array access_list_json(const std::vector<primitives::AccessListEntry>& list) {
  json::array out;
  out.reserve(list.size());
  for (const auto& entry : list) {
    json::array keys;
    keys.reserve(entry.storage_keys.size());
    for (const Hash256& key : entry.storage_keys)
      keys.emplace_back(data(key));
    out.emplace_back(json::object{{"address", data(entry.address)}, {"storageKeys", keys}});
  }
  return out;
}

std::string quantity(std::uint64_t value) {
  return fmt::format("{:#x}", value);
}

U256 effective_gas_price(const Transaction& txn, const U256& base_fee) {
  const auto tip = primitives::effective_tip(txn, base_fee);
  return tip ? base_fee + *tip : txn.max_fee_per_gas;
}

json::object txn_json(const BlockRecord& block, std::size_t index) {
  const TxnRecord& record = block.txns[index];
  json::object out;
  out.reserve(24);
  out["blockHash"] = data(block.hash);
  out["blockNumber"] = quantity(block.header.number);
  out["transactionIndex"] = quantity(index);
  put_body(out, record, effective_gas_price(record.txn, block.header.base_fee));
  return out;
}

json::object pool_txn_json(const TxnRecord& record) {
  json::object out;
  out.reserve(24);
  out["blockHash"] = nullptr;
  out["blockNumber"] = nullptr;
  out["transactionIndex"] = nullptr;
  put_body(out, record, record.txn.max_fee_per_gas);
  return out;
}

LogRecord log_record(const BlockRecord& block, std::size_t index, std::size_t place,
                     std::size_t log_index) {
  return {.log = block.receipts[index].logs[place],
          .block_number = block.header.number,
          .block_hash = block.hash,
          .block_time = block.header.timestamp,
          .txn_hash = block.txns[index].hash,
          .txn_index = index,
          .log_index = log_index};
}

std::size_t logs_before(const BlockRecord& block, std::size_t index) {
  std::size_t logs = 0;
  for (std::size_t i = 0; i < index; ++i)
    logs += block.receipts[i].logs.size();
  return logs;
}

json::object receipt_json(const BlockRecord& block, std::size_t index, std::size_t first_log) {
  const TxnRecord& record = block.txns[index];
  const primitives::Receipt& receipt = block.receipts[index];
  json::object out;
  out.reserve(16);
  out["blockHash"] = data(block.hash);
  out["blockNumber"] = quantity(block.header.number);
  out["transactionHash"] = data(record.hash);
  out["transactionIndex"] = quantity(index);
  out["from"] = data(record.sender);
  out["to"] = record.txn.to ? json::value(data(*record.txn.to)) : json::value(nullptr);
  out["gasUsed"] = quantity(receipt.gas_used);
  out["cumulativeGasUsed"] = quantity(receipt.cumulative_gas_used);
  out["contractAddress"] = contract_address(record);
  out["logs"] = logs_json(block, index, first_log);
  out["logsBloom"] = data(receipt.bloom);
  out["type"] = quantity(static_cast<std::uint64_t>(receipt.type));
  out["effectiveGasPrice"] = quantity(receipt.effective_gas_price);
  out["status"] = receipt.success ? "0x1" : "0x0";
  return out;
}

}  // namespace ol::rpc
