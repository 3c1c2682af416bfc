#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// What a gossip peer does wrong, by name, and how much of what is within the limits of one RPC it
/// may do per heartbeat. Source: docs/protocol/libp2p.md, "Gossip".
namespace ol::p2p {

/// The first kinds are floods: counted per heartbeat, with a limit each.
enum class GossipOffence : std::uint8_t {
  UnknownIds,       // IWANT of what we do not have, or did not announce, or have sent often enough
  Ids,              // ids in control messages of any kind
  ControlRpcs,      // RPCs without a message
  UselessMessages,  // of a topic we are not on, or sent again by the same peer
  Subscriptions,
  Grafts,
  Prunes,
  GraylistedRpcs,  // after its score has fallen so far that its RPCs are not read
  Waste,           // messages after too many that were of no use (gossip_waste.hpp)
  BrokenPromises,  // announced and not sent when asked for
  GraftsInBackoff,
  InvalidMessages,
};
inline constexpr std::size_t kGossipFloodKinds = 9;
inline constexpr std::size_t kGossipOffences = 12;

/// The offence as a short lower-case phrase.
[[nodiscard]] const char* describe(GossipOffence offence);

/// Per peer and heartbeat. What goes beyond is not acted on, and each multiple counts one into the
/// peer's behaviour (P7): what an honest peer sends in its busiest heartbeat is below all of them.
struct GossipFloodLimits {
  std::size_t unknown_ids = 1000;
  std::size_t ids = 20000;
  std::size_t control_rpcs = 2000;
  std::size_t useless_messages = 1000;
  std::size_t subscriptions = 512;
  std::size_t grafts = 128;
  std::size_t prunes = 128;
  std::size_t graylisted_rpcs = 2000;
  std::size_t waste = 1000;  // and one for each 4 KiB

  [[nodiscard]] std::size_t of(GossipOffence flood) const;
};

/// What one peer has sent of each flood kind in this heartbeat. Single-threaded.
class GossipFloods {
 public:
  /// @return How many times this goes beyond the limit, or a further multiple of it.
  [[nodiscard]] std::size_t count(GossipOffence flood, std::size_t amount,
                                  const GossipFloodLimits& limits);
  [[nodiscard]] bool is_spent(GossipOffence flood, const GossipFloodLimits& limits) const;
  [[nodiscard]] bool is_over(GossipOffence flood, const GossipFloodLimits& limits) const;
  /// A heartbeat has passed.
  void clear() { counts_ = {}; }

 private:
  std::array<std::size_t, kGossipFloodKinds> counts_{};
};

}  // namespace ol::p2p
