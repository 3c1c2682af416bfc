#include <ol/exchange/action_codec.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

#include <ol/exchange/archive.hpp>

namespace ol::exchange {

// Fields in wire order; those of Order and MarketConfig are in records.hpp.
template <typename A>
void fields(A& a, CancelRequest& v) {
  a(v.asset, v.oid, v.cloid);
}
template <typename A>
void fields(A& a, ModifyRequest& v) {
  a(v.oid, v.cloid, v.order);
}
template <typename A>
void fields(A& a, PlaceOrders& v) {
  a(v.orders, v.grouping, v.builder, v.builder_fee);
}
template <typename A>
void fields(A& a, ModifyOrders& v) {
  a(v.modifies);
}
template <typename A>
void fields(A& a, CancelOrders& v) {
  a(v.cancels);
}
template <typename A>
void fields(A& a, CancelAll& v) {
  a(v.asset, v.side);
}
template <typename A>
void fields(A& a, ScheduleCancel& v) {
  a(v.time);
}
template <typename A>
void fields(A& a, TwapOrder& v) {
  a(v.asset, v.side, v.sz, v.reduce_only, v.minutes, v.randomize);
}
template <typename A>
void fields(A& a, TwapCancel& v) {
  a(v.asset, v.twap_id);
}
template <typename A>
void fields(A& a, UpdateLeverage& v) {
  a(v.asset, v.is_cross, v.leverage);
}
template <typename A>
void fields(A& a, UpdateIsolatedMargin& v) {
  a(v.asset, v.usd);
}
template <typename A>
void fields(A& a, UsdClassTransfer& v) {
  a(v.usd, v.to_perp);
}
template <typename A>
void fields(A& a, UsdSend& v) {
  a(v.destination, v.usd);
}
template <typename A>
void fields(A& a, SpotSend& v) {
  a(v.destination, v.token, v.amount);
}
template <typename A>
void fields(A& a, CreateSubAccount& v) {
  a(v.name);
}
template <typename A>
void fields(A& a, SubAccountTransfer& v) {
  a(v.sub_account, v.is_deposit, v.is_perp, v.token, v.amount);
}
template <typename A>
void fields(A& a, ApproveAgent& v) {
  a(v.agent, v.name, v.valid_until);
}
template <typename A>
void fields(A& a, ApproveBuilderFee& v) {
  a(v.builder, v.max_fee);
}
template <typename A>
void fields(A& a, SetReferrer& v) {
  a(v.code);
}
template <typename A>
void fields(A& a, CreateVault& v) {
  a(v.name, v.description, v.usd);
}
template <typename A>
void fields(A& a, VaultTransfer& v) {
  a(v.vault, v.is_deposit, v.usd);
}
template <typename A>
void fields(A& a, EvmUserModify& v) {
  a(v.using_big_blocks);
}
template <typename A>
void fields(A& a, SealOrder& v) {
  a(v.commitment);
}
template <typename A>
void fields(A& a, RevealOrder& v) {
  a(v.commitment, v.order, v.salt);
}
template <typename A>
void fields(A& /*a*/, ClaimRewards& /*v*/) {}
template <typename A>
void fields(A& /*a*/, Noop& /*v*/) {}
template <typename A>
void fields(A& a, RegisterReferralCode& v) {
  a(v.code);
}

template <typename A>
void fields(A& a, ListToken& v) {
  a(v.token, v.name, v.sz_decimals, v.wei_decimals);
}
template <typename A>
void fields(A& a, ListMarket& v) {
  a(v.config);
}
template <typename A>
void fields(A& a, SetMarketStatus& v) {
  a(v.asset, v.status);
}
template <typename A>
void fields(A& a, CreditSpot& v) {
  a(v.account, v.token, v.wei);
}
template <typename A>
void fields(A& a, CreditUsd& v) {
  a(v.account, v.usd);
}
template <typename A>
void fields(A& a, OracleSubmit::Px& v) {
  a(v.asset, v.spot_px, v.perp_px);
}
template <typename A>
void fields(A& a, OracleSubmit& v) {
  a(v.validator, v.round, v.prices);
}
template <typename A>
void fields(A& a, SetOracle& v) {
  a(v.asset, v.px);
}
template <typename A>
void fields(A& a, SetStake& v) {
  a(v.account, v.open);
}
template <typename A>
void fields(A& a, RegisterReferral& v) {
  a(v.account, v.code);
}
template <typename A>
void fields(A& a, AdvanceTime& v) {
  a(v.ms);
}
template <typename A>
void fields(A& a, MineBlocks& v) {
  a(v.blocks);
}
template <typename A>
void fields(A& /*a*/, TakeSnapshot& /*v*/) {}
template <typename A>
void fields(A& a, RevertTo& v) {
  a(v.snapshot);
}
template <typename A>
void fields(A& a, SetParams::Value& v) {
  a(v.name, v.value);
}
template <typename A>
void fields(A& a, SetParams& v) {
  a(v.values);
}

namespace {

bool in_bounds(const Order& order) {
  return order.side <= Side::Sell && order.tif >= Tif::Alo && order.tif <= Tif::Fok &&
         order.trigger <= Trigger::StopMarket && order.stp <= Stp::Decrement;
}
bool in_bounds(const std::string& text) {
  return text.size() <= kStringBytesMax;
}
bool in_bounds(const PlaceOrders& body) {
  return body.orders.size() <= kBatchMax && body.grouping <= Grouping::Position &&
         std::ranges::all_of(body.orders, [](const Order& order) { return in_bounds(order); });
}
bool in_bounds(const ModifyOrders& body) {
  return body.modifies.size() <= kBatchMax &&
         std::ranges::all_of(body.modifies,
                             [](const ModifyRequest& modify) { return in_bounds(modify.order); });
}
bool in_bounds(const CancelOrders& body) {
  return body.cancels.size() <= kBatchMax;
}
bool in_bounds(const CancelAll& body) {
  return body.side <= CancelSide::Sells;
}
bool in_bounds(const TwapOrder& body) {
  return body.side <= Side::Sell;
}
bool in_bounds(const CreateSubAccount& body) {
  return in_bounds(body.name);
}
bool in_bounds(const ApproveAgent& body) {
  return in_bounds(body.name);
}
bool in_bounds(const SetReferrer& body) {
  return in_bounds(body.code);
}
bool in_bounds(const RegisterReferralCode& body) {
  return in_bounds(body.code);
}
bool in_bounds(const CreateVault& body) {
  return in_bounds(body.name) && in_bounds(body.description);
}
bool in_bounds(const RevealOrder& body) {
  return in_bounds(body.order);
}
bool in_bounds(const OracleSubmit& body) {
  // Ascending, so that one set of prices has one encoding and no asset two prices.
  const auto falls = [](const OracleSubmit::Px& a, const OracleSubmit::Px& b) {
    return a.asset >= b.asset;
  };
  return body.prices.size() <= kOraclePricesMax &&
         std::ranges::adjacent_find(body.prices, falls) == body.prices.end();
}
bool in_bounds(const SetMarketStatus& body) {
  return body.status <= MarketStatus::Settling;
}
bool in_bounds(const ListToken& body) {
  return in_bounds(body.name);
}
bool in_bounds(const ListMarket& body) {
  return in_bounds(body.config.name) && body.config.margin_tiers.size() <= kBatchMax;
}
bool in_bounds(const RegisterReferral& body) {
  return in_bounds(body.code);
}
bool in_bounds(const SetParams& body) {
  return body.values.size() <= kBatchMax &&
         std::ranges::all_of(body.values,
                             [](const SetParams::Value& value) { return in_bounds(value.name); });
}
template <typename Body>
bool in_bounds(const Body& /*body*/) {
  return true;
}

// The alternative with this index, its fields read; nothing if there is none.
template <typename Variant, std::size_t I = 0>
Variant read_alternative(Reader& in, std::size_t index) {
  if constexpr (I == std::variant_size_v<Variant>) {
    in.reject(DecodeError::BadValue);
    return {};
  } else {
    if (index != I) return read_alternative<Variant, I + 1>(in, index);
    std::variant_alternative_t<I, Variant> body{};
    FieldReader archive(in);
    archive(body);
    if (in.ok() && !in_bounds(body)) in.reject(DecodeError::BadValue);
    return body;
  }
}

template <typename Variant>
void write_alternative(Writer& out, const Variant& body) {
  out.u8(static_cast<std::uint8_t>(body.index()));
  FieldWriter archive(out);
  std::visit([&](const auto& alternative) { archive(alternative); }, body);
}

// The first byte is the index of the alternative: these numbers are on the wire.
static_assert(std::is_same_v<std::variant_alternative_t<0, ActionBody>, PlaceOrders> &&
              std::is_same_v<std::variant_alternative_t<23, ActionBody>, Noop> &&
              std::is_same_v<std::variant_alternative_t<24, ActionBody>, RegisterReferralCode> &&
              std::variant_size_v<ActionBody> == 25);
static_assert(std::is_same_v<std::variant_alternative_t<0, SystemAction>, ListToken> &&
              std::is_same_v<std::variant_alternative_t<8, SystemAction>, RegisterReferral> &&
              std::is_same_v<std::variant_alternative_t<13, SystemAction>, SetParams> &&
              std::variant_size_v<SystemAction> == 14);

}  // namespace

Bytes encode_signed_action(const SignedAction& action) {
  Writer out;
  write_alternative(out, action.action.body);
  out.fixed(action.action.account).u64(action.action.nonce).u64(action.action.expires_after);
  out.fixed(action.signature);
  return out.take();
}

Result<SignedAction, DecodeError> decode_signed_action(ByteView bytes) {
  Reader in(bytes);
  SignedAction out;
  const std::uint8_t kind = in.u8();
  out.action.body = read_alternative<ActionBody>(in, kind);
  out.action.account = in.fixed<Address>();
  out.action.nonce = in.u64();
  out.action.expires_after = in.u64();
  out.signature = in.fixed<ActionSignature>();
  OL_TRY_VOID(in.finish());
  return out;
}

void encode_oracle_submit(Writer& out, const OracleSubmit& submit) {
  FieldWriter archive(out);
  archive(submit);
}

OracleSubmit decode_oracle_submit(Reader& in) {
  OracleSubmit out;
  FieldReader archive(in);
  archive(out);
  if (in.ok() && !in_bounds(out)) in.reject(DecodeError::BadValue);
  return out;
}

Bytes encode_system_action(const SystemAction& action) {
  Writer out;
  write_alternative(out, action);
  return out.take();
}

Result<SystemAction, DecodeError> decode_system_action(ByteView bytes) {
  Reader in(bytes);
  const std::uint8_t kind = in.u8();
  SystemAction out = read_alternative<SystemAction>(in, kind);
  OL_TRY_VOID(in.finish());
  return out;
}

}  // namespace ol::exchange
