// What StackNetwork tells of itself.
#include <algorithm>

#include "stack_network.hpp"

namespace ol::p2p {
namespace {

std::chrono::milliseconds time_left(TimePoint until, TimePoint now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(until - now);
}

}  // namespace

NetworkCounters StackNetwork::counters() const {
  const std::scoped_lock lock(published_mutex_);
  return published_;
}

void StackNetwork::collect_peer(PeerCounters& out, const PeerId& peer) {
  const auto now = Clock::now();
  if (const PeerBan* const ban = peers_.banned(peer, now)) {
    out.ban = BanState{ban->reason, time_left(ban->until, now)};
  }
  if (const PeerInfo* const info = host().info(peer)) out.agent = info->agent_version;
  StackSession* link = link_to(peer);
  out.linked = link != nullptr;
  if (link == nullptr) link = other_session(peer, 0);
  if (link == nullptr) return;
  out.connected = true;
  out.address = link->address;
  out.direction = link->direction;
  out.reading_paused = link->is_paused();
  out.queue_bytes = queued_bytes(*link);
  out.silent = std::chrono::duration_cast<std::chrono::milliseconds>(now - link->heard);
  out.score = gossip_.router().score(peer, now);
  out.streams = host().stream_count(link->id);
  for (const Lane& lane : link->lanes) {
    const bool idle = !lane.key || host().queued_bytes(*lane.key) == 0;
    out.queue_messages += lane.pending.size() + (idle ? 0 : lane.messages);
  }
  for (std::size_t i = 0; i < kChannelCount; ++i)
    out.channels[i].dropped += link->dropped[i];
}

/// Bans by the node and by the host, of strangers too.
void StackNetwork::collect_bans(NetworkCounters& out) {
  const auto now = Clock::now();
  std::map<PeerId, BanState> all;
  for (const auto& [id, ban] : host().bans()) {
    if (ban.until > now) all[id] = BanState{ban.reason, time_left(ban.until, now)};
  }
  for (const PeerCounters& peer : out.peers) {
    if (peer.ban) all[peer.peer] = *peer.ban;
  }
  out.banned = all.size();
  for (auto& [id, ban] : all)
    out.bans.push_back({id, std::move(ban)});
  const std::size_t shown = std::min(out.bans.size(), kBansShownMax);
  std::ranges::partial_sort(
      out.bans, out.bans.begin() + static_cast<std::ptrdiff_t>(shown),
      [](const BannedPeer& a, const BannedPeer& b) { return a.ban.left > b.ban.left; });
  out.bans.resize(shown);
}

NetworkCounters StackNetwork::collect() {
  NetworkCounters out = totals_;
  const HostCounters& wire = host().counters();
  out.wire_bytes_in = wire.bytes_in;
  out.wire_bytes_out = wire.bytes_out;
  const auto& refused = host().refusals();
  const auto count = [&](std::initializer_list<HostRefusal> reasons) {
    std::uint64_t sum = 0;
    for (const HostRefusal reason : reasons) {
      const auto at = refused.find(refusal_name(reason));
      if (at != refused.end()) sum += at->second;
    }
    return sum;
  };
  out.refused_connections =
      count({HostRefusal::InboundLimit, HostRefusal::IpLimit, HostRefusal::PrefixLimit});
  out.refused_handshakes =
      count({HostRefusal::UpgradeLimit, HostRefusal::UpgradeIpLimit, HostRefusal::AcceptRate,
             HostRefusal::FailedUpgrades, HostRefusal::BannedAddress});
  out.refusals = refused;
  out.endings = host().endings();
  for (const TopicConfig& topic : config_.topics) {
    if (topic.join) out.meshes[topic.name] = gossip_.router().mesh(topic.name).size();
  }
  const GossipCounters& gossip = gossip_.router().counters();
  out.gossip_received = gossip.received;
  out.gossip_duplicates = gossip.duplicates;
  out.gossip_rejected = gossip.rejected;
  out.gossip_undelivered = gossip.undelivered;
  out.gossip_own_undelivered = gossip.own_undelivered;
  out.gossip_useless = gossip.useless;
  out.gossip_wasted = gossip.dropped;
  out.gossip_unjudged = gossip.unjudged;
  for (std::size_t i = 0; i < kGossipOffences; ++i) {
    out.gossip_offences[describe(static_cast<GossipOffence>(i))] = gossip.offences[i];
  }
  out.gossip_incidents = {{"too_long", gossip.too_long},
                          {"unsupported", gossip.unsupported},
                          {"slow_direct", gossip.slow_direct},
                          {"graylisted", gossip.graylisted_rpcs},
                          {"overflowed", gossip.overflowed}};
  out.known_peers = kad_.table().size();
  out.connections = host().connection_count();
  out.handshakes = out.connections - std::min(out.connections, sessions_.size());
  for (auto& [id, peer] : peers_.all()) {
    PeerCounters counters = peer.counters;
    counters.configured = peer.endpoint.has_value() && !peer.learnt;
    collect_peer(counters, id);
    for (std::size_t i = 0; i < kChannelCount; ++i)
      out.channels[i] += counters.channels[i];
    out.peers.push_back(std::move(counters));
  }
  collect_bans(out);
  const std::scoped_lock lock(inbox_mutex_);
  out.inbox_bytes = inbox_bytes_;
  return out;
}

void StackNetwork::publish_counters() {
  NetworkCounters out = collect();
  const std::scoped_lock lock(published_mutex_);
  published_ = std::move(out);
}

}  // namespace ol::p2p
