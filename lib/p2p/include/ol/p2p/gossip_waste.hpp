#pragma once

#include <cstddef>

#include <ol/p2p/yamux.hpp>

/// What a gossip peer may send that turns out to be of no use. Source: docs/protocol/libp2p.md,
/// "Gossip".
namespace ol::p2p {

/// Of one peer and class of topics. A message is charged when its verdict is known, or when it is a
/// repetition; one that is accepted gives back as much as it would have cost, so that a peer may
/// send as much again in vain as is of use.
struct GossipWasteLimit {
  double messages_per_second = 0;
  double messages_max = 0;  // at once
  double bytes_per_second = 0;
  double bytes_max = 0;
};

/// By the class of the topic: those whose messages can be had otherwise, and the others. An honest
/// peer of a node that is far behind sends it all blocks for nothing: 12 a second of at most 1 MiB.
struct GossipWasteLimits {
  GossipWasteLimit droppable{2000, 8000, 8.0 * (1 << 20), 32.0 * (1 << 20)};
  GossipWasteLimit other{1000, 4000, 16.0 * (1 << 20), 64.0 * (1 << 20)};
};

/// A token bucket of messages and bytes. It may go into debt, for what is in validation is charged
/// later, down to a full bucket below nothing. Single-threaded.
class GossipWaste {
 public:
  GossipWaste(const GossipWasteLimit& limit, TimePoint now)
      : messages_(limit.messages_max), bytes_(limit.bytes_max), last_(now) {}

  void charge(const GossipWasteLimit& limit, std::size_t bytes);
  void give_back(std::size_t bytes);
  /// Whether the next message is looked at. `now` never goes back.
  [[nodiscard]] bool allows(const GossipWasteLimit& limit, TimePoint now);

 private:
  double messages_;
  double bytes_;
  TimePoint last_;
};

}  // namespace ol::p2p
