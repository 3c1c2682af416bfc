#pragma once

#include <array>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::primitives {

using Bloom = FixedBytes<256, struct BloomTag>;

/// One event of a contract.
struct Log {
  Address address;
  std::vector<Hash256> topics;
  Bytes data;
  friend bool operator==(const Log&, const Log&) = default;
};

/// What executing one transaction left behind. The first five fields are consensus data (EIP-658,
/// EIP-2718); the rest is kept for RPC.
struct Receipt {
  TxnType type = TxnType::Legacy;
  bool success = false;
  std::uint64_t cumulative_gas_used = 0;
  Bloom bloom;
  std::vector<Log> logs;

  std::uint64_t gas_used = 0;
  U256 effective_gas_price;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// EIP-2718 encoding of the consensus fields, the leaf of the receipts trie.
[[nodiscard]] Bytes encode_receipt(const Receipt& receipt);
[[nodiscard]] Bloom logs_bloom(const std::vector<Log>& logs);

/// Storage encoding with the RPC fields (docs/protocol/storage.md).
void encode(Writer& out, const Receipt& receipt);
[[nodiscard]] Receipt decode_receipt(Reader& in);

/// The Ethereum-shaped header (Prague layout) of an executed block. Its hash is the block hash that
/// Ethereum tools see. extra_data holds the consensus block hash. Source: EIP-1559, 4399, 4895,
/// 4844, 4788, 7685.
struct EvmHeader {
  EvmHash parent_hash;
  Address coinbase;
  Hash256 state_root;
  Hash256 transactions_root;
  Hash256 receipts_root;
  Bloom logs_bloom;
  std::uint64_t number = 0;
  std::uint64_t gas_limit = 0;
  std::uint64_t gas_used = 0;
  /// Seconds: the consensus time divided by 1000.
  std::uint64_t timestamp = 0;
  Bytes extra_data;
  Hash256 prev_randao;
  U256 base_fee;

  friend bool operator==(const EvmHeader&, const EvmHeader&) = default;
};

[[nodiscard]] Bytes encode_evm_header(const EvmHeader& header);
[[nodiscard]] Result<EvmHeader, DecodeError> decode_evm_header(ByteView rlp);
[[nodiscard]] EvmHash evm_header_hash(const EvmHeader& header);
/// Base fee of the block after `parent` (EIP-1559: elasticity 2, denominator 8).
[[nodiscard]] U256 next_base_fee(const EvmHeader& parent);

}  // namespace ol::primitives
