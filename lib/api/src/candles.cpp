#include "candles.hpp"

#include <algorithm>

namespace ol::api {

std::optional<std::size_t> find_interval(std::string_view name) {
  const auto it = std::ranges::find(kIntervals, name, &Interval::name);
  if (it == kIntervals.end()) return std::nullopt;
  return static_cast<std::size_t>(it - kIntervals.begin());
}

void Candles::trade(exchange::AssetId asset, exchange::TimeMs time, std::uint64_t px,
                    std::uint64_t sz) {
  Series& series = series_[asset];
  for (std::size_t i = 0; i < kIntervals.size(); ++i) {
    std::deque<Candle>& candles = series[i];
    const exchange::TimeMs start = time - time % kIntervals[i].ms;
    if (candles.empty() || candles.back().start != start) {
      candles.push_back({start, px, px, px, px, 0, 0, 0});
      if (candles.size() > kCandlesKept) candles.pop_front();
    }
    Candle& now = candles.back();
    now.high = std::max(now.high, px);
    now.low = std::min(now.low, px);
    now.close = px;
    now.sz += sz;
    now.ntl += exchange::notional(px, sz);
    ++now.trades;
  }
}

std::vector<Candle> Candles::range(exchange::AssetId asset, std::size_t interval,
                                   exchange::TimeMs from, exchange::TimeMs to) const {
  const auto it = series_.find(asset);
  if (it == series_.end()) return {};
  std::vector<Candle> out;
  for (const Candle& candle : it->second[interval]) {
    if (candle.start >= from && candle.start <= to) out.push_back(candle);
  }
  return out;
}

Candles::Day Candles::day(exchange::AssetId asset, exchange::TimeMs now) const {
  constexpr std::size_t kHours = 5;  // place of "1h"
  constexpr exchange::TimeMs kDay = 86'400'000;
  Day out;
  const auto it = series_.find(asset);
  if (it == series_.end()) return out;
  for (const Candle& candle : it->second[kHours]) {
    if (candle.start + kDay <= now) {
      out.prev_px = candle.close;
      continue;
    }
    if (out.prev_px == 0) out.prev_px = candle.open;
    out.ntl += candle.ntl;
  }
  return out;
}

const Candle* Candles::last(exchange::AssetId asset, std::size_t interval) const {
  const auto it = series_.find(asset);
  if (it == series_.end() || it->second[interval].empty()) return nullptr;
  return &it->second[interval].back();
}

}  // namespace ol::api
