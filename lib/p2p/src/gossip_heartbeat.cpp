// The router's upkeep, once per heartbeat. Source: gossipsub 1.0 and 1.1, "Heartbeat procedure".
#include <algorithm>
#include <cmath>

#include <ol/base/check.hpp>
#include <ol/p2p/gossip_router.hpp>

namespace ol::p2p {
namespace {

constexpr std::size_t kAnnouncedIdsMax = 5000;
constexpr std::size_t kOpportunisticGrafts = 2;

}  // namespace

std::vector<PeerId> GossipRouter::candidates(const std::string& topic, TimePoint now) {
  const auto joined = mesh_.find(topic);
  std::vector<PeerId> out;
  for (const auto& [id, peer] : peers_) {
    if (!peer.topics.contains(topic) || is_direct(id)) continue;
    if (joined != mesh_.end() && joined->second.contains(id)) continue;
    if (in_backoff(id, topic, now) || score(id, now) < 0) continue;
    out.push_back(id);
  }
  shuffle(out);
  return out;
}

std::size_t GossipRouter::outbound_count(const std::set<PeerId>& peers) {
  return static_cast<std::size_t>(std::count_if(
      peers.begin(), peers.end(), [&](const PeerId& id) { return find(id)->info.outbound; }));
}

void GossipRouter::graft_peer(const PeerId& id, const std::string& topic, TimePoint now) {
  add_to_mesh(id, topic, now);
  find(id)->queue.graft(topic);
  mark_ready(id);
}

void GossipRouter::prune_peer(const PeerId& id, const std::string& topic, Duration backoff,
                              TimePoint now) {
  if (mesh_.at(topic).erase(id) == 0) return;
  score_.prune(id, topic, now);
  set_backoff(id, topic, backoff, now);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(backoff).count();
  find(id)->queue.prune(topic, static_cast<std::uint64_t>(seconds));
  mark_ready(id);
}

void GossipRouter::keep_mesh(const std::string& topic, TimePoint now) {
  for (const PeerId& id : mesh(topic)) {
    if (score(id, now) < 0) prune_peer(id, topic, parameters_.prune_backoff, now);
  }
  const std::set<PeerId>& members = mesh_.at(topic);
  if (members.size() < parameters_.d_low) {
    for (const PeerId& id : candidates(topic, now)) {
      if (members.size() >= parameters_.d) break;
      graft_peer(id, topic, now);
    }
  }
  if (members.size() > parameters_.d_high) trim_mesh(topic, now);
  if (members.size() < parameters_.d_low) return;
  // Connections others made can all be an attacker's; a few of our own choosing cannot.
  std::size_t outbound = outbound_count(members);
  for (const PeerId& id : candidates(topic, now)) {
    if (outbound >= parameters_.d_out) break;
    if (!find(id)->info.outbound) continue;
    graft_peer(id, topic, now);
    outbound += 1;
  }
}

/// Keeps the best d_score, fills up to d at random, and sees to d_out outbound ones among them.
void GossipRouter::trim_mesh(const std::string& topic, TimePoint now) {
  const std::set<PeerId> members = mesh(topic);
  std::vector<PeerId> order(members.begin(), members.end());
  shuffle(order);
  const auto kept = static_cast<std::ptrdiff_t>(parameters_.d);
  std::sort(order.begin(), order.end(),
            [&](const PeerId& a, const PeerId& b) { return score(a, now) > score(b, now); });
  std::shuffle(order.begin() + static_cast<std::ptrdiff_t>(parameters_.d_score), order.end(),
               random_);
  const auto is_outbound = [&](const PeerId& id) { return find(id)->info.outbound; };
  auto outbound =
      static_cast<std::size_t>(std::count_if(order.begin(), order.begin() + kept, is_outbound));
  // Swaps the last kept inbound peers for outbound ones from behind.
  for (auto at = order.begin() + kept; at != order.end() && outbound < parameters_.d_out; ++at) {
    if (!is_outbound(*at)) continue;
    const auto victim = std::find_if(std::make_reverse_iterator(order.begin() + kept), order.rend(),
                                     [&](const PeerId& id) { return !is_outbound(id); });
    if (victim == order.rend()) break;
    std::iter_swap(at, victim);
    outbound += 1;
  }
  for (auto at = order.begin() + kept; at != order.end(); ++at)
    prune_peer(*at, topic, parameters_.prune_backoff, now);
}

/// Opportunistic grafting: a mesh of peers that hardly deliver gets a few better ones.
void GossipRouter::improve_mesh(const std::string& topic, TimePoint now) {
  const std::set<PeerId> members = mesh(topic);
  if (members.size() < 2) return;
  std::vector<double> scores;
  scores.reserve(members.size());
  for (const PeerId& id : members)
    scores.push_back(score(id, now));
  const auto middle = scores.begin() + static_cast<std::ptrdiff_t>(scores.size() / 2);
  std::nth_element(scores.begin(), middle, scores.end());
  const double median = *middle;
  if (median >= parameters_.score.opportunistic) return;
  std::size_t grafted = 0;
  for (const PeerId& id : candidates(topic, now)) {
    if (grafted == kOpportunisticGrafts) return;
    if (score(id, now) <= median) continue;
    graft_peer(id, topic, now);
    grafted += 1;
  }
}

void GossipRouter::keep_fanout(TimePoint now) {
  std::erase_if(fanout_, [&](const auto& entry) {
    return now - entry.second.last_published >= parameters_.fanout_life;
  });
  for (auto& [topic, fanout] : fanout_) {
    std::erase_if(fanout.peers, [&](const PeerId& id) {
      return !find(id)->topics.contains(topic) || score(id, now) < parameters_.score.publish;
    });
    for (const PeerId& id : candidates(topic, now)) {
      if (fanout.peers.size() >= parameters_.d) break;
      fanout.peers.insert(id);
    }
  }
}

void GossipRouter::emit_gossip(const std::string& topic, TimePoint now) {
  const std::set<PeerId> members = mesh(topic);
  std::vector<PeerId> others;
  for (const auto& [id, peer] : peers_) {
    const bool fit = peer.topics.contains(topic) && !members.contains(id) && !is_direct(id) &&
                     score(id, now) >= parameters_.score.gossip;
    if (fit) others.push_back(id);
  }
  if (others.empty()) return;
  std::vector<MessageId> ids = cache_.announced(topic);
  if (ids.empty()) return;
  shuffle(others);
  const auto share = static_cast<std::size_t>(
      std::ceil(parameters_.gossip_factor * static_cast<double>(others.size())));
  others.resize(std::min(others.size(), std::max(parameters_.d_lazy, share)));
  for (const PeerId& id : others) {
    shuffle(ids);
    const auto count = static_cast<std::ptrdiff_t>(std::min(ids.size(), kAnnouncedIdsMax));
    find(id)->queue.ihave(topic, {ids.begin(), ids.begin() + count});
    mark_ready(id);
  }
}

void GossipRouter::break_promises(TimePoint now) {
  for (auto at = promises_.begin(); at != promises_.end();) {
    auto& owers = at->second;
    for (auto peer = owers.begin(); peer != owers.end();) {
      const bool broken = peer->second <= now;
      if (broken) misbehaved(peer->first, GossipOffence::BrokenPromises, 1);
      peer = broken ? owers.erase(peer) : std::next(peer);
    }
    at = owers.empty() ? promises_.erase(at) : std::next(at);
  }
}

// What nobody judges would hold its sender's place for ever. It is forgotten, and may come again.
void GossipRouter::give_up_validations(TimePoint now) {
  std::vector<MessageId> late;
  for (const auto& [id, entry] : validating_) {
    if (now - entry.since >= parameters_.verdict_time) late.push_back(id);
  }
  counters_.unjudged += late.size();
  for (const MessageId& id : late)
    judge(id, GossipVerdict::Busy, now);
}

void GossipRouter::expire(TimePoint now) {
  std::erase_if(backoffs_, [&](const auto& entry) {
    return now >= entry.second.until + 2 * parameters_.heartbeat;
  });
  for (auto& [id, peer] : peers_) {
    peer.ihaves = 0;
    peer.ihave_ids = 0;
    peer.idontwant_ids = 0;
    peer.iwant_bytes = 0;
    peer.exchanged = 0;
    peer.floods.clear();
    std::erase_if(peer.unwanted, [&](const auto& entry) { return entry.second <= heartbeats_; });
    std::erase_if(peer.asked, [&](const auto& entry) { return entry.second <= heartbeats_; });
    std::erase_if(peer.promises, [&](const MessageId& one) { return !promises_.contains(one); });
    std::erase_if(peer.sent, [&](const auto& entry) { return cache_.get(entry.first) == nullptr; });
  }
}

void GossipRouter::check_slow_peers(TimePoint now) {
  for (auto& [id, peer] : peers_) {
    if (!peer.queue.is_full()) {
      peer.full_since.reset();
    } else if (!peer.full_since) {
      peer.full_since = now;
    } else if (now - *peer.full_since >= parameters_.slow_peer_time) {
      // A direct peer's connection carries more than gossip: what has no room is dropped.
      if (is_direct(id)) {
        counters_.slow_direct += 1;
      } else {
        events_.emplace_back(GossipSlowPeer{id});
      }
      peer.full_since = now;
    }
  }
}

void GossipRouter::check_graylisted(TimePoint now) {
  for (auto& [id, peer] : peers_) {
    if (score(id, now) >= parameters_.score.graylist) {
      peer.graylisted_since.reset();
    } else if (!peer.graylisted_since) {
      peer.graylisted_since = now;
    } else if (now - *peer.graylisted_since >= parameters_.graylist_time) {
      cut_off(id, peer);
    }
  }
}

void GossipRouter::heartbeat(TimePoint now) {
  heartbeats_ += 1;
  score_.decay(now);
  break_promises(now);
  give_up_validations(now);
  if (!improved_at_) improved_at_ = now;
  const bool improve = now - *improved_at_ >= parameters_.opportunistic_every;
  if (improve) improved_at_ = now;
  std::vector<std::string> topics;
  topics.reserve(mesh_.size());
  for (const auto& [topic, members] : mesh_)
    topics.push_back(topic);
  for (const std::string& topic : topics) {
    keep_mesh(topic, now);
    if (improve) improve_mesh(topic, now);
  }
  keep_fanout(now);
  for (const std::string& topic : parameters_.topics) {
    if (is_joined(topic) || fanout_.contains(topic)) emit_gossip(topic, now);
  }
  cache_.shift(now);
  expire(now);
  check_slow_peers(now);
  check_graylisted(now);
  check_wasteful(now);
}

}  // namespace ol::p2p
