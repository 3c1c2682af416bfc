#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <ol/p2p/delimited.hpp>
#include <ol/p2p/echo.hpp>
#include <ol/p2p/gossip_protocol.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/kad_protocol.hpp>
#include <ol/p2p/ping.hpp>
#include <ol/p2p/stack_network.hpp>
#include <ol/p2p/tcp_host.hpp>

#include <ol/p2p/rate_limit.hpp>
#include "inlet.hpp"
#include "peer_table.hpp"
#include "stranger_bytes.hpp"
#include "stranger_places.hpp"

namespace ol::p2p {

inline constexpr const char* kConsensusProtocol = "/openliquid/consensus/1";
inline constexpr const char* kSyncProtocol = "/openliquid/sync/1";

/// A message with what goes before it, one allocation each for all peers it goes to.
struct FramedMessage {
  Channel channel = Channel::Control;
  SharedBytes head;  // the length and the channel
  SharedBytes body;

  [[nodiscard]] std::size_t cost() const { return body->size() + kQueuedMessageOverhead; }
};
[[nodiscard]] FramedMessage frame_message(Channel channel, SharedBytes body);

/// A stream we write on. Control messages travel on the lane of Channel::Consensus.
struct Lane {
  std::optional<StreamKey> key;
  bool open = false;  // the protocol is agreed, or known to be
  std::deque<FramedMessage> pending;
  std::size_t pending_bytes = 0;
  std::size_t messages = 0;  // handed over since the stream was last empty
};

/// What the network knows of one connection whose peer is authenticated.
struct StackSession {
  explicit StackSession(const InboundRate& rate) : consensus_rate(rate), other_rate(rate) {}

  ConnectionId id = 0;
  PeerId peer;
  Direction direction = Direction::Inbound;
  std::string ip;  // a key for counting, as is the prefix
  std::string prefix;
  std::string address;  // host:port
  TimePoint started;
  TimePoint linked_since;
  std::array<Lane, kChannelCount> lanes;
  bool speaks = false;  // our protocol, as far as is known
  bool hello_sent = false;
  bool hello_accepted = false;
  bool ready_sent = false;
  bool ready_received = false;
  bool linked = false;  // the one link with its peer
  bool lost = false;    // the peer has closed its consensus stream or refused ours
  /// The network is done with it: this is said, then the connection closed.
  std::optional<CloseReason> farewell;
  bool farewell_said = false;
  TimePoint close_at;
  TimePoint ticked;
  TimePoint heard;  // of the last byte on a channel
  TimePoint probe_started;
  std::optional<TimePoint> probe_until;  // must be heard of by then
  TimePoint next_ping;
  std::uint64_t last_ping = 0;
  TimePoint ping_sent;
  bool overflowed = false;  // there was no room for a message that must not be dropped
  bool paused_by_handler = false;
  std::array<std::uint64_t, kChannelCount> dropped{};
  // Each its own, so that consensus does not wait for what else the peer sends too fast.
  InboundRate consensus_rate;
  InboundRate other_rate;

  [[nodiscard]] bool is_open() const { return ready_sent && ready_received; }
  [[nodiscard]] bool is_paused() const {
    return paused_by_handler || consensus_rate.is_paused() || other_rate.is_paused();
  }
  [[nodiscard]] Lane& lane(Channel channel) {
    return lanes[channel_index(channel == Channel::Control ? Channel::Consensus : channel)];
  }
};

/// The Network on a libp2p host. Sessions, peers and timers belong to the thread inside `run`;
/// other threads reach them through the inbox and posted tasks.
///
/// A session is a connection with a hello and a ready in both directions; a link is the one session
/// per peer that is used. Of two connections between the same peers one must go, and both sides
/// must agree which: the peer with the smaller id decides. It is the one that says ready on one
/// session only, preferring what it dialled itself, as the host does (Host::resolve_duplicates).
/// The other side says ready on every session and follows: where it hears ready is the link.
class StackNetwork final : public Network, private HostObserver, private ProtocolHandler {
 public:
  StackNetwork(NetworkConfig config, const IdentityKey& identity, NetworkHandler& handler);
  ~StackNetwork() override;

  Result<void, StartError> start() override;
  void run() override;
  void stop() override;
  void post(std::function<void()> task) override;
  Result<void, SendError> send(const PeerId& peer, Channel channel, SharedBytes payload) override;
  Result<void, SendError> broadcast(Channel channel, SharedBytes payload) override;
  Result<void, SendError> publish(const std::string& topic, SharedBytes payload) override;
  void judge(const std::string& id, GossipVerdict verdict) override;
  void resume_reading(const PeerId& peer) override;
  void set_peers(std::vector<PeerEndpoint> peers) override;
  void set_allowed(std::vector<PeerId> allowed, std::vector<PeerId> direct) override;
  void disconnect(const PeerId& peer, std::string reason) override;
  void ban(const PeerId& peer, std::chrono::milliseconds duration, std::string reason) override;
  const PeerId& local_id() const override { return self_; }
  std::uint16_t listening_port() const override { return port_; }
  NetworkCounters counters() const override;

 private:
  enum class Farewell : std::uint8_t { Silent, Goodbye };

  struct Judgement {
    std::string id;
    GossipVerdict verdict = GossipVerdict::Ignore;
  };
  struct Outgoing {
    std::optional<PeerId> to;  // everybody if absent
    Channel channel = Channel::Gossip;
    std::optional<std::string> topic;  // published if present
    SharedBytes payload;
    std::optional<Judgement> judgement = {};  // in place of a message
  };
  struct Dialled {
    PeerId peer;
    std::string address;
  };

  // stack_network.cpp: the outside.
  [[nodiscard]] Result<void, SendError> enqueue(Outgoing message);
  void drain_inbox();
  void deliver_outgoing(const Outgoing& message);
  void reserve_places();
  void stop_now();
  [[nodiscard]] Host& host() { return tcp_.host(); }
  [[nodiscard]] GossipVerdict acknowledge(const GossipMessage& message);
  [[nodiscard]] std::optional<GossipVerdict> on_gossip_message(const GossipMessage& message,
                                                               const PeerId& from);

  // stack_counters.cpp: what it tells of itself.
  void publish_counters();
  [[nodiscard]] NetworkCounters collect();
  void collect_bans(NetworkCounters& out);
  void collect_peer(PeerCounters& out, const PeerId& peer);

  // stack_sessions.cpp: the life of a connection.
  void on_ready(ConnectionId id, const PeerId& peer) override;
  void on_identified(const PeerId& peer, const PeerInfo& info) override;
  void on_ended(ConnectionId id, const std::optional<PeerId>& peer, EndReason reason,
                const std::string& text) override;
  void dial(PeerEntry& peer);
  [[nodiscard]] std::optional<CloseReason> why_not(const StackSession& session);
  [[nodiscard]] bool is_stranger(const StackSession& session);
  [[nodiscard]] std::vector<Stranger> strangers_beside(const StackSession& newcomer);
  [[nodiscard]] GossipStanding standing(const PeerId& peer);
  void begin_hello(StackSession& session);
  void handle_control(StackSession& session, ByteView payload);
  void handle_hello(StackSession& session, ByteView hello);
  void say_ready(StackSession& session);
  void decide(StackSession& session);
  void decide_held(const PeerId& peer);
  void become_link(StackSession& session);
  void probe(StackSession& session);
  void handle_pong(StackSession& session, std::uint64_t value);
  /// The network is done with the session; its connection goes later, with or without a goodbye.
  void end_session(StackSession& session, const CloseReason& reason, Farewell farewell);
  void account_end(StackSession& session, const CloseReason& reason);
  [[nodiscard]] bool is_decider(const PeerId& peer) const { return self_ < peer; }
  [[nodiscard]] StackSession* find(ConnectionId id);
  [[nodiscard]] StackSession* link_to(const PeerId& peer);
  [[nodiscard]] StackSession* other_session(const PeerId& peer, ConnectionId than);
  [[nodiscard]] std::vector<ConnectionId> session_ids() const;

  // stack_lanes.cpp: streams.
  void on_stream_opened(StreamKey key, const PeerId& peer, std::string_view protocol,
                        bool inbound) override;
  void on_stream_data(StreamKey key, ByteView bytes) override;
  void on_stream_ended(StreamKey key) override;
  void on_stream_failed(StreamKey key, std::string_view why) override;
  void on_tick(TimePoint now) override;
  void open_lane(StackSession& session, Channel channel);
  void deliver(StackSession& session, const FramedMessage& message);
  void write(StackSession& session, const FramedMessage& message);
  void send_control(StackSession& session, Bytes message);
  void flush_pending(StackSession& session, Lane& lane);
  [[nodiscard]] std::size_t queued_bytes(const StackSession& session);
  /// Takes messages from the front of `bytes` until they end or reading pauses.
  /// @return false if the session is done with.
  [[nodiscard]] bool read(StackSession& session, Inlet& inlet, ByteView& bytes);
  [[nodiscard]] bool handle_message(StackSession& session, bool consensus, ByteView message);
  [[nodiscard]] bool is_held(const StackSession& session, const Inlet& inlet) const;
  void charge(StackSession& session, bool consensus, std::size_t bytes);
  /// Of all streams of the session.
  [[nodiscard]] bool within_limits(StackSession& session, const Inlet& inlet);
  [[nodiscard]] std::size_t unfinished_bytes(ConnectionId id) const;
  /// What this node holds for the peer of a session, in both directions and of all protocols.
  [[nodiscard]] std::size_t held_bytes(const StackSession& session);
  void bound_stranger_bytes();
  [[nodiscard]] bool is_late(const StackSession& session, Duration passed);
  void resume(StackSession& session);
  void resume_inlets(ConnectionId id, bool consensus);
  void lose_consensus(StackSession& session);
  void drop_streams(ConnectionId id);

  // stack_timers.cpp: what happens with time.
  void tick_session(StackSession& session, TimePoint now);
  void tick_farewell(StackSession& session, TimePoint now);
  void tick_unlinked(StackSession& session, TimePoint now);
  void tick_link(StackSession& session, TimePoint now);
  void send_ping(StackSession& session, TimePoint now);
  void dial_due_peers(TimePoint now);
  void search_peers(TimePoint now);

  // stack_discovery.cpp: where peers are that nobody configured.
  void learn_endpoint(const PeerId& peer, const PeerInfo& info);
  void load_peer_store();
  void save_peer_store() const;

  NetworkConfig config_;
  NetworkHandler& handler_;
  IdentityKey key_;
  PeerId self_;
  TcpHost tcp_;
  IdentifyProtocol identify_;
  PingProtocol ping_;
  KadProtocol kad_;
  GossipProtocol gossip_;
  std::optional<EchoProtocol> echo_;
  /// The id other programs use that know no chain, for tests of interoperability.
  std::optional<KadProtocol> plain_kad_;

  bool stopping_ = false;
  TimePoint stop_at_;
  TimePoint next_publish_;
  TimePoint next_search_;
  TimePoint next_save_;
  std::uint64_t next_ping_ = 0;
  std::map<ConnectionId, StackSession> sessions_;
  std::map<ConnectionId, Dialled> dials_;
  std::map<StreamKey, Inlet> inlets_;
  PeerTable peers_;
  StrangerPlaces places_;
  StrangerBytes stranger_bytes_;
  NetworkCounters totals_;  // of ended sessions, and what belongs to none

  std::atomic<std::uint16_t> port_ = 0;
  std::mutex inbox_mutex_;
  std::vector<Outgoing> inbox_;  // guarded by inbox_mutex_
  std::size_t inbox_bytes_ = 0;  // guarded by inbox_mutex_
  mutable std::mutex published_mutex_;
  NetworkCounters published_;  // guarded by published_mutex_
};

}  // namespace ol::p2p
