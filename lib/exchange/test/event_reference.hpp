#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <ol/exchange/engine.hpp>

namespace ol::exchange::test {

/// Follows an engine by the events of its blocks alone: positions from fills (dex.md 2.2, 2.3), and
/// queues of resting orders as sorted sets, where every fill must take the first (20.8).
class EventReference {
 public:
  EventReference() = default;
  /// From a state on, as after a revert, of which no events tell.
  explicit EventReference(const State& start);

  /// Takes in a block, `after` being the state that it left. The first thing that does not fit as
  /// text, else empty.
  [[nodiscard]] std::string follow(const BlockInput& block, const BlockResult& result,
                                   const State& after);

 private:
  struct Position {
    std::int64_t szi = 0;
    Int128 entry_ntl = 0;
  };
  // Best first: the price as the side ranks it, then arrival.
  using Place = std::tuple<std::int64_t, std::uint64_t, std::uint64_t>;  // rank, arrival, oid

  struct Resting {
    std::pair<AssetId, Side> queue;
    Place place;
  };

  std::string fill(const FillEvent& event);
  void trade(const Address& account, AssetId asset, Side side, std::int64_t sz, std::int64_t px);
  void rest(OrderId oid, AssetId asset, Side side, std::uint64_t price);
  void remove(OrderId oid);
  [[nodiscard]] std::string compare(const State& after) const;

  std::map<std::pair<Address, AssetId>, Position> positions_;
  std::map<std::pair<AssetId, Side>, std::set<Place>> queues_;
  std::map<OrderId, Resting> resting_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace ol::exchange::test
