// How orders end that no event names, and those whose time has passed.
#include "trader.hpp"

namespace ol::api::test {
namespace {

struct OrderEnds : TwoTraders {
  json::value of(const std::string& type, const Trader& trader) {
    return info(R"({"type":")" + type + R"(","user":")" + trader.hex() + R"("})");
  }
  /// Status and size left of the newest order of an account, wherever it is told.
  void expect_canceled(const Trader& trader, const std::string& left) {
    const json::value newest = of("historicalOrders", trader).at(0);
    const std::string oid = json::serialize(newest.at("order").at("oid"));
    const json::value asked =
        info(R"({"type":"orderStatus","user":")" + trader.hex() + R"(","oid":)" + oid + "}");
    const json::value streamed = sink->of("orderUpdates").back().as_array().back();
    for (const json::value& told : {newest, asked.at("order"), streamed}) {
      EXPECT_EQ(text(told.at("status")), "canceled") << json::serialize(told);
      EXPECT_EQ(text(told.at("order").at("sz")), left);
      EXPECT_EQ(json::serialize(told.at("order").at("oid")), oid);
      EXPECT_TRUE(told.at("reason").is_null());
    }
  }
  void follow(const Trader& trader) {
    const auto client = api.connect(sink);
    api.receive(client, R"({"method":"subscribe","subscription":{"type":"orderUpdates","user":")" +
                            trader.hex() + R"("}})");
  }
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
};

TEST_F(OrderEnds, the_rest_of_an_immediate_order_is_canceled) {
  follow(bob);
  static_cast<void>(alice.act(order(false, "60000", "0.1")));
  static_cast<void>(bob.act(order(true, "60000", "0.3", "Ioc")));
  api.advance();
  expect_canceled(bob, "0.2");
}

TEST_F(OrderEnds, the_rest_of_a_market_trigger_is_canceled) {
  static_cast<void>(alice.act(order(false, "60000", "1")));
  static_cast<void>(bob.act(order(true, "60000", "1")));
  follow(bob);
  static_cast<void>(
      bob.act(R"({"type":"order","orders":[{"a":0,"b":false,"p":"58000","s":"0.5","r":true,)"
              R"("t":{"trigger":{"isMarket":true,"triggerPx":"59500","tpsl":"sl"}}}],)"
              R"("grouping":"na"})"));
  static_cast<void>(alice.act(order(true, "59000", "0.1")));
  static_cast<void>(alice.act(order(false, "59100", "0.1")));
  for (int i = 0; i < 3; ++i)
    access.block({exchange::SetOracle{kBtc, 590'000}}, {}, 3'000);
  api.advance();
  expect_canceled(bob, "0.4");
}

TEST_F(OrderEnds, what_rests_after_it_took_stays_open) {
  follow(bob);
  static_cast<void>(alice.act(order(false, "60000", "0.1")));
  static_cast<void>(bob.act(order(true, "60000", "0.3")));
  api.advance();
  EXPECT_EQ(text(of("historicalOrders", bob).at(0).at("status")), "open");
  EXPECT_EQ(text(sink->of("orderUpdates").back().at(0).at("status")), "open");
  EXPECT_EQ(text(of("openOrders", bob).at(0).at("sz")), "0.2");
}

// The engine sweeps so many a block; the others are in its state still.
TEST(OrderExpiry, orders_whose_time_has_passed_are_not_open) {
  exchange::Params params;
  params.expiries_per_block_max = 1;
  FakeAccess access(params);
  ExchangeApi api(access);
  Trader alice(access, api, 1);
  access.deposit(alice.address(), 100'000);
  for (const char* px : {"50000", "50010", "50020"}) {
    json::value body = json::parse(order(true, px, "0.1"));
    body.at("orders").at(0).as_object()["goodTil"] = access.time() + 5'000;
    static_cast<void>(alice.act(json::serialize(body)));
  }
  static_cast<void>(alice.act(order(true, "50030", "0.1")));
  access.block({}, {}, 10'000);
  api.advance();
  std::size_t in_state = 0;
  access.read([&](const exchange::State& state) {
    state.orders.for_each([&](exchange::Slot) { ++in_state; });
  });
  ASSERT_EQ(in_state, 3U);
  const std::string user = R"(","user":")" + alice.hex() + R"("})";
  for (const char* type : {"openOrders", "frontendOpenOrders"}) {
    const json::value open = json::parse(api.post_info(R"({"type":")" + (type + user)).body);
    ASSERT_EQ(open.as_array().size(), 1U) << type;
    EXPECT_EQ(open.at(0).at("limitPx").as_string(), "50030");
  }
  const json::value book = json::parse(api.post_info(R"({"type":"l4Book","coin":"BTC"})").body);
  ASSERT_EQ(book.at("levels").at(0).as_array().size(), 1U);
  EXPECT_EQ(book.at("levels").at(0).at(0).at("limitPx").as_string(), "50030");
}

}  // namespace
}  // namespace ol::api::test
