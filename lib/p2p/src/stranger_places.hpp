#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ol/p2p/host.hpp>
#include <ol/p2p/network.hpp>

namespace ol::p2p {

/// A connection whose peer is neither a validator nor configured.
struct Stranger {
  ConnectionId id = 0;
  PeerId peer;
  std::string ip;      // keys for counting: address_prefix.hpp
  std::string prefix;  // what the ip is within
  bool linked = false;
  TimePoint started;
};

/// What gossip has of a peer.
struct GossipStanding {
  bool needed = false;  // in a mesh that has no more peers than it must have
  bool in_mesh = false;
  double score = 0;
};

/// Whether a newcomer stays, and who leaves for it.
struct PlaceVerdict {
  std::optional<ConnectionId> leaves;  // then ask again
  std::optional<CloseReason> reason;   // of whoever leaves, else of the newcomer; none: it stays
};

/// Who of the strangers may be here: so many of an address, of its prefix and in all. No I/O; the
/// time is passed in. Single-threaded. Source: docs/protocol/p2p.md, "Limits".
///
/// A stranger that has said no hello for its handshake's time makes way whenever somebody needs the
/// place. When all places are taken, one goes to a newcomer every NetworkTimes::rotation: quiet
/// strangers cannot keep a node closed for ever, and nobody can push out those it hears from.
class StrangerPlaces {
 public:
  using Standing = std::function<GossipStanding(const PeerId&)>;

  StrangerPlaces(const NetworkLimits& limits, const NetworkTimes& times)
      : limits_(limits), times_(times) {}

  /// @param others  All strangers but the newcomer, in order of their ids.
  [[nodiscard]] PlaceVerdict admit(const Stranger& newcomer, const std::vector<Stranger>& others,
                                   const Standing& standing, TimePoint now);

 private:
  [[nodiscard]] std::optional<ConnectionId> rotated(const std::vector<Stranger>& others,
                                                    const Standing& standing, TimePoint now);

  NetworkLimits limits_;
  NetworkTimes times_;
  std::optional<TimePoint> rotated_at_;
};

}  // namespace ol::p2p
