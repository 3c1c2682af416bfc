#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ol/p2p/connection_gate.hpp>
#include <ol/p2p/multiaddr.hpp>
#include <ol/p2p/muxed_connection.hpp>

/// A libp2p node without I/O: its connections, who may connect, and the protocols it speaks.
/// Source: docs/protocol/libp2p.md; limits from libp2p.md section 11.
namespace ol::p2p {

/// Names a connection for as long as it exists; never reused.
using ConnectionId = std::uint64_t;

/// Names a stream of a connection.
struct StreamKey {
  ConnectionId connection = 0;
  StreamId stream = 0;

  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

/// Fills its argument with random bytes: the system's generator, or a seeded one in tests.
using RandomSource = std::function<void(std::span<std::uint8_t>)>;

struct HostConfig {
  AddressProfile profile = AddressProfile::Public;
  std::vector<Multiaddr> announced;  // what identify tells others
  std::string protocol_version = "/openliquid/1";
  std::string agent_version = "openliquid";
  HostLimits limits;
  YamuxLimits yamux;
  ConnectionTimes times;
  /// Validators and other peers that are known: slots of their own, never banned.
  std::set<PeerId> reserved;
  /// Of a private network: nobody but `reserved` may connect.
  bool reserved_only = false;
};

/// Bytes on the wire, of all connections.
struct HostCounters {
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// How streams of a protocol are treated.
struct ProtocolPolicy {
  std::size_t inbound_streams = 16;  // per connection
  StreamPriority priority = StreamPriority::Normal;
};

/// Speaks one or more protocols. Called by the host on its thread; it may call the host back.
class ProtocolHandler {
 public:
  virtual ~ProtocolHandler() = default;

  /// The first connection to a peer is ready; the last one is gone.
  virtual void on_peer_connected(const PeerId&) {}
  virtual void on_peer_disconnected(const PeerId&) {}
  /// Identify has told which protocols the peer speaks.
  virtual void on_peer_identified(const PeerId&) {}

  /// A stream is ready, opened by either side.
  virtual void on_stream_opened(StreamKey, const PeerId&, std::string_view /*protocol*/,
                                bool /*inbound*/) {}
  /// Bytes came. Call `Host::consume` once they are used.
  virtual void on_stream_data(StreamKey, ByteView) = 0;
  /// The peer sends no more.
  virtual void on_stream_ended(StreamKey) = 0;
  /// The stream is gone: reset, not agreed on, or its connection ended. Nothing follows.
  virtual void on_stream_failed(StreamKey, std::string_view /*why*/) = 0;
  virtual void on_stream_writable(StreamKey) {}
  virtual void on_tick(TimePoint) {}
};

/// What identify told about a peer, checked and bounded.
struct PeerInfo {
  std::set<std::string, std::less<>> protocols;
  std::vector<Multiaddr> addresses;
  std::string protocol_version;
  std::string agent_version;
  std::optional<Multiaddr> observed;  // our address as the peer sees it
};

/// Hears of connections; the application behind the protocols.
class HostObserver {
 public:
  virtual ~HostObserver() = default;
  virtual void on_ready(ConnectionId, const PeerId&) {}
  virtual void on_identified(const PeerId&, const PeerInfo&) {}
  virtual void on_ended(ConnectionId, const std::optional<PeerId>&, EndReason, const std::string&) {
  }
};

/// A connection the driver must make.
struct DialRequest {
  ConnectionId id = 0;
  TcpTarget target;
};

/// A connection the driver must close once `last_bytes` are written.
struct FinishedConnection {
  ConnectionId id = 0;
  Bytes last_bytes;
};

/// The host. The driver reports sockets and time and moves bytes; protocols and the application use
/// the rest. Single-threaded.
class Host {
 public:
  /// @param identity  Borrowed; must outlive the host, as must every handler and the observer.
  Host(HostConfig config, const NoiseIdentity& identity, const PublicKey& key, RandomSource random,
       TimePoint now);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void add_protocol(std::vector<std::string> ids, ProtocolHandler& handler,
                    const ProtocolPolicy& policy);
  void set_observer(HostObserver& observer) { observer_ = &observer; }

  // The driver's side.

  /// A socket was accepted. On refusal close it at once.
  [[nodiscard]] Result<ConnectionId, HostRefusal> on_accepted(const Multiaddr& remote,
                                                              TimePoint now);
  [[nodiscard]] std::optional<DialRequest> next_dial();
  void on_connected(ConnectionId id, const Multiaddr& remote, TimePoint now);
  /// The dial failed, or the socket broke or was closed.
  void on_lost(ConnectionId id, EndReason reason, std::string text, TimePoint now);
  void on_received(ConnectionId id, ByteView bytes, TimePoint now);
  /// Connections that may have something to send, each once.
  [[nodiscard]] std::vector<ConnectionId> take_dirty();
  /// Appends what a connection has to send.
  void poll_transmit(ConnectionId id, Bytes& out, TimePoint now);
  void on_written(ConnectionId id, TimePoint now);
  [[nodiscard]] std::optional<FinishedConnection> next_finished();
  /// Time passes. Call it every 100 ms or so.
  void tick(TimePoint now);

  // The application's side.

  /// Begins a dial. With a trailing /p2p only that peer is accepted.
  [[nodiscard]] Result<ConnectionId, HostRefusal> dial(const Multiaddr& address);
  void close(ConnectionId id, EndReason reason, std::string text);
  /// The connection is about to be closed and serves `last_words` alone from now on: no other
  /// protocol hears of it, its streams of others end, and it counts for nobody as a way to the
  /// peer. Call it in HostObserver::on_ready or later.
  void retire(ConnectionId id, const ProtocolHandler& last_words);
  void disconnect(const PeerId& peer, EndReason reason, const std::string& text);
  /// Ends the connections of a peer and refuses it for a time. A peer that ends as Misbehaved or
  /// YamuxViolation is banned for HostLimits::ban_time by itself. Reserved peers never are.
  void ban(const PeerId& peer, Duration time, const std::string& reason);
  void unban(const PeerId& peer) { gate_.unban(peer); }
  [[nodiscard]] const std::map<PeerId, HostBan>& bans() const { return gate_.bans(); }
  /// A stranger from there was banned by the application (ConnectionGate::note_ban_of_address).
  void note_ban_of_address(const Multiaddr& remote, Duration time) {
    gate_.note_ban_of_address(remote, now_ + time);
  }
  /// Replaces HostConfig::reserved, as when the set of validators changes.
  void set_reserved(std::set<PeerId> peers);
  /// Where reserved peers are: who comes from there finds places of HostLimits::upgrades_reserved
  /// and does not wait for failures of others. Replaces what was known.
  void set_reserved_addresses(const std::vector<Multiaddr>& addresses);

  /// Opens a stream for the first of `protocols` that the peer speaks. If identify has announced
  /// one, only that is proposed and `lazy` lets the caller write at once; `on_stream_opened` is
  /// called in every case, after this returns.
  [[nodiscard]] std::optional<StreamKey> open_stream(const PeerId& peer,
                                                     const std::vector<std::string>& protocols,
                                                     ProtocolHandler& handler);
  /// The same with a priority of the stream's own instead of its protocol's. Whatever an urgent
  /// stream has to send leaves before all others; of bulk streams at most kBulkAheadBytesMax and
  /// what the socket holds (kUnsentBytesMax of tcp_host.cpp) are ahead of it.
  [[nodiscard]] std::optional<StreamKey> open_stream(const PeerId& peer,
                                                     const std::vector<std::string>& protocols,
                                                     ProtocolHandler& handler,
                                                     StreamPriority priority);
  /// The same on one connection of several that a peer may have for a moment.
  [[nodiscard]] std::optional<StreamKey> open_stream_on(ConnectionId connection,
                                                        const std::vector<std::string>& protocols,
                                                        ProtocolHandler& handler,
                                                        StreamPriority priority);
  /// Changes a stream's priority, for what it has queued as well.
  void set_priority(StreamKey key, StreamPriority priority);
  [[nodiscard]] bool write(StreamKey key, SharedBytes bytes);
  [[nodiscard]] bool write(StreamKey key, Bytes bytes) {
    return write(key, share(std::move(bytes)));
  }
  /// Half-closes: what is queued is sent first.
  void close_write(StreamKey key);
  /// Kills a stream. Its handler hears nothing more of it.
  void reset(StreamKey key);
  void consume(StreamKey key, std::size_t bytes);
  [[nodiscard]] std::size_t queued_bytes(StreamKey key) const;
  /// Of all streams of a connection but those of one handler.
  [[nodiscard]] std::size_t queued_bytes_beside(ConnectionId id,
                                                const ProtocolHandler& handler) const;

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] const PeerId& self() const { return self_; }
  [[nodiscard]] const PublicKey& key() const { return key_; }
  [[nodiscard]] const HostConfig& config() const { return config_; }
  [[nodiscard]] const ProtocolSet& protocols() const { return protocol_ids_; }
  void set_announced(std::vector<Multiaddr> addresses) { config_.announced = std::move(addresses); }
  void random(std::span<std::uint8_t> out) { random_(out); }
  [[nodiscard]] std::uint64_t random_u64();

  [[nodiscard]] bool is_connected(const PeerId& peer) const { return peers_.contains(peer); }
  /// Whether a connection to the peer is being made by us.
  [[nodiscard]] bool is_dialling(const PeerId& peer) const;
  [[nodiscard]] std::vector<PeerId> connected_peers() const;
  [[nodiscard]] const PeerInfo* info(const PeerId& peer) const;
  void set_info(const PeerId& peer, PeerInfo info);
  [[nodiscard]] std::optional<PeerId> peer_of(ConnectionId id) const;
  [[nodiscard]] std::optional<Multiaddr> remote_of(ConnectionId id) const;
  /// Where the connection that is used for the peer comes from or goes to.
  [[nodiscard]] std::optional<Multiaddr> remote_of(const PeerId& peer) const;
  /// Whether we dialled the connection that is used for the peer.
  [[nodiscard]] bool is_outbound(const PeerId& peer) const;
  /// Whether we dialled this one.
  [[nodiscard]] bool is_dialled(ConnectionId id) const;
  /// Whether its peer has opened a stream for a protocol of ours.
  [[nodiscard]] bool has_been_asked(ConnectionId id) const;
  [[nodiscard]] std::size_t connection_count() const { return connections_.size(); }
  [[nodiscard]] const HostCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t stream_count() const { return streams_.size(); }
  /// Streams of a connection, those without an agreed protocol among them.
  [[nodiscard]] std::size_t stream_count(ConnectionId id) const;
  /// How often each limit refused a connection or dial, and why connections ended, by name.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& refusals() const { return refusals_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& endings() const { return endings_; }

 private:
  struct Connection {
    std::unique_ptr<MuxedConnection> machine;  // absent while the socket is connecting
    std::optional<Multiaddr> remote;
    std::optional<PeerId> expected;
    std::optional<PeerId> peer;  // once ready
    bool outbound = false;
    bool reserved_place = false;  // of HostLimits::upgrades_reserved
    bool dirty = false;
    bool ended = false;
    bool asked = false;  // the peer has opened a stream for a protocol of ours
    TimePoint begun;
    std::optional<TimePoint> close_at;            // a duplicate's last moment
    const ProtocolHandler* last_words = nullptr;  // set once it is retired
  };
  struct Stream {
    ProtocolHandler* handler = nullptr;
    std::string protocol;
    bool inbound = false;
    bool opened = false;
    bool write_closed = false;
    bool ended = false;
  };
  struct Protocol {
    ProtocolHandler* handler = nullptr;
    ProtocolPolicy policy;
  };
  struct Peer {
    std::vector<ConnectionId> connections;  // ready ones, oldest first
    std::optional<PeerInfo> info;
    bool announced = false;  // protocols know that it is connected
  };

  [[nodiscard]] std::unique_ptr<MuxedConnection> make_machine(const Connection& connection);
  void pump(ConnectionId id);
  void handle(ConnectionId id, ConnectionEvent event);
  void on_ready(ConnectionId id, const PeerId& peer);
  void on_stream_opened(StreamKey key, const StreamOpened& event);
  void on_stream_data(StreamKey key, const StreamData& event);
  void on_stream_ended(StreamKey key);
  void on_stream_failed(StreamKey key, const std::string& why);
  void on_ended(ConnectionId id, const ConnectionEnded& event);
  void fail_streams(ConnectionId id, const std::string& why);
  void forget_connection(ConnectionId id, const PeerId& peer);
  void resolve_duplicates(const PeerId& peer);
  void mark_dirty(ConnectionId id, Connection& connection);
  void deliver_opened();
  [[nodiscard]] ConnectionId best_connection(const Peer& peer) const;
  [[nodiscard]] InboundCensus count_inbound(const Multiaddr& remote) const;
  /// The oldest connection that has not said a byte, among those that count towards the limit
  /// which refuses a newcomer; nothing if there is none.
  [[nodiscard]] std::optional<ConnectionId> evictable(HostRefusal refusal,
                                                      const Multiaddr& newcomer) const;
  [[nodiscard]] Result<ConnectionId, HostRefusal> refuse(HostRefusal refusal);
  [[nodiscard]] std::optional<HostRefusal> refuse_dial(const Multiaddr& address) const;
  /// Why a peer that has proved its identity may not stay; nothing if it may.
  [[nodiscard]] std::optional<ConnectionEnded> refuse_peer(const Connection& connection,
                                                           const PeerId& peer) const;
  [[nodiscard]] Connection* find(ConnectionId id);
  [[nodiscard]] const Connection* find(ConnectionId id) const;

  HostConfig config_;
  const NoiseIdentity& identity_;
  PublicKey key_;
  PeerId self_;
  RandomSource random_;
  HostObserver* observer_ = nullptr;
  TimePoint now_;
  ConnectionId next_id_ = 1;
  std::map<ConnectionId, Connection> connections_;
  std::map<StreamKey, Stream> streams_;
  std::map<PeerId, Peer> peers_;
  std::map<std::string, Protocol, std::less<>> protocols_;
  ProtocolSet protocol_ids_;
  std::vector<ProtocolHandler*> handlers_;
  std::deque<DialRequest> dials_;
  std::deque<ConnectionId> finished_;
  std::deque<StreamKey> lazily_opened_;  // on_stream_opened is owed
  std::vector<ConnectionId> dirty_;
  ConnectionGate gate_;
  std::set<std::string> reserved_ips_;
  std::map<std::string, std::uint64_t> refusals_;
  std::map<std::string, std::uint64_t> endings_;
  HostCounters counters_;
};

}  // namespace ol::p2p
