#pragma once

#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/rpc/backend.hpp>

namespace ol::rpc {

/// A JSON-RPC quantity: 0x and hex digits without leading zeros.
[[nodiscard]] std::string quantity(std::uint64_t value);
[[nodiscard]] inline std::string quantity(const U256& value) {
  return value.to_hex();
}
template <std::size_t N, typename Tag>
[[nodiscard]] std::string data(const FixedBytes<N, Tag>& bytes) {
  return to_hex_prefixed(bytes.view());
}
[[nodiscard]] inline std::string data(const Bytes& bytes) {
  return to_hex_prefixed(bytes);
}
/// A hex text as a JSON string. Only for texts that need no escapes.
[[nodiscard]] inline std::string quoted(const std::string& hex) {
  return '"' + hex + '"';
}

/// Whether a block lists its transactions or their hashes.
enum class TxnDetail : std::uint8_t { Hashes, Full };
/// A pending block has no hash, nonce or miner yet.
enum class BlockStage : std::uint8_t { Committed, Pending };

/// A header as eth_subscribe(newHeads) sends it: the Prague fields of geth.
[[nodiscard]] boost::json::object header_json(const primitives::EvmHeader& header,
                                              const primitives::EvmHash& hash);
/// A block as eth_getBlockBy* answers it.
[[nodiscard]] boost::json::object block_json(const BlockRecord& block, TxnDetail detail,
                                             BlockStage stage);
/// Transaction `index` of a committed block.
[[nodiscard]] boost::json::object txn_json(const BlockRecord& block, std::size_t index);
/// An EIP-2930 list.
[[nodiscard]] boost::json::array access_list_json(
    const std::vector<primitives::AccessListEntry>& list);
/// A transaction that is in no block yet.
[[nodiscard]] boost::json::object pool_txn_json(const TxnRecord& record);
/// The receipt of transaction `index`; `first_log` is the number of logs before it in the block.
[[nodiscard]] boost::json::object receipt_json(const BlockRecord& block, std::size_t index,
                                               std::size_t first_log);
/// The number of logs of the transactions before `index`.
[[nodiscard]] std::size_t logs_before(const BlockRecord& block, std::size_t index);

/// What one unit of gas pays its proposer and the burn together: min(tip + base fee, fee cap)
/// (EIP-1559).
[[nodiscard]] U256 effective_gas_price(const primitives::Transaction& txn, const U256& base_fee);

}  // namespace ol::rpc
