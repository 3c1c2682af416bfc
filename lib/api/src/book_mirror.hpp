#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/array.hpp>

#include <ol/api/catalog.hpp>
#include <ol/exchange/state.hpp>

namespace ol::api {

/// A level as clients see it: lots and orders; gone where there are no orders.
struct LevelView {
  std::uint64_t sz = 0;
  std::uint32_t count = 0;
};

/// The levels of one market after the last final block, and the number of its last change. One
/// thread at a time.
struct BookView {
  std::map<std::uint64_t, LevelView, std::greater<>> bids;
  std::map<std::uint64_t, LevelView> asks;
  std::uint64_t seq = 0;  // changes so far since this node started
  std::uint64_t height = 0;
  exchange::TimeMs time = 0;

  struct Change {
    exchange::Side side = exchange::Side::Buy;
    std::uint64_t px = 0;
    LevelView level;
  };
  std::vector<Change> changes;  // of the last block that changed it

  [[nodiscard]] std::uint64_t best_bid() const { return bids.empty() ? 0 : bids.begin()->first; }
  [[nodiscard]] std::uint64_t best_ask() const { return asks.empty() ? 0 : asks.begin()->first; }
};

/// How l2Book asks for levels: all or a few, merged to some figures.
struct DepthOptions {
  std::size_t levels = 20;
  unsigned figures = 0;   // 2 to 5 significant figures; 0: none merged
  unsigned mantissa = 1;  // with 5 figures: steps of 1, 2 or 5
};

/// CRC-32C over the first ten bids and then the first ten asks, each "px:sz", joined by "|"
/// (dex.md 17.3).
[[nodiscard]] std::uint32_t book_crc(const BookView& book, const MarketEntry& market);
/// [[bids],[asks]] as {"px","sz","n"}.
[[nodiscard]] boost::json::array levels_json(const BookView& book, const MarketEntry& market,
                                             const DepthOptions& options);
/// The last block's changes in the same shape; size "0" where a level is gone.
[[nodiscard]] boost::json::array changes_json(const BookView& book, const MarketEntry& market);
/// One level.
[[nodiscard]] boost::json::object level_json(std::uint64_t px, const LevelView& level,
                                             const MarketEntry& market);

/// The books of all markets, kept up by the diffs of blocks. One thread at a time.
class BookMirror {
 public:
  /// The books as the state has them. Numbers of changes go on.
  void load(const exchange::State& state);
  /// Takes a block's changes; returns the markets that changed, ascending.
  std::vector<exchange::AssetId> apply(const exchange::StateDiff& diff, std::uint64_t height,
                                       exchange::TimeMs time);
  /// The book; an empty one for a market nobody has quoted.
  [[nodiscard]] const BookView& book(exchange::AssetId asset) const;
  /// A copy of it, made once for all who ask before it changes.
  [[nodiscard]] std::shared_ptr<const BookView> shared_book(exchange::AssetId asset) const;

 private:
  std::map<exchange::AssetId, BookView> books_;
  mutable std::map<exchange::AssetId, std::shared_ptr<const BookView>> shared_;
};

}  // namespace ol::api
