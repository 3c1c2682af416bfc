// What a peer writes on a stream of ours: cut into messages, and control messages decoded.
#include <ol/base/check.hpp>
#include <ol/p2p/delimited.hpp>

#include "../src/control.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::p2p;
  ByteView rest(data, size);
  DelimitedReader reader(std::size_t{1} << 16);
  while (true) {
    const auto message = reader.next(rest);
    if (!message || !*message) break;
    const auto control = decode_control(**message);
    if (!control) continue;
    if (const auto* const hello = std::get_if<ControlHello>(&*control)) {
      OL_CHECK(std::ranges::equal(encode_hello(hello->hello), **message), "one encoding");
    }
    if (const auto* const ping = std::get_if<ControlPing>(&*control)) {
      OL_CHECK(std::ranges::equal(encode_ping(ping->value), **message), "one encoding");
    }
  }
  OL_CHECK(reader.buffered_bytes() <= (std::size_t{1} << 16) + 9, "what is held is bounded");
  return 0;
}
