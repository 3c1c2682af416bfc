#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/channel.hpp>
#include <ol/p2p/gossip_verdict.hpp>
#include <ol/p2p/multiaddr.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/p2p/shared_bytes.hpp>

/// What the node needs of a peer-to-peer network. Knows peers, channels, topics and bytes; what the
/// bytes mean is the node's business. `make_stack_network` (stack_network.hpp) is the one on
/// libp2p.
namespace ol::p2p {

enum class Direction : std::uint8_t { Inbound, Outbound };

/// Why a connection ended. `describe` gives the name used in logs and metric labels. The numbers
/// are in goodbye messages: docs/protocol/p2p.md.
enum class CloseCode : std::uint8_t {
  Stopped = 0,            // this node, or the peer, is shutting down
  ConnectFailed = 1,      // the dial found nobody: refused, unreachable, name not found
  ConnectionLost = 2,     // the peer closed the connection or the network broke it
  HandshakeFailed = 3,    // Noise refused what the peer sent
  HandshakeTimeout = 4,   // not ready within the handshake deadline
  WrongPeer = 5,          // somebody else answered than the peer that was dialled
  SelfConnection = 6,     // the peer is this node
  NotAllowed = 7,         // not a configured or allowed peer
  Banned = 8,             // banned by one of the two sides
  TooManyPeers = 9,       // the limit for peers that are not configured is reached
  HelloRefused = 10,      // one side did not accept the other's hello
  Duplicate = 11,         // another live link to this peer exists
  Replaced = 12,          // the peer opened a newer link
  SlowPeer = 13,          // messages that must not be dropped found the queue full
  KeepAliveTimeout = 14,  // nothing heard for too long
  ProtocolError = 15,     // bytes that docs/protocol/p2p.md does not allow
  LocalRequest = 16,      // the application asked for it
  Rotated = 17,           // the place of a peer that is not configured went to a newcomer
};
inline constexpr std::size_t kCloseCodeCount = 18;

/// The code's name, such as "slow_peer".
[[nodiscard]] const char* describe(CloseCode code);

struct CloseReason {
  CloseCode code = CloseCode::ConnectionLost;
  std::string text;  // a phrase for people; printable ASCII even where the peer wrote it
};

/// Whether a peer's next messages may be delivered.
enum class Flow : std::uint8_t {
  Continue,
  Pause,  // stop reading from this peer until resume_reading(); TCP slows the sender down
};

/// A connection that ended before its peer counted as connected.
struct LinkFailure {
  std::optional<PeerId> peer;  // the dialled or authenticated peer, as far as known
  std::string address;         // host:port of the remote end
  Direction direction = Direction::Inbound;
  CloseReason reason;
};

/// What the network tells the node. Every call comes from the thread inside `Network::run` and must
/// return quickly; a handler may call any member of Network except `run`.
class NetworkHandler {
 public:
  virtual ~NetworkHandler() = default;

  /// Decides on the hello of an authenticated peer. Bytes from outside.
  /// @return nothing to accept, or why not; the phrase reaches the logs of both sides.
  virtual std::optional<std::string> check_hello(const PeerId& peer, ByteView hello) = 0;
  /// Both sides accepted each other. Exactly one disconnect follows for each.
  virtual void on_peer_connected(const PeerId& peer, Direction direction) = 0;
  virtual void on_peer_disconnected(const PeerId& peer, const CloseReason& reason) = 0;
  /// `payload` is within message_bytes_max(channel). Only between connect and disconnect.
  virtual Flow on_message(const PeerId& peer, Channel channel, Bytes payload) = 0;
  /// For logs; the network retries configured peers by itself.
  virtual void on_link_failed(const LinkFailure& failure) = 0;
  /// A message of a topic that was joined, the first with its id.
  /// @param from  Who passed it on, not who wrote it; any peer, connected in the sense above or
  /// not.
  /// @return what to do with it, or nothing: `Network::judge` will be called with its id. Until
  /// then it is passed on to nobody.
  virtual std::optional<GossipVerdict> on_gossip(const PeerId& from, const std::string& topic,
                                                 const std::string& id, ByteView payload);
};

/// A peer to stay connected to.
struct PeerEndpoint {
  PeerId id;
  std::string host;  // literal address or name
  std::uint16_t port = 0;
};

/// What one peer, or all peers together, may use.
struct NetworkLimits {
  /// Queued for one peer, the last quarter for consensus. Must hold the largest message.
  std::size_t peer_queue_bytes_max = std::size_t{40} << 20;
  /// Handed to `send` and `broadcast` and not yet taken over by the network's thread.
  std::size_t inbox_bytes_max = std::size_t{128} << 20;
  /// Connections in all, handshakes included.
  std::size_t connections_max = 192;
  /// Connected peers that are not configured; 0 means that only configured and allowed peers may
  /// connect.
  std::size_t unknown_peers_max = 0;
  /// Connections that are not ready yet, in all and from one IPv4 address or IPv6 /64.
  std::size_t handshakes_max = 64;
  std::size_t handshakes_per_ip_max = 16;
  /// On top of those, for addresses of configured and allowed peers alone.
  std::size_t handshakes_reserved = 16;
  /// Connected peers from one IPv4 address or IPv6 /64, and from one /24 or /48, configured and
  /// allowed ones not counted.
  std::size_t unknown_peers_per_ip_max = 8;
  std::size_t unknown_peers_per_prefix_max = 8;
  /// Held for all peers that are neither configured nor allowed: what they have begun to say and
  /// what waits to be sent to them.
  std::size_t strangers_bytes_max = std::size_t{256} << 20;
  /// Of consensus, and as much of everything else (gossip: GossipParameters). Faster peers are read
  /// more slowly, never disconnected. One second's worth may come at once.
  double inbound_messages_per_second = 20'000;
  double inbound_bytes_per_second = 256.0 * 1024 * 1024;
};

struct NetworkTimes {
  std::chrono::milliseconds handshake{10'000};  // TCP connect to ready
  std::chrono::milliseconds first_byte{5'000};  // TCP accept to the first byte of the peer
  /// From a message's first byte to its last, and a second more for each 32 KiB of it.
  std::chrono::milliseconds message{60'000};
  std::chrono::milliseconds ping_interval{5'000};
  std::chrono::milliseconds dead_after{15'000};  // without a single byte from the peer
  std::chrono::milliseconds redial_min{100};
  std::chrono::milliseconds redial_max{10'000};
  std::chrono::milliseconds stable_after{10'000};  // a link this old resets the redial delay
  /// When all places of peers that are not configured are taken, one goes to a newcomer this often;
  /// a place is kept this long at least.
  std::chrono::milliseconds rotation{60'000};
};

/// A topic that exists; messages of others are ignored.
struct TopicConfig {
  std::string name;
  bool join = true;        // hear its messages and pass them on; without it only publish
  bool droppable = false;  // the first to go when a peer is slow
};

struct NetworkConfig {
  std::string listen_host = "0.0.0.0";  // literal address
  std::uint16_t listen_port = 0;        // 0: the system picks one, see listening_port()
  Bytes hello;                          // shown to every peer; at most kHelloBytesMax
  std::vector<PeerEndpoint> peers;      // dialled, and always allowed in
  std::vector<PeerId> allowed;          // not dialled, but always allowed in
  std::vector<TopicConfig> topics;
  /// Where the addresses of allowed peers are kept from run to run; empty: nowhere.
  std::filesystem::path peer_store;
  std::vector<PeerId> direct;  // gossip goes to them always, whatever the mesh; never scored
  /// Whether addresses of private networks and of this machine may be learnt from others.
  AddressProfile profile = AddressProfile::Local;
  std::vector<Multiaddr> announced;  // where others reach us; empty: the listening addresses
  std::string protocol_version = "/openliquid/1";  // told in identify
  std::string agent_version = "openliquid";
  std::string kad_protocol = "/openliquid/kad/1.0.0";
  /// Serves /echo/1.0.0 and answers gossip on `interop` with its SHA-256 on `interop/ack`.
  bool test_protocols = false;
  NetworkLimits limits;
  NetworkTimes times;
};

inline constexpr std::size_t kHelloBytesMax = 1024;

struct ChannelCounters {
  std::uint64_t messages_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t messages_out = 0;  // queued for sending
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped = 0;  // not sent because the queue was full

  ChannelCounters& operator+=(const ChannelCounters& other);
};
using PerChannel = std::array<ChannelCounters, kChannelCount>;

/// A ban in force.
struct BanState {
  std::string reason;
  std::chrono::milliseconds left{0};
};
struct BannedPeer {
  PeerId peer;
  BanState ban;
};
/// So many are shown.
inline constexpr std::size_t kBansShownMax = 256;

struct PeerCounters {
  PeerId peer;
  bool configured = false;
  std::string address;  // host:port of the connection
  std::string agent;    // what identify told; from outside, bounded and printable
  std::size_t streams = 0;
  double score = 0;  // of gossip; below 0 the peer gets less of it
  std::optional<BanState> ban;
  std::chrono::milliseconds silent{0};  // since the last byte of the peer on a channel
  bool connected = false;
  bool linked = false;  // by its hello a node of this chain
  bool reading_paused = false;
  Direction direction = Direction::Inbound;
  PerChannel channels;  // since start, over all connections
  std::size_t queue_bytes = 0;
  std::size_t queue_messages = 0;
  std::uint64_t connects = 0;
  std::uint64_t dials = 0;
  std::uint64_t throttled = 0;                   // times the inbound rate limit paused reading
  std::optional<std::chrono::microseconds> rtt;  // of the last answered ping
};

struct NetworkCounters {
  PerChannel channels;
  std::uint64_t wire_bytes_in = 0;
  std::uint64_t wire_bytes_out = 0;
  std::uint64_t accepted = 0;             // TCP connections accepted
  std::uint64_t refused_connections = 0;  // by connections_max
  std::uint64_t refused_handshakes = 0;   // by handshakes_max or handshakes_per_ip_max
  std::uint64_t undeliverable = 0;        // sends to a peer that is not connected
  std::uint64_t throttled = 0;            // times the inbound rate limit paused reading
  std::array<std::uint64_t, kCloseCodeCount> closed{};  // by CloseCode, unready ones included
  std::map<std::string, std::uint64_t> refusals;  // connections and dials, by the limit's name
  std::map<std::string, std::uint64_t> endings;   // connections, by the reason's name
  std::map<std::string, std::size_t> meshes;      // peers in the mesh of each topic joined
  std::uint64_t gossip_received = 0;
  std::uint64_t gossip_duplicates = 0;
  std::uint64_t gossip_rejected = 0;
  std::uint64_t gossip_undelivered = 0;
  std::uint64_t gossip_own_undelivered = 0;       // published here, and a peer did not get it
  std::uint64_t gossip_useless = 0;               // ignored, early, rejected or repeated
  std::uint64_t gossip_wasted = 0;                // not looked at after too many of those
  std::uint64_t gossip_unjudged = 0;              // no verdict in time
  std::map<std::string, double> gossip_offences;  // counted against peers, by what they did
  std::map<std::string, std::uint64_t> gossip_incidents;  // counted against nobody, by what it was
  std::size_t known_peers = 0;                            // in the Kademlia table
  std::size_t connections = 0;
  std::size_t handshakes = 0;
  std::size_t inbox_bytes = 0;
  std::vector<PeerCounters> peers;  // configured and connected ones, in order of their ids
  std::vector<BannedPeer> bans;     // whoever it is; those that last longest, kBansShownMax of them
  std::size_t banned = 0;           // how many there are
};

enum class SendError : std::uint8_t {
  TooLarge,    // above message_bytes_max of the channel
  BadChannel,  // Channel::Control belongs to the link
  InboxFull,   // the network thread is behind; see NetworkLimits::inbox_bytes_max
};
[[nodiscard]] const char* describe(SendError error);

/// A sentence for the operator: which address could not be used, and why.
struct StartError {
  std::string text;
};

/// Encrypted, authenticated links to a set of peers. Dials every configured peer and keeps
/// dialling; at most one link per peer exists. Every member may be called from any thread; the work
/// is done by the one thread inside `run`.
class Network {
 public:
  virtual ~Network() = default;
  Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Binds the listening address. Call once, before `run`.
  [[nodiscard]] virtual Result<void, StartError> start() = 0;
  /// Serves the network on the calling thread until `stop`.
  virtual void run() = 0;
  /// Says goodbye to all peers and makes `run` return within about a second. Handlers see every
  /// connected peer disconnect before that.
  virtual void stop() = 0;
  /// Runs `task` on the thread inside `run`.
  virtual void post(std::function<void()> task) = 0;

  /// Queues a message. Delivery is not promised: a peer may be gone or too slow (counters tell).
  [[nodiscard]] virtual Result<void, SendError> send(const PeerId& peer, Channel channel,
                                                     SharedBytes payload) = 0;
  /// Queues one shared buffer for every connected peer.
  [[nodiscard]] virtual Result<void, SendError> broadcast(Channel channel, SharedBytes payload) = 0;
  /// Gives a message to everybody who wants the topic, through others if need be. One that was
  /// published or heard within the last two minutes is not repeated.
  [[nodiscard]] virtual Result<void, SendError> publish(const std::string& topic,
                                                        SharedBytes payload) = 0;
  /// The verdict on_gossip left open. What is accepted and what is published go out in the order of
  /// the calls.
  virtual void judge(const std::string& id, GossipVerdict verdict) = 0;

  /// Reads again from a peer whose message was answered with Flow::Pause.
  virtual void resume_reading(const PeerId& peer) = 0;

  /// Replaces the configured peers. Links to peers no longer listed stay until they end.
  virtual void set_peers(std::vector<PeerEndpoint> peers) = 0;
  /// Replaces the allowed peers and those that gossip goes to directly, as when the set of
  /// validators changes. Links to peers no longer listed stay until they end.
  virtual void set_allowed(std::vector<PeerId> allowed, std::vector<PeerId> direct) = 0;
  /// Closes the link, if any. A configured peer is dialled again.
  virtual void disconnect(const PeerId& peer, std::string reason) = 0;
  /// Closes the link and refuses and does not dial the peer for `duration`.
  virtual void ban(const PeerId& peer, std::chrono::milliseconds duration, std::string reason) = 0;

  [[nodiscard]] virtual const PeerId& local_id() const = 0;
  /// The bound port once started.
  [[nodiscard]] virtual std::uint16_t listening_port() const = 0;
  /// A copy at most a quarter of a second old.
  [[nodiscard]] virtual NetworkCounters counters() const = 0;
};

}  // namespace ol::p2p
