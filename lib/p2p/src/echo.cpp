#include <ol/p2p/echo.hpp>

namespace ol::p2p {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

/// Byte `at` of what a client sends: differs from place to place, so that a shift shows.
std::uint8_t pattern_at(std::size_t at) {
  return static_cast<std::uint8_t>(at * 31 + (at >> 8) * 7 + (at >> 16));
}

}  // namespace

EchoProtocol::EchoProtocol(Host& host) : host_(host) {
  host_.add_protocol({std::string(kId)}, *this, {256, StreamPriority::Bulk});
}

void EchoProtocol::on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) {
  streams_[key];
}

void EchoProtocol::on_stream_data(StreamKey key, ByteView bytes) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  Bytes& backlog = at->second.backlog;
  if (backlog.empty() && give_back(key, bytes)) {
    host_.consume(key, bytes.size());
    return;
  }
  append(backlog, bytes);
}

/// False if too much waits already for a peer that does not take it.
bool EchoProtocol::give_back(StreamKey key, ByteView piece) {
  if (host_.queued_bytes(key) + piece.size() > kQueuedBytesMax) return false;
  return host_.write(key, to_bytes(piece));
}

void EchoProtocol::on_stream_writable(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end() || at->second.backlog.empty()) return;
  Bytes& backlog = at->second.backlog;
  // In pieces: the whole backlog may be more than the queue takes at once.
  constexpr std::size_t kPiece = std::size_t{256} << 10;
  std::size_t done = 0;
  while (done < backlog.size()) {
    const ByteView piece = ByteView(backlog).subspan(done, std::min(kPiece, backlog.size() - done));
    if (!give_back(key, piece)) break;
    done += piece.size();
  }
  backlog.erase(backlog.begin(), backlog.begin() + static_cast<std::ptrdiff_t>(done));
  host_.consume(key, done);
  if (!backlog.empty() || !at->second.ended) return;
  streams_.erase(at);
  host_.close_write(key);
}

void EchoProtocol::on_stream_ended(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  at->second.ended = true;
  if (!at->second.backlog.empty()) return;
  streams_.erase(at);
  host_.close_write(key);
}

void EchoProtocol::on_stream_failed(StreamKey key, std::string_view) {
  streams_.erase(key);
}

void EchoClient::run(const PeerId& peer, std::size_t bytes, unsigned streams, Done done) {
  bytes_ = bytes;
  done_ = std::move(done);
  for (unsigned i = 0; i < streams; ++i) {
    const auto key = host_.open_stream(peer, {std::string(EchoProtocol::kId)}, *this);
    if (!key) {
      finish("no room for a stream");
      return;
    }
    streams_[*key];
  }
}

void EchoClient::on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) {
  const auto at = streams_.find(key);
  if (at != streams_.end()) send(key, at->second);
}

void EchoClient::on_stream_writable(StreamKey key) {
  const auto at = streams_.find(key);
  if (at != streams_.end()) send(key, at->second);
}

void EchoClient::send(StreamKey key, Stream& stream) {
  while (stream.sent < bytes_) {
    Bytes piece(std::min(kPieceBytes, bytes_ - stream.sent));
    for (std::size_t i = 0; i < piece.size(); ++i)
      piece[i] = pattern_at(stream.sent + i);
    const std::size_t size = piece.size();
    if (!host_.write(key, std::move(piece))) return;
    stream.sent += size;
  }
  host_.close_write(key);
}

void EchoClient::on_stream_data(StreamKey key, ByteView bytes) {
  host_.consume(key, bytes.size());
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  for (const std::uint8_t byte : bytes) {
    if (byte != pattern_at(at->second.received)) {
      finish("a byte came back changed");
      return;
    }
    at->second.received += 1;
  }
}

void EchoClient::on_stream_ended(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  if (at->second.received != bytes_) {
    finish("ended after " + std::to_string(at->second.received) + " of " + std::to_string(bytes_) +
           " bytes");
    return;
  }
  streams_.erase(at);
  if (streams_.empty()) finish(std::nullopt);
}

void EchoClient::on_stream_failed(StreamKey key, std::string_view why) {
  if (streams_.erase(key) > 0) finish("stream failed: " + std::string(why));
}

void EchoClient::finish(const std::optional<std::string>& problem) {
  for (const auto& [key, stream] : std::exchange(streams_, {}))
    host_.reset(key);
  if (const Done done = std::exchange(done_, nullptr)) done(problem);
}

}  // namespace ol::p2p
