#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ol/p2p/link_network.hpp>

#include "connection.hpp"
#include "peer_table.hpp"
#include "rate_limit.hpp"

namespace ol::p2p {

/// One connection and what the network knows about it.
struct Session {
  Session(RateLimit message_rate, RateLimit byte_rate) : messages(message_rate), bytes(byte_rate) {}

  std::shared_ptr<Connection> connection;
  SessionId id = 0;
  Direction direction = Direction::Inbound;
  std::string ip;              // of an accepted connection
  std::string address;         // host:port
  std::optional<PeerId> peer;  // dialled, or authenticated
  bool authenticated = false;
  bool ready = false;  // the one link with its peer
  Clock::time_point started;
  Clock::time_point ready_since;
  std::optional<Clock::time_point> held_until;  // waits for our own dial to the same peer
  Clock::time_point probe_started;
  std::optional<Clock::time_point> probe_until;  // must be heard of by then
  Clock::time_point next_ping;
  std::uint64_t last_ping = 0;
  Clock::time_point ping_sent;
  bool overflowed = false;  // the queue refused a message that must not be dropped
  bool paused_by_handler = false;
  bool paused_by_rate = false;
  RateLimit messages;
  RateLimit bytes;
};

/// The Network over TCP. Sessions, peers and timers belong to the thread inside `run`; other
/// threads reach them through the inbox and posted tasks.
///
/// Of two links between the same peers one must go, and both sides must agree which. The peer with
/// the smaller id decides: it is the last to say ready, and says so on one link only. It prefers
/// the link it dialled itself. The other side follows: the link on which it hears ready is the
/// link.
class LinkNetwork final : public Network, private ConnectionOwner {
 public:
  LinkNetwork(NetworkConfig config, const crypto::Ed25519SecretKey& identity,
              NetworkHandler& handler);

  Result<void, StartError> start() override;
  void run() override;
  void stop() override;
  void post(std::function<void()> task) override;
  Result<void, SendError> send(const PeerId& peer, Channel channel, SharedBytes payload) override;
  Result<void, SendError> broadcast(Channel channel, SharedBytes payload) override;
  void resume_reading(const PeerId& peer) override;
  void set_peers(std::vector<PeerEndpoint> peers) override;
  void disconnect(const PeerId& peer, std::string reason) override;
  void ban(const PeerId& peer, std::chrono::milliseconds duration, std::string reason) override;
  const PeerId& local_id() const override { return identity_.peer_id(); }
  std::uint16_t listening_port() const override { return port_; }
  NetworkCounters counters() const override;

 private:
  enum class Farewell : std::uint8_t { Silent, Goodbye };

  struct Outgoing {
    std::optional<PeerId> to;  // everybody if absent
    Channel channel = Channel::Gossip;
    SharedBytes payload;
  };

  // link_network.cpp: the outside.
  [[nodiscard]] Result<void, SendError> enqueue(Outgoing message);
  void drain_inbox();
  void deliver(Session& session, Channel channel, const SharedBytes& payload);
  void accept_next();
  void handle_accepted(boost::asio::ip::tcp::socket socket);
  [[nodiscard]] bool has_room_for(const std::string& ip);
  void stop_now();
  void publish_counters();
  void collect_channels(NetworkCounters& out);

  // sessions.cpp: the life of a connection.
  void on_link_event(SessionId id, LinkEvent event) override;
  void on_io_failure(SessionId id, CloseReason reason) override;
  [[nodiscard]] Session& open_session(Direction direction, std::optional<PeerId> expected);
  void dial(PeerEntry& peer);
  [[nodiscard]] std::optional<CloseReason> why_not(const Session& session, const PeerId& peer);
  void handle_authenticated(Session& session, const PeerId& peer);
  void handle_hello(Session& session, ByteView hello);
  void handle_ready(Session& session);
  void decide(Session& session);
  void probe(Session& link);
  void accept_peer(Session& session);
  void release_held(const std::optional<PeerId>& peer);
  void become_link(Session& session);
  void handle_message(Session& session, InboundMessage message);
  void charge(Session& session, std::size_t bytes);
  void handle_pong(Session& session, std::uint64_t value);
  void end_session(SessionId id, const CloseReason& reason, Farewell farewell);
  void end_others(const PeerId& peer, SessionId keep);
  [[nodiscard]] bool is_decider(const PeerId& peer) const { return local_id() < peer; }
  [[nodiscard]] Session* find(SessionId id);
  [[nodiscard]] Session* link_to(const PeerId& peer);
  [[nodiscard]] Session* other_session(const PeerId& peer, SessionId than);

  // timers.cpp: what happens with time.
  void schedule_tick();
  void tick();
  void tick_session(Session& session, Clock::time_point now);
  void tick_unready(Session& session, Clock::time_point now);
  void tick_link(Session& session, Clock::time_point now);
  void send_ping(Session& session, Clock::time_point now);
  void dial_due_peers(Clock::time_point now);

  NetworkConfig config_;
  NetworkHandler& handler_;
  NoiseIdentity identity_;

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  bool accepting_ = false;
  bool stopping_ = false;
  Clock::time_point next_publish_;
  SessionId next_session_ = 1;  // 0 names no session
  std::uint64_t next_ping_ = 0;
  std::map<SessionId, std::unique_ptr<Session>> sessions_;
  PeerTable peers_;
  NetworkCounters totals_;  // of ended sessions, and what belongs to none

  std::atomic<std::uint16_t> port_ = 0;
  std::mutex inbox_mutex_;
  std::vector<Outgoing> inbox_;  // guarded by inbox_mutex_
  std::size_t inbox_bytes_ = 0;  // guarded by inbox_mutex_
  mutable std::mutex published_mutex_;
  NetworkCounters published_;  // guarded by published_mutex_
};

}  // namespace ol::p2p
