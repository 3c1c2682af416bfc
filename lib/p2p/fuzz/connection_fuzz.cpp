// Yamux and multistream as an authenticated peer can reach them, and every message format above:
// whatever comes in whatever pieces, the same events come out, bounds hold, and what parses prints
// back to the same.
#include <ol/base/check.hpp>
#include <ol/p2p/delimited.hpp>
#include <ol/p2p/envelope.hpp>
#include <ol/p2p/gossip_rpc.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/kad_message.hpp>
#include <ol/p2p/multistream.hpp>
#include <ol/p2p/yamux.hpp>

namespace {

using namespace ol;
using namespace ol::p2p;

struct Log {
  std::map<StreamId, std::uint64_t> sums;  // of the bytes of each stream, in order
  std::size_t events = 0;
  std::optional<YamuxError> error;
  Bytes answers;

  friend bool operator==(const Log&, const Log&) = default;
};

Log run_yamux(ByteView in, std::size_t piece) {
  YamuxLimits limits;
  limits.inbound_streams = 8;
  YamuxSession session(YamuxRole::Server, limits);
  Log out;
  while (!in.empty() && !out.error) {
    const ByteView part = in.first(std::min(piece, in.size()));
    in = in.subspan(part.size());
    session.feed(part, TimePoint{});
    while (true) {
      const auto event = session.next_event();
      if (!event) out.error = event.error();
      if (!event || !*event) break;
      if (const auto* data = std::get_if<YamuxData>(&**event)) {
        for (const std::uint8_t byte : data->bytes)
          out.sums[data->id] = out.sums[data->id] * 31 + byte;
        session.consume(data->id, data->bytes.size(), TimePoint{});
      } else {
        out.events += 1;
      }
    }
    OL_CHECK(session.inbound_count() <= limits.inbound_streams, "streams are bounded");
  }
  for (int i = 0; i < 1000 && session.has_output(); ++i)
    session.fill(out.answers, 65519);
  OL_CHECK(!session.has_output(), "what is owed is bounded");
  return out;
}

/// What a responder makes of `in`: the protocol or the error, and its answers.
std::pair<std::string, Bytes> run_multistream(ByteView in, std::size_t piece) {
  static const ProtocolSet kAccepted{"/a", "/b"};
  MultistreamResponder side(kAccepted);
  Bytes answers;
  while (!in.empty() && !side.done()) {
    const ByteView part = in.first(std::min(piece, in.size()));
    in = in.subspan(part.size());
    const auto taken = side.feed(part, answers);
    if (!taken) return {describe(taken.error()), answers};
  }
  return {side.protocol(), answers};
}

void parse_all(ByteView in) {
  static_cast<void>(parse_gossip_rpc(in));
  static_cast<void>(open_peer_record(in));
  if (const auto kad = parse_kad(in)) OL_CHECK(parse_kad(encode(*kad)) == kad, "kad goes round");
  IdentifyMessage identify;
  if (merge_identify(in, identify)) {
    IdentifyMessage again;
    OL_CHECK(merge_identify(encode(identify), again) && again == identify, "identify goes round");
  }
  DelimitedReader reader(1000);
  for (ByteView rest = in; !rest.empty();) {
    const auto message = reader.next(rest);
    if (!message) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const ByteView in(data + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 40;
  switch (data[0] % 3) {
    case 0:
      OL_CHECK(run_yamux(in, piece) == run_yamux(in, SIZE_MAX), "cuts do not matter");
      break;
    case 1:
      OL_CHECK(run_multistream(in, piece) == run_multistream(in, SIZE_MAX), "cuts do not matter");
      break;
    default:
      parse_all(in);
  }
  return 0;
}
