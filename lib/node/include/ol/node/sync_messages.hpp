#pragma once

#include <variant>
#include <vector>

#include <ol/primitives/block.hpp>

namespace ol::node {

/// "I have committed up to `height`."
struct StatusMessage {
  primitives::Height height;
};
/// Asks for payload items of a proposal that were not in the pool.
struct ItemsRequest {
  primitives::BlockHash block;
  std::vector<primitives::TxnHash> items;
};
/// The items, in the order they were asked for; one the sender does not have is empty.
struct ItemsResponse {
  primitives::BlockHash block;
  std::vector<Bytes> items;
};
/// Asks for one block by hash.
struct BlockRequest {
  primitives::BlockHash block;
};
/// The block as encoded, or empty if the sender does not have it.
struct BlockResponse {
  primitives::BlockHash block;
  Bytes encoded;
};
/// Asks for committed blocks `from`, from + 1, ... with their certificates.
struct RangeRequest {
  primitives::Height from;
  std::uint32_t count = 0;
};
/// A committed block and the certificate that names it.
struct RangeEntry {
  Bytes encoded_block;
  primitives::QuorumCertificate certificate;
};
/// As many consecutive blocks as the sender has and one message holds; possibly none.
struct RangeResponse {
  primitives::Height from;
  std::vector<RangeEntry> entries;
};
/// Asks for the proof that `epoch` is over.
struct HandOverRequest {
  primitives::Epoch epoch;
};
/// The proof, encoded (docs/protocol/epochs.md). Also sent unasked by whoever enters an epoch.
struct HandOverResponse {
  Bytes encoded;
};

using SyncMessage =
    std::variant<StatusMessage, ItemsRequest, ItemsResponse, BlockRequest, BlockResponse,
                 RangeRequest, RangeResponse, HandOverRequest, HandOverResponse>;

inline constexpr std::uint32_t kRangeCountMax = 256;
/// A range response stops growing here, below what the bulk channel carries.
inline constexpr std::size_t kRangeBytesMax = std::size_t{4} << 20;
/// An items response stops growing here, below what the request channel carries.
inline constexpr std::size_t kItemsBytesMax = std::size_t{3} << 20;
/// What a request counts for among the bytes that its peer is served, whatever the answer.
inline constexpr std::uint64_t kServeAskBytes = 1024;
/// Longer proofs of an epoch's end are not sent.
inline constexpr std::size_t kHandOverBytesMax = std::size_t{3} << 20;

/// Format: docs/protocol/sync.md.
[[nodiscard]] Bytes encode_sync_message(const SyncMessage& message);
/// Strict and bounded; block contents are decoded by their user.
[[nodiscard]] Result<SyncMessage, DecodeError> decode_sync_message(ByteView bytes);

}  // namespace ol::node
