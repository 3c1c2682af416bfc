#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <ol/p2p/delimited.hpp>
#include <ol/p2p/gossip_router.hpp>
#include <ol/p2p/host.hpp>
#include <ol/p2p/rate_limit.hpp>

namespace ol::p2p {

/// Gossipsub on a host: two one-way streams per peer, the router between them.
/// Source: libp2p gossipsub 1.0 to 1.2 specs.
class GossipProtocol final : public ProtocolHandler {
 public:
  /// Judges a message on the host's thread; GossipVerdict::Accept is its delivery. Nothing: `judge`
  /// will be called.
  using Validate =
      std::function<std::optional<GossipVerdict>(const GossipMessage&, const PeerId& from)>;

  /// @param host  Borrowed; the protocols are registered with it.
  /// @param key   Signs under StrictSign. Borrowed.
  GossipProtocol(Host& host, const IdentityKey& key, GossipParameters parameters,
                 Validate validate);

  void join(const std::string& topic);
  void leave(const std::string& topic);
  [[nodiscard]] Result<GossipPublished, GossipPublishError> publish(const std::string& topic,
                                                                    ByteView data);
  /// The same with a signing of the message's own (GossipParameters::either_topics).
  [[nodiscard]] Result<GossipPublished, GossipPublishError> publish(const std::string& topic,
                                                                    ByteView data,
                                                                    GossipSigning signing);
  /// The verdict that `Validate` left open.
  void judge(const MessageId& id, GossipVerdict verdict);
  /// Replaces GossipParameters::direct.
  void set_direct(std::set<PeerId> peers);
  [[nodiscard]] GossipRouter& router() { return router_; }
  /// What is held for a peer: what it has begun to say or waits to be read, and what waits to be
  /// sent to it and is not on a stream yet.
  [[nodiscard]] std::size_t held_bytes(const PeerId& peer) const;

  void on_peer_identified(const PeerId& peer) override;
  void on_peer_disconnected(const PeerId& peer) override;
  void on_stream_opened(StreamKey key, const PeerId& peer, std::string_view protocol,
                        bool inbound) override;
  void on_stream_data(StreamKey key, ByteView bytes) override;
  void on_stream_ended(StreamKey key) override;
  void on_stream_failed(StreamKey key, std::string_view why) override;
  void on_stream_writable(StreamKey key) override;
  void on_tick(TimePoint now) override;

 private:
  /// Streams to one peer are opened this far apart, or a peer that resets each would keep us busy.
  static constexpr Duration kReopenPause = std::chrono::seconds{1};

  struct Peer {
    std::optional<StreamKey> outbound;
    bool is_open = false;  // the outbound stream may be written to
    std::optional<StreamKey> inbound;
    TimePoint tried_at;               // to open ours
    std::optional<InboundRate> rate;  // of the peer: a new stream begins nothing anew
    std::optional<TimePoint> reopen_at;
  };
  struct Inbound {
    PeerId peer;
    DelimitedReader reader{kGossipRpcBytesMax};
    std::optional<TimePoint> part_since;  // an unfinished RPC lies in the reader
    Bytes backlog;  // came while reading was paused; not consumed, so the window bounds it
  };

  void open(const PeerId& id);
  [[nodiscard]] bool speaks_gossip(const PeerId& id) const;
  void ensure_peer(const PeerId& id, StreamKey key);
  /// Where a peer counts (P6); empty for those that are known and so may share an address.
  [[nodiscard]] std::string counted_ip(const PeerId& id, const std::optional<Multiaddr>& remote);
  void recount_ips();
  /// Consumes what is read; what comes too fast is kept.
  void read(StreamKey key, ByteView bytes);
  /// Why the RPC may not be, or nothing.
  [[nodiscard]] std::string take(StreamKey key, const PeerId& id, ByteView rpc);
  void resume_reading(TimePoint now);
  void lose(StreamKey key);
  void cut_slow_senders(TimePoint now);
  /// Judges what has come and sends what waits.
  void pump();
  void handle(GossipEvent event);
  void flush(const PeerId& id);

  Host& host_;
  GossipRouter router_;
  Validate validate_;
  std::map<PeerId, Peer> peers_;
  std::map<StreamKey, Inbound> inbound_;
  std::map<StreamKey, PeerId> outbound_;
  std::optional<TimePoint> next_heartbeat_;
  bool pumping_ = false;
};

}  // namespace ol::p2p
