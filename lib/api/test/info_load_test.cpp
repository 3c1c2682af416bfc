// Queries that ask for much: in pages, and beside all others.
#include <condition_variable>
#include <thread>

#include "trader.hpp"

namespace ol::api::test {
namespace {

struct InfoLoad : testing::Test {
  FakeAccess access;
  ExchangeApi api{access};
  Trader alice{access, api, 1};

  void SetUp() override {
    access.deposit(alice.address(), 100'000);
    api.advance();
  }
  json::value info(const std::string& body) { return json::parse(api.post_info(body).body); }
  std::uint64_t rest(const char* px, bool buy = true) {
    const json::object status = alice.status(order(buy, px, "0.001"));
    return status.at("resting").at("oid").to_number<std::uint64_t>();
  }
  static std::vector<std::uint64_t> oids(const json::value& side) {
    std::vector<std::uint64_t> out;
    for (const json::value& one : side.as_array())
      out.push_back(one.at("oid").to_number<std::uint64_t>());
    return out;
  }
  static std::string msg(const json::value& reply) {
    return std::string(reply.at("response").at("msg").as_string());
  }
};

using Ids = std::vector<std::uint64_t>;

TEST_F(InfoLoad, all_orders_come_in_pages_best_first) {
  const std::uint64_t low = rest("58000");
  const std::uint64_t high = rest("59000");
  const std::uint64_t second = rest("59000");
  const std::uint64_t ask = rest("61000", false);
  const json::value first = info(R"({"type":"l4Book","coin":"BTC","limit":2})");
  EXPECT_EQ(oids(first.at("levels").at(0)), (Ids{high, second}));
  EXPECT_EQ(oids(first.at("levels").at(1)), Ids{ask});
  EXPECT_EQ(first.at("next").at(0).to_number<std::uint64_t>(), second);
  EXPECT_TRUE(first.at("next").at(1).is_null());
  const std::string more = R"({"type":"l4Book","coin":"BTC","limit":2,"side":"B","after":)";
  const json::value rest_of = info(more + std::to_string(second) + "}");
  EXPECT_EQ(oids(rest_of.at("levels").at(0)), Ids{low});
  EXPECT_TRUE(rest_of.at("levels").at(1).as_array().empty());
  EXPECT_TRUE(rest_of.at("next").at(0).is_null());
  // In the middle of a level, and to its end exactly.
  EXPECT_EQ(oids(info(more + std::to_string(high) + "}").at("levels").at(0)), (Ids{second, low}));
}

TEST_F(InfoLoad, a_page_says_what_it_may_be) {
  const std::uint64_t ask = rest("61000", false);
  const auto why = [&](const std::string& fields) {
    return msg(info(R"({"type":"l4Book","coin":"BTC",)" + fields + "}"));
  };
  EXPECT_NE(why(R"("limit":1001)").find("1000"), std::string::npos);
  EXPECT_NE(why(R"("limit":0)").find("from 1 to 1000"), std::string::npos);
  EXPECT_NE(why(R"("side":"buy")").find("B, A or both"), std::string::npos);
  EXPECT_NE(why(R"("after":1)").find("needs side"), std::string::npos);
  const std::string after = R"("after":)" + std::to_string(ask);
  EXPECT_NE(why(R"("side":"B",)" + after).find("begin again"), std::string::npos);
  EXPECT_NE(why(R"("side":"A","after":999)").find("begin again"), std::string::npos);
}

// A query for all orders stands still in the middle of reading; others are answered meanwhile.
TEST_F(InfoLoad, whoever_asks_for_all_orders_keeps_nobody_waiting) {
  std::mutex mutex;
  std::condition_variable changed;
  bool reading = false;
  bool others_answered = false;
  for (const char* type : {"l4Book", "liquidatable"}) {
    reading = others_answered = false;
    const auto asker = std::this_thread::get_id();
    access.on_read = [&] {
      if (std::this_thread::get_id() == asker) return;
      std::unique_lock lock(mutex);
      reading = true;
      changed.notify_all();
      changed.wait(lock, [&] { return others_answered; });
    };
    std::thread slow([&] {
      const json::value reply = info(R"({"type":")" + std::string(type) + R"(")" +
                                     (std::string(type) == "l4Book" ? R"(,"coin":"BTC"})" : "}"));
      EXPECT_FALSE(reply.is_object() && reply.as_object().contains("status"));
    });
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return reading; });
    }
    EXPECT_EQ(info(R"({"type":"l2Book","coin":"BTC"})").at("coin").as_string(), "BTC");
    EXPECT_TRUE(info(R"({"type":"allMids"})").is_object());
    api.advance();
    {
      const std::lock_guard lock(mutex);
      others_answered = true;
      changed.notify_all();
    }
    slow.join();
    access.on_read = nullptr;
  }
}

}  // namespace
}  // namespace ol::api::test
