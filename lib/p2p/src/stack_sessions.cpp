// The life of a connection in StackNetwork: authenticated, greeted, linked, ended.
#include <variant>

#include <ol/base/check.hpp>

#include "address_prefix.hpp"
#include "control.hpp"
#include "stack_network.hpp"

namespace ol::p2p {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

// How long a session the peer dialled waits for the one we dial, and how long a link that its peer
// seems to have lost has to show that it lives.
constexpr std::chrono::seconds kHoldTime{2};
constexpr std::chrono::seconds kProbeTime{2};
// A pong is not worth waiting behind more than this.
constexpr std::size_t kPongQueueMax = std::size_t{1} << 20;
// A goodbye is worth this long a wait for a peer that does not read.
constexpr std::chrono::seconds kFarewellTime{1};

std::string join(const std::string& host, std::uint16_t port) {
  const bool ip6 = host.find(':') != std::string::npos;
  return (ip6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Multiaddr, MultiaddrError> address_of(const PeerEndpoint& endpoint) {
  const std::string behind =
      endpoint.host + "/tcp/" + std::to_string(endpoint.port) + "/p2p/" + endpoint.id.text();
  for (const char* const kind : {"/ip4/", "/ip6/"}) {
    if (auto literal = Multiaddr::from_text(kind + behind)) return literal;
  }
  return Multiaddr::from_text("/dns/" + behind);
}

CloseCode code_of(EndReason reason) {
  switch (reason) {
    case EndReason::NegotiationFailed:
    case EndReason::HandshakeFailed:
      return CloseCode::HandshakeFailed;
    case EndReason::WrongPeer:
      return CloseCode::WrongPeer;
    case EndReason::BadTransport:
    case EndReason::YamuxViolation:
    case EndReason::Misbehaved:
      return CloseCode::ProtocolError;
    case EndReason::UpgradeTimeout:
    case EndReason::Mute:
      return CloseCode::HandshakeTimeout;
    case EndReason::WriteStalled:
    case EndReason::SlowSender:
      return CloseCode::SlowPeer;
    case EndReason::Banned:
      return CloseCode::Banned;
    case EndReason::NotAllowed:
      return CloseCode::NotAllowed;
    case EndReason::Silent:
      return CloseCode::KeepAliveTimeout;
    case EndReason::ConnectFailed:
      return CloseCode::ConnectFailed;
    case EndReason::ConnectionLost:
      return CloseCode::ConnectionLost;
    case EndReason::LimitReached:
    case EndReason::Evicted:
      return CloseCode::TooManyPeers;
    case EndReason::Duplicate:
      return CloseCode::Duplicate;
    case EndReason::Local:
      return CloseCode::LocalRequest;
  }
  OL_CHECK(false, "unknown EndReason");
}

Stranger stranger_of(const StackSession& session) {
  return {session.id, session.peer, session.ip, session.prefix, session.linked, session.started};
}

}  // namespace

StackSession* StackNetwork::find(ConnectionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

StackSession* StackNetwork::link_to(const PeerId& peer) {
  const PeerEntry* const entry = peers_.find(peer);
  return entry == nullptr || !entry->link ? nullptr : find(*entry->link);
}

StackSession* StackNetwork::other_session(const PeerId& peer, ConnectionId than) {
  for (auto& [id, session] : sessions_) {
    if (id != than && session.peer == peer && !session.farewell) return &session;
  }
  return nullptr;
}

std::vector<ConnectionId> StackNetwork::session_ids() const {
  std::vector<ConnectionId> out;
  out.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_)
    out.push_back(id);
  return out;
}

void StackNetwork::dial(PeerEntry& peer) {
  const PeerEndpoint& endpoint = *peer.endpoint;
  const std::string text = join(endpoint.host, endpoint.port);
  const auto now = Clock::now();
  const auto address = address_of(endpoint);
  if (!address) {
    peers_.schedule_dial(peer, now, Clock::duration::zero());
    handler_.on_link_failed({endpoint.id,
                             text,
                             Direction::Outbound,
                             {CloseCode::ConnectFailed, describe(address.error())}});
    return;
  }
  const auto dialled = host().dial(*address);
  // Over a limit, or being dialled for another reason: the next tick tries again.
  if (!dialled) return;
  peer.counters.dials += 1;
  dials_[*dialled] = {endpoint.id, text};
}

void StackNetwork::on_ready(ConnectionId id, const PeerId& peer) {
  const auto now = Clock::now();
  StackSession& session =
      sessions_
          .try_emplace(id, InboundRate(config_.limits.inbound_messages_per_second,
                                       config_.limits.inbound_bytes_per_second, now))
          .first->second;
  session.id = id;
  session.peer = peer;
  session.started = now;
  session.heard = now;
  session.ticked = now;
  const auto remote = host().remote_of(id);
  if (remote) {
    session.ip = ip_of(*remote);
    session.prefix = prefix_of(*remote);
    const auto target = remote->tcp_target();
    if (target) session.address = join(target->host, target->port);
  }
  session.direction = host().is_dialled(id) ? Direction::Outbound : Direction::Inbound;
  totals_.accepted += session.direction == Direction::Inbound ? 1 : 0;
  if (auto dialled = dials_.extract(id)) session.address = dialled.mapped().address;
  if (stopping_) {
    end_session(session, {CloseCode::Stopped, "this node is stopping"}, Farewell::Goodbye);
    return;
  }
  if (const auto refusal = why_not(session)) {
    end_session(session, *refusal, Farewell::Goodbye);
    return;
  }
  // From now on it has counters.
  if (peers_.entry(peer).is_expected()) begin_hello(session);
}

// A stranger may be here for gossip alone: only who says that it speaks our protocol is greeted.
void StackNetwork::on_identified(const PeerId& peer, const PeerInfo& info) {
  learn_endpoint(peer, info);
  if (!info.protocols.contains(kConsensusProtocol)) return;
  for (const ConnectionId id : session_ids()) {
    StackSession* const session = find(id);
    if (session != nullptr && session->peer == peer && !session->farewell) begin_hello(*session);
  }
}

void StackNetwork::begin_hello(StackSession& session) {
  session.speaks = true;
  if (!session.lane(Channel::Control).key) open_lane(session, Channel::Control);
}

// Why the session's peer, whose identity is proven, may not go on; nothing if it may.
std::optional<CloseReason> StackNetwork::why_not(const StackSession& session) {
  const PeerId& peer = session.peer;
  if (const PeerBan* const ban = peers_.banned(peer, Clock::now())) {
    return CloseReason{CloseCode::Banned, "banned: " + ban->reason};
  }
  const PeerEntry* const entry = peers_.find(peer);
  if (entry != nullptr && entry->is_expected()) return std::nullopt;
  if (config_.limits.unknown_peers_max == 0) {
    return CloseReason{CloseCode::NotAllowed, "not among the peers this node accepts"};
  }
  const auto ask = [&] {
    return places_.admit(
        stranger_of(session), strangers_beside(session),
        [this](const PeerId& stranger) { return standing(stranger); }, Clock::now());
  };
  PlaceVerdict verdict = ask();
  while (verdict.leaves) {
    end_session(*find(*verdict.leaves), *verdict.reason, Farewell::Goodbye);
    verdict = ask();
  }
  return verdict.reason;
}

bool StackNetwork::is_stranger(const StackSession& session) {
  return !session.farewell && !peers_.entry(session.peer).is_expected();
}

std::vector<Stranger> StackNetwork::strangers_beside(const StackSession& newcomer) {
  std::vector<Stranger> out;
  for (const auto& [id, other] : sessions_) {
    if (id != newcomer.id && is_stranger(other)) out.push_back(stranger_of(other));
  }
  return out;
}

GossipStanding StackNetwork::standing(const PeerId& peer) {
  const GossipRouter& router = gossip_.router();
  GossipStanding out;
  for (const std::string& topic : router.parameters().topics) {
    const auto mesh = router.mesh(topic);
    if (!mesh.contains(peer)) continue;
    out.in_mesh = true;
    out.needed = out.needed || mesh.size() <= router.parameters().d_low;
  }
  out.score = router.score(peer, Clock::now());
  return out;
}

void StackNetwork::handle_control(StackSession& session, ByteView payload) {
  const auto message = decode_control(payload);
  const auto refuse = [&](const char* why) {
    end_session(session, {CloseCode::ProtocolError, why}, Farewell::Goodbye);
  };
  if (!message) return refuse("malformed control message");
  std::visit(Overloaded{
                 [&](const ControlHello& m) {
                   if (session.hello_accepted) return refuse("a second hello");
                   handle_hello(session, m.hello);
                 },
                 [&](const ControlReady&) {
                   if (session.ready_received) return refuse("a second ready");
                   session.ready_received = true;
                   if (session.is_open()) become_link(session);
                 },
                 [&](const ControlPing& m) {
                   // Who asks without reading the answers gets no more of them.
                   const Lane& lane = session.lane(Channel::Control);
                   const bool reads = lane.key && host().queued_bytes(*lane.key) < kPongQueueMax;
                   if (reads) send_control(session, encode_pong(m.value));
                 },
                 [&](const ControlPong& m) { handle_pong(session, m.value); },
                 [&](const ControlGoodbye& m) {
                   end_session(session, {m.reason.code, "the peer says: " + m.reason.text},
                               Farewell::Silent);
                 },
             },
             *message);
}

void StackNetwork::handle_hello(StackSession& session, ByteView hello) {
  if (const auto refusal = handler_.check_hello(session.peer, hello)) {
    end_session(session, {CloseCode::HelloRefused, *refusal}, Farewell::Goodbye);
    return;
  }
  session.hello_accepted = true;
  if (is_decider(session.peer)) {
    decide(session);
  } else {
    say_ready(session);
  }
}

// Ready goes out behind our own hello.
void StackNetwork::say_ready(StackSession& session) {
  if (!session.hello_sent || session.ready_sent) return;
  session.ready_sent = true;
  send_control(session, encode_ready());
  if (session.is_open()) become_link(session);
}

void StackNetwork::decide(StackSession& session) {
  if (!session.hello_accepted || !session.hello_sent || session.ready_sent) return;
  const bool dialled_by_us = session.direction == Direction::Outbound;
  StackSession* const existing = link_to(session.peer);
  // What we dialled is what the host keeps.
  const bool better =
      dialled_by_us && existing != nullptr && existing->direction == Direction::Inbound;
  if (existing != nullptr && !better) {
    // The peer dials because it has lost the link we hold, or somebody else runs with its key. A
    // link that does not answer goes; the peer dials again.
    end_session(session, {CloseCode::Duplicate, "another link with your id is alive"},
                Farewell::Goodbye);
    probe(*existing);
    return;
  }
  if (!dialled_by_us && Clock::now() < session.started + kHoldTime) {
    const StackSession* const other = other_session(session.peer, session.id);
    const bool ours_is_up = other != nullptr && other->direction == Direction::Outbound;
    if (ours_is_up || host().is_dialling(session.peer)) return;
  }
  say_ready(session);
}

// What keeps a session waiting may have changed.
void StackNetwork::decide_held(const PeerId& peer) {
  if (!is_decider(peer)) return;
  for (const ConnectionId id : session_ids()) {
    StackSession* const session = find(id);
    if (session != nullptr && session->peer == peer && !session->farewell) decide(*session);
  }
}

void StackNetwork::become_link(StackSession& session) {
  const PeerId peer = session.peer;
  StackSession* const old = link_to(peer);
  PeerEntry& entry = peers_.entry(peer);
  entry.link = session.id;
  if (entry.is_expected()) {
    entry.linked_from = host().remote_of(session.id);
    reserve_places();
  }
  if (old != nullptr) {
    end_session(*old, {CloseCode::Replaced, "the peer chose a newer link"}, Farewell::Goodbye);
  }
  entry.counters.connects += 1;
  session.linked = true;
  session.linked_since = Clock::now();
  session.next_ping = session.linked_since;
  const auto dials = dials_;
  for (const auto& [id, dialled] : dials) {
    if (dialled.peer == peer) host().close(id, EndReason::Duplicate, "another link was chosen");
  }
  while (StackSession* const other = other_session(peer, session.id)) {
    end_session(*other, {CloseCode::Duplicate, "another link was chosen"}, Farewell::Goodbye);
  }
  handler_.on_peer_connected(peer, session.direction);
  resume_inlets(session.id, false);
}

void StackNetwork::probe(StackSession& link) {
  const auto now = Clock::now();
  if (!link.probe_until) {
    link.probe_started = now;
    link.probe_until = now + kProbeTime;
  }
  send_ping(link, now);
}

void StackNetwork::handle_pong(StackSession& session, std::uint64_t value) {
  // Only the last ping counts; an answer to nothing is harmless.
  if (value == 0 || value != session.last_ping || !session.linked) return;
  session.last_ping = 0;
  peers_.entry(session.peer).counters.rtt =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - session.ping_sent);
}

void StackNetwork::end_session(StackSession& session, const CloseReason& reason,
                               Farewell farewell) {
  if (session.farewell) return;
  session.farewell = reason;
  host().retire(session.id, *this);
  // The connection goes with the next tick at the earliest: whoever calls may still use the
  // session.
  session.close_at = Clock::now();
  if (farewell == Farewell::Goodbye) {
    session.close_at += kFarewellTime;
    Lane& control = session.lane(Channel::Control);
    if (control.open) {
      send_control(session, encode_goodbye(reason.code, reason.text));
      session.farewell_said = true;
    } else if (!control.key) {
      open_lane(session, Channel::Control);
    }
  }
  account_end(session, reason);
}

void StackNetwork::account_end(StackSession& session, const CloseReason& reason) {
  totals_.closed[static_cast<std::size_t>(reason.code)] += 1;
  const PeerId peer_id = session.peer;
  PeerEntry* const peer = peers_.find(peer_id);
  for (std::size_t i = 0; peer != nullptr && i < kChannelCount; ++i)
    peer->counters.channels[i].dropped += session.dropped[i];
  session.dropped = {};
  const auto now = Clock::now();
  if (session.linked) {
    OL_CHECK(peer != nullptr, "a linked session's peer is known");
    session.linked = false;
    if (peer->link == session.id) peer->link.reset();
    peers_.schedule_dial(*peer, now, now - session.linked_since);
    handler_.on_peer_disconnected(peer_id, reason);
    decide_held(peer_id);
    return;
  }
  const bool chosen =
      peer != nullptr && (peer->link || other_session(peer_id, session.id) != nullptr);
  if (session.direction == Direction::Outbound && peer != nullptr && !peer->link) {
    peers_.schedule_dial(*peer, now, Clock::duration::zero());
  }
  decide_held(peer_id);
  // Losing to the chosen link is no failure, nor is a stranger that goes.
  if (chosen && (reason.code == CloseCode::Duplicate || reason.code == CloseCode::ConnectionLost)) {
    return;
  }
  if (reason.code == CloseCode::Stopped && stopping_) return;
  if (reason.code == CloseCode::ConnectionLost && !session.speaks) return;
  handler_.on_link_failed({peer_id, session.address, session.direction, reason});
}

void StackNetwork::on_ended(ConnectionId id, const std::optional<PeerId>& peer, EndReason reason,
                            const std::string& text) {
  drop_streams(id);
  const auto session = sessions_.find(id);
  if (session != sessions_.end()) {
    if (!session->second.farewell) {
      session->second.farewell = CloseReason{code_of(reason), text};
      account_end(session->second, *session->second.farewell);
    }
    sessions_.erase(id);
    // Once the last words are handed to the kernel.
    if (stopping_ && sessions_.empty()) tcp_.post([this] { tcp_.stop(); });
    return;
  }
  const auto dialled = dials_.extract(id);
  // Before a connection is ready the host finds only one thing wrong with a peer itself.
  const CloseCode code =
      reason == EndReason::Misbehaved && !peer ? CloseCode::SelfConnection : code_of(reason);
  totals_.closed[static_cast<std::size_t>(code)] += 1;
  if (dialled) {
    const auto [id_dialled, address] = dialled.mapped();
    PeerEntry& entry = peers_.entry(id_dialled);
    if (!entry.link) {
      peers_.try_next_address(entry);
      peers_.schedule_dial(entry, Clock::now(), Clock::duration::zero());
    }
    decide_held(id_dialled);
    const bool chosen = entry.link || other_session(id_dialled, 0) != nullptr;
    if (stopping_ || chosen || code == CloseCode::Duplicate) return;
    handler_.on_link_failed({id_dialled, address, Direction::Outbound, {code, text}});
    return;
  }
  // A connection that closes before it says who it is: a port scan, or a dial given up for a better
  // link. Counted, not reported. Nor are dials of our own protocols reported here.
  const auto remote = host().remote_of(id);
  totals_.accepted += host().is_dialled(id) ? 0 : 1;
  if (code == CloseCode::ConnectionLost || !remote || host().is_dialled(id)) return;
  const auto target = remote->tcp_target();
  handler_.on_link_failed({peer,
                           target ? join(target->host, target->port) : std::string{},
                           Direction::Inbound,
                           {code, text}});
}

}  // namespace ol::p2p
