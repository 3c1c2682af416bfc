#include "link_network.hpp"

#include <boost/asio/post.hpp>

#include <ol/base/check.hpp>

namespace ol::p2p {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

std::uint64_t random_seed() {
  std::array<std::uint8_t, 8> bytes{};
  crypto::fill_random(bytes);
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

StartError cannot_listen(const NetworkConfig& config, const std::string& why) {
  return {"cannot listen on " + config.listen_host + ":" + std::to_string(config.listen_port) +
          ": " + why};
}

}  // namespace

std::unique_ptr<Network> make_link_network(NetworkConfig config,
                                           const crypto::Ed25519SecretKey& identity,
                                           NetworkHandler& handler) {
  return std::make_unique<LinkNetwork>(std::move(config), identity, handler);
}

LinkNetwork::LinkNetwork(NetworkConfig config, const crypto::Ed25519SecretKey& identity,
                         NetworkHandler& handler)
    : config_(std::move(config)),
      handler_(handler),
      identity_(identity, crypto::X25519KeyPair::generate()),
      io_(1),
      acceptor_(io_),
      timer_(io_),
      peers_(config_.times, random_seed()) {
  OL_CHECK(config_.hello.size() <= kHelloBytesMax, "the hello is within its limit");
  OL_CHECK(config_.limits.peer_queue_bytes_max >=
               message_bytes_max(Channel::Bulk) + kQueuedMessageOverhead,
           "a peer's queue holds the largest message");
  peers_.allow(config_.allowed);
  peers_.set_endpoints(std::move(config_.peers), local_id());
}

Result<void, StartError> LinkNetwork::start() {
  error_code error;
  const auto address = asio::ip::make_address(config_.listen_host, error);
  if (error) return fail(cannot_listen(config_, "not a literal IP address"));
  const tcp::endpoint endpoint(address, config_.listen_port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(cannot_listen(config_, error.message()));
  port_ = acceptor_.local_endpoint(error).port();
  accept_next();
  asio::post(io_, [this] { tick(); });
  return {};
}

void LinkNetwork::run() {
  io_.run();
}

void LinkNetwork::stop() {
  asio::post(io_, [this] { stop_now(); });
}

void LinkNetwork::stop_now() {
  if (std::exchange(stopping_, true)) return;
  error_code ignored;
  acceptor_.close(ignored);
  timer_.cancel();
  while (!sessions_.empty()) {
    end_session(sessions_.begin()->first, {CloseCode::Stopped, "this node is stopping"},
                Farewell::Goodbye);
  }
  publish_counters();
}

void LinkNetwork::post(std::function<void()> task) {
  asio::post(io_, std::move(task));
}

Result<void, SendError> LinkNetwork::send(const PeerId& peer, Channel channel,
                                          SharedBytes payload) {
  return enqueue({peer, channel, std::move(payload)});
}

Result<void, SendError> LinkNetwork::broadcast(Channel channel, SharedBytes payload) {
  return enqueue({std::nullopt, channel, std::move(payload)});
}

Result<void, SendError> LinkNetwork::enqueue(Outgoing message) {
  OL_CHECK(message.payload != nullptr, "a message has bytes");
  if (message.channel == Channel::Control) return fail(SendError::BadChannel);
  const std::size_t size = message.payload->size();
  if (size > message_bytes_max(message.channel)) return fail(SendError::TooLarge);
  bool wake = false;
  {
    const std::scoped_lock lock(inbox_mutex_);
    const std::size_t cost = size + kQueuedMessageOverhead;
    if (inbox_bytes_ + cost > config_.limits.inbox_bytes_max) return fail(SendError::InboxFull);
    inbox_bytes_ += cost;
    wake = inbox_.empty();
    inbox_.push_back(std::move(message));
  }
  if (wake) asio::post(io_, [this] { drain_inbox(); });
  return {};
}

void LinkNetwork::drain_inbox() {
  std::vector<Outgoing> messages;
  {
    const std::scoped_lock lock(inbox_mutex_);
    messages.swap(inbox_);
    inbox_bytes_ = 0;
  }
  std::vector<Session*> links;
  for (const auto& [id, session] : sessions_) {
    if (session->ready) links.push_back(session.get());
  }
  for (const Outgoing& message : messages) {
    if (!message.to) {
      for (Session* const link : links)
        deliver(*link, message.channel, message.payload);
      continue;
    }
    Session* const link = link_to(*message.to);
    if (link == nullptr) {
      totals_.undeliverable += 1;
    } else {
      deliver(*link, message.channel, message.payload);
    }
  }
  // Written once all is queued, so that small messages share Noise messages and system calls.
  for (Session* const link : links) {
    if (link->overflowed) {
      end_session(link->id, {CloseCode::SlowPeer, "the queue for this peer is full"},
                  Farewell::Goodbye);
    } else {
      link->connection->flush();
    }
  }
}

void LinkNetwork::deliver(Session& session, Channel channel, const SharedBytes& payload) {
  if (session.overflowed) return;
  switch (session.connection->link().send(channel, payload)) {
    case PushOutcome::Queued: {
      ChannelCounters& counters =
          peers_.entry(*session.peer).counters.channels[channel_index(channel)];
      counters.messages_out += 1;
      counters.bytes_out += payload->size();
      return;
    }
    case PushOutcome::Dropped:  // counted by the queue
      return;
    case PushOutcome::Overflow:
      session.overflowed = true;
      return;
  }
}

void LinkNetwork::accept_next() {
  accepting_ = true;
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    accepting_ = false;
    if (stopping_) return;
    if (error) return;  // out of file descriptors, for one: the next tick tries again
    handle_accepted(std::move(socket));
    accept_next();
  });
}

void LinkNetwork::handle_accepted(tcp::socket socket) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  totals_.accepted += 1;
  const std::string ip = remote.address().to_string();
  if (!has_room_for(ip)) return;
  Session& session = open_session(Direction::Inbound, std::nullopt);
  session.ip = ip;
  session.address = ip + ":" + std::to_string(remote.port());
  session.connection->accept(std::move(socket));
}

// Refused before any cryptography is spent on the connection.
bool LinkNetwork::has_room_for(const std::string& ip) {
  const NetworkLimits& limits = config_.limits;
  std::size_t unready = 0;
  std::size_t unready_from_ip = 0;
  for (const auto& [id, session] : sessions_) {
    if (session->ready || session->direction == Direction::Outbound) continue;
    unready += 1;
    unready_from_ip += session->ip == ip ? 1 : 0;
  }
  if (sessions_.size() >= limits.connections_max) {
    totals_.refused_connections += 1;
    return false;
  }
  if (unready >= limits.handshakes_max || unready_from_ip >= limits.handshakes_per_ip_max) {
    totals_.refused_handshakes += 1;
    return false;
  }
  return true;
}

void LinkNetwork::resume_reading(const PeerId& peer) {
  asio::post(io_, [this, peer] {
    Session* const link = link_to(peer);
    if (link == nullptr || !std::exchange(link->paused_by_handler, false)) return;
    if (!link->paused_by_rate) link->connection->resume();
  });
}

void LinkNetwork::set_peers(std::vector<PeerEndpoint> peers) {
  asio::post(io_, [this, peers = std::move(peers)]() mutable {
    peers_.set_endpoints(std::move(peers), local_id());
  });
}

void LinkNetwork::disconnect(const PeerId& peer, std::string reason) {
  asio::post(io_, [this, peer, reason = std::move(reason)] {
    Session* const link = link_to(peer);
    if (link == nullptr) return;
    end_session(link->id, {CloseCode::LocalRequest, reason}, Farewell::Goodbye);
  });
}

void LinkNetwork::ban(const PeerId& peer, std::chrono::milliseconds duration, std::string reason) {
  asio::post(io_, [this, peer, duration, reason = std::move(reason)] {
    peers_.ban(peer, Clock::now() + duration, reason);
    std::vector<SessionId> ids;
    for (const auto& [id, session] : sessions_) {
      if (session->peer == peer) ids.push_back(id);
    }
    for (const SessionId id : ids)
      end_session(id, {CloseCode::Banned, reason}, Farewell::Goodbye);
  });
}

NetworkCounters LinkNetwork::counters() const {
  const std::scoped_lock lock(published_mutex_);
  return published_;
}

void LinkNetwork::collect_channels(NetworkCounters& out) {
  for (auto& [id, peer] : peers_.all()) {
    PeerCounters counters = peer.counters;
    counters.connected = peer.link.has_value();
    if (Session* const link = link_to(id)) {
      const SendQueue& queue = link->connection->link().queue();
      counters.queue_bytes = queue.bytes();
      counters.queue_messages = queue.messages();
      counters.reading_paused = link->paused_by_handler || link->paused_by_rate;
      counters.direction = link->direction;
      for (std::size_t i = 0; i < kChannelCount; ++i)
        counters.channels[i].dropped += queue.dropped(static_cast<Channel>(i));
    }
    for (std::size_t i = 0; i < kChannelCount; ++i)
      out.channels[i] += counters.channels[i];
    out.peers.push_back(counters);
  }
}

void LinkNetwork::publish_counters() {
  NetworkCounters out = totals_;
  out.connections = sessions_.size();
  for (const auto& [id, session] : sessions_) {
    out.handshakes += session->ready ? 0 : 1;
    out.wire_bytes_in += session->connection->bytes_in();
    out.wire_bytes_out += session->connection->bytes_out();
  }
  collect_channels(out);
  {
    const std::scoped_lock lock(inbox_mutex_);
    out.inbox_bytes = inbox_bytes_;
  }
  const std::scoped_lock lock(published_mutex_);
  published_ = std::move(out);
}

}  // namespace ol::p2p
