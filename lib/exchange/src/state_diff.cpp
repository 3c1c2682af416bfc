#include <ol/exchange/state_diff.hpp>

namespace ol::exchange {

void StateDiff::grow(std::size_t end) {
  buffer_.resize(std::max(end, 2 * buffer_.size()));
}

void StateDiff::put(ByteView key_bytes, std::optional<ByteView> value_bytes) {
  key(as_text(key_bytes));
  if (value_bytes) std::ranges::copy(*value_bytes, open_value(value_bytes->size()));
}

void StateDiff::write_long_place() {
  const Entry& at = entries_.back();
  const TreeKey place = tree_key(written().subspan(at.message_at - at.key_bytes, at.key_bytes));
  std::ranges::copy(place.bytes, buffer_.data() + at.message_at);
}

}  // namespace ol::exchange
