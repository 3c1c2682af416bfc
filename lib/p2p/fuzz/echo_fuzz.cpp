// Echo as the side that answers: what comes back is what was sent, in any pieces, and both ends are
// told. Two streams at a time do not mix.
#include <ol/p2p/echo.hpp>

#include "protocol_world.hpp"

namespace {

using namespace ol;
using namespace ol::p2p;
using namespace ol::p2p::fuzzing;

struct EchoWorld : World {
  explicit EchoWorld(Delivery way) : World(way) { connect({std::string(EchoProtocol::kId)}); }

  Bytes serve(const std::vector<Piece>& pieces, bool close) {
    // Another stream with something on it, whose answers go elsewhere.
    const auto other = evil.host.open_stream(victim.id(), {std::string(EchoProtocol::kId)}, script);
    OL_CHECK(other && evil.host.write(*other, Bytes(3, 0x55)), "there is room for a stream");
    open(std::string(EchoProtocol::kId));
    say(pieces);
    if (close) close_write();
    network.run();
    OL_CHECK(std::ranges::equal(script.heard, joined(pieces)), "the answer is what was sent");
    OL_CHECK(!script.failed && script.ended == close, "the end is answered by the end");
    OL_CHECK(is_connected(), "an echo costs nobody the connection");
    Bytes out = script.heard;
    evil.host.reset(*other);
    hang_up();
    return out;
  }

  EchoProtocol echo{victim.host};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Worlds<EchoWorld> worlds;
  if (size < 1) return 0;
  const std::vector<Piece> pieces = pieces_of(ByteView(data + 1, size - 1));
  const bool close = (data[0] & 1) != 0;
  check_same(worlds, [&](EchoWorld& world) { return world.serve(pieces, close); });
  return 0;
}
