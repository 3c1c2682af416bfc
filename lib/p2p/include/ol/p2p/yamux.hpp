#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/shared_bytes.hpp>

/// Yamux: many streams over one ordered connection, each with its own credit. Without I/O.
/// Source: hashicorp yamux spec; libp2p yamux spec; docs/protocol/libp2p.md for our limits.
namespace ol::p2p {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
using StreamId = std::uint32_t;

/// Credit of every stream in each direction when it opens; fixed by the protocol.
inline constexpr std::uint32_t kYamuxInitialWindow = 256 << 10;
inline constexpr std::size_t kYamuxHeaderBytes = 12;
/// Our data frames carry at most this, so that an urgent frame waits for no more.
inline constexpr std::size_t kYamuxDataBytesMax = (16 << 10) - kYamuxHeaderBytes;

enum class YamuxRole : std::uint8_t { Client, Server };

/// In which order streams with data are served: a class waits for all before it, streams of one
/// class take turns.
enum class StreamPriority : std::uint8_t { Urgent, Normal, Bulk };
inline constexpr std::size_t kStreamPriorities = 3;

struct YamuxLimits {
  std::size_t inbound_streams = 256;
  std::size_t unacked_streams = 256;  // ours the peer has not answered yet
  std::uint32_t window_max = 16 << 20;
  /// Growth of windows above their start size, over all streams of the connection.
  std::uint64_t window_growth_max = 32 << 20;
  std::size_t send_buffer_max = 4 << 20;   // bytes queued on one stream
  std::size_t send_low_water = 256 << 10;  // a stream that held more reports when it is below
  std::size_t queued_pongs = 32;
  std::size_t queued_resets = 16384;
  unsigned stray_frames_per_second = 4096;  // frames of streams that do not exist
  unsigned opens_per_second = 2048;         // more are refused
  /// So many times as many in each of `flood_seconds` seconds end the session.
  unsigned opens_flood_factor = 8;
  unsigned flood_seconds = 3;
  /// Streams that are gone whose frames may still be under way, which are no strays.
  std::size_t remembered_streams = 4096;
};

/// Why a session must end. The peer is told with GoAway where the protocol has a code for it.
enum class YamuxError : std::uint8_t {
  BadVersion,
  BadType,
  BadFlags,         // combinations that mean nothing, or flags outside the four
  WrongParity,      // a SYN with an id that is ours to give, or with 0
  StreamExists,     // a SYN for a live stream
  WindowViolation,  // more data than we gave credit for
  WindowOverflow,   // credit beyond 32 bits
  BadSessionFrame,  // Ping or GoAway on a stream
  PingFlood,        // more pings than answers may wait, or in one second
  PongUnasked,
  ResetFlood,  // more refused streams than resets may wait
  StrayFlood,  // too many frames for streams that do not exist
  OpenFlood,   // far too many streams opened in several seconds
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(YamuxError error);

/// A stream of the peer exists now. It is accepted and acknowledged already.
struct YamuxOpened {
  StreamId id = 0;
};
/// Bytes of a stream, borrowed from what was fed. Call `consume` once they are used.
struct YamuxData {
  StreamId id = 0;
  ByteView bytes;
};
/// The peer sends no more on the stream.
struct YamuxEnded {
  StreamId id = 0;
};
/// The peer has reset the stream: it is gone.
struct YamuxReset {
  StreamId id = 0;
};
/// A stream that refused data, or held more than the low-water mark, is below that mark again.
struct YamuxWritable {
  StreamId id = 0;
};
/// A ping of ours came back.
struct YamuxRoundTrip {
  Duration time{};
};
/// The peer will accept no new streams.
struct YamuxGoAway {
  std::uint32_t code = 0;
};
using YamuxEvent = std::variant<YamuxOpened, YamuxData, YamuxEnded, YamuxReset, YamuxWritable,
                                YamuxRoundTrip, YamuxGoAway>;

enum class YamuxGoAwayCode : std::uint32_t { Normal = 0, ProtocolError = 1, InternalError = 2 };

/// One session. Feed it decrypted bytes, drain the events, send what it writes. Single-threaded.
///
/// Invariants: what a peer can make us hold is bounded by YamuxLimits; received payload is never
/// held here at all.
class YamuxSession {
 public:
  explicit YamuxSession(YamuxRole role, const YamuxLimits& limits = {});

  /// Lends the session bytes. They must live until `next_event` has returned nothing.
  /// @pre The last bytes lent are used up.
  void feed(ByteView bytes, TimePoint now);
  /// The next event; nothing when the bytes are used up. After an error the session is dead except
  /// for `fill`, which writes the GoAway.
  [[nodiscard]] Result<std::optional<YamuxEvent>, YamuxError> next_event();

  /// Opens a stream. Nothing if the peer is going away, or too many streams await its answer.
  [[nodiscard]] std::optional<StreamId> open(StreamPriority priority);
  /// Queues bytes. All or nothing: false if the stream is closed for writing, gone or full.
  [[nodiscard]] bool write(StreamId id, SharedBytes bytes);
  [[nodiscard]] bool write(StreamId id, ByteView bytes);
  /// No more bytes will be written; what is queued is sent first.
  void close_write(StreamId id);
  /// Kills the stream in both directions and frees it.
  void reset(StreamId id);
  /// The application has used `bytes` of a stream: the peer may get credit for as many.
  void consume(StreamId id, std::size_t bytes, TimePoint now);
  /// What is queued already moves to the new class with it.
  void set_priority(StreamId id, StreamPriority priority);
  /// Asks for an echo; its round trip is reported and tunes the windows. At most one waits.
  void ping(TimePoint now);
  void go_away(YamuxGoAwayCode code);

  [[nodiscard]] bool has_output() const;
  /// Appends frames, at most `room` bytes of them: control frames first, then data by priority.
  /// Frames of bulk streams are left out once they would reach beyond `bulk_room`.
  /// @pre room >= 64.
  void fill(Bytes& out, std::size_t room, std::size_t bulk_room = SIZE_MAX);

  [[nodiscard]] bool exists(StreamId id) const { return streams_.contains(id); }
  [[nodiscard]] std::size_t stream_count() const { return streams_.size(); }
  [[nodiscard]] std::size_t inbound_count() const { return inbound_; }
  [[nodiscard]] bool is_ping_pending() const { return ping_sent_at_.has_value(); }
  /// Bytes queued on a stream and not yet written.
  [[nodiscard]] std::size_t queued_bytes(StreamId id) const;
  /// The credit of a stream as we last granted it: its receive window.
  [[nodiscard]] std::uint32_t receive_window(StreamId id) const;

 private:
  struct Chunk {
    SharedBytes bytes;
    std::size_t sent = 0;
  };
  struct Stream {
    bool outbound = false;
    bool open_sent = false;  // SYN, or ACK for an inbound one, was written
    bool acked = false;      // the peer answered
    bool write_closed = false;
    bool fin_sent = false;
    bool fin_received = false;
    bool was_full = false;   // a Writable event is owed
    bool scheduled = false;  // stands in its class's turn queue
    bool update_queued = false;
    StreamPriority priority = StreamPriority::Normal;
    std::uint32_t send_credit = kYamuxInitialWindow;
    std::deque<Chunk> queue;
    std::size_t queued = 0;
    /// Bytes sent, less the peer's updates: how many more of them there can be, each for a byte.
    std::uint64_t unanswered = 0;
    std::uint32_t window = kYamuxInitialWindow;  // what we want the peer to have at most
    std::uint32_t credit = kYamuxInitialWindow;  // what the peer may still send
    std::uint32_t unconsumed = 0;                // received and not consumed
    TimePoint epoch_start;                       // of the window since the last update
    std::optional<TimePoint> first_arrival;
    TimePoint last_arrival;
  };
  /// What may still come of a stream that is gone.
  struct Late {
    std::uint64_t data = 0;     // bytes that the peer had credit for
    std::uint64_t updates = 0;  // of credit for what it had from us
    unsigned others = 4;        // FIN, RST, ACK
  };
  struct Header {
    std::uint8_t version = 0;
    std::uint8_t type = 0;
    std::uint16_t flags = 0;
    StreamId id = 0;
    std::uint32_t length = 0;
  };
  using Streams = std::map<StreamId, Stream>;

  [[nodiscard]] bool is_ours(StreamId id) const;
  [[nodiscard]] bool take_header();
  [[nodiscard]] Result<void, YamuxError> on_header(const Header& header);
  [[nodiscard]] Result<void, YamuxError> on_stream_frame(const Header& header);
  [[nodiscard]] Result<void, YamuxError> on_ping(const Header& header);
  [[nodiscard]] Result<void, YamuxError> accept_stream(const Header& header);
  [[nodiscard]] Result<void, YamuxError> on_window_update(Stream& stream, const Header& header);
  [[nodiscard]] Result<void, YamuxError> on_stray(const Header& header);
  [[nodiscard]] Result<void, YamuxError> count(unsigned& counter, std::size_t limit,
                                               YamuxError error);
  [[nodiscard]] std::optional<YamuxEvent> take_data();
  void finish_body();
  void skip_body(const Header& header);
  void on_end(StreamId id);
  void queue_reset(StreamId id, const Late& late);
  void remember(StreamId id, const Late& late);
  [[nodiscard]] Late late_of(const Stream& stream) const;
  [[nodiscard]] bool was_under_way(const Header& header);
  void begin_second();
  void erase(Streams::iterator at);
  void erase_if_done(StreamId id);
  void schedule(StreamId id, Stream& stream);
  void queue_update(StreamId id, Stream& stream);
  void tune(Stream& stream, TimePoint now);
  void fill_session(Bytes& out, std::size_t limit);
  void fill_updates(Bytes& out, std::size_t limit);
  void fill_data(Bytes& out, std::size_t limit, std::size_t bulk_limit);
  void write_data(Bytes& out, StreamId id, Stream& stream, std::size_t room);
  void note_writable(StreamId id, Stream& stream);
  [[nodiscard]] std::uint16_t opening_flags(Stream& stream);

  YamuxRole role_;
  YamuxLimits limits_;
  Streams streams_;
  StreamId next_id_;
  std::size_t inbound_ = 0;
  std::size_t unacked_ = 0;
  std::uint64_t growth_ = 0;  // of all windows above their start size

  // Receiving.
  ByteView input_;
  TimePoint now_;
  std::array<std::uint8_t, kYamuxHeaderBytes> header_{};
  std::size_t header_size_ = 0;
  std::uint32_t body_left_ = 0;
  StreamId body_stream_ = 0;  // 0: the body is thrown away
  bool body_fin_ = false;
  std::deque<YamuxEvent> events_;
  std::optional<YamuxError> error_;
  TimePoint second_start_;
  unsigned strays_ = 0;
  unsigned opens_ = 0;
  unsigned flooded_seconds_ = 0;   // before this one, without a break
  std::map<StreamId, Late> late_;  // by stream
  unsigned pings_ = 0;

  // Sending.
  std::deque<std::uint32_t> pongs_;
  std::deque<StreamId> resets_;
  std::deque<StreamId> updates_;  // streams with a SYN, ACK, credit or FIN to tell
  std::array<std::deque<StreamId>, kStreamPriorities> turns_;
  bool ping_queued_ = false;
  std::uint32_t ping_value_ = 0;
  std::optional<TimePoint> ping_sent_at_;
  std::optional<Duration> round_trip_;
  std::optional<YamuxGoAwayCode> go_away_queued_;
  bool going_away_ = false;  // either side
};

}  // namespace ol::p2p
