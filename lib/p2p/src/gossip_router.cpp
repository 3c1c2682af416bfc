// Peers and messages. Control messages are in gossip_control.cpp, upkeep in gossip_heartbeat.cpp.
#include <ol/p2p/gossip_router.hpp>

#include <algorithm>

#include <ol/base/check.hpp>

namespace ol::p2p {
namespace {

// Senders remembered per message: as many as may have to be punished.
constexpr std::size_t kSendersMax = 64;

}  // namespace

bool is_valid(const GossipParameters& p) {
  const bool degrees = p.d_low <= p.d && p.d <= p.d_high && p.d_score <= p.d && p.d_out < p.d_low &&
                       p.d_out <= p.d / 2;
  const bool droppable = std::includes(p.topics.begin(), p.topics.end(), p.droppable_topics.begin(),
                                       p.droppable_topics.end());
  const bool windows = p.cache.gossip_windows <= p.cache.windows && p.cache.windows > 0;
  return degrees && droppable && windows && p.heartbeat.count() > 0 && is_valid(p.score);
}

GossipRouter::GossipRouter(GossipParameters parameters, const IdentityKey& key, std::uint64_t seed,
                           std::uint64_t first_seqno)
    : parameters_(std::move(parameters)),
      key_(key),
      self_(key.public_key()),
      random_(seed),
      first_seqno_(first_seqno),
      seqno_(first_seqno),
      cache_(parameters_.cache),
      score_(parameters_.score) {
  OL_CHECK(is_valid(parameters_), "gossip parameters are checked when they are configured");
}

GossipRouter::Peer* GossipRouter::find(const PeerId& peer) {
  const auto at = peers_.find(peer);
  return at == peers_.end() ? nullptr : &at->second;
}

double GossipRouter::score(const PeerId& peer, TimePoint now) const {
  return is_direct(peer) ? 0 : score_.score(peer, now);
}

std::set<PeerId> GossipRouter::mesh(const std::string& topic) const {
  const auto at = mesh_.find(topic);
  return at == mesh_.end() ? std::set<PeerId>{} : at->second;
}

std::size_t GossipRouter::queued_bytes(const PeerId& peer) const {
  const auto at = peers_.find(peer);
  return at == peers_.end() ? 0 : at->second.queue.bytes();
}

std::size_t GossipRouter::table_entries() const {
  std::size_t out = cache_.seen_count() + cache_.message_count() + backoffs_.size() +
                    promises_.size() + validating_.size() + score_.size() + events_.size();
  for (const auto& [id, peer] : peers_)
    out += peer.topics.size() + peer.unwanted.size() + peer.sent.size() + peer.asked.size() +
           peer.promises.size() + peer.queue.size();
  return out;
}

std::optional<GossipEvent> GossipRouter::next_event() {
  if (events_.empty()) return std::nullopt;
  GossipEvent out = std::move(events_.front());
  events_.pop_front();
  return out;
}

// The first RPC of a stream carries all our subscriptions.
void GossipRouter::tell_subscriptions(GossipQueue& queue) const {
  queue.restart();
  for (const auto& [topic, members] : mesh_)
    queue.subscribe(true, topic);
}

void GossipRouter::add_peer(const PeerId& id, const GossipPeer& info, TimePoint now) {
  Peer peer(parameters_.waste, now);
  peer.info = info;
  peer.queue = GossipQueue(parameters_.queue);
  tell_subscriptions(peer.queue);
  const bool added = peers_.emplace(id, std::move(peer)).second;
  OL_CHECK(added, "a peer is added once");
  score_.add_peer(id, info.ip);
  mark_ready(id);
}

void GossipRouter::remove_peer(const PeerId& id, TimePoint now) {
  const auto at = peers_.find(id);
  if (at == peers_.end()) return;
  counters_.own_undelivered += at->second.queue.own_count() + at->second.queue.take_expired_own();
  peers_.erase(at);
  // Whoever is gone cannot keep what it promised.
  for (auto& [message, owers] : promises_)
    owers.erase(id);
  leave_meshes(id, now);
  for (auto& [topic, fanout] : fanout_)
    fanout.peers.erase(id);
  ready_.erase(id);
  score_.remove_peer(id, now);
}

void GossipRouter::leave_meshes(const PeerId& id, TimePoint now) {
  for (auto& [topic, members] : mesh_) {
    if (members.erase(id) > 0) score_.prune(id, topic, now);
  }
}

// The graft may have been lost with the stream: the next heartbeat grafts again, which costs
// nothing if it was not.
void GossipRouter::restart_peer(const PeerId& id, TimePoint now) {
  Peer* const peer = find(id);
  if (peer == nullptr) return;
  leave_meshes(id, now);
  tell_subscriptions(peer->queue);
  mark_ready(id);
}

// Who is direct is in no mesh.
void GossipRouter::set_direct(std::set<PeerId> peers, TimePoint now) {
  parameters_.direct = std::move(peers);
  for (const PeerId& id : parameters_.direct) {
    for (auto& [topic, members] : mesh_)
      prune_peer(id, topic, parameters_.prune_backoff, now);
  }
}

Result<std::size_t, GossipRpcError> GossipRouter::on_rpc(const PeerId& id, ByteView bytes,
                                                         TimePoint now) {
  Peer* const peer = find(id);
  OL_CHECK(peer != nullptr, "RPCs come from peers that were added");
  if (score(id, now) < parameters_.score.graylist) {
    on_graylisted_rpc(id, *peer);
    return 0U;
  }
  OL_TRY(const GossipRpc rpc, parse_gossip_rpc(bytes, parameters_.rpc));
  counters_.too_long += rpc.long_ids + rpc.long_topics;
  if (admit(id, *peer, GossipOffence::Subscriptions, rpc.subscriptions.size())) {
    for (const RpcSubscription& subscription : rpc.subscriptions)
      on_subscription(id, *peer, subscription, now);
  }
  for (const RpcMessage& message : rpc.messages)
    on_message(id, *peer, message, now);
  if (!rpc.messages.empty() || admit(id, *peer, GossipOffence::ControlRpcs, 1)) {
    on_control(id, *peer, rpc, now);
  }
  return rpc.messages.size();
}

// A peer can name any number of topics; only those that exist are kept.
void GossipRouter::on_subscription(const PeerId& id, Peer& peer,
                                   const RpcSubscription& subscription, TimePoint now) {
  const std::string topic(subscription.topic);
  if (!parameters_.topics.contains(topic)) return;
  if (subscription.subscribe) {
    if (peer.topics.size() < parameters_.topics_per_peer) peer.topics.insert(topic);
    return;
  }
  peer.topics.erase(topic);
  const auto mesh = mesh_.find(topic);
  if (mesh != mesh_.end() && mesh->second.erase(id) > 0) {
    score_.prune(id, topic, now);
    // As if it had said so with its PRUNE: who comes and goes is not grafted again each time.
    set_backoff(id, topic, parameters_.unsubscribe_backoff, now);
  }
  const auto fanout = fanout_.find(topic);
  if (fanout != fanout_.end()) fanout->second.peers.erase(id);
}

void GossipRouter::on_message(const PeerId& id, Peer& peer, const RpcMessage& message,
                              TimePoint now) {
  const std::string topic(message.topic);
  const std::size_t size = message.data ? message.data->size() : 0;
  if (!is_joined(topic)) {
    charge(peer, topic, size);
    admit(id, peer, GossipOffence::UselessMessages, 1);
    return;
  }
  counters_.received += 1;
  if (drop_waste(id, peer, topic, size, now)) return;
  const auto reject = [&] {
    counters_.rejected += 1;
    charge(peer, topic, size);
    sent_invalid(id, topic);
  };
  const GossipSigning policy = policy_of(topic);
  const auto message_name = message_id(message, policy);
  if (!message_name) return reject();
  promises_.erase(*message_name);
  SeenMessage* const seen_before = cache_.find_seen(*message_name);
  const bool repeated = seen_before != nullptr && seen_before->senders.contains(id);
  if (policy == GossipSigning::Either && !repeated) keep_promise(id, peer);
  if (seen_before != nullptr) {
    on_duplicate(id, peer, *seen_before, message, now);
    return;
  }
  // The author's signature comes before the id counts as seen, or anybody could take the id of a
  // message that is still to come.
  auto accepted = accept_message(message, policy, *message_name);
  if (!accepted && accepted.error() == GossipMessageError::UnsupportedKey) {
    // Others can verify it, so who passes it on does nothing wrong.
    counters_.unsupported += 1;
    charge(peer, topic, size);
    return;
  }
  const bool is_ours = accepted && (*accepted)->author == self_;
  if (is_ours && is_of_former_life(message)) {
    // We did sign it: others may still have what we have forgotten with our restart.
    counters_.former += 1;
    charge(peer, topic, size);
    return;
  }
  if (!accepted || is_ours) return reject();
  if (peer.validating >= parameters_.validations_per_peer) {
    counters_.overflowed += 1;
    return;
  }
  SeenMessage& seen = cache_.add_seen(*message_name, now);
  seen.senders.insert(id);
  announce_unwanted(id, **accepted);
  peer.validating += 1;
  validating_.emplace(*message_name, Validating{*accepted, id, now});
  events_.emplace_back(GossipReceived{*std::move(accepted), id});
}

bool GossipRouter::is_of_former_life(const RpcMessage& message) const {
  std::uint64_t seqno = 0;
  for (const std::uint8_t byte : message.seqno.value_or(ByteView{}))
    seqno = seqno << 8 | byte;
  return seqno < first_seqno_;
}

// What was accepted comes from everybody in the mesh once, which is how gossip works; what was not,
// and what a peer repeats, is of no use.
void GossipRouter::on_duplicate(const PeerId& id, Peer& peer, SeenMessage& seen,
                                const RpcMessage& message, TimePoint now) {
  counters_.duplicates += 1;
  const std::string topic(message.topic);
  const bool repeated = seen.senders.contains(id);
  if (repeated) admit(id, peer, GossipOffence::UselessMessages, 1);
  const bool is_new = seen.senders.size() < kSendersMax && seen.senders.insert(id).second;
  const bool settled_bad = seen.state == SeenState::Ignored || seen.state == SeenState::Rejected;
  if (!is_new || settled_bad) charge(peer, topic, message.data ? message.data->size() : 0);
  switch (seen.state) {
    case SeenState::Validating:
      return;  // counted once the verdict is known
    case SeenState::Accepted:
      if (is_new && now - seen.judged_at <= parameters_.score.topic.mesh_deliveries_window) {
        score_.near_delivery(id, topic);
      }
      return;
    case SeenState::Ignored:
      return;
    case SeenState::Rejected:
      sent_invalid(id, topic);
      return;
  }
}

// gossipsub 1.2: on the first sight of a large message, before it is validated, the others in the
// mesh are told not to send it.
void GossipRouter::announce_unwanted(const PeerId& from, const GossipMessage& message) {
  if (message.data_size < parameters_.idontwant_bytes) return;
  for (const PeerId& id : mesh_.at(message.topic)) {
    Peer& peer = *find(id);
    if (id == from || peer.info.version != GossipVersion::V12) continue;
    peer.queue.idontwant(message.id);
    mark_ready(id);
  }
}

void GossipRouter::judge(const MessageId& id, GossipVerdict verdict, TimePoint now) {
  auto node = validating_.extract(id);
  if (node.empty()) return;
  const Validating& entry = node.mapped();
  const std::string& topic = entry.message->topic;
  if (Peer* const peer = find(entry.from))
    peer->validating -= std::min<std::size_t>(1, peer->validating);
  SeenMessage* const seen = cache_.find_seen(id);
  if (seen == nullptr) return;  // forgotten under pressure
  seen->judged_at = now;
  switch (verdict) {
    case GossipVerdict::Accept:
      seen->state = SeenState::Accepted;
      give_back(entry);
      score_.first_delivery(entry.from, topic);
      for (const PeerId& sender : seen->senders) {
        if (sender != entry.from) score_.near_delivery(sender, topic);
      }
      cache_.put(entry.message);
      forward(entry.message, *seen, now);
      return;
    case GossipVerdict::Ignore:
      seen->state = SeenState::Ignored;
      charge_senders(*entry.message, *seen);
      return;
    case GossipVerdict::TooEarly:
      charge_senders(*entry.message, *seen);
      cache_.forget(id);
      return;
    case GossipVerdict::Busy:
      cache_.forget(id);
      return;
    case GossipVerdict::Reject:
      seen->state = SeenState::Rejected;
      counters_.rejected += 1;
      charge_senders(*entry.message, *seen);
      for (const PeerId& sender : seen->senders)
        sent_invalid(sender, topic);
      return;
  }
}

void GossipRouter::forward(const GossipMessagePtr& message, const SeenMessage& seen,
                           TimePoint now) {
  const auto joined = mesh_.find(message->topic);
  if (joined == mesh_.end()) return;
  std::set<PeerId> targets = joined->second;
  for (const PeerId& direct : parameters_.direct) {
    const Peer* const peer = find(direct);
    if (peer != nullptr && peer->topics.contains(message->topic)) targets.insert(direct);
  }
  const GossipClass priority = parameters_.droppable_topics.contains(message->topic)
                                   ? GossipClass::Droppable
                                   : GossipClass::Forwarded;
  for (const PeerId& id : targets) {
    if (seen.senders.contains(id) || message->author == id) continue;
    send(id, *find(id), message, priority, now);
  }
}

void GossipRouter::send(const PeerId& id, Peer& peer, const GossipMessagePtr& message,
                        GossipClass priority, TimePoint now) {
  if (peer.unwanted.contains(message->id)) return;
  const bool own = priority == GossipClass::Own;
  const TimePoint expires = now + (own ? parameters_.own_life : parameters_.forwarded_life);
  if (peer.queue.push(message, priority, expires)) {
    mark_ready(id);
    return;
  }
  counters_.undelivered += 1;
  if (!own) return;
  counters_.own_undelivered += 1;
  events_.emplace_back(GossipUndelivered{id, message->id});
}

void GossipRouter::join(const std::string& topic, TimePoint now) {
  OL_CHECK(parameters_.topics.contains(topic), "topics are named in the parameters");
  if (is_joined(topic)) return;
  mesh_[topic];
  for (auto& [id, peer] : peers_) {
    peer.queue.subscribe(true, topic);
    mark_ready(id);
  }
  auto fanout = fanout_.extract(topic);
  if (!fanout.empty()) {
    for (const PeerId& id : fanout.mapped().peers) {
      const bool fit = score(id, now) >= 0 && !in_backoff(id, topic, now) && !is_direct(id);
      if (fit && mesh_.at(topic).size() < parameters_.d) graft_peer(id, topic, now);
    }
  }
  for (const PeerId& id : candidates(topic, now)) {
    if (mesh_.at(topic).size() >= parameters_.d) break;
    graft_peer(id, topic, now);
  }
}

void GossipRouter::leave(const std::string& topic, TimePoint now) {
  if (!is_joined(topic)) return;
  for (const PeerId& id : mesh(topic))
    prune_peer(id, topic, parameters_.unsubscribe_backoff, now);
  mesh_.erase(topic);
  for (auto& [id, peer] : peers_) {
    peer.queue.subscribe(false, topic);
    mark_ready(id);
  }
}

/// Who gets a message of ours: everyone for a small one, so that no mesh can silence us; the mesh
/// for a large one, or our uplink would pay for every peer.
std::set<PeerId> GossipRouter::recipients(const std::string& topic, std::size_t bytes,
                                          TimePoint now) {
  std::set<PeerId> out;
  for (auto& [id, peer] : peers_) {
    if (!peer.topics.contains(topic)) continue;
    const bool flood =
        bytes <= parameters_.flood_bytes && score(id, now) >= parameters_.score.publish;
    if (is_direct(id) || flood) out.insert(id);
  }
  if (const auto joined = mesh_.find(topic); joined != mesh_.end()) {
    out.insert(joined->second.begin(), joined->second.end());
    return out;
  }
  Fanout& fanout = fanout_[topic];
  fanout.last_published = now;
  for (const PeerId& id : candidates(topic, now)) {
    if (fanout.peers.size() >= parameters_.d) break;
    fanout.peers.insert(id);
  }
  out.insert(fanout.peers.begin(), fanout.peers.end());
  return out;
}

Result<GossipPublished, GossipPublishError> GossipRouter::publish(const std::string& topic,
                                                                  ByteView data, TimePoint now) {
  return publish(topic, data, parameters_.signing, now);
}

Result<GossipPublished, GossipPublishError> GossipRouter::publish(const std::string& topic,
                                                                  ByteView data,
                                                                  GossipSigning signing,
                                                                  TimePoint now) {
  if (!parameters_.topics.contains(topic)) return fail(GossipPublishError::UnknownTopic);
  // Room for everything an RPC has besides the data.
  if (data.size() > kGossipRpcBytesMax - 1024) return fail(GossipPublishError::TooLong);
  seqno_ += 1;
  const GossipMessagePtr message = make_message(topic, data, signing, key_, seqno_);
  if (cache_.find_seen(message->id) != nullptr) return fail(GossipPublishError::Duplicate);
  SeenMessage& seen = cache_.add_seen(message->id, now);
  seen.state = SeenState::Accepted;
  seen.judged_at = now;
  cache_.put(message);
  const std::set<PeerId> targets = recipients(topic, data.size(), now);
  for (const PeerId& id : targets)
    send(id, *find(id), message, GossipClass::Own, now);
  return GossipPublished{message->id, targets.size()};
}

std::vector<SharedBytes> GossipRouter::take_rpc(const PeerId& id, TimePoint now) {
  Peer* const peer = find(id);
  if (peer == nullptr) return {};
  auto out = peer->queue.take_rpc(now);
  note_promise(id, *peer, peer->queue.take_asked(), now);
  counters_.own_undelivered += peer->queue.take_expired_own();
  return out;
}

// One promise per request is enough to catch those who announce what they do not have: one that has
// left, of a message that has not come meanwhile.
void GossipRouter::note_promise(const PeerId& id, Peer& peer, const std::vector<MessageId>& asked,
                                TimePoint now) {
  const auto missing = std::ranges::find_if(
      asked, [this](const MessageId& one) { return cache_.find_seen(one) == nullptr; });
  if (missing == asked.end()) return;
  promises_[*missing].emplace(id, now + parameters_.promise_life);
  if (peer.asked.contains(*missing)) peer.promises.push_back(*missing);
}

// On a topic that takes either policy a message may come under another name than it was announced
// by. Each that the peer sends for the first time keeps one promise, so that who announces what it
// does not have must have as much else.
void GossipRouter::keep_promise(const PeerId& id, Peer& peer) {
  while (!peer.promises.empty()) {
    const auto at = promises_.find(peer.promises.front());
    peer.promises.pop_front();
    if (at != promises_.end() && at->second.erase(id) > 0) return;
  }
}

}  // namespace ol::p2p
