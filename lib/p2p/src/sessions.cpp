// The life of a connection in LinkNetwork: opened, authenticated, greeted, linked, ended.
#include <variant>

#include <ol/base/check.hpp>

#include "link_network.hpp"

namespace ol::p2p {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

// How long the link dialled by the peer waits for the one we dialled, and how long a link that its
// peer seems to have lost has to show that it lives.
constexpr std::chrono::seconds kHoldTime{2};
constexpr std::chrono::seconds kProbeTime{2};

std::string join(const std::string& host, std::uint16_t port) {
  const bool ip6 = host.find(':') != std::string::npos;
  return (ip6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

Session* LinkNetwork::find(SessionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

Session* LinkNetwork::link_to(const PeerId& peer) {
  const PeerEntry* const entry = peers_.find(peer);
  return entry == nullptr || !entry->link ? nullptr : find(*entry->link);
}

Session* LinkNetwork::other_session(const PeerId& peer, SessionId than) {
  for (const auto& [id, session] : sessions_) {
    if (id != than && session->peer == peer) return session.get();
  }
  return nullptr;
}

Session& LinkNetwork::open_session(Direction direction, std::optional<PeerId> expected) {
  const SessionId id = next_session_++;
  const auto role = direction == Direction::Outbound ? NoiseRole::Initiator : NoiseRole::Responder;
  Link link(role, identity_, crypto::X25519KeyPair::generate(), expected,
            config_.limits.peer_queue_bytes_max);
  const Clock::time_point now = Clock::now();
  auto session =
      std::make_unique<Session>(RateLimit(config_.limits.inbound_messages_per_second, now),
                                RateLimit(config_.limits.inbound_bytes_per_second, now));
  ConnectionOwner& owner = *this;
  session->connection = std::make_shared<Connection>(io_, id, owner, std::move(link));
  session->id = id;
  session->direction = direction;
  session->peer = expected;
  session->started = now;
  return *(sessions_[id] = std::move(session));
}

void LinkNetwork::dial(PeerEntry& peer) {
  const PeerEndpoint& endpoint = *peer.endpoint;
  peer.counters.dials += 1;
  Session& session = open_session(Direction::Outbound, endpoint.id);
  session.address = join(endpoint.host, endpoint.port);
  session.connection->dial(endpoint.host, endpoint.port);
}

void LinkNetwork::on_io_failure(SessionId id, CloseReason reason) {
  end_session(id, reason, Farewell::Silent);
}

void LinkNetwork::on_link_event(SessionId id, LinkEvent event) {
  Session* const found = find(id);
  OL_CHECK(found != nullptr, "a closed connection reports nothing");
  Session& session = *found;
  std::visit(Overloaded{
                 [&](const LinkAuthenticated& e) { handle_authenticated(session, e.peer); },
                 [&](const LinkHello& e) { handle_hello(session, e.hello); },
                 [&](const LinkReady&) { handle_ready(session); },
                 [&](LinkMessage& e) { handle_message(session, std::move(e.message)); },
                 [&](const LinkPing&) { charge(session, 0); },
                 [&](const LinkPong& e) { handle_pong(session, e.value); },
                 [&](const LinkEnded& e) { end_session(id, e.reason, Farewell::Goodbye); },
             },
             event);
}

// Why `peer`, whose identity is proven, may not go on; nothing if it may.
std::optional<CloseReason> LinkNetwork::why_not(const Session& session, const PeerId& peer) {
  if (peer == local_id()) return CloseReason{CloseCode::SelfConnection, "this is my own id"};
  if (const PeerBan* const ban = peers_.banned(peer, Clock::now())) {
    return CloseReason{CloseCode::Banned, "banned: " + ban->reason};
  }
  const PeerEntry* const entry = peers_.find(peer);
  if (entry != nullptr && entry->is_expected()) return std::nullopt;
  const NetworkLimits& limits = config_.limits;
  if (limits.unknown_peers_max == 0) {
    return CloseReason{CloseCode::NotAllowed, "not among the peers this node accepts"};
  }
  std::size_t strangers = 0;
  std::size_t strangers_from_ip = 0;
  for (const auto& [id, other] : sessions_) {
    if (id == session.id || !other->authenticated || peers_.entry(*other->peer).is_expected()) {
      continue;
    }
    strangers += 1;
    strangers_from_ip += other->ip == session.ip ? 1 : 0;
  }
  if (strangers >= limits.unknown_peers_max) {
    return CloseReason{CloseCode::TooManyPeers, "no room for peers that are not configured"};
  }
  if (strangers_from_ip >= limits.unknown_peers_per_ip_max) {
    return CloseReason{CloseCode::TooManyPeers, "too many peers from this address"};
  }
  return std::nullopt;
}

void LinkNetwork::handle_authenticated(Session& session, const PeerId& peer) {
  session.peer = peer;
  if (const auto refusal = why_not(session, peer)) {
    end_session(session.id, *refusal, Farewell::Goodbye);
    return;
  }
  static_cast<void>(peers_.entry(peer));  // from now on it has counters
  session.authenticated = true;
  session.connection->link().admit(config_.hello);
}

void LinkNetwork::handle_hello(Session& session, ByteView hello) {
  if (const auto refusal = handler_.check_hello(*session.peer, hello)) {
    end_session(session.id, {CloseCode::HelloRefused, *refusal}, Farewell::Goodbye);
    return;
  }
  if (!is_decider(*session.peer)) session.connection->link().send_ready();
}

void LinkNetwork::handle_ready(Session& session) {
  if (is_decider(*session.peer)) {
    decide(session);
  } else {
    become_link(session);
  }
}

void LinkNetwork::decide(Session& session) {
  session.held_until.reset();
  if (Session* const existing = link_to(*session.peer)) {
    // The peer dials because it has lost the link we hold, or somebody else runs with its key. A
    // link that does not answer goes; the peer dials again.
    end_session(session.id, {CloseCode::Duplicate, "another link with your id is alive"},
                Farewell::Goodbye);
    probe(*existing);
    return;
  }
  const Session* const other = other_session(*session.peer, session.id);
  const bool ours_is_coming = session.direction == Direction::Inbound && other != nullptr &&
                              other->direction == Direction::Outbound &&
                              other->connection->is_connected();
  if (ours_is_coming && Clock::now() < session.started + kHoldTime) {
    session.held_until = session.started + kHoldTime;
    return;
  }
  accept_peer(session);
}

void LinkNetwork::probe(Session& link) {
  const Clock::time_point now = Clock::now();
  if (!link.probe_until) {
    link.probe_started = now;
    link.probe_until = now + kProbeTime;
  }
  send_ping(link, now);
}

void LinkNetwork::accept_peer(Session& session) {
  session.connection->link().send_ready();
  become_link(session);
  session.connection->flush();
}

void LinkNetwork::become_link(Session& session) {
  const PeerId peer = *session.peer;
  if (Session* const old = link_to(peer)) {
    end_session(old->id, {CloseCode::Replaced, "the peer chose a newer link"}, Farewell::Goodbye);
  }
  PeerEntry& entry = peers_.entry(peer);
  entry.link = session.id;
  entry.counters.connects += 1;
  session.ready = true;
  session.ready_since = Clock::now();
  session.next_ping = session.ready_since;
  end_others(peer, session.id);
  handler_.on_peer_connected(peer, session.direction);
}

void LinkNetwork::end_others(const PeerId& peer, SessionId keep) {
  while (Session* const other = other_session(peer, keep)) {
    end_session(other->id, {CloseCode::Duplicate, "another link was chosen"}, Farewell::Goodbye);
  }
}

void LinkNetwork::handle_message(Session& session, InboundMessage message) {
  OL_CHECK(session.ready, "the link reports messages only when open");
  ChannelCounters& counters =
      peers_.entry(*session.peer).counters.channels[channel_index(message.channel)];
  counters.messages_in += 1;
  counters.bytes_in += message.payload.size();
  charge(session, message.payload.size());
  const PeerId peer = *session.peer;
  if (handler_.on_message(peer, message.channel, std::move(message.payload)) == Flow::Pause) {
    session.paused_by_handler = true;
    session.connection->pause();
  }
}

void LinkNetwork::charge(Session& session, std::size_t bytes) {
  const Clock::time_point now = Clock::now();
  session.messages.charge(1);
  session.bytes.charge(static_cast<double>(bytes));
  const bool allowed = session.messages.allows(now) && session.bytes.allows(now);
  if (allowed || session.paused_by_rate) return;
  session.paused_by_rate = true;
  session.connection->pause();
  peers_.entry(*session.peer).counters.throttled += 1;
}

void LinkNetwork::handle_pong(Session& session, std::uint64_t value) {
  // Only the last ping counts; an answer to nothing is harmless.
  if (value == 0 || value != session.last_ping || !session.ready) return;
  session.last_ping = 0;
  peers_.entry(*session.peer).counters.rtt =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - session.ping_sent);
}

void LinkNetwork::end_session(SessionId id, const CloseReason& reason, Farewell farewell) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const std::unique_ptr<Session> session = std::move(found->second);
  sessions_.erase(found);
  Connection& connection = *session->connection;
  totals_.closed[static_cast<std::size_t>(reason.code)] += 1;
  totals_.wire_bytes_in += connection.bytes_in();
  totals_.wire_bytes_out += connection.bytes_out();
  const SendQueue& queue = connection.link().queue();
  PeerEntry* const peer = session->peer ? peers_.find(*session->peer) : nullptr;
  for (std::size_t i = 0; peer != nullptr && i < kChannelCount; ++i)
    peer->counters.channels[i].dropped += queue.dropped(static_cast<Channel>(i));
  // Before the keys are agreed a goodbye could only be forged: the socket just closes.
  if (farewell == Farewell::Goodbye && connection.link().is_secured()) {
    connection.link().say_goodbye(reason.code, reason.text);
    connection.finish();
  } else {
    connection.close();
  }

  const Clock::time_point now = Clock::now();
  if (session->ready) {
    OL_CHECK(peer != nullptr, "a ready session's peer is known");
    peer->link.reset();
    peers_.schedule_dial(*peer, now, now - session->ready_since);
    handler_.on_peer_disconnected(*session->peer, reason);
    return;
  }
  if (session->direction == Direction::Outbound && peer != nullptr) {
    peers_.schedule_dial(*peer, now, Clock::duration::zero());
  }
  release_held(session->peer);
  // Losing to the chosen link is no failure.
  const bool chosen = peer != nullptr && (peer->link || other_session(*session->peer, 0));
  if (reason.code == CloseCode::Duplicate && chosen) return;
  if (reason.code == CloseCode::Stopped && stopping_) return;
  // An accepted connection that closes before it says who it is: a port scan, or a dial given up
  // for a better link. Counted, not reported.
  if (reason.code == CloseCode::ConnectionLost && !session->peer) return;
  handler_.on_link_failed({session->peer, session->address, session->direction, reason});
}

// A link that waited for the one we dialled need not wait once that one has failed.
void LinkNetwork::release_held(const std::optional<PeerId>& peer) {
  if (!peer) return;
  Session* const other = other_session(*peer, 0);
  if (other == nullptr || !other->held_until) return;
  other->held_until = Clock::now();
}

}  // namespace ol::p2p
