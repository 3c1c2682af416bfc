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
