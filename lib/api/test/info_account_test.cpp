// What queries tell of accounts: margin, vaults, positions, fills.
#include "../src/margin_view.hpp"
#include "trader.hpp"

namespace ol::api::test {
namespace {

struct InfoAccount : TwoTraders {
  json::value info(const std::string& body) {
    const InfoReply reply = api.post_info(body);
    EXPECT_TRUE(reply.ok) << body << reply.body;
    return json::parse(reply.body);
  }
  json::value info_of(const std::string& type, const std::string& user,
                      const std::string& more = "") {
    return info(R"({"type":")" + type + R"(","user":")" + user + '"' + more + '}');
  }
  std::string make_vault(Trader& leader, int dollars) {
    const json::value made =
        leader.act(R"({"type":"createVault","name":"v","description":"d","initialUsd":)" +
                   std::to_string(dollars) + "000000}");
    EXPECT_EQ(text(made.at("status")), "ok") << json::serialize(made);
    std::string vault;
    access.read([&](const exchange::State& state) {
      for (const auto& [address, info] : state.vaults.items()) {
        if (info.leader == leader.address()) vault = to_hex_prefixed(address.view());
      }
    });
    return vault;
  }
};

// Whoever asks means to trade in the next block.
TEST(Dex73, exchange_status_tells_of_the_next_block_at_an_upgrade) {
  exchange::Params params;
  params.upgrade_heights = {8};
  params.upgrade_blocks = 2;
  FakeAccess access(params);
  ExchangeApi api(access);
  Trader alice(access, api, 1);
  access.deposit(alice.address(), 100'000);
  std::string told;
  std::string done;
  while (access.height() < 12) {
    api.advance();
    const json::value status = json::parse(api.post_info(R"({"type":"exchangeStatus"})").body);
    told += status.at("markets").at("BTC").as_string() == "postOnly" ? 'p' : '.';
    const json::value tried = alice.status(order(true, "59000", "0.001"));
    done += tried.as_object().contains("error") ? 'p' : '.';
  }
  EXPECT_EQ(told, done);
  EXPECT_NE(told.find("pp"), std::string::npos) << told;
}

// As far as it may be moved: cash gets no further below zero than dex.md 1.6 allows.
TEST(Dex82Withdrawable, ends_where_no_more_cash_can_be_moved) {
  exchange::State state;
  Address address;
  address.bytes[0] = 1;
  const exchange::AccountIndex account = state.open_account(address);
  const auto profit = [&](std::uint32_t asset) {
    exchange::MarketConfig config = FakeAccess::btc();
    config.asset = exchange::AssetId(asset);
    config.name = "M" + std::to_string(asset);
    const auto market = state.list_market(config);
    ASSERT_TRUE(market.has_value());
    state.markets.edit(*market).mark = 10'000'000;
    state.edit_perp(account, *market).szi = 10'000'000'000;  // worth 10^17
  };
  for (std::uint32_t asset = 0; asset < 5; ++asset)
    profit(asset);
  EXPECT_EQ(withdrawable(state, account), exchange::Int128{450'000'000'000'000'000});
  for (std::uint32_t asset = 5; asset < 14; ++asset)
    profit(asset);
  EXPECT_EQ(withdrawable(state, account), exchange::Int128{exchange::kRawUsdMax});
  state.accounts.edit(account).raw_usd = -1'000;
  EXPECT_EQ(withdrawable(state, account), exchange::Int128{exchange::kRawUsdMax} - 1'000);
}

TEST_F(InfoAccount, codes_of_referrals_are_found_by_owner) {
  const auto code_of = [&](const std::string& user) {
    return info_of("referral", user).at("code");
  };
  // Enough traded for a code.
  static_cast<void>(alice.act(order(false, "60000", "0.2")));
  static_cast<void>(bob.act(order(true, "60000", "0.2", "Ioc")));
  EXPECT_TRUE(code_of(alice.hex()).is_null());
  access.block({exchange::TakeSnapshot{}}, {});
  const std::uint64_t snapshot = access.height();
  const json::value reply = alice.act(R"({"type":"registerReferrer","code":"ALICE"})");
  ASSERT_EQ(text(reply.at("status")), "ok") << json::serialize(reply);
  EXPECT_EQ(text(code_of(alice.hex())), "ALICE");
  EXPECT_TRUE(code_of(bob.hex()).is_null());
  ExchangeApi later(access);
  EXPECT_NE(later.post_info(R"({"type":"referral","user":")" + alice.hex() + R"("})")
                .body.find(R"("code":"ALICE")"),
            std::string::npos);
  access.block({exchange::RevertTo{snapshot}}, {});
  EXPECT_TRUE(code_of(alice.hex()).is_null());
}

using Dex17RevertedAction = InfoAccount;

TEST_F(Dex17RevertedAction, leaves_nothing_that_a_query_of_margin_could_trip_over) {
  static_cast<void>(alice.act(order(false, "3000", "1", "Gtc", 1)));
  static_cast<void>(bob.act(R"({"type":"createSubAccount","name":"desk"})"));
  const json::value subs = info_of("subAccounts", bob.hex());
  const std::string sub = text(subs.at(0).at("subAccountUser"));
  access.deposit(*fixed_from_hex<Address>(sub), 100'000);
  access.deposit(*fixed_from_hex<Address>(bob.hex()), 1);  // what the sub-account cost
  const auto undone = [&](Trader& who) {
    const json::object status = who.status(order(true, "3000", "2", "Fok", 1));
    EXPECT_EQ(text(status.at("error").at("name")), "FokCancel");
  };
  undone(bob);
  bob.acts_for = sub;
  undone(bob);
  bob.acts_for.clear();
  EXPECT_EQ(text(info_of("clearinghouseState", bob.hex()).at("withdrawable")), "100000");
  const json::value data = info_of("activeAssetData", bob.hex(), R"(,"coin":"ETH")");
  EXPECT_EQ(text(data.at("availableToTrade").at(0)), "100000");
  EXPECT_EQ(text(data.at("availableToTrade").at(1)), "100000");
  // 20 times as much at the mark of 3,000.
  EXPECT_EQ(text(data.at("maxTradeSzs").at(0)), "666.6666");
  const json::value after = info_of("subAccounts", bob.hex());
  EXPECT_EQ(text(after.at(0).at("clearinghouseState").at("marginSummary").at("accountValue")),
            "100000");
  EXPECT_TRUE(info(R"({"type":"liquidatable"})").as_array().empty());
  const json::value send =
      bob.act(R"({"type":"usdSend","destination":")" + alice.hex() + R"(","amount":"100000.5"})");
  EXPECT_NE(text(send.at("response").at("msg")).find("at most 100000 USD"), std::string::npos);
}

TEST_F(Dex17RevertedAction, of_a_vault_leaves_its_equity) {
  static_cast<void>(alice.act(order(false, "3000", "1", "Gtc", 1)));
  const std::string vault = make_vault(bob, 1'000);
  bob.acts_for = vault;
  static_cast<void>(bob.status(order(true, "3000", "2", "Fok", 1)));
  bob.acts_for.clear();
  const std::string body = R"({"type":"vaultDetails","vaultAddress":")" + vault + R"("})";
  EXPECT_EQ(text(info(body).at("equity")), "1000");
  EXPECT_EQ(text(info_of("userVaultEquities", bob.hex()).at(0).at("equity")), "1000");
}

TEST_F(InfoAccount, a_vaults_equity_counts_its_tokens_as_the_exchange_does) {
  static_cast<void>(alice.act(R"({"type":"usdClassTransfer","amount":"1000","toPerp":false})"));
  const std::string vault = make_vault(bob, 300);
  const auto tokens = [&](const Address& owner, std::uint64_t wei) {
    access.block({exchange::CreditSpot{owner, exchange::kOpenToken, wei}}, {});
  };
  tokens(bob.address(), 1'000'000'000);
  tokens(*fixed_from_hex<Address>(vault), 5'000'000'000);
  // Fifty tokens are worth 100 dollars at the oracle's price of 2, whatever a trade says.
  access.block({exchange::SetOracle{kSpot, 2'000'000}}, {});
  static_cast<void>(bob.act(order(false, "2.1", "10", "Gtc", 10'000)));
  static_cast<void>(alice.act(order(true, "2.1", "10", "Gtc", 10'000)));
  const std::string details = R"({"type":"vaultDetails","vaultAddress":")" + vault + R"("})";
  EXPECT_EQ(text(info(details).at("equity")), "400");
  EXPECT_EQ(text(info_of("userVaultEquities", bob.hex()).at(0).at("equity")), "400");
  // The exchange sells as many shares for 10 dollars as it counts 10 dollars of them.
  EXPECT_EQ(text(alice
                     .act(R"({"type":"vaultTransfer","vaultAddress":")" + vault +
                          R"(","isDeposit":true,"usd":10000000})")
                     .at("status")),
            "ok");
  EXPECT_EQ(text(info_of("userVaultEquities", alice.hex()).at(0).at("equity")), "10");
}

TEST_F(InfoAccount, margin_of_a_position_is_its_own_whatever_orders_rest) {
  static_cast<void>(alice.act(order(false, "60000", "0.1")));
  static_cast<void>(bob.act(order(true, "60000", "0.1")));
  const auto position = [&] {
    return info_of("clearinghouseState", bob.hex()).at("assetPositions").at(0).at("position");
  };
  // 6,000 dollars at the default leverage of 20.
  EXPECT_EQ(text(position().at("marginUsed")), "300");
  const json::value before = position();
  static_cast<void>(bob.act(order(true, "55000", "0.4")));
  EXPECT_EQ(position().at("marginUsed"), before.at("marginUsed"));
  EXPECT_EQ(position().at("returnOnEquity"), before.at("returnOnEquity"));
}

std::string trigger(const char* px, const char* trigger_px, bool market, const char* kind) {
  return std::string(R"({"a":0,"b":false,"p":")") + px + R"(","s":"0.1","r":true,"t":{"trigger":)" +
         R"({"isMarket":)" + (market ? "true" : "false") + R"(,"triggerPx":")" + trigger_px +
         R"(","tpsl":")" + kind + R"("}}})";
}
std::string orders(const std::string& list, const char* grouping = "na") {
  return R"({"type":"order","orders":[)" + list + R"(],"grouping":")" + grouping + R"("})";
}

struct Dex17Triggers : InfoAccount {
  void SetUp() override {
    InfoAccount::SetUp();
    static_cast<void>(alice.act(order(false, "60000", "0.1")));
    static_cast<void>(bob.act(order(true, "60000", "0.1")));
  }
  // The book and the oracle go to about 69,000.
  void rise() {
    static_cast<void>(alice.act(order(true, "69000", "0.1")));
    static_cast<void>(alice.act(order(false, "69900", "0.1")));
    for (int i = 0; i < 3; ++i)
      access.block({exchange::SetOracle{kBtc, 690'000}}, {}, 3'000);
  }
  json::value status_of(const json::value& oid) {
    return info_of("orderStatus", bob.hex(), R"(,"oid":)" + json::serialize(oid)).at("order");
  }
};

TEST_F(Dex17Triggers, one_that_filled_is_still_told_as_what_it_was) {
  const auto oid =
      bob.status(orders(trigger("60000", "65000", true, "tp"))).at("waitingForTrigger").at("oid");
  EXPECT_EQ(text(status_of(oid).at("status")), "open");
  rise();
  const json::value after = status_of(oid);
  EXPECT_EQ(text(after.at("status")), "filled");
  EXPECT_EQ(text(after.at("order").at("orderType")), "Take Profit Market");
  EXPECT_TRUE(after.at("order").at("isTrigger").as_bool());
  EXPECT_EQ(text(after.at("order").at("triggerCondition")), "Price above 65000");
}

TEST_F(Dex17Triggers, one_that_rests_after_it_fired_is_triggered) {
  const auto oid =
      bob.status(orders(trigger("69500", "65000", false, "tp"))).at("waitingForTrigger").at("oid");
  rise();
  EXPECT_EQ(text(status_of(oid).at("status")), "triggered");
  static_cast<void>(
      bob.act(R"({"type":"cancel","cancels":[{"a":0,"o":)" + json::serialize(oid) + "}]}"));
  EXPECT_EQ(text(status_of(oid).at("status")), "canceled");
}

TEST_F(Dex17Triggers, an_open_one_says_since_when_and_of_what) {
  static_cast<void>(bob.act(orders(trigger("50000", "55000", true, "sl"), "positionTpsl")));
  const exchange::TimeMs placed = access.time();
  access.block({}, {}, 5'000);
  const json::value found = info_of("frontendOpenOrders", bob.hex()).at(0);
  EXPECT_EQ(found.at("timestamp").to_number<std::uint64_t>(), placed);
  EXPECT_TRUE(found.at("isPositionTpsl").as_bool());
}

TEST_F(Dex17Triggers, an_order_names_those_that_wait_for_it) {
  const std::string parent =
      R"({"a":0,"b":true,"p":"59000","s":"0.1","r":false,"t":{"limit":{"tif":"Gtc"}}})";
  static_cast<void>(bob.act(orders(parent + "," + trigger("60000", "65000", true, "tp") + "," +
                                       trigger("50000", "55000", true, "sl"),
                                   "normalTpsl")));
  const json::value found = info_of("frontendOpenOrders", bob.hex());
  ASSERT_EQ(found.as_array().size(), 3U);
  const auto& children = found.at(0).at("children").as_array();
  ASSERT_EQ(children.size(), 2U);
  EXPECT_EQ(text(children[0].at("triggerPx")), "65000");
  EXPECT_FALSE(found.at(1).at("isPositionTpsl").as_bool());
}

TEST_F(InfoAccount, fees_of_a_sub_account_are_those_it_pays_its_masters) {
  const json::value made = alice.act(R"({"type":"createSubAccount","name":"desk"})");
  const std::string sub = text(made.at("response").at("data"));
  access.deposit(*fixed_from_hex<Address>(sub), 100'000);
  access.block({exchange::SetStake{alice.address(), 1'000}}, {});
  api.advance();
  const json::value fees = info_of("userFees", sub);
  EXPECT_EQ(text(fees.at("activeStakingDiscount").at("discount")), "0.15");
  EXPECT_EQ(text(fees.at("userCrossRate")), "0.0003825");
  EXPECT_EQ(fees.at("userCrossRate"), info_of("userFees", alice.hex()).at("userCrossRate"));
  EXPECT_EQ(text(info_of("userFees", bob.hex()).at("userCrossRate")), "0.00045");
  // What is told is what is charged: 6,000 dollars at 3.825 basis points.
  static_cast<void>(bob.act(order(false, "60000", "0.1")));
  alice.acts_for = sub;
  static_cast<void>(alice.act(order(true, "60000", "0.1", "Ioc")));
  EXPECT_EQ(text(info_of("userFills", sub).at(0).at("fee")), "2.295");
}

TEST_F(InfoAccount, a_liquidation_names_the_mark_it_was_made_at) {
  Trader carol{access, api, 3};
  access.deposit(carol.address(), 3'000);
  static_cast<void>(
      carol.act(R"({"type":"updateLeverage","asset":0,"isCross":true,"leverage":40})"));
  static_cast<void>(alice.act(order(false, "60000", "1")));
  static_cast<void>(carol.act(order(true, "60000", "1")));
  static_cast<void>(alice.act(order(true, "57000", "1")));
  static_cast<void>(bob.act(order(false, "57100", "0.1")));
  access.block({exchange::SetOracle{kBtc, 570'000}}, {}, 3'000);
  const json::value fill = info_of("userFills", carol.hex()).at(0);
  ASSERT_TRUE(fill.as_object().contains("liquidation")) << json::serialize(fill);
  ASSERT_EQ(fill.at("height").to_number<std::uint64_t>(), access.height());
  const json::value ctx = info(R"({"type":"metaAndAssetCtxs"})").at(1).at(0);
  EXPECT_EQ(fill.at("liquidation").at("markPx"), ctx.at("markPx"));
}

TEST_F(InfoAccount, funding_of_a_position_is_counted_after_it_was_paid) {
  static_cast<void>(alice.act(order(false, "60000", "1")));
  static_cast<void>(bob.act(order(true, "60000", "1")));
  const auto funding = [&] {
    return info_of("clearinghouseState", bob.hex())
        .at("assetPositions")
        .at(0)
        .at("position")
        .at("cumFunding");
  };
  EXPECT_EQ(text(funding().at("allTime")), "0");
  for (int i = 0; i < 3; ++i)
    access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 3'600'000);
  const json::value due = funding();
  EXPECT_NE(text(due.at("allTime")), "0");
  // More of the same: what was due is paid, and nothing is due since.
  static_cast<void>(alice.act(order(false, "60000", "1")));
  static_cast<void>(bob.act(order(true, "60000", "1")));
  EXPECT_EQ(funding().at("allTime"), due.at("allTime"));
  EXPECT_EQ(funding().at("sinceOpen"), due.at("sinceOpen"));
  EXPECT_EQ(text(funding().at("sinceChange")), "0");
  // Another position: that of before counts only for all time.
  static_cast<void>(alice.act(order(true, "60000", "3")));
  static_cast<void>(bob.act(order(false, "60000", "3")));
  EXPECT_EQ(funding().at("allTime"), due.at("allTime"));
  EXPECT_EQ(text(funding().at("sinceOpen")), "0");
}

TEST_F(InfoAccount, an_account_that_does_not_exist_has_what_an_untouched_one_has) {
  const json::value data =
      info_of("activeAssetData", "0x00000000000000000000000000000000000000aa", R"(,"coin":"ETH")");
  EXPECT_EQ(text(data.at("availableToTrade").at(0)), "0");
  EXPECT_EQ(text(data.at("maxTradeSzs").at(1)), "0");
  EXPECT_EQ(data.at("leverage").at("value").to_number<int>(), 20);
}

using Dex17Fills = InfoAccount;

TEST_F(Dex17Fills, say_what_a_builder_got_and_of_which_twap_they_are) {
  Trader builder(access, api, 3);
  access.deposit(builder.address(), 1);
  EXPECT_EQ(text(alice
                     .act(R"({"type":"approveBuilderFee","maxFeeRate":"0.01%","builder":")" +
                          builder.hex() + "\"}")
                     .at("status")),
            "ok");
  static_cast<void>(bob.act(order(false, "60000", "1", "Alo")));
  const json::value bought =
      alice.act(R"({"type":"order","orders":[{"a":0,"b":true,"p":"60000","s":"0.1","r":false,)"
                R"("t":{"limit":{"tif":"Ioc"}}}],"grouping":"na","builder":{"b":")" +
                builder.hex() + R"(","f":10}})");
  ASSERT_EQ(text(bought.at("status")), "ok") << json::serialize(bought);
  api.advance();
  const json::value fill = info_of("userFills", alice.hex()).at(0);
  EXPECT_EQ(text(fill.at("builderFee")), "0.6") << "1 bp of 6,000 dollars";
  EXPECT_EQ(text(fill.at("fee")), "3.3") << "4.5 bp besides";
  EXPECT_FALSE(info_of("userFills", bob.hex()).at(0).as_object().contains("builderFee"));
  EXPECT_TRUE(info_of("userTwapSliceFills", alice.hex()).as_array().empty());

  const json::value twap = alice.act(
      R"({"type":"twapOrder","twap":{"a":0,"b":true,"s":"0.5","r":false,"m":5,"t":false}})");
  ASSERT_EQ(text(twap.at("status")), "ok") << json::serialize(twap);
  access.block({exchange::SetOracle{kBtc, 600'000}}, {}, 30'000);
  api.advance();
  const json::value slices = info_of("userTwapSliceFills", alice.hex());
  ASSERT_EQ(slices.as_array().size(), 1U);
  EXPECT_EQ(slices.at(0).at("twapId"),
            twap.at("response").at("data").at("status").at("running").at("twapId"));
  EXPECT_EQ(text(slices.at(0).at("fill").at("sz")), "0.05");
  EXPECT_TRUE(info_of("userTwapSliceFills", bob.hex()).as_array().empty());
}

}  // namespace
}  // namespace ol::api::test
