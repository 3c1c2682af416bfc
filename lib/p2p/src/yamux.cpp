#include <ol/p2p/yamux.hpp>

#include <algorithm>
#include <limits>

#include <ol/base/check.hpp>

#include "yamux_frame.hpp"

namespace ol::p2p {

using namespace yamux;

namespace {

// What of a stream's window is under way when we reset it comes in frames of this size, as we and
// others send them, and with a few that carry nothing.

}  // namespace

const char* describe(YamuxError error) {
  switch (error) {
    case YamuxError::BadVersion:
      return "yamux version is not 0";
    case YamuxError::BadType:
      return "unknown yamux frame type";
    case YamuxError::BadFlags:
      return "meaningless yamux flags";
    case YamuxError::WrongParity:
      return "stream opened with an id that is not the peer's to give";
    case YamuxError::StreamExists:
      return "stream opened twice";
    case YamuxError::WindowViolation:
      return "more data than the stream's window allows";
    case YamuxError::WindowOverflow:
      return "stream credit above 32 bits";
    case YamuxError::BadSessionFrame:
      return "session frame on a stream, or stream frame on the session";
    case YamuxError::PingFlood:
      return "too many yamux pings";
    case YamuxError::PongUnasked:
      return "answer to a ping that was not sent";
    case YamuxError::ResetFlood:
      return "too many streams beyond the limit";
    case YamuxError::StrayFlood:
      return "too many frames for streams that do not exist";
    case YamuxError::OpenFlood:
      return "far too many streams opened in several seconds";
  }
  OL_CHECK(false, "unknown YamuxError");
}

YamuxSession::YamuxSession(YamuxRole role, const YamuxLimits& limits)
    : role_(role), limits_(limits), next_id_(role == YamuxRole::Client ? 1 : 2) {}

bool YamuxSession::is_ours(StreamId id) const {
  const bool odd = (id & 1) != 0;
  return odd == (role_ == YamuxRole::Client);
}

void YamuxSession::feed(ByteView bytes, TimePoint now) {
  OL_CHECK(input_.empty(), "the last bytes are used up");
  input_ = bytes;
  now_ = now;
  if (now_ - second_start_ >= std::chrono::seconds{1}) begin_second();
}

void YamuxSession::begin_second() {
  const bool flooded = opens_ > limits_.opens_flood_factor * limits_.opens_per_second;
  const bool in_a_row = now_ - second_start_ < std::chrono::seconds{2};
  flooded_seconds_ = flooded && in_a_row ? flooded_seconds_ + 1 : 0;
  second_start_ = now_;
  strays_ = 0;
  opens_ = 0;
  pings_ = 0;
}

Result<std::optional<YamuxEvent>, YamuxError> YamuxSession::next_event() {
  while (true) {
    if (!events_.empty()) {
      YamuxEvent event = events_.front();
      events_.pop_front();
      return event;
    }
    if (error_) return fail(*error_);
    if (body_left_ > 0) {
      if (input_.empty()) return std::nullopt;
      if (auto data = take_data()) return data;
      continue;
    }
    if (!take_header()) return std::nullopt;
    const auto handled = on_header(Header{header_[0], header_[1], read_u16(header_, 2),
                                          read_u32(header_, 4), read_u32(header_, 8)});
    if (handled) continue;
    error_ = handled.error();
    input_ = {};
    go_away(YamuxGoAwayCode::ProtocolError);
  }
}

bool YamuxSession::take_header() {
  const std::size_t piece = std::min(header_.size() - header_size_, input_.size());
  std::copy_n(input_.begin(), piece, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
  input_ = input_.subspan(piece);
  header_size_ += piece;
  if (header_size_ < header_.size()) return false;
  header_size_ = 0;
  return true;
}

std::optional<YamuxEvent> YamuxSession::take_data() {
  const ByteView piece = input_.first(std::min<std::size_t>(body_left_, input_.size()));
  const auto size = static_cast<std::uint32_t>(piece.size());
  input_ = input_.subspan(size);
  body_left_ -= size;
  const StreamId id = body_stream_;
  const auto at = streams_.find(id);
  if (at != streams_.end()) {
    Stream& stream = at->second;
    stream.credit -= size;
    stream.unconsumed += size;
    if (!stream.first_arrival) stream.first_arrival = now_;
    stream.last_arrival = now_;
  }
  const bool found = at != streams_.end();
  if (body_left_ == 0) finish_body();
  if (!found) return std::nullopt;
  return YamuxData{id, piece};
}

void YamuxSession::finish_body() {
  if (std::exchange(body_fin_, false)) on_end(body_stream_);
  body_stream_ = 0;
}

Result<void, YamuxError> YamuxSession::count(unsigned& counter, std::size_t limit,
                                             YamuxError error) {
  counter += 1;
  if (counter > limit) return fail(error);
  return {};
}

Result<void, YamuxError> YamuxSession::on_header(const Header& header) {
  if (header.version != 0) return fail(YamuxError::BadVersion);
  if ((header.flags & ~kAllFlags) != 0) return fail(YamuxError::BadFlags);
  switch (header.type) {
    case kData:
    case kWindowUpdate:
      if (header.id == 0) return fail(YamuxError::BadSessionFrame);
      return on_stream_frame(header);
    case kPing:
      if (header.id != 0) return fail(YamuxError::BadSessionFrame);
      return on_ping(header);
    case kGoAway:
      if (header.id != 0) return fail(YamuxError::BadSessionFrame);
      going_away_ = true;
      events_.emplace_back(YamuxGoAway{header.length});
      return {};
    default:
      return fail(YamuxError::BadType);
  }
}

Result<void, YamuxError> YamuxSession::on_ping(const Header& header) {
  if (header.flags == kSyn) {
    OL_TRY_VOID(count(pings_, limits_.queued_pongs, YamuxError::PingFlood));
    if (pongs_.size() >= limits_.queued_pongs) return fail(YamuxError::PingFlood);
    pongs_.push_back(header.length);
    return {};
  }
  if (header.flags != kAck) return fail(YamuxError::BadFlags);
  const bool asked = ping_sent_at_ && !ping_queued_ && header.length == ping_value_;
  if (!asked) return fail(YamuxError::PongUnasked);
  round_trip_ = now_ - *ping_sent_at_;
  ping_sent_at_.reset();
  events_.emplace_back(YamuxRoundTrip{*round_trip_});
  return {};
}

void YamuxSession::skip_body(const Header& header) {
  if (header.type != kData) return;  // elsewhere the length is no body (go-yamux: an error code)
  body_left_ = header.length;
  body_stream_ = 0;
  body_fin_ = false;
}

/// A frame of a stream that is gone: it may have crossed our reset, or be credit for what the peer
/// used after all was said. Its body is thrown away.
Result<void, YamuxError> YamuxSession::on_stray(const Header& header) {
  if (!was_under_way(header)) {
    OL_TRY_VOID(count(strays_, limits_.stray_frames_per_second, YamuxError::StrayFlood));
  }
  // No stream ever had more credit than this.
  if (header.type == kData && header.length > std::max(limits_.window_max, kYamuxInitialWindow)) {
    return fail(YamuxError::WindowViolation);
  }
  skip_body(header);
  return {};
}

Result<void, YamuxError> YamuxSession::accept_stream(const Header& header) {
  if (is_ours(header.id)) return fail(YamuxError::WrongParity);
  if (streams_.contains(header.id)) return fail(YamuxError::StreamExists);
  opens_ += 1;
  const bool flood = opens_ > limits_.opens_flood_factor * limits_.opens_per_second;
  if (flood && flooded_seconds_ + 1 >= limits_.flood_seconds) return fail(YamuxError::OpenFlood);
  if (header.type == kData && header.length > kYamuxInitialWindow) {
    return fail(YamuxError::WindowViolation);
  }
  const bool refused =
      going_away_ || inbound_ >= limits_.inbound_streams || opens_ > limits_.opens_per_second;
  if (refused || (header.flags & kRst) != 0) {
    skip_body(header);
    if ((header.flags & kRst) == 0) queue_reset(header.id, Late{.data = kYamuxInitialWindow});
    if (resets_.size() > limits_.queued_resets) return fail(YamuxError::ResetFlood);
    return {};
  }
  // Entries outlive streams that are reset before they are written.
  if (updates_.size() > streams_.size() + limits_.queued_resets) {
    return fail(YamuxError::ResetFlood);
  }
  Stream& stream = streams_[header.id];
  stream.acked = true;
  stream.epoch_start = now_;
  inbound_ += 1;
  queue_update(header.id, stream);  // the ACK goes out at once, not with the first reply
  events_.emplace_back(YamuxOpened{header.id});
  return {};
}

Result<void, YamuxError> YamuxSession::on_stream_frame(const Header& header) {
  if ((header.flags & kSyn) != 0) OL_TRY_VOID(accept_stream(header));
  const auto at = streams_.find(header.id);
  if (at == streams_.end()) {
    if ((header.flags & kSyn) != 0) return {};  // refused just now
    return on_stray(header);
  }
  Stream& stream = at->second;
  if ((header.flags & kAck) != 0 && !std::exchange(stream.acked, true)) unacked_ -= 1;
  if ((header.flags & kRst) != 0) {
    skip_body(header);
    erase(at);
    events_.emplace_back(YamuxReset{header.id});
    return {};
  }
  if (header.type == kWindowUpdate) return on_window_update(stream, header);
  if (stream.fin_received && header.length > 0) return on_stray(header);
  if (header.length > stream.credit) return fail(YamuxError::WindowViolation);
  body_left_ = header.length;
  body_stream_ = header.id;
  body_fin_ = (header.flags & kFin) != 0;
  if (body_left_ == 0) finish_body();
  return {};
}

Result<void, YamuxError> YamuxSession::on_window_update(Stream& stream, const Header& header) {
  if (header.length > std::numeric_limits<std::uint32_t>::max() - stream.send_credit) {
    return fail(YamuxError::WindowOverflow);
  }
  stream.send_credit += header.length;
  if (header.length > 0 && stream.unanswered > 0) stream.unanswered -= 1;
  schedule(header.id, stream);
  if ((header.flags & kFin) != 0) on_end(header.id);
  return {};
}

void YamuxSession::on_end(StreamId id) {
  const auto at = streams_.find(id);
  if (at == streams_.end() || std::exchange(at->second.fin_received, true)) return;
  events_.emplace_back(YamuxEnded{id});
  erase_if_done(id);
}

void YamuxSession::queue_reset(StreamId id, const Late& late) {
  resets_.push_back(id);
  remember(id, late);
}

void YamuxSession::remember(StreamId id, const Late& late) {
  late_[id] = late;
  // Ids rise: the lowest is the oldest.
  if (late_.size() > limits_.remembered_streams) late_.erase(late_.begin());
}

// The peer holds no more of ours than its window, which it may answer byte by byte: js-libp2p sends
// an update for every data frame that it reads.
YamuxSession::Late YamuxSession::late_of(const Stream& stream) const {
  return {.data = stream.fin_received ? 0 : stream.credit,
          .updates = std::min<std::uint64_t>(stream.unanswered, limits_.window_max)};
}

/// Whether a frame of a stream that is gone may have left before the peer knew of it.
bool YamuxSession::was_under_way(const Header& header) {
  const auto at = late_.find(header.id);
  if (at == late_.end()) return false;
  Late& late = at->second;
  if (header.type == kData && header.length > 0) {
    if (header.length > late.data) return false;
    late.data -= header.length;
    return true;
  }
  if (header.type == kWindowUpdate && late.updates > 0) {
    late.updates -= 1;
    return true;
  }
  if (late.others == 0) return false;
  late.others -= 1;
  return true;
}

void YamuxSession::erase(Streams::iterator at) {
  const Stream& stream = at->second;
  if (stream.outbound) {
    if (!stream.acked) unacked_ -= 1;
  } else {
    inbound_ -= 1;
  }
  growth_ -= stream.window - kYamuxInitialWindow;
  streams_.erase(at);
}

void YamuxSession::erase_if_done(StreamId id) {
  const auto at = streams_.find(id);
  if (!at->second.fin_sent || !at->second.fin_received) return;
  remember(id, late_of(at->second));
  erase(at);
}

std::optional<StreamId> YamuxSession::open(StreamPriority priority) {
  const bool exhausted = next_id_ > std::numeric_limits<StreamId>::max() - 2;
  if (going_away_ || error_ || exhausted || unacked_ >= limits_.unacked_streams) {
    return std::nullopt;
  }
  const StreamId id = next_id_;
  next_id_ += 2;
  Stream& stream = streams_[id];
  stream.outbound = true;
  stream.priority = priority;
  stream.epoch_start = now_;
  unacked_ += 1;
  queue_update(id, stream);
  return id;
}

bool YamuxSession::write(StreamId id, ByteView bytes) {
  return write(id, share(to_bytes(bytes)));
}

bool YamuxSession::write(StreamId id, SharedBytes bytes) {
  const auto at = streams_.find(id);
  if (at == streams_.end() || at->second.write_closed) return false;
  Stream& stream = at->second;
  if (bytes->size() > limits_.send_buffer_max - stream.queued) {
    stream.was_full = true;
    return false;
  }
  if (bytes->empty()) return true;
  stream.queued += bytes->size();
  stream.was_full = stream.was_full || stream.queued > limits_.send_low_water;
  stream.queue.push_back({std::move(bytes), 0});
  schedule(id, stream);
  return true;
}

void YamuxSession::close_write(StreamId id) {
  const auto at = streams_.find(id);
  if (at == streams_.end() || std::exchange(at->second.write_closed, true)) return;
  if (at->second.queued == 0) queue_update(id, at->second);
}

void YamuxSession::reset(StreamId id) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  const bool known_to_peer = !at->second.outbound || at->second.open_sent;
  const Late late = late_of(at->second);
  erase(at);
  if (known_to_peer) queue_reset(id, late);
}

// Credit follows what the application has used, not what arrived: a slow application slows the
// peer instead of filling memory (libp2p yamux spec, "Flow control").
void YamuxSession::consume(StreamId id, std::size_t bytes, TimePoint now) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  Stream& stream = at->second;
  // More only if the peer has reset the stream and used its id again meanwhile.
  stream.unconsumed -= static_cast<std::uint32_t>(std::min<std::size_t>(bytes, stream.unconsumed));
  const std::uint32_t grantable = stream.window - stream.credit - stream.unconsumed;
  if (stream.fin_received || grantable < stream.window / 2) return;
  if (stream.update_queued) return;
  tune(stream, now);
  queue_update(id, stream);
}

// A window that was used up within a few round trips, plus the time its own bytes took to arrive,
// may have been what held the peer back. Without the second term a fast path stalls at twice the
// start size, because the bytes of a larger window take longer than the round trips.
void YamuxSession::tune(Stream& stream, TimePoint now) {
  const auto epoch_start = std::exchange(stream.epoch_start, now);
  const auto first_arrival = std::exchange(stream.first_arrival, std::nullopt);
  if (!round_trip_ || !first_arrival) return;
  const Duration arrival = stream.last_arrival - *first_arrival;
  if (now - epoch_start > 4 * *round_trip_ + arrival) return;
  const bool may_double = stream.window <= limits_.window_max / 2 &&
                          stream.window <= limits_.window_growth_max - growth_;
  if (!may_double) return;
  growth_ += stream.window;
  stream.window *= 2;
}

void YamuxSession::set_priority(StreamId id, StreamPriority priority) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  Stream& stream = at->second;
  const StreamPriority old = std::exchange(stream.priority, priority);
  if (old == priority || !std::exchange(stream.scheduled, false)) return;
  std::erase(turns_[static_cast<std::size_t>(old)], id);
  schedule(id, stream);
}

void YamuxSession::ping(TimePoint now) {
  if (ping_sent_at_) return;
  ping_sent_at_ = now;
  ping_value_ += 1;
  ping_queued_ = true;
}

void YamuxSession::go_away(YamuxGoAwayCode code) {
  going_away_ = true;
  go_away_queued_ = code;
}

std::size_t YamuxSession::queued_bytes(StreamId id) const {
  const auto at = streams_.find(id);
  return at == streams_.end() ? 0 : at->second.queued;
}

std::uint32_t YamuxSession::receive_window(StreamId id) const {
  const auto at = streams_.find(id);
  return at == streams_.end() ? 0 : at->second.window;
}

}  // namespace ol::p2p
