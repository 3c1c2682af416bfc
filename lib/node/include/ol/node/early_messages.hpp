#pragma once

#include <cstddef>
#include <deque>

#include <ol/base/bytes.hpp>
#include <ol/p2p/peer_id.hpp>

namespace ol::node {

/// Consensus messages of an epoch this node has yet to enter, in the order they came. Bounded:
/// whoever holds most gives way, its oldest first, so that no peer can push out what others sent.
/// Single-threaded.
class EarlyMessages {
 public:
  struct Message {
    p2p::PeerId peer;
    Bytes bytes;
  };

  static constexpr std::size_t kMessageBytesMax = std::size_t{64} << 10;
  /// What a message costs beside its bytes, and what all may cost.
  static constexpr std::size_t kOverhead = 1024;
  static constexpr std::size_t kCostMax = std::size_t{512} << 10;

  /// Keeps it unless it is too long.
  void keep(const p2p::PeerId& peer, ByteView bytes);
  [[nodiscard]] std::deque<Message> take_all() { return std::exchange(messages_, {}); }
  [[nodiscard]] std::size_t size() const { return messages_.size(); }

 private:
  [[nodiscard]] std::size_t cost() const;
  void drop_one();

  std::deque<Message> messages_;
};

}  // namespace ol::node
