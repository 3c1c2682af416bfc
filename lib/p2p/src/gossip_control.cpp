// What peers may ask of the router: announcements, requests, and who is in whose mesh.
// Source: gossipsub 1.1, "Control messages" and "Security"; gossipsub 1.2, "IDONTWANT".
#include <algorithm>

#include <ol/p2p/envelope.hpp>
#include <ol/p2p/gossip_router.hpp>

namespace ol::p2p {
namespace {

// Ids asked of one peer on topics that take either policy, and for how long they are remembered:
// longer than any implementation announces them.
constexpr std::size_t kAskedMax = 2000;
constexpr std::uint64_t kAskedHeartbeats = 10;

std::uint64_t seconds_of(Duration time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

}  // namespace

void GossipRouter::on_control(const PeerId& id, Peer& peer, const GossipRpc& rpc, TimePoint now) {
  std::size_t ids = rpc.ihave.size() + rpc.iwant.size() + rpc.idontwant.size() + rpc.long_ids;
  for (const RpcIhave& ihave : rpc.ihave)
    ids += ihave.ids.size();
  const bool ids_fit = admit(id, peer, GossipOffence::Ids, ids);
  if (ids_fit) {
    for (const RpcIhave& ihave : rpc.ihave)
      on_ihave(id, peer, ihave, now);
    if (!rpc.iwant.empty()) on_iwant(id, peer, rpc.iwant, now);
  }
  if (admit(id, peer, GossipOffence::Grafts, rpc.graft.size())) {
    for (const std::string_view topic : rpc.graft)
      on_graft(id, peer, std::string(topic), now);
  }
  if (admit(id, peer, GossipOffence::Prunes, rpc.prune.size())) {
    for (const RpcPrune& prune : rpc.prune)
      on_prune(id, peer, prune, now);
  }
  if (ids_fit && !rpc.idontwant.empty()) on_idontwant(peer, rpc.idontwant);
}

void GossipRouter::on_ihave(const PeerId& id, Peer& peer, const RpcIhave& ihave, TimePoint now) {
  if (score(id, now) < parameters_.score.gossip) return;
  peer.ihaves += 1;
  if (peer.ihaves > parameters_.ihave_per_heartbeat) return;
  const std::string topic(ihave.topic);
  if (!is_joined(topic)) return;
  std::vector<MessageId> wanted;
  for (const ByteView bytes : ihave.ids) {
    if (peer.ihave_ids >= parameters_.ihave_ids_per_heartbeat) break;
    peer.ihave_ids += 1;
    const MessageId message(as_text(bytes));
    const bool seen = cache_.find_seen(message) != nullptr;
    if (!seen && may_ask(peer, topic, message)) wanted.push_back(message);
  }
  if (wanted.empty()) return;
  shuffle(wanted);
  peer.queue.iwant(std::move(wanted));
  mark_ready(id);
}

// Where peers may name messages as they like, what one has is never found under its name: it is
// asked for each once.
bool GossipRouter::may_ask(Peer& peer, const std::string& topic, const MessageId& message) {
  if (policy_of(topic) != GossipSigning::Either) return true;
  if (peer.asked.size() >= kAskedMax) return false;
  return peer.asked.emplace(message, heartbeats_ + kAskedHeartbeats).second;
}

void GossipRouter::on_iwant(const PeerId& id, Peer& peer, const std::vector<ByteView>& ids,
                            TimePoint now) {
  if (score(id, now) < parameters_.score.gossip) {
    // Nothing was announced to it, so it asks in vain.
    admit(id, peer, GossipOffence::UnknownIds, ids.size());
    return;
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // Whoever has asked for so much in vain is not listened to, and all it asks for counts.
    if (peer.floods.is_spent(GossipOffence::UnknownIds, parameters_.floods)) {
      admit(id, peer, GossipOffence::UnknownIds, ids.size() - i);
      return;
    }
    const MessageId name(as_text(ids[i]));
    const GossipMessagePtr message = cache_.get(name);
    const bool wanted = message != nullptr && !peer.unwanted.contains(name);
    if (!wanted || peer.sent[name] >= parameters_.iwant_repeats) {
      admit(id, peer, GossipOffence::UnknownIds, 1);
      continue;
    }
    if (peer.iwant_bytes + message->data_size > parameters_.iwant_bytes_per_heartbeat) return;
    peer.sent[name] += 1;
    peer.iwant_bytes += message->data_size;
    send(id, peer, message, GossipClass::Forwarded, now);
  }
}

void GossipRouter::on_idontwant(Peer& peer, const std::vector<ByteView>& ids) {
  std::set<MessageId> names;
  for (const ByteView bytes : ids) {
    if (peer.idontwant_ids >= parameters_.idontwant_ids_per_heartbeat) break;
    peer.idontwant_ids += 1;
    const MessageId id(as_text(bytes));
    peer.unwanted[id] = heartbeats_ + parameters_.idontwant_heartbeats;
    names.insert(id);
  }
  if (!names.empty()) peer.queue.remove(names);
}

void GossipRouter::on_graft(const PeerId& id, Peer& peer, const std::string& topic, TimePoint now) {
  // No answer for unknown topics: it would turn one message into two.
  if (!is_joined(topic)) return;
  const std::set<PeerId>& members = mesh_.at(topic);
  if (members.contains(id)) return;
  if (is_direct(id)) return refuse_graft(id, peer, topic, now);
  const auto backoff = backoffs_.find({topic, id});
  if (backoff != backoffs_.end() && now < backoff->second.until) {
    const bool at_once = now - backoff->second.pruned_at < parameters_.graft_flood;
    misbehaved(id, GossipOffence::GraftsInBackoff, at_once ? 2 : 1);
    return refuse_graft(id, peer, topic, now);
  }
  if (score(id, now) < 0) return refuse_graft(id, peer, topic, now);
  if (members.size() >= parameters_.d_high && !peer.info.outbound) {
    return refuse_graft(id, peer, topic, now);
  }
  // Whoever grafts takes part, even if its subscription is still on the way.
  peer.topics.insert(topic);
  add_to_mesh(id, topic, now);
}

void GossipRouter::refuse_graft(const PeerId& id, Peer& peer, const std::string& topic,
                                TimePoint now) {
  set_backoff(id, topic, parameters_.prune_backoff, now);
  peer.queue.prune(topic, seconds_of(parameters_.prune_backoff));
  mark_ready(id);
}

void GossipRouter::add_to_mesh(const PeerId& id, const std::string& topic, TimePoint now) {
  if (mesh_.at(topic).insert(id).second) score_.graft(id, topic, now);
}

void GossipRouter::on_prune(const PeerId& id, Peer& peer, const RpcPrune& prune, TimePoint now) {
  const std::string topic(prune.topic);
  if (!is_joined(topic)) return;
  if (mesh_.at(topic).erase(id) > 0) score_.prune(id, topic, now);
  // Compared in seconds before it becomes a duration: the peer may name any 64-bit number
  // (CVE-2026-33040).
  Duration backoff = parameters_.prune_backoff;
  if (prune.backoff_s && *prune.backoff_s > 0) {
    const std::uint64_t seconds = std::min(*prune.backoff_s, seconds_of(parameters_.backoff_max));
    backoff = std::chrono::seconds{static_cast<std::int64_t>(seconds)};
  }
  set_backoff(id, topic, backoff, now);
  if (score(id, now) >= parameters_.score.accept_exchange) on_exchanged(peer, prune);
}

void GossipRouter::on_exchanged(Peer& peer, const RpcPrune& prune) {
  for (const RpcExchangedPeer& entry : prune.peers) {
    const auto told = PeerId::from_bytes(entry.peer);
    if (!told || *told == self_ || peers_.contains(*told)) continue;
    // Counted before its signature is verified: that is what costs.
    if (peer.exchanged >= parameters_.exchanged_peers) return;
    peer.exchanged += 1;
    // Without a record there is no address to dial, and unsigned ones are not believed.
    const auto record = open_peer_record(entry.record);
    if (!record || record->peer != *told) continue;
    events_.emplace_back(GossipExchanged{*told, record->addresses});
  }
}

void GossipRouter::set_backoff(const PeerId& id, const std::string& topic, Duration time,
                               TimePoint now) {
  const TopicPeer key{topic, id};
  if (!backoffs_.contains(key)) make_room_for_backoff();
  Backoff& backoff = backoffs_[key];
  backoff.until = std::max(backoff.until, now + time);
  backoff.pruned_at = now;
}

// A peer has one for each topic we are on, so whoever fills the table comes under many ids. The
// oldest goes first, of peers that are gone before those that are here.
void GossipRouter::make_room_for_backoff() {
  if (backoffs_.size() < parameters_.backoffs_max) return;
  const auto order = [this](const auto& entry) {
    return std::pair(has_peer(entry.first.second), entry.second.pruned_at);
  };
  const auto oldest = std::ranges::min_element(backoffs_, {}, order);
  if (oldest != backoffs_.end()) backoffs_.erase(oldest);
}

bool GossipRouter::in_backoff(const PeerId& id, const std::string& topic, TimePoint now) const {
  const auto at = backoffs_.find({topic, id});
  // Two heartbeats longer than stated: the peer's clock and ours differ, and grafting too early
  // costs us.
  return at != backoffs_.end() && now < at->second.until + 2 * parameters_.heartbeat;
}

}  // namespace ol::p2p
