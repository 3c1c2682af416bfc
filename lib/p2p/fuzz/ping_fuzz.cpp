// Ping as the side that answers and as the side that asks: bytes in any pieces, with time passing.
#include "protocol_world.hpp"

namespace {

using namespace ol;
using namespace ol::p2p;
using namespace ol::p2p::fuzzing;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct PingWorld : World {
  explicit PingWorld(Delivery way) : World(way) { connect({std::string(PingProtocol::kId)}); }

  /// Whoever pings within the limits hears all it said.
  Bytes serve(const std::vector<Piece>& pieces, bool close) {
    open(std::string(PingProtocol::kId));
    const TimePoint begin = network.now();
    say(pieces);
    if (close) close_write();
    const auto earned = static_cast<std::size_t>((network.now() - begin) / milliseconds{100});
    const std::size_t most = (PingProtocol::kAnswersAtOnce + earned) * PingProtocol::kPayloadBytes;
    OL_CHECK(script.heard.size() <= most, "answers are paced");
    const Bytes sent = joined(pieces);
    const std::size_t whole = sent.size() / PingProtocol::kPayloadBytes;
    network.advance(PingProtocol::kAnswerPause * (std::min(whole, PingProtocol::kWaitingMax) + 2));
    OL_CHECK(is_prefix(script.heard, sent), "the answer is what was sent");
    OL_CHECK(script.failed || script.heard.size() == whole * PingProtocol::kPayloadBytes,
             "whole pings are answered");
    OL_CHECK(script.failed || script.ended == close, "both close or neither");
    OL_CHECK(is_connected(), "pings on a stream cost the stream alone");
    Bytes out = script.heard;
    out.push_back(script.failed ? 1 : 0);
    hang_up();
    return out;
  }

  /// A zero of the input is a byte as it should be.
  std::string ask(const std::vector<Piece>& pieces, bool close) {
    std::string out;
    victim.ping.ping(evil.id(), [&](const PeerId&, const Result<Duration, std::string>& result) {
      OL_CHECK(out.empty(), "one result");
      out = result ? "pong" : result.error();
    });
    network.run();
    OL_CHECK(script.heard.size() == PingProtocol::kPayloadBytes, "one ping");
    Bytes said = joined(pieces);
    const bool right = said.size() >= PingProtocol::kPayloadBytes &&
                       std::all_of(said.begin(), said.begin() + PingProtocol::kPayloadBytes,
                                   [](auto b) { return b == 0; });
    std::vector<Piece> answer;
    std::size_t at = 0;
    for (const Piece& piece : pieces) {
      for (std::size_t i = at; i < at + piece.bytes.size(); ++i)
        said[i] ^= script.heard[i % PingProtocol::kPayloadBytes];
      answer.push_back({ByteView(said).subspan(at, piece.bytes.size()), piece.wait});
      at += piece.bytes.size();
    }
    say(answer);
    if (close) close_write();
    advance_until(PingProtocol::kTimeout + seconds{1}, [&] { return !out.empty(); });
    OL_CHECK(!out.empty(), "one result");
    OL_CHECK(out != "pong" || right, "no other answer will do");
    hang_up();
    return out;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Worlds<PingWorld> worlds;
  if (size < 1) return 0;
  const std::vector<Piece> pieces = pieces_of(ByteView(data + 1, size - 1));
  const bool close = (data[0] & 2) != 0;
  if ((data[0] & 1) == 0) {
    check_same_answers(worlds, [&](PingWorld& world) { return world.serve(pieces, close); });
  } else {
    check_same(worlds, [&](PingWorld& world) { return world.ask(pieces, close); });
  }
  return 0;
}
