#include <ol/p2p/gossip_protocol.hpp>

#include <algorithm>
#include <array>

#include "address_prefix.hpp"

namespace ol::p2p {
namespace {

// Newest first: the first a peer has is used.
constexpr std::array<std::string_view, 3> kIds{"/meshsub/1.2.0", "/meshsub/1.1.0",
                                               "/meshsub/1.0.0"};
// What waits in the stream can no longer be dropped or overtaken; the router's queue can.
constexpr std::size_t kStreamBytesMax = std::size_t{256} << 10;

std::vector<std::string> ids() {
  return {kIds.begin(), kIds.end()};
}

GossipVersion version_of(std::string_view id) {
  if (id == kIds[0]) return GossipVersion::V12;
  return id == kIds[1] ? GossipVersion::V11 : GossipVersion::V10;
}

// Rises from life to life, as go-libp2p's does.
std::uint64_t first_seqno() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count());
}

}  // namespace

GossipProtocol::GossipProtocol(Host& host, const IdentityKey& key, GossipParameters parameters,
                               Validate validate)
    : host_(host),
      router_(std::move(parameters), key, host.random_u64(), first_seqno()),
      validate_(std::move(validate)) {
  host_.add_protocol(ids(), *this, {2, StreamPriority::Normal});
}

void GossipProtocol::join(const std::string& topic) {
  router_.join(topic, host_.now());
  pump();
}

void GossipProtocol::leave(const std::string& topic) {
  router_.leave(topic, host_.now());
  pump();
}

Result<GossipPublished, GossipPublishError> GossipProtocol::publish(const std::string& topic,
                                                                    ByteView data) {
  auto out = router_.publish(topic, data, host_.now());
  pump();
  return out;
}

Result<GossipPublished, GossipPublishError> GossipProtocol::publish(const std::string& topic,
                                                                    ByteView data,
                                                                    GossipSigning signing) {
  auto out = router_.publish(topic, data, signing, host_.now());
  pump();
  return out;
}

void GossipProtocol::judge(const MessageId& id, GossipVerdict verdict) {
  router_.judge(id, verdict, host_.now());
  pump();
}

void GossipProtocol::set_direct(std::set<PeerId> peers) {
  router_.set_direct(std::move(peers), host_.now());
  pump();
}

void GossipProtocol::on_peer_identified(const PeerId& id) {
  const Peer& peer = peers_[id];
  if (!peer.outbound) open(id);
}

// Identify says so, or the stream it opened to us.
bool GossipProtocol::speaks_gossip(const PeerId& id) const {
  const auto known = peers_.find(id);
  if (known != peers_.end() && known->second.inbound) return true;
  const PeerInfo* const info = host_.info(id);
  return info != nullptr && std::any_of(kIds.begin(), kIds.end(), [&](std::string_view protocol) {
           return info->protocols.contains(protocol);
         });
}

void GossipProtocol::open(const PeerId& id) {
  Peer& peer = peers_[id];
  peer.reopen_at.reset();
  if (!speaks_gossip(id)) return;
  const auto key = host_.open_stream(id, ids(), *this);
  peer.tried_at = host_.now();
  peer.outbound = key;
  peer.is_open = false;
  if (key) {
    outbound_[*key] = id;
  } else {
    peer.reopen_at = host_.now() + kReopenPause;
  }
}

void GossipProtocol::on_peer_disconnected(const PeerId& id) {
  peers_.erase(id);
  std::erase_if(inbound_, [&](const auto& entry) { return entry.second.peer == id; });
  std::erase_if(outbound_, [&](const auto& entry) { return entry.second == id; });
  router_.remove_peer(id, host_.now());
}

void GossipProtocol::on_stream_opened(StreamKey key, const PeerId& id, std::string_view protocol,
                                      bool inbound) {
  Peer& peer = peers_[id];
  if (inbound) {
    // The newest counts: the peer may have lost the older one.
    if (peer.inbound) {
      inbound_.erase(*peer.inbound);
      host_.reset(*peer.inbound);
    }
    peer.inbound = key;
    inbound_[key].peer = id;
    const GossipParameters& limits = router_.parameters();
    if (!peer.rate)
      peer.rate.emplace(limits.messages_per_second, limits.bytes_per_second, host_.now());
    if (!peer.outbound && !peer.reopen_at) open(id);
    return;
  }
  if (peer.outbound != key) return;
  peer.is_open = true;
  ensure_peer(id, key);
  router_.set_version(id, version_of(protocol));
  pump();
  // What has waited since before the stream was open is no news to the router.
  flush(id);
}

void GossipProtocol::ensure_peer(const PeerId& id, StreamKey key) {
  if (router_.has_peer(id)) return;
  const std::string ip = counted_ip(id, host_.remote_of(key.connection));
  router_.add_peer(id, {GossipVersion::V11, host_.is_outbound(id), ip}, host_.now());
}

std::string GossipProtocol::counted_ip(const PeerId& id, const std::optional<Multiaddr>& remote) {
  const bool known =
      host_.config().reserved.contains(id) || router_.parameters().direct.contains(id);
  return known || !remote ? std::string{} : ip_of(*remote);
}

// Who is reserved changes with the set of validators.
void GossipProtocol::recount_ips() {
  for (const auto& [id, peer] : peers_) {
    if (router_.has_peer(id)) router_.set_ip(id, counted_ip(id, host_.remote_of(id)));
  }
}

void GossipProtocol::on_stream_data(StreamKey key, ByteView bytes) {
  const auto at = inbound_.find(key);
  if (at == inbound_.end()) {
    // Nobody writes on the stream we write on; its bytes are thrown away.
    host_.consume(key, bytes.size());
    return;
  }
  const auto& rate = peers_[at->second.peer].rate;
  if (rate && rate->is_paused()) {
    append(at->second.backlog, bytes);
    return;
  }
  read(key, bytes);
  pump();
}

void GossipProtocol::read(StreamKey key, ByteView bytes) {
  Inbound& inbound = inbound_.at(key);
  const std::size_t size = bytes.size();
  std::string problem;
  while (problem.empty()) {
    const auto rpc = inbound.reader.next(bytes);
    if (rpc && !*rpc) {
      const bool part = !inbound.reader.is_between_messages();
      if (part && !inbound.part_since) inbound.part_since = host_.now();
      break;
    }
    inbound.part_since.reset();
    problem =
        rpc ? take(key, inbound.peer, **rpc) : "gossip rpc over 4 MiB or with a malformed length";
    if (peers_[inbound.peer].rate->is_paused()) break;
  }
  inbound.backlog = to_bytes(bytes);
  host_.consume(key, size - bytes.size());
  if (!problem.empty()) host_.close(key.connection, EndReason::Misbehaved, problem);
}

std::string GossipProtocol::take(StreamKey key, const PeerId& id, ByteView rpc) {
  // The peer's stream may open before ours: its subscriptions come first.
  ensure_peer(id, key);
  const auto messages = router_.on_rpc(id, rpc, host_.now());
  if (!messages) return describe(messages.error());
  peers_[id].rate->charge(std::max<std::size_t>(1, *messages), rpc.size(), host_.now());
  return {};
}

void GossipProtocol::resume_reading(TimePoint now) {
  std::vector<StreamKey> going_on;
  for (auto& [id, peer] : peers_) {
    if (peer.rate && peer.rate->resume(now) && peer.inbound) going_on.push_back(*peer.inbound);
  }
  for (const StreamKey key : going_on) {
    const auto at = inbound_.find(key);
    if (at != inbound_.end()) read(key, std::exchange(at->second.backlog, {}));
  }
}

void GossipProtocol::on_stream_ended(StreamKey key) {
  // Nobody writes on the stream we write on, so its end on their side means nothing.
  if (!inbound_.contains(key)) return;
  host_.reset(key);
  lose(key);
}

void GossipProtocol::on_stream_failed(StreamKey key, std::string_view) {
  lose(key);
}

void GossipProtocol::lose(StreamKey key) {
  const auto inbound = inbound_.find(key);
  if (inbound != inbound_.end()) {
    const auto peer = peers_.find(inbound->second.peer);
    if (peer != peers_.end() && peer->second.inbound == key) peer->second.inbound.reset();
    inbound_.erase(inbound);
  }
  auto outbound = outbound_.extract(key);
  if (outbound.empty()) return;
  const auto peer = peers_.find(outbound.mapped());
  if (peer == peers_.end() || peer->second.outbound != key) return;
  peer->second.outbound.reset();
  peer->second.is_open = false;
  // Soon, for the connection may have been one of two.
  peer->second.reopen_at = std::max(host_.now(), peer->second.tried_at + kReopenPause);
  router_.restart_peer(outbound.mapped(), host_.now());
}

void GossipProtocol::on_stream_writable(StreamKey key) {
  const auto at = outbound_.find(key);
  if (at != outbound_.end()) flush(at->second);
}

void GossipProtocol::on_tick(TimePoint now) {
  const Duration heartbeat = router_.parameters().heartbeat;
  if (!next_heartbeat_) next_heartbeat_ = now + heartbeat;
  if (now >= *next_heartbeat_) {
    // After a pause of the process one heartbeat is enough.
    next_heartbeat_ = std::max(*next_heartbeat_ + heartbeat, now);
    recount_ips();
    router_.heartbeat(now);
  }
  std::vector<PeerId> reopen;
  for (const auto& [id, peer] : peers_) {
    if (peer.reopen_at && now >= *peer.reopen_at) reopen.push_back(id);
  }
  for (const PeerId& id : reopen)
    open(id);
  cut_slow_senders(now);
  resume_reading(now);
  pump();
}

/// An unfinished RPC holds up to 4 MiB: it has a time limit, however often bytes come.
void GossipProtocol::cut_slow_senders(TimePoint now) {
  std::vector<StreamKey> late;
  for (const auto& [key, inbound] : inbound_) {
    const auto since = inbound.part_since;
    if (since && now - *since >= router_.parameters().rpc_time) late.push_back(key);
  }
  for (const StreamKey key : late)
    host_.close(key.connection, EndReason::SlowSender,
                "a gossip rpc did not arrive in full in time");
}

void GossipProtocol::pump() {
  // Validation may publish, which comes here again.
  if (std::exchange(pumping_, true)) return;
  while (auto event = router_.next_event())
    handle(*std::move(event));
  pumping_ = false;
  for (const PeerId& id : router_.take_ready())
    flush(id);
}

void GossipProtocol::handle(GossipEvent event) {
  if (const auto* const received = std::get_if<GossipReceived>(&event)) {
    const auto verdict = validate_(*received->message, received->from);
    if (verdict) router_.judge(received->message->id, *verdict, host_.now());
  } else if (const auto* const slow = std::get_if<GossipSlowPeer>(&event)) {
    host_.disconnect(slow->peer, EndReason::WriteStalled, "the peer does not take its gossip");
  } else if (const auto* const bad = std::get_if<GossipGraylisted>(&event)) {
    std::string why = "gossip score below the graylist threshold";
    if (bad->offence) why += std::string(": ") + describe(*bad->offence);
    host_.disconnect(bad->peer, EndReason::Misbehaved, why);
  } else if (const auto* const told = std::get_if<GossipExchanged>(&event)) {
    for (const Multiaddr& address : told->addresses) {
      if (!address.is_dialable(host_.config().profile)) continue;
      // Refused when the limits are reached or the peer is connected by now.
      static_cast<void>(host_.dial(address.with_peer(told->peer)));
      break;
    }
  }
}

std::size_t GossipProtocol::held_bytes(const PeerId& id) const {
  std::size_t out = router_.queued_bytes(id);
  const auto peer = peers_.find(id);
  if (peer == peers_.end() || !peer->second.inbound) return out;
  const auto inbound = inbound_.find(*peer->second.inbound);
  if (inbound == inbound_.end()) return out;
  const DelimitedReader& reader = inbound->second.reader;
  out += reader.is_between_messages() ? 0 : reader.buffered_bytes();
  return out + inbound->second.backlog.size();
}

void GossipProtocol::flush(const PeerId& id) {
  const auto at = peers_.find(id);
  if (at == peers_.end() || !at->second.is_open) return;
  const StreamKey key = *at->second.outbound;
  while (host_.queued_bytes(key) <= kStreamBytesMax) {
    const auto pieces = router_.take_rpc(id, host_.now());
    if (pieces.empty()) return;
    for (const SharedBytes& piece : pieces) {
      if (host_.write(key, piece)) continue;
      // Half an RPC cannot be taken back.
      host_.reset(key);
      lose(key);
      return;
    }
  }
}

}  // namespace ol::p2p
