#include <ol/rpc/dispatcher.hpp>

#include <stdexcept>

#include <gtest/gtest.h>

namespace ol::rpc {
namespace {

constexpr const char* kParse =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}})";
constexpr const char* kInvalid =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"invalid request"}})";

class Host final : public SubscriptionHost {
 public:
  RpcResult subscribe(const Params&) override { return "\"0x7\""; }
  RpcResult unsubscribe(const Params&) override { return "true"; }
};

class DispatcherTest : public ::testing::Test {
 protected:
  static Registry registry(int& calls) {
    Registry out;
    out.add("echo", [&calls](const Params& params) -> RpcResult {
      ++calls;
      return params.json(0);
    });
    out.add("count",
            [](const Params& params) -> RpcResult { return std::to_string(params.size()); });
    out.add("refuse", [](const Params&) -> RpcResult { return refuse("no \"luck\""); });
    out.add("crash", [](const Params&) -> RpcResult { throw std::runtime_error("secret"); });
    return out;
  }

  std::string handle(std::string_view request, SubscriptionHost* host = nullptr) {
    return dispatcher.handle(request, host);
  }

  int calls = 0;
  Dispatcher dispatcher{registry(calls), {.batch_max = 3, .batch_response_bytes_max = 200}};
};

TEST_F(DispatcherTest, answers_under_the_id_it_was_asked_with) {
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","id":7,"method":"echo","params":["a"]})"),
            R"({"jsonrpc":"2.0","id":7,"result":"a"})");
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","id":"x\"y","method":"echo","params":[1]})"),
            R"({"jsonrpc":"2.0","id":"x\"y","result":1})");
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","id":null,"method":"echo","params":[{"a":[true]}]})"),
            R"({"jsonrpc":"2.0","id":null,"result":{"a":[true]}})");
}

TEST_F(DispatcherTest, takes_absent_null_and_empty_params_as_none) {
  for (const char* params : {"", R"(,"params":null)", R"(,"params":[])"}) {
    EXPECT_EQ(handle(R"({"jsonrpc":"2.0","id":1,"method":"count")" + std::string(params) + "}"),
              R"({"jsonrpc":"2.0","id":1,"result":0})");
  }
}

TEST_F(DispatcherTest, refuses_named_params) {
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","id":1,"method":"count","params":{}})"),
            R"({"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"non-array args"}})");
}

TEST_F(DispatcherTest, names_the_argument_that_is_missing) {
  EXPECT_EQ(
      handle(R"({"jsonrpc":"2.0","id":1,"method":"echo"})"),
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0"}})");
}

TEST_F(DispatcherTest, answers_what_is_no_json_with_a_parse_error) {
  for (const char* text : {"", " ", "{", "[1,", "nul", "{\"a\":1}}", "\xff", "[\"\x01\"]"}) {
    EXPECT_EQ(handle(text), kParse) << text;
  }
}

TEST_F(DispatcherTest, refuses_nesting_from_the_limit_on) {
  const auto nested = [&](std::size_t arrays) {
    return handle(R"({"jsonrpc":"2.0","id":1,"method":"count","params":)" +
                  std::string(arrays, '[') + std::string(arrays, ']') + "}");
  };
  EXPECT_EQ(nested(62), R"({"jsonrpc":"2.0","id":1,"result":1})");
  EXPECT_EQ(nested(64), kParse);
  EXPECT_EQ(nested(100'000), kParse);
  EXPECT_EQ(handle(std::string(1'000'000, '[')), kParse);
}

TEST_F(DispatcherTest, still_answers_after_a_large_and_a_broken_text) {
  const std::string large(1'000'000, 'a');
  EXPECT_EQ(
      handle(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[")" + large + "\"]}").size(),
      large.size() + 36);
  EXPECT_EQ(handle("{"), kParse);
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","id":1,"method":"count"})"),
            R"({"jsonrpc":"2.0","id":1,"result":0})");
}

TEST_F(DispatcherTest, refuses_what_is_not_a_request) {
  for (const char* text : {"1", "\"a\"", "null", "true", "{}", R"({"method":"echo"})",
                           R"({"jsonrpc":"1.0","method":"echo"})", R"({"jsonrpc":"2.0"})",
                           R"({"jsonrpc":"2.0","method":5})", R"({"jsonrpc":2.0,"method":"echo"})",
                           R"({"jsonrpc":"2.0","id":{},"method":"echo"})",
                           R"({"jsonrpc":"2.0","id":[1],"method":"echo"})",
                           R"({"jsonrpc":"2.0","id":true,"method":"echo"})"}) {
    EXPECT_EQ(handle(text), kInvalid) << text;
  }
  EXPECT_EQ(handle(R"({"id":3,"method":"echo"})"),
            R"({"jsonrpc":"2.0","id":3,"error":{"code":-32600,"message":"invalid request"}})");
  EXPECT_EQ(calls, 0);
}

TEST_F(DispatcherTest, executes_a_notification_without_an_answer) {
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","method":"echo","params":[1]})"), "");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","method":"no_such"})"), "");
}

TEST_F(DispatcherTest, names_the_method_that_does_not_exist) {
  EXPECT_EQ(
      handle(R"({"jsonrpc":"2.0","id":1,"method":"eth_nope"})"),
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method eth_nope does not exist/is not available"}})");
}

TEST_F(DispatcherTest, cuts_a_long_method_name_between_characters) {
  // 127 letters, then characters of two bytes: the cut at 128 would fall inside the first.
  std::string name(127, 'm');
  for (int i = 0; i < 1000; ++i)
    name += "\xc3\xa9";
  const std::string answer = handle(R"({"jsonrpc":"2.0","id":1,"method":")" + name + R"("})");
  EXPECT_NE(answer.find("the method " + std::string(127, 'm') + " does not exist"),
            std::string::npos)
      << answer;
}

TEST_F(DispatcherTest, escapes_what_an_error_says) {
  EXPECT_EQ(handle(R"({"jsonrpc":"2.0","id":1,"method":"refuse"})"),
            R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no \"luck\""}})");
}

TEST_F(DispatcherTest, survives_a_handler_that_throws_and_keeps_its_reason_private) {
  EXPECT_EQ(
      handle(R"({"jsonrpc":"2.0","id":1,"method":"crash"})"),
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"method handler crashed"}})");
}

TEST_F(DispatcherTest, answers_a_batch_in_order_and_leaves_notifications_out) {
  EXPECT_EQ(handle(R"([{"jsonrpc":"2.0","id":1,"method":"count"},
                       {"jsonrpc":"2.0","method":"count"},
                       {"jsonrpc":"2.0","id":2,"method":"echo","params":[5]}])"),
            R"([{"jsonrpc":"2.0","id":1,"result":0},{"jsonrpc":"2.0","id":2,"result":5}])");
}

TEST_F(DispatcherTest, answers_each_wrong_item_of_a_batch_alone) {
  EXPECT_EQ(handle(R"([1,{"jsonrpc":"2.0","id":2,"method":"count"}])"),
            "[" + std::string(kInvalid) + R"(,{"jsonrpc":"2.0","id":2,"result":0}])");
  EXPECT_EQ(handle("[[]]"), "[" + std::string(kInvalid) + "]");
}

TEST_F(DispatcherTest, answers_a_batch_of_notifications_with_nothing) {
  EXPECT_EQ(handle(R"([{"jsonrpc":"2.0","method":"count"}])"), "");
}

TEST_F(DispatcherTest, refuses_an_empty_batch) {
  EXPECT_EQ(handle("[]"),
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"empty batch"}})");
}

TEST_F(DispatcherTest, refuses_a_batch_one_above_the_limit_under_its_first_id) {
  const std::string call = R"({"jsonrpc":"2.0","id":4,"method":"echo","params":[1]})";
  EXPECT_NE(handle("[" + call + "," + call + "," + call + "]").find("\"result\":1"),
            std::string::npos);
  calls = 0;
  EXPECT_EQ(handle("[1," + call + "," + call + "," + call + "]"),
            R"([{"jsonrpc":"2.0","id":4,"error":{"code":-32600,"message":"batch too large"}}])");
  EXPECT_EQ(handle("[1,1,1,1]"),
            R"([{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}])");
  EXPECT_EQ(calls, 0);
}

TEST_F(DispatcherTest, stops_executing_a_batch_whose_answers_fill_the_limit) {
  const std::string call =
      R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[")" + std::string(300, 'a') + "\"]}";
  const std::string answer =
      handle("[" + call + "," + call + R"(,{"jsonrpc":"2.0","method":"echo"}])");
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(answer.ends_with(
      R"(,{"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"response too large"}}])"))
      << answer;
}

TEST_F(DispatcherTest, offers_subscriptions_only_where_there_is_someone_to_notify) {
  const auto request = [](const char* method) {
    return R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"("})";
  };
  Host host;
  EXPECT_EQ(handle(request("eth_subscribe"), &host), R"({"jsonrpc":"2.0","id":1,"result":"0x7"})");
  EXPECT_EQ(handle(request("eth_unsubscribe"), &host), R"({"jsonrpc":"2.0","id":1,"result":true})");
  EXPECT_EQ(
      handle(request("eth_subscribe")),
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"notifications not supported"}})");
}

TEST_F(DispatcherTest, counts_calls_and_errors_per_method_and_strangers_together) {
  (void)handle(R"({"jsonrpc":"2.0","id":1,"method":"count"})");
  (void)handle(R"({"jsonrpc":"2.0","id":1,"method":"refuse"})");
  for (const char* stranger : {"a", "b", "c"}) {
    (void)handle(R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(stranger) + R"("})");
  }
  const auto stats = dispatcher.stats();
  ASSERT_EQ(stats.size(), 3U);
  EXPECT_EQ(stats[0].method, "count");
  EXPECT_EQ(stats[0].calls, 1U);
  EXPECT_EQ(stats[0].errors, 0U);
  EXPECT_EQ(stats[1].method, "refuse");
  EXPECT_EQ(stats[1].errors, 1U);
  EXPECT_EQ(stats[2].method, "other");
  EXPECT_EQ(stats[2].calls, 3U);
  std::uint64_t in_buckets = 0;
  for (const auto n : stats[2].latency)
    in_buckets += n;
  EXPECT_EQ(in_buckets, 3U);
}

TEST(RegistryDeathTest, stops_when_a_name_is_taken_twice) {
  Registry registry;
  registry.add("a", {});
  EXPECT_DEATH(registry.add("a", {}), "registered once");
}

}  // namespace
}  // namespace ol::rpc
