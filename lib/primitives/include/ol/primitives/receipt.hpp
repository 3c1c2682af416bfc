#pragma once

#include <array>
#include <optional>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/base/result.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::primitives {

using Bloom = FixedBytes<256, struct BloomTag>;

/// Root of a Merkle-Patricia trie without entries: Keccak-256 of the RLP of the empty string.
inline constexpr Hash256 kEmptyTrieRoot{{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6,
                                         0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
                                         0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0,
                                         0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

/// Bounds of a stored receipt: no less than what 10^9 gas, the most that genesis gives a block, can
/// log. LOG4 is the widest; memory above 23 MB costs more, and so do 2.7 million logs.
inline constexpr std::uint32_t kLogTopicsMax = 4;
inline constexpr std::size_t kLogBytesMax = 32 * 1024 * 1024;
inline constexpr std::uint32_t kReceiptLogsMax = 4'000'000;

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
  /// Of a creation: where the contract is, or would be had it not failed.
  std::optional<Address> contract;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// EIP-2718 encoding of the consensus fields, the leaf of the receipts trie.
[[nodiscard]] Bytes encode_receipt(const Receipt& receipt);
[[nodiscard]] Bloom logs_bloom(const std::vector<Log>& logs);

/// Storage encoding with the RPC fields (docs/protocol/block.md). The bloom is not stored: decoding
/// derives it from the logs.
void encode(Writer& out, const Receipt& receipt);
[[nodiscard]] Receipt decode_receipt(Reader& in);

/// The Ethereum-shaped header (Prague layout) of an executed block. Its hash is the block hash that
/// Ethereum tools see. extra_data holds the consensus block hash. Source: EIP-1559, 4399, 4895,
/// 4844, 4788, 7685. Fields this chain has no use for (ommers, withdrawals, blobs, beacon root,
/// requests) hold the values of an empty block and are refused otherwise.
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
/// Base fee of the block after `parent` (EIP-1559: elasticity 2, denominator 8). Saturates at
/// 2^256 - 1.
[[nodiscard]] U256 next_base_fee(const EvmHeader& parent);

}  // namespace ol::primitives
