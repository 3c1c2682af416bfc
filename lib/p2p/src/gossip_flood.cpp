#include <ol/p2p/gossip_flood.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/p2p/gossip_router.hpp>

namespace ol::p2p {
namespace {

std::size_t index_of(GossipOffence flood) {
  const auto out = static_cast<std::size_t>(flood);
  OL_CHECK(out < kGossipFloodKinds, "only floods are counted per heartbeat");
  return out;
}

}  // namespace

const char* describe(GossipOffence offence) {
  switch (offence) {
    case GossipOffence::UnknownIds:
      return "asked for messages that are not to be had";
    case GossipOffence::Ids:
      return "too many ids";
    case GossipOffence::ControlRpcs:
      return "too many rpcs without a message";
    case GossipOffence::UselessMessages:
      return "messages of other topics or sent before";
    case GossipOffence::Subscriptions:
      return "too many subscriptions";
    case GossipOffence::Grafts:
      return "too many grafts";
    case GossipOffence::Prunes:
      return "too many prunes";
    case GossipOffence::GraylistedRpcs:
      return "rpcs in spite of the score";
    case GossipOffence::Waste:
      return "too many messages of no use";
    case GossipOffence::BrokenPromises:
      return "announced messages that did not come";
    case GossipOffence::GraftsInBackoff:
      return "grafts during the backoff";
    case GossipOffence::InvalidMessages:
      return "invalid messages";
  }
  OL_CHECK(false, "unknown GossipOffence");
}

std::size_t GossipFloodLimits::of(GossipOffence flood) const {
  const std::array<std::size_t, kGossipFloodKinds> all{
      unknown_ids,     ids,  control_rpcs, useless_messages, subscriptions, grafts, prunes,
      graylisted_rpcs, waste};
  return all[index_of(flood)];
}

std::size_t GossipFloods::count(GossipOffence flood, std::size_t amount,
                                const GossipFloodLimits& limits) {
  const std::size_t limit = limits.of(flood);
  std::size_t& total = counts_[index_of(flood)];
  const auto passed = [&] { return total == 0 ? 0 : (total - 1) / limit; };
  const std::size_t before = passed();
  total += amount;
  return passed() - before;
}

bool GossipFloods::is_spent(GossipOffence flood, const GossipFloodLimits& limits) const {
  return counts_[index_of(flood)] >= limits.of(flood);
}

bool GossipFloods::is_over(GossipOffence flood, const GossipFloodLimits& limits) const {
  return counts_[index_of(flood)] > limits.of(flood);
}

// The router's side: what counts against a peer, and when it is cut off.

bool GossipRouter::admit(const PeerId& id, Peer& peer, GossipOffence flood, std::size_t amount) {
  const std::size_t passed = peer.floods.count(flood, amount, parameters_.floods);
  if (passed > 0) misbehaved(id, flood, static_cast<double>(passed));
  return !peer.floods.is_over(flood, parameters_.floods);
}

void GossipRouter::note_offence(const PeerId& id, GossipOffence offence, double count) {
  const auto index = static_cast<std::size_t>(offence);
  counters_.offences[index] += count;
  if (Peer* const peer = find(id)) peer->offences[index] += count;
}

void GossipRouter::misbehaved(const PeerId& id, GossipOffence offence, double count) {
  note_offence(id, offence, count);
  score_.misbehaved(id, count);
}

void GossipRouter::sent_invalid(const PeerId& id, const std::string& topic) {
  note_offence(id, GossipOffence::InvalidMessages, 1);
  score_.invalid_message(id, topic);
}

// Not reading an RPC is not for nothing either: whoever sends many is not waited for.
void GossipRouter::on_graylisted_rpc(const PeerId& id, Peer& peer) {
  counters_.graylisted_rpcs += 1;
  if (!admit(id, peer, GossipOffence::GraylistedRpcs, 1)) cut_off(id, peer);
}

void GossipRouter::cut_off(const PeerId& id, Peer& peer) {
  if (std::exchange(peer.cut_off, true)) return;
  const auto most = std::max_element(peer.offences.begin(), peer.offences.end());
  GossipGraylisted event{id, std::nullopt};
  if (*most > 0) event.offence = static_cast<GossipOffence>(most - peer.offences.begin());
  events_.emplace_back(event);
}

}  // namespace ol::p2p
