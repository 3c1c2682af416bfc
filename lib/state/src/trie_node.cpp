#include "trie_node.hpp"

#include <ol/base/rlp.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {
namespace {

constexpr std::uint8_t kEmptyItem = 0x80;
constexpr std::uint8_t kHashHeader = 0xa0;
constexpr std::size_t kHashRefSize = 33;
constexpr std::size_t kInlineMax = 31;

// Hex-prefix encoding, Yellow Paper appendix C: a flag nibble (2 for a leaf, 1 for an odd number of
// nibbles), a zero nibble if the number is even, then the path.
constexpr std::uint8_t kLeafFlag = 0x20;
constexpr std::uint8_t kOddFlag = 0x10;

struct HexPrefix {
  std::array<std::uint8_t, 1 + NibblePath::kSizeMax / 2> bytes{};
  std::size_t size = 0;

  [[nodiscard]] ByteView view() const { return {bytes.data(), size}; }
};

HexPrefix hex_prefix(const NibblePath& path, NodeKind kind) {
  HexPrefix out;
  const std::size_t odd = path.size() % 2;
  out.bytes[0] = kind == NodeKind::Leaf ? kLeafFlag : 0;
  if (odd != 0) out.bytes[0] = static_cast<std::uint8_t>(out.bytes[0] | kOddFlag | path[0]);
  out.size = 1;
  for (std::size_t i = odd; i < path.size(); i += 2)
    out.bytes[out.size++] = static_cast<std::uint8_t>(path[i] << 4 | path[i + 1]);
  return out;
}

/// Reads the path into `node`; false if it is not hex-prefix encoded.
bool read_hex_prefix(ByteView in, DecodedNode& node) {
  if (in.empty() || in.size() > HexPrefix{}.bytes.size()) return false;
  const std::uint8_t first = in[0];
  const bool odd = (first & kOddFlag) != 0;
  if ((first & ~(kLeafFlag | kOddFlag | 0x0f)) != 0) return false;
  if (!odd && (first & 0x0f) != 0) return false;
  if (odd && in.size() * 2 - 1 > NibblePath::kSizeMax) return false;
  node.kind = (first & kLeafFlag) != 0 ? NodeKind::Leaf : NodeKind::Extension;
  node.path = NibblePath(in, odd ? 1 : 2);
  return true;
}

/// Whether an item can stand where a child belongs.
bool is_child(const RlpItem& item) {
  if (item.kind == RlpKind::List) return item.encoded.size() <= kInlineMax;
  return item.payload.empty() || item.payload.size() == Hash256::kSize;
}

Result<DecodedNode, RlpError> decode_branch(DecodedNode node, const RlpItem& first,
                                            const RlpItem& second, RlpReader& rest) {
  node.kind = NodeKind::Branch;
  for (std::size_t i = 0; i < 16; ++i) {
    RlpItem item = i == 0 ? first : second;
    if (i > 1) {
      OL_TRY(item, rest.item());
    }
    if (!is_child(item)) return fail(RlpError::WrongSize);
    if (item.kind == RlpKind::List || !item.payload.empty()) node.children[i] = item.encoded;
  }
  OL_TRY(node.value, rest.string());
  OL_TRY_VOID(rest.finish());
  return node;
}

Result<DecodedNode, RlpError> decode(ByteView rlp) {
  RlpReader outer(rlp);
  OL_TRY(RlpReader items, outer.list());
  OL_TRY_VOID(outer.finish());
  OL_TRY(const RlpItem first, items.item());
  OL_TRY(const RlpItem second, items.item());
  DecodedNode node;
  if (!items.empty()) return decode_branch(node, first, second, items);
  if (first.kind != RlpKind::String) return fail(RlpError::ExpectedString);
  if (!read_hex_prefix(first.payload, node)) return fail(RlpError::WrongSize);
  if (node.kind == NodeKind::Leaf) {
    if (second.kind != RlpKind::String) return fail(RlpError::ExpectedString);
    if (second.payload.empty()) return fail(RlpError::WrongSize);
    node.value = second.payload;
    return node;
  }
  const bool empty_child = second.kind == RlpKind::String && second.payload.empty();
  if (!is_child(second) || empty_child) return fail(RlpError::WrongSize);
  if (node.path.empty()) return fail(RlpError::WrongSize);
  node.child = NodeRef(second.encoded);
  return node;
}

}  // namespace

NodeRef::NodeRef(ByteView encoded) {
  OL_CHECK(encoded.size() <= bytes_.size(), "a node reference is at most 33 bytes");
  std::ranges::copy(encoded, bytes_.begin());
  size_ = static_cast<std::uint8_t>(encoded.size());
}

NodeRef NodeRef::from_hash(const Hash256& hash) {
  NodeRef out;
  out.bytes_[0] = kHashHeader;
  std::ranges::copy(hash.bytes, out.bytes_.begin() + 1);
  out.size_ = kHashRefSize;
  return out;
}

NodeRef NodeRef::awaiting(std::uint32_t node) {
  NodeRef out = from_hash({});
  out.awaited_ = node;
  return out;
}

std::optional<Hash256> NodeRef::hash() const {
  OL_CHECK(awaited_ == kNotAwaited, "nobody asks for a hash before it is there");
  if (size_ != kHashRefSize) return std::nullopt;
  return Hash256::from(encoded().subspan(1));
}

Bytes TrieNodeKey::encode() const {
  Bytes out;
  out.reserve(Hash256::kSize + path.size());
  append(out, owner.view());
  append(out, path.view());
  return out;
}

Result<DecodedNode, StateError> decode_node(ByteView rlp) {
  auto node = decode(rlp);
  if (!node) return fail(StateError::Corrupt);
  return *std::move(node);
}

Bytes encode_leaf(const NibblePath& path, ByteView value) {
  const HexPrefix prefix = hex_prefix(path, NodeKind::Leaf);
  const std::size_t payload = rlp_string_size(prefix.view()) + rlp_string_size(value);
  Bytes out;
  out.reserve(rlp_list_size(payload));
  rlp_append_list_header(out, payload);
  rlp_append_string(out, prefix.view());
  rlp_append_string(out, value);
  return out;
}

Bytes encode_extension(const NibblePath& path, const NodeRef& child) {
  const HexPrefix prefix = hex_prefix(path, NodeKind::Extension);
  const std::size_t payload = rlp_string_size(prefix.view()) + child.encoded().size();
  Bytes out;
  out.reserve(rlp_list_size(payload));
  rlp_append_list_header(out, payload);
  rlp_append_string(out, prefix.view());
  append(out, child.encoded());
  return out;
}

Bytes encode_branch(const std::array<NodeRef, 16>& children, ByteView value) {
  std::size_t payload = rlp_string_size(value);
  for (const NodeRef& child : children)
    payload += child.empty() ? 1 : child.encoded().size();
  Bytes out;
  out.reserve(rlp_list_size(payload));
  rlp_append_list_header(out, payload);
  for (const NodeRef& child : children) {
    if (child.empty()) {
      out.push_back(kEmptyItem);
    } else {
      append(out, child.encoded());
    }
  }
  rlp_append_string(out, value);
  return out;
}

}  // namespace ol::state
