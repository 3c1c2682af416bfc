#include <ol/api/exchange_reply.hpp>

#include "trader.hpp"

namespace ol::api::test {
namespace {

struct Exchange : TwoTraders {
  json::value info_of(const std::string& type, const Trader& user) {
    return info(R"({"type":")" + type + R"(","user":")" + user.hex() + R"("})");
  }
  // Code and sentence of a refusal.
  static std::uint64_t code(const json::value& reply) {
    EXPECT_EQ(reply.at("status").as_string(), "err") << json::serialize(reply);
    return reply.at("response").at("code").to_number<std::uint64_t>();
  }
  static std::string msg(const json::value& reply) {
    return std::string(reply.at("response").at("msg").as_string());
  }
};

using Dex17Exchange = Exchange;

TEST_F(Dex17Exchange, a_resting_order_is_told_by_its_id) {
  const json::value reply = alice.act(order(true, "59000", "0.1"));
  EXPECT_EQ(text(reply.at("response").at("type")), "order");
  EXPECT_EQ(reply.at("height").to_number<std::uint64_t>(), access.height());
  EXPECT_EQ(text(reply.at("hash")).size(), 66U);
  const auto& status = reply.at("response").at("data").at("statuses").at(0);
  EXPECT_EQ(status.at("resting").at("oid").to_number<int>(), 1);
}

TEST_F(Dex17Exchange, a_filled_order_tells_size_and_average_price) {
  static_cast<void>(alice.act(order(false, "60000", "0.1")));
  const json::object status = bob.status(order(true, "60000", "0.1", "Ioc"));
  EXPECT_EQ(text(status.at("filled").at("totalSz")), "0.1");
  EXPECT_EQ(text(status.at("filled").at("avgPx")), "60000");
}

TEST_F(Dex17Exchange, a_client_order_id_comes_back) {
  const std::string cloid = "0x000102030405060708090a0b0c0d0e0f";
  const json::object status =
      alice.status(R"({"type":"order","orders":[{"a":0,"b":true,"p":"59000","s":"0.1","r":false,)"
                   R"("t":{"limit":{"tif":"Alo"}},"c":")" +
                   cloid + R"("}],"grouping":"na"})");
  EXPECT_EQ(text(status.at("resting").at("cloid")), cloid);
  const json::value gone =
      alice.act(R"({"type":"cancelByCloid","cancels":[{"asset":0,"cloid":")" + cloid + R"("}]})");
  EXPECT_EQ(text(gone.at("response").at("data").at("statuses").at(0)), "success");
}

TEST_F(Dex17Exchange, modify_and_cancel_answer_per_element) {
  const auto oid = alice.status(order(true, "59000", "0.1")).at("resting").at("oid");
  const json::value moved = alice.act(
      R"({"type":"batchModify","modifies":[{"oid":)" + json::serialize(oid) +
      R"(,"order":{"a":0,"b":true,"p":"58000","s":"0.1","r":false,"t":{"limit":{"tif":"Gtc"}}}}]})");
  const auto next = moved.at("response").at("data").at("statuses").at(0).at("resting").at("oid");
  EXPECT_NE(oid, next);
  const json::value reply = alice.act(R"({"type":"cancel","cancels":[{"a":0,"o":)" +
                                      json::serialize(next) + R"(},{"a":0,"o":999}]})");
  const auto& statuses = reply.at("response").at("data").at("statuses");
  EXPECT_EQ(text(statuses.at(0)), "success");
  EXPECT_EQ(statuses.at(1).at("error").at("code").to_number<int>(), 28);
}

TEST_F(Dex17Exchange, actions_without_elements_answer_default) {
  for (const std::string action :
       {R"({"type":"updateLeverage","asset":0,"isCross":true,"leverage":10})", R"({"type":"noop"})",
        R"({"type":"scheduleCancel"})", R"({"type":"cancelAll","side":"B"})"}) {
    const json::value reply = alice.act(action);
    EXPECT_EQ(text(reply.at("status")), "ok") << action;
    EXPECT_EQ(text(reply.at("response").at("type")), "default");
  }
}

TEST_F(Dex17Exchange, a_send_moves_dollars) {
  const json::value reply = alice.act(R"({"type":"usdSend","hyperliquidChain":"Testnet",)"
                                      R"("signatureChainId":"0x1e61","destination":")" +
                                      bob.hex() + R"(","amount":"12.5"})");
  EXPECT_EQ(text(reply.at("status")), "ok") << json::serialize(reply);
  EXPECT_EQ(text(info_of("clearinghouseState", bob).at("withdrawable")), "100012.5");
}

TEST_F(Dex17Exchange, accepted_answers_before_the_block) {
  access.hold();
  std::string reply;
  api.post_exchange(alice.body(order(true, "59000", "0.1")), ExchangeApi::Wait::Accepted,
                    [&](std::string out) { reply = std::move(out); });
  EXPECT_EQ(text(json::parse(reply).at("status")), "ok");
  EXPECT_FALSE(json::parse(reply).as_object().contains("height"));
}

TEST_F(Dex17Exchange, a_reply_waits_for_the_final_block) {
  access.hold();
  std::string reply;
  api.post_exchange(alice.body(order(true, "59000", "0.1")), ExchangeApi::Wait::Committed,
                    [&](std::string out) { reply = std::move(out); });
  EXPECT_TRUE(reply.empty());
  access.release();
  EXPECT_EQ(text(json::parse(reply).at("status")), "ok");
}

TEST_F(Dex17Exchange, a_reply_that_waits_too_long_says_so_and_is_forgotten) {
  access.hold();
  std::string reply;
  api.post_exchange(alice.body(order(true, "59000", "0.1")), ExchangeApi::Wait::Committed,
                    [&](std::string out) { reply = std::move(out); });
  api.tick(29'999);
  EXPECT_TRUE(reply.empty());
  api.tick(30'000);
  EXPECT_EQ(code(json::parse(reply)), 1004U);
  EXPECT_EQ(access.awaited(), 0U);
}

using Dex15Errors = Exchange;

TEST_F(Dex15Errors, a_wrong_tick_names_the_prices_allowed) {
  const json::object status = alice.status(order(true, "59000.5", "0.1"));
  EXPECT_EQ(status.at("error").at("code").to_number<int>(), 14);
  EXPECT_NE(text(status.at("error").at("msg")).find("use 59000 or 59001"), std::string::npos)
      << text(status.at("error").at("msg"));
}

TEST_F(Dex15Errors, a_wrong_lot_names_the_sizes_allowed) {
  const json::object status = alice.status(order(true, "59000", "0.10005"));
  EXPECT_EQ(status.at("error").at("code").to_number<int>(), 15);
  EXPECT_NE(text(status.at("error").at("msg")).find("use 0.1 or 0.1001"), std::string::npos)
      << text(status.at("error").at("msg"));
}

TEST_F(Dex15Errors, too_many_decimals_name_the_field_and_their_number) {
  const json::value px = alice.act(order(true, "59000.05", "0.1"));
  EXPECT_EQ(code(px), 8U);
  EXPECT_NE(msg(px).find("action.orders[0].p \"59000.05\""), std::string::npos) << msg(px);
  EXPECT_NE(msg(px).find("at most 1 decimals"), std::string::npos) << msg(px);
  const json::value sz = alice.act(order(true, "59000", "0.100001"));
  EXPECT_NE(msg(sz).find("at most 5 decimals"), std::string::npos) << msg(sz);
}

TEST_F(Dex15Errors, a_stale_nonce_names_the_range) {
  const std::uint64_t nonce = access.time() - 2ULL * 86'400'000;
  const json::value reply = alice.post(alice.body(R"({"type":"noop"})", nonce));
  EXPECT_EQ(code(reply), 2U);
  EXPECT_NE(msg(reply).find(std::to_string(access.time() + 86'400'000 - 1)), std::string::npos)
      << msg(reply);
}

TEST_F(Dex15Errors, the_wrong_chain_gives_another_signer_and_the_chain_to_use) {
  const json::value reply = alice.post(alice.body(R"({"type":"noop"})", 0, 1));
  EXPECT_EQ(code(reply), 6U);
  EXPECT_NE(msg(reply).find("chain id 7777"), std::string::npos) << msg(reply);
  const json::value named =
      alice.act(R"({"type":"usdSend","signatureChainId":"0x1","destination":")" + bob.hex() +
                R"(","amount":"1"})");
  EXPECT_EQ(code(named), 1U);
  EXPECT_NE(msg(named).find("7777"), std::string::npos);
}

TEST_F(Dex15Errors, the_wrong_signer_is_told_whose_account_it_is_not) {
  std::string body = alice.body(R"({"type":"noop"})");
  // Signed for its own account, sent for another's: the signature is then someone else's.
  body.insert(1, R"("vaultAddress":")" + bob.hex() + R"(",)");
  EXPECT_EQ(code(alice.post(body)), 6U);
}

TEST_F(Dex15Errors, a_revoked_agent_is_told_to_be_replaced) {
  Trader agent{access, api, 9};
  static_cast<void>(alice.act(R"({"type":"approveAgent","agentAddress":")" + agent.hex() +
                              R"(","agentName":"mm"})"));
  EXPECT_EQ(text(agent.act(order(true, "59000", "0.1")).at("status")), "ok");
  const Trader next{access, api, 10};
  static_cast<void>(alice.act(R"({"type":"approveAgent","agentAddress":")" + next.hex() +
                              R"(","agentName":"mm"})"));
  const json::value reply = agent.act(order(true, "59000", "0.1"));
  EXPECT_EQ(code(reply), 5U);
  EXPECT_NE(msg(reply).find(agent.hex()), std::string::npos);
}

TEST_F(Dex15Errors, a_crossing_post_only_order_is_told_the_best_price) {
  static_cast<void>(alice.act(order(false, "60000", "0.1")));
  const json::object status = bob.status(order(true, "60010", "0.1", "Alo"));
  EXPECT_EQ(status.at("error").at("code").to_number<int>(), 22);
  EXPECT_NE(text(status.at("error").at("msg")).find("best ask is 60000"), std::string::npos);
}

TEST_F(Dex15Errors, a_small_order_is_told_the_least_value) {
  const json::object status = alice.status(order(true, "50000", "0.0001"));
  EXPECT_EQ(status.at("error").at("code").to_number<int>(), 16);
  EXPECT_NE(text(status.at("error").at("msg")).find("10 USD"), std::string::npos);
}

TEST_F(Dex15Errors, a_price_that_is_too_far_is_told_the_nearest_ones_allowed) {
  const auto far = [&](const char* px) {
    const json::object status = alice.status(order(true, px, "0.1"));
    EXPECT_EQ(status.at("error").at("code").to_number<int>(), 17);
    return text(status.at("error").at("msg"));
  };
  // The oracle says 60000.
  EXPECT_NE(far("1200001").find("between 3000 and 1200000,"), std::string::npos) << far("1200001");
  access.block({exchange::SetOracle{kBtc, 599'990}}, {});
  api.advance();
  EXPECT_NE(far("2999").find("between 3000 and 1199980,"), std::string::npos) << far("2999");
  EXPECT_TRUE(alice.status(order(true, "3000", "0.1")).contains("resting"));
}

TEST_F(Dex15Errors, a_leverage_is_told_the_markets_most) {
  const json::value reply =
      alice.act(R"({"type":"updateLeverage","asset":1,"isCross":true,"leverage":26})");
  EXPECT_EQ(code(reply), 30U);
  EXPECT_NE(msg(reply).find("leverage of ETH must be between 1 and 25"), std::string::npos)
      << msg(reply);
  EXPECT_EQ(text(alice.act(R"({"type":"updateLeverage","asset":1,"isCross":true,"leverage":25})")
                     .at("status")),
            "ok");
}

// docs/adr/0039: amounts as clients in Python write them, of what an account sends.
TEST_F(Dex15Errors, amounts_may_end_in_zeros_and_prices_may_not) {
  Catalog listed;
  access.read([&](const exchange::State& state) { listed = Catalog::of(state); });
  const auto signed_usd = [&](const std::string& amount) -> std::optional<std::uint64_t> {
    const auto parsed =
        parse_unsigned_request(R"({"action":{"type":"usdSend","destination":")" + bob.hex() +
                                   R"(","amount":")" + amount + R"("},"nonce":1})",
                               listed, kChainId);
    if (!parsed) return std::nullopt;
    return std::get<exchange::UsdSend>(parsed->action.body).usd;
  };
  for (const auto& [written, usd] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"1", 1'000'000},
                                                          {"1.0", 1'000'000},
                                                          {"1.500000", 1'500'000},
                                                          {"0.0", 0},
                                                          {"0.10", 100'000},
                                                          {"100.0", 100'000'000},
                                                          {"0.000001", 1},
                                                          {"0.000010", 10}}) {
    EXPECT_EQ(signed_usd(written), usd) << written;
  }
  for (const char* written : {"1.", ".0", "01.0", "1.0000000", "1.0000010", "-1.0", "-0.0", "+1.0",
                              "1e-05", "1e16", "1.0 ", "1..0", "1.0.0", "", "0.", "."}) {
    EXPECT_FALSE(signed_usd(written)) << written;
  }
  const auto takes = [&](const std::string& action) {
    return parse_unsigned_request(R"({"action":)" + action + R"(,"nonce":1})", listed, kChainId)
        .has_value();
  };
  EXPECT_TRUE(takes(R"({"type":"usdClassTransfer","amount":"2.0","toPerp":true})"));
  EXPECT_TRUE(takes(R"({"type":"spotSend","token":"USD","amount":"2.50000000","destination":")" +
                    bob.hex() + R"("})"));
  EXPECT_FALSE(takes(R"({"type":"spotSend","token":"USD","amount":"2.500000000","destination":")" +
                     bob.hex() + R"("})"));
  EXPECT_TRUE(takes(order(true, "59000", "0.1")));
  EXPECT_FALSE(takes(order(true, "59000.0", "0.1")));
  EXPECT_FALSE(takes(order(true, "59000", "0.10")));
}

TEST_F(Dex15Errors, a_transfer_above_the_cash_is_told_what_there_is) {
  const auto send = [&](const char* amount) {
    return alice.act(R"({"type":"usdSend","destination":")" + bob.hex() + R"(","amount":")" +
                     amount + R"("})");
  };
  EXPECT_EQ(text(send("0.5").at("status")), "ok");
  const json::value reply = send("99999.500001");
  EXPECT_EQ(code(reply), 31U);
  EXPECT_NE(msg(reply).find("at most 99999.5 USD"), std::string::npos) << msg(reply);
  EXPECT_EQ(text(send("99999.5").at("status")), "ok");
}

TEST_F(Dex15Errors, what_is_not_admitted_is_told_what_would_be) {
  const auto why = [&](exchange::Error error, const exchange::Action& action,
                       std::uint64_t waiting) {
    std::string out;
    access.read([&](const exchange::State& state) {
      out = admission_sentence(error, state, access.params(), kChainId,
                               {action, alice.address(), {}}, waiting);
    });
    return out;
  };
  exchange::Action action{exchange::Noop{}, {}, 5, 0};
  EXPECT_NE(why(exchange::Error::RateLimited, action, 7).find("7 of 10000;"), std::string::npos);
  action.body = exchange::CancelAll{exchange::kAllAssets, exchange::CancelSide::Both};
  EXPECT_NE(why(exchange::Error::RateLimited, action, 7).find("7 of 20000;"), std::string::npos);
  EXPECT_NE(why(exchange::Error::BadNonce, action, 0)
                .find("from " + std::to_string(access.time() - 2ULL * 86'400'000 + 1) + " to "),
            std::string::npos);
  EXPECT_NE(why(exchange::Error::UnknownAccount, action, 0).find(alice.hex()), std::string::npos);
  EXPECT_NE(why(exchange::Error::UnknownAccount, action, 0).find("chain id 7777"),
            std::string::npos);
  EXPECT_NE(why(exchange::Error::Expired, action, 0).find(std::to_string(access.time())),
            std::string::npos);
  action.account = bob.address();
  EXPECT_NE(why(exchange::Error::NotAuthorized, action, 0).find("does not control " + bob.hex()),
            std::string::npos);
}

TEST_F(Dex15Errors, what_an_account_may_not_do_is_told_by_its_rule) {
  const auto told = [&](const std::string& action, unsigned error, const std::string& what) {
    const json::value reply = alice.act(action);
    EXPECT_EQ(code(reply), error) << action;
    EXPECT_NE(msg(reply).find(what), std::string::npos) << msg(reply);
    EXPECT_EQ(msg(reply).find("0x0000000000000000000000000000000000000000"), std::string::npos);
  };
  told(
      R"({"type":"usdSend","amount":"1","destination":"0x0000000000000000000000000000000000000f02"})",
      4, "system accounts never");
  told(R"({"type":"subAccountTransfer","isDeposit":true,"usd":1,"subAccountUser":")" + bob.hex() +
           "\"}",
       4, "must be a sub-account of the account");
  told(R"({"type":"vaultTransfer","isDeposit":true,"usd":1,"vaultAddress":")" + bob.hex() + "\"}",
       6, "there is no vault at " + bob.hex());
  EXPECT_EQ(text(alice.act(R"({"type":"createSubAccount","name":"one"})").at("status")), "ok");
  told(R"({"type":"createSubAccount","name":"one"})", 41, "a name of its own");
  told(R"({"type":"twapOrder","twap":{"a":0,"b":true,"s":"1","r":false,"m":1,"t":false}})", 8,
       "5 to 1440 minutes");
  told(R"({"type":"twapOrder","twap":{"a":0,"b":true,"s":"0.001","r":false,"m":30,"t":false}})", 16,
       "a slice of a TWAP over 30 minutes is at most three of its 60 shares and must be worth at "
       "least 10 USD, so all of it 200 USD at its slices' price; it may run for fewer minutes");
  told(R"({"type":"registerReferrer","code":"ALICE"})", 36,
       "a referral code has 1 to 20 of A to Z and 0 to 9 and is nobody's yet; an account has one, "
       "from "
       "10000 USD traded on");
  told(R"({"type":"setReferrer","code":"ALICE"})", 36, "no such code, one's own, or set already");
  Trader agent(access, api, 9);
  EXPECT_EQ(text(alice
                     .act(R"({"type":"approveAgent","agentName":"mm","agentAddress":")" +
                          agent.hex() + "\"}")
                     .at("status")),
            "ok");
  const json::value sent =
      agent.act(R"({"type":"usdSend","amount":"1","destination":")" + bob.hex() + "\"}");
  EXPECT_EQ(code(sent), 4U);
  EXPECT_EQ(msg(sent),
            "only the account's own key may sign this action, and " + agent.hex() + " is an agent");
}

TEST_F(Dex15Errors, an_unlisted_asset_is_told_the_listed_ones) {
  const json::value reply = alice.act(order(true, "59000", "0.1", "Gtc", 7));
  EXPECT_EQ(code(reply), 10U);
  EXPECT_NE(msg(reply).find("0 BTC, 1 ETH, 10000 OPEN/USD"), std::string::npos) << msg(reply);
}

TEST_F(Dex15Errors, what_is_not_asked_for_is_refused) {
  EXPECT_EQ(code(alice.act(R"({"type":"noop","hidden":true})")), 1000U);
  EXPECT_EQ(code(alice.act(R"({"type":"mint"})")), 1001U);
  EXPECT_EQ(code(alice.post("[")), 1000U);
  EXPECT_EQ(code(alice.post(R"({"nonce":1})")), 1000U);
  EXPECT_EQ(code(alice.act(R"({"type":"order","orders":[]})")), 38U);
}

using Dex17Info = Exchange;

TEST_F(Dex17Info, meta_publishes_ticks_and_lots) {
  const json::value meta = info(R"({"type":"meta"})");
  const auto& btc = meta.at("universe").at(0);
  EXPECT_EQ(text(btc.at("name")), "BTC");
  EXPECT_EQ(text(btc.at("tickPx")), "1");
  EXPECT_EQ(text(btc.at("lotSz")), "0.0001");
  EXPECT_EQ(btc.at("maxLeverage").to_number<int>(), 40);
  EXPECT_EQ(meta.at("height").to_number<std::uint64_t>(), access.height());
  const json::value table = info(R"({"type":"marginTable","id":1})");
  EXPECT_EQ(text(table.at("marginTiers").at(1).at("lowerBound")), "150000000");
  EXPECT_EQ(info(R"({"type":"spotMeta"})").at("universe").as_array().size(), 1U);
}

TEST_F(Dex17Info, the_book_has_levels_a_sequence_and_a_checksum) {
  static_cast<void>(alice.act(order(true, "59000", "0.1")));
  static_cast<void>(alice.act(order(true, "59000", "0.2")));
  static_cast<void>(alice.act(order(false, "61000", "0.3")));
  const json::value book = info(R"({"type":"l2Book","coin":"BTC"})");
  EXPECT_EQ(json::serialize(book.at("levels")),
            R"([[{"px":"59000","sz":"0.3","n":2}],[{"px":"61000","sz":"0.3","n":1}]])");
  // CRC-32C of "59000:0.3|61000:0.3", computed apart from this program.
  EXPECT_EQ(book.at("crc").to_number<std::uint64_t>(), 0xd5f47cbcU);
  EXPECT_EQ(book.at("seq").to_number<std::uint64_t>(),
            book.at("prevSeq").to_number<std::uint64_t>() + 1);
  const json::value orders = info(R"({"type":"l4Book","coin":"BTC"})");
  EXPECT_EQ(orders.at("levels").at(0).as_array().size(), 2U);
}

TEST_F(Dex17Info, levels_merge_to_significant_figures) {
  static_cast<void>(alice.act(order(true, "59010", "0.1")));
  static_cast<void>(alice.act(order(true, "59020", "0.1")));
  static_cast<void>(alice.act(order(false, "61010", "0.1")));
  const json::value book = info(R"({"type":"l2Book","coin":"BTC","nSigFigs":3})");
  EXPECT_EQ(json::serialize(book.at("levels")),
            R"([[{"px":"59000","sz":"0.2","n":2}],[{"px":"61100","sz":"0.1","n":1}]])");
}

TEST_F(Dex17Info, a_position_shows_entry_value_and_margin) {
  static_cast<void>(alice.act(order(false, "60000", "1")));
  static_cast<void>(bob.act(order(true, "60000", "1")));
  const json::value state = info_of("clearinghouseState", bob);
  const auto& position = state.at("assetPositions").at(0).at("position");
  EXPECT_EQ(text(position.at("coin")), "BTC");
  EXPECT_EQ(text(position.at("szi")), "1");
  EXPECT_EQ(text(position.at("entryPx")), "60000");
  EXPECT_EQ(text(position.at("positionValue")), "60000");
  EXPECT_EQ(text(position.at("unrealizedPnl")), "0");
  EXPECT_EQ(text(position.at("leverage").at("type")), "cross");
  // 100,000 less the taker fee of 27 USD (dex.md 21.2).
  EXPECT_EQ(text(state.at("marginSummary").at("accountValue")), "99973");
  EXPECT_EQ(text(state.at("crossMaintenanceMarginUsed")), "750");
}

TEST_F(Dex17Info, fills_name_direction_fee_and_the_action) {
  static_cast<void>(alice.act(order(false, "60000", "1")));
  const json::value reply = bob.act(order(true, "60000", "1", "Ioc"));
  const json::value fills = info_of("userFills", bob);
  ASSERT_EQ(fills.as_array().size(), 1U);
  const auto& fill = fills.at(0);
  EXPECT_EQ(text(fill.at("dir")), "Open Long");
  EXPECT_EQ(text(fill.at("px")), "60000");
  EXPECT_EQ(text(fill.at("sz")), "1");
  EXPECT_EQ(text(fill.at("fee")), "27");
  EXPECT_EQ(text(fill.at("startPosition")), "0");
  EXPECT_EQ(fill.at("hash"), reply.at("hash"));
  EXPECT_TRUE(fill.at("crossed").as_bool());
  EXPECT_EQ(text(info_of("userFills", alice).at(0).at("dir")), "Open Short");
  static_cast<void>(alice.act(order(true, "60000", "1")));
  static_cast<void>(bob.act(order(false, "60000", "1", "Ioc")));
  const json::value closed = info_of("userFills", bob).at(0);
  EXPECT_EQ(text(closed.at("dir")), "Close Long");
  EXPECT_EQ(text(closed.at("closedPnl")), "0");
}

TEST_F(Dex17Info, orders_are_open_then_history) {
  const auto oid = alice.status(order(true, "59000", "0.1")).at("resting").at("oid");
  EXPECT_EQ(info_of("openOrders", alice).at(0).at("oid"), oid);
  const auto status = [&] {
    return text(info(R"({"type":"orderStatus","user":")" + alice.hex() + R"(","oid":)" +
                     json::serialize(oid) + "}")
                    .at("order")
                    .at("status"));
  };
  EXPECT_EQ(status(), "open");
  static_cast<void>(
      alice.act(R"({"type":"cancel","cancels":[{"a":0,"o":)" + json::serialize(oid) + "}]}"));
  EXPECT_EQ(status(), "canceled");
  EXPECT_TRUE(info_of("openOrders", alice).as_array().empty());
  EXPECT_EQ(text(info_of("historicalOrders", alice).at(0).at("reason")), "userCanceled");
}

TEST_F(Dex17Info, every_query_answers_an_account_that_does_not_exist) {
  const std::string nobody = R"("0x00000000000000000000000000000000000000aa")";
  for (const std::string type :
       {"clearinghouseState", "spotClearinghouseState", "openOrders", "frontendOpenOrders",
        "userFees", "userRateLimit", "subAccounts", "extraAgents", "userRole", "userVaultEquities",
        "referral", "historicalOrders", "userFills"}) {
    const InfoReply reply = api.post_info(R"({"type":")" + type + R"(","user":)" + nobody + "}");
    EXPECT_TRUE(reply.ok) << type << reply.body;
  }
  for (const std::string type :
       {"meta", "spotMeta", "metaAndAssetCtxs", "spotMetaAndAssetCtxs", "allMids", "liquidatable",
        "predictedFundings", "perpsAtOpenInterestCap", "exchangeStatus", "oracleSubmissions"}) {
    EXPECT_TRUE(api.post_info(R"({"type":")" + type + R"("})").ok) << type;
  }
}

TEST_F(Dex17Info, candles_come_from_trades) {
  static_cast<void>(alice.act(order(false, "60000", "1")));
  static_cast<void>(bob.act(order(true, "60000", "1", "Ioc")));
  const json::value candles =
      info(R"({"type":"candleSnapshot","req":{"coin":"BTC","interval":"1h","startTime":0}})");
  ASSERT_EQ(candles.as_array().size(), 1U);
  EXPECT_EQ(text(candles.at(0).at("c")), "60000");
  EXPECT_EQ(text(candles.at(0).at("v")), "1");
}

TEST_F(Dex17Exchange, a_new_sub_account_or_vault_is_told_by_its_address) {
  const json::value sub = alice.act(R"({"type":"createSubAccount","name":"desk"})");
  EXPECT_EQ(text(sub.at("response").at("type")), "createSubAccount");
  EXPECT_EQ(sub.at("response").at("data"),
            info_of("subAccounts", alice).at(0).at("subAccountUser"));
  // By an agent too, whose own address has no sub-accounts.
  Trader agent(access, api, 9);
  static_cast<void>(
      alice.act(R"({"type":"approveAgent","agentName":"","agentAddress":")" + agent.hex() + "\"}"));
  const json::value second = agent.act(R"({"type":"createSubAccount","name":"more"})");
  EXPECT_EQ(second.at("response").at("data"),
            info_of("subAccounts", alice).at(1).at("subAccountUser"));
  for (const std::string name : {"one", "two"}) {
    const json::value vault = alice.act(R"({"type":"createVault","name":")" + name +
                                        R"(","description":"","initialUsd":1000000000})");
    EXPECT_EQ(text(vault.at("response").at("type")), "createVault");
    const json::value details = info(R"({"type":"vaultDetails","vaultAddress":)" +
                                     json::serialize(vault.at("response").at("data")) + "}");
    EXPECT_EQ(text(details.at("name")), name);
  }
}

TEST_F(Dex17Info, roles_agents_and_sub_accounts_are_told) {
  static_cast<void>(alice.act(R"({"type":"createSubAccount","name":"desk"})"));
  const json::value subs = info_of("subAccounts", alice);
  ASSERT_EQ(subs.as_array().size(), 1U);
  EXPECT_EQ(text(subs.at(0).at("name")), "desk");
  EXPECT_EQ(text(info(R"({"type":"userRole","user":)" +
                      json::serialize(subs.at(0).at("subAccountUser")) + "}")
                     .at("role")),
            "subAccount");
  EXPECT_EQ(text(info_of("userRole", alice).at("role")), "user");
}

TEST_F(Dex17Info, an_unknown_query_is_told_the_known_ones) {
  const InfoReply reply = api.post_info(R"({"type":"balance"})");
  EXPECT_FALSE(reply.ok);
  EXPECT_NE(reply.body.find("clearinghouseState"), std::string::npos);
}

using Dex14Typed = Exchange;

TEST_F(Dex14Typed, typed_data_has_the_digest_that_is_signed) {
  const json::value typed = json::parse(*api.typed("ApproveAgent"));
  EXPECT_EQ(text(typed.at("primaryType")), "ApproveAgent");
  EXPECT_EQ(text(typed.at("typeString")),
            "ApproveAgent(address agent,string name,uint64 validUntil,address account,uint64 "
            "nonce,uint64 expiresAfter)");
  // dex.md 21.14.
  EXPECT_EQ(text(typed.at("domainSeparator")),
            "0x9848f2c01ef33f629e301229e9d968f04db19102dc64663492ac102abad185e9");
  const auto of_body =
      api.typed_of(R"({"nonce":1700000000002,"action":{"type":"approveAgent","agentAddress":)"
                   R"("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","agentName":"mm-1"}})");
  ASSERT_TRUE(of_body);
  EXPECT_EQ(text(json::parse(*of_body).at("digest")),
            "0x0499ca45052d7a82d33952eee4b9001f67ae76dab5e383b36d278b71744a5a33");
  EXPECT_FALSE(api.typed("Mint"));
}

TEST_F(Dex14Typed, the_wire_form_of_the_vector_gives_its_digest) {
  // dex.md 21.14, PlaceOrders; its size and price are written as a client writes them.
  const auto typed = api.typed_of(
      R"({"nonce":1700000000000,"action":{"type":"order","orders":[{"a":0,"b":true,"p":"60000",)"
      R"("s":"1","r":false,"t":{"limit":{"tif":"Gtc"}},"c":"0x000102030405060708090a0b0c0d0e0f"}],)"
      R"("grouping":"na"}})");
  ASSERT_TRUE(typed);
  EXPECT_EQ(text(json::parse(*typed).at("digest")),
            "0xdd4f40ce662f48d3869b775a6da8b8702b7c0f952fa9d5db53de361dce0ae8ea");
}

}  // namespace
}  // namespace ol::api::test
