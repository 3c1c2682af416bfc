#include <ol/p2p/kad_table.hpp>

#include <algorithm>

#include "address_prefix.hpp"

namespace ol::p2p {
namespace {

auto by_id(const PeerId& id) {
  return [&id](const KadPeer& peer) { return peer.id == id; };
}

/// Where the peer is, as far as we count it: its first address.
std::string place_of(const KadPeer& peer) {
  return peer.addresses.empty() ? std::string{} : prefix_of(peer.addresses.front());
}

}  // namespace

KadTable::KadTable(const PeerId& self, const KadTableLimits& limits)
    : self_(kad_key(self.bytes())), limits_(limits) {}

std::size_t KadTable::bucket_of(const PeerId& peer) const {
  return shared_bits(self_, kad_key(peer.bytes()));
}

/// Whoever holds a network holds many ids in it; it must not fill our table.
bool KadTable::is_crowded(const Bucket& bucket, const KadPeer& peer) const {
  if (!limits_.count_prefixes) return false;
  const std::string place = place_of(peer);
  const auto total = prefixes_.find(place);
  if (total != prefixes_.end() && total->second >= limits_.prefix_per_table) return true;
  const auto same = std::count_if(bucket.peers.begin(), bucket.peers.end(),
                                  [&](const KadPeer& p) { return place_of(p) == place; });
  return static_cast<std::size_t>(same) >= limits_.prefix_per_bucket;
}

void KadTable::count(const KadPeer& peer, bool added) {
  const std::string place = place_of(peer);
  std::size_t& n = prefixes_[place];
  n = added ? n + 1 : n - 1;
  if (n == 0) prefixes_.erase(place);
}

std::optional<PeerId> KadTable::add(const KadPeer& peer) {
  const std::size_t number = bucket_of(peer.id);
  if (number == 8 * KadKey::kSize) return std::nullopt;  // ourselves
  Bucket& bucket = buckets_[number];
  const auto at = std::find_if(bucket.peers.begin(), bucket.peers.end(), by_id(peer.id));
  if (at != bucket.peers.end()) {
    count(*at, false);
    bucket.peers.erase(at);
    bucket.peers.push_back(peer);
    count(peer, true);
    return std::nullopt;
  }
  if (is_crowded(bucket, peer)) return std::nullopt;
  if (bucket.peers.size() < limits_.bucket) {
    bucket.peers.push_back(peer);
    count(peer, true);
    return std::nullopt;
  }
  std::erase_if(bucket.waiting, by_id(peer.id));
  bucket.waiting.push_back(peer);
  if (bucket.waiting.size() > limits_.replacements) bucket.waiting.pop_front();
  return bucket.peers.front().id;
}

void KadTable::remove(const PeerId& peer) {
  const auto entry = buckets_.find(bucket_of(peer));
  if (entry == buckets_.end()) return;
  Bucket& bucket = entry->second;
  std::erase_if(bucket.waiting, by_id(peer));
  const auto at = std::find_if(bucket.peers.begin(), bucket.peers.end(), by_id(peer));
  if (at != bucket.peers.end()) {
    count(*at, false);
    bucket.peers.erase(at);
    while (!bucket.waiting.empty() && bucket.peers.size() < limits_.bucket) {
      const KadPeer newcomer = bucket.waiting.back();
      bucket.waiting.pop_back();
      if (is_crowded(bucket, newcomer)) continue;
      bucket.peers.push_back(newcomer);
      count(newcomer, true);
    }
  }
  if (bucket.peers.empty() && bucket.waiting.empty()) buckets_.erase(entry);
}

std::vector<KadPeer> KadTable::closest(const KadKey& key, std::size_t count) const {
  std::vector<std::pair<KadKey, const KadPeer*>> all;
  for (const auto& [number, bucket] : buckets_) {
    for (const KadPeer& peer : bucket.peers)
      all.emplace_back(kad_distance(key, kad_key(peer.id.bytes())), &peer);
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
  return at == peers.end() ? nullptr : &*at;
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
