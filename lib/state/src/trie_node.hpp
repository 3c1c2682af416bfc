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
/// itself. Empty: no child.
class NodeRef {
 public:
  NodeRef() = default;
  /// @pre At most 33 bytes, a whole RLP item.
  explicit NodeRef(ByteView encoded);
  [[nodiscard]] static NodeRef from_hash(const Hash256& hash);

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] ByteView encoded() const { return {bytes_.data(), size_}; }
  /// The hash, unless the child lies inside its parent.
  [[nodiscard]] std::optional<Hash256> hash() const;

 private:
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
