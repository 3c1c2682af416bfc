#include "trader.hpp"

namespace ol::api::test {
namespace {

struct Dex17Feed : testing::Test {
  FakeAccess access;
  ExchangeApi api{access};
  Trader alice{access, api, 1};
  Trader bob{access, api, 2};
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  ExchangeApi::ClientId client = 0;

  void SetUp() override {
    access.deposit(alice.address(), 100'000);
    access.deposit(bob.address(), 100'000);
    api.advance();
    client = api.connect(sink);
  }
  void subscribe(const std::string& subscription) {
    api.receive(client, R"({"method":"subscribe","subscription":)" + subscription + "}");
  }
  void place(Trader& trader, const std::string& action) {
    static_cast<void>(trader.act(action));
    api.advance();
  }
  static std::uint64_t number(const json::value& value) { return value.to_number<std::uint64_t>(); }
};

TEST_F(Dex17Feed, a_subscription_is_confirmed_and_begins_with_what_is) {
  place(alice, order(true, "59000", "0.1"));
  subscribe(R"({"type":"l2Book","coin":"BTC"})");
  ASSERT_EQ(sink->messages.size(), 2U);
  EXPECT_EQ(sink->messages[0].at("channel").as_string(), "subscriptionResponse");
  EXPECT_EQ(sink->of("l2Book")[0].at("levels").at(0).at(0).at("px").as_string(), "59000");
}

TEST_F(Dex17Feed, a_subscription_may_name_the_exchange_without_a_name) {
  subscribe(R"({"type":"allMids","dex":""})");
  ASSERT_EQ(sink->messages.size(), 2U);
  EXPECT_EQ(sink->messages[0].at("channel").as_string(), "subscriptionResponse");
  subscribe(R"({"type":"allMids","dex":"xyz"})");
  EXPECT_EQ(sink->of("error")[0].as_string(),
            R"(subscription.dex must be "": all perps are on one exchange here )"
            R"((subscription {"type":"allMids","dex":"xyz"}))");
}

// Every different subscription costs every block, whoever reads it.
TEST_F(Dex17Feed, all_clients_together_have_so_many_different_subscriptions) {
  ExchangeApi small(access, {.topics_max = 2});
  small.advance();
  const auto one = small.connect(sink);
  const auto two = small.connect(sink);
  const auto subscribes = [&](ExchangeApi::ClientId who, const std::string& channel) {
    const std::size_t before = sink->of("error").size();
    small.receive(who, R"({"method":"subscribe","subscription":{"type":")" + channel + R"("}})");
    return sink->of("error").size() == before;
  };
  EXPECT_TRUE(subscribes(one, "allMids"));
  EXPECT_TRUE(subscribes(one, R"(l2Book","coin":"BTC)"));
  EXPECT_FALSE(subscribes(two, R"(l2Book","coin":"ETH)"));
  EXPECT_TRUE(subscribes(two, "allMids")) << "somebody has it";
  small.disconnect(one);
  EXPECT_TRUE(subscribes(two, R"(l2Book","coin":"ETH)"));
}

TEST_F(Dex17Feed, changes_of_the_book_follow_each_other_and_give_the_same_book) {
  subscribe(R"({"type":"l2Diff","coin":"BTC"})");
  place(alice, order(true, "59000", "0.1"));
  place(alice, order(false, "61000", "0.2"));
  place(bob, order(true, "61000", "0.2", "Ioc"));
  const auto diffs = sink->of("l2Diff");
  ASSERT_EQ(diffs.size(), 4U);
  EXPECT_TRUE(diffs[0].at("isSnapshot").as_bool());
  for (std::size_t i = 1; i < diffs.size(); ++i)
    EXPECT_EQ(number(diffs[i].at("prevSeq")), number(diffs[i - 1].at("seq")));
  EXPECT_EQ(diffs[3].at("levels").at(1).at(0).at("sz").as_string(), "0");
  const json::value book = json::parse(api.post_info(R"({"type":"l2Book","coin":"BTC"})").body);
  EXPECT_EQ(book.at("crc"), diffs[3].at("crc"));
  EXPECT_EQ(book.at("seq"), diffs[3].at("seq"));
}

TEST_F(Dex17Feed, a_trade_reaches_tape_owner_and_best_prices) {
  subscribe(R"({"type":"trades","coin":"BTC"})");
  subscribe(R"({"type":"bbo","coin":"BTC"})");
  subscribe(R"({"type":"userFills","user":")" + bob.hex() + R"("})");
  subscribe(R"({"type":"orderUpdates","user":")" + alice.hex() + R"("})");
  subscribe(R"({"type":"candle","coin":"BTC","interval":"1m"})");
  place(alice, order(false, "60000", "0.1"));
  place(bob, order(true, "60000", "0.1", "Ioc"));
  const auto trades = sink->of("trades");
  ASSERT_EQ(trades.size(), 2U);  // what was before, and this one
  EXPECT_EQ(trades[1].at(0).at("px").as_string(), "60000");
  EXPECT_EQ(trades[1].at(0).at("users").at(0).as_string(), bob.hex());
  const auto fills = sink->of("userFills");
  ASSERT_EQ(fills.size(), 2U);
  EXPECT_TRUE(fills[0].at("isSnapshot").as_bool());
  EXPECT_EQ(fills[1].at("fills").as_array().size(), 1U);
  const auto updates = sink->of("orderUpdates");
  EXPECT_EQ(updates.back().at(0).at("status").as_string(), "filled");
  EXPECT_EQ(updates[updates.size() - 2].at(0).at("status").as_string(), "open");
  EXPECT_EQ(sink->of("bbo").size(), 3U);
  EXPECT_EQ(sink->of("candle").back().at("c").as_string(), "60000");
}

TEST_F(Dex17Feed, fills_resume_from_a_height) {
  place(alice, order(false, "60000", "0.2"));
  place(bob, order(true, "60000", "0.1", "Ioc"));
  const std::uint64_t seen = access.height();
  place(bob, order(true, "60000", "0.1", "Ioc"));
  subscribe(R"({"type":"userFills","user":")" + bob.hex() + R"(","fromHeight":)" +
            std::to_string(seen + 1) + "}");
  const auto fills = sink->of("userFills");
  ASSERT_EQ(fills.size(), 1U);
  EXPECT_EQ(fills[0].at("fills").as_array().size(), 1U);
}

// What was missed, once and in order, and then what comes: of every stream of a user.
TEST_F(Dex17Feed, every_stream_of_a_user_resumes_from_a_height) {
  const auto step = [&](const char* px) {
    place(alice, order(false, px, "0.2"));
    place(bob, order(true, px, "0.1", "Ioc"));
    place(bob, R"({"type":"usdSend","destination":")" + alice.hex() + R"(","amount":"1"})");
    // Orders that run out, and an hour's funding.
    place(bob, R"({"type":"order","orders":[{"a":0,"b":true,"p":"50000","s":"0.1","r":false,)"
               R"("t":{"limit":{"tif":"Gtc"}},"goodTil":)" +
                   std::to_string(access.time() + 10'000) + R"(}],"grouping":"na"})");
    access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 3'600'000);
    place(bob, order(true, "1000000", "0.000001"));  // refused; time goes on
  };
  const std::vector<std::pair<std::string, std::string>> streams{
      {"userFills", "fills"},       {"userEvents", "fills"},
      {"userFundings", "fundings"}, {"userNonFundingLedgerUpdates", "nonFundingLedgerUpdates"},
      {"orderUpdates", ""},         {"notification", ""}};
  const auto part = [](const json::value& data, const std::string& key) {
    const json::value* list = data.as_object().if_contains(key);
    return list == nullptr ? json::array{} : list->as_array();
  };
  const auto channel = [](const std::string& type) { return type == "userEvents" ? "user" : type; };
  const auto wanted = [&](const std::string& type, const std::string& more) {
    return R"({"type":")" + type + R"(","user":")" + bob.hex() + '"' + more + '}';
  };
  step("60000");
  const std::uint64_t seen = access.height();
  auto always = std::make_shared<Sink>();
  const auto other = api.connect(always);
  for (const auto& [type, key] : streams)
    api.receive(other, R"({"method":"subscribe","subscription":)" + wanted(type, "") + "}");
  always->messages.clear();
  step("60010");
  for (const auto& [type, key] : streams)
    subscribe(wanted(type, R"(,"fromHeight":)" + std::to_string(seen + 1)));
  for (const auto& [type, key] : streams) {
    // Whoever stayed connected heard as much.
    json::array heard;
    for (const json::value& data : always->of(channel(type))) {
      if (key.empty() && data.is_object()) heard.push_back(data);
      const json::array list =
          key.empty() ? (data.is_array() ? data.as_array() : json::array{}) : part(data, key);
      heard.insert(heard.end(), list.begin(), list.end());
    }
    const auto got = sink->of(channel(type));
    json::array resumed;
    for (const json::value& data : got) {
      if (key.empty() && data.is_object()) resumed.push_back(data);
      const json::array list =
          key.empty() ? (data.is_array() ? data.as_array() : json::array{}) : part(data, key);
      resumed.insert(resumed.end(), list.begin(), list.end());
    }
    ASSERT_FALSE(heard.empty()) << type;
    if (type == "orderUpdates") {
      // The last that was heard of each order; refused orders have no number and are told once.
      std::map<std::string, json::value> last;
      for (const json::value& update : heard)
        if (number(update.at("order").at("oid")) != 0)
          last[json::serialize(update.at("order").at("oid"))] = update;
      ASSERT_EQ(resumed.size(), last.size());
      for (const json::value& update : resumed)
        EXPECT_EQ(update, last.at(json::serialize(update.at("order").at("oid"))));
    } else {
      EXPECT_EQ(resumed, heard) << type;
    }
    EXPECT_EQ(got.at(0).is_object() && got[0].as_object().contains("isSnapshot"), !key.empty())
        << type;
  }
  // And it goes on.
  sink->messages.clear();
  step("60020");
  for (const auto& [type, key] : streams)
    EXPECT_FALSE(sink->of(channel(type)).empty()) << type;
}

// More than is told of what was missed: the newest of it, and the message says so.
TEST_F(Dex17Feed, orders_resume_with_the_newest_changes_alone) {
  const auto hundred = [&](int from) {
    json::array orders;
    for (int px = from; px < from + 100; ++px) {
      const json::value one = json::parse(order(true, std::to_string(px), "0.001"));
      orders.push_back(one.at("orders").at(0));
    }
    place(alice, R"({"type":"order","grouping":"na","orders":)" + json::serialize(orders) + "}");
  };
  const auto resumed = [&](int height) {
    sink->messages.clear();
    subscribe(R"({"type":"orderUpdates","user":")" + alice.hex() + R"(","fromHeight":)" +
              std::to_string(height) + "}");
    return sink->messages.back().as_object();
  };
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 10; ++i)
      hundred(50'000 + i * 100);
    place(alice, R"({"type":"cancelAll"})");
  }
  const json::object all = resumed(2);
  EXPECT_EQ(all.at("data").as_array().size(), 2'000U);
  EXPECT_FALSE(all.contains("truncated"));
  hundred(50'000);
  place(alice, R"({"type":"cancel","cancels":[{"a":0,"o":2001}]})");
  const json::object most = resumed(3);
  ASSERT_EQ(most.at("data").as_array().size(), 2'000U);
  EXPECT_TRUE(most.at("truncated").as_bool());
  EXPECT_EQ(number(most.at("data").at(0).at("order").at("oid")), 101U);
  const json::object& last = most.at("data").as_array().back().as_object();
  EXPECT_EQ(number(last.at("order").at("oid")), 2'001U) << "the last to change";
  EXPECT_EQ(last.at("status").as_string(), "canceled");
}

// The parts that existing clients know, each a message of its own; since a height all in one.
TEST_F(Dex17Feed, user_events_have_fills_payments_and_orders_that_others_canceled) {
  const std::string user = R"({"type":"userEvents","user":")" + bob.hex() + '"';
  const std::uint64_t before = access.height();
  subscribe(user + "}");
  place(alice, order(false, "60000", "0.2"));
  place(bob, order(true, "60000", "0.1", "Ioc"));
  place(bob, R"({"type":"order","orders":[{"a":0,"b":true,"p":"50000","s":"0.1","r":false,)"
             R"("t":{"limit":{"tif":"Gtc"}},"goodTil":)" +
                 std::to_string(access.time() + 10'000) + R"(}],"grouping":"na"})");
  place(bob, order(true, "49000", "0.1"));
  place(bob, R"({"type":"cancelAll"})");
  place(bob, R"({"type":"order","orders":[{"a":0,"b":true,"p":"50000","s":"0.1","r":false,)"
             R"("t":{"limit":{"tif":"Gtc"}},"goodTil":)" +
                 std::to_string(access.time() + 10'000) + R"(}],"grouping":"na"})");
  access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 3'600'000);
  api.advance();
  std::map<std::string, json::array> parts;
  for (const json::value& data : sink->of("user")) {
    ASSERT_EQ(data.as_object().size(), 2U) << "the user and one part: " << json::serialize(data);
    for (const auto& field : data.as_object())
      parts[std::string(field.key())].push_back(field.value());
  }
  ASSERT_EQ(parts["fills"].size(), 1U);
  EXPECT_EQ(parts["fills"][0].at(0).at("px").as_string(), "60000");
  ASSERT_EQ(parts["funding"].size(), 1U);
  for (const char* field : {"time", "coin", "usdc", "szi"})
    EXPECT_TRUE(parts["funding"][0].as_object().contains(field)) << field;
  ASSERT_EQ(parts["nonUserCancel"].size(), 1U) << "none of its own";
  ASSERT_EQ(parts["nonUserCancel"][0].as_array().size(), 1U);
  EXPECT_EQ(parts["nonUserCancel"][0].at(0).at("coin").as_string(), "BTC");
  EXPECT_EQ(number(parts["nonUserCancel"][0].at(0).at("oid")), 5U);

  sink->messages.clear();
  subscribe(user + R"(,"fromHeight":)" + std::to_string(before + 1) + "}");
  const auto first = sink->of("user");
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].at("fills"), parts["fills"][0]);
  EXPECT_EQ(first[0].at("fundings"), json::value(parts["funding"]));
  EXPECT_EQ(first[0].at("nonUserCancel"), parts["nonUserCancel"][0]);
}

// Blocks that were not seen: every stream says so, one without anything to tell too.
TEST_F(Dex17Feed, streams_say_that_blocks_are_missing) {
  const std::vector<std::string> types{"userFills",    "userEvents",
                                       "userFundings", "orderUpdates",
                                       "notification", "userNonFundingLedgerUpdates"};
  const auto wanted = [&](const std::string& type, std::uint64_t from) {
    const std::string since = from == 0 ? "" : R"(,"fromHeight":)" + std::to_string(from);
    return R"({"type":")" + type + R"(","user":")" + bob.hex() + '"' + since + '}';
  };
  for (const std::string& type : types)
    subscribe(wanted(type, 0));
  sink->messages.clear();
  for (std::size_t i = 0; i <= access.blocks_kept(); ++i)
    access.block({}, {});
  const std::uint64_t missed = access.height();
  api.advance();
  ASSERT_EQ(sink->messages.size(), types.size());
  for (const json::value& message : sink->messages)
    EXPECT_TRUE(message.at("truncated").as_bool()) << json::serialize(message);
  for (const std::uint64_t from : {missed, missed + 1}) {
    sink->messages.clear();
    for (const std::string& type : types)
      subscribe(wanted(type, from));
    std::size_t said = 0;
    for (const json::value& message : sink->messages)
      said += message.as_object().contains("truncated") ? 1U : 0U;
    EXPECT_EQ(said, from == missed ? types.size() : 0U);
  }
}

struct Missed : Dex17Feed {
  // Bids that run out, all in one block.
  void expire(int count, int asset) {
    json::array orders;
    for (int i = 0; i < count; ++i) {
      json::value one = json::parse(order(true, std::to_string(20'000 + i), "0.001", "Gtc", asset));
      one.at("orders").at(0).as_object()["goodTil"] = access.time() + 1'000;
      orders.push_back(one.at("orders").at(0));
    }
    place(alice, R"({"type":"order","grouping":"na","orders":)" + json::serialize(orders) + "}");
    access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 2'000);
    api.advance();
  }
  std::vector<json::value> resume(std::uint64_t height) {
    sink->messages.clear();
    subscribe(R"({"type":"notification","user":")" + alice.hex() + R"(","fromHeight":)" +
              std::to_string(height) + "}");
    std::vector<json::value> out;
    for (const json::value& message : sink->messages) {
      if (message.at("channel").as_string() == "notification") out.push_back(message);
    }
    return out;
  }
};

TEST_F(Missed, notifications_are_so_many_at_the_most) {
  expire(70, 0);
  const std::uint64_t between = access.height();
  expire(70, 0);
  const auto told = resume(1);
  ASSERT_EQ(told.size(), 100U);
  EXPECT_TRUE(told[0].as_object().contains("truncated"));
  EXPECT_FALSE(told[1].as_object().contains("truncated"));
  const auto& first = told[0].at("data").at("notification").as_string();
  EXPECT_EQ(first, "BTC order 41 was canceled: expired");
  EXPECT_EQ(told[99].at("data").at("notification").as_string(),
            "BTC order 140 was canceled: expired");
  const auto rest = resume(between + 1);
  ASSERT_EQ(rest.size(), 70U);
  EXPECT_FALSE(rest[0].as_object().contains("truncated"));
}

TEST_F(Missed, notifications_are_so_many_bytes_at_the_most) {
  exchange::MarketConfig market = FakeAccess::btc();
  market.asset = exchange::AssetId{2};
  market.name = std::string(1'000, 'B');
  access.block({exchange::ListMarket{market}, exchange::SetOracle{market.asset, 600'000}}, {});
  api.advance();
  expire(70, 2);
  const auto told = resume(1);
  EXPECT_TRUE(told.at(0).as_object().contains("truncated"));
  std::size_t bytes = 0;
  for (const json::value& message : told)
    bytes += json::serialize(message.at("data")).size();
  EXPECT_LE(bytes, 32U * 1024);
  EXPECT_EQ(told.size(), 28U);
}

struct Unasked : Dex17Feed {
  // Carol holds 1 BTC bought at 60,000 with 3,000 dollars; bids and offers are where the price
  // goes.
  void fall(const std::string& bid, const std::string& ask, std::uint64_t oracle) {
    access.deposit(carol.address(), 3'000);
    place(carol, R"({"type":"updateLeverage","asset":0,"isCross":true,"leverage":40})");
    for (const Trader* trader : {&carol, &alice})
      subscribe(R"({"type":"notification","user":")" + trader->hex() + R"("})");
    place(alice, order(false, "60000", "1"));
    place(carol, order(true, "60000", "1"));
    place(carol, order(true, "50000", "0.001"));
    place(carol, R"({"type":"cancelAll"})");
    place(carol, order(true, "50000", "0.001"));
    EXPECT_TRUE(sink->of("notification").empty()) << "what one asked for";
    place(alice, order(true, bid, "1"));
    place(bob, order(false, ask, "0.1"));
    access.block({exchange::SetOracle{kBtc, oracle}}, {}, 3'000);
    api.advance();
    for (const json::value& notice : sink->of("notification")) {
      EXPECT_EQ(number(notice.at("height")), access.height());
      EXPECT_EQ(number(notice.at("time")), access.time());
      told[std::string(notice.at("user").as_string())] +=
          std::string(notice.at("notification").as_string()) + "\n";
    }
  }
  static bool has(const std::string& all, const char* words) {
    return all.find(words) != std::string::npos;
  }
  Trader carol{access, api, 3};
  std::map<std::string, std::string> told;  // by user
};

TEST_F(Unasked, a_liquidation_is_told_in_sentences) {
  fall("57100", "57600", 575'000);
  const std::string& all = told[carol.hex()];
  EXPECT_TRUE(has(all, "BTC order 4 was canceled: liquidatedCanceled")) << all;
  EXPECT_TRUE(has(all, "cross positions below maintenance margin: resting orders were canceled"))
      << all;
  EXPECT_TRUE(has(all,
                  "cross positions below maintenance margin: closed in the market for 57100 "
                  "USD"))
      << all;
  EXPECT_TRUE(told[alice.hex()].empty()) << "a maker's fill is no notice: " << told[alice.hex()];
}

TEST_F(Unasked, whose_position_pays_for_a_bankrupt_one_is_told_too) {
  fall("57000", "57100", 570'000);
  const std::string& all = told[carol.hex()];
  EXPECT_TRUE(has(all, "cross positions bankrupt: closed against other traders")) << all;
  EXPECT_TRUE(has(told[alice.hex()],
                  "BTC position reduced by 1 at the mark price: "
                  "auto-deleveraging"))
      << told[alice.hex()];
}

TEST_F(Dex17Feed, a_trigger_that_fires_is_told_once) {
  place(alice, order(false, "60000", "1"));
  place(bob, order(true, "60000", "1"));
  subscribe(R"({"type":"notification","user":")" + bob.hex() + R"("})");
  const json::value placed =
      bob.act(R"({"type":"order","orders":[{"a":0,"b":false,"p":"59500","s":"0.5","r":true,)"
              R"("t":{"trigger":{"isMarket":false,"triggerPx":"59500","tpsl":"sl"}}}],)"
              R"("grouping":"na"})");
  const auto oid = json::serialize(
      placed.at("response").at("data").at("statuses").at(0).at("waitingForTrigger").at("oid"));
  place(alice, order(true, "59000", "0.1"));
  place(alice, order(false, "59100", "0.1"));
  for (int i = 0; i < 3; ++i)
    access.block({exchange::SetOracle{kBtc, 590'000}}, {}, 3'000);
  api.advance();
  place(alice, order(true, "59500", "0.2", "Ioc"));
  place(alice, order(true, "59500", "0.2", "Ioc"));
  const auto told = sink->of("notification");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].at("notification").as_string(), "BTC order " + oid + " was triggered");
}

TEST_F(Dex17Feed, only_streams_of_a_user_resume) {
  for (const char* type : {R"("allMids")", R"("l2Book","coin":"BTC")", R"("blocks")"}) {
    sink->messages.clear();
    subscribe(R"({"type":)" + std::string(type) + R"(,"fromHeight":1})");
    EXPECT_EQ(sink->of("error").size(), 1U) << type;
  }
}

TEST_F(Dex17Feed, nothing_comes_after_unsubscribing_or_twice) {
  subscribe(R"({"type":"blocks"})");
  subscribe(R"({"type":"blocks"})");
  EXPECT_EQ(sink->of("error").size(), 1U);
  place(alice, order(true, "59000", "0.1"));
  EXPECT_EQ(sink->of("blocks").size(), 1U);
  api.receive(client, R"({"method":"unsubscribe","subscription":{"type":"blocks"}})");
  place(alice, order(true, "58000", "0.1"));
  EXPECT_EQ(sink->of("blocks").size(), 1U);
}

TEST_F(Dex17Feed, orders_and_queries_go_over_the_socket) {
  api.receive(client, R"({"method":"post","id":7,"request":{"type":"action","payload":)" +
                          alice.body(order(true, "59000", "0.1")) + "}}");
  api.receive(client, R"({"method":"post","id":8,"request":{"type":"info","payload":)"
                      R"({"type":"l2Book","coin":"BTC"}}})");
  const auto posts = sink->of("post");
  ASSERT_EQ(posts.size(), 2U);
  EXPECT_EQ(number(posts[0].at("id")), 7U);
  EXPECT_EQ(posts[0].at("response").at("payload").at("status").as_string(), "ok");
  EXPECT_EQ(posts[1].at("response").at("payload").at("data").at("levels").at(0).as_array().size(),
            1U);
}

TEST_F(Dex17Feed, whoever_missed_blocks_begins_anew) {
  subscribe(R"({"type":"l2Diff","coin":"BTC"})");
  place(alice, order(true, "59000", "0.1"));
  const std::uint64_t before = number(sink->of("l2Diff").back().at("seq"));
  for (std::size_t i = 0; i < access.blocks_kept() + 1; ++i)
    access.block({}, {});
  api.advance();
  const json::value again = sink->of("l2Diff").back();
  EXPECT_TRUE(again.at("isSnapshot").as_bool());
  EXPECT_GT(number(again.at("prevSeq")), before);
}

TEST_F(Dex17Feed, an_order_that_ended_in_a_missed_block_is_not_called_open) {
  place(alice, order(true, "59000", "0.1"));
  place(alice, order(true, "58000", "0.1"));
  static_cast<void>(alice.act(R"({"type":"cancel","cancels":[{"a":0,"o":1}]})"));
  for (std::size_t i = 0; i < access.blocks_kept() + 1; ++i)
    access.block({}, {});
  api.advance();
  const auto status = [&](int oid) {
    return json::parse(api.post_info(R"({"type":"orderStatus","user":")" + alice.hex() +
                                     R"(","oid":)" + std::to_string(oid) + "}")
                           .body);
  };
  EXPECT_EQ(status(1).at("status").as_string(), "unknownOid");
  EXPECT_EQ(status(2).at("order").at("status").as_string(), "open");
  EXPECT_EQ(
      json::parse(
          api.post_info(R"({"type":"historicalOrders","user":")" + alice.hex() + R"("})").body)
          .as_array()
          .size(),
      1U);
}

TEST_F(Dex17Feed, bad_messages_are_told_what_is_wrong) {
  for (const std::string text : {"{", "[]", R"({"method":"dance"})", R"({"method":"subscribe"})",
                                 R"({"method":"post","request":{"type":"info","payload":{}}})"}) {
    sink->messages.clear();
    api.receive(client, text);
    EXPECT_EQ(sink->of("error").size(), 1U) << text;
  }
  api.receive(client, R"({"method":"ping"})");
  EXPECT_EQ(sink->messages.back().at("channel").as_string(), "pong");
}

TEST_F(Dex17Feed, a_refused_subscription_is_named) {
  const std::string doge = R"({"type":"l2Book","coin":"DOGE"})";
  const std::string candle = R"({"type":"candle","coin":"BTC","interval":"7m"})";
  for (const std::string& wanted : {std::string(R"({"type":"weather"})"), doge, candle}) {
    sink->messages.clear();
    subscribe(wanted);
    ASSERT_EQ(sink->of("error").size(), 1U) << wanted;
    const std::string why = TwoTraders::text(sink->of("error").front());
    EXPECT_TRUE(why.ends_with(" (subscription " + wanted + ")")) << why;
  }
  EXPECT_EQ(TwoTraders::text(sink->of("error").front()),
            "subscription.interval must be one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h, 12h, 1d, "
            "3d, 1w (subscription " +
                candle + ")");
}

TEST_F(Dex17Feed, a_refused_request_is_answered_under_its_number) {
  for (const std::string request :
       {R"("request":{"type":"mint","payload":{}})", R"("request":{"type":"info"})",
        R"("request":7)", R"("query":{"type":"info","payload":{}})"}) {
    sink->messages.clear();
    api.receive(client, R"({"method":"post","id":7,)" + request + "}");
    ASSERT_EQ(sink->of("post").size(), 1U) << request;
    const json::value answer = sink->of("post").front();
    EXPECT_EQ(answer.at("id").to_number<int>(), 7);
    EXPECT_EQ(answer.at("response").at("type").as_string(), "error");
    EXPECT_FALSE(answer.at("response").at("payload").as_string().empty());
  }
}

TEST_F(Dex17Feed, a_client_that_left_is_forgotten) {
  subscribe(R"({"type":"blocks"})");
  EXPECT_EQ(api.clients(), 1U);
  api.disconnect(client);
  EXPECT_EQ(api.clients(), 0U);
  place(alice, order(true, "59000", "0.1"));
  EXPECT_TRUE(sink->of("blocks").empty());
}

TEST_F(Dex17Feed, subscriptions_of_one_client_are_limited) {
  for (int i = 0; i < 101; ++i) {
    std::string user = "0x" + std::string(37, '0') + std::to_string(100 + i);
    subscribe(R"({"type":"userFills","user":")" + user + R"("})");
  }
  EXPECT_EQ(sink->of("error").size(), 1U);
}

}  // namespace
}  // namespace ol::api::test
