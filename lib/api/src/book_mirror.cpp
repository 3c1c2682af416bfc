#include "book_mirror.hpp"

#include <algorithm>
#include <set>

#include <boost/json/object.hpp>

#include <ol/base/codec.hpp>

#include "numbers.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using exchange::AssetId;
using exchange::Side;

constexpr std::string_view kLevelPrefix = "lvl/";
constexpr std::size_t kCrcLevels = 10;

template <typename Levels>
void crc_side(const Levels& levels, const MarketEntry& market, std::string& out) {
  std::size_t count = 0;
  for (const auto& [px, level] : levels) {
    if (count++ == kCrcLevels) return;
    if (!out.empty()) out += '|';
    out += decimal_text(px, market.px_decimals) + ":" + decimal_text(level.sz, market.sz_decimals);
  }
}

// What prices of this size are rounded to for some significant figures.
std::uint64_t merge_step(std::uint64_t px, const DepthOptions& options, std::uint64_t tick) {
  if (options.figures == 0) return tick;
  unsigned digits = 0;
  for (std::uint64_t rest = px; rest != 0; rest /= 10)
    ++digits;
  std::uint64_t step = 1;
  for (unsigned i = options.figures; i < digits; ++i)
    step *= 10;
  return std::max(step * options.mantissa, tick);
}

// Buys round down and sells up, so that a merged level never looks better than its orders.
std::uint64_t merged_px(std::uint64_t px, std::uint64_t step, Side side) {
  const std::uint64_t below = px - px % step;
  return side == Side::Buy || below == px ? below : below + step;
}

template <typename Levels>
json::array side_json(const Levels& levels, Side side, const MarketEntry& market,
                      const DepthOptions& options) {
  json::array out;
  std::uint64_t at = 0;
  LevelView sum;
  const auto flush = [&] {
    if (sum.count != 0) out.push_back(level_json(at, sum, market));
    sum = {};
  };
  for (const auto& [px, level] : levels) {
    const std::uint64_t merged =
        merged_px(px, merge_step(levels.begin()->first, options, market.tick_px), side);
    if (merged != at) {
      flush();
      if (out.size() == options.levels) return out;
    }
    at = merged;
    sum.sz += level.sz;
    sum.count += level.count;
  }
  flush();
  return out;
}

template <typename Levels>
void load_side(const exchange::State& state, exchange::MarketIndex place, Side side,
               Levels& levels) {
  const exchange::Book& book = state.orders.book(place);
  const std::uint64_t tick_px = state.info(place).config.tick_px;
  for (auto tick = book.best_tick(side); tick; tick = book.next_tick(side, *tick)) {
    const exchange::Level& level = *book.level(side, *tick);
    levels[*tick * tick_px] = {level.total_sz, level.count};
  }
}

template <typename Levels>
void set_level(Levels& levels, std::uint64_t px, const LevelView& level) {
  if (level.count == 0) {
    levels.erase(px);
  } else {
    levels[px] = level;
  }
}

}  // namespace

std::uint32_t book_crc(const BookView& book, const MarketEntry& market) {
  std::string text;
  crc_side(book.bids, market, text);
  crc_side(book.asks, market, text);
  return crc32c(text);
}

json::object level_json(std::uint64_t px, const LevelView& level, const MarketEntry& market) {
  return {{"px", decimal_text(px, market.px_decimals)},
          {"sz", decimal_text(level.sz, market.sz_decimals)},
          {"n", level.count}};
}

json::array levels_json(const BookView& book, const MarketEntry& market,
                        const DepthOptions& options) {
  return {side_json(book.bids, Side::Buy, market, options),
          side_json(book.asks, Side::Sell, market, options)};
}

json::array changes_json(const BookView& book, const MarketEntry& market) {
  json::array bids;
  json::array asks;
  for (const BookView::Change& change : book.changes)
    (change.side == Side::Buy ? bids : asks).push_back(level_json(change.px, change.level, market));
  return {std::move(bids), std::move(asks)};
}

void BookMirror::load(const exchange::State& state) {
  for (const auto& [asset, place] : state.markets_by_asset()) {
    BookView fresh;
    load_side(state, place, Side::Buy, fresh.bids);
    load_side(state, place, Side::Sell, fresh.asks);
    fresh.height = state.global().height;
    fresh.time = state.global().time;
    // Whoever followed the changes before must see that some are missing.
    fresh.seq = books_[asset].seq + 2;
    books_[asset] = std::move(fresh);
  }
}

std::vector<AssetId> BookMirror::apply(const exchange::StateDiff& diff, std::uint64_t height,
                                       exchange::TimeMs time) {
  std::set<AssetId> changed;
  const ByteView prefix = as_bytes(kLevelPrefix);
  for (const auto& [key, value] : diff) {
    const bool below =
        key.size() > prefix.size() && std::ranges::equal(key.first(prefix.size()), prefix);
    if (!below) continue;
    Reader in(key.subspan(prefix.size()));
    const AssetId asset(in.u32());
    const Side side = in.u8() == 0 ? Side::Buy : Side::Sell;
    const std::uint64_t px = in.u64();
    LevelView level;
    if (value) {
      Reader fields(*value);
      level.sz = fields.u64();
      level.count = fields.u32();
    }
    BookView& book = books_[asset];
    if (changed.insert(asset).second) {
      book.changes.clear();
      ++book.seq;
      book.height = height;
      book.time = time;
    }
    book.changes.push_back({side, px, level});
    if (side == Side::Buy) {
      set_level(book.bids, px, level);
    } else {
      set_level(book.asks, px, level);
    }
  }
  return {changed.begin(), changed.end()};
}

std::shared_ptr<const BookView> BookMirror::shared_book(AssetId asset) const {
  const BookView& now = book(asset);
  std::shared_ptr<const BookView>& shared = shared_[asset];
  if (!shared || shared->seq != now.seq) shared = std::make_shared<const BookView>(now);
  return shared;
}

const BookView& BookMirror::book(AssetId asset) const {
  static const BookView kEmpty;
  const auto it = books_.find(asset);
  return it == books_.end() ? kEmpty : it->second;
}

}  // namespace ol::api
