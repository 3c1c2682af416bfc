#include <sys/resource.h>

#include <algorithm>
#include <memory>

#include <gmock/gmock.h>

#include "test_server.hpp"

namespace ol::rpc::test {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ServerHttpTest : public ServerTest {
 protected:
  RawClient connect() { return RawClient(endpoint()); }
  std::string once(const std::string& request) {
    RawClient client = connect();
    client.send(request);
    return client.read_response();
  }
};

TEST_F(ServerHttpTest, answers_a_request) {
  start();
  const std::string response = once(post(kBlockNumber));
  EXPECT_EQ(status_of(response), "HTTP/1.1 200 OK");
  EXPECT_THAT(response, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_EQ(body_of(response), kBlockNumberAnswer);
}

TEST_F(ServerHttpTest, keeps_nobody_waiting_while_a_call_takes_long) {
  rpc_threads = 1;
  std::atomic<bool> answered = false;
  slow_may_end = [&] { return answered.load(); };
  start();
  RawClient slow(endpoint());
  RawClient quick(endpoint());
  slow.send(post(kWait));
  quick.send(post(kBlockNumber));
  EXPECT_EQ(body_of(quick.read_response()), kBlockNumberAnswer);
  answered = true;
  EXPECT_EQ(body_of(slow.read_response()), kWaitAnswer);
}

TEST_F(ServerHttpTest, a_call_waits_for_a_block_without_a_thread) {
  rpc_threads = 1;
  start();
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(std::make_unique<RawClient>(endpoint()));
    waiting.back()->send(post(kBlock));
  }
  RawClient gone(endpoint());
  gone.send(post(kBlock));
  gone.socket().close();
  EXPECT_EQ(body_of(once(post(kBlockNumber))), kBlockNumberAnswer);
  ASSERT_TRUE(eventually([&] {
    const auto methods = server->stats().methods;
    return std::ranges::any_of(methods, [](const MethodStats& stats) {
      return stats.method == "test_block" && stats.calls == 6;
    });
  }));
  const BlockPtr head = backend.head();
  server->publish_new_head(head->header, head->hash);  // not the one
  block_is_there = true;
  server->publish_new_head(head->header, head->hash);
  for (const auto& client : waiting) {
    EXPECT_EQ(body_of(client->read_response()), kBlockAnswer);
    client->send(post(kBlockNumber));
    EXPECT_EQ(body_of(client->read_response()), kBlockNumberAnswer) << "the connection goes on";
  }
  EXPECT_EQ(body_of(once(post(kBlock))), kBlockAnswer) << "it is there already";
}

TEST_F(ServerHttpTest, a_call_waits_no_longer_than_it_should) {
  patience = milliseconds(1);
  start();
  EXPECT_EQ(body_of(once(post(kBlock))), kLateAnswer);
  EXPECT_THAT(body_of(once(post("[" + std::string(kBlock) + "]"))), HasSubstr("in a batch"));
  EXPECT_EQ(body_of(once(post(R"({"jsonrpc":"2.0","method":"test_block"})"))), "")
      << "a notification";
  EXPECT_THAT(
      body_of(once(post(R"({"jsonrpc":"2.0","id":1,"method":"no","params":["test_block"]})"))),
      HasSubstr("-32601"));
  EXPECT_THAT(body_of(once(post(R"({"method":"test_block")"))), HasSubstr("-32700"));
}

TEST_F(ServerHttpTest, stops_while_calls_wait) {
  start();
  RawClient client(endpoint());
  client.send(post(kBlock));
  ASSERT_TRUE(eventually([&] { return !server->stats().methods.empty(); }));
  stop();
  server.reset();
  EXPECT_EQ(client.read_response(), "closed: ");
}

TEST_F(ServerHttpTest, answers_calls_without_call_threads) {
  call_threads = 0;
  start();
  RawClient client(endpoint());
  client.send(post(kWait));
  EXPECT_EQ(body_of(client.read_response()), kWaitAnswer);
}

TEST_F(ServerHttpTest, answers_batches_notifications_and_nonsense) {
  start();
  RawClient client = connect();
  const std::string call(kBlockNumber);
  client.send(post("[" + call + "," + call + "]"));
  EXPECT_EQ(body_of(client.read_response()),
            "[" + std::string(kBlockNumberAnswer) + "," + std::string(kBlockNumberAnswer) + "]");
  client.send(post(R"({"jsonrpc":"2.0","method":"eth_blockNumber"})"));
  EXPECT_EQ(body_of(client.read_response()), "");
  client.send(post("{"));
  EXPECT_THAT(body_of(client.read_response()), HasSubstr("-32700"));
  client.send(post(R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]})"));
  EXPECT_THAT(body_of(client.read_response()), HasSubstr("notifications not supported"));
}

TEST_F(ServerHttpTest, answers_pipelined_requests_in_order) {
  start();
  RawClient client = connect();
  client.send(post(R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId"})") + post(kBlockNumber) +
              "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(body_of(client.read_response()), HasSubstr("0x1e61"));
  EXPECT_EQ(body_of(client.read_response()), kBlockNumberAnswer);
  EXPECT_EQ(body_of(client.read_response()), R"({"status":"ok"})");
}

TEST_F(ServerHttpTest, assembles_a_request_from_single_bytes) {
  start();
  RawClient client = connect();
  client.socket().set_option(boost::asio::ip::tcp::no_delay(true));
  for (const char byte : post(kBlockNumber))
    client.send({&byte, 1});
  EXPECT_EQ(body_of(client.read_response()), kBlockNumberAnswer);
}

TEST_F(ServerHttpTest, takes_chunked_bodies) {
  start();
  EXPECT_EQ(body_of(once("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n33\r\n" +
                         std::string(kBlockNumber) + "\r\n0\r\n\r\n")),
            kBlockNumberAnswer);
}

TEST_F(ServerHttpTest, lets_a_client_wait_for_permission_to_send_its_body) {
  start();
  RawClient client = connect();
  const std::string request = post(kBlockNumber, "Expect: 100-continue\r\n");
  const std::size_t head = request.size() - kBlockNumber.size();
  client.send(request.substr(0, head));
  EXPECT_EQ(status_of(client.read_response()), "HTTP/1.1 100 Continue");
  client.send(request.substr(head));
  EXPECT_EQ(body_of(client.read_response()), kBlockNumberAnswer);
}

TEST_F(ServerHttpTest, closes_when_the_client_wants_it) {
  start();
  RawClient client = connect();
  client.send(post(kBlockNumber, "Connection: close\r\n"));
  EXPECT_THAT(client.read_to_end(), HasSubstr("Connection: close"));
}

TEST_F(ServerHttpTest, serves_the_hooks) {
  hooks.metrics = [] { return std::string("ol_height 3\n"); };
  hooks.unhealthy = [] { return std::string("no peers"); };
  start();
  EXPECT_EQ(body_of(once("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")), "ol_height 3\n");
  EXPECT_THAT(once("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 503 Service Unavailable"));
}

TEST_F(ServerHttpTest, refuses_other_hosts_and_marks_allowed_origins) {
  options.cors_origins = {"https://page.example"};
  start();
  EXPECT_THAT(once("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
              StartsWith("HTTP/1.1 403 Forbidden"));
  EXPECT_THAT(once(post(kBlockNumber, "Origin: https://page.example\r\n")),
              HasSubstr("Access-Control-Allow-Origin: https://page.example\r\n"));
  EXPECT_THAT(once("OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://page.example\r\n\r\n"),
              HasSubstr("Access-Control-Allow-Methods: GET, POST\r\n"));
}

TEST_F(ServerHttpTest, accepts_a_body_at_the_limit_and_refuses_one_above) {
  options.limits.body_bytes_max = 100;
  start();
  const std::string padding(100 - kBlockNumber.size(), ' ');
  EXPECT_EQ(body_of(once(post(std::string(kBlockNumber) + padding))), kBlockNumberAnswer);
  EXPECT_THAT(once(post(std::string(kBlockNumber) + padding + " ")),
              StartsWith("HTTP/1.1 413 Payload Too Large"));
}

TEST_F(ServerHttpTest, delivers_the_refusal_of_a_body_the_client_insists_on_sending) {
  start();
  RawClient client = connect();
  client.send(post(std::string(6'000'000, ' ')));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 413 Payload Too Large"));
  EXPECT_EQ(server->stats().http_errors, 1U);
}

TEST_F(ServerHttpTest, refuses_chunks_that_add_up_above_the_limit) {
  options.limits.body_bytes_max = 100;
  start();
  EXPECT_THAT(once("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n40\r\n" +
                   std::string(64, ' ') + "\r\n40\r\n" + std::string(64, ' ') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 Payload Too Large"));
}

TEST_F(ServerHttpTest, refuses_headers_above_the_limit) {
  options.limits.header_bytes_max = 1024;
  start();
  EXPECT_THAT(once("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 Request Header Fields Too Large"));
}

TEST_F(ServerHttpTest, refuses_what_is_not_http) {
  start();
  EXPECT_THAT(once("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 Bad Request"));
  EXPECT_THAT(once("GET / HTTP/7.9\r\n\r\n"), StartsWith("HTTP/1.1 400 Bad Request"));
  EXPECT_THAT(once(post("", "Content-Length: -1\r\n")), StartsWith("HTTP/1.1 400 Bad Request"));
  EXPECT_EQ(body_of(once(post(kBlockNumber))), kBlockNumberAnswer);
}

TEST_F(ServerHttpTest, survives_clients_that_leave_in_the_middle) {
  start();
  for (const char* start : {"", "PO", "POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\n{"}) {
    connect().send(start);
  }
  EXPECT_TRUE(eventually([&] { return server->stats().connections_accepted == 3; }));
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
  EXPECT_EQ(body_of(once(post(kBlockNumber))), kBlockNumberAnswer);
}

TEST_F(ServerHttpTest, cuts_a_client_that_dribbles_its_head_or_its_body) {
  options.limits.read_timeout = milliseconds(50);
  start();
  for (const std::string& part : {std::string("POST / HT"), post(kBlockNumber).substr(0, 110)}) {
    const std::uint64_t before = server->stats().timeouts;
    RawClient client = connect();
    client.send(part);
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_TRUE(eventually([&] { return server->stats().timeouts == before + 1; }));
  }
}

TEST_F(ServerHttpTest, closes_idle_connections) {
  options.limits.idle_timeout = milliseconds(2000);
  start();
  RawClient client = connect();
  client.send(post(kBlockNumber));
  EXPECT_THAT(client.read_to_end(), HasSubstr(kBlockNumberAnswer));
}

TEST_F(ServerHttpTest, cuts_a_client_that_does_not_read) {
  options.limits.write_timeout = milliseconds(50);
  start();
  RawClient client = connect();
  client.socket().set_option(boost::asio::socket_base::receive_buffer_size(4096));
  client.send(post(R"({"jsonrpc":"2.0","id":1,"method":"test_big"})"));
  EXPECT_TRUE(eventually([&] { return server->stats().timeouts == 1; }));
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
}

TEST_F(ServerHttpTest, admits_a_thousand_connections_and_no_more) {
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_cur < 2500) GTEST_SKIP() << "this system allows too few open files";
  options.limits.connections_max = 1000;
  options.limits.connections_per_ip_max = 1000;
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 1000; ++i)
    clients.push_back(std::make_unique<RawClient>(endpoint()));
  // Connections are accepted in order, so this one comes after all of them.
  EXPECT_THAT(connect().read_to_end(), StartsWith("HTTP/1.1 503 Service Unavailable"));
  EXPECT_EQ(server->stats().connections_open, 1000U);
  EXPECT_EQ(server->stats().connections_refused_total, 1U);
  clients.back()->send(post(kBlockNumber));
  EXPECT_EQ(body_of(clients.back()->read_response()), kBlockNumberAnswer);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
  EXPECT_EQ(body_of(once(post(kBlockNumber))), kBlockNumberAnswer);
}

TEST_F(ServerHttpTest, limits_each_address_apart) {
  options.limits.connections_per_ip_max = 1;
  start();
  RawClient first = connect();
  EXPECT_THAT(connect().read_to_end(), StartsWith("HTTP/1.1 503 Service Unavailable"));
  RawClient other(endpoint(), "127.0.0.2");
  other.send(post(kBlockNumber));
  EXPECT_EQ(body_of(other.read_response()), kBlockNumberAnswer);
  EXPECT_EQ(server->stats().connections_refused_per_ip, 1U);
}

TEST_F(ServerHttpTest, serves_several_endpoints) {
  options.endpoints = {{"127.0.0.1", 0}, {"127.0.0.1", 0}};
  start();
  RawClient client({boost::asio::ip::make_address("127.0.0.1"), server->port(1)});
  client.send(post(kBlockNumber));
  EXPECT_EQ(body_of(client.read_response()), kBlockNumberAnswer);
  EXPECT_NE(server->port(0), server->port(1));
}

TEST_F(ServerHttpTest, counts_what_it_did) {
  start();
  (void)once(post(kBlockNumber));
  (void)once(post("{}"));
  const ServerStats stats = server->stats();
  EXPECT_EQ(stats.connections_accepted, 2U);
  EXPECT_EQ(stats.http_requests, 2U);
  ASSERT_EQ(stats.methods.size(), 1U);
  EXPECT_EQ(stats.methods[0].method, "eth_blockNumber");
  EXPECT_EQ(stats.methods[0].calls, 1U);
}

TEST_F(ServerHttpTest, stops_with_connections_open_and_twice) {
  start();
  RawClient client = connect();
  client.send("POST / HT");
  stop();
  stop();
  server.reset();
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(ServerListen, says_which_endpoint_cannot_be_had_and_why) {
  FakeBackend backend;
  const auto listen = [&](Endpoint endpoint) {
    ServerOptions options;
    options.endpoints = {std::move(endpoint)};
    Server server(options, Registry{}, backend);
    const auto result = server.listen();
    return result ? std::string("listening") : result.error();
  };
  Server first(ServerOptions{}, Registry{}, backend);
  ASSERT_TRUE(first.listen().has_value());
  const std::string port = std::to_string(first.port());
  EXPECT_EQ(listen({"127.0.0.1", first.port()}), "cannot listen for RPC on 127.0.0.1:" + port +
                                                     ": the port is in use by another program");
  EXPECT_EQ(listen({"localhost", 0}), "cannot listen for RPC on \"localhost\": not an IP address");
  EXPECT_EQ(listen({"203.0.113.1", 7}),
            "cannot listen for RPC on 203.0.113.1:7: this machine does not have that address");
  EXPECT_EQ(listen({"2001:db8::1", 7}).substr(0, 42), "cannot listen for RPC on [2001:db8::1]:7: ");
}

}  // namespace
}  // namespace ol::rpc::test
