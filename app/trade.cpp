#include "trade.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "venue.hpp"

namespace ol::app {
namespace {

namespace json = boost::json;

struct Flags {
  std::string url = "http://127.0.0.1:8545";
  std::string key;
  std::string keyfile;
  std::string passphrase_file;
  std::string coin = "BTC";
  bool sell = false;
  std::string px;
  std::string sz;
  std::string tif = "Gtc";
  bool reduce_only = false;
  std::string account;
  std::uint64_t oid = 0;
  std::string cloid;
  std::uint32_t leverage = 0;
  bool isolated = false;
  std::string to;
  std::string usd;
  std::size_t limit = 20;
  bool all = false;
  bool coin_given = false;
  std::string user;
  std::size_t depth = 10;
  std::size_t updates = 0;
};

std::uint64_t number(const json::value& value) {
  return value.to_number<std::uint64_t>();
}

const api::MarketEntry& market_of(const api::Catalog& catalog, const std::string& coin) {
  const api::MarketEntry* market = catalog.market(coin);
  if (market == nullptr)
    throw CommandError("--coin is \"" + coin + "\"; assets are " + catalog.market_list());
  return *market;
}

crypto::Secp256k1SecretKey key_of(const Flags& flags) {
  PassphraseSource passphrase(flags.passphrase_file);
  return account_key(flags.key, flags.keyfile, passphrase);
}

// Signs an action in wire form and sends it; the reply once it is final.
json::value send(Venue& venue, const api::Catalog& catalog, const Flags& flags,
                 json::object action) {
  std::string account;
  if (!flags.account.empty())
    account = to_hex_prefixed(flag_address(flags.account, "--account").view());
  return venue.send(catalog, key_of(flags), std::move(action), account);
}

std::string text(const json::value& value) {
  return std::string(value.as_string());
}

// What became of the one element of an action.
void print_status(const json::value& reply) {
  const json::value& status = reply.at("response").at("data").at("statuses").at(0);
  const std::uint64_t height = number(reply.at("height"));
  if (status.is_string()) {
    std::cout << "cancelled in block " << height << '\n';
    return;
  }
  const json::object& object = status.as_object();
  if (const json::value* error = object.if_contains("error"))
    throw CommandError(text(error->at("name")) + ": " + text(error->at("msg")));
  const std::string kind(object.begin()->key());
  const json::object& order = object.begin()->value().as_object();
  std::cout << kind << " as order " << number(order.at("oid"));
  if (const json::value* sz = order.if_contains("totalSz"))
    std::cout << ", " << text(*sz) << " at " << text(order.at("avgPx"));
  std::cout << ", final in block " << height << '\n';
}

json::object order_of(const api::Catalog& catalog, const Flags& flags) {
  json::object order{{"a", market_of(catalog, flags.coin).asset.value()},
                     {"b", !flags.sell},
                     {"p", flags.px},
                     {"s", flags.sz},
                     {"r", flags.reduce_only},
                     {"t", {{"limit", {{"tif", flags.tif}}}}}};
  if (!flags.cloid.empty()) order["c"] = flags.cloid;
  return order;
}

void place(const Flags& flags) {
  Venue venue(flags.url);
  const api::Catalog catalog = venue.catalog();
  json::object action{{"type", "order"}, {"grouping", "na"}};
  action["orders"] = json::array{order_of(catalog, flags)};
  print_status(send(venue, catalog, flags, std::move(action)));
}

// The order that --oid or --cloid names becomes what the other flags say.
void modify(const Flags& flags) {
  if ((flags.oid == 0) == flags.cloid.empty())
    throw CommandError("say which order with either --oid or --cloid");
  Venue venue(flags.url);
  const api::Catalog catalog = venue.catalog();
  json::object action{{"type", "modify"}, {"order", order_of(catalog, flags)}};
  action["oid"] = flags.oid != 0 ? json::value(flags.oid) : json::value(flags.cloid);
  print_status(send(venue, catalog, flags, std::move(action)));
}

// Of an action that has no elements: what it did, once it is final.
void print_done(const json::value& reply, const std::string& what) {
  std::cout << what << ", final in block " << number(reply.at("height")) << '\n';
}

void set_leverage(const Flags& flags) {
  Venue venue(flags.url);
  const api::Catalog catalog = venue.catalog();
  const json::value reply = send(venue, catalog, flags,
                                 {{"type", "updateLeverage"},
                                  {"asset", market_of(catalog, flags.coin).asset.value()},
                                  {"isCross", !flags.isolated},
                                  {"leverage", flags.leverage}});
  print_done(reply, flags.coin + " at most " + std::to_string(flags.leverage) + " times, " +
                        (flags.isolated ? "isolated" : "cross"));
}

void transfer(const Flags& flags) {
  Venue venue(flags.url);
  const json::value reply =
      send(venue, venue.catalog(), flags,
           {{"type", "usdClassTransfer"}, {"amount", flags.usd}, {"toPerp", flags.to == "perp"}});
  print_done(reply, "moved " + flags.usd + " USD to " + flags.to);
}

void send_usd(const Flags& flags) {
  const Address to = flag_address(flags.to, "--to");
  Venue venue(flags.url);
  const json::value reply = send(
      venue, venue.catalog(), flags,
      {{"type", "usdSend"}, {"destination", to_hex_prefixed(to.view())}, {"amount", flags.usd}});
  print_done(reply, "sent " + flags.usd + " USD to " + flags.to);
}

void cancel(const Flags& flags) {
  Venue venue(flags.url);
  const api::Catalog catalog = venue.catalog();
  if (flags.all) {
    json::object action{{"type", "cancelAll"}};
    if (flags.coin_given) action["asset"] = market_of(catalog, flags.coin).asset.value();
    const json::value reply = send(venue, catalog, flags, std::move(action));
    std::cout << "cancelled all orders" << (flags.coin_given ? " in " + flags.coin : "")
              << ", block " << number(reply.at("height")) << '\n';
    return;
  }
  if (flags.oid == 0 && flags.cloid.empty())
    throw CommandError("say which order with --oid or --cloid, or --all");
  const std::uint32_t asset = market_of(catalog, flags.coin).asset.value();
  json::object action{{"type", flags.oid != 0 ? "cancel" : "cancelByCloid"}};
  action["cancels"] =
      json::array{flags.oid != 0 ? json::object{{"a", asset}, {"o", flags.oid}}
                                 : json::object{{"asset", asset}, {"cloid", flags.cloid}}};
  print_status(send(venue, catalog, flags, std::move(action)));
}

std::string padded(std::string_view value, std::size_t width) {
  std::string out(value);
  if (out.size() < width) out.insert(0, width - out.size(), ' ');
  return out;
}

void print_level(const json::value& level) {
  std::cout << padded(text(level.at("px")), 14) << padded(text(level.at("sz")), 14)
            << padded(std::to_string(number(level.at("n"))), 6) << '\n';
}

// Asks above bids, the spread between them.
void print_book(const json::value& book) {
  const json::array& bids = book.at("levels").at(0).as_array();
  const json::array& asks = book.at("levels").at(1).as_array();
  std::cout << text(book.at("coin")) << ", block " << number(book.at("height")) << '\n'
            << padded("price", 14) << padded("size", 14) << padded("n", 6) << '\n';
  for (std::size_t i = asks.size(); i > 0; --i)
    print_level(asks[i - 1]);
  std::cout << padded("---", 14) << '\n';
  for (const json::value& level : bids)
    print_level(level);
  std::cout << std::flush;
}

json::value ask_book(Venue& venue, const Flags& flags) {
  return venue.info({{"type", "l2Book"}, {"coin", flags.coin}, {"depth", flags.depth}});
}

void book(const Flags& flags) {
  Venue venue(flags.url);
  print_book(ask_book(venue, flags));
}

// Draws the book again whenever it has changed, for `updates` times or until interrupted.
void watch(const Flags& flags) {
  constexpr std::chrono::milliseconds kPause{200};
  constexpr std::string_view kClear = "\x1b[H\x1b[2J";
  Venue venue(flags.url);
  std::optional<std::uint64_t> seen;
  std::size_t drawn = 0;
  while (flags.updates == 0 || drawn < flags.updates) {
    const json::value now = ask_book(venue, flags);
    const std::uint64_t seq = number(now.at("seq"));
    if (seq != seen) {
      std::cout << kClear;
      print_book(now);
      seen = seq;
      ++drawn;
      continue;
    }
    std::this_thread::sleep_for(kPause);
  }
}

std::string user_of(const Flags& flags) {
  const Address user =
      flags.user.empty() ? key_of(flags).address() : flag_address(flags.user, "--user");
  return to_hex_prefixed(user.view());
}

// The newest last, as a log.
void fills(const Flags& flags) {
  Venue venue(flags.url);
  const json::value all = venue.info({{"type", "userFills"}, {"user", user_of(flags)}});
  const json::array& list = all.as_array();
  for (std::size_t i = std::min(list.size(), flags.limit); i > 0; --i) {
    const json::value& fill = list[i - 1];
    std::cout << number(fill.at("time")) << ' ' << padded(text(fill.at("coin")), 10)
              << (fill.at("side").as_string() == "B" ? "  buy " : " sell ")
              << padded(text(fill.at("sz")), 14) << " at " << padded(text(fill.at("px")), 12)
              << "  fee " << text(fill.at("fee")) << ' ' << text(fill.at("feeToken"))
              << "  closed profit " << text(fill.at("closedPnl")) << "  order "
              << number(fill.at("oid")) << "  " << text(fill.at("dir")) << '\n';
  }
}

void positions(const Flags& flags) {
  Venue venue(flags.url);
  const std::string user = user_of(flags);
  const json::value state = venue.info({{"type", "clearinghouseState"}, {"user", user}});
  const json::value& summary = state.at("marginSummary");
  std::cout << "account " << user << "\nvalue " << text(summary.at("accountValue"))
            << " USD, withdrawable " << text(state.at("withdrawable")) << " USD\n";
  for (const json::value& entry : state.at("assetPositions").as_array()) {
    const json::value& position = entry.at("position");
    const json::value& liquidation = position.at("liquidationPx");
    std::cout << padded(text(position.at("coin")), 10) << padded(text(position.at("szi")), 14)
              << " from " << text(position.at("entryPx")) << ", profit "
              << text(position.at("unrealizedPnl")) << " USD, liquidation at "
              << (liquidation.is_null() ? "no price" : text(liquidation)) << '\n';
  }
  const json::value orders = venue.info({{"type", "openOrders"}, {"user", user}});
  for (const json::value& order : orders.as_array()) {
    std::cout << "order " << number(order.at("oid")) << ": "
              << (order.at("side").as_string() == "B" ? "buy " : "sell ") << text(order.at("sz"))
              << ' ' << text(order.at("coin")) << " at " << text(order.at("limitPx")) << '\n';
  }
}

void add_key(CLI::App& command, Flags& flags) {
  command.add_option("--key", flags.key, "Secret key in hex, of the account or an agent");
  command.add_option("--keyfile", flags.keyfile, "Key file of the account or an agent");
  command.add_option("--passphrase-file", flags.passphrase_file, "Opens the key file");
}

// What an order is, for place and modify.
void add_order(CLI::App& command, Flags& flags) {
  auto* sell = command.add_flag("--sell", flags.sell, "Sell; an order buys otherwise");
  command.add_flag("--buy")
      ->description("Buy, which an order does unless told to sell")
      ->excludes(sell);
  command.add_option("--px", flags.px, "Price, on the market's tick")->required();
  command.add_option("--sz", flags.sz, "Size, in whole lots")->required();
  command.add_option("--tif", flags.tif, "Alo, Gtc, Ioc or Fok")->capture_default_str();
  command.add_flag("--reduce-only", flags.reduce_only, "Only make a position smaller");
}

void add_cloid(CLI::App& command, Flags& flags, const char* what) {
  command.add_option("--cloid", flags.cloid, what);
}

void add_account(CLI::App& command, Flags& flags) {
  command.add_option("--account", flags.account, "Sub-account or vault to act for");
}

void add_market(CLI::App& command, Flags& flags) {
  command.add_option("--coin", flags.coin, "Market, such as BTC or OPEN/USD")
      ->capture_default_str();
}

}  // namespace

void add_trade(CLI::App& app) {
  auto* trade = app.add_subcommand("trade", "Trade on the exchange");
  trade->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  const auto add = [&](const char* name, const char* what, void (*run)(const Flags&)) {
    auto* command = trade->add_subcommand(name, what);
    command->add_option("--rpc", flags->url, "The node's RPC address")->capture_default_str();
    command->callback([flags, run] { run(*flags); });
    return command;
  };
  auto* place_command = add("place", "Place an order and wait until it is final", place);
  add_market(*place_command, *flags);
  add_key(*place_command, *flags);
  add_order(*place_command, *flags);
  add_cloid(*place_command, *flags, "A name of your own for the order: 16 bytes in hex with 0x");
  add_account(*place_command, *flags);
  auto* modify_command =
      add("modify", "Replace an open order; a smaller size keeps its place", modify);
  add_market(*modify_command, *flags);
  add_key(*modify_command, *flags);
  modify_command->add_option("--oid", flags->oid, "The order's number");
  add_cloid(*modify_command, *flags, "Your own name for the order, which it keeps");
  add_order(*modify_command, *flags);
  add_account(*modify_command, *flags);
  auto* leverage_command =
      add("leverage", "Set a market's leverage and kind of margin", set_leverage);
  add_market(*leverage_command, *flags);
  add_key(*leverage_command, *flags);
  leverage_command->add_option("--leverage", flags->leverage, "Times the margin, at the most")
      ->required();
  leverage_command->add_flag("--isolated", flags->isolated, "Margin of its own; cross otherwise");
  add_account(*leverage_command, *flags);
  auto* transfer_command = add("transfer", "Move dollars between spot and perpetuals", transfer);
  add_key(*transfer_command, *flags);
  transfer_command->add_option("--usd", flags->usd, "How many dollars")->required();
  transfer_command->add_option("--to", flags->to, "spot or perp")
      ->required()
      ->check(CLI::IsMember({"spot", "perp"}));
  add_account(*transfer_command, *flags);
  auto* send_command = add("send", "Send dollars of the perpetuals to another account", send_usd);
  add_key(*send_command, *flags);
  send_command->add_option("--usd", flags->usd, "How many dollars")->required();
  send_command->add_option("--to", flags->to, "The receiver's address")->required();
  add_account(*send_command, *flags);
  auto* cancel_command = add("cancel", "Cancel an order", cancel);
  add_market(*cancel_command, *flags);
  add_key(*cancel_command, *flags);
  auto* oid = cancel_command->add_option("--oid", flags->oid, "The order's number");
  add_cloid(*cancel_command, *flags, "Your own name for the order");
  cancel_command->get_option("--cloid")->excludes(oid);
  cancel_command->add_flag("--all", flags->all, "Cancel all orders, with --coin those of a market")
      ->excludes(oid)
      ->excludes(cancel_command->get_option("--cloid"));
  cancel_command->get_option("--coin")->each(
      [flags](const std::string& /*coin*/) { flags->coin_given = true; });
  add_account(*cancel_command, *flags);
  for (auto* command : {add("book", "Show a market's book", book),
                        add("watch", "Show a market's book as it changes", watch)}) {
    add_market(*command, *flags);
    command->add_option("--depth", flags->depth, "Levels of each side")->capture_default_str();
  }
  trade->get_subcommand("watch")->add_option("--updates", flags->updates,
                                             "End after so many changes; 0: never");
  auto* positions_command =
      add("positions", "Show an account's value, positions and orders", positions);
  add_key(*positions_command, *flags);
  positions_command->add_option("--user,--account", flags->user,
                                "The account; else that of the key");
  auto* fills_command =
      add("fills", "Show an account's newest trades, the last one at the end", fills);
  add_key(*fills_command, *flags);
  fills_command->add_option("--user,--account", flags->user, "The account; else that of the key");
  fills_command->add_option("--limit", flags->limit, "How many at the most")->capture_default_str();
}

}  // namespace ol::app
