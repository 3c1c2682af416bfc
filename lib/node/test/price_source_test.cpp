#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "../src/price_source.hpp"

namespace ol::node {
namespace {

primitives::Genesis genesis(bool devnet = true) {
  primitives::Genesis out;
  out.devnet = devnet;
  out.time = primitives::TimeMs(1'000'000);
  out.exchange.emplace();
  primitives::ExchangeMarket btc;
  btc.name = "BTC";
  btc.sz_decimals = 5;
  btc.px = 650'000;
  primitives::ExchangeMarket eth = btc;
  eth.asset = 1;
  eth.name = "ETH";
  eth.sz_decimals = 4;
  primitives::ExchangeMarket spot;
  spot.asset = 10'000;
  spot.name = "OPEN/USD";
  out.exchange->markets = {btc, eth, spot};
  return out;
}

TEST(ReadPrices, cuts_off_what_is_finer_than_the_market) {
  const auto markets = priced_markets(genesis());
  ASSERT_EQ(markets.size(), 2U) << "spot pairs have no oracle";
  const auto read = read_prices(R"({"ETH":"3500.129","BTC":"65000.5","DOGE":"1"})", markets);
  ASSERT_TRUE(read.has_value()) << read.error();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].spot_px, 650'005U);
  EXPECT_EQ((*read)[1].spot_px, 350'012U);
}

TEST(ReadPrices, refuses_what_is_no_price_by_name) {
  const auto markets = priced_markets(genesis());
  for (const char* text :
       {R"({"BTC":65000})", R"({"BTC":"-1"})", R"({"BTC":"0"})", R"({"BTC":"1e5"})",
        R"({"BTC":""})", R"({"BTC":"1000000000000"})", R"({"BTC":"1.x"})"}) {
    const auto read = read_prices(text, markets);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_NE(read.error().find("BTC"), std::string::npos);
  }
  EXPECT_FALSE(read_prices("[]", markets).has_value());
  EXPECT_FALSE(read_prices("{}", markets).has_value());
  EXPECT_FALSE(read_prices("{", markets).has_value());
}

TEST(Walk, is_the_same_for_every_validator_whenever_it_begins_and_stays_near) {
  const auto chain = genesis();
  const auto early = *make_price_source("auto", chain);
  const auto late = *make_price_source("walk", chain);
  EXPECT_EQ((*early->prices(1'000'000))[0].spot_px, 650'000U);
  std::uint64_t previous = 650'000;
  bool moved = false;
  for (std::uint64_t step = 1; step <= 2'000; ++step) {
    const std::uint64_t px = (*early->prices(1'000'000 + 3'000 * step))[0].spot_px;
    EXPECT_LE(px > previous ? px - previous : previous - px, previous / 1'000);
    EXPECT_GT(px, 400'000U);
    EXPECT_LT(px, 1'000'000U);
    moved = moved || px != previous;
    previous = px;
  }
  EXPECT_TRUE(moved);
  EXPECT_EQ((*late->prices(1'000'000 + 3'000 * 2'000))[0].spot_px, previous);
}

TEST(PriceSource, is_chosen_by_its_text) {
  EXPECT_EQ(*make_price_source("auto", genesis(false)), nullptr);
  EXPECT_FALSE(make_price_source("", genesis()).has_value());
  EXPECT_EQ(*make_price_source("none", genesis()), nullptr);
  EXPECT_FALSE(make_price_source("walk", genesis(false)).has_value()) << "devnets only";
  EXPECT_FALSE(make_price_source("https://x/", genesis()).has_value());
  EXPECT_FALSE(make_price_source("http:///x", genesis()).has_value());
}

TEST(PriceSource, reads_a_file_anew_each_time) {
  const auto path =
      std::filesystem::temp_directory_path() / ("openliquid-prices-" + std::to_string(::getpid()));
  const auto source = *make_price_source("file:" + path.string(), genesis(false));
  EXPECT_FALSE(source->prices(0).has_value());
  std::ofstream(path) << R"({"BTC":"1"})";
  EXPECT_EQ((*source->prices(0))[0].spot_px, 10U);
  std::ofstream(path) << R"({"BTC":"2"})";
  EXPECT_EQ((*source->prices(0))[0].spot_px, 20U);
  std::filesystem::remove(path);
}

/// Answers one connection with the text, and blanks for ever after it if asked to.
class OneAnswer {
 public:
  enum class After : std::uint8_t { Closes, Drips };
  explicit OneAnswer(std::string answer, After after = After::Closes)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(fd_, 1);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, after, answer = std::move(answer)] {
      const int peer = ::accept(fd_, nullptr, nullptr);
      char request[1024];
      const ssize_t got = ::recv(peer, request, sizeof request, 0);
      request_.assign(request, got > 0 ? static_cast<std::size_t>(got) : 0);
      static_cast<void>(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL));
      while (after == After::Drips && ::send(peer, " ", 1, MSG_NOSIGNAL) == 1)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ::close(peer);
    });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/prices";
  }
  [[nodiscard]] std::string request() {
    thread_.join();
    return request_;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

TEST(PriceSource, asks_a_server_for_json) {
  OneAnswer server("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"ETH\":\"2000\"}");
  const auto source = *make_price_source(server.url(), genesis(false));
  const auto prices = source->prices(0);
  ASSERT_TRUE(prices.has_value()) << prices.error();
  EXPECT_EQ((*prices)[0].spot_px, 200'000U);
  EXPECT_TRUE(server.request().starts_with("GET /prices HTTP/1.0\r\nHost: 127.0.0.1\r\n"));
}

TEST(PriceSource, says_what_a_server_did_wrong) {
  for (const char* answer :
       {"HTTP/1.0 500 No\r\n\r\n{\"ETH\":\"2000\"}", "HTTP/1.", "HTTP/1.1", "HTTP/1.1 200 OK",
        "HTTP/1.\r\n\r\n", "HTTP/1.\r\n\r\n 200 {\"ETH\":\"2000\"}", ""}) {
    OneAnswer server(answer);
    const auto source = *make_price_source(server.url(), genesis(false));
    const auto prices = source->prices(0);
    ASSERT_FALSE(prices.has_value()) << answer;
    EXPECT_NE(prices.error().find("did not answer 200"), std::string::npos) << answer;
  }
}

// It would go on as long as anybody listens.
TEST(PriceSource, gives_up_a_server_that_never_ends) {
  OneAnswer server("HTTP/1.0 200 OK\r\n\r\n", OneAnswer::After::Drips);
  const auto source = *make_price_source(server.url(), genesis(false));
  const auto prices = source->prices(0);
  ASSERT_FALSE(prices.has_value());
  EXPECT_NE(prices.error().find("does not answer in time"), std::string::npos);
}

}  // namespace
}  // namespace ol::node
