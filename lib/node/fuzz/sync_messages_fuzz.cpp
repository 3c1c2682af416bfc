// What decodes must encode to the same bytes.
#include <ol/node/sync_messages.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ol::ByteView input(data, size);
  const auto message = ol::node::decode_sync_message(input);
  if (!message) return 0;
  const ol::Bytes again = ol::node::encode_sync_message(*message);
  OL_CHECK(std::equal(again.begin(), again.end(), input.begin(), input.end()),
           "one encoding per value");
  return 0;
}
