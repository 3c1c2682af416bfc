#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/state/error.hpp>
#include <ol/state/nibbles.hpp>

namespace ol::state {

/// How a parent holds a child: the RLP of the child's hash, or a child shorter than 32 bytes
/// itself. Empty: no child. While a trie is built the hash may be awaited: then zeros stand in its
/// place, and `awaited` numbers the node it is the hash of.
class NodeRef {
 public:
  static constexpr std::uint32_t kNotAwaited = UINT32_MAX;

  NodeRef() = default;
  /// @pre At most 33 bytes, a whole RLP item.
  explicit NodeRef(ByteView encoded);
  [[nodiscard]] static NodeRef from_hash(const Hash256& hash);
  [[nodiscard]] static NodeRef awaiting(std::uint32_t node);

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] ByteView encoded() const { return {bytes_.data(), size_}; }
  /// The hash, unless the child lies inside its parent. @pre It is not awaited.
  [[nodiscard]] std::optional<Hash256> hash() const;
  [[nodiscard]] std::uint32_t awaited() const { return awaited_; }

 private:
  std::uint32_t awaited_ = kNotAwaited;
  std::array<std::uint8_t, 33> bytes_{};
  std::uint8_t size_ = 0;
};

/// The shape of a decoded node. `None` in an update stands for no node at all.
enum class NodeKind : std::uint8_t { Leaf, Extension, Branch };

/// A node's content. Borrows the bytes it was decoded from.
struct DecodedNode {
  NodeKind kind = NodeKind::Leaf;
  NibblePath path;                      // leaf and extension
  ByteView value;                       // leaf; branch, where empty means none
  NodeRef child;                        // extension
  std::array<ByteView, 16> children{};  // branch: references as encoded, empty for none
};

/// StateError::Corrupt where the RLP is not one of the three shapes in its one encoding.
[[nodiscard]] Result<DecodedNode, StateError> decode_node(ByteView rlp);

[[nodiscard]] Bytes encode_leaf(const NibblePath& path, ByteView value);
[[nodiscard]] Bytes encode_extension(const NibblePath& path, const NodeRef& child);
[[nodiscard]] Bytes encode_branch(const std::array<NodeRef, 16>& children, ByteView value);

}  // namespace ol::state
