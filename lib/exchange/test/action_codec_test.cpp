#include <ol/exchange/action_codec.hpp>

#include <gtest/gtest.h>

namespace ol::exchange {
namespace {

Order some_order() {
  Order order;
  order.asset = AssetId(3);
  order.side = Side::Sell;
  order.px = 123'450;
  order.sz = 77;
  order.reduce_only = true;
  order.tif = Tif::Alo;
  order.trigger = Trigger::StopLimit;
  order.trigger_px = 99;
  order.stp = Stp::Decrement;
  order.cloid.bytes[0] = 9;
  order.good_til = 5;
  return order;
}

std::vector<ActionBody> one_of_each() {
  Address address;
  address.bytes[3] = 7;
  Hash256 hash;
  hash.bytes[31] = 1;
  const AssetId asset(10'001);
  return {PlaceOrders{{some_order(), Order{}}, Grouping::Position, address, 4},
          ModifyOrders{{{OrderId(4), Cloid{}, some_order()}}},
          CancelOrders{{{asset, OrderId(7), Cloid{}}}},
          CancelAll{kAllAssets, CancelSide::Sells},
          ScheduleCancel{77},
          TwapOrder{asset, Side::Sell, 5, true, 9, true},
          TwapCancel{asset, TwapId(3)},
          UpdateLeverage{asset, false, 11},
          UpdateIsolatedMargin{asset, -5},
          UsdClassTransfer{4, true},
          UsdSend{address, 9},
          SpotSend{address, kOpenToken, 1},
          CreateSubAccount{"name"},
          SubAccountTransfer{address, true, true, kOpenToken, 3},
          ApproveAgent{address, "bot", 12},
          ApproveBuilderFee{address, 3},
          SetReferrer{"CODE"},
          CreateVault{"v", "what it does", 100},
          VaultTransfer{address, true, 5},
          EvmUserModify{true},
          SealOrder{hash},
          RevealOrder{hash, some_order(), hash},
          ClaimRewards{},
          Noop{},
          RegisterReferralCode{"CODE"}};
}

SignedAction signed_with(ActionBody body) {
  SignedAction out;
  out.action = {std::move(body), Address{}, 1'700'000'000'000, 8};
  out.action.account.bytes[0] = 1;
  out.signature.bytes[64] = 27;
  return out;
}

TEST(ActionCodec, every_action_is_read_back_and_no_prefix_of_it_is) {
  std::size_t kind = 0;
  for (const ActionBody& body : one_of_each()) {
    EXPECT_EQ(body.index(), kind++);
    const SignedAction action = signed_with(body);
    const Bytes bytes = encode_signed_action(action);
    const auto back = decode_signed_action(bytes);
    ASSERT_TRUE(back.has_value()) << kind;
    EXPECT_EQ(*back, action);
    for (std::size_t n = 0; n < bytes.size(); ++n)
      EXPECT_FALSE(decode_signed_action(ByteView(bytes).first(n)).has_value());
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decode_signed_action(longer).has_value());
  }
}

TEST(ActionCodec, a_batch_holds_a_hundred_elements_and_not_one_more) {
  const auto decodes = [](std::size_t count) {
    CancelOrders body;
    body.cancels.resize(count);
    return decode_signed_action(encode_signed_action(signed_with(body))).has_value();
  };
  EXPECT_TRUE(decodes(kBatchMax));
  EXPECT_FALSE(decodes(kBatchMax + 1));
}

TEST(ActionCodec, a_text_holds_four_kilobytes_and_not_one_byte_more) {
  const auto decodes = [](std::size_t size) {
    return decode_signed_action(
               encode_signed_action(signed_with(CreateVault{"v", std::string(size, 'x'), 1})))
        .has_value();
  };
  EXPECT_TRUE(decodes(kStringBytesMax));
  EXPECT_FALSE(decodes(kStringBytesMax + 1));
}

TEST(ActionCodec, values_without_a_meaning_are_refused) {
  const auto decodes = [](auto change) {
    Order order = some_order();
    change(order);
    const ActionBody body = PlaceOrders{{order}, Grouping::None, Address{}, 0};
    return decode_signed_action(encode_signed_action(signed_with(body))).has_value();
  };
  EXPECT_TRUE(decodes([](Order&) {}));
  EXPECT_FALSE(decodes([](Order& o) { o.side = static_cast<Side>(2); }));
  EXPECT_FALSE(decodes([](Order& o) { o.tif = static_cast<Tif>(0); }));
  EXPECT_FALSE(decodes([](Order& o) { o.tif = static_cast<Tif>(5); }));
  EXPECT_FALSE(decodes([](Order& o) { o.trigger = static_cast<Trigger>(5); }));
  EXPECT_FALSE(decodes([](Order& o) { o.stp = static_cast<Stp>(4); }));
  EXPECT_FALSE(decode_signed_action(encode_signed_action(signed_with(
                                        CancelAll{kAllAssets, static_cast<CancelSide>(3)})))
                   .has_value());
  Bytes unknown = encode_signed_action(signed_with(Noop{}));
  unknown[0] = 24;
  EXPECT_FALSE(decode_signed_action(unknown).has_value());
}

TEST(ActionCodec, system_actions_are_read_back) {
  MarketConfig config;
  config.asset = AssetId(1);
  config.name = "ETH";
  config.margin_tiers = {{0, 50}, {100, 25}};
  const std::vector<SystemAction> all{ListToken{kOpenToken, "OPEN", 2, 8},
                                      ListMarket{config},
                                      SetMarketStatus{AssetId(1), MarketStatus::PostOnly},
                                      CreditSpot{kFeePool, kOpenToken, 5},
                                      CreditUsd{kFeePool, 7},
                                      OracleSubmit{1, 2, {{AssetId(0), 5, 0}, {AssetId(1), 6, 7}}},
                                      SetOracle{AssetId(1), 5},
                                      SetStake{kFeePool, 4},
                                      RegisterReferral{kFeePool, "CODE"},
                                      AdvanceTime{8},
                                      MineBlocks{9},
                                      TakeSnapshot{},
                                      RevertTo{10},
                                      SetParams{{{"seal_bond", -11}, {"seal_window", 2}}}};
  for (const SystemAction& action : all) {
    const Bytes bytes = encode_system_action(action);
    const auto back = decode_system_action(bytes);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->index(), action.index());
    EXPECT_EQ(encode_system_action(*back), bytes);
  }
  Bytes unknown{std::uint8_t{14}};
  EXPECT_FALSE(decode_system_action(unknown).has_value());
}

TEST(ActionCodec, prices_name_each_asset_once_in_ascending_order) {
  const auto decodes = [](std::vector<OracleSubmit::Px> prices) {
    const Bytes bytes = encode_system_action(OracleSubmit{0, 1, std::move(prices)});
    return decode_system_action(bytes).has_value();
  };
  EXPECT_TRUE(decodes({{AssetId(1), 1, 0}, {AssetId(2), 1, 0}}));
  EXPECT_FALSE(decodes({{AssetId(1), 1, 0}, {AssetId(1), 1, 0}}));
  EXPECT_FALSE(decodes({{AssetId(2), 1, 0}, {AssetId(1), 1, 0}}));
}

}  // namespace
}  // namespace ol::exchange
