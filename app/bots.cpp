#include "bots.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <boost/json/array.hpp>

#include <ol/base/hex.hpp>
#include <ol/exchange/decimal.hpp>

#include "derived.hpp"
#include "venue.hpp"

namespace ol::app {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kMakers = 2;
constexpr std::uint32_t kTakers = 2;
constexpr std::uint64_t kLevels = 5;
constexpr std::string_view kFaucetDollars = "10000000";
constexpr std::chrono::milliseconds kRoundPause{500};
constexpr std::chrono::milliseconds kRetryPause{2'000};
constexpr std::chrono::milliseconds kStopPoll{50};

/// A market as bots see it: raw units of dex.md 1.2.
struct Quote {
  const api::MarketEntry* market = nullptr;
  std::uint64_t mark_px = 0;
};

class Bot {
 public:
  Bot(std::string_view role, std::uint32_t number)
      : choice_(number + 1), key_(derived_key("openliquid devnet bot", role, number)) {}

  void fund(Venue& venue) const {
    static_cast<void>(venue.ask("/dev", {{"type", "faucet"},
                                         {"user", to_hex_prefixed(key_.address().view())},
                                         {"usd", kFaucetDollars}}));
  }

  /// Takes back what it quoted and quotes some levels on both sides of every mark.
  void make(Venue& venue, const api::Catalog& catalog, const std::vector<Quote>& quotes) {
    json::array orders;
    for (const Quote& quote : quotes) {
      for (std::uint64_t level = 1; level <= kLevels; ++level) {
        // A hundredth of a percent and some more for each level.
        const std::uint64_t away = quote.mark_px * level * (10 + choice_.below(10)) / 100'000;
        const std::uint64_t dollars = 1'000 * level + choice_.below(4'000);
        orders.push_back(order(quote, true, quote.mark_px - away, dollars, "Alo"));
        orders.push_back(order(quote, false, quote.mark_px + away, dollars, "Alo"));
      }
    }
    send(venue, catalog, {{"type", "cancelAll"}});
    json::object action{{"type", "order"}, {"grouping", "na"}};
    action["orders"] = std::move(orders);
    send(venue, catalog, std::move(action));
  }

  /// Takes some from one market, at most one percent away from the mark.
  void take(Venue& venue, const api::Catalog& catalog, const std::vector<Quote>& quotes) {
    const Quote& quote = quotes[choice_.below(quotes.size())];
    const bool buys = choice_.below(2) == 0;
    const std::uint64_t away = quote.mark_px / 100;
    const std::uint64_t px = buys ? quote.mark_px + away : quote.mark_px - away;
    json::object action{{"type", "order"}, {"grouping", "na"}};
    action["orders"] = json::array{order(quote, buys, px, 1'000 + choice_.below(9'000), "Ioc")};
    send(venue, catalog, std::move(action));
  }

 private:
  static json::object order(const Quote& quote, bool buys, std::uint64_t px, std::uint64_t dollars,
                            std::string_view tif) {
    const api::MarketEntry& market = *quote.market;
    const std::uint64_t rounded = px - px % market.tick_px;
    const std::uint64_t sz = dollars * 1'000'000 / rounded;
    return {{"a", market.asset.value()},
            {"b", buys},
            {"p", exchange::format_decimal(static_cast<std::int64_t>(rounded), market.px_decimals)},
            {"s", exchange::format_decimal(static_cast<std::int64_t>(sz - sz % market.lot_sz),
                                           market.sz_decimals)},
            {"r", false},
            {"t", {{"limit", {{"tif", tif}}}}}};
  }

  // A refusal is an answer too: the next round finds another state.
  void send(Venue& venue, const api::Catalog& catalog, json::object action) {
    static_cast<void>(venue.send(catalog, key_, std::move(action), {}, Venue::Wait::Accepted));
  }

  /// The same in every run, though what comes of them is not.
  Numbers choice_;
  crypto::Secp256k1SecretKey key_;
};

}  // namespace

struct Bots::Impl {
  std::string url;
  std::atomic<bool> stop{false};
  std::vector<Bot> makers;
  std::vector<Bot> takers;
  std::thread thread;

  void pause(std::chrono::milliseconds time) const {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stop && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(kStopPoll);
  }

  void run() {
    while (!stop) {
      try {
        trade();
      } catch (const std::exception&) {
        pause(kRetryPause);
      }
    }
  }

  /// Until stopped or until the node does not answer.
  void trade() {
    Venue venue(url);
    const api::Catalog catalog = venue.catalog();
    for (const Bot& bot : makers)
      bot.fund(venue);
    for (const Bot& bot : takers)
      bot.fund(venue);
    while (!stop) {
      const std::vector<Quote> quotes = look(venue, catalog);
      for (Bot& bot : makers)
        if (!quotes.empty()) bot.make(venue, catalog, quotes);
      for (Bot& bot : takers)
        if (!quotes.empty()) bot.take(venue, catalog, quotes);
      pause(kRoundPause);
    }
  }

  static std::vector<Quote> look(Venue& venue, const api::Catalog& catalog) {
    std::vector<Quote> out;
    const json::value both = venue.info({{"type", "metaAndAssetCtxs"}});
    const json::array& universe = both.at(0).at("universe").as_array();
    for (std::size_t i = 0; i < universe.size(); ++i) {
      const api::MarketEntry* market =
          catalog.market(std::string(universe[i].at("name").as_string()));
      const json::value* mark = both.at(1).at(i).as_object().if_contains("markPx");
      if (market == nullptr || mark == nullptr || !mark->is_string()) continue;
      const auto px = exchange::parse_decimal(mark->as_string(), market->px_decimals);
      if (px && *px > 0) out.push_back({market, static_cast<std::uint64_t>(*px)});
    }
    return out;
  }
};

Bots::Bots(std::string url) : impl_(std::make_unique<Impl>()) {
  impl_->url = std::move(url);
  for (std::uint32_t i = 0; i < kMakers; ++i)
    impl_->makers.emplace_back("maker", i);
  for (std::uint32_t i = 0; i < kTakers; ++i)
    impl_->takers.emplace_back("taker", i);
  impl_->thread = std::thread([this] { impl_->run(); });
}

Bots::~Bots() {
  impl_->stop = true;
  impl_->thread.join();
}

}  // namespace ol::app
