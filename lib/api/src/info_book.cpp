// Queries whose answers may be long: of all orders, of all levels, of all accounts. What they need
// is copied, a bounded piece at a time, and made into text where nobody waits for it.
#include "info.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "margin_view.hpp"
#include "numbers.hpp"
#include "shapes.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

constexpr std::size_t kDepthMax = 10'000;
/// Of each side in one answer of l4Book.
constexpr std::uint64_t kOrdersMax = 1'000;
constexpr std::uint32_t kScanPiece = 4'096;
constexpr std::size_t kLiquidatableMax = 2'000;

InfoAnswer none() {
  return [] { return json::value(nullptr); };
}

InfoAnswer l2_book(const InfoCall& call, const State& /*state*/) {
  const MarketEntry* market = read_coin(call);
  const DepthOptions options = read_depth(call.in);
  if (market == nullptr) return none();
  return [book = call.books.shared_book(market->asset), entry = *market, options] {
    return json::value(book_json(*book, entry, options));
  };
}

/// A page of one side: orders best first, and the last of them where more follow.
struct Page {
  std::vector<OrderRecord> orders;
  std::optional<OrderId> next;
};

struct PageOptions {
  std::optional<Side> side;  // both without
  OrderId after;             // 0: from the best one on
  std::uint64_t limit = kOrdersMax;
};

PageOptions read_page(const InfoCall& call) {
  PageOptions out;
  out.limit = call.in.unsigned_number_or("limit", kOrdersMax, kOrdersMax);
  out.after = OrderId(call.in.unsigned_number_or("after", ~std::uint64_t{0}, 0));
  const std::string_view side = call.in.text_or("side", "both");
  if (side == "B") out.side = Side::Buy;
  if (side == "A") out.side = Side::Sell;
  Reading& reading = call.in.reading();
  if (!out.side && side != "both") {
    reading.refuse(NodeError::BadRequest, "side must be B, A or both");
  } else if (out.limit == 0) {
    reading.refuse(NodeError::BadRequest, "limit must be from 1 to " + std::to_string(kOrdersMax));
  } else if (out.after.value() != 0 && !out.side) {
    reading.refuse(NodeError::BadRequest, "after needs side, B or A: that of the order it names");
  }
  return out;
}

Page page_of(const InfoCall& call, const State& state, MarketIndex place, Side side,
             const PageOptions& options) {
  Page out;
  const Book& book = state.orders.book(place);
  auto tick = book.best_tick(side);
  Slot slot = book.best(side);
  const auto step = [&] {
    slot = book.after(slot);
    if (slot != kNoSlot) return;
    tick = book.next_tick(side, *tick);
    if (tick) slot = book.first(*book.level(side, *tick));
  };
  if (options.after.value() != 0) {
    slot = state.orders.find(options.after);
    const bool there =
        slot != kNoSlot && state.orders[slot].market == place && state.orders[slot].side == side;
    if (!there) {
      call.in.reading().refuse(NodeError::NotFound,
                               "the order that after names is not on that side of the book any "
                               "more; begin again without after");
      return out;
    }
    tick = state.orders[slot].tick;
    step();
  }
  for (; slot != kNoSlot; step()) {
    if (out.orders.size() == options.limit) {
      out.next = out.orders.back().oid;
      return out;
    }
    OrderRecord order = order_record(state, slot);
    if (!expired(state, order)) out.orders.push_back(std::move(order));
  }
  return out;
}

json::array orders_json(const Page& page, const Catalog& catalog) {
  json::array out;
  for (const OrderRecord& record : page.orders) {
    json::object order = open_order_json(record, catalog);
    order["user"] = hex_text(record.account);
    out.push_back(std::move(order));
  }
  return out;
}

json::value next_json(const Page& page) {
  return page.next ? json::value(page.next->value()) : json::value(nullptr);
}

InfoAnswer l4_book(const InfoCall& call, const State& state) {
  const MarketEntry* market = read_coin(call);
  const PageOptions options = read_page(call);
  if (market == nullptr || call.in.reading().failed()) return none();
  const MarketIndex place = state.find_market(market->asset);
  const auto wanted = [&](Side side) {
    const bool left_out = options.side && *options.side != side;
    return left_out ? Page{} : page_of(call, state, place, side, options);
  };
  return [coin = market->name, listed = call.listed, bids = wanted(Side::Buy),
          asks = wanted(Side::Sell)] {
    return json::value(
        json::object{{"coin", coin},
                     {"levels", {orders_json(bids, *listed), orders_json(asks, *listed)}},
                     {"next", {next_json(bids), next_json(asks)}}});
  };
}

struct Edge {
  Address user;
  MarginView cross;
};

// In pieces, so that blocks are taken in between.
InfoAnswer liquidatable(const InfoCall& /*call*/, const Access& access) {
  std::vector<Edge> found;
  std::uint32_t next = 0;
  bool more = true;
  while (more && found.size() < kLiquidatableMax) {
    access.read([&](const State& state) {
      const auto count = static_cast<std::uint32_t>(state.accounts.size());
      const std::uint32_t end = std::min(count, next + kScanPiece);
      for (; next < end && found.size() < kLiquidatableMax; ++next) {
        if (!state.accounts[next].exists) continue;
        const MarginView cross = cross_margin(state, next);
        if (cross.value < cross.maintenance) found.push_back({state.accounts[next].address, cross});
      }
      more = next < count;
    });
  }
  return [found = std::move(found)] {
    json::array out;
    for (const Edge& edge : found) {
      out.push_back(json::object{{"user", hex_text(edge.user)},
                                 {"accountValue", usd_text(edge.cross.value)},
                                 {"maintenanceMargin", usd_text(edge.cross.maintenance)}});
    }
    return json::value(std::move(out));
  };
}

constexpr std::array<NamedQuery, 3> kQueries{{{"l2Book", Reads::Mirrors, l2_book},
                                              {"l4Book", Reads::State, l4_book},
                                              {"liquidatable", liquidatable}}};

}  // namespace

std::span<const NamedQuery> book_queries() {
  return kQueries;
}

DepthOptions read_depth(ObjectReader& in) {
  DepthOptions out;
  out.levels = in.unsigned_number_or("depth", kDepthMax, out.levels);
  out.figures = static_cast<unsigned>(in.unsigned_number_or("nSigFigs", 5, 0));
  out.mantissa = static_cast<unsigned>(in.unsigned_number_or("mantissa", 5, 1));
  if (out.figures == 1) {
    in.reading().refuse(exchange::Error::BadNumber, "nSigFigs must be null or from 2 to 5");
  }
  const bool step = out.mantissa == 1 || out.mantissa == 2 || out.mantissa == 5;
  if (!step || (out.mantissa != 1 && out.figures != 5)) {
    in.reading().refuse(exchange::Error::BadNumber,
                        "mantissa must be null, or 1, 2 or 5 with nSigFigs 5");
  }
  return out;
}

json::object book_json(const BookView& book, const MarketEntry& market,
                       const DepthOptions& options) {
  return {{"coin", market.name},
          {"time", book.time},
          {"height", book.height},
          {"seq", book.seq},
          {"prevSeq", book.seq == 0 ? 0 : book.seq - 1},
          {"crc", book_crc(book, market)},
          {"levels", levels_json(book, market, options)}};
}

}  // namespace ol::api
