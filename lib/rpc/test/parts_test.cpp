// The server's parts that need no socket: routing, connection counting, event fan-out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connection_table.hpp"
#include "event_hub.hpp"
#include "http_router.hpp"

namespace ol::rpc {
namespace {

TEST(Vhosts, admits_listed_names_addresses_and_no_name) {
  const std::vector<std::string> vhosts{"localhost", "Node.example"};
  for (const char* host : {"", "localhost", "LOCALHOST:8545", "node.EXAMPLE", "127.0.0.1",
                           "10.1.2.3:8545", "[::1]:8545", "[::1]"}) {
    EXPECT_TRUE(host_is_allowed(host, vhosts)) << host;
  }
}

TEST(Vhosts, refuses_other_names) {
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "local", "[::1", "[evil]:80"}) {
    EXPECT_FALSE(host_is_allowed(host, {"localhost"})) << host;
  }
  EXPECT_TRUE(host_is_allowed("evil.example", {"*"}));
  EXPECT_FALSE(host_is_allowed("localhost", {}));
}

class RouterTest : public ::testing::Test {
 protected:
  HttpHead head(HttpMethod method, std::string_view target = "/") const {
    HttpHead out;
    out.method = method;
    out.target = target;
    out.host = "localhost:8545";
    out.content_type = "application/json";
    return out;
  }
  HttpRouter router() { return {options, hooks, dispatcher}; }
  unsigned refusal(const HttpHead& head) {
    const auto reply = router().refuse(head);
    return reply ? reply->status : 0;
  }
  static std::string header(const HttpReply& reply, std::string_view name) {
    for (const auto& entry : reply.headers) {
      if (entry.name == name) return entry.value;
    }
    return "none";
  }

  ServerOptions options;
  ServerHooks hooks;
  Dispatcher dispatcher{Registry{}};
};

TEST_F(RouterTest, greets_whoever_opens_the_root) {
  const HttpReply reply = router().answer(head(HttpMethod::Get, "/?a=b"), "");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_THAT(reply.body, ::testing::HasSubstr("JSON-RPC endpoint"));
  EXPECT_EQ(router().answer(head(HttpMethod::Get, "/nope"), "").status, 404U);
}

TEST_F(RouterTest, tells_health_as_the_node_sees_it) {
  EXPECT_EQ(router().answer(head(HttpMethod::Get, "/healthz"), "").body, R"({"status":"ok"})");
  hooks.unhealthy = [] { return std::string("no \"quorum\""); };
  const HttpReply reply = router().answer(head(HttpMethod::Get, "/healthz"), "");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.body, R"({"status":"unhealthy","reason":"no \"quorum\""})");
}

TEST_F(RouterTest, serves_metrics_if_the_node_has_any) {
  EXPECT_EQ(router().answer(head(HttpMethod::Get, "/metrics"), "").status, 404U);
  hooks.metrics = [] { return std::string("ol_height 3\n"); };
  const HttpReply reply = router().answer(head(HttpMethod::Get, "/metrics"), "");
  EXPECT_EQ(reply.body, "ol_height 3\n");
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(RouterTest, refuses_by_host_method_path_and_content_type) {
  EXPECT_EQ(refusal(head(HttpMethod::Post)), 0U);
  EXPECT_EQ(refusal(head(HttpMethod::Get, "/metrics")), 0U);
  EXPECT_EQ(refusal(head(HttpMethod::Other)), 405U);
  EXPECT_EQ(refusal(head(HttpMethod::Post, "/healthz")), 404U);
  HttpHead other = head(HttpMethod::Post);
  other.content_type = "Application/JSON ; charset=utf-8";
  EXPECT_EQ(refusal(other), 0U);
  other.content_type = "text/plain";
  EXPECT_EQ(refusal(other), 415U);
  other.content_type = "";
  EXPECT_EQ(refusal(other), 415U);
  other = head(HttpMethod::Get);
  other.host = "evil.example";
  EXPECT_EQ(refusal(other), 403U);
}

TEST_F(RouterTest, opens_websockets_at_the_root_to_allowed_origins) {
  HttpHead upgrade = head(HttpMethod::Get);
  upgrade.upgrades = true;
  EXPECT_EQ(refusal(upgrade), 0U);
  upgrade.origin = "https://evil.example";
  EXPECT_EQ(refusal(upgrade), 403U);
  options.cors_origins = {"https://page.example"};
  upgrade.origin = "https://page.example";
  EXPECT_EQ(refusal(upgrade), 0U);
  upgrade.target = "/elsewhere";
  EXPECT_EQ(refusal(upgrade), 404U);
}

TEST_F(RouterTest, says_nothing_of_cors_unless_configured) {
  HttpHead request = head(HttpMethod::Post);
  request.origin = "https://page.example";
  EXPECT_TRUE(router().answer(request, "[]").headers.empty());
}

TEST_F(RouterTest, allows_the_configured_origin_and_no_other) {
  options.cors_origins = {"https://page.example"};
  HttpHead request = head(HttpMethod::Post);
  request.origin = "https://page.example";
  EXPECT_EQ(header(router().answer(request, "[]"), "Access-Control-Allow-Origin"),
            "https://page.example");
  request.origin = "https://evil.example";
  const HttpReply other = router().answer(request, "[]");
  EXPECT_EQ(header(other, "Access-Control-Allow-Origin"), "none");
  EXPECT_EQ(header(other, "Vary"), "Origin");
}

TEST_F(RouterTest, answers_a_preflight_without_a_body) {
  options.cors_origins = {"*"};
  HttpHead request = head(HttpMethod::Options);
  request.origin = "https://any.example";
  const HttpReply reply = router().answer(request, "");
  EXPECT_EQ(reply.status, 204U);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(header(reply, "Access-Control-Allow-Methods"), "GET, POST");
  EXPECT_EQ(header(reply, "Access-Control-Allow-Headers"), "Content-Type");
}

TEST(ConnectionTable, admits_up_to_each_limit_and_again_after_one_left) {
  ConnectionTable table(3, 2);
  EXPECT_EQ(table.admit("a"), Admission::Admitted);
  {
    EXPECT_EQ(table.admit("a"), Admission::Admitted);
    ConnectionSlot second(table, "a");
    ConnectionSlot moved(std::move(second));
    EXPECT_EQ(table.admit("a"), Admission::PerAddressReached);
    EXPECT_EQ(table.admit("b"), Admission::Admitted);
    EXPECT_EQ(table.admit("c"), Admission::TotalReached);
    EXPECT_EQ(table.open(), 3U);
  }
  EXPECT_EQ(table.open(), 2U);
  EXPECT_EQ(table.admit("a"), Admission::Admitted);
}

class Sink final : public EventSink {
 public:
  void notify(SubscriptionId id, EventText result) override {
    seen.emplace_back(id, std::move(result));
  }
  std::vector<std::pair<SubscriptionId, EventText>> seen;
};

Interest in(Topic topic) {
  return {.topic = topic, .logs = {}};
}

TEST(EventHub, hands_one_encoded_text_to_every_subscriber_of_the_topic) {
  EventHub hub;
  const auto a = std::make_shared<Sink>();
  const auto b = std::make_shared<Sink>();
  const SubscriptionId id_a = hub.add(in(Topic::NewHeads), a);
  const SubscriptionId id_b = hub.add(in(Topic::NewHeads), b);
  (void)hub.add(in(Topic::PendingHashes), b);
  const auto text = std::make_shared<const std::string>("{}");
  hub.deliver(Topic::NewHeads, text);
  ASSERT_EQ(a->seen.size(), 1U);
  ASSERT_EQ(b->seen.size(), 1U);
  EXPECT_EQ(a->seen[0].first, id_a);
  EXPECT_EQ(b->seen[0].first, id_b);
  EXPECT_EQ(a->seen[0].second.get(), b->seen[0].second.get());
}

TEST(EventHub, hands_a_log_to_those_who_want_it) {
  EventHub hub;
  const auto all = std::make_shared<Sink>();
  const auto some = std::make_shared<Sink>();
  (void)hub.add(in(Topic::Logs), all);
  (void)hub.add({.topic = Topic::Logs, .logs = {.addresses = {Address{{1}}}, .topics = {}}}, some);
  const auto text = std::make_shared<const std::string>("{}");
  hub.deliver_log({Address{{2}}, {}, {}}, text);
  EXPECT_EQ(all->seen.size(), 1U);
  EXPECT_TRUE(some->seen.empty());
  hub.deliver_log({Address{{1}}, {}, {}}, text);
  EXPECT_EQ(some->seen.size(), 1U);
}

TEST(EventHub, forgets_who_left_and_skips_who_died) {
  EventHub hub;
  const auto sink = std::make_shared<Sink>();
  const SubscriptionId id = hub.add(in(Topic::NewHeads), sink);
  {
    (void)hub.add(in(Topic::NewHeads), std::make_shared<Sink>());
  }
  EXPECT_EQ(hub.open(), 2U);
  hub.remove(Topic::NewHeads, id);
  hub.remove(Topic::NewHeads, id);
  EXPECT_EQ(hub.open(), 1U);
  EXPECT_TRUE(hub.has(Topic::NewHeads));
  EXPECT_FALSE(hub.has(Topic::PendingHashes));
  hub.deliver(Topic::NewHeads, std::make_shared<const std::string>("{}"));
  EXPECT_TRUE(sink->seen.empty());
}

}  // namespace
}  // namespace ol::rpc
