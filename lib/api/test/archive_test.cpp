// What happened survives the API: saved, and brought up to the chain's end.
#include <ol/exchange/proof.hpp>

#include "trader.hpp"

namespace ol::api::test {
namespace {

/// In memory; the chain is what the exchange still has of its blocks.
class FakeArchive final : public Archive {
 public:
  explicit FakeArchive(FakeAccess& access) : access_(access) {}

  std::optional<Kept> load() override { return kept; }
  bool replay(const Visit& visit) override {
    if (!replays) return false;
    for (std::uint64_t height = kept ? kept->height + 1 : 1; height <= access_.height(); ++height) {
      visit(*access_.block(height));
      ++replayed;
    }
    return true;
  }
  bool save(const Kept& now, const exchange::StateCut& cut) override {
    kept = now;
    exchange::StateRecords records;
    EXPECT_TRUE(
        cut.visit([&](ByteView key, ByteView value) { records[to_bytes(key)] = to_bytes(value); }));
    exchange::StateRecords state;
    access_.read([&](const exchange::State& now_) { state = exchange::records_of(now_); });
    fits = records == state && now.height == access_.height();
    return true;
  }

  std::optional<Kept> kept;
  bool replays = true;
  bool fits = false;
  std::size_t replayed = 0;

 private:
  FakeAccess& access_;
};

struct History : testing::Test {
  FakeAccess access;
  FakeArchive archive{access};
  ExchangeApi api{access, {}, &archive};
  Trader alice{access, api, 1};
  Trader bob{access, api, 2};

  void SetUp() override {
    access.deposit(alice.address(), 100'000);
    access.deposit(bob.address(), 100'000);
    api.advance();
  }
  void trade(const char* px) {
    static_cast<void>(alice.act(order(false, px, "0.1")));
    static_cast<void>(bob.act(order(true, px, "0.07", "Ioc")));
    static_cast<void>(bob.act(order(true, px, "0.02")));
    static_cast<void>(bob.act(R"({"type":"cancelAll"})"));
    static_cast<void>(
        alice.act(R"({"type":"usdSend","destination":")" + bob.hex() + R"(","amount":"1.5"})"));
    static_cast<void>(
        alice.act(R"({"type":"order","orders":[{"a":0,"b":true,"p":"50000","s":"0.1",)"
                  R"("r":false,"t":{"trigger":{"isMarket":true,"triggerPx":"50000",)"
                  R"("tpsl":"tp"}}}],"grouping":"na"})"));
    // Funding is due every hour.
    access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 1'800'000);
    api.advance();
  }
  static std::string text(const json::value& value) { return std::string(value.as_string()); }
  std::string all_of(ExchangeApi& from) const {
    std::string out;
    for (const Trader* trader : {&alice, &bob}) {
      for (const char* type : {"userFills", "historicalOrders", "openOrders"}) {
        out += from.post_info(R"({"type":")" + std::string(type) + R"(","user":")" + trader->hex() +
                              R"("})")
                   .body +
               "\n";
      }
      auto sink = std::make_shared<Sink>();
      const auto client = from.connect(sink);
      for (const char* type : {"notification", "orderUpdates", "userFundings"}) {
        from.receive(client, R"({"method":"subscribe","subscription":{"type":")" +
                                 std::string(type) + R"(","user":")" + trader->hex() +
                                 R"(","fromHeight":1}})");
      }
      for (const json::value& message : sink->messages)
        out += json::serialize(message) + "\n";
      from.disconnect(client);
      for (const char* type : {"userFunding", "userNonFundingLedgerUpdates"}) {
        out += from.post_info(R"({"type":")" + std::string(type) + R"(","user":")" + trader->hex() +
                              R"(","startTime":0})")
                   .body +
               "\n";
      }
    }
    for (const char* query : {R"({"type":"recentTrades","coin":"BTC"})",
                              R"({"type":"fundingHistory","coin":"BTC","startTime":0})",
                              R"({"type":"metaAndAssetCtxs"})"})
      out += from.post_info(query).body + "\n";
    for (const char* interval : {"1m", "1h", "1w"}) {
      out += from.post_info(R"({"type":"candleSnapshot","req":{"coin":"BTC","interval":")" +
                            std::string(interval) + R"(","startTime":0}})")
                 .body +
             "\n";
    }
    return out;
  }
};

TEST_F(History, is_the_same_after_a_restart) {
  trade("60000");
  trade("60010");
  EXPECT_GT(api.unsaved(), 0U);
  api.save();
  EXPECT_EQ(api.unsaved(), 0U);
  EXPECT_TRUE(archive.fits);
  trade("60020");
  trade("59990");
  const std::string before = all_of(api);
  EXPECT_NE(before.find("\"fundingRate\""), std::string::npos);
  EXPECT_NE(before.find("\"closedPnl\""), std::string::npos);
  ExchangeApi again(access, {}, &archive);
  EXPECT_EQ(all_of(again), before);
  EXPECT_GT(archive.replayed, 0U);
  EXPECT_LT(archive.replayed, access.height());
  EXPECT_GT(again.unsaved(), 0U) << "else it is replayed at every start";
}

// Also of what a revert goes back to: snapshots from before the file was written, and after.
TEST_F(History, of_a_chain_that_goes_back_survives_restarts) {
  trade("60000");
  access.block({exchange::TakeSnapshot{}}, {});
  const std::uint64_t first = access.height();
  trade("60010");
  api.save();
  EXPECT_EQ(archive.kept->format, 5U);
  ExchangeApi again(access, {}, &archive);
  access.block({exchange::TakeSnapshot{}}, {});
  const std::uint64_t second = access.height();
  trade("60020");
  for (const std::uint64_t snapshot : {second, first}) {
    access.block({exchange::RevertTo{snapshot}, exchange::SetOracle{kBtc, 600'000}}, {});
    trade("59990");
    again.advance();
    EXPECT_EQ(all_of(again), all_of(api));
    ExchangeApi later(access, {}, &archive);
    EXPECT_EQ(all_of(later), all_of(api));
  }
  EXPECT_NE(all_of(api).find("60000"), std::string::npos);
  EXPECT_EQ(all_of(api).find("60010"), std::string::npos);
  EXPECT_NE(all_of(api).find("59990"), std::string::npos);
}

// What was before a snapshot goes with it: the file takes no more than the chain has.
TEST_F(History, keeps_no_snapshot_that_the_chain_has_not) {
  trade("60000");
  for (const std::size_t missed : {std::size_t{0}, access.blocks_kept() + 1}) {
    for (int i = 0; i < 9; ++i) {
      access.block({exchange::TakeSnapshot{}}, {});
      api.advance();
      access.block({exchange::RevertTo{access.height()}}, {});
      for (std::size_t block = 0; block < missed; ++block)
        access.block({}, {});
      api.advance();
    }
    api.save();
    ExchangeApi again(access, {}, &archive);
    EXPECT_EQ(all_of(again), all_of(api)) << missed;
    EXPECT_NE(all_of(again).find("closedPnl"), std::string::npos) << missed;
  }
}

TEST_F(History, without_what_a_revert_goes_back_to_begins_anew) {
  access.block({exchange::TakeSnapshot{}}, {});
  const std::uint64_t snapshot = access.height();
  trade("60000");
  archive.replays = false;
  ExchangeApi late(access, {}, &archive);
  late.save();
  archive.replays = true;
  access.block({exchange::RevertTo{snapshot}, exchange::SetOracle{kBtc, 600'000}}, {});
  trade("60010");
  ExchangeApi again(access, {}, &archive);
  EXPECT_EQ(again.post_info(R"({"type":"userFills","user":")" + alice.hex() + R"("})").body, "[]");
  EXPECT_NE(api.post_info(R"({"type":"userFills","user":")" + alice.hex() + R"("})").body, "[]");
}

TEST_F(History, goes_on_where_it_was) {
  trade("60000");
  api.save();
  ExchangeApi again(access, {}, &archive);
  trade("60010");
  again.advance();
  EXPECT_EQ(all_of(again), all_of(api));
}

TEST_F(History, begins_at_genesis_where_nothing_was_saved) {
  trade("60000");
  ExchangeApi again(access, {}, &archive);
  EXPECT_EQ(all_of(again), all_of(api));
}

TEST_F(History, begins_anew_where_the_past_is_damaged_or_gone) {
  trade("60000");
  api.save();
  archive.replays = false;
  ExchangeApi lost(access, {}, &archive);
  const std::string user = R"("user":")" + alice.hex() + R"("})";
  EXPECT_EQ(lost.post_info(R"({"type":"userFills",)" + user).body, "[]");
  // What the state has is there all the same.
  EXPECT_NE(lost.post_info(R"({"type":"openOrders",)" + user).body, "[]");
  archive.replays = true;
  archive.kept->history.pop_back();
  ExchangeApi damaged(access, {}, &archive);
  EXPECT_EQ(damaged.post_info(R"({"type":"userFills",)" + user).body, "[]");
}

TEST_F(History, may_be_ahead_of_the_blocks_that_the_disk_has) {
  trade("60000");
  trade("60010");
  api.save();
  // As if the chain's last blocks were fetched again: they are told once more, and counted once.
  archive.kept->height += 2;
  ExchangeApi again(access, {}, &archive);
  const std::string before = all_of(again);
  access.block({}, {});
  access.block({}, {});
  again.advance();
  api.advance();
  EXPECT_EQ(all_of(again), all_of(api));
}

// Written by hand: format 2 is not written any more.
TEST_F(History, of_the_format_before_is_read_and_goes_on) {
  Writer old;
  old.u32(0);                                                           // fills
  old.u32(1).fixed(alice.address()).u32(0).u64(77).u64(kStart).u64(5);  // funding
  old.u32(0).u32(0).u32(0).u32(0);                       // ledger, orders, positions, agents
  old.u32(1).u32(0).u64(0).u64(0).u64(1).u64(1).u32(0);  // a market without trades
  old.u32(1).u64(kStart).u64(12'500);                    // and a rate of it
  old.u32(0);                                            // candles
  archive.kept = {access.height(), {}, old.take(), Archive::kOldestFormat};
  ExchangeApi again(access, {}, &archive);
  const auto rates = [&](ExchangeApi& from) {
    return json::parse(
               from.post_info(R"({"type":"fundingHistory","coin":"BTC","startTime":0})").body)
        .as_array();
  };
  ASSERT_EQ(rates(again).size(), 1U);
  EXPECT_EQ(text(rates(again)[0].at("fundingRate")), "0.0000125");
  EXPECT_FALSE(rates(again)[0].as_object().contains("premium")) << "nobody knows it";
  auto sink = std::make_shared<Sink>();
  const auto client = again.connect(sink);
  again.receive(client, R"({"method":"subscribe","subscription":{"type":"userFundings","user":")" +
                            alice.hex() + R"(","fromHeight":999}})");
  EXPECT_EQ(sink->of("userFundings").at(0).at("fundings").as_array().size(), 1U)
      << "of a height that nobody knows";

  trade("60000");
  trade("60000");
  trade("60000");
  again.advance();
  again.save();
  EXPECT_EQ(archive.kept->format, Archive::kFormat);
  ExchangeApi later(access, {}, &archive);
  EXPECT_EQ(rates(later), rates(again));
  ASSERT_GT(rates(later).size(), 1U);
  EXPECT_TRUE(rates(later).back().as_object().contains("premium"));
}

// Of what it lacks it says so, after restarts too.
TEST_F(History, says_from_which_block_on_it_is_whole) {
  const auto whole_from = [](ExchangeApi& of) {
    const json::value status = json::parse(of.post_info(R"({"type":"exchangeStatus"})").body);
    const auto out = status.at("historyFrom").to_number<std::uint64_t>();
    EXPECT_EQ(of.post_info(R"({"type":"recentTrades","coin":"BTC"})").history_from, out);
    EXPECT_EQ(of.post_info(R"({"type":"meta"})").history_from, 0U) << "of the state alone";
    return out;
  };
  trade("60000");
  EXPECT_EQ(whole_from(api), 1U);
  archive.replays = false;
  ExchangeApi late(access, {}, &archive);
  const std::uint64_t from = access.height() + 1;
  EXPECT_EQ(whole_from(late), from);
  trade("60010");
  late.save();
  archive.replays = true;
  ExchangeApi again(access, {}, &archive);
  EXPECT_EQ(whole_from(again), from);

  // Further behind than blocks are kept.
  for (std::size_t i = 0; i <= access.blocks_kept(); ++i)
    access.block({}, {});
  EXPECT_EQ(whole_from(again), access.height() + 1);
  // What a file of an older release may lack, nobody knows.
  again.save();
  archive.kept->format = 4;
  archive.kept->history.resize(archive.kept->history.size() - 12);  // since when, and no snapshots
  append(archive.kept->history, Bytes(4));
  ExchangeApi older(access, {}, &archive);
  EXPECT_EQ(whole_from(older), archive.kept->height + 1);
}

// Blocks and other readers would wait for it.
TEST_F(History, is_saved_without_reading_the_state_that_others_read) {
  trade("60000");
  std::size_t reads = 0;
  access.on_read = [&] { ++reads; };
  api.save();
  access.on_read = nullptr;
  EXPECT_EQ(reads, 1U) << "the archive's here, which compares";
  EXPECT_EQ(archive.kept->height, access.height());
  EXPECT_TRUE(archive.fits);
}

TEST_F(History, wants_the_blocks_that_it_has_not_seen) {
  const auto wants = [&] {
    std::uint64_t least = exchange::Access::kNoHeight;
    for (const auto& [follower, height] : access.wanted_from)
      least = std::min(least, height);
    return least;
  };
  EXPECT_EQ(wants(), access.height() + 1);
  access.block({}, {});
  EXPECT_EQ(wants(), access.height());
  api.advance();
  EXPECT_EQ(wants(), access.height() + 1);
  {
    ExchangeApi other(access);
    access.block({}, {});
    api.advance();
    EXPECT_EQ(wants(), access.height()) << "the other has not seen it";
  }
  EXPECT_EQ(wants(), access.height() + 1) << "who is gone wants nothing";
}

TEST_F(History, of_another_branch_than_the_chain_takes_is_given_up) {
  trade("60000");
  api.save();
  const Archive::Kept ahead{access.height() + 2, {}, archive.kept->history, Archive::kFormat};
  for (const bool other : {false, true}) {
    archive.kept = ahead;
    archive.kept->height = access.height() + 2;
    archive.kept->block.bytes[0] = other ? 1 : 0;
    ExchangeApi again(access, {}, &archive);
    for (int i = 0; i < 3; ++i)
      access.block({}, {});
    again.advance();
    const std::string fills =
        again.post_info(R"({"type":"userFills","user":")" + alice.hex() + R"("})").body;
    EXPECT_EQ(fills == "[]", other) << fills;
  }
}

TEST_F(History, tells_the_premium_of_a_funding_rate) {
  access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 1'000);
  static_cast<void>(alice.act(order(true, "60600", "0.5")));
  std::string premium;
  for (int i = 0; i < 5; ++i) {
    access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 1'800'000);
    api.advance();
  }
  const json::array rates =
      json::parse(api.post_info(R"({"type":"fundingHistory","coin":"BTC","startTime":0})").body)
          .as_array();
  ASSERT_GE(rates.size(), 2U);
  // 30,000 dollars are bid 1 % above: more than the impact price is of.
  EXPECT_EQ(text(rates.back().at("premium")), "0.01");
}

TEST_F(History, is_not_saved_with_a_state_that_is_behind_it) {
  trade("60000");
  api.save();
  archive.kept->height += 2;
  ExchangeApi again(access, {}, &archive);
  access.block({}, {});
  again.advance();
  again.save();
  EXPECT_EQ(archive.kept->height, access.height() + 1);
  access.block({}, {});
  access.block({}, {});
  again.save();
  EXPECT_EQ(archive.kept->height, access.height());
}

}  // namespace
}  // namespace ol::api::test
