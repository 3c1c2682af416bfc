#include <algorithm>
#include <fstream>
#include <sstream>

#include "trader.hpp"

namespace ol::api::test {
namespace {

// Requests as public clients of Hyperliquid send them, and the shapes they expect: "=x" is exactly
// that text, "#x" that number; "string", "number", "bool", "array" are kinds; of a list each
// element of the template stands for the one in its place.

std::string read_file(const std::string& name) {
  std::ifstream in(std::string(OL_SOURCE_DIR) + "/lib/api/test/" + name);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

bool is_kind(const json::value& value, std::string_view kind) {
  if (kind.starts_with('=')) return value.is_string() && value.as_string() == kind.substr(1);
  if (kind.starts_with('#')) return value.is_number() && json::serialize(value) == kind.substr(1);
  if (kind == "string") return value.is_string();
  if (kind == "number") return value.is_number();
  if (kind == "bool") return value.is_bool();
  return kind == "array" && value.is_array();
}

// What of `value` does not fit `shape`, by its path; empty if all does.
std::string misfit(const json::value& value, const json::value& shape, const std::string& path) {
  if (shape.is_string()) {
    return is_kind(value, shape.as_string()) ? "" : path + " is " + json::serialize(value);
  }
  if (shape.is_array()) {
    if (!value.is_array() || value.as_array().size() < shape.as_array().size()) {
      return path + " is " + json::serialize(value);
    }
    for (std::size_t i = 0; i < shape.as_array().size(); ++i) {
      const std::string found =
          misfit(value.at(i), shape.at(i), path + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return "";
  }
  if (!value.is_object()) return path + " is " + json::serialize(value);
  for (const auto& field : shape.as_object()) {
    const json::value* inner = value.as_object().if_contains(field.key());
    const std::string here = path + "." + std::string(field.key());
    if (inner == nullptr) return here + " is missing";
    const std::string found = misfit(*inner, field.value(), here);
    if (!found.empty()) return found;
  }
  return "";
}

using Names = std::map<std::string, std::string>;

std::string with_names(std::string text, const Names& names) {
  for (const auto& [name, value] : names) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
      text.replace(at, name.size(), value);
  }
  return text;
}
json::value with_names(const json::value& value, const Names& names) {
  return json::parse(with_names(json::serialize(value), names));
}

struct Dex17SdkRequests : TwoTraders {
  Names names{{"$alice", alice.hex()}, {"$bob", bob.hex()}};
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  ExchangeApi::ClientId client = api.connect(sink);

  // The messages that came for one.
  std::vector<json::value> say(const json::value& message) {
    sink->messages.clear();
    api.receive(client, json::serialize(message));
    return sink->messages;
  }
  void hours() {
    for (int i = 0; i < 3; ++i)
      access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 1'800'000);
  }
  // A slice of a twap that trades, and funding of the position; alice trades enough for a code.
  void work() {
    Trader carol(access, api, 3);
    access.deposit(carol.address(), 100'000);
    static_cast<void>(carol.act(order(true, "60000", "0.2")));
    static_cast<void>(alice.act(order(false, "60000", "0.2")));
    access.block({exchange::RegisterReferral{alice.address(), "FRIEND"}}, {});
    static_cast<void>(alice.act(order(true, "60000", "1")));
    static_cast<void>(bob.act(
        R"({"type":"twapOrder","twap":{"a":0,"b":false,"s":"0.1","r":false,"m":5,"t":false}})"));
    for (int i = 0; i < 3; ++i)
      access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 31'000);
    hours();
  }
  // Something for every stream of bob's and of the market.
  void trade() {
    static_cast<void>(alice.act(order(false, "60000", "0.2")));
    static_cast<void>(alice.act(order(true, "59000", "0.2")));
    static_cast<void>(bob.act(order(true, "60000", "0.1", "Ioc")));
    api.advance();
    hours();
    static_cast<void>(
        bob.act(R"({"type":"usdSend","destination":")" + alice.hex() + R"(","amount":"1"})"));
    static_cast<void>(bob.act(R"({"type":"order","grouping":"na","orders":[{"a":0,"b":true,)"
                              R"("p":"50000","s":"0.1","r":false,"t":{"limit":{"tif":"Gtc"}},)"
                              R"("goodTil":)" +
                              std::to_string(access.time() + 1'000) + "}]}"));
    access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 2'000);
    api.advance();
  }
  static json::object reversed(const json::value& value) {
    json::object out;
    const json::object& fields = value.as_object();
    for (auto it = fields.end(); it != fields.begin();) {
      --it;
      out[it->key()] = it->value();
    }
    return out;
  }
};

TEST_F(Dex17SdkRequests, get_the_shapes_their_clients_expect) {
  const json::value cases = json::parse(read_file("sdk_requests.json"));
  ASSERT_GT(cases.as_array().size(), 70U);
  for (const json::value& each : cases.as_array()) {
    const std::string name(each.at("name").as_string());
    json::value reply;
    if (const json::value* action = each.as_object().if_contains("action")) {
      Trader& sender = each.at("as").as_string() == "alice" ? alice : bob;
      reply = sender.act(json::serialize(with_names(*action, names)));
    } else {
      reply = json::parse(api.post_info(json::serialize(with_names(each.at("query"), names))).body);
    }
    EXPECT_EQ(misfit(reply, with_names(each.at("shape"), names), name), "");
    if (const json::value* keep = each.as_object().if_contains("keep"))
      names[text(*keep)] = text(reply.at("response").at("data"));
    if (name == "userFees") work();
  }
}

TEST_F(Dex17SdkRequests, subscribe_and_unsubscribe_as_their_clients_do) {
  const json::value cases = with_names(json::parse(read_file("sdk_subscriptions.json")), names);
  for (const json::value& each : cases.as_array()) {
    const auto first = say({{"method", "subscribe"}, {"subscription", each.at("subscription")}});
    ASSERT_FALSE(first.empty());
    EXPECT_EQ(json::serialize(first[0]),
              json::serialize(json::value{
                  {"channel", "subscriptionResponse"},
                  {"data", {{"method", "subscribe"}, {"subscription", each.at("subscription")}}}}));
  }
  sink->messages.clear();
  trade();
  for (const json::value& each : cases.as_array()) {
    const std::string channel = text(each.at("channel"));
    const auto told = sink->of(channel);
    ASSERT_FALSE(told.empty()) << channel;
    // User events are messages of several shapes.
    const bool one_fits = std::ranges::any_of(told, [&](const json::value& data) {
      return misfit(data, each.at("shape"), channel).empty();
    });
    EXPECT_TRUE(one_fits) << misfit(told.back(), each.at("shape"), channel);
  }
  for (const json::value& each : cases.as_array()) {
    const auto last =
        say({{"subscription", reversed(each.at("subscription"))}, {"method", "unsubscribe"}});
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(text(last[0].at("channel")), "subscriptionResponse");
    EXPECT_EQ(text(last[0].at("data").at("method")), "unsubscribe");
  }
  sink->messages.clear();
  trade();
  EXPECT_TRUE(sink->messages.empty());
}

TEST_F(Dex17SdkRequests, ping_and_post_as_their_clients_do) {
  EXPECT_EQ(json::serialize(say({{"method", "ping"}}).at(0)), R"({"channel":"pong"})");
  const auto post = [&](const char* type, const json::value& payload) {
    const auto told =
        say({{"method", "post"}, {"id", 123}, {"request", {{"type", type}, {"payload", payload}}}});
    EXPECT_EQ(told.size(), 1U);
    EXPECT_EQ(text(told.at(0).at("channel")), "post");
    EXPECT_EQ(told.at(0).at("data").at("id").to_number<int>(), 123);
    return told.at(0).at("data").at("response");
  };
  const json::value book =
      post("info", {{"type", "l2Book"}, {"coin", "BTC"}, {"nSigFigs", 5}, {"mantissa", nullptr}});
  EXPECT_EQ(
      misfit(
          book,
          json::parse(
              R"({"type":"=info","payload":{"type":"=l2Book","data":{"coin":"=BTC","time":"number","levels":["array","array"]}}})"),
          "book"),
      "");
  const json::value done = post("action", json::parse(alice.body(order(true, "59000", "0.1"))));
  EXPECT_EQ(
      misfit(
          done,
          json::parse(
              R"({"type":"=action","payload":{"status":"=ok","response":{"type":"=order","data":{"statuses":[{"resting":{"oid":"number"}}]}}}})"),
          "action"),
      "");
  const json::value wrong = post("info", {{"type", "l2Book"}, {"coin", "NONE"}});
  EXPECT_EQ(misfit(wrong, json::parse(R"({"type":"=error","payload":"string"})"), "wrong"), "");
  EXPECT_EQ(text(post("info", json::array{}).at("type")), "error");
}

}  // namespace
}  // namespace ol::api::test
