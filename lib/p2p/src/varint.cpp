#include <ol/p2p/varint.hpp>

namespace ol::p2p {

UvarintRead read_uvarint(ByteView in) {
  UvarintRead out;
  for (std::size_t i = 0; i < kUvarintBytesMax; ++i) {
    if (i == in.size()) return out;
    const std::uint64_t bits = in[i] & 0x7f;
    out.value |= bits << (7 * i);
    if ((in[i] & 0x80) != 0) continue;
    const bool padded = bits == 0 && i > 0;
    out.state = padded ? UvarintState::Bad : UvarintState::Done;
    out.size = i + 1;
    return out;
  }
  out.state = UvarintState::Bad;
  return out;
}

std::optional<std::uint64_t> take_uvarint(ByteView& in) {
  const UvarintRead read = read_uvarint(in);
  if (read.state != UvarintState::Done) return std::nullopt;
  in = in.subspan(read.size);
  return read.value;
}

}  // namespace ol::p2p
