// The sending half of a session: what waits, and in which order it leaves.
#include <ol/p2p/yamux.hpp>

#include <algorithm>

#include <ol/base/check.hpp>

#include "yamux_frame.hpp"

namespace ol::p2p {

using namespace yamux;

void YamuxSession::schedule(StreamId id, Stream& stream) {
  if (stream.scheduled || stream.queued == 0 || stream.send_credit == 0) return;
  stream.scheduled = true;
  turns_[static_cast<std::size_t>(stream.priority)].push_back(id);
}

void YamuxSession::queue_update(StreamId id, Stream& stream) {
  if (std::exchange(stream.update_queued, true)) return;
  updates_.push_back(id);
}

/// SYN or ACK, once, on the first frame of a stream.
std::uint16_t YamuxSession::opening_flags(Stream& stream) {
  if (std::exchange(stream.open_sent, true)) return 0;
  return stream.outbound ? kSyn : kAck;
}

bool YamuxSession::has_output() const {
  if (go_away_queued_) return true;
  if (error_) return false;
  const bool has_data =
      std::any_of(turns_.begin(), turns_.end(), [](const auto& turn) { return !turn.empty(); });
  return has_data || !pongs_.empty() || !resets_.empty() || !updates_.empty() || ping_queued_;
}

void YamuxSession::fill(Bytes& out, std::size_t room, std::size_t bulk_room) {
  OL_CHECK(room >= 64, "room for a few frames");
  const std::size_t limit = out.size() + room;
  const std::size_t bulk_limit = out.size() + std::min(room, bulk_room);
  fill_session(out, limit);
  if (error_) return;
  fill_updates(out, limit);
  fill_data(out, limit, bulk_limit);
}

void YamuxSession::fill_session(Bytes& out, std::size_t limit) {
  const auto has_room = [&] { return limit - out.size() >= kYamuxHeaderBytes; };
  if (go_away_queued_) {
    append_header(out, kGoAway, 0, 0, static_cast<std::uint32_t>(*go_away_queued_));
    go_away_queued_.reset();
  }
  if (error_) return;
  while (!pongs_.empty() && has_room()) {
    append_header(out, kPing, kAck, 0, pongs_.front());
    pongs_.pop_front();
  }
  if (ping_queued_ && has_room()) {
    append_header(out, kPing, kSyn, 0, ping_value_);
    ping_queued_ = false;
  }
  while (!resets_.empty() && has_room()) {
    append_header(out, kWindowUpdate, kRst, resets_.front(), 0);
    resets_.pop_front();
  }
}

void YamuxSession::fill_updates(Bytes& out, std::size_t limit) {
  while (!updates_.empty() && limit - out.size() >= 2 * kYamuxHeaderBytes) {
    const StreamId id = updates_.front();
    updates_.pop_front();
    const auto at = streams_.find(id);
    // The entry may be of a stream that is gone, or of an older one with the same id.
    if (at == streams_.end() || !std::exchange(at->second.update_queued, false)) continue;
    Stream& stream = at->second;
    std::uint32_t credit = stream.window - stream.credit - stream.unconsumed;
    if (credit < stream.window / 2 || stream.fin_received) credit = 0;
    const std::uint16_t flags = opening_flags(stream);
    if (flags != 0 || credit > 0) {
      append_header(out, kWindowUpdate, flags, id, credit);
      stream.credit += credit;
    }
    // Alone on an empty frame: some receivers act on FIN before the data that comes with it.
    if (!stream.write_closed || stream.queued > 0 || stream.fin_sent) continue;
    append_header(out, kWindowUpdate, kFin, id, 0);
    stream.fin_sent = true;
    erase_if_done(id);
  }
}

void YamuxSession::fill_data(Bytes& out, std::size_t whole_limit, std::size_t bulk_limit) {
  for (auto& turn : turns_) {
    const std::size_t limit = &turn == &turns_.back() ? bulk_limit : whole_limit;
    while (!turn.empty()) {
      if (out.size() + kYamuxHeaderBytes >= limit) return;
      const StreamId id = turn.front();
      turn.pop_front();
      const auto at = streams_.find(id);
      if (at == streams_.end() || !std::exchange(at->second.scheduled, false)) continue;
      Stream& stream = at->second;
      write_data(out, id, stream, limit - out.size() - kYamuxHeaderBytes);
      schedule(id, stream);
      if (stream.queued == 0 && stream.write_closed) queue_update(id, stream);
      note_writable(id, stream);
    }
  }
}

void YamuxSession::write_data(Bytes& out, StreamId id, Stream& stream, std::size_t room) {
  std::size_t left =
      std::min({room, kYamuxDataBytesMax, stream.queued, std::size_t{stream.send_credit}});
  OL_CHECK(left > 0, "a scheduled stream has data and credit");
  append_header(out, kData, opening_flags(stream), id, static_cast<std::uint32_t>(left));
  stream.send_credit -= static_cast<std::uint32_t>(left);
  stream.queued -= left;
  stream.unanswered += left;
  while (left > 0) {
    Chunk& chunk = stream.queue.front();
    const ByteView rest = ByteView(*chunk.bytes).subspan(chunk.sent);
    const ByteView piece = rest.first(std::min(left, rest.size()));
    append(out, piece);
    chunk.sent += piece.size();
    left -= piece.size();
    if (piece.size() == rest.size()) stream.queue.pop_front();
  }
}

void YamuxSession::note_writable(StreamId id, Stream& stream) {
  if (!stream.was_full || stream.queued > limits_.send_low_water) return;
  stream.was_full = false;
  if (!stream.write_closed) events_.emplace_back(YamuxWritable{id});
}

}  // namespace ol::p2p
