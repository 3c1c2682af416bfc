#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <ol/rpc/server.hpp>

#include "fake_backend.hpp"

namespace ol::rpc::test {

/// Whether `condition` becomes true within a minute. Yields, so it returns as soon as it does.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A server over a fake chain on a port the system chose, served by two threads.
class ServerTest : public ::testing::Test {
 protected:
  ~ServerTest() override { stop(); }

  void start() {
    Registry registry;
    add_standard_methods(registry, backend);
    registry.add(
        "test_wait",
        [this](const Params&) -> RpcResult { return eventually(slow_may_end) ? "1" : "0"; },
        Weight::Heavy);
    registry.add_waiting("test_block", [this](const Params&) -> std::variant<RpcResult, Wait> {
      return Wait{.poll = [this]() -> std::optional<RpcResult> {
                    if (!block_is_there) return std::nullopt;
                    return RpcResult("2");
                  },
                  .patience = patience,
                  .late = {kWaitedTooLong, "late", "\"0x1\""}};
    });
    registry.add("test_big", [](const Params&) -> RpcResult {
      return '"' + std::string(8'000'000, 'b') + '"';
    });
    server.emplace(options, std::move(registry), backend, hooks);
    const auto listening = server->listen();
    ASSERT_TRUE(listening.has_value()) << listening.error();
    for (int i = 0; i < rpc_threads; ++i)
      threads_.emplace_back([this] { server->run(); });
    for (int i = 0; i < call_threads; ++i)
      threads_.emplace_back([this] { server->run_calls(); });
    const auto wanted = static_cast<std::size_t>(call_threads);
    ASSERT_TRUE(eventually([&] { return server->stats().call_threads == wanted; }));
  }

  void stop() {
    if (server) server->stop();
    for (std::thread& thread : threads_)
      thread.join();
    threads_.clear();
  }

  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const {
    return {boost::asio::ip::make_address("127.0.0.1"), server->port()};
  }

  FakeBackend backend;
  int rpc_threads = 2;
  int call_threads = 1;
  /// test_wait answers 1 once this is true.
  std::function<bool()> slow_may_end = [] { return true; };
  /// test_block answers 2 once this is true, at the next block.
  std::atomic<bool> block_is_there = false;
  std::chrono::milliseconds patience{600'000};
  ServerOptions options;
  ServerHooks hooks;
  std::optional<Server> server;

 private:
  std::vector<std::thread> threads_;
};

/// A blocking connection that sends and reads raw bytes.
class RawClient {
 public:
  explicit RawClient(const boost::asio::ip::tcp::endpoint& endpoint,
                     const std::string& from = "127.0.0.1")
      : socket_(io_) {
    socket_.open(endpoint.protocol());
    socket_.bind({boost::asio::ip::make_address(from), 0});
    socket_.connect(endpoint);
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
  }

  /// One HTTP response: its head, with the last empty line, and its body.
  std::string read_response() {
    boost::system::error_code error;
    const std::size_t head =
        boost::asio::read_until(socket_, boost::asio::dynamic_buffer(buffer_), "\r\n\r\n", error);
    if (error) return "closed: " + buffer_;
    const std::size_t end = head + content_length(buffer_.substr(0, head));
    if (buffer_.size() < end) {
      boost::asio::read(socket_, boost::asio::dynamic_buffer(buffer_),
                        boost::asio::transfer_exactly(end - buffer_.size()), error);
    }
    std::string out = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return out;
  }

  /// Everything until the server closes.
  std::string read_to_end() {
    boost::system::error_code error;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(buffer_), error);
    return std::move(buffer_);
  }

  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  static std::size_t content_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
};

inline std::string body_of(const std::string& response) {
  const auto at = response.find("\r\n\r\n");
  return at == std::string::npos ? response : response.substr(at + 4);
}

inline std::string status_of(const std::string& response) {
  return response.substr(0, response.find("\r\n"));
}

inline std::string post(std::string_view body, std::string_view more_headers = {}) {
  return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         std::string(more_headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

inline constexpr std::string_view kWait = R"({"jsonrpc":"2.0","id":1,"method":"test_wait"})";
inline constexpr std::string_view kWaitAnswer = R"({"jsonrpc":"2.0","id":1,"result":1})";
inline constexpr std::string_view kBlock = R"({"jsonrpc":"2.0","id":1,"method":"test_block"})";
inline constexpr std::string_view kBlockAnswer = R"({"jsonrpc":"2.0","id":1,"result":2})";
inline constexpr std::string_view kLateAnswer =
    R"({"jsonrpc":"2.0","id":1,"error":{"code":4,"message":"late","data":"0x1"}})";
inline constexpr std::string_view kBlockNumber =
    R"({"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"})";
inline constexpr std::string_view kBlockNumberAnswer = R"({"jsonrpc":"2.0","id":1,"result":"0x3"})";

}  // namespace ol::rpc::test
