// What happens with time in StackNetwork, every tick of the host.
#include "control.hpp"
#include "stack_network.hpp"

namespace ol::p2p {
namespace {

constexpr std::chrono::milliseconds kPublishInterval{200};
// Kademlia is asked for peers whose addresses nobody has told us.
constexpr std::chrono::seconds kSearchInterval{10};
constexpr std::size_t kSearchesAtOnce = 4;
constexpr std::chrono::minutes kSaveInterval{10};

}  // namespace

void StackNetwork::on_tick(TimePoint now) {
  for (const ConnectionId id : session_ids()) {
    // Ending one session may end others.
    if (StackSession* const session = find(id)) tick_session(*session, now);
  }
  bound_stranger_bytes();
  if (stopping_) {
    if (sessions_.empty() || now >= stop_at_) {
      publish_counters();
      tcp_.stop();
    }
    return;
  }
  dial_due_peers(now);
  search_peers(now);
  if (now < next_publish_) return;
  next_publish_ = now + kPublishInterval;
  peers_.forget_strangers(now,
                          [this](const PeerId& peer) { return other_session(peer, 0) != nullptr; });
  publish_counters();
}

void StackNetwork::tick_session(StackSession& session, TimePoint now) {
  if (session.farewell) {
    tick_farewell(session, now);
    return;
  }
  if (session.lost) {
    end_session(
        session,
        {CloseCode::ProtocolError, std::string("the peer does not speak ") + kConsensusProtocol},
        Farewell::Silent);
    return;
  }
  // Of what was held back until now the peer is not late.
  const Duration passed = now - std::exchange(session.ticked, now);
  if (is_late(session, passed)) {
    end_session(session, {CloseCode::SlowPeer, "a message did not arrive in full in time"},
                Farewell::Goodbye);
    return;
  }
  const bool consensus = session.consensus_rate.resume(now);
  if (session.other_rate.resume(now) || consensus) {
    const ConnectionId id = session.id;
    resume(session);
    const StackSession* const still = find(id);
    if (still == nullptr || still->farewell) return;
  }
  if (session.linked) {
    tick_link(session, now);
  } else {
    tick_unlinked(session, now);
  }
}

// A goodbye that has left the queue is on its way: a tick later the connection may go.
void StackNetwork::tick_farewell(StackSession& session, TimePoint now) {
  const Lane& control = session.lane(Channel::Control);
  const bool said =
      session.farewell_said && (!control.key || host().queued_bytes(*control.key) == 0);
  if (!said && !session.lost && now < session.close_at) return;
  host().close(session.id, EndReason::Local, session.farewell->text);
}

void StackNetwork::tick_unlinked(StackSession& session, TimePoint now) {
  if (is_decider(session.peer)) {
    decide(session);
    if (session.linked || session.farewell) return;
  }
  // Who speaks only other protocols may stay without a hello, but says which, or speaks one.
  const bool unknown =
      !session.speaks && host().info(session.peer) == nullptr && !host().has_been_asked(session.id);
  if (unknown && now >= session.started + config_.times.handshake) {
    end_session(session, {CloseCode::HandshakeTimeout, "no hello and no identify in time"},
                Farewell::Goodbye);
    return;
  }
  if (!session.speaks || now < session.started + config_.times.handshake) return;
  // A session that waits behind a link, or for one, is not late.
  if (session.hello_accepted && other_session(session.peer, session.id) != nullptr) return;
  end_session(session, {CloseCode::HandshakeTimeout, "the handshake took too long"},
              Farewell::Goodbye);
}

void StackNetwork::tick_link(StackSession& session, TimePoint now) {
  if (now >= session.next_ping) send_ping(session, now);
  // While we do not read, the peer's silence says nothing.
  if (session.is_paused() || !session.probe_until) return;
  if (session.heard > session.probe_started) {
    session.probe_until.reset();
  } else if (now >= *session.probe_until) {
    end_session(session, {CloseCode::KeepAliveTimeout, "nothing heard from the peer"},
                Farewell::Silent);
  }
}

void StackNetwork::send_ping(StackSession& session, TimePoint now) {
  session.next_ping = now + config_.times.ping_interval;
  session.last_ping = ++next_ping_;
  session.ping_sent = Clock::now();
  send_control(session, encode_ping(session.last_ping));
}

void StackNetwork::search_peers(TimePoint now) {
  if (now < next_search_) return;
  next_search_ = now + kSearchInterval;
  if (kad_.table().size() == 0) return;
  const auto in_use = [this](const PeerId& id) {
    return id == self_ || other_session(id, 0) != nullptr;
  };
  // Who is found is dialled by the lookup itself.
  for (const PeerId& id : peers_.next_sought(kSearchesAtOnce, in_use))
    kad_.look_up(to_bytes(id.bytes()), nullptr);
  if (now < next_save_) return;
  if (next_save_ != TimePoint{}) save_peer_store();
  next_save_ = now + kSaveInterval;
}

void StackNetwork::dial_due_peers(TimePoint now) {
  if (stopping_) return;
  for (auto& [id, peer] : peers_.all()) {
    if (!peer.endpoint || peer.link || now < peer.next_dial) continue;
    if (peers_.banned(id, now) != nullptr) continue;
    // An attempt is under way, in one direction or the other.
    if (other_session(id, 0) != nullptr || host().is_dialling(id)) continue;
    dial(peer);
  }
}

}  // namespace ol::p2p
