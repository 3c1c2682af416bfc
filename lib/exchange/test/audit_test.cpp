// Attacks on others' accounts, orders and nodes, each with the clause that ends it.
#include <ol/exchange/admission.hpp>

#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kA = user(1);
const Address kMallory = user(2);
const Address kVictim = user(3);
constexpr Error kOk{};

class Audit : public testing::Test {
 protected:
  void SetUp() override {
    chain.deposit(kA, 1'000'000);
    chain.deposit(kMallory, 1'000'000);
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  // What a pool and a block say of one action; they agree on who may sign.
  Error code(const Address& signer, const ActionBody& body, const Address& account = {}) {
    const VerifiedAction action = chain.action(signer, body, account);
    const auto admitted =
        check_admission(chain.state(), Params{}, action, chain.state().global().time, 0);
    const ActionResult out = chain.block({}, {action}).results.at(0);
    if (!admitted) EXPECT_EQ(out.error, admitted.error());
    return out.ok ? kOk : out.error;
  }

  Chain chain;
};

// ADR 37: an approval asks nobody, so it takes nothing from the account of its address.
class AuditAgents : public Audit {
 protected:
  void SetUp() override {
    Audit::SetUp();
    ASSERT_EQ(code(kMallory, ApproveAgent{kVictim, "", 0}), kOk);
    chain.deposit(kVictim, 1'000);
  }
};

TEST_F(AuditAgents, whoever_names_itself_acts_for_itself) {
  EXPECT_EQ(code(kVictim, UsdSend{kA, 1'000}, kVictim), kOk);
  EXPECT_EQ(chain.account(kVictim).raw_usd, 1'000 * kDollar - 1'000);
  EXPECT_EQ(code(kVictim, UpdateLeverage{kBtc, true, 3}, kVictim), kOk);
  EXPECT_EQ(chain.perp(kVictim, kBtc).leverage, 3);
  EXPECT_EQ(chain.perp(kMallory, kBtc).leverage, 0);
}

TEST_F(AuditAgents, a_tombstone_does_not_bury_an_account) {
  ASSERT_EQ(code(kMallory, ApproveAgent{user(9), "", 0}), kOk);
  EXPECT_EQ(code(kVictim, UsdSend{kA, 1}), Error::AgentRevoked);
  EXPECT_EQ(code(kVictim, UsdSend{kA, 1}, kMallory), Error::AgentRevoked);
  EXPECT_EQ(code(kVictim, UsdSend{kA, 1'000 * kDollar}, kVictim), kOk);
  EXPECT_EQ(chain.account(kVictim).raw_usd, 0);
}

TEST_F(AuditAgents, an_address_ends_the_agency_that_it_did_not_ask_for) {
  ASSERT_EQ(code(kVictim, ApproveAgent{kVictim, "", 0}, kVictim), kOk);
  EXPECT_EQ(code(kVictim, UsdSend{kA, 1}), kOk);
  EXPECT_EQ(code(kVictim, Noop{}, kMallory), Error::NotAuthorized);
  EXPECT_EQ(code(kMallory, ApproveAgent{kVictim, "", 0}), Error::NotAuthorized);
  // Its name is free, and nothing is left to end.
  EXPECT_EQ(code(kMallory, ApproveAgent{{}, "", 0}), Error::NotAuthorized);
  EXPECT_EQ(code(kVictim, ApproveAgent{kVictim, "", 0}, kVictim), Error::NotAuthorized);
  chain.restart();
  EXPECT_EQ(code(kVictim, Noop{}), kOk);
}

TEST_F(AuditAgents, ending_a_tombstone_leaves_its_successor) {
  ASSERT_EQ(code(kMallory, ApproveAgent{user(9), "", 0}), kOk);
  ASSERT_EQ(code(kVictim, ApproveAgent{kVictim, "", 0}, kVictim), kOk);
  EXPECT_EQ(code(kVictim, UsdSend{kA, 1}), kOk);
  EXPECT_EQ(code(user(9), Noop{}), kOk);
  EXPECT_EQ(code(kMallory, ApproveAgent{{}, "", 0}), kOk);
}

// The mirror image: money from a stranger makes no agent deaf.
TEST_F(AuditAgents, an_agent_that_is_sent_money_stays_one) {
  ASSERT_EQ(code(kA, ApproveAgent{user(7), "bot", 0}), kOk);
  ASSERT_EQ(code(kMallory, UsdSend{user(7), 0}), kOk);
  ASSERT_EQ(code(kMallory, UsdSend{user(7), 1}), kOk);
  EXPECT_EQ(code(user(7), UpdateLeverage{kBtc, true, 3}), kOk);
  EXPECT_EQ(chain.perp(kA, kBtc).leverage, 3);
  EXPECT_EQ(code(user(7), UsdSend{kMallory, 1}), Error::NotAuthorized);
  EXPECT_EQ(code(user(7), UsdSend{kMallory, 1}, kA), Error::NotAuthorized);
  EXPECT_EQ(code(user(7), UsdSend{kMallory, 1}, user(7)), kOk);
}

TEST_F(AuditAgents, both_roles_of_a_key_share_its_nonces) {
  VerifiedAction own = chain.action(kVictim, Noop{}, kVictim);
  VerifiedAction agents = own;
  agents.action.account = {};
  const BlockResult out = chain.block({}, {own, agents});
  EXPECT_TRUE(out.results.at(0).ok);
  EXPECT_EQ(out.results.at(1).error, Error::BadNonce);
}

TEST_F(AuditAgents, who_names_itself_needs_an_account) {
  ASSERT_EQ(code(kA, ApproveAgent{user(7), "bot", 0}), kOk);
  EXPECT_EQ(code(user(7), Noop{}, user(7)), Error::UnknownAccount);
}

class AuditGroups : public Audit {
 protected:
  static Order stop(std::uint64_t trigger_px) {
    Order out = order_of(kBtc, Side::Sell, trigger_px, 10'000);
    out.trigger = Trigger::StopMarket;
    out.trigger_px = trigger_px;
    out.reduce_only = true;
    return out;
  }
  ActionResult family() {
    return chain.act(kA, PlaceOrders{{order_of(kBtc, Side::Buy, 590'000, 10'000), stop(580'000)},
                                     Grouping::ParentChildren,
                                     {},
                                     0});
  }
  ActionResult position(std::uint64_t trigger_px) {
    return chain.act(kA, PlaceOrders{{stop(trigger_px)}, Grouping::Position, {}, 0});
  }
  // The state with the next group's number changed.
  void continue_at_group(std::uint64_t number) {
    StateRecords records = chain.engine().records();
    Bytes& globals = records.at(to_bytes(as_bytes(std::string_view("glob/"))));
    for (std::size_t i = 0; i < 8; ++i)
      globals[32 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    chain.restart_from(records);
    ASSERT_EQ(chain.state().global().next_group, number);
  }
};

TEST_F(AuditGroups, refused_ones_use_up_no_number) {
  const std::uint64_t before = chain.state().global().next_group;
  EXPECT_EQ(position(0).orders.at(0).kind, OrderResult::Kind::Error);
  EXPECT_EQ(chain.state().global().next_group, before);
  EXPECT_TRUE(chain.state().groups.items().empty());
  EXPECT_EQ(position(580'000).orders.at(0).kind, OrderResult::Kind::WaitingForTrigger);
  EXPECT_EQ(position(570'000).orders.at(0).kind, OrderResult::Kind::WaitingForTrigger);
  EXPECT_EQ(chain.state().global().next_group, before + 2);
  EXPECT_EQ(chain.state().groups.items().size(), 2U);
}

TEST_F(AuditGroups, numbers_end_where_resting_orders_keep_them_whole) {
  continue_at_group(0xffff'ffff);
  const ActionResult last = family();
  ASSERT_EQ(last.orders.at(0).kind, OrderResult::Kind::Resting);
  EXPECT_TRUE(chain.state().groups.contains(0xffff'ffff));
  const ActionResult beyond = family();
  ASSERT_EQ(beyond.orders.size(), 2U);
  for (const OrderResult& result : beyond.orders)
    EXPECT_EQ(result.error, Error::TooManyOrders);
  EXPECT_EQ(code(kA, CancelAll{kBtc, CancelSide::Buys}), kOk);
  EXPECT_TRUE(chain.state().groups.items().empty());
  EXPECT_TRUE(chain.state().triggers.items().empty());
}

TEST_F(AuditGroups, no_state_is_loaded_whose_parent_lacks_its_group) {
  const ActionResult placed = family();
  ASSERT_EQ(placed.orders.at(0).kind, OrderResult::Kind::Resting);
  StateRecords records = chain.engine().records();
  ASSERT_TRUE(Engine::restore(Params{}, records));
  std::erase_if(records, [](const auto& record) {
    const ByteView prefix = as_bytes(std::string_view("group/"));
    return std::ranges::equal(ByteView(record.first).first(prefix.size()), prefix);
  });
  EXPECT_FALSE(Engine::restore(Params{}, records));
}

}  // namespace
}  // namespace ol::exchange
