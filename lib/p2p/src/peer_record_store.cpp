#include <ol/p2p/peer_record_store.hpp>

#include <algorithm>

namespace ol::p2p {

void PeerRecordStore::keep(PeerRecord record,
                           const std::function<bool(const PeerId&)>& is_connected) {
  const PeerRecord* const known = find(record.peer);
  if (known != nullptr && record.sequence <= known->sequence) return;
  if (known == nullptr && records_.size() >= kRecordsMax) {
    const auto rank = [&](const auto& entry) {
      return std::pair(is_connected(entry.first), entry.second.order);
    };
    records_.erase(
        std::min_element(records_.begin(), records_.end(),
                         [&](const auto& a, const auto& b) { return rank(a) < rank(b); }));
  }
  const PeerId peer = record.peer;
  records_.insert_or_assign(peer, Kept{std::move(record), ++order_});
}

const PeerRecord* PeerRecordStore::find(const PeerId& peer) const {
  const auto at = records_.find(peer);
  return at == records_.end() ? nullptr : &at->second.record;
}

}  // namespace ol::p2p
