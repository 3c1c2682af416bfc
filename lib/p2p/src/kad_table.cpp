#include <ol/p2p/kad_table.hpp>

#include <algorithm>

namespace ol::p2p {
namespace {

auto by_id(const PeerId& id) {
  return [&id](const auto& entry) { return entry.peer.id == id; };
}

}  // namespace

KadTable::KadTable(const PeerId& self, const KadTableLimits& limits)
    : self_(kad_key(self.bytes())), limits_(limits) {}

std::size_t KadTable::bucket_of(const PeerId& peer) const {
  return shared_bits(self_, kad_key(peer.bytes()));
}

/// Whoever holds a network holds many ids in it; it must not fill our table.
bool KadTable::is_crowded(const Bucket& bucket, const std::string& place) const {
  if (!limits_.count_prefixes) return false;
  const auto total = prefixes_.find(place);
  if (total != prefixes_.end() && total->second >= limits_.prefix_per_table) return true;
  const auto same = std::ranges::count(bucket.peers, place, &Entry::place);
  return static_cast<std::size_t>(same) >= limits_.prefix_per_bucket;
}

void KadTable::count(const std::string& place, bool added) {
  std::size_t& n = prefixes_[place];
  n = added ? n + 1 : n - 1;
  if (n == 0) prefixes_.erase(place);
}

std::optional<PeerId> KadTable::add(const KadPeer& peer, const std::string& place) {
  const std::size_t number = bucket_of(peer.id);
  if (number == 8 * KadKey::kSize) return std::nullopt;  // ourselves
  Bucket& bucket = buckets_[number];
  const auto at = std::ranges::find_if(bucket.peers, by_id(peer.id));
  if (at != bucket.peers.end()) {
    count(at->place, false);
    bucket.peers.erase(at);
    // From another place, where there may be too many already.
    if (is_crowded(bucket, place)) return std::nullopt;
    bucket.peers.push_back({peer, place});
    count(place, true);
    return std::nullopt;
  }
  if (is_crowded(bucket, place)) return std::nullopt;
  if (bucket.peers.size() < limits_.bucket) {
    bucket.peers.push_back({peer, place});
    count(place, true);
    return std::nullopt;
  }
  std::erase_if(bucket.waiting, by_id(peer.id));
  bucket.waiting.push_back({peer, place});
  if (bucket.waiting.size() > limits_.replacements) bucket.waiting.pop_front();
  return bucket.peers.front().peer.id;
}

void KadTable::touch(const PeerId& peer) {
  const auto entry = buckets_.find(bucket_of(peer));
  if (entry == buckets_.end()) return;
  auto& peers = entry->second.peers;
  const auto at = std::ranges::find_if(peers, by_id(peer));
  if (at != peers.end()) std::rotate(at, at + 1, peers.end());
}

void KadTable::remove(const PeerId& peer) {
  const auto entry = buckets_.find(bucket_of(peer));
  if (entry == buckets_.end()) return;
  Bucket& bucket = entry->second;
  std::erase_if(bucket.waiting, by_id(peer));
  const auto at = std::find_if(bucket.peers.begin(), bucket.peers.end(), by_id(peer));
  if (at != bucket.peers.end()) {
    count(at->place, false);
    bucket.peers.erase(at);
    while (!bucket.waiting.empty() && bucket.peers.size() < limits_.bucket) {
      const Entry newcomer = bucket.waiting.back();
      bucket.waiting.pop_back();
      if (is_crowded(bucket, newcomer.place)) continue;
      bucket.peers.push_back(newcomer);
      count(newcomer.place, true);
    }
  }
  if (bucket.peers.empty() && bucket.waiting.empty()) buckets_.erase(entry);
}

std::vector<KadPeer> KadTable::closest(const KadKey& key, std::size_t count) const {
  std::vector<std::pair<KadKey, const KadPeer*>> all;
  for (const auto& [number, bucket] : buckets_) {
    for (const Entry& one : bucket.peers)
      all.emplace_back(kad_distance(key, kad_key(one.peer.id.bytes())), &one.peer);
  }
  std::sort(all.begin(), all.end());
  std::vector<KadPeer> out;
  for (const auto& [distance, peer] : all) {
    if (out.size() == count) break;
    out.push_back(*peer);
  }
  return out;
}

const KadPeer* KadTable::find(const PeerId& peer) const {
  const auto entry = buckets_.find(bucket_of(peer));
  if (entry == buckets_.end()) return nullptr;
  const auto& peers = entry->second.peers;
  const auto at = std::find_if(peers.begin(), peers.end(), by_id(peer));
  return at == peers.end() ? nullptr : &at->peer;
}

std::size_t KadTable::size() const {
  std::size_t out = 0;
  for (const auto& [number, bucket] : buckets_)
    out += bucket.peers.size();
  return out;
}

std::vector<std::size_t> KadTable::buckets() const {
  std::vector<std::size_t> out;
  for (const auto& [number, bucket] : buckets_) {
    if (!bucket.peers.empty()) out.push_back(number);
  }
  return out;
}

}  // namespace ol::p2p
