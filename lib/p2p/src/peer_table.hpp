#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <ol/p2p/network.hpp>

namespace ol::p2p {

using Clock = std::chrono::steady_clock;
/// Names a connection for as long as it exists; never reused.
using SessionId = std::uint64_t;

struct PeerBan {
  Clock::time_point until;
  std::string reason;
};

/// So many failed dials of a learnt address make its peer one that is searched for.
inline constexpr unsigned kSearchAfter = 4;

/// What the network remembers of a peer.
struct PeerEntry {
  std::optional<PeerEndpoint> endpoint;  // to be dialled
  bool learnt = false;                   // the endpoint, from the peer itself
  std::deque<PeerEndpoint> others;       // learnt too, in the order in which they are tried
  bool allowed = false;                  // may connect without counting as unknown
  std::optional<SessionId> link;         // the ready connection
  std::optional<Multiaddr> linked_from;  // where its last link was with
  unsigned failures = 0;                 // dials since the last stable link
  Clock::time_point next_dial;
  std::optional<PeerBan> ban;
  PeerCounters counters;

  [[nodiscard]] bool is_expected() const { return allowed || endpoint.has_value(); }
};

/// The peers a network knows: when to dial whom, who may come in, who is banned. No I/O; the time
/// is passed in. Single-threaded.
class PeerTable {
 public:
  PeerTable(const NetworkTimes& times, std::uint64_t seed) : times_(times), random_(seed) {}

  void set_endpoints(std::vector<PeerEndpoint> endpoints, const PeerId& self);
  /// Replaces those that are allowed; what was learnt of others is forgotten.
  void set_allowed(const std::vector<PeerId>& peers);

  [[nodiscard]] PeerEntry& entry(const PeerId& peer);
  [[nodiscard]] PeerEntry* find(const PeerId& peer);
  [[nodiscard]] std::map<PeerId, PeerEntry>& all() { return peers_; }
  [[nodiscard]] const std::map<PeerId, PeerEntry>& all() const { return peers_; }

  /// What a peer said of where it is: the first is dialled, and the next when a dial fails.
  static void learn(PeerEntry& entry, std::vector<PeerEndpoint> endpoints);
  /// A dial has failed: the next address, if several are known.
  static void try_next_address(PeerEntry& entry);

  /// Counts a failed dial, or a lost link, and sets when to dial again: a delay that doubles from
  /// redial_min to redial_max, of which a random half is taken off so that peers that lost each
  /// other at the same moment do not meet in step. A link that lived for stable_after starts it
  /// over.
  void schedule_dial(PeerEntry& entry, Clock::time_point now, Clock::duration link_lived);

  /// The next `count` of those that are allowed and not linked, and that we have no address of or
  /// only learnt ones that failed kSearchAfter times: to be looked up. In turn, so that those
  /// nobody finds keep none of the others waiting.
  [[nodiscard]] std::vector<PeerId> next_sought(std::size_t count,
                                                const std::function<bool(const PeerId&)>& in_use);

  void ban(const PeerId& peer, Clock::time_point until, std::string reason);
  /// The ban in force at `now`, if any.
  [[nodiscard]] const PeerBan* banned(const PeerId& peer, Clock::time_point now);

  /// Forgets peers that are not expected, not connected, not banned and not `in_use`.
  void forget_strangers(Clock::time_point now, const std::function<bool(const PeerId&)>& in_use);

 private:
  NetworkTimes times_;
  std::mt19937_64 random_;
  std::map<PeerId, PeerEntry> peers_;
  std::optional<PeerId> last_sought_;
};

}  // namespace ol::p2p
