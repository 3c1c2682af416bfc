#include "stranger_places.hpp"

#include <algorithm>
#include <utility>

namespace ol::p2p {
namespace {

using Counts = std::function<bool(const Stranger&)>;

std::size_t count(const std::vector<Stranger>& others, const Counts& counts) {
  return static_cast<std::size_t>(std::ranges::count_if(others, counts));
}

}  // namespace

PlaceVerdict StrangerPlaces::admit(const Stranger& newcomer, const std::vector<Stranger>& others,
                                   const Standing& standing, TimePoint now) {
  const auto full = [&](std::size_t max, const Counts& counts,
                        const char* why) -> std::optional<PlaceVerdict> {
    if (count(others, counts) < max) return std::nullopt;
    for (const Stranger& other : others) {
      if (!counts(other) || other.linked || now < other.started + times_.handshake) continue;
      return PlaceVerdict{other.id, CloseReason{CloseCode::TooManyPeers,
                                                "a place without a hello goes to a newcomer"}};
    }
    return PlaceVerdict{std::nullopt, CloseReason{CloseCode::TooManyPeers, why}};
  };
  const auto same_ip = [&](const Stranger& other) { return other.ip == newcomer.ip; };
  const auto same_prefix = [&](const Stranger& other) { return other.prefix == newcomer.prefix; };
  const auto anybody = [](const Stranger&) { return true; };
  if (const auto verdict =
          full(limits_.unknown_peers_per_ip_max, same_ip, "too many peers from this address")) {
    return *verdict;
  }
  if (const auto verdict = full(limits_.unknown_peers_per_prefix_max, same_prefix,
                                "too many peers from this network")) {
    return *verdict;
  }
  const auto verdict =
      full(limits_.unknown_peers_max, anybody, "no room for peers that are not configured");
  if (!verdict) return {};
  if (verdict->leaves) return *verdict;
  if (const auto leaves = rotated(others, standing, now)) {
    return {leaves, CloseReason{CloseCode::Rotated, "the place goes to a newcomer, one at a time"}};
  }
  return *verdict;
}

// Who is in no mesh goes first, of those whoever gossip thinks least of, of those the newest: the
// oldest were here before an attack began.
std::optional<ConnectionId> StrangerPlaces::rotated(const std::vector<Stranger>& others,
                                                    const Standing& standing, TimePoint now) {
  if (rotated_at_ && now < *rotated_at_ + times_.rotation) return std::nullopt;
  // One place must do.
  if (others.size() > limits_.unknown_peers_max) return std::nullopt;
  using Worth = std::pair<bool, double>;
  std::optional<std::pair<Worth, ConnectionId>> least;
  for (const Stranger& other : others) {
    if (now < other.started + times_.rotation) continue;
    const GossipStanding gossip = standing(other.peer);
    if (gossip.needed) continue;
    const Worth worth{gossip.in_mesh, gossip.score};
    // Ids rise with time.
    if (!least || worth <= least->first) least = {worth, other.id};
  }
  if (!least) return std::nullopt;
  rotated_at_ = now;
  return least->second;
}

}  // namespace ol::p2p
