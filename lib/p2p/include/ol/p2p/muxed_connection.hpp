#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/p2p/multistream.hpp>
#include <ol/p2p/noise.hpp>
#include <ol/p2p/yamux.hpp>

/// One libp2p connection without I/O: raw bytes in, streams with agreed protocols out.
/// Source: libp2p connections spec; docs/protocol/libp2p.md.
namespace ol::p2p {

/// Why a connection ended. Named in logs, metrics and replies.
enum class EndReason : std::uint8_t {
  NegotiationFailed,  // no security or muxer protocol in common, or garbage
  HandshakeFailed,    // Noise
  WrongPeer,          // an honest handshake with another peer than the one dialled
  BadTransport,       // a Noise message that is not authentic or too short
  YamuxViolation,
  UpgradeTimeout,  // not ready within the time for upgrades
  Mute,            // accepted, and not a byte within the time for the first
  Evicted,         // accepted, not a byte yet, and a newcomer needs the place
  WriteStalled,    // the peer does not read
  Silent,          // no byte, not even an answer to a ping
  ConnectFailed,
  ConnectionLost,
  LimitReached,  // one of ours
  Duplicate,     // another connection to the same peer is kept
  Misbehaved,    // a protocol above judged so
  SlowSender,    // a message takes longer to arrive than an honest one
  Banned,
  NotAllowed,  // the network is private
  Local,       // we are done with it
};

/// The reason as a short snake_case word for logs and metric labels.
[[nodiscard]] const char* reason_name(EndReason reason);

/// The peer is authenticated and streams may open.
struct ConnectionReady {
  PeerId peer;
};
/// A stream whose protocol is agreed. Streams opened lazily are not reported.
struct StreamOpened {
  StreamId id = 0;
  std::string protocol;
  bool inbound = false;
};
/// Bytes of a stream, borrowed until the next call. Call `consume` once they are used.
struct StreamData {
  StreamId id = 0;
  ByteView bytes;
};
struct StreamEnded {
  StreamId id = 0;
};
/// A stream is gone before its end: reset by the peer, or no protocol could be agreed on.
struct StreamFailed {
  StreamId id = 0;
  std::string why;
};
struct StreamWritable {
  StreamId id = 0;
};
struct RoundTripMeasured {
  Duration time{};
};
/// Send what is left and close the socket; nothing follows.
struct ConnectionEnded {
  EndReason reason = EndReason::Local;
  std::string text;
};
using ConnectionEvent =
    std::variant<ConnectionReady, StreamOpened, StreamData, StreamEnded, StreamFailed,
                 StreamWritable, RoundTripMeasured, ConnectionEnded>;

/// Of bulk streams, one `poll_transmit` writes up to here and no further: what is handed to the
/// socket cannot be overtaken, and consensus must not wait for much of it.
inline constexpr std::size_t kBulkAheadBytesMax = std::size_t{32} << 10;

struct ConnectionTimes {
  Duration upgrade = std::chrono::seconds{10};
  // Of an accepted connection (libp2p.md section 11). Most diallers speak at once, but one that
  // looks up a key first, or whose first packet is lost twice, is honest too.
  Duration first_byte = std::chrono::seconds{5};
  Duration negotiation = std::chrono::seconds{10};
  Duration message =
      std::chrono::seconds{20};  // from the first byte of a Noise message to its last
  Duration write_progress = std::chrono::seconds{10};
  Duration go_away = std::chrono::seconds{10};      // for streams to end once the peer goes away
  Duration ping_after = std::chrono::seconds{15};   // of silence
  Duration close_after = std::chrono::seconds{25};  // of silence
};

struct ConnectionSetup {
  NoiseRole role = NoiseRole::Responder;  // the dialler is the initiator
  std::optional<PeerId> expected;         // who was dialled
  YamuxLimits yamux;
  ConnectionTimes times;
};

/// The machine. Feed bytes, drain events, send what `poll_transmit` gives. Single-threaded.
class MuxedConnection {
 public:
  /// @param identity   Borrowed; must outlive the connection.
  /// @param accepted   Protocols of inbound streams. Borrowed; must outlive the connection.
  /// @param ephemeral  Fresh for every connection.
  MuxedConnection(const ConnectionSetup& setup, const NoiseIdentity& identity,
                  const ProtocolSet& accepted, crypto::X25519KeyPair ephemeral, TimePoint now);

  /// Takes bytes from the socket.
  /// @pre `next_event` has returned nothing since the last call.
  void feed(ByteView bytes, TimePoint now);
  [[nodiscard]] std::optional<ConnectionEvent> next_event();
  /// Checks the time limits. Events may follow.
  void tick(TimePoint now);

  [[nodiscard]] bool has_output() const;
  /// Appends bytes for the socket, up to about `bytes_max`. Report the end of the write.
  void poll_transmit(Bytes& out, std::size_t bytes_max, TimePoint now);
  void on_written(TimePoint now);

  /// Opens a stream and proposes `protocols` in this order.
  /// @return Nothing if the connection is not ready or the peer accepts no more streams now.
  [[nodiscard]] std::optional<StreamId> open_stream(std::vector<std::string> protocols,
                                                    StreamPriority priority, TimePoint now);
  /// Opens a stream for a protocol the peer has announced: it can be written to at once.
  [[nodiscard]] std::optional<StreamId> open_stream_lazily(std::string protocol,
                                                           StreamPriority priority, TimePoint now);
  [[nodiscard]] bool write(StreamId id, SharedBytes bytes);
  void close_write(StreamId id);
  void reset(StreamId id);
  void consume(StreamId id, std::size_t bytes, TimePoint now);
  void set_priority(StreamId id, StreamPriority priority);

  /// Ends the connection: GoAway, then nothing.
  void close(EndReason reason, std::string text);

  [[nodiscard]] bool is_ready() const { return step_ == Step::Open; }
  [[nodiscard]] bool is_ended() const { return step_ == Step::Ended; }
  /// Whether the peer has not sent a byte.
  [[nodiscard]] bool is_mute() const { return !heard_; }
  [[nodiscard]] NoiseRole role() const { return setup_.role; }
  [[nodiscard]] std::size_t stream_count() const { return yamux_ ? yamux_->stream_count() : 0; }
  [[nodiscard]] std::size_t queued_bytes(StreamId id) const {
    return yamux_ ? yamux_->queued_bytes(id) : 0;
  }

 private:
  enum class Step : std::uint8_t { Security, Handshake, Muxer, Open, Ended };
  using Negotiation = std::variant<std::monostate, MultistreamInitiator, MultistreamResponder>;
  struct StreamState {
    Negotiation negotiation;
    TimePoint opened;
    bool lazy = false;
    bool close_wanted = false;  // half-close once the protocol is agreed
  };

  /// Feeds the negotiation of the connection itself.
  [[nodiscard]] Result<std::size_t, MultistreamError> negotiate(ByteView in, Bytes& out);
  [[nodiscard]] bool is_negotiated() const;
  void feed_security(ByteView bytes);
  void feed_handshake(ByteView bytes);
  void on_secured(ByteView rest);
  void begin_muxer();
  void feed_muxer(ByteView plaintext);
  void open_yamux(ByteView rest);
  /// The next plaintext into the muxer's negotiation or yamux; false if there is none.
  [[nodiscard]] bool pull_plaintext();
  void translate(const YamuxEvent& event);
  void on_go_away(std::uint32_t code);
  void finish_going_away();
  void on_opened(StreamId id);
  void on_data(StreamId id, ByteView bytes);
  void negotiate_stream(StreamId id, StreamState& stream, ByteView bytes);
  void fail_stream(StreamId id, std::string why);
  void drop_stream(StreamId id, std::string why);
  [[nodiscard]] std::optional<StreamId> open(std::vector<std::string> protocols, bool lazy,
                                             StreamPriority priority, TimePoint now);
  void seal(ByteView plaintext);

  ConnectionSetup setup_;
  const ProtocolSet& accepted_;
  Step step_ = Step::Security;
  Negotiation negotiation_;
  std::unique_ptr<NoiseHandshake> handshake_;
  std::optional<PeerId> peer_;
  std::optional<std::string> early_muxer_;
  std::optional<NoiseSealer> sealer_;
  std::optional<NoiseOpener> opener_;
  std::optional<YamuxSession> yamux_;
  Bytes muxer_rest_;  // plaintext that came behind the muxer's negotiation
  std::map<StreamId, StreamState> streams_;
  std::deque<ConnectionEvent> events_;
  Bytes out_;  // of the upgrade, ready for the socket

  struct GoingAway {
    TimePoint since;
    std::string text;
  };
  std::optional<GoingAway> going_away_;  // the peer is

  bool heard_ = false;
  TimePoint now_;
  TimePoint started_;
  TimePoint last_received_;
  std::optional<TimePoint> part_since_;  // an unfinished Noise message lies here
  std::optional<TimePoint> writing_since_;
};

}  // namespace ol::p2p
