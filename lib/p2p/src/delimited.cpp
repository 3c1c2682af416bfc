#include <ol/p2p/delimited.hpp>

#include <algorithm>

#include <ol/p2p/protobuf.hpp>
#include <ol/p2p/varint.hpp>

namespace ol::p2p {

Result<std::optional<ByteView>, DelimitedError> DelimitedReader::next(ByteView& in) {
  if (std::exchange(complete_, false)) buffer_.clear();
  while (true) {
    // A message that lies in `in` in full is not copied.
    const ByteView source = buffer_.empty() ? in : ByteView(buffer_);
    const UvarintRead length = read_uvarint(source);
    if (length.state == UvarintState::Bad) return fail(DelimitedError::BadLength);
    const bool known = length.state == UvarintState::Done;
    if (known && length.value > max_) return fail(DelimitedError::TooLong);
    const std::size_t wanted =
        known ? length.size + static_cast<std::size_t>(length.value) : buffer_.size() + 1;
    if (known && source.size() >= wanted) {
      const ByteView message = source.subspan(length.size, wanted - length.size);
      if (buffer_.empty()) {
        in = in.subspan(wanted);
      } else {
        complete_ = true;
      }
      return message;
    }
    if (in.empty()) return std::nullopt;
    const std::size_t piece = std::min(wanted - buffer_.size(), in.size());
    append(buffer_, in.first(piece));
    in = in.subspan(piece);
  }
}

void append_delimited(Bytes& out, ByteView message) {
  append_varint(out, message.size());
  append(out, message);
}

}  // namespace ol::p2p
