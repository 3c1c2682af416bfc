#include <ol/api/exchange_request.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <ol/exchange/decimal.hpp>

#include "order_json.hpp"

namespace ol::api {
namespace {

using boost::json::value;
using exchange::ActionBody;
using exchange::AssetId;
using exchange::Error;
using exchange::kBatchMax;

constexpr unsigned kUsdDecimals = 6;
constexpr std::uint64_t kU64Max = ~std::uint64_t{0};
constexpr std::uint64_t kU32Max = 0xffff'ffff;

// What reading one action needs.
struct Call {
  ObjectReader& in;
  const Catalog& catalog;
  std::uint64_t nonce;
};

std::string element(std::string_view list, std::size_t i) {
  return "action." + std::string(list) + "[" + std::to_string(i) + "]";
}

std::string bounded_text(ObjectReader& in, std::string_view key) {
  const std::string_view text = in.text_or(key, "");
  if (text.size() > exchange::kStringBytesMax) {
    in.reading().refuse(Error::BatchTooLarge, in.path_of(key) + " has " +
                                                  std::to_string(text.size()) + " bytes; at most " +
                                                  std::to_string(exchange::kStringBytesMax) +
                                                  " are allowed");
    return {};
  }
  return std::string(text);
}

// A time inside a transfer is the nonce again, as existing clients send it.
void check_time(const Call& call, std::string_view key) {
  const std::uint64_t time = call.in.unsigned_number_or(key, kU64Max, call.nonce);
  if (time == call.nonce) return;
  call.in.reading().refuse(NodeError::BadRequest, call.in.path_of(key) + " must equal the nonce, " +
                                                      std::to_string(call.nonce));
}

exchange::TokenId read_token(const Call& call, std::string_view key) {
  const value* json = call.in.need(key);
  if (json == nullptr) return {};
  const TokenEntry* token = nullptr;
  if (json->is_string()) {
    // "NAME:0x.." names the contract too; the name before the colon decides.
    const std::string_view text = json->get_string();
    token = call.catalog.token(text.substr(0, text.find(':')));
  } else if (json->is_int64() && json->get_int64() >= 0 &&
             json->get_int64() <= static_cast<std::int64_t>(kU32Max)) {
    token = call.catalog.token(exchange::TokenId(static_cast<std::uint32_t>(json->get_int64())));
  }
  if (token != nullptr) return token->token;
  call.in.reading().refuse(Error::BadAsset, call.in.path_of(key) + " is not a token; tokens are " +
                                                call.catalog.token_list());
  return {};
}

std::uint64_t read_token_amount(const Call& call, exchange::TokenId token, std::string_view key) {
  const TokenEntry* entry = call.catalog.token(token);
  if (entry == nullptr) return 0;
  return call.in.padded_decimal(key, entry->wei_decimals, entry->name + " amount");
}

AssetId read_asset(const Call& call, std::string_view key) {
  const MarketEntry* market = read_market(call.in, key, call.catalog);
  return market == nullptr ? AssetId{} : market->asset;
}

exchange::Grouping read_grouping(ObjectReader& in) {
  const std::string_view name = in.text_or("grouping", "na");
  if (name == "na") return exchange::Grouping::None;
  if (name == "normalTpsl") return exchange::Grouping::ParentChildren;
  if (name == "positionTpsl") return exchange::Grouping::Position;
  in.reading().refuse(NodeError::BadRequest,
                      "action.grouping must be na, normalTpsl or positionTpsl");
  return exchange::Grouping::None;
}

ActionBody read_place(const Call& call) {
  exchange::PlaceOrders out;
  const auto orders = call.in.list("orders", kBatchMax);
  for (std::size_t i = 0; i < orders.size(); ++i) {
    out.orders.push_back(
        read_order(call.in.reading(), *orders[i], element("orders", i), call.catalog));
  }
  out.grouping = read_grouping(call.in);
  if (const value* builder = call.in.find("builder")) {
    ObjectReader fields(call.in.reading(), *builder, "action.builder");
    out.builder = fields.address("b");
    out.builder_fee = fields.u32("f");
    fields.finish();
  }
  return out;
}

// "oid" is a number, or the owner's name for the order.
void read_order_name(ObjectReader& in, exchange::ModifyRequest& out) {
  const value* oid = in.need("oid");
  if (oid == nullptr) return;
  if (oid->is_string()) {
    out.cloid = in.fixed<exchange::Cloid>("oid");
  } else {
    out.oid = exchange::OrderId(in.unsigned_number("oid", kU64Max));
  }
}

exchange::ModifyRequest read_modify_item(ObjectReader& in, const Catalog& catalog) {
  exchange::ModifyRequest out;
  read_order_name(in, out);
  if (const value* order = in.need("order")) {
    out.order = read_order(in.reading(), *order, in.path_of("order"), catalog);
  }
  return out;
}

ActionBody read_modify(const Call& call) {
  return exchange::ModifyOrders{{read_modify_item(call.in, call.catalog)}};
}

ActionBody read_batch_modify(const Call& call) {
  exchange::ModifyOrders out;
  const auto items = call.in.list("modifies", kBatchMax);
  for (std::size_t i = 0; i < items.size(); ++i) {
    ObjectReader item(call.in.reading(), *items[i], element("modifies", i));
    out.modifies.push_back(read_modify_item(item, call.catalog));
    item.finish();
  }
  return out;
}

ActionBody read_cancel(const Call& call) {
  exchange::CancelOrders out;
  const auto items = call.in.list("cancels", kBatchMax);
  for (std::size_t i = 0; i < items.size(); ++i) {
    ObjectReader item(call.in.reading(), *items[i], element("cancels", i));
    exchange::CancelRequest cancel;
    cancel.asset = read_asset({item, call.catalog, 0}, "a");
    cancel.oid = exchange::OrderId(item.unsigned_number("o", kU64Max));
    item.finish();
    out.cancels.push_back(cancel);
  }
  return out;
}

ActionBody read_cancel_by_cloid(const Call& call) {
  exchange::CancelOrders out;
  const auto items = call.in.list("cancels", kBatchMax);
  for (std::size_t i = 0; i < items.size(); ++i) {
    ObjectReader item(call.in.reading(), *items[i], element("cancels", i));
    exchange::CancelRequest cancel;
    cancel.asset = read_asset({item, call.catalog, 0}, "asset");
    cancel.cloid = item.fixed<exchange::Cloid>("cloid");
    item.finish();
    out.cancels.push_back(cancel);
  }
  return out;
}

ActionBody read_cancel_all(const Call& call) {
  exchange::CancelAll out{exchange::kAllAssets, exchange::CancelSide::Both};
  if (call.in.find("asset") != nullptr) out.asset = read_asset(call, "asset");
  const std::string_view side = call.in.text_or("side", "both");
  if (side == "B") {
    out.side = exchange::CancelSide::Buys;
  } else if (side == "A") {
    out.side = exchange::CancelSide::Sells;
  } else if (side != "both") {
    call.in.reading().refuse(NodeError::BadRequest, "action.side must be B, A or both");
  }
  return out;
}

ActionBody read_schedule_cancel(const Call& call) {
  return exchange::ScheduleCancel{call.in.unsigned_number_or("time", kU64Max, 0)};
}

ActionBody read_twap_order(const Call& call) {
  exchange::TwapOrder out;
  const value* twap = call.in.need("twap");
  if (twap == nullptr) return out;
  ObjectReader in(call.in.reading(), *twap, "action.twap");
  const MarketEntry* market = read_market(in, "a", call.catalog);
  if (market == nullptr) return out;
  out.asset = market->asset;
  out.side = in.boolean("b") ? exchange::Side::Buy : exchange::Side::Sell;
  out.sz = in.decimal("s", market->sz_decimals, market->name + " size");
  out.reduce_only = in.boolean("r");
  out.minutes = in.u32("m");
  out.randomize = in.boolean("t");
  in.finish();
  return out;
}

ActionBody read_twap_cancel(const Call& call) {
  const AssetId asset = read_asset(call, "a");
  return exchange::TwapCancel{asset, exchange::TwapId(call.in.unsigned_number("t", kU64Max))};
}

ActionBody read_update_leverage(const Call& call) {
  exchange::UpdateLeverage out;
  out.asset = read_asset(call, "asset");
  out.is_cross = call.in.boolean("isCross");
  out.leverage = call.in.u32("leverage");
  return out;
}

ActionBody read_update_isolated_margin(const Call& call) {
  exchange::UpdateIsolatedMargin out;
  out.asset = read_asset(call, "asset");
  // Existing clients say a side; the position has only one.
  static_cast<void>(call.in.boolean_or("isBuy", true));
  out.usd = call.in.signed_number("ntli");
  return out;
}

ActionBody read_usd_class_transfer(const Call& call) {
  exchange::UsdClassTransfer out;
  out.usd = call.in.padded_decimal("amount", kUsdDecimals, "USD amount");
  out.to_perp = call.in.boolean("toPerp");
  check_time(call, "nonce");
  return out;
}

ActionBody read_usd_send(const Call& call) {
  exchange::UsdSend out;
  out.destination = call.in.address("destination");
  out.usd = call.in.padded_decimal("amount", kUsdDecimals, "USD amount");
  check_time(call, "time");
  return out;
}

ActionBody read_spot_send(const Call& call) {
  exchange::SpotSend out;
  out.destination = call.in.address("destination");
  out.token = read_token(call, "token");
  out.amount = read_token_amount(call, out.token, "amount");
  check_time(call, "time");
  return out;
}

ActionBody read_create_sub_account(const Call& call) {
  return exchange::CreateSubAccount{bounded_text(call.in, "name")};
}

ActionBody read_sub_account_transfer(const Call& call) {
  exchange::SubAccountTransfer out;
  out.sub_account = call.in.address("subAccountUser");
  out.is_deposit = call.in.boolean("isDeposit");
  out.is_perp = true;
  out.amount = call.in.unsigned_number("usd", kU64Max);
  return out;
}

ActionBody read_sub_account_spot_transfer(const Call& call) {
  exchange::SubAccountTransfer out;
  out.sub_account = call.in.address("subAccountUser");
  out.is_deposit = call.in.boolean("isDeposit");
  out.token = read_token(call, "token");
  out.amount = read_token_amount(call, out.token, "amount");
  return out;
}

ActionBody read_create_vault(const Call& call) {
  exchange::CreateVault out;
  out.name = bounded_text(call.in, "name");
  out.description = bounded_text(call.in, "description");
  out.usd = call.in.unsigned_number("initialUsd", kU64Max);
  check_time(call, "nonce");
  return out;
}

ActionBody read_vault_transfer(const Call& call) {
  exchange::VaultTransfer out;
  out.vault = call.in.address("vaultAddress");
  out.is_deposit = call.in.boolean("isDeposit");
  out.usd = call.in.unsigned_number("usd", kU64Max);
  return out;
}

ActionBody read_approve_agent(const Call& call) {
  exchange::ApproveAgent out;
  out.agent = call.in.address("agentAddress");
  out.name = bounded_text(call.in, "agentName");
  out.valid_until = call.in.unsigned_number_or("validUntil", kU64Max, 0);
  check_time(call, "nonce");
  return out;
}

// "0.01%" in tenths of a basis point, which are thousandths of a percent (dex.md 9.4).
ActionBody read_approve_builder_fee(const Call& call) {
  constexpr unsigned kPercentDecimals = 3;
  exchange::ApproveBuilderFee out;
  out.builder = call.in.address("builder");
  std::string_view rate = call.in.text("maxFeeRate");
  const bool percent = rate.ends_with('%');
  if (percent) rate.remove_suffix(1);
  const auto fee = exchange::parse_decimal(rate, kPercentDecimals);
  if (percent && fee && *fee >= 0 && *fee <= static_cast<std::int64_t>(kU32Max)) {
    out.max_fee = static_cast<std::uint32_t>(*fee);
  } else {
    call.in.reading().refuse(Error::BadNumber,
                             "action.maxFeeRate must be a percentage with at most 3 decimals, "
                             "such as \"0.01%\"");
  }
  check_time(call, "nonce");
  return out;
}

ActionBody read_set_referrer(const Call& call) {
  return exchange::SetReferrer{bounded_text(call.in, "code")};
}

ActionBody read_register_referrer(const Call& call) {
  return exchange::RegisterReferralCode{bounded_text(call.in, "code")};
}

ActionBody read_evm_user_modify(const Call& call) {
  return exchange::EvmUserModify{call.in.boolean("usingBigBlocks")};
}

ActionBody read_seal_order(const Call& call) {
  return exchange::SealOrder{call.in.fixed<Hash256>("commitment")};
}

ActionBody read_reveal_order(const Call& call) {
  exchange::RevealOrder out;
  out.commitment = call.in.fixed<Hash256>("commitment");
  out.salt = call.in.fixed<Hash256>("salt");
  if (const value* order = call.in.need("order")) {
    out.order = read_order(call.in.reading(), *order, "action.order", call.catalog);
  }
  return out;
}

ActionBody read_claim_rewards(const Call& /*call*/) {
  return exchange::ClaimRewards{};
}

ActionBody read_noop(const Call& /*call*/) {
  return exchange::Noop{};
}

struct Kind {
  std::string_view name;
  ActionBody (*read)(const Call&);
};

constexpr std::array<Kind, 28> kKinds{{{"approveAgent", read_approve_agent},
                                       {"approveBuilderFee", read_approve_builder_fee},
                                       {"batchModify", read_batch_modify},
                                       {"cancel", read_cancel},
                                       {"cancelAll", read_cancel_all},
                                       {"cancelByCloid", read_cancel_by_cloid},
                                       {"claimRewards", read_claim_rewards},
                                       {"createSubAccount", read_create_sub_account},
                                       {"createVault", read_create_vault},
                                       {"evmUserModify", read_evm_user_modify},
                                       {"modify", read_modify},
                                       {"noop", read_noop},
                                       {"order", read_place},
                                       {"registerReferrer", read_register_referrer},
                                       {"revealOrder", read_reveal_order},
                                       {"scheduleCancel", read_schedule_cancel},
                                       {"sealOrder", read_seal_order},
                                       {"setReferrer", read_set_referrer},
                                       {"spotSend", read_spot_send},
                                       {"subAccountSpotTransfer", read_sub_account_spot_transfer},
                                       {"subAccountTransfer", read_sub_account_transfer},
                                       {"twapCancel", read_twap_cancel},
                                       {"twapOrder", read_twap_order},
                                       {"updateIsolatedMargin", read_update_isolated_margin},
                                       {"updateLeverage", read_update_leverage},
                                       {"usdClassTransfer", read_usd_class_transfer},
                                       {"usdSend", read_usd_send},
                                       {"vaultTransfer", read_vault_transfer}}};

std::string known_kinds() {
  std::string out;
  for (const Kind& kind : kKinds)
    out += (out.empty() ? "" : ", ") + std::string(kind.name);
  return out;
}

// Clients of Hyperliquid put the chain their wallet signs for into some actions.
void check_chain(ObjectReader& in, std::uint64_t chain_id) {
  in.ignore("hyperliquidChain");
  const std::string_view text = in.text_or("signatureChainId", "");
  if (text.empty()) return;
  std::uint64_t named = 0;
  const std::string_view digits = text.starts_with("0x") ? text.substr(2) : std::string_view();
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), named, 16);
  const bool read = error == std::errc() && stop == digits.data() + digits.size();
  if (read && named == chain_id) return;
  in.reading().refuse(Error::BadSignature,
                      "action.signatureChainId is of another chain; this one has chain id " +
                          std::to_string(chain_id));
}

ActionBody read_body(Reading& reading, const value& json, const Catalog& catalog,
                     std::uint64_t nonce, std::uint64_t chain_id, std::string& type) {
  ObjectReader in(reading, json, "action");
  type = in.text("type");
  if (reading.failed()) return exchange::Noop{};
  const auto kind = std::ranges::find(kKinds, type, &Kind::name);
  if (kind == kKinds.end()) {
    reading.refuse(NodeError::UnknownType,
                   "action.type is not an action; actions are " + known_kinds());
    return exchange::Noop{};
  }
  check_chain(in, chain_id);
  ActionBody out = kind->read({in, catalog, nonce});
  in.finish();
  return out;
}

exchange::ActionSignature read_signature(Reading& reading, const value& json) {
  exchange::ActionSignature out;
  ObjectReader in(reading, json, "signature");
  const auto r = in.fixed<Hash256>("r");
  const auto s = in.fixed<Hash256>("s");
  const std::uint64_t v = in.unsigned_number("v", 255);
  in.finish();
  std::ranges::copy(r.bytes, out.bytes.begin());
  std::ranges::copy(s.bytes, out.bytes.begin() + 32);
  out.bytes[64] = static_cast<std::uint8_t>(v);
  return out;
}

enum class Signed : std::uint8_t { No, Yes };

Result<ExchangeRequest, ApiError> parse(std::string_view body, const Catalog& catalog,
                                        std::uint64_t chain_id, Signed is_signed) {
  if (body.size() > kExchangeBytesMax) {
    return fail(refusal(Error::BatchTooLarge,
                        "the request has " + std::to_string(body.size()) + " bytes; at most " +
                            std::to_string(kExchangeBytesMax) + " are allowed"));
  }
  OL_TRY(const value json, parse_json(body));
  Reading reading;
  ObjectReader in(reading, json, "");
  ExchangeRequest out;
  out.action.nonce = in.unsigned_number("nonce", kU64Max);
  out.action.account = in.address_or_zero("vaultAddress");
  out.action.expires_after = in.unsigned_number_or("expiresAfter", kU64Max, 0);
  if (const value* action = in.need("action")) {
    out.action.body = read_body(reading, *action, catalog, out.action.nonce, chain_id, out.type);
  }
  if (is_signed == Signed::Yes) {
    if (const value* signature = in.need("signature")) {
      out.signature = read_signature(reading, *signature);
    }
  } else {
    in.ignore("signature");
  }
  in.finish();
  if (reading.failed()) return fail(reading.error());
  return out;
}

}  // namespace

Result<ExchangeRequest, ApiError> parse_exchange_request(std::string_view body,
                                                         const Catalog& catalog,
                                                         std::uint64_t chain_id) {
  return parse(body, catalog, chain_id, Signed::Yes);
}

Result<ExchangeRequest, ApiError> parse_unsigned_request(std::string_view body,
                                                         const Catalog& catalog,
                                                         std::uint64_t chain_id) {
  return parse(body, catalog, chain_id, Signed::No);
}

}  // namespace ol::api
