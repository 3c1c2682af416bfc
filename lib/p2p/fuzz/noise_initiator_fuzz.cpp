// An initiator fed with arbitrary answers. It never completes: that would take a forged signature.
#include <ol/base/check.hpp>
#include <ol/p2p/noise.hpp>

#include "../test/test_keys.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::p2p;
  static const NoiseIdentity identity = testing::noise_identity(1);
  NoiseHandshake handshake(NoiseRole::Initiator, identity, testing::exchange_key(3), std::nullopt);
  Bytes out;
  handshake.start(out);
  // Delivery in two pieces, split where the input says, must agree with delivery in one.
  const ByteView input(data, size);
  const auto whole = handshake.feed(input, out);
  NoiseHandshake split(NoiseRole::Initiator, identity, testing::exchange_key(3), std::nullopt);
  split.start(out);
  const std::size_t cut = size == 0 ? 0 : data[0] % (size + 1);
  auto pieces = split.feed(input.first(cut), out);
  if (pieces) pieces = split.feed(input.subspan(cut), out);
  OL_CHECK(whole.has_value() == pieces.has_value(), "segments do not matter");
  OL_CHECK(whole.has_value() || whole.error() == pieces.error(), "segments do not matter");
  OL_CHECK(!handshake.done(), "nobody forges a handshake");
  return 0;
}
