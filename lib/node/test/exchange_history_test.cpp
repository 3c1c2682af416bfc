// What the exchange's API knows of the past over restarts: docs/protocol/exchange-history.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>

#include "cluster.hpp"

namespace ol::node::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kNodes = 4;
constexpr std::uint32_t kOurs = 0;

class TradingNodes {
 protected:
  /// @param drawn  Whether a proof of its leader is the last item of each block.
  explicit TradingNodes(bool drawn) : cluster_(kNodes) {
    cluster_.add_exchange();
    if (drawn) cluster_.draw_leaders();
    for (std::uint32_t i = 0; i < kNodes; ++i) {
      const auto error = cluster_.start(i);
      EXPECT_FALSE(error) << error->message;
    }
  }

  void submit(std::uint32_t account, exchange::Side side, exchange::Tif tif) {
    exchange::Order order;
    order.side = side;
    order.px = 650'000;
    order.sz = 1'000;
    order.tif = tif;
    const std::uint64_t nonce = cluster_.genesis().time.value() + ++nonces_;
    const std::string action = cluster_.action(
        account, exchange::PlaceOrders{{order}, exchange::Grouping::None, {}, 0}, nonce);
    const auto answer = cluster_.call(1, "ol_exchangeSubmit", "[\"" + action + "\"]");
    ASSERT_TRUE(answer.is_string()) << boost::json::serialize(answer);
    ASSERT_TRUE(Cluster::eventually([&] {
      const std::string hash = "[\"" + std::string(answer.as_string()) + "\"]";
      return cluster_.call(1, "ol_exchangeResult", hash).is_object();
    }));
  }
  void trade() {
    submit(0, exchange::Side::Sell, exchange::Tif::Gtc);
    submit(1, exchange::Side::Buy, exchange::Tif::Ioc);
    trades_ += 1;
  }
  /// Of the buyer, as our node tells them.
  std::string fills() {
    const std::string buyer = to_hex_prefixed(cluster_.account(1).view());
    return cluster_.post(kOurs, "/info", R"({"type":"userFills","user":")" + buyer + "\"}");
  }
  /// Waits until our node knows every trade.
  std::string all_fills() {
    std::string out;
    EXPECT_TRUE(Cluster::eventually([&] {
      out = fills();
      std::size_t count = 0;
      for (auto at = out.find("\"oid\""); at != std::string::npos; at = out.find("\"oid\"", at + 1))
        ++count;
      return count == trades_;
    })) << out;
    return out;
  }
  void start_again() {
    const auto error = cluster_.start(kOurs);
    ASSERT_FALSE(error) << error->message;
  }
  std::size_t times_said(std::string_view words) const {
    const std::vector<std::string> lines = cluster_.log(kOurs);
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return line.find(words) != std::string::npos; }));
  }
  static Bytes read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path file() const { return cluster_.home(kOurs) / "exchange-history"; }

  Cluster cluster_;
  std::uint64_t nonces_ = 0;
  std::size_t trades_ = 0;
};

class ExchangeHistory : public TradingNodes, public testing::TestWithParam<bool> {
 protected:
  ExchangeHistory() : TradingNodes(GetParam()) {}
};

class HistoryOnDisk : public TradingNodes, public testing::Test {
 protected:
  HistoryOnDisk() : TradingNodes(false) {}
};

INSTANTIATE_TEST_SUITE_P(Leaders, ExchangeHistory, testing::Bool(), [](const auto& info) {
  return std::string(info.param ? "drawn" : "in_turn");
});

TEST_P(ExchangeHistory, is_told_again_from_the_file_from_an_older_one_and_from_the_chain) {
  trade();
  static_cast<void>(all_fills());
  cluster_.stop(kOurs);
  const fs::path older = file().string() + ".older";
  fs::copy_file(file(), older);

  start_again();
  trade();
  const std::string two = all_fills();
  cluster_.stop(kOurs);
  start_again();
  EXPECT_EQ(all_fills(), two) << "the file as it was left";

  // The blocks since are executed once more.
  cluster_.stop(kOurs);
  fs::copy_file(older, file(), fs::copy_options::overwrite_existing);
  start_again();
  EXPECT_EQ(all_fills(), two) << "an older file";

  cluster_.stop(kOurs);
  fs::remove(file());
  start_again();
  EXPECT_EQ(all_fills(), two) << "no file";
  EXPECT_EQ(times_said("is damaged"), 0U) << "a file that is not there";
}

// With the digest in order: only what it says of itself is wrong.
TEST_F(HistoryOnDisk, is_made_anew_where_the_file_is_of_another_chain_branch_or_version) {
  trade();
  const std::string one = all_fills();
  cluster_.stop(kOurs);
  const Bytes sound = read(file());
  // Magic, version, hash of genesis, height, hash of its block: four, four, 32, eight and 32 bytes.
  for (const std::size_t place : {0U, 4U, 8U, 39U, 48U, 79U}) {
    Bytes other(sound.begin(), sound.end() - 32);
    other[place] ^= 1;
    append(other, crypto::blake3(other).view());
    std::ofstream(file(), std::ios::binary) << as_text(other);
    const std::size_t before = times_said("is damaged or of another chain");
    start_again();
    EXPECT_EQ(all_fills(), one) << place;
    EXPECT_EQ(times_said("is damaged or of another chain"), before + 1) << place;
    cluster_.stop(kOurs);
    EXPECT_NE(read(file()), other) << "what was executed again is saved";
  }
}

TEST_F(HistoryOnDisk, is_made_anew_where_the_file_is_damaged) {
  trade();
  const std::string one = all_fills();
  cluster_.stop(kOurs);
  {
    std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(200);
    const auto changed = static_cast<char>(bytes.get() ^ 1);
    bytes.seekp(200);
    bytes.put(changed);
  }
  start_again();
  EXPECT_EQ(all_fills(), one);
  EXPECT_EQ(times_said("exchange-history is damaged or of another chain, and is made anew"), 1U);

  // Cut off, as a disk that was full leaves it.
  cluster_.stop(kOurs);
  fs::resize_file(file(), 20);
  start_again();
  EXPECT_EQ(all_fills(), one);
}

}  // namespace
}  // namespace ol::node::test
