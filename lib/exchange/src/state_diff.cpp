#include <ol/exchange/state_diff.hpp>

#include <ol/base/check.hpp>

namespace ol::exchange {

std::uint8_t* StateDiff::open_key(std::size_t bytes) {
  const std::size_t at = buffer_.size();
  const bool is_long = bytes > kPlaceBytes;
  buffer_.resize(at + (is_long ? bytes : 0) + kPlaceBytes);
  entries_.push_back({is_long ? at + bytes : at, static_cast<std::uint32_t>(bytes), kDeleted});
  return buffer_.data() + at;
}

void StateDiff::write_long_place() {
  const Entry& at = entries_.back();
  const TreeKey place =
      tree_key(ByteView(buffer_).subspan(at.message_at - at.key_bytes, at.key_bytes));
  std::ranges::copy(place.bytes, buffer_.data() + at.message_at);
}

std::uint8_t* StateDiff::open_value(std::size_t bytes) {
  Entry& at = entries_.back();
  OL_CHECK(bytes < kDeleted, "a record of 4 GiB");
  at.value_bytes = static_cast<std::uint32_t>(bytes);
  buffer_.resize(at.message_at + leaf_bytes(bytes));
  std::uint8_t* size_at = buffer_.data() + at.message_at + kPlaceBytes;
  ByteCursor(size_at).u32(at.value_bytes);
  return size_at + sizeof(at.value_bytes);
}

}  // namespace ol::exchange
