// What happens with time in LinkNetwork. One coarse timer serves all deadlines: they are tens of
// milliseconds at the least, and a timer per deadline would be state to keep right.
#include "link_network.hpp"

namespace ol::p2p {
namespace {

constexpr std::chrono::milliseconds kTick{20};
constexpr std::chrono::milliseconds kPublishInterval{200};

}  // namespace

void LinkNetwork::schedule_tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void LinkNetwork::tick() {
  if (stopping_) return;
  const Clock::time_point now = Clock::now();
  std::vector<SessionId> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_)
    ids.push_back(id);
  for (const SessionId id : ids) {
    // Ending one session may end others.
    if (Session* const session = find(id)) tick_session(*session, now);
  }
  dial_due_peers(now);
  if (!accepting_) accept_next();
  if (now >= next_publish_) {
    next_publish_ = now + kPublishInterval;
    peers_.forget_strangers(
        now, [this](const PeerId& peer) { return other_session(peer, 0) != nullptr; });
    publish_counters();
  }
  schedule_tick();
}

void LinkNetwork::tick_session(Session& session, Clock::time_point now) {
  if (session.ready) {
    tick_link(session, now);
  } else {
    tick_unready(session, now);
  }
}

void LinkNetwork::tick_unready(Session& session, Clock::time_point now) {
  if (session.held_until && now >= *session.held_until) {
    accept_peer(session);
    return;
  }
  if (now < session.started + config_.times.handshake) return;
  const CloseReason reason{CloseCode::HandshakeTimeout,
                           session.connection->is_connected()
                               ? "the handshake took too long"
                               : "no connection within the handshake deadline"};
  end_session(session.id, reason, Farewell::Goodbye);
}

void LinkNetwork::tick_link(Session& session, Clock::time_point now) {
  if (session.paused_by_rate && session.messages.allows(now) && session.bytes.allows(now)) {
    session.paused_by_rate = false;
    if (!session.paused_by_handler) {
      session.connection->resume();
      return;  // the session may have ended
    }
  }
  if (now >= session.next_ping) send_ping(session, now);
  // While we do not read, the peer's silence says nothing.
  if (session.paused_by_handler || session.paused_by_rate) return;
  const Clock::time_point heard = session.connection->last_received();
  if (session.probe_until && heard > session.probe_started) session.probe_until.reset();
  const bool probe_failed = session.probe_until && now >= *session.probe_until;
  if (probe_failed || now - heard >= config_.times.dead_after) {
    end_session(session.id, {CloseCode::KeepAliveTimeout, "nothing heard from the peer"},
                Farewell::Silent);
  }
}

void LinkNetwork::send_ping(Session& session, Clock::time_point now) {
  session.next_ping = now + config_.times.ping_interval;
  session.last_ping = ++next_ping_;
  session.ping_sent = now;
  session.connection->link().send_ping(session.last_ping);
  session.connection->flush();
}

void LinkNetwork::dial_due_peers(Clock::time_point now) {
  for (auto& [id, peer] : peers_.all()) {
    if (!peer.endpoint || peer.link || now < peer.next_dial) continue;
    if (peers_.banned(id, now) != nullptr) continue;
    // An attempt is under way, in one direction or the other.
    if (other_session(id, 0) != nullptr) continue;
    dial(peer);
  }
}

}  // namespace ol::p2p
