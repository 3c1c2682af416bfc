#pragma once

#include <cstdint>

namespace ol::p2p {

/// What the application thinks of a message.
enum class GossipVerdict : std::uint8_t {
  Accept,    // good: pass it on
  Ignore,    // of no use, nobody's fault
  TooEarly,  // of no use now: forget it, so that it can come again
  Busy,      // not looked at for want of room here: the same, and not held against the peer
  Reject,    // bad: punish whoever sent it
};

}  // namespace ol::p2p
