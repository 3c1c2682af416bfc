// What happens on a host's connections: peers come and go, streams open, carry and end.
#include <ol/p2p/host.hpp>

#include <algorithm>

#include <ol/base/check.hpp>

namespace ol::p2p {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

// Both sides have moved to the connection that is kept by then.
constexpr std::chrono::seconds kDuplicateLife{2};

}  // namespace

void Host::handle(ConnectionId id, ConnectionEvent event) {
  std::visit(Overloaded{[&](const ConnectionReady& e) { on_ready(id, e.peer); },
                        [&](const StreamOpened& e) { on_stream_opened({id, e.id}, e); },
                        [&](const StreamData& e) { on_stream_data({id, e.id}, e); },
                        [&](const StreamEnded& e) { on_stream_ended({id, e.id}); },
                        [&](const StreamFailed& e) { on_stream_failed({id, e.id}, e.why); },
                        [&](const StreamWritable& e) {
                          const auto at = streams_.find({id, e.id});
                          if (at != streams_.end() && at->second.opened) {
                            at->second.handler->on_stream_writable(at->first);
                          }
                        },
                        [&](const RoundTripMeasured&) {},
                        [&](const ConnectionEnded& e) { on_ended(id, e); }},
             event);
}

std::optional<ConnectionEnded> Host::refuse_peer(const Connection& connection,
                                                 const PeerId& peer) const {
  const bool reserved = config_.reserved.contains(peer);
  if (config_.reserved_only && !reserved) {
    return ConnectionEnded{EndReason::NotAllowed, "the network is private"};
  }
  if (const HostBan* const ban = gate_.ban_of(peer, now_)) {
    return ConnectionEnded{EndReason::Banned, ban->reason};
  }
  const auto same = std::count_if(connections_.begin(), connections_.end(), [&](const auto& c) {
    return c.second.peer == peer && !c.second.ended;
  });
  if (static_cast<std::size_t>(same) >= config_.limits.per_peer) {
    return ConnectionEnded{EndReason::LimitReached, "per_peer"};
  }
  if (reserved || connection.outbound) return std::nullopt;
  const auto others = std::count_if(connections_.begin(), connections_.end(), [&](const auto& c) {
    const Connection& other = c.second;
    return !other.outbound && !other.ended && other.peer && !config_.reserved.contains(*other.peer);
  });
  if (static_cast<std::size_t>(others) < config_.limits.inbound) return std::nullopt;
  return ConnectionEnded{EndReason::LimitReached, "inbound"};
}

void Host::on_ready(ConnectionId id, const PeerId& peer) {
  Connection& connection = *find(id);
  if (peer == self_) {
    close(id, EndReason::Misbehaved, "the peer has our own identity");
    return;
  }
  if (auto refused = refuse_peer(connection, peer)) {
    connection.expected = peer;  // whom on_ended names
    close(id, refused->reason, std::move(refused->text));
    return;
  }
  connection.peer = peer;
  Peer& entry = peers_[peer];
  entry.connections.push_back(id);
  if (observer_ != nullptr) observer_->on_ready(id, peer);
  // The observer may have closed or retired it.
  if (connection.ended || connection.last_words != nullptr) return;
  resolve_duplicates(peer);
  if (std::exchange(peers_.at(peer).announced, true)) return;
  for (ProtocolHandler* const handler : handlers_)
    handler->on_peer_connected(peer);
}

// Goodbyes take a moment, in which whoever is refused must not take part in anything.
void Host::retire(ConnectionId id, const ProtocolHandler& last_words) {
  Connection* const connection = find(id);
  if (connection == nullptr || connection->ended || connection->last_words != nullptr) return;
  OL_CHECK(connection->peer.has_value(), "a connection that is retired was ready");
  connection->last_words = &last_words;
  std::vector<StreamKey> others;
  for (auto at = streams_.lower_bound({id, 0}); at != streams_.end() && at->first.connection == id;
       ++at) {
    if (at->second.handler != &last_words) others.push_back(at->first);
  }
  for (const StreamKey key : others) {
    connection->machine->reset(key.stream);
    on_stream_failed(key, "the connection is about to be closed");
  }
  mark_dirty(id, *connection);
  forget_connection(id, *connection->peer);
}

// Both sides may have dialled. Both know the two peer ids, so both keep the same connection: the
// one dialled by the smaller id. The other goes later, or each side could close what the other
// keeps.
void Host::resolve_duplicates(const PeerId& peer) {
  const bool keep_outbound = self_ < peer;
  const Peer& entry = peers_.at(peer);
  const auto is_kept = [&](ConnectionId id) { return find(id)->outbound == keep_outbound; };
  const bool any_kept = std::any_of(entry.connections.begin(), entry.connections.end(), is_kept);
  if (!any_kept) return;
  for (const ConnectionId id : entry.connections) {
    Connection& connection = *find(id);
    if (!is_kept(id) && !connection.close_at) connection.close_at = now_ + kDuplicateLife;
  }
}

/// The kept one of duplicates, else the newest: an older one may be the ghost of a restarted peer.
ConnectionId Host::best_connection(const Peer& peer) const {
  OL_CHECK(!peer.connections.empty(), "a peer has a connection");
  for (auto at = peer.connections.rbegin(); at != peer.connections.rend(); ++at) {
    if (!find(*at)->close_at) return *at;
  }
  return peer.connections.back();
}

void Host::on_ended(ConnectionId id, const ConnectionEnded& event) {
  Connection& connection = *find(id);
  connection.ended = true;
  finished_.push_back(id);
  endings_[reason_name(event.reason)] += 1;
  const auto peer = connection.peer;
  // Both are known to come from the peer itself. A message that is not authentic may come from
  // anybody between us, who must not be able to turn us against each other.
  const bool at_fault =
      event.reason == EndReason::Misbehaved || event.reason == EndReason::YamuxViolation;
  if (peer && at_fault && !config_.reserved.contains(*peer)) {
    const TimePoint until = now_ + config_.limits.ban_time;
    // Once for each peer, however many connections it had.
    if (gate_.ban_of(*peer, now_) == nullptr) gate_.note_ban_of_address(*connection.remote, until);
    gate_.ban(*peer, until, event.text);
  }
  const bool failed_upgrade =
      event.reason == EndReason::NegotiationFailed || event.reason == EndReason::HandshakeFailed ||
      event.reason == EndReason::UpgradeTimeout || event.reason == EndReason::Mute;
  if (failed_upgrade && !connection.outbound) gate_.on_failed_upgrade(*connection.remote, now_);
  fail_streams(id, event.text);
  if (peer && connection.last_words == nullptr) forget_connection(id, *peer);
  if (observer_ == nullptr) return;
  // `refuse_peer` knows who it was.
  const bool refused = event.reason == EndReason::Banned || event.reason == EndReason::NotAllowed ||
                       event.reason == EndReason::LimitReached;
  observer_->on_ended(id, refused && !peer ? connection.expected : peer, event.reason, event.text);
}

void Host::fail_streams(ConnectionId id, const std::string& why) {
  while (true) {
    const auto at = streams_.lower_bound({id, 0});
    if (at == streams_.end() || at->first.connection != id) return;
    on_stream_failed(at->first, why);
  }
}

void Host::forget_connection(ConnectionId id, const PeerId& peer) {
  const auto at = peers_.find(peer);
  std::erase(at->second.connections, id);
  if (!at->second.connections.empty()) {
    for (const ConnectionId other : at->second.connections) {
      // The last one left stays whoever dialled it.
      if (at->second.connections.size() == 1) find(other)->close_at.reset();
    }
    return;
  }
  const bool announced = at->second.announced;
  peers_.erase(at);
  if (!announced) return;
  for (ProtocolHandler* const handler : handlers_)
    handler->on_peer_disconnected(peer);
}

void Host::on_stream_opened(StreamKey key, const StreamOpened& event) {
  if (!event.inbound) {
    const auto at = streams_.find(key);
    if (at == streams_.end()) return;
    at->second.opened = true;
    at->second.protocol = event.protocol;
    at->second.handler->on_stream_opened(key, *find(key.connection)->peer, event.protocol, false);
    return;
  }
  const Protocol& protocol = protocols_.at(event.protocol);
  std::size_t same = 0;
  for (auto at = streams_.lower_bound({key.connection, 0});
       at != streams_.end() && at->first.connection == key.connection; ++at) {
    if (at->second.inbound && at->second.protocol == event.protocol) same += 1;
  }
  Connection& connection = *find(key.connection);
  connection.asked = true;
  MuxedConnection& machine = *connection.machine;
  const bool retired =
      connection.last_words != nullptr && connection.last_words != protocol.handler;
  if (retired || same >= protocol.policy.inbound_streams) {
    machine.reset(key.stream);
    return;
  }
  machine.set_priority(key.stream, protocol.policy.priority);
  Stream& stream = streams_[key];
  stream.handler = protocol.handler;
  stream.protocol = event.protocol;
  stream.inbound = true;
  stream.opened = true;
  stream.handler->on_stream_opened(key, *find(key.connection)->peer, event.protocol, true);
}

void Host::on_stream_data(StreamKey key, const StreamData& event) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) {
    // Of a stream that was reset while its bytes were on the way up.
    consume(key, event.bytes.size());
    return;
  }
  at->second.handler->on_stream_data(key, event.bytes);
}

void Host::on_stream_ended(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  ProtocolHandler& handler = *at->second.handler;
  at->second.ended = true;
  if (at->second.write_closed) streams_.erase(at);
  handler.on_stream_ended(key);
}

void Host::on_stream_failed(StreamKey key, const std::string& why) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  ProtocolHandler& handler = *at->second.handler;
  streams_.erase(at);
  handler.on_stream_failed(key, why);
}

std::optional<StreamKey> Host::open_stream(const PeerId& peer,
                                           const std::vector<std::string>& protocols,
                                           ProtocolHandler& handler) {
  const auto own = protocols_.find(protocols.front());
  const auto priority =
      own == protocols_.end() ? StreamPriority::Normal : own->second.policy.priority;
  return open_stream(peer, protocols, handler, priority);
}

std::optional<StreamKey> Host::open_stream(const PeerId& peer,
                                           const std::vector<std::string>& protocols,
                                           ProtocolHandler& handler, StreamPriority priority) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return std::nullopt;
  return open_stream_on(best_connection(at->second), protocols, handler, priority);
}

std::optional<StreamKey> Host::open_stream_on(ConnectionId id,
                                              const std::vector<std::string>& protocols,
                                              ProtocolHandler& handler, StreamPriority priority) {
  Connection* const found = find(id);
  if (found == nullptr || found->ended || !found->peer) return std::nullopt;
  Connection& connection = *found;
  if (connection.last_words != nullptr && connection.last_words != &handler) return std::nullopt;
  std::optional<std::string> announced;
  if (const PeerInfo* const known = info(*connection.peer)) {
    for (const std::string& protocol : protocols) {
      if (!announced && known->protocols.contains(protocol)) announced = protocol;
    }
  }
  const auto stream = announced ? connection.machine->open_stream_lazily(*announced, priority, now_)
                                : connection.machine->open_stream(protocols, priority, now_);
  if (!stream) return std::nullopt;
  const StreamKey key{id, *stream};
  Stream& entry = streams_[key];
  entry.handler = &handler;
  if (announced) {
    entry.protocol = *announced;
    lazily_opened_.push_back(key);
  }
  mark_dirty(id, connection);
  return key;
}

void Host::deliver_opened() {
  while (!lazily_opened_.empty()) {
    const StreamKey key = lazily_opened_.front();
    lazily_opened_.pop_front();
    const auto at = streams_.find(key);
    if (at == streams_.end() || std::exchange(at->second.opened, true)) continue;
    at->second.handler->on_stream_opened(key, *find(key.connection)->peer, at->second.protocol,
                                         false);
  }
}

void Host::set_priority(StreamKey key, StreamPriority priority) {
  if (streams_.contains(key)) find(key.connection)->machine->set_priority(key.stream, priority);
}

bool Host::write(StreamKey key, SharedBytes bytes) {
  Connection* const connection = find(key.connection);
  if (connection == nullptr || !streams_.contains(key)) return false;
  mark_dirty(key.connection, *connection);
  return connection->machine->write(key.stream, std::move(bytes));
}

void Host::close_write(StreamKey key) {
  const auto at = streams_.find(key);
  if (at == streams_.end()) return;
  Connection& connection = *find(key.connection);
  connection.machine->close_write(key.stream);
  mark_dirty(key.connection, connection);
  at->second.write_closed = true;
  if (at->second.ended) streams_.erase(at);
}

void Host::reset(StreamKey key) {
  if (streams_.erase(key) == 0) return;
  Connection& connection = *find(key.connection);
  connection.machine->reset(key.stream);
  mark_dirty(key.connection, connection);
}

void Host::consume(StreamKey key, std::size_t bytes) {
  Connection* const connection = find(key.connection);
  if (connection == nullptr || connection->ended) return;
  connection->machine->consume(key.stream, bytes, now_);
  mark_dirty(key.connection, *connection);
}

std::size_t Host::queued_bytes(StreamKey key) const {
  const Connection* const connection = find(key.connection);
  return connection == nullptr || !connection->machine
             ? 0
             : connection->machine->queued_bytes(key.stream);
}

std::size_t Host::queued_bytes_beside(ConnectionId id, const ProtocolHandler& handler) const {
  std::size_t out = 0;
  for (auto at = streams_.lower_bound({id, 0}); at != streams_.end() && at->first.connection == id;
       ++at) {
    if (at->second.handler != &handler) out += queued_bytes(at->first);
  }
  return out;
}

}  // namespace ol::p2p
