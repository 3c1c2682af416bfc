// Identify as the side that asked and as the side that is pushed to: bytes in any pieces, with time
// passing.
#include "protocol_world.hpp"

namespace {

using namespace ol;
using namespace ol::p2p;
using namespace ol::p2p::fuzzing;
using std::chrono::seconds;

/// Everything known of a peer, which is bounded.
std::string known(const PeerInfo* info) {
  if (info == nullptr) return "nothing";
  OL_CHECK(info->protocols.size() <= kIdentifyProtocolsMax * kIdentifyMessagesMax,
           "protocols are bounded");
  OL_CHECK(info->addresses.size() <= kPeerAddressesMax, "addresses are bounded");
  OL_CHECK(info->agent_version.size() <= kIdentifyTextMax, "texts are bounded");
  OL_CHECK(info->protocol_version.size() <= kIdentifyTextMax, "texts are bounded");
  std::string out = info->protocol_version + "\n" + info->agent_version;
  for (const std::string& protocol : info->protocols) {
    OL_CHECK(protocol.size() <= kIdentifyTextMax, "texts are bounded");
    out += "\n" + protocol;
  }
  for (const Multiaddr& address : info->addresses)
    out += "\n" + address.text();
  if (info->observed) out += "\nobserved " + info->observed->text();
  return out;
}

struct IdentifyWorld : World {
  using World::World;

  std::string hear(const std::vector<Piece>& pieces, bool close) {
    const auto key = script.stream;
    // Another stream: the peer is asked again.
    const auto is_over = [&] { return script.failed || script.stream != key; };
    say(pieces);
    if (close && !is_over()) close_write();
    if (!close) advance_until(IdentifyProtocol::kTimeout + seconds{1}, is_over);
    OL_CHECK(is_connected(), "a bad message costs the stream alone");
    OL_CHECK(close || is_over(), "a message that does not end is not waited for");
    if (script.stream == key) hang_up();
    return known(victim.host.info(evil.id()));
  }
};

struct PushWorld : IdentifyWorld {
  explicit PushWorld(Delivery way) : IdentifyWorld(way) { connect({}); }

  std::string run(const std::vector<Piece>& pieces, bool close) {
    // Who pushes more often than once a second is cut off for that.
    network.advance(seconds{1});
    open(std::string(IdentifyProtocol::kPushId));
    return hear(pieces, close);
  }
};

struct AskWorld : IdentifyWorld {
  explicit AskWorld(Delivery way) : IdentifyWorld(way) {
    connect({std::string(IdentifyProtocol::kId)});
  }

  std::string run(const std::vector<Piece>& pieces, bool close) {
    for (int i = 0; i < 40 && !script.stream; ++i)
      network.advance(seconds{1});
    OL_CHECK(script.stream.has_value(), "who has not answered is asked again");
    return hear(pieces, close);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Worlds<PushWorld> pushes;
  static Worlds<AskWorld> asks;
  if (size < 1) return 0;
  const std::vector<Piece> pieces = pieces_of(ByteView(data + 1, size - 1));
  const bool close = (data[0] & 2) != 0;
  if ((data[0] & 1) == 0) {
    check_same(pushes, [&](PushWorld& world) { return world.run(pieces, close); });
    return 0;
  }
  check_same(asks, [&](AskWorld& world) { return world.run(pieces, close); });
  // Nobody is asked twice.
  if (known(asks.pieces().victim.host.info(asks.pieces().evil.id())) != "nothing") asks.renew();
  return 0;
}
