// Kademlia as the side that is asked and as the side that looks up: bytes in any pieces, with time
// passing.
#include <ol/p2p/kad_protocol.hpp>

#include "protocol_world.hpp"

namespace {

using namespace ol;
using namespace ol::p2p;
using namespace ol::p2p::fuzzing;
using std::chrono::seconds;

KadParameters parameters() {
  KadParameters out;
  out.table.count_prefixes = false;
  out.refresh_every = std::chrono::hours{1'000'000};
  return out;
}

struct KadWorld : World {
  explicit KadWorld(Delivery way) : World(way), kad(victim.host, parameters()) {
    connect({parameters().protocol});
    network.advance(seconds{12});  // its first lookup
    OL_CHECK(kad.table().size() == 1, "the peer is in the table");
  }

  /// The answers, and how the stream stands.
  Bytes serve(const std::vector<Piece>& pieces, bool close) {
    open(parameters().protocol);
    const TimePoint begin = network.now();
    say(pieces);
    check_answers(begin);
    if (is_connected() && close) close_write();
    // Until all is answered and may be asked again.
    const std::size_t most = joined(pieces).size();
    network.advance(std::min<Duration>(seconds{10}, parameters().query_pause * (most + 2)));
    OL_CHECK(check_answers(begin) <= most, "one answer per query");
    OL_CHECK(kad.asker_count() <= 1 && kad.table().size() == 1, "what is kept is bounded");
    Bytes out = script.heard;
    out.push_back(static_cast<std::uint8_t>(script.failed ? 1 + is_connected() : 0));
    if (is_connected()) hang_up();
    return out;
  }

  std::size_t check_answers(TimePoint begin) {
    DelimitedReader reader(kKadResponseBytesMax);
    ByteView rest = script.heard;
    std::size_t count = 0;
    while (true) {
      const auto message = reader.next(rest);
      OL_CHECK(message.has_value(), "answers have their length");
      if (!*message) break;
      const auto answer = parse_kad(**message);
      OL_CHECK(answer && encode(*answer) == to_bytes(**message), "we understand ourselves");
      count += 1;
    }
    const auto earned =
        static_cast<std::size_t>((network.now() - begin) / parameters().query_pause);
    OL_CHECK(count <= parameters().queries_at_once + earned, "answers are paced");
    return count;
  }

  /// Who answered.
  std::string look_up(const std::vector<Piece>& pieces, bool close) {
    std::string out;
    kad.look_up(Bytes(32, 7), [&](const std::vector<KadPeer>& peers) {
      OL_CHECK(out.empty(), "one result");
      out = "done";
      for (const KadPeer& peer : peers)
        out += " " + peer.id.text();
    });
    network.run();
    OL_CHECK(script.stream.has_value(), "the peer is asked");
    say(pieces);
    if (close) close_write();
    advance_until(parameters().lookup_time + seconds{1}, [&] { return !out.empty(); });
    OL_CHECK(!out.empty(), "one result");
    OL_CHECK(kad.table().size() == 1, "nobody enters the table by being named");
    OL_CHECK(is_connected(), "a bad answer costs the query alone");
    hang_up();
    return out;
  }

  KadProtocol kad;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Worlds<KadWorld> worlds;
  if (size < 1) return 0;
  const std::vector<Piece> pieces = pieces_of(ByteView(data + 1, size - 1));
  const bool close = (data[0] & 2) != 0;
  if ((data[0] & 1) == 0) {
    check_same_answers(worlds, [&](KadWorld& world) { return world.serve(pieces, close); });
  } else {
    check_same(worlds, [&](KadWorld& world) { return world.look_up(pieces, close); });
  }
  if (!worlds.pieces().is_connected()) worlds.renew();
  return 0;
}
