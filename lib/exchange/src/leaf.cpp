#include <ol/exchange/leaf.hpp>

#include <ol/crypto/hash.hpp>

namespace ol::exchange {
namespace {

constexpr std::uint8_t kLongKey = 0xff;  // begins no record's key

}  // namespace

TreeKey tree_key(ByteView record_key) {
  TreeKey out;
  if (record_key.size() <= out.bytes.size()) {
    std::ranges::copy(record_key, out.bytes.begin());
    return out;
  }
  const Hash256 hash = crypto::blake3(record_key);
  out.bytes[0] = kLongKey;
  std::copy_n(hash.bytes.begin(), out.bytes.size() - 1, out.bytes.begin() + 1);
  return out;
}

void append_leaf(Bytes& out, const TreeKey& key, ByteView value) {
  const std::size_t end = out.size() + leaf_bytes(value.size());
  append(out, key.bytes);
  const auto size = static_cast<std::uint32_t>(value.size());
  for (unsigned shift = 32; shift > 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(size >> (shift - 8)));
  append(out, value);
  out.resize(end);
}

Hash256 leaf_hash(const TreeKey& key, ByteView value) {
  Bytes message;
  append_leaf(message, key, value);
  return crypto::blake3(message);
}

}  // namespace ol::exchange
