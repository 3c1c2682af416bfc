// A whole link behind an honest handshake: the input is the plaintext a peer sends.
#include <ol/base/check.hpp>
#include <ol/p2p/link.hpp>

#include "../test/test_keys.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::p2p;
  static const NoiseIdentity alice = testing::noise_identity(1);
  static const NoiseIdentity bob = testing::noise_identity(2);
  NoiseHandshake peer(NoiseRole::Initiator, alice, testing::exchange_key(3), std::nullopt);
  Link link(NoiseRole::Responder, bob, testing::exchange_key(4), std::nullopt,
            std::size_t{40} << 20);
  Bytes wire;
  Bytes answer;
  peer.start(wire);
  link.receive(wire);
  link.take_output(answer);
  wire.clear();
  OL_CHECK(peer.feed(answer, wire).has_value(), "honest handshake");
  link.receive(wire);
  NoiseSession session = peer.take_session();
  NoiseSealer sealer(session.send_key);
  wire.clear();
  OL_CHECK(sealer.seal(ByteView(data, size), wire).has_value(), "nonces left");
  OL_CHECK(link.next_event().has_value(), "authenticated");
  link.admit(as_bytes("hello"));
  link.receive(wire);
  bool ended = false;
  while (const auto event = link.next_event()) {
    OL_CHECK(!ended, "nothing follows the end");
    ended = std::holds_alternative<LinkEnded>(*event);
    if (std::holds_alternative<LinkHello>(*event)) link.send_ready();
    if (std::holds_alternative<LinkMessage>(*event)) OL_CHECK(link.is_open(), "only when open");
  }
  answer.clear();
  while (link.has_output())
    link.take_output(answer);
  return 0;
}
