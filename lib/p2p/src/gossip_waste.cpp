#include <ol/p2p/gossip_waste.hpp>

#include <algorithm>
#include <chrono>

#include <ol/p2p/gossip_router.hpp>

namespace ol::p2p {

void GossipWaste::charge(const GossipWasteLimit& limit, std::size_t bytes) {
  messages_ = std::max(messages_ - 1, -limit.messages_max);
  bytes_ = std::max(bytes_ - static_cast<double>(bytes), -limit.bytes_max);
}

// Nothing is saved up: `allows` forgets what is beyond a full bucket.
void GossipWaste::give_back(std::size_t bytes) {
  messages_ += 1;
  bytes_ += static_cast<double>(bytes);
}

bool GossipWaste::allows(const GossipWasteLimit& limit, TimePoint now) {
  const double passed = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  messages_ = std::min(messages_ + passed * limit.messages_per_second, limit.messages_max);
  bytes_ = std::min(bytes_ + passed * limit.bytes_per_second, limit.bytes_max);
  return messages_ >= 0 && bytes_ >= 0;
}

// The router's side: who pays for what.

namespace {

// A dropped message counts one, and one more for each of these.
constexpr std::size_t kDroppedBytes = 4096;

}  // namespace

const GossipWasteLimit& GossipRouter::waste_limit(const std::string& topic) const {
  const bool droppable = parameters_.droppable_topics.contains(topic);
  return droppable ? parameters_.waste.droppable : parameters_.waste.other;
}

GossipWaste& GossipRouter::waste_of(Peer& peer, const std::string& topic) const {
  return parameters_.droppable_topics.contains(topic) ? peer.droppable_waste : peer.other_waste;
}

void GossipRouter::charge(Peer& peer, const std::string& topic, std::size_t bytes) {
  counters_.useless += 1;
  waste_of(peer, topic).charge(waste_limit(topic), bytes);
}

// Everybody who sent it, as far as they are remembered.
void GossipRouter::charge_senders(const GossipMessage& message, const SeenMessage& seen) {
  for (const PeerId& sender : seen.senders) {
    if (Peer* const peer = find(sender)) charge(*peer, message.topic, message.data_size);
  }
}

void GossipRouter::give_back(const Validating& entry) {
  Peer* const peer = find(entry.from);
  if (peer == nullptr) return;
  const std::string& topic = entry.message->topic;
  waste_of(*peer, topic).give_back(entry.message->data_size);
}

// Before its id is computed: what is dropped costs no more than its parsing. There is no telling
// whether it would have been of use.
bool GossipRouter::drop_waste(const PeerId& id, Peer& peer, const std::string& topic,
                              std::size_t bytes, TimePoint now) {
  if (waste_of(peer, topic).allows(waste_limit(topic), now)) return false;
  counters_.dropped += 1;
  admit(id, peer, GossipOffence::Waste, 1 + bytes / kDroppedBytes);
  peer.wasteful = true;
  if (!peer.wasteful_since) peer.wasteful_since = now;
  return true;
}

// Direct peers are the operator's business.
void GossipRouter::check_wasteful(TimePoint now) {
  for (auto& [id, peer] : peers_) {
    const bool goes_on = std::exchange(peer.wasteful, false);
    if (!goes_on) peer.wasteful_since.reset();
    const bool long_enough =
        peer.wasteful_since && now - *peer.wasteful_since >= parameters_.waste_time;
    if (!long_enough || is_direct(id)) continue;
    note_offence(id, GossipOffence::Waste, 1);
    cut_off(id, peer);
  }
}

}  // namespace ol::p2p
