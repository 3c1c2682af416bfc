#include <atomic>
#include <mutex>

#include <gmock/gmock.h>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <ol/rpc/extension.hpp>

#include "test_server.hpp"

namespace ol::rpc::test {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kLarge = 1'000'000;

/// Repeats what it is asked; keeps the reply to /later until told.
class Echo final : public Extension {
 public:
  bool serves(ExtensionMethod method, std::string_view path) const override {
    return path == "/later" || (method == ExtensionMethod::Post && path == "/echo");
  }
  void answer(ExtensionRequest request, Reply done) override {
    if (request.target == "/later") {
      const std::lock_guard lock(mutex_);
      later_ = std::move(done);
      waits = true;
      return;
    }
    ExtensionReply reply;
    reply.body = request.target + " " + request.body;
    reply.headers.push_back({"X-Height", "7"});
    done(std::move(reply));
  }
  bool upgrades(std::string_view path) const override { return path == "/ws"; }
  std::unique_ptr<ExtensionClient> connect(std::weak_ptr<ExtensionSink> sink) override {
    return std::make_unique<Client>(*this, std::move(sink));
  }
  void answer_later() {
    Reply done;
    {
      const std::lock_guard lock(mutex_);
      done = std::move(later_);
      later_ = {};
    }
    ExtensionReply reply;
    reply.body = "at last";
    done(std::move(reply));
  }

  std::atomic<bool> waits{false};
  std::atomic<int> clients{0};

 private:
  class Client final : public ExtensionClient {
   public:
    Client(Echo& echo, std::weak_ptr<ExtensionSink> sink) : echo_(echo), sink_(std::move(sink)) {
      ++echo_.clients;
    }
    ~Client() override { --echo_.clients; }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    void receive(std::string_view text) override {
      const auto sink = sink_.lock();
      const auto large = std::make_shared<const std::string>(kLarge, 'x');
      if (text == "much") return sink->send(large);
      if (text != "flood") return sink->send(std::make_shared<const std::string>(text));
      for (int i = 0; i < 1000; ++i)
        sink->send(large);
    }

   private:
    Echo& echo_;
    std::weak_ptr<ExtensionSink> sink_;
  };

  std::mutex mutex_;
  Reply later_;
};

class ExtensionTest : public ServerTest {
 protected:
  void SetUp() override {
    hooks.extension = &echo;
    hooks.client_dropped = [this](const std::string&, const std::string& reason) {
      const std::lock_guard lock(mutex);
      dropped = reason;
    };
    start();
  }
  static std::string post(const std::string& path, const std::string& body) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  Echo echo;
  std::mutex mutex;
  std::string dropped;
};

/// A blocking WebSocket client at /ws.
class WsClient {
 public:
  explicit WsClient(const tcp::endpoint& endpoint) : ws_(io_) {
    tcp::socket& socket = beast::get_lowest_layer(ws_);
    socket.open(endpoint.protocol());
    socket.set_option(boost::asio::socket_base::receive_buffer_size(4096));
    socket.connect(endpoint);
    ws_.handshake("localhost", "/ws");
  }
  void send(std::string_view text) { ws_.write(boost::asio::buffer(text.data(), text.size())); }
  std::string read() {
    beast::flat_buffer buffer;
    ws_.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }

 private:
  boost::asio::io_context io_;
  websocket::stream<tcp::socket> ws_;
};

TEST_F(ExtensionTest, its_paths_are_answered_beside_json_rpc) {
  RawClient client(endpoint());
  client.send(post("/echo?wait=accepted", "{}"));
  const std::string reply = client.read_response();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(reply, HasSubstr("X-Height: 7"));
  EXPECT_THAT(reply, HasSubstr("/echo?wait=accepted {}"));
  client.send(post("/other", "{}"));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 404"));
}

TEST_F(ExtensionTest, an_answer_may_come_later_from_another_thread) {
  RawClient client(endpoint());
  client.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return echo.waits.load(); }));
  echo.answer_later();
  EXPECT_THAT(client.read_response(), HasSubstr("at last"));
}

TEST_F(ExtensionTest, websocket_messages_go_both_ways_until_the_client_leaves) {
  {
    WsClient client(endpoint());
    client.send("hello");
    EXPECT_EQ(client.read(), "hello");
    EXPECT_EQ(echo.clients.load(), 1);
  }
  EXPECT_TRUE(eventually([&] { return echo.clients.load() == 0; }));
}

TEST_F(ExtensionTest, who_asks_for_more_than_it_reads_is_read_later_and_gets_everything) {
  WsClient client(endpoint());
  // Half as much again as may wait for a client, in far fewer messages.
  constexpr int kQuestions = 48;
  for (int i = 0; i < kQuestions; ++i)
    client.send("much");
  for (int i = 0; i < kQuestions; ++i)
    ASSERT_EQ(client.read().size(), kLarge) << i;
}

TEST_F(ExtensionTest, a_client_that_never_reads_is_cut_with_a_reason) {
  WsClient slow(endpoint());
  slow.send("flood");
  ASSERT_TRUE(eventually([&] { return server->stats().slow_clients_dropped == 1; }));
  EXPECT_TRUE(eventually([&] { return echo.clients.load() == 0; }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(dropped, "it does not read what it subscribed to");
}

}  // namespace
}  // namespace ol::rpc::test
