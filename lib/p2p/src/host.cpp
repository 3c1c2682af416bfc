#include <ol/p2p/host.hpp>

#include <algorithm>

#include <ol/base/check.hpp>

#include "address_prefix.hpp"

namespace ol::p2p {
namespace {

// What one poll_transmit hands to the socket at most, roughly: enough to keep it busy, little
// enough that an urgent frame waits for no more.
constexpr std::size_t kTransmitBytesMax = std::size_t{128} << 10;

}  // namespace

Host::Host(HostConfig config, const NoiseIdentity& identity, const PublicKey& key,
           RandomSource random, TimePoint now)
    : config_(std::move(config)),
      identity_(identity),
      key_(key),
      self_(key),
      random_(std::move(random)),
      now_(now),
      gate_(config_.limits, config_.profile) {
  OL_CHECK(identity_.peer_id() == self_, "the key is the identity's");
}

Host::~Host() = default;

void Host::add_protocol(std::vector<std::string> ids, ProtocolHandler& handler,
                        const ProtocolPolicy& policy) {
  for (std::string& id : ids) {
    protocol_ids_.insert(id);
    protocols_[std::move(id)] = {&handler, policy};
  }
  if (std::find(handlers_.begin(), handlers_.end(), &handler) == handlers_.end()) {
    handlers_.push_back(&handler);
  }
}

std::uint64_t Host::random_u64() {
  std::array<std::uint8_t, 8> bytes{};
  random_(bytes);
  std::uint64_t out = 0;
  for (const std::uint8_t byte : bytes)
    out = out << 8 | byte;
  return out;
}

Host::Connection* Host::find(ConnectionId id) {
  const auto at = connections_.find(id);
  return at == connections_.end() ? nullptr : &at->second;
}

const Host::Connection* Host::find(ConnectionId id) const {
  const auto at = connections_.find(id);
  return at == connections_.end() ? nullptr : &at->second;
}

std::unique_ptr<MuxedConnection> Host::make_machine(const Connection& connection) {
  crypto::SecretBytes<32> secret;
  random_(secret.span());
  ConnectionSetup setup;
  setup.role = connection.outbound ? NoiseRole::Initiator : NoiseRole::Responder;
  setup.expected = connection.expected;
  setup.yamux = config_.yamux;
  setup.times = config_.times;
  return std::make_unique<MuxedConnection>(
      setup, identity_, protocol_ids_, crypto::X25519KeyPair::from_secret(std::move(secret)), now_);
}

Result<ConnectionId, HostRefusal> Host::refuse(HostRefusal refusal) {
  refusals_[refusal_name(refusal)] += 1;
  return fail(refusal);
}

InboundCensus Host::count_inbound(const Multiaddr& remote) const {
  const std::string ip = ip_of(remote);
  const std::string prefix = prefix_of(remote);
  InboundCensus out;
  out.slots = config_.limits.inbound + std::min(config_.limits.reserved, config_.reserved.size());
  out.known = reserved_ips_.contains(ip);
  for (const auto& [id, connection] : connections_) {
    const bool upgrading = !connection.peer && !connection.ended;
    if (upgrading && connection.machine) {
      (connection.reserved_place ? out.upgrades_reserved : out.upgrades) += 1;
    }
    if (connection.outbound || connection.ended) continue;
    out.inbound += 1;
    if (connection.peer && connection.last_words == nullptr) out.ready += 1;
    const bool same_ip = ip_of(*connection.remote) == ip;
    if (same_ip) out.of_ip += 1;
    if (same_ip && upgrading && !connection.reserved_place) out.upgrades_of_ip += 1;
    if (prefix_of(*connection.remote) == prefix) out.of_prefix += 1;
  }
  return out;
}

Result<ConnectionId, HostRefusal> Host::on_accepted(const Multiaddr& remote, TimePoint now) {
  now_ = now;
  InboundCensus census = count_inbound(remote);
  auto refusal = gate_.admit(remote, census, now);
  if (const auto victim = refusal ? evictable(*refusal, remote) : std::nullopt) {
    close(*victim, EndReason::Evicted, "not a byte yet, and a newcomer needs the place");
    census = count_inbound(remote);
    refusal = gate_.admit(remote, census, now);
  }
  if (refusal) return refuse(*refusal);
  const ConnectionId id = next_id_++;
  Connection& connection = connections_[id];
  connection.remote = remote;
  connection.reserved_place = gate_.has_reserved_place(census);
  connection.begun = now_;
  connection.machine = make_machine(connection);
  mark_dirty(id, connection);
  return id;
}

// Ids rise, so the first found is the oldest.
std::optional<ConnectionId> Host::evictable(HostRefusal refusal, const Multiaddr& newcomer) const {
  const bool any = refusal == HostRefusal::InboundLimit || refusal == HostRefusal::UpgradeLimit;
  const bool of_ip = refusal == HostRefusal::IpLimit || refusal == HostRefusal::UpgradeIpLimit;
  if (!any && !of_ip && refusal != HostRefusal::PrefixLimit) return std::nullopt;
  const std::string ip = ip_of(newcomer);
  for (const auto& [id, connection] : connections_) {
    if (connection.outbound || connection.ended || connection.peer) continue;
    if (!connection.machine->is_mute()) continue;
    // A stranger never takes a place that is not for strangers.
    if (connection.reserved_place && !reserved_ips_.contains(ip)) continue;
    const bool counts = any || (of_ip ? ip_of(*connection.remote) == ip
                                      : prefix_of(*connection.remote) == prefix_of(newcomer));
    if (counts) return id;
  }
  return std::nullopt;
}

std::optional<HostRefusal> Host::refuse_dial(const Multiaddr& address) const {
  const auto target = address.tcp_target();
  if (!target || target->port == 0) return HostRefusal::NotTcp;
  const auto expected = address.peer();
  if (expected == self_) return HostRefusal::SelfDial;
  if (expected && peers_.contains(*expected)) return HostRefusal::AlreadyConnected;
  if (expected && gate_.ban_of(*expected, now_) != nullptr) return HostRefusal::Banned;
  std::size_t outbound = 0;
  std::size_t dialling = 0;
  for (const auto& [id, connection] : connections_) {
    if (!connection.outbound || connection.ended) continue;
    outbound += 1;
    if (connection.peer) continue;
    dialling += 1;
    // Never two attempts at one peer at a time.
    if (expected && connection.expected == expected) return HostRefusal::AlreadyConnected;
  }
  if (outbound >= config_.limits.outbound) return HostRefusal::OutboundLimit;
  if (dialling >= config_.limits.dials) return HostRefusal::DialLimit;
  return std::nullopt;
}

Result<ConnectionId, HostRefusal> Host::dial(const Multiaddr& address) {
  if (const auto refusal = refuse_dial(address)) return refuse(*refusal);
  const ConnectionId id = next_id_++;
  Connection& connection = connections_[id];
  connection.outbound = true;
  connection.expected = address.peer();
  connection.begun = now_;
  dials_.push_back({id, *address.tcp_target()});
  return id;
}

std::optional<DialRequest> Host::next_dial() {
  while (!dials_.empty()) {
    DialRequest out = std::move(dials_.front());
    dials_.pop_front();
    const Connection* const connection = find(out.id);
    if (connection != nullptr && !connection->ended) return out;
  }
  return std::nullopt;
}

void Host::on_connected(ConnectionId id, const Multiaddr& remote, TimePoint now) {
  now_ = now;
  Connection* const connection = find(id);
  if (connection == nullptr || connection->ended) return;
  connection->remote = remote;
  connection->machine = make_machine(*connection);
  mark_dirty(id, *connection);
}

void Host::on_lost(ConnectionId id, EndReason reason, std::string text, TimePoint now) {
  now_ = now;
  close(id, reason, std::move(text));
}

void Host::on_received(ConnectionId id, ByteView bytes, TimePoint now) {
  now_ = now;
  counters_.bytes_in += bytes.size();
  Connection* const connection = find(id);
  if (connection == nullptr || connection->ended) return;
  connection->machine->feed(bytes, now);
  pump(id);
}

void Host::pump(ConnectionId id) {
  while (true) {
    Connection* const connection = find(id);
    if (connection == nullptr || connection->ended || !connection->machine) return;
    auto event = connection->machine->next_event();
    if (!event) {
      if (connection->machine->has_output()) mark_dirty(id, *connection);
      break;
    }
    handle(id, std::move(*event));
  }
  deliver_opened();
}

void Host::mark_dirty(ConnectionId id, Connection& connection) {
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(id);
}

std::vector<ConnectionId> Host::take_dirty() {
  deliver_opened();
  std::vector<ConnectionId> out = std::exchange(dirty_, {});
  for (const ConnectionId id : out) {
    if (Connection* const connection = find(id)) connection->dirty = false;
  }
  return out;
}

void Host::poll_transmit(ConnectionId id, Bytes& out, TimePoint now) {
  now_ = now;
  Connection* const connection = find(id);
  if (connection == nullptr || connection->ended || !connection->machine) return;
  const std::size_t before = out.size();
  connection->machine->poll_transmit(out, kTransmitBytesMax, now);
  counters_.bytes_out += out.size() - before;
  // Sending makes room, which streams may be waiting for.
  pump(id);
}

void Host::on_written(ConnectionId id, TimePoint now) {
  now_ = now;
  Connection* const connection = find(id);
  if (connection == nullptr || connection->ended || !connection->machine) return;
  connection->machine->on_written(now);
  if (connection->machine->has_output()) mark_dirty(id, *connection);
}

std::optional<FinishedConnection> Host::next_finished() {
  if (finished_.empty()) return std::nullopt;
  FinishedConnection out{finished_.front(), {}};
  finished_.pop_front();
  const auto at = connections_.find(out.id);
  if (at->second.machine) {
    at->second.machine->poll_transmit(out.last_bytes, kTransmitBytesMax, now_);
  }
  connections_.erase(at);
  return out;
}

void Host::tick(TimePoint now) {
  now_ = now;
  std::vector<ConnectionId> ids;
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_)
    ids.push_back(id);
  for (const ConnectionId id : ids) {
    Connection* const connection = find(id);
    if (connection == nullptr || connection->ended) continue;
    if (connection->close_at && now >= *connection->close_at) {
      close(id, EndReason::Duplicate, "another connection to the peer is kept");
    } else if (connection->machine) {
      connection->machine->tick(now);
      pump(id);
    } else if (now - connection->begun >= config_.times.upgrade) {
      close(id, EndReason::UpgradeTimeout, "no connection in time");
    }
  }
  gate_.tick(now);
  for (ProtocolHandler* const handler : handlers_)
    handler->on_tick(now);
}

void Host::close(ConnectionId id, EndReason reason, std::string text) {
  Connection* const connection = find(id);
  if (connection == nullptr || connection->ended) return;
  if (!connection->machine) {
    on_ended(id, {reason, std::move(text)});
    return;
  }
  connection->machine->close(reason, std::move(text));
  pump(id);
}

void Host::disconnect(const PeerId& peer, EndReason reason, const std::string& text) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return;
  const auto ids = at->second.connections;
  for (const ConnectionId id : ids)
    close(id, reason, text);
}

void Host::ban(const PeerId& peer, Duration time, const std::string& reason) {
  if (config_.reserved.contains(peer)) return;
  gate_.ban(peer, now_ + time, reason);
  disconnect(peer, EndReason::Banned, reason);
}

void Host::set_reserved(std::set<PeerId> peers) {
  config_.reserved = std::move(peers);
  for (const PeerId& peer : config_.reserved)
    gate_.unban(peer);
}

void Host::set_reserved_addresses(const std::vector<Multiaddr>& addresses) {
  reserved_ips_.clear();
  for (const Multiaddr& address : addresses) {
    const std::string ip = ip_of(address);
    if (!ip.empty()) reserved_ips_.insert(ip);
  }
}

bool Host::is_dialling(const PeerId& peer) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    const Connection& connection = entry.second;
    return connection.expected == peer && !connection.peer && !connection.ended;
  });
}

std::vector<PeerId> Host::connected_peers() const {
  std::vector<PeerId> out;
  out.reserve(peers_.size());
  for (const auto& [peer, entry] : peers_)
    out.push_back(peer);
  return out;
}

const PeerInfo* Host::info(const PeerId& peer) const {
  const auto at = peers_.find(peer);
  return at == peers_.end() || !at->second.info ? nullptr : &*at->second.info;
}

void Host::set_info(const PeerId& peer, PeerInfo info) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return;
  at->second.info = std::move(info);
  for (ProtocolHandler* const handler : handlers_)
    handler->on_peer_identified(peer);
  // A handler may have closed the connection.
  if (observer_ != nullptr && this->info(peer) != nullptr) {
    observer_->on_identified(peer, *this->info(peer));
  }
}

std::optional<PeerId> Host::peer_of(ConnectionId id) const {
  const Connection* const connection = find(id);
  return connection == nullptr ? std::nullopt : connection->peer;
}

std::optional<Multiaddr> Host::remote_of(ConnectionId id) const {
  const Connection* const connection = find(id);
  return connection == nullptr ? std::nullopt : connection->remote;
}

std::optional<Multiaddr> Host::remote_of(const PeerId& peer) const {
  const auto at = peers_.find(peer);
  return at == peers_.end() ? std::nullopt : remote_of(best_connection(at->second));
}

std::size_t Host::stream_count(ConnectionId id) const {
  const Connection* const connection = find(id);
  return connection == nullptr || !connection->machine ? 0 : connection->machine->stream_count();
}

bool Host::has_been_asked(ConnectionId id) const {
  const Connection* const connection = find(id);
  return connection != nullptr && connection->asked;
}

bool Host::is_dialled(ConnectionId id) const {
  const Connection* const connection = find(id);
  return connection != nullptr && connection->outbound;
}

bool Host::is_outbound(const PeerId& peer) const {
  const auto at = peers_.find(peer);
  return at != peers_.end() && find(best_connection(at->second))->outbound;
}

}  // namespace ol::p2p
