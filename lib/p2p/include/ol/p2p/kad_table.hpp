#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ol/p2p/kad_message.hpp>

namespace ol::p2p {

struct KadTableLimits {
  std::size_t bucket = 20;
  std::size_t replacements = 20;      // newcomers that wait for a place in a full bucket
  std::size_t prefix_per_bucket = 2;  // peers of one IPv4 /24 or IPv6 /48
  std::size_t prefix_per_table = 10;
  bool count_prefixes = true;  // off where one machine runs many nodes
};

/// The peers a node knows to serve Kademlia, in buckets by how many leading bits they share with
/// it, oldest first. Only peers that completed a handshake and identified themselves may be added.
class KadTable {
 public:
  KadTable(const PeerId& self, const KadTableLimits& limits);

  /// Adds a peer, or moves it to the end of its bucket.
  /// @param place  The prefix it connects from, a key for counting: what it says of its addresses
  /// is for dialling alone.
  /// @return A peer to ping because the bucket is full: the oldest. Report it alive by adding it
  /// again or dead by `remove`, which lets the newest waiting newcomer in.
  std::optional<PeerId> add(const KadPeer& peer, const std::string& place);
  /// A peer of the table answers: it moves to the end of its bucket.
  void touch(const PeerId& peer);
  void remove(const PeerId& peer);

  /// The peers closest to `key`, closest first.
  [[nodiscard]] std::vector<KadPeer> closest(const KadKey& key, std::size_t count) const;
  [[nodiscard]] const KadPeer* find(const PeerId& peer) const;
  [[nodiscard]] std::size_t size() const;
  /// The number of every bucket that holds somebody.
  [[nodiscard]] std::vector<std::size_t> buckets() const;

 private:
  struct Entry {
    KadPeer peer;
    std::string place;
  };
  struct Bucket {
    std::deque<Entry> peers;
    std::deque<Entry> waiting;
  };

  [[nodiscard]] std::size_t bucket_of(const PeerId& peer) const;
  [[nodiscard]] bool is_crowded(const Bucket& bucket, const std::string& place) const;
  void count(const std::string& place, bool added);

  KadKey self_;
  KadTableLimits limits_;
  std::map<std::size_t, Bucket> buckets_;
  std::map<std::string, std::size_t> prefixes_;
};

}  // namespace ol::p2p
