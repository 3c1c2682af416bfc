#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>

#include <ol/p2p/host.hpp>

namespace ol::p2p {

/// /ipfs/ping/1.0.0: 32 bytes there and back. Source: libp2p ping spec.
class PingProtocol final : public ProtocolHandler {
 public:
  static constexpr std::string_view kId = "/ipfs/ping/1.0.0";
  static constexpr std::size_t kPayloadBytes = 32;
  /// Per stream; a peer that asks for more is cut off.
  static constexpr unsigned kPingsPerSecond = 10;
  static constexpr Duration kTimeout = std::chrono::seconds{10};

  /// The round trip, or why there is none.
  using Done = std::function<void(const PeerId&, Result<Duration, std::string>)>;

  /// @param host  Borrowed; the protocol is registered with it.
  explicit PingProtocol(Host& host);

  /// Sends one ping. `done` is called exactly once unless the protocol is destroyed before.
  void ping(const PeerId& peer, Done done);

  void on_stream_opened(StreamKey key, const PeerId& peer, std::string_view protocol,
                        bool inbound) override;
  void on_stream_data(StreamKey key, ByteView bytes) override;
  void on_stream_ended(StreamKey key) override;
  void on_stream_failed(StreamKey key, std::string_view why) override;
  void on_tick(TimePoint now) override;

 private:
  struct Stream {
    bool inbound = false;
    PeerId peer;
    std::array<std::uint8_t, kPayloadBytes> sent{};  // outbound
    Bytes received;
    TimePoint since;     // sent at; for an inbound stream the start of the second
    unsigned count = 0;  // pings answered in this second
    Done done;
  };

  [[nodiscard]] bool answer(StreamKey key, Stream& stream, ByteView bytes);
  void finish(StreamKey key, Result<Duration, std::string> result);

  Host& host_;
  std::map<StreamKey, Stream> streams_;
};

}  // namespace ol::p2p
