#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/p2p/peer_id.hpp>

namespace ol::node {

/// Consensus messages of an epoch this node has yet to enter, in the order they came. Validators of
/// the present epoch and strangers, the next epoch's among them, have places of their own. A peer
/// keeps its newest within `kPeerCostMax`; in a full part whoever holds most gives way, its oldest
/// first, so that no peer can push out what others sent. Single-threaded.
class EarlyMessages {
 public:
  enum class From : std::uint8_t { Stranger, Validator };
  struct Message {
    p2p::PeerId peer;
    Bytes bytes;
  };

  static constexpr std::size_t kMessageBytesMax = std::size_t{64} << 10;
  /// What a message costs beside its bytes, and what those of a peer and all of a part may cost.
  static constexpr std::size_t kOverhead = 1024;
  static constexpr std::size_t kPeerCostMax = kMessageBytesMax + kOverhead;
  static constexpr std::size_t kCostMax = std::size_t{512} << 10;

  /// Keeps it unless it is too long.
  void keep(const p2p::PeerId& peer, From from, ByteView bytes);
  [[nodiscard]] std::vector<Message> take_all();
  [[nodiscard]] std::size_t size() const;

 private:
  struct Kept {
    std::uint64_t number = 0;
    Bytes bytes;
  };
  struct Lane {
    std::deque<Kept> messages;  // never empty
    std::size_t cost = 0;
  };
  struct Part {
    std::map<p2p::PeerId, Lane> lanes;
    std::size_t cost = 0;
  };

  static void drop_oldest(Part& part, std::map<p2p::PeerId, Lane>::iterator at);

  std::array<Part, 2> parts_;
  std::uint64_t next_number_ = 0;
};

}  // namespace ol::node
