#include <ol/execution/exchange_chain.hpp>

#include <gtest/gtest.h>

#include <ol/crypto/bls.hpp>
#include <ol/execution/exchange_genesis.hpp>
#include <ol/execution/exchange_items.hpp>

namespace ol::execution {
namespace {

using exchange::AssetId;
using exchange::OracleSubmit;
using primitives::BlockHash;

constexpr std::uint64_t kStart = 1'700'000'000'000;

crypto::Secp256k1SecretKey user_key(std::uint8_t i) {
  crypto::SecretBytes<32> bytes;
  bytes.span()[31] = static_cast<std::uint8_t>(i + 1);
  return *crypto::Secp256k1SecretKey::from_bytes(bytes.view());
}

primitives::Genesis genesis() {
  primitives::Genesis out;
  out.domain.chain_id = primitives::ChainId(7777);
  out.time = primitives::TimeMs(kStart);
  out.devnet = true;
  crypto::SecretBytes<32> seed;
  out.validators.push_back({.name = "one",
                            .weight = primitives::Weight(1),
                            .key = crypto::Ed25519SecretKey::from_seed(seed).public_key(),
                            .bls_key = crypto::BlsSecretKey::generate().public_key(),
                            .network_key = {},
                            .fee_recipient = {}});
  primitives::ExchangeGenesis exchange;
  exchange.tokens = {{0, "USD", 2, 8}};
  primitives::ExchangeMarket market;
  market.name = "BTC";
  market.sz_decimals = 5;
  market.margin_tiers = {{0, 50}};
  market.px = 650'000;
  exchange.markets = {market};
  for (std::uint8_t i = 0; i < 2; ++i)
    exchange.usd[user_key(i).address()] = 1'000'000'000'000;
  out.exchange = exchange;
  return out;
}

BlockHash named(std::uint8_t name) {
  BlockHash out;
  out.bytes[0] = name;
  return out;
}

class ExchangeChainTest : public testing::Test {
 protected:
  ExchangeChainTest() : start_(*exchange_start(genesis_)), chain_(open()) {}

  std::unique_ptr<ExchangeChain> open() const {
    return *ExchangeChain::open(exchange_params(genesis_), start_.records, named(0));
  }

  exchange::VerifiedAction order(std::uint8_t user, exchange::Side side, std::uint64_t px,
                                 exchange::Tif tif, std::uint64_t nonce) const {
    exchange::Order order;
    order.side = side;
    order.px = px;
    order.sz = 1'000;
    order.tif = tif;
    exchange::Action action{exchange::PlaceOrders{{order}, {}, {}, 0}, {}, kStart + nonce, 0};
    const Hash256 domain = exchange::domain_separator(7777);
    const auto signature = exchange::sign_action(user_key(user), domain, action);
    return *exchange::verify_action(domain, action, signature);
  }

  static exchange::BlockInput block(std::uint64_t height,
                                    std::vector<exchange::VerifiedAction> actions) {
    exchange::BlockInput out;
    out.height = height;
    out.time = kStart + 100 * height;
    out.stakes = {1};
    out.actions = std::move(actions);
    return out;
  }

  const primitives::Genesis genesis_ = genesis();
  const ExchangeStart start_;
  std::unique_ptr<ExchangeChain> chain_;
};

using exchange::Side;
using exchange::Tif;

TEST_F(ExchangeChainTest, starts_with_the_markets_and_balances_of_genesis) {
  const exchange::State* state = chain_->state_at(named(0));
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->global().height, 0U);
  EXPECT_EQ(state->markets[state->find_market(AssetId(0))].oracle, 650'000U);
  const auto account = state->find_account(user_key(0).address());
  EXPECT_EQ(state->accounts[account].raw_usd, 1'000'000'000'000);
  EXPECT_EQ(chain_->root(), start_.root);
  EXPECT_NE(genesis_state_root(genesis_, Hash256{}), Hash256{});
}

// dex.md 7.3, with the parameters that a node opens the chain with.
TEST_F(ExchangeChainTest, upgrade_heights_of_genesis_make_the_blocks_after_them_post_only) {
  primitives::Genesis upgraded = genesis();
  upgraded.exchange->upgrade_heights = {2};
  EXPECT_EQ(exchange_start(upgraded)->root, start_.root);
  const auto chain = *ExchangeChain::open(exchange_params(upgraded), start_.records, named(0));
  const auto error_at = [&](std::uint8_t height) {
    const auto bid = order(1, Side::Buy, 649'000, Tif::Ioc, height);
    const auto out = chain->execute(named(height - 1), named(height), block(height, {bid}));
    return out->result.results.at(0).orders.at(0).error;
  };
  EXPECT_EQ(error_at(1), exchange::Error::IocCancel);
  for (std::uint8_t height = 2; height < 52; ++height)
    ASSERT_EQ(error_at(height), exchange::Error::PostOnlyPeriod) << int{height};
  EXPECT_EQ(error_at(52), exchange::Error::IocCancel);
}

TEST_F(ExchangeChainTest, a_genesis_that_the_exchange_refuses_is_named) {
  primitives::Genesis bad = genesis();
  bad.exchange->spot.push_back({user_key(0).address(), 9, 5});
  const auto refused = exchange_start(bad);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("spot of 0x"), std::string::npos);
}

TEST_F(ExchangeChainTest, forks_are_gone_back_and_forth_and_leave_no_trace) {
  const auto ask = order(0, Side::Sell, 651'000, Tif::Alo, 1);
  const auto bid = order(1, Side::Buy, 651'000, Tif::Ioc, 1);
  const auto a1 = chain_->execute(named(0), named(1), block(1, {ask}));
  const auto b1 = chain_->execute(named(0), named(2), block(1, {bid}));
  const auto a2 = chain_->execute(named(1), named(3), block(2, {bid}));
  const auto b2 = chain_->execute(named(2), named(4), block(2, {ask}));
  ASSERT_TRUE(a1 && a2 && b1 && b2);
  // On one branch the ask waits for the bid, on the other the bid came too early.
  const auto fills = [](const exchange::CommittedBlockPtr& of) {
    return std::ranges::count_if(of->result.events, [](const exchange::Event& event) {
      return std::holds_alternative<exchange::FillEvent>(event);
    });
  };
  EXPECT_EQ(fills(a2), 1);
  EXPECT_EQ(fills(b2), 0);

  chain_->commit(named(1));
  chain_->forget(named(4));
  chain_->forget(named(2));
  chain_->commit(named(3));
  EXPECT_EQ(chain_->root(), a2->state_root);

  const auto straight = open();
  ASSERT_TRUE(straight->execute(named(0), named(1), block(1, {ask})));
  straight->commit(named(1));
  const auto again = straight->execute(named(1), named(3), block(2, {bid}));
  EXPECT_EQ(roots_of(*again), roots_of(*a2));
}

TEST_F(ExchangeChainTest, a_final_block_on_another_branch_than_the_engines_is_gone_to) {
  const auto ask = order(0, Side::Sell, 651'000, Tif::Alo, 1);
  const auto a1 = chain_->execute(named(0), named(1), block(1, {ask}));
  ASSERT_TRUE(chain_->execute(named(0), named(2), block(1, {})));
  chain_->commit(named(1));
  EXPECT_EQ(chain_->root(), a1->state_root);
  EXPECT_EQ(chain_->head(), named(1));
  EXPECT_EQ(chain_->execute(named(2), named(5), block(2, {})), nullptr) << "off the branch";
}

TEST_F(ExchangeChainTest, a_block_that_breaks_the_ordering_rule_or_has_no_parent_is_refused) {
  const auto ask = order(0, Side::Sell, 651'000, Tif::Alo, 1);
  const auto bid = order(1, Side::Buy, 651'000, Tif::Ioc, 1);
  EXPECT_EQ(chain_->execute(named(0), named(1), block(1, {bid, ask})), nullptr);
  EXPECT_EQ(chain_->execute(named(0), named(1), block(2, {})), nullptr);
  EXPECT_EQ(chain_->execute(named(9), named(1), block(1, {})), nullptr);
  EXPECT_NE(chain_->execute(named(0), named(1), block(1, {ask, bid})), nullptr);
}

TEST_F(ExchangeChainTest, the_state_that_is_stored_by_diffs_opens_again_with_the_same_root) {
  exchange::StateRecords records = start_.records;
  std::uint8_t name = 0;
  for (std::uint64_t height = 1; height <= 4; ++height) {
    const auto out =
        chain_->execute(named(name), named(static_cast<std::uint8_t>(name + 1)),
                        block(height, {order(0, Side::Sell, 651'000 + height, Tif::Alo, height)}));
    ASSERT_TRUE(out);
    chain_->commit(named(++name));
    for (const auto& [key, value] : out->result.diff) {
      records.erase(to_bytes(key));
      if (value) records.emplace(to_bytes(key), to_bytes(*value));
    }
  }
  const auto again = ExchangeChain::open(exchange_params(genesis_), records, named(name));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ((*again)->root(), chain_->root());
}

TEST(ExchangeRoots, are_read_back_and_tell_blocks_apart) {
  ExchangeRoots roots = empty_roots(Hash256{});
  roots.results.bytes[3] = 1;
  EXPECT_EQ(decode_roots(encode_roots(roots)), roots);
  EXPECT_FALSE(decode_roots(Bytes(127)).has_value());
  const primitives::ChainDomain domain;
  ExchangeRoots other = roots;
  other.events.bytes[0] ^= 1U;
  EXPECT_NE(joint_results_root(domain, {}, roots), joint_results_root(domain, {}, other));
}

class ExchangeItemsTest : public ExchangeChainTest {
 protected:
  ItemRules rules(bool devnet = true) const {
    return {
        genesis_.domain, exchange::domain_separator(7777),
        [this](primitives::Epoch epoch) { return epoch <= primitives::Epoch(1) ? &set_ : nullptr; },
        devnet};
  }
  static crypto::Ed25519SecretKey validator_key() {
    return crypto::Ed25519SecretKey::from_seed(crypto::SecretBytes<32>());
  }
  Bytes prices(std::uint64_t round, std::uint32_t validator = 0, std::uint64_t in_epoch = 0) const {
    const primitives::Epoch epoch(in_epoch);
    const OracleSubmit submit{validator, round, {{AssetId(0), 650'100, 0}}};
    const auto digest = prices_digest(genesis_.domain, epoch, submit);
    return prices_item(epoch, submit, validator_key().sign(digest.view()));
  }
  Bytes action(std::uint64_t nonce, exchange::ActionBody body) const {
    const exchange::Action action{std::move(body), {}, kStart + nonce, 0};
    const Hash256 domain = exchange::domain_separator(7777);
    return action_item({action, exchange::sign_action(user_key(0), domain, action)});
  }
  ExchangeItemPtr verified(const Bytes& bytes) const {
    auto item = verify_item(rules(), bytes);
    EXPECT_TRUE(item.has_value()) << describe(item.error());
    return std::make_shared<const ExchangeItem>(*std::move(item));
  }
  Result<exchange::BlockInput, ItemsError> input(const std::vector<Bytes>& items) const {
    std::vector<ExchangeItemPtr> list;
    for (const Bytes& item : items)
      list.push_back(verified(item));
    primitives::Header header;
    header.height = primitives::Height(1);
    header.time = primitives::TimeMs(kStart + 100);
    return block_input(rules(), header, list);
  }

  const primitives::ValidatorSet set_ = primitives::genesis_validator_set(genesis_);
};

TEST_F(ExchangeItemsTest, every_kind_is_verified_and_a_changed_byte_is_not) {
  for (const Bytes& item : {action(1, exchange::Noop{}), prices(1)}) {
    EXPECT_TRUE(primitives::is_exchange_item(item));
    verified(item);
    Bytes changed = item;
    changed[changed.size() - 70] ^= 1U;
    const auto read = verify_item(rules(), changed);
    // A changed action is one of somebody else; prices name who signed.
    if (read) {
      EXPECT_NE(read->action()->signer, user_key(0).address());
    }
    EXPECT_EQ(verify_item(rules(), Bytes(item.begin(), item.end() - 1)).error(),
              ItemError::Malformed);
  }
  EXPECT_EQ(verify_item(rules(), prices(1, 1)).error(), ItemError::UnknownValidator);
  EXPECT_EQ(verify_item(rules(), prices(1, 0, 2)).error(), ItemError::UnknownValidator)
      << "an epoch that is not known";
  Bytes forged = prices(1);
  forged.back() ^= 1U;
  EXPECT_EQ(verify_item(rules(), forged).error(), ItemError::BadSignature);
  EXPECT_EQ(verify_item(rules(), Bytes{0x83, 1}).error(), ItemError::Malformed);
  EXPECT_EQ(verify_item(rules(), Bytes{}).error(), ItemError::Malformed);
  EXPECT_EQ(verify_item(rules(), Bytes(kExchangeItemBytesMax + 1)).error(), ItemError::TooLong);
}

TEST_F(ExchangeItemsTest, system_actions_are_of_development_networks_and_never_prices) {
  const Bytes credit = system_item(1, exchange::CreditUsd{user_key(0).address(), 5});
  verified(credit);
  EXPECT_NE(credit, system_item(2, exchange::CreditUsd{user_key(0).address(), 5}));
  EXPECT_EQ(verify_item(rules(false), credit).error(), ItemError::NotHere);
  EXPECT_EQ(verify_item(rules(), system_item(1, OracleSubmit{})).error(), ItemError::Malformed);
}

TEST_F(ExchangeItemsTest, stand_in_a_block_as_prices_system_actions_and_actions) {
  const Bytes credit = system_item(1, exchange::CreditUsd{user_key(0).address(), 5});
  const Bytes noop = action(1, exchange::Noop{});
  const auto good = input({prices(1), credit, noop});
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->system.size(), 2U);
  EXPECT_EQ(good->actions.size(), 1U);
  EXPECT_EQ(good->stakes, std::vector<std::uint64_t>{1});
  EXPECT_EQ(input({credit, prices(1)}).error(), ItemsError::Order);
  EXPECT_EQ(input({noop, credit}).error(), ItemsError::Order);
  EXPECT_EQ(input({prices(1), prices(2)}).error(), ItemsError::Order) << "one set per validator";
  EXPECT_EQ(input({noop, noop}).error(), ItemsError::Duplicate);
  const std::uint64_t last_round = (kStart + 100 + kOracleAheadMs) / kOraclePeriodMs;
  EXPECT_TRUE(input({prices(last_round)}).has_value());
  EXPECT_EQ(input({prices(last_round + 1)}).error(), ItemsError::Round);
  EXPECT_EQ(input({prices(1, 0, 1)}).error(), ItemsError::Epoch) << "of another epoch's validators";
}

TEST_F(ExchangeItemsTest, a_block_is_executed_as_much_later_as_the_clock_is_ahead) {
  primitives::Header header;
  header.time = primitives::TimeMs(kStart);
  EXPECT_EQ(block_input(rules(), header, {})->time, kStart);
  EXPECT_EQ(block_input(rules(), header, {}, 1'234)->time, kStart + 1'234);
  // A round is one of the validators' clocks, which do not go ahead.
  const std::uint64_t last_round = (kStart + kOracleAheadMs) / kOraclePeriodMs;
  const std::vector<ExchangeItemPtr> late{verified(prices(last_round + 1))};
  EXPECT_EQ(block_input(rules(), header, late, 86'400'000).error(), ItemsError::Round);
}

// dex.md 5.2.
TEST_F(ExchangeItemsTest, by_hash_actions_stand_as_the_engine_checks_them) {
  ItemRules by_hash = rules();
  by_hash.order_mode = exchange::OrderMode::HashOrder;
  std::vector<ExchangeItemPtr> items{verified(prices(1)),
                                     verified(system_item(1, exchange::SetOracle{AssetId(0), 1}))};
  for (std::uint64_t nonce = 1; nonce <= 8; ++nonce)
    items.push_back(verified(action(nonce, exchange::Noop{})));
  for (std::uint64_t nonce = 11; nonce <= 18; ++nonce)
    items.push_back(verified(action(nonce, exchange::PlaceOrders{{exchange::Order{}}, {}, {}, 0})));
  primitives::Header header;
  header.height = primitives::Height(1);
  header.time = primitives::TimeMs(kStart);
  primitives::QuorumCertificate& justify = header.justify;
  justify.subject.view = primitives::View(7);
  const exchange::Engine engine{exchange::Params{}};
  const auto error = [&](const std::vector<ExchangeItemPtr>& list) {
    return engine.check(*block_input(by_hash, header, list));
  };
  EXPECT_EQ(error(items).error(), exchange::BlockError::HashOrderRule);
  std::vector<ExchangeItemPtr> sorted = items;
  sort_items(by_hash, justify, sorted);
  EXPECT_TRUE(error(sorted));
  EXPECT_TRUE(std::ranges::is_permutation(sorted, items));
  justify.subject.view = primitives::View(8);
  EXPECT_FALSE(error(sorted)) << "another certificate asks for another order";
  std::vector<ExchangeItemPtr> as_listed = items;
  sort_items(rules(), justify, as_listed);
  EXPECT_EQ(as_listed, items);
}

TEST_F(ExchangeItemsTest, a_revert_to_what_there_is_is_found_among_the_items) {
  const ExchangeItemPtr credit =
      verified(system_item(1, exchange::CreditUsd{user_key(0).address(), 5}));
  const ExchangeItemPtr revert = verified(system_item(1, exchange::RevertTo{5}));
  const ExchangeItemPtr noop = verified(action(1, exchange::Noop{}));
  exchange::State state;
  EXPECT_FALSE(has_revert(state, std::vector{credit, revert, noop})) << "no such snapshot";
  state.snapshots.set(5, 0);
  EXPECT_FALSE(has_revert(state, std::vector{credit, noop}));
  EXPECT_TRUE(has_revert(state, std::vector{credit, revert, noop}));
}

TEST_F(ExchangeItemsTest, a_block_is_bounded_in_items_and_in_elements) {
  exchange::CancelOrders cancels;
  cancels.cancels.resize(100);
  const ExchangeItemPtr item = verified(action(1, cancels));
  EXPECT_EQ(element_count(*item), 100U);
  const ExchangeItemPtr price = verified(system_item(1, exchange::SetOracle{AssetId(0), 1}));
  std::vector<ExchangeItemPtr> many(kExchangeItemsMax, price);
  primitives::Header header;
  EXPECT_TRUE(block_input(rules(), header, many).has_value());
  many.push_back(price);
  EXPECT_EQ(block_input(rules(), header, many).error(), ItemsError::TooMany);
}

}  // namespace
}  // namespace ol::execution
