#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <ol/exchange/arith.hpp>
#include <ol/exchange/types.hpp>

namespace ol::api {

struct Interval {
  std::string_view name;
  exchange::TimeMs ms;
};
/// Weeks begin on Thursday, as the epoch did.
constexpr std::array<Interval, 13> kIntervals{{{"1m", 60'000},
                                               {"3m", 180'000},
                                               {"5m", 300'000},
                                               {"15m", 900'000},
                                               {"30m", 1'800'000},
                                               {"1h", 3'600'000},
                                               {"2h", 7'200'000},
                                               {"4h", 14'400'000},
                                               {"8h", 28'800'000},
                                               {"12h", 43'200'000},
                                               {"1d", 86'400'000},
                                               {"3d", 259'200'000},
                                               {"1w", 604'800'000}}};
/// Place of the interval in kIntervals, or nothing.
[[nodiscard]] std::optional<std::size_t> find_interval(std::string_view name);

struct Candle {
  exchange::TimeMs start = 0;
  std::uint64_t open = 0;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint64_t close = 0;
  std::uint64_t sz = 0;  // lots
  exchange::Int128 ntl = 0;
  std::uint32_t trades = 0;
};

/// Candles of every market and interval from the trades seen; the newest `kCandlesKept` each. One
/// thread at a time.
class Candles {
 public:
  static constexpr std::size_t kCandlesKept = 5000;

  void trade(exchange::AssetId asset, exchange::TimeMs time, std::uint64_t px, std::uint64_t sz);
  /// Candles that begin in [from, to], oldest first.
  [[nodiscard]] std::vector<Candle> range(exchange::AssetId asset, std::size_t interval,
                                          exchange::TimeMs from, exchange::TimeMs to) const;
  /// Price a day ago (0: no trade yet) and what was traded since, in units of notional.
  struct Day {
    std::uint64_t prev_px = 0;
    exchange::Int128 ntl = 0;
  };
  [[nodiscard]] Day day(exchange::AssetId asset, exchange::TimeMs now) const;
  /// The newest candle, or null.
  [[nodiscard]] const Candle* last(exchange::AssetId asset, std::size_t interval) const;

  using Series = std::array<std::deque<Candle>, kIntervals.size()>;
  [[nodiscard]] const std::map<exchange::AssetId, Series>& all() const { return series_; }
  /// Adds a candle behind those of the series. @pre It begins after them.
  void put(exchange::AssetId asset, std::size_t interval, const Candle& candle) {
    series_[asset][interval].push_back(candle);
  }

 private:
  std::map<exchange::AssetId, Series> series_;
};

}  // namespace ol::api
