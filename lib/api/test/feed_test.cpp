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
            R"(subscription.dex must be "": all perps are on one exchange here)");
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
  EXPECT_EQ(posts[1].at("response").at("payload").at("levels").at(0).as_array().size(), 1U);
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

TEST_F(Dex17Feed, bad_messages_are_told_what_is_wrong) {
  for (const std::string text :
       {"{", "[]", R"({"method":"dance"})", R"({"method":"subscribe"})",
        R"({"method":"subscribe","subscription":{"type":"weather"}})",
        R"({"method":"subscribe","subscription":{"type":"l2Book","coin":"DOGE"}})",
        R"({"method":"post","id":1,"request":{"type":"mint","payload":{}}})"}) {
    sink->messages.clear();
    api.receive(client, text);
    EXPECT_EQ(sink->of("error").size(), 1U) << text;
  }
  api.receive(client, R"({"method":"ping"})");
  EXPECT_EQ(sink->messages.back().at("channel").as_string(), "pong");
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
