// Attacks on others' accounts, orders and nodes, each with the clause that ends it.
#include <ol/exchange/admission.hpp>

#include "exchange_fixture.hpp"
#include "invariants.hpp"
#include "margin.hpp"

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
  std::erase_if(records, [](const auto& record) { return begins_with(record.first, "group/"); });
  EXPECT_FALSE(Engine::restore(Params{}, records));
}

// ADR 38. The victim of a fall holds one whole long and a speck in a market that stands still.
class AuditLadder : public Audit {
 protected:
  void SetUp() override {
    Audit::SetUp();
    chain.deposit(kVictim, 2'000);
    ASSERT_EQ(code(kVictim, UpdateLeverage{kBtc, true, 40}), kOk);
    trade(kVictim, kBtc, 600'000, 100'000);
    trade(kVictim, kEth, 300'000, 100);
    chain.system({SetMarketStatus{kEth, MarketStatus::Halted}});
  }
  // `who` buys from A.
  void trade(const Address& who, AssetId asset, std::uint64_t px, std::uint64_t sz) {
    ASSERT_EQ(chain.order(kA, order_of(asset, Side::Sell, px, sz, Tif::Alo)).kind,
              OrderResult::Kind::Resting);
    ASSERT_EQ(chain.order(who, order_of(asset, Side::Buy, px, sz, Tif::Ioc)).total_sz, sz);
  }
  Bucket bucket(const Address& who) {
    return cross_bucket(chain.state(), chain.state().find_account(who));
  }
  // What the victim's bucket will be worth, and of that what goes with the position that trades.
  void fall_to(std::uint64_t px) {
    const Int128 cash = chain.account(kVictim).raw_usd;
    const Int128 btc = notional(px, 100'000);
    const Int128 eth = notional(chain.market(kEth).mark, 100);
    value = cash + btc + eth;
    share = trunc_div(value * btc, btc + eth);
    chain.oracle(kBtc, px);
    ASSERT_EQ(chain.market(kBtc).mark, px);
  }
  // The speck waits, with its share of the value.
  void expect_only_the_speck_waits() {
    EXPECT_EQ(chain.perp(kVictim, kBtc).szi, 0);
    EXPECT_EQ(chain.perp(kVictim, kEth).szi, 100);
    EXPECT_EQ(bucket(kVictim).av, value - share);
    EXPECT_NE(value, share);
    EXPECT_EQ(chain.account(kVictim).bad_debt, 0);
  }

  Int128 value = 0;
  Int128 share = 0;
};

TEST_F(AuditLadder, a_speck_that_waits_shields_nothing_from_the_market) {
  ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 586'000, 100'000)).kind,
            OrderResult::Kind::Resting);
  fall_to(586'000);
  EXPECT_EQ(chain.perp(kVictim, kBtc).szi, 0);
  EXPECT_EQ(chain.perp(kVictim, kEth).szi, 100);
}

TEST_F(AuditLadder, nor_from_the_backstop_vault) {
  chain.deposit(kBackstop, 1'000'000);
  fall_to(583'000);
  ASSERT_GT(value, 0);
  expect_only_the_speck_waits();
  EXPECT_EQ(chain.perp(kBackstop, kBtc).szi, 100'000);
  EXPECT_EQ(chain.perp(kBackstop, kEth).szi, 0);
  EXPECT_EQ(bucket(kBackstop).av, 1'000'000 * kDollar + share);
}

TEST_F(AuditLadder, nor_from_insurance_which_pays_for_what_trades_alone) {
  chain.deposit(kInsurance, 100'000);
  chain.deposit(kBackstop, 1'000'000);
  const std::int64_t before = chain.account(kInsurance).raw_usd;
  fall_to(570'000);
  ASSERT_LT(value, 0);
  expect_only_the_speck_waits();
  EXPECT_EQ(chain.perp(kBackstop, kBtc).szi, 100'000);
  EXPECT_EQ(Int128{chain.account(kInsurance).raw_usd}, before + share);
}

TEST_F(AuditLadder, nor_from_deleveraging_until_the_market_goes_on) {
  const Int128 before = chain.account(kA).raw_usd;
  const Int128 insured = chain.account(kInsurance).raw_usd;
  fall_to(570'000);
  ASSERT_LT(value, -insured);
  expect_only_the_speck_waits();
  EXPECT_EQ(Int128{chain.account(kA).raw_usd},
            before - notional(570'000, 100'000) + share + insured);
  chain.system({SetMarketStatus{kEth, MarketStatus::Active}});
  EXPECT_EQ(chain.perp(kVictim, kEth).szi, 0);
  EXPECT_EQ(chain.account(kVictim).raw_usd, 0);
}

// The market that stands still is settled below zero: insurance pays, the rest is a debt.
TEST_F(AuditLadder, what_waits_is_covered_by_a_settlement) {
  fall_to(570'000);
  ASSERT_LT(value - share, 0);
  const Int128 insured = chain.account(kInsurance).raw_usd;
  ASSERT_EQ(insured, 0);
  chain.system({SetMarketStatus{kEth, MarketStatus::Settling}});
  EXPECT_EQ(chain.account(kVictim).raw_usd, 0);
  EXPECT_EQ(Int128{chain.account(kVictim).bad_debt}, share - value);
}

// ADR 38: a candidate of deleveraging that is bankrupt itself, though less than the other.
class AuditCandidates : public Audit {
 protected:
  static constexpr std::uint64_t kLots = 10'000;
  void SetUp() override {
    Audit::SetUp();
    ASSERT_EQ(code(kA, UpdateLeverage{kEth, true, 5}), kOk);
  }
  void short_and_long(std::int64_t short_dollars, std::int64_t long_dollars, bool isolated) {
    chain.deposit(kShort, short_dollars);
    chain.deposit(kLong, long_dollars);
    ASSERT_EQ(code(kShort, UpdateLeverage{kBtc, true, 40}), kOk);
    ASSERT_EQ(code(kLong, UpdateLeverage{kBtc, !isolated, 40}), kOk);
    trade(kLong, kShort, kBtc, 600'000, kLots);
  }
  void trade(const Address& buyer, const Address& seller, AssetId asset, std::uint64_t px,
             std::uint64_t sz) {
    ASSERT_EQ(chain.order(seller, order_of(asset, Side::Sell, px, sz, Tif::Alo)).kind,
              OrderResult::Kind::Resting);
    ASSERT_EQ(chain.order(buyer, order_of(asset, Side::Buy, px, sz, Tif::Ioc)).total_sz, sz);
  }
  // Halves the price of ETH and settles it, while the ladder is blind; then BTC has a price.
  void eth_falls_and_btc_is(std::uint64_t px) {
    chain.system({SetMarketStatus{kEth, MarketStatus::Halted}});
    chain.oracle(kEth, 150'000, 61'000);
    ASSERT_EQ(chain.market(kEth).mark, 150'000U);
    chain.system({SetMarketStatus{kEth, MarketStatus::Settling}, SetOracle{kBtc, px}});
    ASSERT_EQ(chain.market(kBtc).mark, px);
    ASSERT_EQ(chain.perp(kShort, kBtc).szi, 0);
    ASSERT_EQ(chain.perp(kLong, kBtc).szi, 0);
  }

  const Address kShort = user(4);
  const Address kLong = user(5);
};

TEST_F(AuditCandidates, a_cross_bucket_left_below_zero_is_covered) {
  short_and_long(200, 2'000, false);
  trade(kLong, kA, kEth, 300'000, 22'000);
  const std::int64_t cash = chain.account(kLong).raw_usd;
  eth_falls_and_btc_is(720'000);
  const Int128 value = cash + notional(720'000, kLots) + notional(150'000, 22'000);
  ASSERT_LT(value, 0);
  EXPECT_EQ(chain.account(kLong).raw_usd, 0);
  EXPECT_EQ(Int128{chain.account(kLong).bad_debt}, -value);
}

TEST_F(AuditCandidates, an_isolated_bucket_leaves_the_cross_cash_alone) {
  short_and_long(800, 5'000, true);
  trade(kShort, kA, kEth, 300'000, 30'000);
  const std::int64_t cash = chain.account(kLong).raw_usd;
  const Int128 value = chain.perp(kLong, kBtc).iso_raw + notional(480'000, kLots);
  ASSERT_LT(value, 0);
  eth_falls_and_btc_is(480'000);
  EXPECT_EQ(chain.account(kLong).raw_usd, cash);
  EXPECT_EQ(Int128{chain.account(kLong).bad_debt}, -value);
}

// Half of it closed against the other, the rest is deleveraged in its turn, against A.
TEST_F(AuditCandidates, a_bucket_with_a_position_left_is_the_ladders) {
  short_and_long(800, 5'000, true);
  trade(kLong, kA, kBtc, 600'000, kLots);
  trade(kShort, kA, kEth, 300'000, 30'000);
  const std::int64_t cash = chain.account(kLong).raw_usd;
  eth_falls_and_btc_is(480'000);
  EXPECT_EQ(chain.account(kLong).raw_usd, cash);
  EXPECT_EQ(chain.account(kLong).bad_debt, 0);
}

using AuditBackstop = Audit;

TEST_F(AuditBackstop, what_it_holds_is_not_the_first_depositors) {
  chain.deposit(kBackstop, 90'000);
  ASSERT_EQ(code(kMallory, VaultTransfer{kBackstop, true, 10'000 * kDollar}), kOk);
  const VaultInfo info = *chain.state().vaults.find(kBackstop);
  EXPECT_EQ(info.total_shares, 100'000 * kDollar);
  EXPECT_EQ(chain.state().vault_shares.find({kBackstop, kMallory})->shares, 10'000 * kDollar);
  EXPECT_EQ(chain.state().vault_shares.find({kBackstop, kBackstop})->shares, 90'000 * kDollar);
  chain.system({}, 4 * 86'400'000);
  ASSERT_EQ(code(kMallory, VaultTransfer{kBackstop, false, 100'000 * kDollar}), kOk);
  EXPECT_EQ(chain.account(kMallory).raw_usd, 1'000'000 * kDollar);
  EXPECT_EQ(chain.account(kBackstop).raw_usd, 90'000 * kDollar);
}

TEST_F(AuditBackstop, takes_no_first_deposit_to_fill_a_hole) {
  ASSERT_EQ(code(kMallory, Noop{}), kOk);
  chain.system({CreditUsd{kBackstop, 1'000 * kDollar}});
  // A long of the vault's own, that falls below what it has.
  ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 100'000, Tif::Alo)).kind,
            OrderResult::Kind::Resting);
  chain.deposit(kVictim, 2'000);
  ASSERT_EQ(code(kVictim, UpdateLeverage{kBtc, true, 40}), kOk);
  chain.deposit(kBackstop, 4'000);
  ASSERT_EQ(chain.order(kVictim, order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Ioc)).total_sz,
            100'000U);
  chain.oracle(kBtc, 617'000);  // the vault takes the short at the mark
  ASSERT_EQ(chain.perp(kBackstop, kBtc).szi, -100'000);
  chain.system({SetMarketStatus{kBtc, MarketStatus::Halted}});
  chain.oracle(kBtc, 900'000);
  EXPECT_EQ(code(kMallory, VaultTransfer{kBackstop, true, 10'000 * kDollar}), Error::VaultDeposit);
  EXPECT_EQ(chain.account(kMallory).raw_usd, 1'000'000 * kDollar);
}

using AuditSeals = Audit;

// Whoever sees a commitment on its way may send the same before it.
TEST_F(AuditSeals, a_copied_commitment_blocks_nobody) {
  const Order secret = order_of(kBtc, Side::Buy, 590'000, 10'000);
  const Hash256 commitment = seal_commitment(secret, {}, kA);
  EXPECT_EQ(code(kMallory, SealOrder{commitment}), kOk);
  EXPECT_EQ(code(kA, SealOrder{commitment}), kOk);
  EXPECT_EQ(code(kA, SealOrder{commitment}), Error::SealMismatch);
  chain.restart();
  EXPECT_EQ(code(kMallory, RevealOrder{commitment, secret, {}}), Error::SealMismatch);
  EXPECT_EQ(code(kA, RevealOrder{commitment, secret, {}}), kOk);
  EXPECT_EQ(code(kA, RevealOrder{commitment, secret, {}}), Error::SealUnknown);
  EXPECT_TRUE(chain.state().seals.contains({kMallory, commitment}));
}

// Reveals run by the hash of their own seals' seeds: the copy's has another.
TEST_F(AuditSeals, an_agents_reveal_has_the_place_of_its_masters_seal) {
  ASSERT_EQ(code(kA, ApproveAgent{user(7), "bot", 0}), kOk);
  // Both buy what one seller offers; which comes first depends on the seeds alone.
  std::vector<Order> secrets;
  std::vector<Hash256> commitments;
  std::vector<VerifiedAction> seals;
  for (std::uint64_t i = 0; i < 9; ++i) {
    secrets.push_back(order_of(kBtc, Side::Buy, 590'000, 10'000 + i, Tif::Gtc));
    commitments.push_back(seal_commitment(secrets.back(), {}, kA));
    seals.push_back(chain.action(kA, SealOrder{commitments.back()}));
  }
  for (const ActionResult& sealed : chain.block({}, seals).results)
    ASSERT_TRUE(sealed.ok);
  chain.system({});
  std::vector<std::pair<Hash256, std::size_t>> keys;
  std::vector<VerifiedAction> reveals;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const Seal* seal = chain.state().seals.find({kA, commitments[i]});
    ASSERT_NE(seal, nullptr);
    ASSERT_NE(seal->seed, Hash256{});
    keys.emplace_back(order_key(seal->seed, commitments[i]), i);
    // By the owner, by its agent, naming itself.
    const Address signer = i % 2 == 0 ? kA : user(7);
    reveals.push_back(
        chain.action(signer, RevealOrder{commitments[i], secrets[i], {}}, i == 2 ? kA : Address{}));
  }
  const BlockResult out = chain.block({}, reveals);
  std::ranges::sort(keys);
  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_EQ(out.results.at(i).hash, reveals[keys[i].second].hash);
}

class AuditDust : public Audit {
 protected:
  OrderResult resize(const OrderResult& placed, Order order, std::uint64_t sz) {
    order.sz = sz;
    return chain.act(kA, ModifyOrders{{{placed.oid, {}, order}}}).orders.at(0);
  }
};

// Least worth is 10 dollars: at 50,000 that is 20 lots of a hundred-thousandth.
TEST_F(AuditDust, no_order_shrinks_below_the_least_worth) {
  const Order order = order_of(kBtc, Side::Buy, 500'000, 10'000);
  const OrderResult placed = chain.order(kA, order);
  ASSERT_EQ(placed.kind, OrderResult::Kind::Resting);
  EXPECT_EQ(resize(placed, order, 19).error, Error::MinNtl);
  EXPECT_EQ(chain.state().orders[chain.state().orders.find(placed.oid)].sz, 10'000U);
  const OrderResult least = resize(placed, order, 20);
  EXPECT_EQ(least.kind, OrderResult::Kind::Resting);
  EXPECT_EQ(least.oid, placed.oid);
}

TEST_F(AuditDust, an_order_that_closes_its_position_may_be_as_small) {
  ASSERT_EQ(chain.order(kMallory, order_of(kBtc, Side::Sell, 600'000, 1'000)).kind,
            OrderResult::Kind::Resting);
  ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 1'000)).total_sz, 1'000U);
  Order order = order_of(kBtc, Side::Sell, 610'000, 2'000);
  order.reduce_only = true;
  const OrderResult placed = chain.order(kA, order);
  ASSERT_EQ(placed.kind, OrderResult::Kind::Resting);
  ASSERT_EQ(chain.order(kMallory, order_of(kBtc, Side::Buy, 600'000, 990)).kind,
            OrderResult::Kind::Resting);
  ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Sell, 600'000, 990, Tif::Ioc)).total_sz, 990U);
  EXPECT_EQ(resize(placed, order, 9).error, Error::MinNtl);
  EXPECT_EQ(resize(placed, order, 10).kind, OrderResult::Kind::Resting);
}

using AuditBreaker = Audit;

TEST_F(AuditBreaker, keeps_a_price_a_second_and_writes_no_more) {
  std::size_t written = 0;
  constexpr int kBlocks = 4'000;  // 320 s at 80 ms
  for (int i = 0; i < kBlocks; ++i) {
    const BlockResult out = chain.oracle(kBtc, 600'000 + static_cast<std::uint64_t>(i % 7), 80);
    for (const auto& [key, value] : out.diff) {
      if (begins_with(key, "ohist/")) ++written;
    }
  }
  EXPECT_LE(chain.state().oracle_history.find(kBtc)->size(), 302U);
  EXPECT_GE(written, 319U);
  EXPECT_LE(written, 321U);
}

// A price second by second, but the window to the millisecond.
TEST_F(AuditBreaker, compares_with_the_last_price_before_its_window) {
  const auto alarmed = [&](TimeMs at, std::uint64_t px) {
    chain.oracle(kBtc, px, kStart + at - chain.state().global().time);
    for (const AlertEvent& alert : chain.events_of<AlertEvent>()) {
      if (alert.kind == AlertEvent::Kind::Breaker) return true;
    }
    return false;
  };
  ASSERT_LT(chain.state().global().time, kStart + 1'000);  // 600,000 came in the first second
  EXPECT_FALSE(alarmed(1'300, 520'000));
  EXPECT_FALSE(alarmed(301'100, 598'000));
  EXPECT_FALSE(alarmed(301'400, 597'990));
  EXPECT_TRUE(alarmed(301'500, 598'000));
}

}  // namespace
}  // namespace ol::exchange
