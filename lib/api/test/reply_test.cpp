// What replies say of the state they are from.
#include "trader.hpp"

namespace ol::api::test {
namespace {

using Dex17Replies = TwoTraders;

// They are made by the thread that publishes blocks, which readers may keep waiting.
TEST_F(Dex17Replies, to_refused_actions_read_no_state_once_they_are_final) {
  Trader agent{access, api, 9};
  const std::string send = R"({"type":"usdSend","destination":")" + bob.hex() + R"(","amount":")";
  static_cast<void>(
      alice.act(R"({"type":"approveAgent","agentAddress":")" + agent.hex() + R"("})"));
  std::vector<std::string> replies;
  access.hold();
  for (const auto& [sender, amount] : {std::pair{&agent, "1"}, {&alice, "100001"}}) {
    api.post_exchange(sender->body(send + amount + R"("})"), ExchangeApi::Wait::Committed,
                      [&](std::string reply) { replies.push_back(std::move(reply)); });
  }
  std::size_t reads = 0;
  access.on_read = [&] { ++reads; };
  access.release();
  EXPECT_EQ(reads, 0U);
  access.on_read = nullptr;
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_NE(replies[0].find(agent.hex() + " is an agent"), std::string::npos) << replies[0];
  EXPECT_NE(replies[1].find("100000"), std::string::npos) << replies[1];
}

// A block becomes final between reading the history and reading the state.
TEST_F(Dex17Replies, name_a_height_that_all_they_tell_is_of) {
  const std::string query =
      R"({"type":"userNonFundingLedgerUpdates","startTime":0,"user":")" + alice.hex() + R"("})";
  const auto told = [&] { return json::parse(api.post_info(query).body).as_array().size(); };
  const std::size_t before = told();
  bool once = true;
  access.on_read = [&] {
    if (std::exchange(once, false)) access.deposit(alice.address(), 1);
  };
  const InfoReply reply = api.post_info(query);
  access.on_read = nullptr;
  EXPECT_EQ(reply.height, access.height());
  EXPECT_EQ(json::parse(reply.body).as_array().size(), before + 1);
  // Every time it looks again: what it tells is older than the state, and it says so.
  access.on_read = [&] { access.deposit(alice.address(), 1); };
  const InfoReply late = api.post_info(query);
  access.on_read = nullptr;
  const std::size_t of_late = json::parse(late.body).as_array().size();
  EXPECT_EQ(access.height() - late.height, told() - of_late);
}

}  // namespace
}  // namespace ol::api::test
