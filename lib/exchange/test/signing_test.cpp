// Signing: dex.md 14, with the vectors of 21.14.
#include <ol/exchange/signing.hpp>

#include <gtest/gtest.h>

#include <ol/base/codec.hpp>
#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::exchange {
namespace {

constexpr std::uint64_t kChainId = 7777;

template <typename T>
T from_hex_text(std::string_view text) {
  return *T::from(*from_hex(text));
}

std::string hex(ByteView bytes) {
  return to_hex(bytes);
}

crypto::Secp256k1SecretKey test_key() {
  return *crypto::Secp256k1SecretKey::from_bytes(
      *from_hex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
}

Order vector_order() {
  Order order;
  order.px = 600'000;
  order.sz = 100'000;
  order.cloid = from_hex_text<Cloid>("000102030405060708090a0b0c0d0e0f");
  return order;
}

Action vector_place() {
  return {PlaceOrders{{vector_order()}, Grouping::None, {}, 0}, {}, 1'700'000'000'000, 0};
}

struct TypeRow {
  ActionBody body;
  std::uint32_t type_hash_head;
  Step step;
  bool user_key;
};

std::vector<TypeRow> type_rows() {
  return {
      {PlaceOrders{}, 0x99cc87a9, Step::P3, false},
      {ModifyOrders{}, 0x9a661d7f, Step::P3, false},
      {CancelOrders{}, 0x1232984f, Step::P2, false},
      {CancelAll{}, 0x8196ccb7, Step::P2, false},
      {ScheduleCancel{}, 0x70daed97, Step::P2, false},
      {TwapOrder{}, 0x738e5fdf, Step::P3, false},
      {TwapCancel{}, 0x06ac8b53, Step::P2, false},
      {UpdateLeverage{}, 0x8b4002d1, Step::P1, false},
      {UpdateIsolatedMargin{}, 0x2ca62c8c, Step::P1, false},
      {UsdClassTransfer{}, 0x3e03acf4, Step::P1, true},
      {UsdSend{}, 0xfa7ad1fc, Step::P1, true},
      {SpotSend{}, 0x616983d3, Step::P1, true},
      {CreateSubAccount{}, 0x9c046e35, Step::P1, false},
      {SubAccountTransfer{}, 0x418781d3, Step::P1, true},
      {ApproveAgent{}, 0x660e9b69, Step::P1, true},
      {ApproveBuilderFee{}, 0xcde984b0, Step::P1, true},
      {SetReferrer{}, 0x84ad9fde, Step::P1, false},
      {CreateVault{}, 0xb49a28d2, Step::P1, true},
      {VaultTransfer{}, 0xe6e19313, Step::P4, true},
      {EvmUserModify{}, 0x7eaf57ff, Step::P1, false},
      {SealOrder{}, 0xc989671b, Step::P1, false},
      {RevealOrder{}, 0xdb3446bf, Step::P4, false},
      {ClaimRewards{}, 0xe702b7b7, Step::P1, false},
      {Noop{}, 0x45a7798d, Step::P1, false},
      {RegisterReferralCode{}, 0x9c67f5a6, Step::P1, false},
  };
}

TEST(Dex14Types, have_the_type_hashes_of_the_table) {
  for (const TypeRow& row : type_rows()) {
    const Hash256 hash = crypto::keccak256(as_bytes(type_string(row.body)));
    EXPECT_EQ(Reader(hash.view()).u32(), row.type_hash_head) << type_string(row.body);
  }
}

TEST(Dex14Types, say_who_may_sign_and_where_in_the_block_they_run) {
  for (const TypeRow& row : type_rows()) {
    EXPECT_EQ(needs_user_key(row.body), row.user_key) << type_string(row.body);
    EXPECT_EQ(step_of(row.body), row.step) << type_string(row.body);
    EXPECT_EQ(element_count(row.body), 1U);
  }
}

TEST(Dex14Types, hash_the_tail_and_the_body) {
  for (const TypeRow& row : type_rows()) {
    const Hash256 plain = action_struct_hash({row.body, {}, 0, 0});
    EXPECT_NE(plain, action_struct_hash({row.body, Address{{1}}, 0, 0}));
    EXPECT_NE(plain, action_struct_hash({row.body, {}, 1, 0}));
    EXPECT_NE(plain, action_struct_hash({row.body, {}, 0, 1}));
  }
}

TEST(Dex5Steps, are_the_latest_any_element_needs) {
  Order alo;
  alo.tif = Tif::Alo;
  Order gtc;
  Order trigger;
  trigger.tif = Tif::Gtc;
  trigger.trigger = Trigger::StopLimit;
  const auto place = [](std::vector<Order> orders) {
    return step_of(PlaceOrders{orders, Grouping::None, {}, 0});
  };
  EXPECT_EQ(place({alo, alo}), Step::P3);
  EXPECT_EQ(place({alo, trigger}), Step::P3);
  EXPECT_EQ(place({alo, gtc}), Step::P4);
  EXPECT_EQ(step_of(ModifyOrders{{{OrderId(1), {}, alo}}}), Step::P3);
  EXPECT_EQ(step_of(ModifyOrders{{{OrderId(1), {}, alo}, {OrderId(2), {}, gtc}}}), Step::P4);
  EXPECT_EQ(element_count(PlaceOrders{{alo, gtc}, Grouping::None, {}, 0}), 2U);
  EXPECT_EQ(element_count(CancelOrders{{{}, {}, {}}}), 3U);
  EXPECT_EQ(element_count(ModifyOrders{{{}, {}}}), 2U);
  EXPECT_TRUE(is_cancel(CancelAll{}));
  EXPECT_FALSE(is_cancel(Noop{}));
}

TEST(Dex14Domain, vector_21_14) {
  EXPECT_EQ(
      hex(crypto::keccak256(as_bytes("EIP712Domain(string name,string version,uint256 chainId)"))
              .view()),
      "c2f8787176b8ac6bf7215b4adcc1e069bf4ab82d9ab1df05a57a91d425935b6e");
  EXPECT_EQ(hex(domain_separator(kChainId).view()),
            "9848f2c01ef33f629e301229e9d968f04db19102dc64663492ac102abad185e9");
}

TEST(Dex14Signing, vector_21_14_place_orders) {
  const Action action = vector_place();
  EXPECT_EQ(hex(order_struct_hash(vector_order()).view()),
            "97b22903e578050625cf6ff4b508217e65f5bb8f7bbab1d2be47be9f8fcb6552");
  EXPECT_EQ(hex(action_struct_hash(action).view()),
            "5657731a3845bdb41927891e08d0ae0246c213a8e9bf7c7a3ed736ffb933f6ed");
  const Hash256 domain = domain_separator(kChainId);
  EXPECT_EQ(hex(action_hash(domain, action).view()),
            "dd4f40ce662f48d3869b775a6da8b8702b7c0f952fa9d5db53de361dce0ae8ea");
  const ActionSignature signature = sign_action(test_key(), domain, action);
  EXPECT_EQ(hex(signature.view()),
            "773b75fabd2d295df3dc6dd6eedfb3cf510baf851fc852be6712463806e7337f"
            "0fee7de8f0bc7f68e60506e6e675c828010b81c90724320ba6c967f4395275801b");
  const auto verified = verify_action(domain, action, signature);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->signer, from_hex_text<Address>("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
  // The name is of the digest and of who signed it: others may sign the same.
  Writer name;
  name.fixed(action_hash(domain, action)).fixed(verified->signer);
  EXPECT_EQ(verified->hash, crypto::keccak256(name.bytes()));
}

TEST(Dex14Signing, vector_21_14_cancel_and_approve) {
  const Hash256 domain = domain_separator(kChainId);
  Action cancel{CancelOrders{{{AssetId(0), OrderId(77), {}}}},
                from_hex_text<Address>("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
                1'700'000'000'001, 1'700'000'005'000};
  EXPECT_EQ(hex(action_hash(domain, cancel).view()),
            "a95d8ef37c8c11474f3e9784bfb46d7c29ff7e6c230ad0dc710eabb0f4ac7d27");
  Action approve{
      ApproveAgent{from_hex_text<Address>("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"), "mm-1", 0},
      {},
      1'700'000'000'002,
      0};
  EXPECT_EQ(hex(action_hash(domain, approve).view()),
            "0499ca45052d7a82d33952eee4b9001f67ae76dab5e383b36d278b71744a5a33");
}

// Made with viem, which shares no code with ours.
TEST(Dex14Signing, golden_register_referral_code) {
  const Hash256 domain = domain_separator(kChainId);
  const Action action{RegisterReferralCode{"OPEN2026"}, {}, 1'700'000'000'003, 0};
  EXPECT_EQ(hex(action_hash(domain, action).view()),
            "fb0fc859f29062a198d78028a7b6e0cf554d3acbb0c9c049c3648f6e11c6ca45");
  EXPECT_EQ(hex(sign_action(test_key(), domain, action).view()),
            "e9670e42908a185bc110112d81167d5e8b7974ba295b020fa428d03bcb02ab1a"
            "1f04d171267a99f28279ebd056dc80aaf712e9b1fed6a83467e162f8c93e52711b");
}

TEST(Dex13Addresses, vector_21_14) {
  const auto owner = from_hex_text<Address>("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
  EXPECT_EQ(hex(sub_account_address(owner, 0).view()), "fe68c7c9154073a3c296595428463addf56bcfff");
  EXPECT_EQ(hex(vault_address(owner, 0).view()), "dd4007c8590a2ae760b6bc7b5e72e00719a1e491");
  EXPECT_NE(sub_account_address(owner, 1), sub_account_address(owner, 0));
}

TEST(Dex19Seal, vector_21_14_commitment) {
  const auto owner = from_hex_text<Address>("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
  Hash256 salt;
  salt.bytes.fill(0x11);
  EXPECT_EQ(hex(seal_commitment(vector_order(), salt, owner).view()),
            "5ccb936bf4b35cea0dd0d9eaba554992e73b4c182f437e7a3a7e669ec821c8d7");
}

TEST(Dex14Signing, refuses_other_v_and_high_s) {
  const Hash256 domain = domain_separator(kChainId);
  const Action action = vector_place();
  const ActionSignature good = sign_action(test_key(), domain, action);
  for (const std::uint8_t v : std::initializer_list<std::uint8_t>{0, 1, 26, 29, 255}) {
    ActionSignature bad = good;
    bad.bytes[64] = v;
    EXPECT_EQ(verify_action(domain, action, bad).error(), Error::BadSignature);
  }
  ActionSignature high = good;
  std::fill(high.bytes.begin() + 32, high.bytes.begin() + 64, std::uint8_t{0x80});
  EXPECT_EQ(verify_action(domain, action, high).error(), Error::BadSignature);
  ActionSignature zero;
  zero.bytes[64] = 27;
  EXPECT_EQ(verify_action(domain, action, zero).error(), Error::BadSignature);
}

// dex.md 20.14.
TEST(Dex14Signing, a_signature_fits_one_chain_account_and_type) {
  const Hash256 domain = domain_separator(kChainId);
  const Action action = vector_place();
  const ActionSignature signature = sign_action(test_key(), domain, action);
  const Address signer = test_key().address();
  const auto recovered = [&](const Hash256& other_domain, const Action& other) {
    const auto verified = verify_action(other_domain, other, signature);
    return verified ? std::optional(verified->signer) : std::nullopt;
  };
  EXPECT_EQ(recovered(domain, action), signer);
  EXPECT_NE(recovered(domain_separator(kChainId + 1), action), signer);
  Action other_account = action;
  other_account.account = signer;
  EXPECT_NE(recovered(domain, other_account), signer);
  EXPECT_NE(recovered(domain, {Noop{}, {}, action.nonce, 0}), signer);
}

}  // namespace
}  // namespace ol::exchange
