#pragma once

#include <algorithm>
#include <cstddef>

#include <ol/base/bytes.hpp>
#include <ol/exchange/key_tree.hpp>

namespace ol::exchange {

// What the state tree hashes of a record. Format: docs/protocol/exchange-state.md.

/// The place of a record in the state tree. Records of dex.md 18.1 keep their keys, so that levels
/// and orders lie side by side and ranges can be proved; a key above 32 bytes becomes 0xff and the
/// first 31 bytes of its BLAKE3, and no other key begins with that byte.
[[nodiscard]] TreeKey tree_key(ByteView record_key);

/// The message of a leaf begins with the record's place and the length of its value.
constexpr std::size_t kLeafHeadBytes = 32 + 4;

/// How long the message is: padded with zeros to whole blocks of 64 bytes and to two at least, as
/// an inner node has one.
[[nodiscard]] constexpr std::size_t leaf_bytes(std::size_t value_bytes) {
  constexpr std::size_t kBlockBytes = 64;
  const std::size_t blocks = (kLeafHeadBytes + value_bytes + kBlockBytes - 1) / kBlockBytes;
  return std::max<std::size_t>(2, blocks) * kBlockBytes;
}

/// Writes the message of a leaf at the end of `out`.
void append_leaf(Bytes& out, const TreeKey& key, ByteView value);

/// The leaf of a record: BLAKE3 of its message.
[[nodiscard]] Hash256 leaf_hash(const TreeKey& key, ByteView value);

}  // namespace ol::exchange
