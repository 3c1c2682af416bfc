#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/check.hpp>

#include "../test/host_network.hpp"

/// A host under test and a peer that says on one stream what the input says, in its pieces and with
/// its pauses. Kept from input to input: a handshake costs more than what is tested.
namespace ol::p2p::fuzzing {

struct Piece {
  ByteView bytes;
  Duration wait{};  // after it
};

/// Cuts the input: a byte that says how long the next piece is and what time passes after it.
inline std::vector<Piece> pieces_of(ByteView input) {
  constexpr std::size_t kPiecesMax = 32;
  constexpr std::array<int, 4> kWaitsMs{0, 0, 100, 1000};
  std::vector<Piece> out;
  while (input.size() >= 2 && out.size() < kPiecesMax) {
    const std::size_t size = std::min<std::size_t>(1 + input[0] % 64, input.size() - 1);
    out.push_back({input.subspan(1, size), std::chrono::milliseconds{kWaitsMs[input[0] >> 6]}});
    input = input.subspan(1 + size);
  }
  return out;
}

inline Bytes joined(const std::vector<Piece>& pieces) {
  Bytes out;
  for (const Piece& piece : pieces)
    append(out, piece.bytes);
  return out;
}

/// The peer's side of every stream of the protocol under test; the newest one counts.
struct Script final : ProtocolHandler {
  explicit Script(Host& owner) : host(owner) {}
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool inbound) override {
    if (inbound) begin(key);
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host.consume(key, bytes.size());
    if (key == stream) append(heard, bytes);
  }
  void on_stream_ended(StreamKey key) override {
    if (key == stream) ended = true;
  }
  void on_stream_failed(StreamKey key, std::string_view) override {
    if (key == stream) failed = true;
  }
  void begin(std::optional<StreamKey> key) {
    stream = key;
    heard.clear();
    ended = failed = false;
  }

  Host& host;
  std::optional<StreamKey> stream;
  Bytes heard;
  bool ended = false;
  bool failed = false;
};

enum class Delivery : std::uint8_t { Pieces, Bytewise };

struct World {
  explicit World(Delivery way) : delivery(way) {}
  void connect(const std::vector<std::string>& protocols) {
    evil.host.add_protocol(protocols, script, {});
    network.connect(evil, victim);
    network.advance(std::chrono::seconds{1});
    OL_CHECK(victim.host.is_connected(evil.id()), "the peer is honest up to here");
  }
  void open(const std::string& protocol) {
    script.begin(evil.host.open_stream(victim.id(), {protocol}, script));
    OL_CHECK(script.stream.has_value(), "there is room for a stream");
    network.run();
  }
  /// What is behind a stream or connection that is gone goes nowhere.
  void say(const std::vector<Piece>& pieces) {
    const StreamKey key = *script.stream;
    for (const Piece& piece : pieces) {
      const std::size_t step = delivery == Delivery::Bytewise ? 1 : piece.bytes.size();
      for (ByteView rest = piece.bytes; !rest.empty(); rest = rest.subspan(step)) {
        static_cast<void>(evil.host.write(key, to_bytes(rest.first(step))));
        network.run();
      }
      if (piece.wait > Duration{}) network.advance(piece.wait);
    }
  }
  void close_write() {
    evil.host.close_write(*script.stream);
    network.run();
  }
  /// As long as it takes and no longer than `time`.
  template <typename Done>
  void advance_until(Duration time, Done done) {
    for (const TimePoint end = network.now() + time; network.now() < end && !done();)
      network.advance(std::chrono::milliseconds{500});
  }
  /// Ends the stream, so that nothing of it is left for the next input.
  void hang_up() {
    evil.host.reset(*script.stream);
    script.begin(std::nullopt);
    network.run();
  }
  [[nodiscard]] bool is_connected() const { return victim.host.is_connected(evil.id()); }

  Delivery delivery;
  testing::HostNetwork network;
  testing::TestHost& victim{network.add()};
  testing::TestHost& evil{network.add()};
  Script script{evil.host};
};

/// Whether one is how the other begins: what a reset or a cut takes with it depends on the pieces.
inline bool is_prefix(ByteView a, ByteView b) {
  const std::size_t size = std::min(a.size(), b.size());
  return std::ranges::equal(a.first(size), b.first(size));
}

/// The two worlds of a target, made anew once they cannot go on.
template <typename W>
class Worlds {
 public:
  [[nodiscard]] W& pieces() { return world(0, Delivery::Pieces); }
  [[nodiscard]] W& bytewise() { return world(1, Delivery::Bytewise); }
  void renew() { worlds_ = {}; }

 private:
  W& world(std::size_t index, Delivery delivery) {
    if (!worlds_[index]) worlds_[index] = std::make_unique<W>(delivery);
    return *worlds_[index];
  }

  std::array<std::unique_ptr<W>, 2> worlds_;
};

/// What `run` gives is the same in both worlds.
template <typename W, typename Run>
void check_same(Worlds<W>& worlds, const Run& run) {
  OL_CHECK(run(worlds.pieces()) == run(worlds.bytewise()), "cuts do not matter");
}

/// `run` gives what was heard, and behind it zero or how the stream failed, which may take the rest
/// with it.
template <typename W, typename Run>
void check_same_answers(Worlds<W>& worlds, const Run& run) {
  const Bytes a = run(worlds.pieces());
  const Bytes b = run(worlds.bytewise());
  OL_CHECK(a.back() == b.back(), "cuts do not matter");
  const bool failed = a.back() != 0;
  OL_CHECK(
      failed ? is_prefix(ByteView(a).first(a.size() - 1), ByteView(b).first(b.size() - 1)) : a == b,
      "cuts do not matter");
}

}  // namespace ol::p2p::fuzzing
