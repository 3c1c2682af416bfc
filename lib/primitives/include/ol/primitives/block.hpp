#pragma once

#include <optional>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/primitives/certificate.hpp>

namespace ol::primitives {

/// The one header layout this node reads and writes; others are refused (DecodeError::BadValue).
inline constexpr std::uint16_t kHeaderVersion = 1;

/// Bounds every decoder and proposer obeys.
inline constexpr std::size_t kBlockBytesMax = 8 * 1024 * 1024;
inline constexpr std::uint32_t kBlockItemsMax = 100'000;

/// The consensus header. It commits to the parent's results, not its own, so that execution
/// overlaps vote collection; `parent_evm_hash` (the Ethereum-shaped parent header) covers the
/// parent's state root and receipts root once more for Ethereum clients. Format:
/// docs/protocol/block.md.
struct Header {
  std::uint16_t version = kHeaderVersion;
  ChainId chain_id;
  Epoch epoch;
  Height height;
  View view;
  BlockHash parent;
  QuorumCertificate justify;
  std::optional<TimeoutCertificate> timeout_certificate;
  TimeMs time;
  ValidatorIndex proposer;
  Hash256 payload_root;
  Hash256 parent_state_root;
  Hash256 parent_receipts_root;
  EvmHash parent_evm_hash;
  SetHash set_hash;

  friend bool operator==(const Header&, const Header&) = default;
};

void encode(Writer& out, const Header& header);
[[nodiscard]] Header decode_header(Reader& in);

/// H("openliquid/block/v1" || encoded header): every field, the whole certificates included.
[[nodiscard]] BlockHash block_hash(const ChainDomain& domain, const Header& header);

/// H("openliquid/payload/v1", count, item hashes): fixed by count and order (trap T25).
[[nodiscard]] Hash256 payload_root(const ChainDomain& domain, const std::vector<TxnHash>& items);

/// The signed digest of a proposal: H("openliquid/proposal/v1", chain_id, epoch, set_hash, height,
/// view, block).
[[nodiscard]] Hash256 proposal_digest(const ChainDomain& domain, const Header& header,
                                      const BlockHash& hash);

/// A header and its payload: encoded transactions, opaque to consensus. Immutable once made;
/// `hash` and `item_hashes` are derived, never read from outside.
struct Block {
  Header header;
  std::vector<Bytes> payload;
  std::vector<TxnHash> item_hashes;
  BlockHash hash;

  /// Derives hashes. The caller sees that header.payload_root matches with `payload_matches`.
  [[nodiscard]] static Block make(const ChainDomain& domain, Header header,
                                  std::vector<Bytes> payload);
  /// Sets header.payload_root from the payload, then derives the hashes: for proposers.
  [[nodiscard]] static Block propose(const ChainDomain& domain, Header header,
                                     std::vector<Bytes> payload);
  [[nodiscard]] bool payload_matches(const ChainDomain& domain) const;
};

void encode(Writer& out, const Block& block);
/// Strict and bounded by kBlockBytesMax and kBlockItemsMax; refuses a payload that does not match
/// the header's root (DecodeError::BadValue).
[[nodiscard]] Result<Block, DecodeError> decode_block(const ChainDomain& domain, ByteView bytes);

}  // namespace ol::primitives
