#include <algorithm>
#include <deque>
#include <mutex>

#include <gmock/gmock.h>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json/parse.hpp>

#include <ol/base/hex.hpp>

#include "test_server.hpp"

namespace ol::rpc::test {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A blocking WebSocket client.
class WsClient {
 public:
  explicit WsClient(const tcp::endpoint& endpoint, int receive_buffer = 0) : ws_(io_) {
    tcp::socket& socket = beast::get_lowest_layer(ws_);
    socket.open(endpoint.protocol());
    if (receive_buffer != 0) {
      socket.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer));
    }
    socket.connect(endpoint);
    ws_.handshake("localhost", "/");
  }

  void send(std::string_view text) { ws_.write(boost::asio::buffer(text.data(), text.size())); }

  std::string read() {
    beast::flat_buffer buffer;
    beast::error_code error;
    ws_.read(buffer, error);
    if (error) return "closed " + std::to_string(ws_.reason().code);
    return beast::buffers_to_string(buffer.data());
  }

  std::string ask(std::string_view text) {
    send(text);
    return read();
  }

  /// The subscription's id.
  std::string subscribe(const std::string& params) {
    const auto response = boost::json::parse(
        ask(R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":)" + params + "}"));
    return std::string(response.at("result").as_string());
  }

 private:
  boost::asio::io_context io_;
  websocket::stream<tcp::socket> ws_;
};

class ServerWsTest : public ServerTest {
 protected:
  void publish_head() {
    const BlockPtr head = backend.head();
    server->publish_new_head(head->header, head->hash);
  }
  static std::string upgrade(const std::string& more_headers) {
    return "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
           more_headers + "\r\n";
  }
};

TEST_F(ServerWsTest, answers_requests_and_batches_on_the_same_port) {
  start();
  WsClient client(endpoint());
  EXPECT_EQ(client.ask(kBlockNumber), kBlockNumberAnswer);
  EXPECT_EQ(client.ask("[" + std::string(kBlockNumber) + "]"),
            "[" + std::string(kBlockNumberAnswer) + "]");
  EXPECT_THAT(client.ask("{"), HasSubstr("-32700"));
  EXPECT_EQ(server->stats().websockets_opened, 1U);
}

TEST_F(ServerWsTest, a_call_waits_for_a_block_and_those_behind_it_for_the_call) {
  start();
  WsClient client(endpoint());
  client.send(std::string(kBlock));
  client.send(std::string(kBlockNumber));
  ASSERT_TRUE(eventually([&] { return !server->stats().methods.empty(); }));
  block_is_there = true;
  publish_head();
  EXPECT_EQ(client.read(), kBlockAnswer);
  EXPECT_EQ(client.read(), kBlockNumberAnswer);
  EXPECT_EQ(client.ask(kBlock), kBlockAnswer);
}

TEST_F(ServerWsTest, answers_many_requests_sent_at_once_in_order) {
  start();
  WsClient client(endpoint());
  for (int i = 0; i < 200; ++i) {
    client.send(R"({"jsonrpc":"2.0","id":)" + std::to_string(i) +
                R"(,"method":"eth_blockNumber"})");
  }
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(client.read(),
              R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + R"(,"result":"0x3"})");
  }
}

TEST_F(ServerWsTest, tells_subscribers_of_new_heads_until_they_unsubscribe) {
  start();
  WsClient client(endpoint());
  const std::string id = client.subscribe(R"(["newHeads"])");
  publish_head();
  const auto event = boost::json::parse(client.read()).as_object();
  EXPECT_EQ(event.at("jsonrpc"), "2.0");
  EXPECT_EQ(event.at("method"), "eth_subscription");
  EXPECT_EQ(event.at("params").at("subscription"), boost::json::value(id));
  const auto& head = event.at("params").at("result").as_object();
  EXPECT_EQ(head.at("number"), "0x3");
  EXPECT_EQ(head.at("hash"), boost::json::value(to_hex_prefixed(backend.head()->hash.view())));
  EXPECT_EQ(head.size(), 22U);
  EXPECT_FALSE(head.contains("transactions"));
  EXPECT_EQ(server->stats().subscriptions_open, 1U);

  const std::string unsubscribe =
      R"({"jsonrpc":"2.0","id":1,"method":"eth_unsubscribe","params":[")" + id + "\"]}";
  EXPECT_EQ(client.ask(unsubscribe), R"({"jsonrpc":"2.0","id":1,"result":true})");
  EXPECT_EQ(
      client.ask(unsubscribe),
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"subscription not found"}})");
  publish_head();
  EXPECT_EQ(client.ask(kBlockNumber), kBlockNumberAnswer);
}

TEST_F(ServerWsTest, tells_of_pending_transactions_by_hash_or_whole) {
  start();
  WsClient hashes(endpoint());
  WsClient whole(endpoint());
  const std::string id = hashes.subscribe(R"(["newPendingTransactions"])");
  (void)hashes.subscribe(R"(["newHeads"])");
  (void)whole.subscribe(R"(["newPendingTransactions",true])");
  const auto hash = backend.pending[0]->hash;
  // Not in the pool: whoever wants it whole is not told.
  server->publish_pending(primitives::TxnHash{});
  server->publish_pending(hash);
  const std::string start =
      R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":")" + id +
      R"(","result":")";
  EXPECT_EQ(hashes.read(), start + "0x" + std::string(64, '0') + "\"}}");
  EXPECT_EQ(hashes.read(), start + to_hex_prefixed(hash.view()) + "\"}}");
  EXPECT_EQ(boost::json::parse(whole.read()).at("params").at("result").at("hash"),
            boost::json::value(to_hex_prefixed(hash.view())));
}

TEST_F(ServerWsTest, keeps_nobody_waiting_while_a_call_takes_long) {
  rpc_threads = 1;
  std::atomic<bool> answered = false;
  slow_may_end = [&] { return answered.load(); };
  start();
  WsClient slow(endpoint());
  WsClient quick(endpoint());
  slow.send(kWait);
  slow.send(kBlockNumber);
  EXPECT_EQ(quick.ask(kBlockNumber), kBlockNumberAnswer);
  answered = true;
  EXPECT_EQ(slow.read(), kWaitAnswer) << "in the order of the requests";
  EXPECT_EQ(slow.read(), kBlockNumberAnswer);
}

TEST_F(ServerWsTest, tells_subscribers_of_the_logs_they_want) {
  start();
  WsClient all(endpoint());
  WsClient some(endpoint());
  (void)all.subscribe(R"(["logs"])");
  (void)some.subscribe(R"(["logs",{"address":"0xc0de00000000000000000000000000000000c0de"}])");
  auto block = std::make_shared<BlockRecord>(*backend.blocks[2]);
  block->receipts[0].logs = {{FakeBackend::bob(), {}, {}}};
  block->receipts[1].logs = {{FakeBackend::contract(), {}, {0x01}}};
  server->publish_logs(block);
  const auto of = [](const std::string& text) {
    return boost::json::parse(text).at("params").at("result").at("logIndex");
  };
  EXPECT_EQ(of(all.read()), "0x0");
  EXPECT_EQ(of(all.read()), "0x1");
  EXPECT_EQ(of(some.read()), "0x1");
}

TEST_F(ServerWsTest, refuses_subscriptions_it_does_not_know_and_too_many) {
  options.limits.subscriptions_per_client_max = 2;
  start();
  WsClient client(endpoint());
  const auto ask = [&](const std::string& params) {
    return client.ask(R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":)" + params +
                      "}");
  };
  EXPECT_THAT(ask(R"(["syncing"])"), HasSubstr("\"code\":-32601"));
  EXPECT_THAT(ask("[]"), HasSubstr("expected subscription name as first argument"));
  EXPECT_THAT(ask(R"(["newHeads",1])"), HasSubstr("too many arguments, want at most 1"));
  EXPECT_THAT(ask(R"(["newHeads"])"), HasSubstr("\"result\""));
  EXPECT_THAT(ask(R"(["newPendingTransactions",false])"), HasSubstr("\"result\""));
  EXPECT_THAT(ask(R"(["newHeads"])"), HasSubstr("too many subscriptions"));
  EXPECT_THAT(client.ask(R"({"jsonrpc":"2.0","id":1,"method":"eth_unsubscribe","params":["q"]})"),
              HasSubstr("subscription not found"));
}

TEST_F(ServerWsTest, forgets_the_subscriptions_of_a_client_that_leaves) {
  start();
  {
    WsClient client(endpoint());
    (void)client.subscribe(R"(["newHeads"])");
  }
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
  EXPECT_EQ(server->stats().subscriptions_open, 0U);
  publish_head();
  EXPECT_EQ(WsClient(endpoint()).ask(kBlockNumber), kBlockNumberAnswer);
}

struct SlowReader : ServerWsTest {
  void expect_dropped(std::size_t wanted, std::size_t slow_clients, const std::string& why);
  std::deque<WsClient> slow;

 private:
  [[nodiscard]] std::size_t dropped_for(const std::string& why) {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(std::ranges::count(dropped, "127.0.0.1 " + why));
  }
  std::mutex mutex;
  std::vector<std::string> dropped;
};

// Of some clients one reads: so many others are cut off, and that one loses nothing and goes on.
void SlowReader::expect_dropped(std::size_t wanted, std::size_t slow_clients,
                                const std::string& why) {
  hooks.client_dropped = [&](const std::string& address, const std::string& reason) {
    const std::lock_guard lock(mutex);
    dropped.push_back(address + " " + reason);
  };
  // Events of 200 kB, so that the buffers of the system fill soon.
  backend.add_to_pool(
      {.nonce = 4, .tip = 1, .fee_cap = 1, .value = 1, .access_list = {}, .data = Bytes(100'000)});
  start();
  for (std::size_t i = 0; i < slow_clients; ++i) {
    slow.emplace_back(endpoint(), 4096);
    (void)slow.back().subscribe(R"(["newPendingTransactions",true])");
  }
  WsClient fast(endpoint());
  (void)fast.subscribe(R"(["newPendingTransactions",true])");
  int events = 0;
  while (dropped_for(why) < wanted && events < 1000) {
    server->publish_pending(backend.pending[1]->hash);
    EXPECT_THAT(fast.read(), StartsWith(R"({"jsonrpc":"2.0","method":"eth_subscription")"));
    ++events;
  }
  EXPECT_TRUE(eventually([&] {
    const auto stats = server->stats();
    return stats.connections_open == 1 + slow_clients - stats.slow_clients_dropped;
  }));
  EXPECT_EQ(fast.ask(kBlockNumber), kBlockNumberAnswer);
  EXPECT_GE(dropped_for(why), wanted);
}

TEST_F(SlowReader, is_dropped_when_too_many_messages_wait_for_it) {
  options.limits.send_queue_messages_max = 8;
  expect_dropped(1, 1, "it does not read what it subscribed to");
}

// Most have less waiting than they might.
TEST_F(SlowReader, is_dropped_when_too_much_waits_for_all_clients) {
  options.limits.send_queue_bytes_max = 1'000'000;
  expect_dropped(3, 40, "what clients do not read is too much, and most of it waits for this one");
  EXPECT_GE(server->stats().greatest_queues_dropped, 3U);
  EXPECT_LE(server->stats().send_queue_bytes, 16'000'000U);
}

TEST_F(SlowReader, leaves_nothing_counted_when_it_is_gone) {
  options.limits.send_queue_bytes_max = 1'000'000;
  expect_dropped(3, 40, "what clients do not read is too much, and most of it waits for this one");
  EXPECT_GT(server->stats().send_queue_bytes, 0U);
  slow.clear();
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
  EXPECT_EQ(server->stats().send_queue_bytes, 0U);
}

TEST_F(ServerWsTest, drops_a_client_that_does_not_take_an_answer_in_time) {
  options.limits.write_timeout = milliseconds(50);
  start();
  WsClient client(endpoint(), 4096);
  client.send(R"({"jsonrpc":"2.0","id":1,"method":"test_big"})");
  EXPECT_TRUE(eventually([&] { return server->stats().slow_clients_dropped == 1; }));
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
}

TEST_F(ServerWsTest, stops_reading_requests_whose_answers_are_not_read) {
  start();
  WsClient client(endpoint(), 4096);
  const std::string big = R"({"jsonrpc":"2.0","id":1,"method":"test_big"})";
  for (int i = 0; i < 20; ++i)
    client.send(big);
  // At 8 MB an answer, all twenty would be 160 MB of our memory.
  for (int i = 0; i < 20; ++i)
    EXPECT_GT(client.read().size(), 8'000'000U);
  EXPECT_EQ(server->stats().slow_clients_dropped, 0U);
}

TEST_F(ServerWsTest, closes_on_a_message_above_the_limit) {
  options.limits.body_bytes_max = 100;
  start();
  WsClient client(endpoint());
  EXPECT_EQ(client.ask(std::string(kBlockNumber) + std::string(100 - kBlockNumber.size(), ' ')),
            kBlockNumberAnswer);
  EXPECT_EQ(client.ask(std::string(101, ' ')), "closed 1009");
}

TEST_F(ServerWsTest, pings_and_then_closes_a_client_that_is_silent) {
  options.limits.idle_timeout = milliseconds(2000);
  start();
  RawClient client(endpoint());
  client.send(upgrade(""));
  EXPECT_EQ(status_of(client.read_response()), "HTTP/1.1 101 Switching Protocols");
  // A ping frame without payload, then the end.
  EXPECT_THAT(client.read_to_end(), StartsWith(std::string("\x89\0", 2)));
}

TEST_F(ServerWsTest, refuses_origins_that_are_not_configured_and_frames_before_the_upgrade) {
  start();
  RawClient foreign(endpoint());
  foreign.send(upgrade("Origin: https://evil.example\r\n"));
  EXPECT_THAT(foreign.read_response(), StartsWith("HTTP/1.1 403 Forbidden"));
  RawClient eager(endpoint());
  eager.send(upgrade("") + std::string("\x81\x80\0\0\0\0", 6));
  EXPECT_THAT(eager.read_response(), StartsWith("HTTP/1.1 400 Bad Request"));
}

TEST_F(ServerWsTest, refuses_a_handshake_of_another_version) {
  start();
  RawClient client(endpoint());
  std::string request = upgrade("");
  request.replace(request.find("Version: 13"), 11, "Version: 12");
  client.send(request);
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 4"));
}

TEST_F(ServerWsTest, drops_events_rather_than_let_them_pile_up) {
  start();
  WsClient client(endpoint());
  (void)client.subscribe(R"(["newPendingTransactions"])");
  // With the threads gone nobody takes the events.
  stop();
  for (int i = 0; i < 5000; ++i)
    server->publish_pending(primitives::TxnHash{});
  EXPECT_EQ(server->stats().events_dropped, 5000U - 4096U);
}

}  // namespace
}  // namespace ol::rpc::test
