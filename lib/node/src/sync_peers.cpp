#include <algorithm>
#include <utility>
#include <vector>

#include <ol/node/sync_peers.hpp>

namespace ol::node {

using primitives::Height;

void SyncPeers::claim(const p2p::PeerId& peer, Height height) {
  const auto at = peers_.find(peer);
  if (at != peers_.end()) at->second.claims = height;
}

Height SyncPeers::best_height() const {
  std::optional<Height> validators;
  Height all;
  for (const auto& [id, peer] : peers_) {
    if (!peer.claims) continue;
    all = std::max(all, *peer.claims);
    if (is_validator_(id)) validators = std::max(validators.value_or(Height()), *peer.claims);
  }
  return validators.value_or(all);
}

std::optional<p2p::PeerId> SyncPeers::least_failing(Height above, bool validator) const {
  std::optional<p2p::PeerId> out;
  std::pair<std::uint64_t, std::uint64_t> least;
  for (const auto& [id, peer] : peers_) {
    if (!peer.claims || *peer.claims <= above || is_validator_(id) != validator) continue;
    const std::pair here{peer.failures, peer.asked};
    if (out && least <= here) continue;
    out = id;
    least = here;
  }
  return out;
}

std::optional<p2p::PeerId> SyncPeers::choose(Height above) {
  const bool validators_first = failures_ % 2 == 0;
  auto out = least_failing(above, validators_first);
  if (!out) out = least_failing(above, !validators_first);
  if (out) peers_.at(*out).asked = ++choices_;
  return out;
}

void SyncPeers::succeed(const p2p::PeerId& peer) {
  failures_ = 0;
  const auto at = peers_.find(peer);
  if (at != peers_.end()) at->second.failures = 0;
}

void SyncPeers::fail(const p2p::PeerId& peer) {
  ++failures_;
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return;
  ++at->second.failures;
  at->second.claims.reset();
}

std::optional<p2p::PeerId> SyncPeers::any(std::size_t attempt) const {
  std::vector<p2p::PeerId> order;
  for (const bool validators : {true, false}) {
    for (const auto& [id, peer] : peers_) {
      if (is_validator_(id) == validators) order.push_back(id);
    }
  }
  if (order.empty()) return std::nullopt;
  return order[attempt % order.size()];
}

}  // namespace ol::node
