#include "peer_table.hpp"

#include <algorithm>

namespace ol::p2p {

void PeerTable::set_endpoints(std::vector<PeerEndpoint> endpoints, const PeerId& self) {
  for (auto& [id, peer] : peers_) {
    if (!peer.learnt) peer.endpoint.reset();
  }
  for (PeerEndpoint& endpoint : endpoints) {
    if (endpoint.id == self) continue;
    PeerEntry& peer = entry(endpoint.id);
    peer.endpoint = std::move(endpoint);
    peer.learnt = false;
    peer.others.clear();
  }
}

void PeerTable::set_allowed(const std::vector<PeerId>& peers) {
  for (auto& [id, peer] : peers_)
    peer.allowed = false;
  for (const PeerId& peer : peers)
    entry(peer).allowed = true;
  for (auto& [id, peer] : peers_) {
    if (peer.allowed || !peer.learnt) continue;
    peer.endpoint.reset();
    peer.learnt = false;
    peer.others.clear();
  }
}

void PeerTable::learn(PeerEntry& entry, std::vector<PeerEndpoint> endpoints) {
  entry.others.assign(std::make_move_iterator(endpoints.begin()),
                      std::make_move_iterator(endpoints.end()));
  entry.endpoint = std::move(entry.others.front());
  entry.others.pop_front();
  entry.learnt = true;
}

void PeerTable::try_next_address(PeerEntry& entry) {
  if (!entry.learnt || entry.others.empty()) return;
  entry.others.push_back(std::move(*entry.endpoint));
  entry.endpoint = std::move(entry.others.front());
  entry.others.pop_front();
}

PeerEntry& PeerTable::entry(const PeerId& peer) {
  PeerEntry& out = peers_[peer];
  out.counters.peer = peer;
  return out;
}

PeerEntry* PeerTable::find(const PeerId& peer) {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &found->second;
}

void PeerTable::schedule_dial(PeerEntry& entry, Clock::time_point now, Clock::duration link_lived) {
  if (link_lived >= times_.stable_after) entry.failures = 0;
  const unsigned doublings = std::min(entry.failures, 20U);
  entry.failures += 1;
  const auto delay =
      std::min<std::int64_t>(times_.redial_max.count(), times_.redial_min.count() << doublings);
  std::uniform_int_distribution<std::int64_t> jittered(delay / 2, delay);
  entry.next_dial = now + std::chrono::milliseconds(jittered(random_));
}

std::vector<PeerId> PeerTable::next_sought(std::size_t count,
                                           const std::function<bool(const PeerId&)>& in_use) {
  std::vector<PeerId> out;
  auto at = last_sought_ ? peers_.upper_bound(*last_sought_) : peers_.begin();
  for (std::size_t i = 0; i < peers_.size() && out.size() < count; ++i, ++at) {
    if (at == peers_.end()) at = peers_.begin();
    const auto& [id, peer] = *at;
    const bool dead = peer.learnt && peer.failures >= kSearchAfter;
    if (!peer.allowed || peer.link || (peer.endpoint && !dead) || in_use(id)) continue;
    out.push_back(id);
  }
  if (!out.empty()) last_sought_ = out.back();
  return out;
}

void PeerTable::ban(const PeerId& peer, Clock::time_point until, std::string reason) {
  entry(peer).ban = PeerBan{until, std::move(reason)};
}

const PeerBan* PeerTable::banned(const PeerId& peer, Clock::time_point now) {
  PeerEntry* const found = find(peer);
  if (found == nullptr || !found->ban) return nullptr;
  if (found->ban->until <= now) {
    found->ban.reset();
    return nullptr;
  }
  return &*found->ban;
}

void PeerTable::forget_strangers(Clock::time_point now,
                                 const std::function<bool(const PeerId&)>& in_use) {
  std::erase_if(peers_, [&](const auto& item) {
    const PeerEntry& peer = item.second;
    const bool banned = peer.ban && peer.ban->until > now;
    return !peer.is_expected() && !peer.link && !banned && !in_use(item.first);
  });
}

}  // namespace ol::p2p
