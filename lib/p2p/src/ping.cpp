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
    if (answer(key, stream, bytes)) return;
    host_.reset(key);
    streams_.erase(key);
    return;
  }
  append(stream.received, bytes);
  if (stream.received.size() < kPayloadBytes) return;
  if (!std::equal(stream.received.begin(), stream.received.end(), stream.sent.begin(),
                  stream.sent.end())) {
    finish(key, fail(std::string("the answer is not what was sent")));
    return;
  }
  finish(key, host_.now() - stream.since);
}

/// Echoes whole pings. False once the peer asks too often or does not read.
bool PingProtocol::answer(StreamKey key, Stream& stream, ByteView bytes) {
  if (host_.now() - stream.since >= std::chrono::seconds{1}) {
    stream.since = host_.now();
    stream.count = 0;
  }
  while (!bytes.empty()) {
    const std::size_t piece = std::min(kPayloadBytes - stream.received.size(), bytes.size());
    append(stream.received, bytes.first(piece));
    bytes = bytes.subspan(piece);
    if (stream.received.size() < kPayloadBytes) return true;
    stream.count += 1;
    if (stream.count > kPingsPerSecond) return false;
    if (!host_.write(key, std::exchange(stream.received, {}))) return false;
  }
  return true;
}

void PingProtocol::on_stream_ended(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  if (at->second.inbound) {
    streams_.erase(at);
    host_.close_write(key);
    return;
  }
  finish(key, fail(std::string("the peer closed the stream")));
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
  for (const auto& [key, stream] : streams_) {
    if (!stream.inbound && now - stream.since >= kTimeout) late.push_back(key);
  }
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
