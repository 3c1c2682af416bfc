// What decodes must encode to the same bytes: messages, evidence and the safety record.
#include <ol/consensus/evidence.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/consensus/safety_record.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol::consensus;
  if (size == 0) return 0;
  const ol::ByteView input(data + 1, size - 1);
  const auto same = [&](const ol::Bytes& again) {
    OL_CHECK(std::equal(again.begin(), again.end(), input.begin(), input.end()),
             "one encoding per value");
  };
  switch (data[0] % 3) {
    case 0:
      if (const auto message = decode_message(input)) same(encode_message(*message));
      break;
    case 1:
      if (const auto evidence = decode_evidence(input)) same(encode_evidence(*evidence));
      break;
    default:
      if (const auto record = decode_safety_record(input)) same(encode_safety_record(*record));
  }
  return 0;
}
