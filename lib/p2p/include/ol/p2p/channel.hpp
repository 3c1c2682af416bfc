#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ol/base/check.hpp>

namespace ol::p2p {

/// The logical channels of a link, in falling priority. Messages of one channel arrive in order;
/// between channels there is no order. The numbers are on the wire: docs/protocol/p2p.md.
enum class Channel : std::uint8_t {
  Control = 0,    // the link's own: hello, ping, goodbye. Not for applications.
  Consensus = 1,  // votes, proposals, certificates: overtakes everything else, never dropped
  Request = 2,    // small questions and answers somebody waits for
  Gossip = 3,     // evidence told to one peer; dropped when it is slow, as requests and blocks are
  Bulk = 4,       // block and state transfer
};

inline constexpr std::size_t kChannelCount = 5;

/// Largest message of a channel in bytes, part of the protocol: a longer one closes the link.
[[nodiscard]] constexpr std::size_t message_bytes_max(Channel channel) {
  constexpr std::array<std::size_t, kChannelCount> kMax{
      std::size_t{4} << 10,   // Control
      std::size_t{4} << 20,   // Consensus
      std::size_t{4} << 20,   // Request
      std::size_t{1} << 20,   // Gossip
      std::size_t{16} << 20,  // Bulk
  };
  return kMax[static_cast<std::size_t>(channel)];
}

/// The channel's name for logs and metric labels.
[[nodiscard]] constexpr const char* channel_name(Channel channel) {
  switch (channel) {
    case Channel::Control:
      return "control";
    case Channel::Consensus:
      return "consensus";
    case Channel::Request:
      return "request";
    case Channel::Gossip:
      return "gossip";
    case Channel::Bulk:
      return "bulk";
  }
  OL_CHECK(false, "unknown Channel");
}

/// Position of a channel in per-channel arrays.
[[nodiscard]] constexpr std::size_t channel_index(Channel channel) {
  return static_cast<std::size_t>(channel);
}

}  // namespace ol::p2p
