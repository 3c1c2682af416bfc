#pragma once

#include <map>
#include <optional>
#include <string>

#include <ol/p2p/delimited.hpp>
#include <ol/p2p/envelope.hpp>
#include <ol/p2p/host.hpp>
#include <ol/p2p/peer_record_store.hpp>

namespace ol::p2p {

inline constexpr std::size_t kIdentifyMessageMax = 8192;
/// go splits what does not fit one message.
inline constexpr unsigned kIdentifyMessagesMax = 10;
inline constexpr std::size_t kIdentifyProtocolsMax = 256;
inline constexpr std::size_t kIdentifyTextMax = 256;

/// The Identify message as it is on the wire; what is absent leaves a push's receiver as it was.
struct IdentifyMessage {
  std::optional<Bytes> public_key;  // serialized PublicKey
  std::vector<Bytes> listen_addresses;
  std::vector<std::string> protocols;
  std::optional<Bytes> observed_address;
  std::optional<std::string> protocol_version;
  std::optional<std::string> agent_version;
  std::optional<Bytes> signed_peer_record;

  friend bool operator==(const IdentifyMessage&, const IdentifyMessage&) = default;
};

/// Encodes the message without its length. The order of fields is js-libp2p's.
[[nodiscard]] Bytes encode(const IdentifyMessage& message);

/// Adds the fields of an encoded message to `into`; false if it is malformed or over a limit, which
/// leaves `into` half changed.
[[nodiscard]] bool merge_identify(ByteView message, IdentifyMessage& into);

/// /ipfs/id/1.0.0 and /ipfs/id/push/1.0.0: each side tells the other its key, addresses and
/// protocols once per peer, and pushes changes. Source: libp2p identify spec.
class IdentifyProtocol final : public ProtocolHandler {
 public:
  static constexpr std::string_view kId = "/ipfs/id/1.0.0";
  static constexpr std::string_view kPushId = "/ipfs/id/push/1.0.0";
  static constexpr Duration kTimeout = std::chrono::seconds{5};
  /// Pushes to one peer keep this distance.
  static constexpr Duration kPushPause = std::chrono::seconds{10};
  /// A peer that did not answer, as when the connection it was asked on was one of two and is gone,
  /// is asked again after a pause that doubles up to a maximum.
  static constexpr Duration kAskPause = std::chrono::seconds{1};
  static constexpr unsigned kAskDoublings = 4;
  /// Streams a peer may open here, of either protocol: so many at once and then one a second. What
  /// goes beyond is reset unread, and too much of that ends the connection.
  static constexpr double kOpenedAtOnce = 20;
  static constexpr double kOpenedInVainMax = 100;

  /// @param host      Borrowed; the protocols are registered with it.
  /// @param identity  Signs our peer record. Borrowed.
  /// @param sequence  The record's first sequence number: higher than any used before.
  IdentifyProtocol(Host& host, const IdentityKey& identity, std::uint64_t sequence);

  /// Our protocols or addresses have changed: tells every peer that takes pushes, soon.
  void push();

  void on_peer_connected(const PeerId& peer) override;
  void on_peer_disconnected(const PeerId& peer) override;
  void on_stream_opened(StreamKey key, const PeerId& peer, std::string_view protocol,
                        bool inbound) override;
  void on_stream_data(StreamKey key, ByteView bytes) override;
  void on_stream_ended(StreamKey key) override;
  void on_stream_failed(StreamKey key, std::string_view why) override;
  void on_tick(TimePoint now) override;

 private:
  struct Reading {
    PeerId peer;
    bool is_push = false;
    TimePoint since;
    DelimitedReader reader{kIdentifyMessageMax};
    unsigned messages = 0;
    IdentifyMessage message;
  };
  struct PushState {
    std::optional<TimePoint> last;
    bool wanted = false;
    unsigned asked = 0;  // who the peer is
    TimePoint ask_at;    // the next time, at the earliest
    std::optional<StreamKey> asking;
    double may_open = kOpenedAtOnce;  // streams, here; below zero are those in vain
    TimePoint counted_at;
  };

  [[nodiscard]] Bytes our_message(StreamKey key);
  /// Our peer record, signed anew only if it has changed.
  [[nodiscard]] const Bytes& our_record();
  void ask(const PeerId& peer, PushState& state);
  void ask_again(TimePoint now);
  void stop_asking(StreamKey key);
  /// Whether the peer may open another stream. Otherwise it is gone.
  [[nodiscard]] bool admit(StreamKey key, const PeerId& peer);
  void start_reading(StreamKey key, const PeerId& peer, bool is_push);
  void apply(const Reading& reading);

  Host& host_;
  const IdentityKey& identity_;
  std::uint64_t sequence_;
  Bytes record_;  // empty before it is asked for
  std::uint64_t recorded_sequence_ = 0;
  std::vector<Multiaddr> recorded_addresses_;
  std::map<StreamKey, Reading> readings_;
  std::map<PeerId, PushState> pushes_;
  PeerRecordStore records_;
};

}  // namespace ol::p2p
