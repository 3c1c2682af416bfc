// What ends an epoch: a hand-over comes from any peer, a change of the set from anyone who sends a
// transaction. What decodes must encode to the same bytes.
#include <ol/consensus/hand_over.hpp>
#include <ol/primitives/set_change.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ol::ByteView input(data + 1, size - 1);
  const auto same = [&](const ol::Bytes& again) {
    OL_CHECK(std::equal(again.begin(), again.end(), input.begin(), input.end()),
             "one encoding per value");
  };
  if (data[0] % 2 == 0) {
    if (const auto proof = ol::consensus::decode_hand_over(input))
      same(ol::consensus::encode_hand_over(*proof));
  } else if (const auto change = ol::primitives::decode_set_change(input)) {
    ol::Writer out;
    ol::primitives::encode(out, *change);
    same(out.take());
  }
  return 0;
}
