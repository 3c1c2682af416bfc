// What decodes must encode to the same bytes.
#include "head_gossip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ol::ByteView input(data, size);
  const auto certificate = ol::node::decode_certificate_gossip(input);
  if (!certificate) return 0;
  const ol::Bytes again =
      ol::consensus::encode_message(ol::consensus::CertificateMessage{*certificate});
  OL_CHECK(std::equal(again.begin(), again.end(), input.begin(), input.end()),
           "one encoding per value");
  return 0;
}
