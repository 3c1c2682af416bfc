#pragma once

#include <map>
#include <memory>

#include <ol/p2p/peer_id.hpp>
#include <ol/p2p/shared_bytes.hpp>

namespace ol::node {

/// The last range told to each peer, as long as it waits to be sent: the network's queue owns the
/// bytes. Whoever does not read is read for no further. On the consensus thread.
class QueuedRanges {
 public:
  void told(const p2p::PeerId& peer, std::weak_ptr<const Bytes> range) {
    std::erase_if(ranges_, [](const auto& entry) { return entry.second.expired(); });
    ranges_.insert_or_assign(peer, std::move(range));
  }
  [[nodiscard]] bool contains(const p2p::PeerId& peer) const {
    const auto at = ranges_.find(peer);
    return at != ranges_.end() && !at->second.expired();
  }
  [[nodiscard]] std::size_t size() const { return ranges_.size(); }

 private:
  std::map<p2p::PeerId, std::weak_ptr<const Bytes>> ranges_;
};

}  // namespace ol::node
