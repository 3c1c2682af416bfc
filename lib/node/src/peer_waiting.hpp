#pragma once

#include <cstddef>
#include <map>

#include <ol/base/thread_safety.hpp>
#include <ol/p2p/peer_id.hpp>

namespace ol::node {

/// How much of what peers sent waits for a queue that does not know them. Never longer than what
/// waits. Any thread.
class PeerWaiting {
 public:
  /// Of a peer, and of all. One item is let in where nothing waits, however long it is.
  struct Limits {
    std::size_t peer_items = 1;
    std::size_t peer_bytes = 1;
    std::size_t all_bytes = 1;
  };

  explicit PeerWaiting(const Limits& limits) : limits_(limits) {}
  PeerWaiting(const PeerWaiting&) = delete;
  PeerWaiting& operator=(const PeerWaiting&) = delete;

  /// Whether there is room for one more item; `leave` with the same bytes once it is done.
  [[nodiscard]] bool enter(const p2p::PeerId& peer, std::size_t bytes) {
    const MutexLock lock(mutex_);
    if (bytes_ > 0 && bytes_ + bytes > limits_.all_bytes) return false;
    if (const auto at = held_.find(peer); at != held_.end()) {
      if (at->second.items >= limits_.peer_items) return false;
      if (at->second.bytes + bytes > limits_.peer_bytes) return false;
    }
    Held& held = held_[peer];
    ++held.items;
    held.bytes += bytes;
    bytes_ += bytes;
    return true;
  }
  void leave(const p2p::PeerId& peer, std::size_t bytes) {
    const MutexLock lock(mutex_);
    const auto at = held_.find(peer);
    if (at == held_.end()) return;
    bytes_ -= bytes;
    at->second.bytes -= bytes;
    if (--at->second.items == 0) held_.erase(at);
  }
  [[nodiscard]] std::size_t bytes() const {
    const MutexLock lock(mutex_);
    return bytes_;
  }
  [[nodiscard]] std::size_t peers() const {
    const MutexLock lock(mutex_);
    return held_.size();
  }

 private:
  struct Held {
    std::size_t items = 0;
    std::size_t bytes = 0;
  };

  const Limits limits_;
  mutable Mutex mutex_;
  std::map<p2p::PeerId, Held> held_ OL_GUARDED_BY(mutex_);
  std::size_t bytes_ OL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ol::node
