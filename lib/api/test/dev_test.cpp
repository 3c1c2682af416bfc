#include "trader.hpp"

// POST /dev (dex.md 17.5).

namespace ol::api::test {
namespace {

struct Dex17Dev : TwoTraders {
  // Replies in the order they came.
  void ask(const std::string& body, ExchangeApi& of) {
    of.post_dev(body, [this](std::string reply) { replies.push_back(json::parse(reply)); });
  }
  json::value answer(const std::string& body) {
    replies.clear();
    ask(body, api);
    api.advance();
    if (replies.empty()) access.block({}, {});
    api.advance();
    EXPECT_EQ(replies.size(), 1U) << body;
    return replies.empty() ? json::value() : replies.front();
  }
  static std::string sentence(const json::value& reply) {
    EXPECT_EQ(reply.at("status").as_string(), "err") << json::serialize(reply);
    return std::string(reply.at("response").at("msg").as_string());
  }
  static std::uint64_t data(const json::value& reply, std::string_view key) {
    EXPECT_EQ(reply.at("status").as_string(), "ok") << json::serialize(reply);
    return reply.at("response").at("data").at(key).to_number<std::uint64_t>();
  }
  std::size_t count(const std::string& type, const Trader& of) {
    return info(R"({"type":")" + type + R"(","user":")" + of.hex() + R"("})").as_array().size();
  }
  std::string faucet() const {
    return R"({"type":"faucet","user":")" + alice.hex() + R"(","usd":"5"})";
  }

  std::vector<json::value> replies;
};

TEST_F(Dex17Dev, answers_once_the_action_is_in_a_final_block) {
  ask(faucet(), api);
  EXPECT_TRUE(replies.empty());
  api.advance();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(data(replies[0], "height"), access.height());
  EXPECT_EQ(data(replies[0], "time"), access.time());
  EXPECT_EQ(text(replies[0].at("response").at("type")), "faucet");
}

TEST_F(Dex17Dev, equal_requests_are_answered_one_by_one) {
  const std::uint64_t before = access.height();
  ask(faucet(), api);
  ask(faucet(), api);
  api.advance();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(data(replies[0], "height"), before + 1);
  EXPECT_EQ(data(replies[1], "height"), before + 2);
}

TEST_F(Dex17Dev, mining_answers_with_the_last_block_asked_for) {
  ask(R"({"type":"mine","blocks":3})", api);
  const std::uint64_t first = access.height();
  for (int i = 0; i < 2; ++i) {
    api.advance();
    EXPECT_TRUE(replies.empty());
    access.block({}, {});
  }
  api.advance();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(data(replies[0], "height"), first + 2);
}

TEST_F(Dex17Dev, time_that_went_ahead_shows_in_the_block_after) {
  ask(R"({"type":"advanceTime","ms":3600000})", api);
  const std::uint64_t height = access.height();
  api.advance();
  EXPECT_TRUE(replies.empty());
  access.block({}, {});
  api.advance();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(data(replies[0], "height"), height + 1);
}

TEST_F(Dex17Dev, a_revert_brings_back_orders_books_and_history) {
  static_cast<void>(alice.act(order(true, "59000", "0.1")));
  const std::uint64_t id = data(answer(R"({"type":"snapshot"})"), "snapshot");
  EXPECT_EQ(id, access.height());
  static_cast<void>(bob.act(order(false, "59000", "0.04")));
  static_cast<void>(bob.act(order(false, "61000", "0.2")));
  api.advance();
  EXPECT_EQ(count("userFills", alice), 1U);
  const std::string back = R"({"type":"revert","snapshot":)" + std::to_string(id) + "}";
  EXPECT_EQ(data(answer(back), "height"), access.height());
  EXPECT_EQ(count("userFills", alice), 0U);
  EXPECT_EQ(count("openOrders", bob), 0U);
  const json::value open = info(R"({"type":"openOrders","user":")" + alice.hex() + R"("})");
  ASSERT_EQ(open.as_array().size(), 1U);
  EXPECT_EQ(text(open.at(0).at("sz")), "0.1");
  const json::value levels = info(R"({"type":"l2Book","coin":"BTC"})").at("levels");
  EXPECT_EQ(text(levels.at(0).at(0).at("sz")), "0.1");
  EXPECT_TRUE(levels.at(1).as_array().empty());
  EXPECT_NE(sentence(answer(back)).find("there are none"), std::string::npos);
}

struct Reverts : Dex17Dev {
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();

  void subscribe(const std::string& subscription) {
    api.receive(client, R"({"method":"subscribe","subscription":)" + subscription + "}");
  }
  json::array fills(ExchangeApi& of) {
    return json::parse(of.post_info(R"({"type":"userFills","user":")" + bob.hex() + R"("})").body)
        .as_array();
  }
  // Bob sells before the snapshot, after it, in the block that goes back to it (where alice sends a
  // dollar too), and after that one.
  void go_back() {
    static_cast<void>(alice.act(order(true, "59000", "0.1")));
    static_cast<void>(bob.act(order(false, "59000", "0.02")));
    access.block({exchange::CreditUsd{alice.address(), 7'000'000}, exchange::TakeSnapshot{},
                  exchange::SetOracle{kBtc, 590'000}},
                 {});
    snapshot = access.height();
    static_cast<void>(bob.act(order(false, "59000", "0.04")));
    static_cast<void>(bob.act(order(false, "61000", "0.5")));
    api.advance();
    client = api.connect(sink);
    subscribe(R"({"type":"userEvents","user":")" + bob.hex() + R"("})");
    subscribe(R"({"type":"orderUpdates","user":")" + bob.hex() + R"("})");
    subscribe(R"({"type":"l2Diff","coin":"BTC"})");
    subscribe(R"({"type":"blocks"})");
    sink->messages.erase(sink->messages.begin(), sink->messages.end());
    access.hold();
    for (const auto& [who, action] : {std::pair{&alice, R"({"type":"usdSend","destination":")" +
                                                            bob.hex() + R"(","amount":"1"})"},
                                      std::pair{&bob, order(false, "59000", "0.05")}}) {
      api.post_exchange(who->body(action), ExchangeApi::Wait::Committed,
                        [](const std::string& /*reply*/) {});
    }
    access.release({exchange::RevertTo{snapshot}});
    static_cast<void>(bob.act(order(false, "59000", "0.01")));
    api.advance();
  }
  ExchangeApi::ClientId client = 0;
  std::uint64_t snapshot = 0;
};

TEST_F(Reverts, lose_nothing_of_before_the_snapshot_nor_of_their_own_block) {
  go_back();
  const json::array sold = fills(api);
  ASSERT_EQ(sold.size(), 3U);
  const char* const szs[] = {"0.01", "0.05", "0.02"};
  const char* const from[] = {"-0.07", "-0.02", "0"};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(text(sold[i].at("sz")), szs[i]);
    EXPECT_EQ(text(sold[i].at("startPosition")), from[i]);
  }
  const json::value ledger = info(
      R"({"type":"userNonFundingLedgerUpdates","startTime":0,"user":")" + alice.hex() + R"("})");
  // 100,000 and, in the snapshot's own block before it, 7; then the dollar sent.
  ASSERT_EQ(ledger.as_array().size(), 3U);
  EXPECT_EQ(text(ledger.at(1).at("delta").at("usdc")), "7");
  EXPECT_EQ(text(ledger.at(2).at("delta").at("type")), "internalTransfer");
}

TEST_F(Reverts, are_told_to_whoever_listens) {
  go_back();
  const auto told = sink->of("user");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(text(told[0].at("fills").at(0).at("sz")), "0.05");
  EXPECT_EQ(sink->of("blocks").size(), 2U);
  // Books follow without a gap, and begin anew all the same.
  const auto diffs = sink->of("l2Diff");
  ASSERT_EQ(diffs.size(), 3U);
  EXPECT_TRUE(diffs[1].as_object().contains("isSnapshot"));
  EXPECT_EQ(diffs[1].at("seq"), diffs[0].at("seq"));
  EXPECT_EQ(diffs[2].at("prevSeq"), diffs[1].at("seq"));
  EXPECT_TRUE(diffs[1].at("levels").at(1).as_array().empty()) << "the ask at 61000 is no more";
  // Open orders anew: there are none.
  const auto orders = sink->of("orderUpdates");
  ASSERT_EQ(orders.size(), 3U);
  EXPECT_TRUE(orders[1].as_array().empty());
}

// Prices that the block does not change are those of the block before, whatever they were before
// the snapshot.
TEST_F(Reverts, keep_to_the_prices_of_the_chain) {
  Trader carol(access, api, 3);
  access.deposit(carol.address(), 3'000);
  static_cast<void>(
      carol.act(R"({"type":"updateLeverage","asset":0,"isCross":true,"leverage":40})"));
  static_cast<void>(alice.act(order(false, "60000", "1")));
  static_cast<void>(carol.act(order(true, "60000", "1")));
  static_cast<void>(alice.act(order(true, "57100", "1")));
  static_cast<void>(bob.act(order(false, "57600", "0.1")));
  const auto mark = [&] {
    api.advance();
    const json::value fills = info(R"({"type":"userFills","user":")" + carol.hex() + R"("})");
    EXPECT_EQ(fills.as_array().size(), 2U);
    return text(fills.at(0).at("liquidation").at("markPx"));
  };
  access.block({exchange::SetOracle{kBtc, 575'000}, exchange::TakeSnapshot{}}, {}, 3'000);
  const std::string first = mark();
  access.block({exchange::RevertTo{access.height()}}, {});
  EXPECT_EQ(mark(), first);
}

TEST_F(Reverts, to_before_this_history_let_it_begin_anew) {
  static_cast<void>(alice.act(order(true, "59000", "0.1")));
  access.block({exchange::TakeSnapshot{}}, {});
  const std::uint64_t height = access.height();
  ExchangeApi late(access);
  static_cast<void>(bob.act(order(false, "59000", "0.04")));
  late.advance();
  EXPECT_EQ(fills(late).size(), 1U);
  access.block({exchange::RevertTo{height}}, {});
  late.advance();
  EXPECT_TRUE(fills(late).empty());
  EXPECT_EQ(late.post_info(R"({"type":"l2Book","coin":"BTC"})").body.find("0.06"),
            std::string::npos);
  static_cast<void>(bob.act(order(false, "59000", "0.03")));
  late.advance();
  EXPECT_EQ(fills(late).size(), 1U);
}

TEST_F(Dex17Dev, the_chains_refusal_is_a_sentence) {
  EXPECT_NE(sentence(answer(R"({"type":"revert","snapshot":7})")).find("no snapshot 7"),
            std::string::npos);
  for (int i = 0; i < 8; ++i)
    static_cast<void>(data(answer(R"({"type":"snapshot"})"), "snapshot"));
  EXPECT_NE(sentence(answer(R"({"type":"snapshot"})")).find("at most 8"), std::string::npos);
  EXPECT_NE(sentence(answer(R"({"type":"setOracle","coin":"BTC","px":"0"})")).find("range"),
            std::string::npos);
}

TEST_F(Dex17Dev, parameters_are_set_together) {
  const json::value reply =
      answer(R"({"type":"setParams","params":{"sub_accounts":0,"seal_window":7}})");
  EXPECT_EQ(data(reply, "height"), access.height());
  std::int64_t window = 0;
  access.read(
      [&](const exchange::State& state) { window = *state.param_values.find("seal_window"); });
  EXPECT_EQ(window, 7);
}

TEST_F(Dex17Dev, requests_that_make_no_sense_are_refused_by_name) {
  const std::uint64_t before = access.height();
  const std::vector<std::pair<std::string, std::string>> all{
      {R"({"type":"warp"})", "type must be faucet"},
      {R"({"type":"mine","blocks":0})", "blocks must be from 1 to 10000"},
      {R"({"type":"mine","blocks":10001})", "blocks"},
      {R"({"type":"advanceTime","ms":0})", "ms must be from 1"},
      {R"({"type":"advanceTime","ms":31622400001})", "ms"},
      {R"({"type":"revert"})", "snapshot"},
      {R"({"type":"snapshot","id":1})", "id"},
      {R"({"type":"setParams","params":{}})", "params"},
      {R"({"type":"setParams","params":{"speed":1}})", "there is no parameter speed"},
      {R"({"type":"setParams","params":{"oracle_mode":2}})", "from 0 to 1"},
      {R"({"type":"setParams","params":{"oracle_mode":"1"}})", "oracle_mode must be a number"}};
  for (const auto& [body, part] : all) {
    const std::string said = sentence(answer(body));
    EXPECT_NE(said.find(part), std::string::npos) << body << ": " << said;
  }
  EXPECT_EQ(access.height(), before);
}

TEST_F(Dex17Dev, a_refusal_of_the_node_is_answered_at_once) {
  access.refuse_system = true;
  ask(faucet(), api);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(sentence(replies[0]), "not here");
  access.refuse_system = false;
  access.deposit(alice.address(), 5);
  api.advance();
  EXPECT_EQ(replies.size(), 1U);
}

TEST_F(Dex17Dev, a_reply_that_waits_too_long_says_so) {
  ask(R"({"type":"mine","blocks":3})", api);
  api.tick(30'299);
  EXPECT_TRUE(replies.empty());
  api.tick(30'300);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_NE(sentence(replies[0]).find("no final block"), std::string::npos);
}

TEST_F(Dex17Dev, replies_that_wait_are_bounded) {
  ExchangeApi narrow(access, {.waiting_max = 1});
  ask(R"({"type":"mine","blocks":3})", narrow);
  EXPECT_TRUE(replies.empty());
  const std::uint64_t before = access.height();
  ask(faucet(), narrow);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_NE(sentence(replies[0]).find("too many"), std::string::npos);
  EXPECT_EQ(access.height(), before);
}

TEST_F(Dex17Dev, nobody_is_told_after_the_end) {
  ask(R"({"type":"mine","blocks":3})", api);
  api.close();
  api.tick(1'000'000);
  EXPECT_TRUE(replies.empty());
}

}  // namespace
}  // namespace ol::api::test
