#pragma once

#include <vector>

#include <ol/base/codec.hpp>

namespace ol::node {

/// A batch of transaction envelopes on the gossip channel. Format: docs/protocol/sync.md.
inline constexpr std::uint32_t kGossipTxnsMax = 4096;
inline constexpr std::size_t kGossipBytesMax = std::size_t{512} << 10;

[[nodiscard]] Bytes encode_txn_batch(const std::vector<Bytes>& envelopes);
/// Strict and bounded.
[[nodiscard]] Result<std::vector<Bytes>, DecodeError> decode_txn_batch(ByteView bytes);

}  // namespace ol::node
