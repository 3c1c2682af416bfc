#include "feed.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "numbers.hpp"
#include "shapes.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

constexpr std::size_t kSnapshotMax = 500;
// Of what a client missed: each is a message, and a client's queue holds 1,024.
constexpr std::size_t kResumedNoticesMax = 100;
constexpr std::size_t kResumedNoticeBytesMax = 32 * 1024;

struct ChannelName {
  std::string_view name;
  Channel channel;
};
constexpr std::array<ChannelName, 16> kChannels{
    {{"allMids", Channel::AllMids},
     {"l2Book", Channel::L2Book},
     {"l2Diff", Channel::L2Diff},
     {"l4Diff", Channel::L4Diff},
     {"bbo", Channel::Bbo},
     {"trades", Channel::Trades},
     {"candle", Channel::Candle},
     {"activeAssetCtx", Channel::ActiveAssetCtx},
     {"activeAssetData", Channel::ActiveAssetData},
     {"orderUpdates", Channel::OrderUpdates},
     {"userEvents", Channel::UserEvents},
     {"userFills", Channel::UserFills},
     {"userFundings", Channel::UserFundings},
     {"userNonFundingLedgerUpdates", Channel::LedgerUpdates},
     {"notification", Channel::Notification},
     {"blocks", Channel::Blocks}}};

// Streams of what happens to a user: those that resume from a height (dex.md 17.3).
bool resumes(Channel channel) {
  switch (channel) {
    case Channel::OrderUpdates:
    case Channel::UserEvents:
    case Channel::UserFills:
    case Channel::UserFundings:
    case Channel::LedgerUpdates:
    case Channel::Notification:
      return true;
    default:
      return false;
  }
}

bool is_of_user(Channel channel) {
  return resumes(channel) || channel == Channel::ActiveAssetData;
}

bool is_of_market(Channel channel) {
  switch (channel) {
    case Channel::L2Book:
    case Channel::L2Diff:
    case Channel::L4Diff:
    case Channel::Bbo:
    case Channel::Trades:
    case Channel::Candle:
    case Channel::ActiveAssetCtx:
    case Channel::ActiveAssetData:
      return true;
    default:
      return false;
  }
}

json::value bbo_of(const Subscription& sub, const FeedView& view) {
  const BookView& book = view.books.book(sub.asset);
  json::array sides{nullptr, nullptr};
  if (!book.bids.empty()) {
    sides[0] = level_json(book.bids.begin()->first, book.bids.begin()->second, *sub.market);
  }
  if (!book.asks.empty()) {
    sides[1] = level_json(book.asks.begin()->first, book.asks.begin()->second, *sub.market);
  }
  return json::object{{"coin", sub.market->name}, {"time", book.time}, {"bbo", std::move(sides)}};
}

json::value diff_of(const Subscription& sub, const FeedView& view) {
  const BookView& book = view.books.book(sub.asset);
  json::object out = book_json(book, *sub.market, {1, 0, 1});
  out["levels"] = changes_json(book, *sub.market);
  return out;
}

json::value candle_of(const Subscription& sub, const FeedView& view) {
  const Candle* candle = view.history.candles().last(sub.asset, sub.interval);
  if (candle == nullptr) return nullptr;
  return candle_json(*candle, *sub.market, sub.interval);
}

// What needs the state: read it and ask as a query would.
json::value from_state(const Subscription& sub, const FeedView& view) {
  json::value out;
  view.access.read([&](const State& state) {
    Reading reading;
    const json::value request{{"user", hex_text(sub.user)},
                              {"coin", sub.market == nullptr ? "" : sub.market->name}};
    ObjectReader in(reading, request, "");
    const InfoCall call{in, view.listed, view.catalog, view.params, view.books, view.history};
    if (sub.channel == Channel::AllMids) {
      out = json::object{{"mids", mids_json(view.catalog, view.books, state)}};
    } else if (sub.channel == Channel::ActiveAssetCtx) {
      out = json::object{{"coin", sub.market->name},
                         {"ctx", asset_ctx_json(call, state, *sub.market)}};
    } else {
      out = find_query("activeAssetData")->query(call, state);
    }
  });
  return out;
}

template <typename Records, typename Keep, typename Shape>
json::array chosen(const Records& records, Keep keep, Shape shape) {
  json::array out;
  for (const auto& record : records) {
    if (keep(record)) out.push_back(shape(record));
  }
  return out;
}

// What a client that left off at a height may not have: a record of unknown height, too.
template <typename Record>
bool is_since(const Subscription& sub, const Record& record) {
  return record.height == 0 || record.height >= *sub.from_height;
}

// Without a height the newest ones.
json::array past_fills(const Subscription& sub, const FeedView& view) {
  json::array fills;
  const auto& own = view.history.fills(sub.user);
  std::size_t skip = own.size() > kSnapshotMax ? own.size() - kSnapshotMax : 0;
  if (sub.from_height) skip = 0;
  for (const FillRecord& fill : own) {
    if (skip > 0) {
      --skip;
    } else if (!sub.from_height || is_since(sub, fill)) {
      fills.push_back(fill_json(fill, view.catalog));
    }
  }
  return fills;
}

// Open orders, which the chain bounds; since a height those that changed, each as it is now and the
// last to change at the end.
FirstData past_orders(const Subscription& sub, const FeedView& view) {
  std::vector<const OrderRecord*> wanted;
  for (const OrderRecord* order : view.history.orders(sub.user)) {
    if (sub.from_height ? is_since(sub, *order) : order->live()) wanted.push_back(order);
  }
  FirstData out;
  if (sub.from_height) {
    std::ranges::sort(
        wanted, {}, [](const OrderRecord* order) { return std::pair(order->height, order->oid); });
    out.truncated = wanted.size() > History::kOrdersPerAccount;
    if (out.truncated)
      wanted.erase(wanted.begin(), wanted.end() - std::ptrdiff_t{History::kOrdersPerAccount});
  }
  json::array list;
  for (const OrderRecord* order : wanted)
    list.push_back(order_update_json(*order, view.catalog));
  out.data = std::move(list);
  return out;
}

// The newest, oldest first.
FirstData past_notices(const Subscription& sub, const FeedView& view) {
  const std::deque<Notice>& all = view.history.notices(sub.user);
  json::array newest;
  std::size_t bytes = 0;
  auto at = all.rbegin();
  for (; at != all.rend() && is_since(sub, *at); ++at) {
    json::value data = notification_json(*at, view.catalog);
    bytes += json::serialize(data).size();
    if (newest.size() == kResumedNoticesMax || bytes > kResumedNoticeBytesMax) break;
    newest.push_back(std::move(data));
  }
  std::ranges::reverse(newest);
  return {std::move(newest), at != all.rend() && is_since(sub, *at)};
}

// In place of notifications that are not known.
json::object missed_json(const Subscription& sub, const FeedView& view) {
  return {{"user", hex_text(sub.user)},
          {"notification", "This node does not know all that happened before."},
          {"time", view.access.time()},
          {"height", view.history.whole_after()}};
}

template <typename Records, typename Shape>
json::array past(const Subscription& sub, const Records& records, Shape shape) {
  return chosen(records, [&](const auto& record) { return is_since(sub, record); }, shape);
}

json::object first_of(const Subscription& sub, std::string_view key, json::array list) {
  json::object out{{"isSnapshot", true}, {"user", hex_text(sub.user)}};
  out[key] = std::move(list);
  return out;
}

History::Kind kind_of(Channel channel) {
  switch (channel) {
    case Channel::OrderUpdates:
      return History::Kind::Orders;
    case Channel::UserFundings:
      return History::Kind::Funding;
    case Channel::LedgerUpdates:
      return History::Kind::Ledger;
    case Channel::Notification:
      return History::Kind::Notices;
    default:
      return History::Kind::Fills;
  }
}

// Orders canceled by anything but the account's own action.
template <typename Keep>
json::array canceled(const auto& notices, const FeedView& view, Keep keep) {
  return chosen(
      notices, [&](const Notice& one) { return one.kind == Notice::Kind::Canceled && keep(one); },
      [&](const Notice& one) {
        const MarketEntry* market = view.catalog.market(one.asset);
        return json::object{{"coin", market == nullptr ? "" : market->name},
                            {"oid", one.oid.value()}};
      });
}

// What happened to the user up to now. Streams that begin with nothing do so without a height.
FirstData user_past(const Subscription& sub, const FeedView& view) {
  const auto shaped = [&](auto shape) {
    return [&view, shape](const auto& record) { return shape(record, view.catalog); };
  };
  const auto paid = [&](const FundingRecord& record) {
    return funding_json(funding_shape(record, view.history), view.catalog);
  };
  if (sub.channel == Channel::OrderUpdates) return past_orders(sub, view);
  if (sub.channel == Channel::UserFills) return {first_of(sub, "fills", past_fills(sub, view))};
  if (!sub.from_height) return {};
  switch (sub.channel) {
    case Channel::UserEvents: {
      json::object out = first_of(sub, "fills", past_fills(sub, view));
      out["fundings"] = past(sub, view.history.funding(sub.user), paid);
      out["nonUserCancel"] = canceled(view.history.notices(sub.user), view,
                                      [&](const Notice& one) { return is_since(sub, one); });
      return {std::move(out)};
    }
    case Channel::UserFundings:
      return {first_of(sub, "fundings", past(sub, view.history.funding(sub.user), paid))};
    case Channel::LedgerUpdates:
      return {first_of(sub, "nonFundingLedgerUpdates",
                       past(sub, view.history.ledger(sub.user), shaped(ledger_json)))};
    case Channel::Notification:
      return past_notices(sub, view);
    default:
      return {};
  }
}

FirstData user_snapshot(const Subscription& sub, const FeedView& view) {
  FirstData out = user_past(sub, view);
  std::uint64_t whole = view.history.whole_from(kind_of(sub.channel), sub.user);
  if (sub.channel == Channel::UserEvents) {
    for (const auto also : {History::Kind::Funding, History::Kind::Notices})
      whole = std::max(whole, view.history.whole_from(also, sub.user));
  }
  if (sub.from_height && *sub.from_height < whole) out.truncated = true;
  // Of notifications each is a message of its own: one has to say it where there is none.
  const bool silent = sub.channel == Channel::Notification && out.truncated &&
                      out.data.is_array() && out.data.as_array().empty();
  if (silent) out.data.as_array().push_back(missed_json(sub, view));
  return out;
}

struct EventJson {
  const Subscription& sub;
  const FeedView& view;
  json::array& out;

  void operator()(const RestEvent& v) const {
    if (v.asset != sub.asset) return;
    out.push_back(json::object{{"type", "rest"},
                               {"oid", v.oid.value()},
                               {"user", hex_text(v.account)},
                               {"side", side_letter(v.side)},
                               {"px", decimal_text(v.px, sub.market->px_decimals)},
                               {"sz", decimal_text(v.sz, sub.market->sz_decimals)}});
  }
  void operator()(const CancelEvent& v) const {
    if (v.asset != sub.asset) return;
    out.push_back(json::object{
        {"type", "cancel"}, {"oid", v.oid.value()}, {"reason", exchange::name(v.reason)}});
  }
  void operator()(const FillEvent& v) const {
    if (v.asset != sub.asset) return;
    out.push_back(json::object{{"type", "fill"},
                               {"oid", v.maker_oid.value()},
                               {"takerOid", v.taker_oid.value()},
                               {"tid", v.tid},
                               {"px", decimal_text(v.px, sub.market->px_decimals)},
                               {"sz", decimal_text(v.sz, sub.market->sz_decimals)}});
  }
  template <typename Other>
  void operator()(const Other& /*v*/) const {}
};

json::value l4_diff_of(const Subscription& sub, const FeedView& view, const CommittedBlock& block) {
  json::array events;
  for (const Event& event : block.result.events)
    std::visit(EventJson{sub, view, events}, event);
  if (events.empty()) return nullptr;
  return json::object{{"coin", sub.market->name},
                      {"time", block.input.time},
                      {"height", block.input.height},
                      {"events", std::move(events)}};
}

// A message for each kind of what happened, and for each payment, as existing clients take them.
json::value user_events(const Subscription& sub, const FeedView& view, const BlockUpdate& update) {
  json::array out;
  const auto add = [&](std::string_view key, json::value data) {
    json::object one{{"user", hex_text(sub.user)}};
    one[key] = std::move(data);
    out.push_back(std::move(one));
  };
  json::array fills = chosen(
      update.fills, [&](const FillRecord& fill) { return fill.account == sub.user; },
      [&](const FillRecord& fill) { return fill_json(fill, view.catalog); });
  if (!fills.empty()) add("fills", std::move(fills));
  for (const FundingRecord& record : update.funding) {
    if (record.event.account == sub.user)
      add("funding", funding_json(funding_shape(record, view.history), view.catalog));
  }
  json::array cancels = canceled(update.notices, view,
                                 [&](const Notice& notice) { return notice.account == sub.user; });
  if (!cancels.empty()) add("nonUserCancel", std::move(cancels));
  if (out.empty()) return nullptr;
  return out;
}

json::value user_update(const Subscription& sub, const FeedView& view, const BlockUpdate& update) {
  const auto own_fill = [&](const FillRecord& fill) { return fill.account == sub.user; };
  const auto fill_shape = [&](const FillRecord& fill) { return fill_json(fill, view.catalog); };
  json::array list;
  std::string_view key = "fills";
  switch (sub.channel) {
    case Channel::Notification:
      list = chosen(
          update.notices, [&](const Notice& notice) { return notice.account == sub.user; },
          [&](const Notice& notice) { return notification_json(notice, view.catalog); });
      if (list.empty()) return nullptr;
      return list;
    case Channel::UserEvents:
      return user_events(sub, view, update);
    case Channel::OrderUpdates:
      list = chosen(
          update.orders, [&](const OrderRecord& order) { return order.account == sub.user; },
          [&](const OrderRecord& order) { return order_update_json(order, view.catalog); });
      if (list.empty()) return nullptr;
      return list;
    case Channel::UserFundings:
      key = "fundings";
      list = chosen(
          update.funding,
          [&](const FundingRecord& record) { return record.event.account == sub.user; },
          [&](const FundingRecord& record) {
            return funding_json(funding_shape(record, view.history), view.catalog);
          });
      break;
    case Channel::LedgerUpdates:
      key = "nonFundingLedgerUpdates";
      list = chosen(
          update.ledger, [&](const LedgerRecord& record) { return record.account == sub.user; },
          [&](const LedgerRecord& record) { return ledger_json(record, view.catalog); });
      break;
    default:
      list = chosen(update.fills, own_fill, fill_shape);
      break;
  }
  if (list.empty()) return nullptr;
  json::object out{{"user", hex_text(sub.user)}};
  out[key] = std::move(list);
  return out;
}

}  // namespace

std::string_view channel_name(Channel channel) {
  // Existing clients know user events under this name.
  if (channel == Channel::UserEvents) return "user";
  for (const ChannelName& known : kChannels) {
    if (known.channel == channel) return known.name;
  }
  return "";
}

Subscription read_subscription(ObjectReader& in, const Catalog& catalog) {
  Subscription out;
  const std::string_view type = in.text("type");
  const auto known = std::ranges::find(kChannels, type, &ChannelName::name);
  if (known == kChannels.end()) {
    std::string names;
    for (const ChannelName& channel : kChannels)
      names += (names.empty() ? "" : ", ") + std::string(channel.name);
    in.reading().refuse(NodeError::UnknownType, "no such subscription; they are " + names);
    return out;
  }
  out.channel = known->channel;
  read_dex(in);
  if (is_of_market(out.channel)) {
    out.market = catalog.market(in.text("coin"));
    if (out.market == nullptr) {
      in.reading().refuse(exchange::Error::BadAsset,
                          "coin is not listed; assets are " + catalog.market_list());
      return out;
    }
    out.asset = out.market->asset;
  }
  if (is_of_user(out.channel)) out.user = in.address("user");
  if (resumes(out.channel) && in.find("fromHeight") != nullptr)
    out.from_height = in.unsigned_number("fromHeight", ~std::uint64_t{0});
  if (out.channel == Channel::UserFills) static_cast<void>(in.boolean_or("aggregateByTime", false));
  if (out.channel == Channel::L2Book) out.depth = read_depth(in);
  if (out.channel == Channel::Candle) out.interval = read_interval(in);
  in.finish();
  return out;
}

FirstData after_gap(const Subscription& sub, const FeedView& view) {
  if (!resumes(sub.channel)) return snapshot_of(sub, view);
  Subscription since = sub;
  // Orders and fills are told as at a first subscription.
  const bool begins = sub.channel == Channel::OrderUpdates || sub.channel == Channel::UserFills;
  since.from_height = begins ? std::nullopt : std::optional(view.history.whole_after());
  FirstData out = user_snapshot(since, view);
  out.truncated = true;
  return out;
}

FirstData snapshot_of(const Subscription& sub, const FeedView& view) {
  if (is_of_market(sub.channel) && sub.market == nullptr) return {};
  switch (sub.channel) {
    case Channel::AllMids:
    case Channel::ActiveAssetCtx:
    case Channel::ActiveAssetData:
      return {from_state(sub, view)};
    case Channel::L2Book:
      return {book_json(view.books.book(sub.asset), *sub.market, sub.depth)};
    case Channel::L2Diff: {
      json::object out = book_json(view.books.book(sub.asset), *sub.market, {10'000, 0, 1});
      out["isSnapshot"] = true;
      return {std::move(out)};
    }
    case Channel::Bbo:
      return {bbo_of(sub, view)};
    case Channel::Trades:
      return {chosen(
          view.history.trades(sub.asset), [](const TradeRecord&) { return true; },
          [&](const TradeRecord& trade) { return trade_json(trade, view.catalog); })};
    case Channel::Candle:
      return {candle_of(sub, view)};
    case Channel::OrderUpdates:
    case Channel::UserEvents:
    case Channel::UserFills:
    case Channel::UserFundings:
    case Channel::LedgerUpdates:
    case Channel::Notification:
      return user_snapshot(sub, view);
    case Channel::L4Diff:
    case Channel::Blocks:
      return {};
  }
  return {};
}

json::value update_of(const Subscription& sub, const FeedView& view, const CommittedBlock& block,
                      const BlockUpdate& update, const std::vector<AssetId>& changed) {
  if (is_of_market(sub.channel) && sub.market == nullptr) return nullptr;
  const bool book_changed = std::ranges::binary_search(changed, sub.asset);
  const auto of_market = [&](const TradeRecord& trade) { return trade.fill.asset == sub.asset; };
  switch (sub.channel) {
    case Channel::L2Book:
    case Channel::Bbo:
      return book_changed ? snapshot_of(sub, view).data : json::value(nullptr);
    case Channel::L2Diff:
      return book_changed ? diff_of(sub, view) : json::value(nullptr);
    case Channel::L4Diff:
      return l4_diff_of(sub, view, block);
    case Channel::Trades: {
      json::array trades = chosen(update.trades, of_market, [&](const TradeRecord& trade) {
        return trade_json(trade, view.catalog);
      });
      return trades.empty() ? json::value(nullptr) : json::value(std::move(trades));
    }
    case Channel::Candle:
      return std::ranges::any_of(update.trades, of_market) ? candle_of(sub, view)
                                                           : json::value(nullptr);
    case Channel::AllMids:
    case Channel::ActiveAssetCtx:
    case Channel::ActiveAssetData:
      return from_state(sub, view);
    case Channel::Blocks:
      return json::object{{"height", block.input.height},
                          {"time", block.input.time},
                          {"actions", block.input.actions.size()},
                          {"stateRoot", hex_text(block.state_root)},
                          {"resultRoot", hex_text(block.result_root)}};
    case Channel::OrderUpdates:
    case Channel::UserEvents:
    case Channel::UserFills:
    case Channel::UserFundings:
    case Channel::LedgerUpdates:
    case Channel::Notification:
      return user_update(sub, view, update);
  }
  return nullptr;
}

}  // namespace ol::api
