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
  /// So many of a stream are answered at once, then one each kAnswerPause: an ordinary series shows
  /// the round trip, and whoever pings in a loop without end, as go-libp2p does, is slowed down.
  static constexpr unsigned kAnswersAtOnce = 100;
  static constexpr Duration kAnswerPause = std::chrono::milliseconds{100};
  /// Pings that wait for their answer; a peer that sends more is cut off.
  static constexpr std::size_t kWaitingMax = 32;
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
    Bytes received;                     // of an inbound stream: what is not answered yet
    TimePoint since;                    // sent at; of an inbound stream: `answers` are of then
    unsigned answers = kAnswersAtOnce;  // that may be given at once
    bool ended = false;                 // inbound: the peer sends no more
    Done done;
  };

  [[nodiscard]] bool answer(StreamKey key, Stream& stream);
  [[nodiscard]] bool take(StreamKey key, Stream& stream, ByteView bytes);
  void answer_later(StreamKey key);
  void close_if_done(StreamKey key);
  void finish(StreamKey key, Result<Duration, std::string> result);

  Host& host_;
  std::map<StreamKey, Stream> streams_;
};

}  // namespace ol::p2p
