// A responder fed with a handshake that is honest up to the point where the input takes over, so
// that every message is reached; then a decryptor fed with the rest.
#include <ol/base/check.hpp>
#include <ol/p2p/noise.hpp>

#include "../test/test_keys.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::p2p;
  static const NoiseIdentity alice = testing::noise_identity(1);
  static const NoiseIdentity bob = testing::noise_identity(2);
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  NoiseHandshake initiator(NoiseRole::Initiator, alice, testing::exchange_key(3), std::nullopt);
  NoiseHandshake responder(NoiseRole::Responder, bob, testing::exchange_key(4), std::nullopt);
  Bytes to_responder;
  Bytes to_initiator;
  initiator.start(to_responder);
  const int honest_messages = data[0] % 3;
  if (honest_messages == 0) {
    OL_CHECK(!responder.feed(input, to_initiator) || !responder.done(), "nobody forges");
    return 0;
  }
  OL_CHECK(responder.feed(to_responder, to_initiator).has_value(), "honest message 1");
  if (honest_messages == 1) {
    OL_CHECK(!responder.feed(input, to_initiator) || !responder.done(), "nobody forges");
    return 0;
  }
  to_responder.clear();
  OL_CHECK(initiator.feed(to_initiator, to_responder).has_value(), "honest message 2");
  OL_CHECK(responder.feed(to_responder, to_initiator).has_value(), "honest message 3");
  NoiseSession session = responder.take_session();
  NoiseOpener opener(session.receive_key);
  opener.feed(input);
  const auto text = opener.next();
  OL_CHECK(!text || !*text, "nobody forges");
  return 0;
}
