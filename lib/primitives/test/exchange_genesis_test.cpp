#include <ol/primitives/genesis.hpp>

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ol/primitives/item.hpp>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using testing::HasSubstr;

ExchangeGenesis sample_exchange() {
  ExchangeGenesis out;
  out.tokens = {{0, "USD", 2, 8}, {1, "OPEN", 2, 8}};
  ExchangeMarket perp;
  perp.asset = 0;
  perp.name = "BTC";
  perp.sz_decimals = 5;
  perp.margin_tiers = {{0, 50}, {1'000'000'000'000, 25}};
  perp.px = 650'000;
  ExchangeMarket spot;
  spot.asset = 10'000;
  spot.name = "OPEN/USD";
  spot.base = 1;
  spot.isolated_only = true;
  out.markets = {perp, spot};
  Address rich;
  rich.bytes[0] = 1;
  out.usd[rich] = 5'000'000;
  out.spot = {{rich, 1, 77}};
  return out;
}

Genesis with_exchange(const std::function<void(ExchangeGenesis&)>& change = nullptr) {
  Genesis out = samples::genesis();
  out.exchange = sample_exchange();
  if (change) change(*out.exchange);
  return out;
}

std::string refusal_of(const Genesis& genesis) {
  const auto read = genesis_from_json(genesis_to_json(genesis));
  return read ? "accepted" : read.error().message;
}

TEST(ExchangeGenesis, is_read_back_as_written) {
  const Genesis genesis = with_exchange();
  const auto read = genesis_from_json(genesis_to_json(genesis));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->exchange, genesis.exchange);
  EXPECT_EQ(genesis_hash(*read), genesis_hash(genesis));
}

// dex.md 7.3.
TEST(ExchangeGenesis, upgrade_heights_are_read_back_and_a_genesis_without_them_names_none) {
  const Genesis genesis = with_exchange([](auto& e) { e.upgrade_heights = {100, 2'000}; });
  const auto read = genesis_from_json(genesis_to_json(genesis));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->exchange, genesis.exchange);
  EXPECT_EQ(genesis_hash(*read), genesis_hash(genesis));
  EXPECT_EQ(genesis_to_json(with_exchange()).find("upgrade_heights"), std::string::npos);
  std::string text = genesis_to_json(genesis);
  text.replace(text.find("2000", text.find("upgrade_heights")), 4, "2.50");
  EXPECT_THAT(genesis_from_json(text).error().message, HasSubstr("whole numbers"));
}

// dex.md 5.2.
TEST(ExchangeGenesis, the_order_of_actions_is_read_back_and_as_listed_without_a_word) {
  const Genesis genesis = with_exchange([](auto& e) { e.hash_order = true; });
  std::string text = genesis_to_json(genesis);
  const auto read = genesis_from_json(text);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->exchange, genesis.exchange);
  EXPECT_NE(genesis_hash(genesis), genesis_hash(with_exchange()));
  EXPECT_EQ(genesis_to_json(with_exchange()).find("order_mode"), std::string::npos);
  text.replace(text.find("\"hash\"", text.find("order_mode")), 6, "\"luck\"");
  EXPECT_THAT(genesis_from_json(text).error().message, HasSubstr("must be list or hash"));
}

TEST(ExchangeGenesis, every_field_changes_the_hash) {
  const Hash256 before = genesis_hash(with_exchange());
  EXPECT_NE(genesis_hash(samples::genesis()), before);
  const auto differs = [&](const std::function<void(ExchangeGenesis&)>& change) {
    return genesis_hash(with_exchange(change)) != before;
  };
  EXPECT_TRUE(differs([](auto& e) { e.tokens[0].name = "X"; }));
  EXPECT_TRUE(differs([](auto& e) { e.tokens[1].sz_decimals = 3; }));
  EXPECT_TRUE(differs([](auto& e) { e.markets[0].tick_px = 2; }));
  EXPECT_TRUE(differs([](auto& e) { e.markets[0].margin_tiers[1].second = 20; }));
  EXPECT_TRUE(differs([](auto& e) { e.markets[1].quote = 1; }));
  EXPECT_TRUE(differs([](auto& e) { e.markets[0].px = 1; }));
  EXPECT_TRUE(differs([](auto& e) { e.usd.begin()->second = 1; }));
  EXPECT_TRUE(differs([](auto& e) { e.spot[0].wei = 78; }));
  EXPECT_TRUE(differs([](auto& e) { e.upgrade_heights = {7}; }));
}

TEST(ExchangeGenesis, is_refused_with_a_sentence_where_it_makes_no_sense) {
  const auto refused = [](const std::function<void(ExchangeGenesis&)>& change) {
    return refusal_of(with_exchange(change));
  };
  EXPECT_THAT(refused([](auto& e) { e.tokens.clear(); }), HasSubstr("exchange.tokens has 0"));
  EXPECT_THAT(refused([](auto& e) { e.markets.clear(); }), HasSubstr("exchange.markets has 0"));
  EXPECT_THAT(refused([](auto& e) { e.tokens[1].id = 0; }), HasSubstr("ascend by id"));
  EXPECT_THAT(refused([](auto& e) { e.markets[1].asset = 0; }), HasSubstr("ascend by asset"));
  EXPECT_THAT(refused([](auto& e) { e.markets[0].name = ""; }), HasSubstr("market 0 needs a name"));
  EXPECT_THAT(refused([](auto& e) { e.tokens[0].name = ""; }), HasSubstr("a name is 1 to 64"));
  EXPECT_THAT(refused([](auto& e) { e.markets[0].min_ntl = 1ULL << 63; }), HasSubstr("amount"));
  EXPECT_THAT(refused([](auto& e) { e.markets[0].margin_tiers.resize(17); }),
              HasSubstr("margin_tiers"));
  EXPECT_EQ(refused([](auto& e) { e.markets[0].margin_tiers.resize(16); }), "accepted");
  EXPECT_THAT(refused([](auto& e) { e.upgrade_heights = {9, 9}; }), HasSubstr("must ascend"));
  EXPECT_THAT(refused([](auto& e) { e.upgrade_heights = {0, 9}; }), HasSubstr("must ascend"));
  EXPECT_THAT(refused([](auto& e) { e.upgrade_heights = {1ULL << 63}; }), HasSubstr("must ascend"));
  EXPECT_EQ(refused([](auto& e) { e.upgrade_heights = {1, 9}; }), "accepted");
}

TEST(ExchangeGenesis, belongs_to_profile_openliquid) {
  Genesis genesis = with_exchange();
  genesis.profile = Profile::L1;
  genesis.scheme = SchemeKind::BlsMultisig;
  genesis.verification_vector.clear();
  EXPECT_THAT(refusal_of(genesis), HasSubstr("belongs to profile openliquid"));
}

TEST(PayloadItem, is_the_exchanges_between_the_bytes_that_transactions_begin_with) {
  EXPECT_FALSE(is_exchange_item({}));
  EXPECT_FALSE(is_exchange_item(Bytes{0x7f}));
  EXPECT_TRUE(is_exchange_item(Bytes{0x80}));
  EXPECT_TRUE(is_exchange_item(Bytes{0xbf}));
  EXPECT_FALSE(is_exchange_item(Bytes{0xc0}));
}

}  // namespace
}  // namespace ol::primitives
