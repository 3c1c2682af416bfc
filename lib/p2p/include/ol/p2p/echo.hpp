#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <ol/p2p/host.hpp>

namespace ol::p2p {

/// /echo/1.0.0: every byte comes back, and the half-close after the half-close. For tests of
/// interoperability; registered only when asked for.
class EchoProtocol final : public ProtocolHandler {
 public:
  static constexpr std::string_view kId = "/echo/1.0.0";
  /// Of one stream, that the peer gives no credit for. What comes beyond stays in its window.
  static constexpr std::size_t kQueuedBytesMax = std::size_t{1} << 20;

  /// @param host  Borrowed; the protocol is registered with it.
  explicit EchoProtocol(Host& host);

  void on_stream_opened(StreamKey key, const PeerId& peer, std::string_view protocol,
                        bool inbound) override;
  void on_stream_data(StreamKey key, ByteView bytes) override;
  void on_stream_ended(StreamKey key) override;
  void on_stream_failed(StreamKey key, std::string_view why) override;
  void on_stream_writable(StreamKey key) override;

 private:
  [[nodiscard]] bool give_back(StreamKey key, ByteView piece);

  /// Bytes the send queue had no room for. They are not consumed yet, so the stream's window bounds
  /// them.
  struct Stream {
    Bytes backlog;
    bool ended = false;
  };

  Host& host_;
  std::map<StreamKey, Stream> streams_;
};

/// Sends the same number of bytes over several streams at once and checks that they come back.
class EchoClient final : public ProtocolHandler {
 public:
  /// Called once: nothing if everything came back, or what went wrong.
  using Done = std::function<void(const std::optional<std::string>& problem)>;

  explicit EchoClient(Host& host) : host_(host) {}

  /// @pre streams >= 1; no run is under way.
  void run(const PeerId& peer, std::size_t bytes, unsigned streams, Done done);

  void on_stream_opened(StreamKey key, const PeerId& peer, std::string_view protocol,
                        bool inbound) override;
  void on_stream_data(StreamKey key, ByteView bytes) override;
  void on_stream_ended(StreamKey key) override;
  void on_stream_failed(StreamKey key, std::string_view why) override;
  void on_stream_writable(StreamKey key) override;

 private:
  struct Stream {
    std::size_t sent = 0;
    std::size_t received = 0;
  };

  void send(StreamKey key, Stream& stream);
  void finish(const std::optional<std::string>& problem);

  Host& host_;
  std::size_t bytes_ = 0;
  Done done_;
  std::map<StreamKey, Stream> streams_;
};

}  // namespace ol::p2p
