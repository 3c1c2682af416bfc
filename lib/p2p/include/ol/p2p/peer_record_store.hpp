#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include <ol/p2p/envelope.hpp>

namespace ol::p2p {

/// Of each peer the record with the highest sequence number, across connections. Bounded, unlike
/// the store of CVE-2023-40583. Single-threaded. Source: libp2p.md section 1.
class PeerRecordStore {
 public:
  static constexpr std::size_t kRecordsMax = 1024;

  /// Takes a record whose signature holds, unless one with the same or a higher number is known.
  /// @param is_connected  Records of peers for which it is true make room last.
  void keep(PeerRecord record, const std::function<bool(const PeerId&)>& is_connected);
  /// Null if there is none.
  [[nodiscard]] const PeerRecord* find(const PeerId& peer) const;
  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  struct Kept {
    PeerRecord record;
    std::uint64_t order = 0;  // rises with each record that is kept
  };

  std::map<PeerId, Kept> records_;
  std::uint64_t order_ = 0;
};

}  // namespace ol::p2p
