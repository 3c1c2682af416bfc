#include <ol/p2p/ping.hpp>

#include <algorithm>

namespace ol::p2p {

PingProtocol::PingProtocol(Host& host) : host_(host) {
  host_.add_protocol({std::string(kId)}, *this, {2, StreamPriority::Urgent});
}

void PingProtocol::ping(const PeerId& peer, Done done) {
  const auto key = host_.open_stream(peer, {std::string(kId)}, *this);
  if (!key) {
    done(peer, fail(std::string("not connected, or no room for a stream")));
    return;
  }
  Stream& stream = streams_[*key];
  stream.peer = peer;
  stream.since = host_.now();
  stream.done = std::move(done);
}

void PingProtocol::on_stream_opened(StreamKey key, const PeerId& peer, std::string_view,
                                    bool inbound) {
  Stream& stream = streams_[key];
  stream.inbound = inbound;
  stream.peer = peer;
  stream.since = host_.now();
  if (inbound) return;
  host_.random(stream.sent);
  if (!host_.write(key, to_bytes(stream.sent))) finish(key, fail(std::string("stream closed")));
}

void PingProtocol::on_stream_data(StreamKey key, ByteView bytes) {
  host_.consume(key, bytes.size());
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  Stream& stream = at->second;
  if (stream.inbound) {
    if (take(key, stream, bytes)) return;
    host_.reset(key);
    streams_.erase(key);
    return;
  }
  append(stream.received, bytes);
  if (stream.received.size() < kPayloadBytes) return;
  // What follows in the same piece is as if it came later.
  if (!std::equal(stream.sent.begin(), stream.sent.end(), stream.received.begin())) {
    finish(key, fail(std::string("the answer is not what was sent")));
    return;
  }
  finish(key, host_.now() - stream.since);
}

/// Echoes as many whole pings as may be answered now. False if the stream is of no more use.
bool PingProtocol::answer(StreamKey key, Stream& stream) {
  const TimePoint now = host_.now();
  const auto earned = static_cast<std::uint64_t>((now - stream.since) / kAnswerPause);
  if (earned > 0) {
    stream.answers =
        static_cast<unsigned>(std::min<std::uint64_t>(kAnswersAtOnce, stream.answers + earned));
    stream.since += earned * kAnswerPause;
  }
  const std::size_t whole = stream.received.size() / kPayloadBytes;
  const std::size_t count = std::min<std::size_t>(whole, stream.answers);
  if (count == 0) return true;
  stream.answers -= static_cast<unsigned>(count);
  const auto end = stream.received.begin() + static_cast<std::ptrdiff_t>(count * kPayloadBytes);
  Bytes out(stream.received.begin(), end);
  stream.received.erase(stream.received.begin(), end);
  return host_.write(key, std::move(out));
}

/// Takes bytes of an inbound stream and answers what may be. False if the peer is to be cut off.
bool PingProtocol::take(StreamKey key, Stream& stream, ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t room = (kWaitingMax + 1) * kPayloadBytes - stream.received.size();
    const std::size_t piece = std::min(room, bytes.size());
    append(stream.received, bytes.first(piece));
    bytes = bytes.subspan(piece);
    if (!answer(key, stream)) return false;
    if (stream.received.size() > kWaitingMax * kPayloadBytes) return false;
  }
  return true;
}

// What waits is answered first; part of a ping is not.
void PingProtocol::on_stream_ended(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  if (!at->second.inbound) {
    finish(key, fail(std::string("the peer closed the stream")));
    return;
  }
  at->second.ended = true;
  close_if_done(key);
}

void PingProtocol::answer_later(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  if (answer(key, at->second)) {
    close_if_done(key);
    return;
  }
  streams_.erase(key);
  host_.reset(key);
}

void PingProtocol::close_if_done(StreamKey key) {
  const auto at = streams_.find(key);
  if (!at->second.ended || at->second.received.size() >= kPayloadBytes) return;
  streams_.erase(at);
  host_.close_write(key);
}

void PingProtocol::on_stream_failed(StreamKey key, std::string_view why) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  if (at->second.inbound) {
    streams_.erase(at);
  } else {
    finish(key, fail(std::string(why)));
  }
}

void PingProtocol::on_tick(TimePoint now) {
  std::vector<StreamKey> late;
  std::vector<StreamKey> waiting;
  for (const auto& [key, stream] : streams_) {
    if (!stream.inbound && now - stream.since >= kTimeout) late.push_back(key);
    if (stream.inbound && stream.received.size() >= kPayloadBytes) waiting.push_back(key);
  }
  for (const StreamKey key : waiting)
    answer_later(key);
  for (const StreamKey key : late)
    finish(key, fail(std::string("no answer in time")));
}

void PingProtocol::finish(StreamKey key, Result<Duration, std::string> result) {
  auto node = streams_.extract(key);
  if (node.empty()) return;
  if (result) {
    host_.close_write(key);
  } else {
    host_.reset(key);
  }
  if (node.mapped().done) node.mapped().done(node.mapped().peer, std::move(result));
}

}  // namespace ol::p2p
