#include <ol/api/exchange_reply.hpp>

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/exchange/admission.hpp>
#include <ol/exchange/decimal.hpp>
#include <ol/exchange/fees.hpp>

#include "action_rules.hpp"
#include "numbers.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using exchange::Action;
using exchange::ActionResult;
using exchange::Error;
using exchange::Order;
using exchange::OrderResult;

std::string amount(std::uint64_t value, unsigned decimals) {
  return exchange::format_decimal(static_cast<std::int64_t>(value), decimals);
}

// The multiples of `step` around `value`.
std::string neighbours(std::uint64_t value, std::uint64_t step, unsigned decimals) {
  const std::uint64_t below = value - value % step;
  const std::string above = amount(below + step, decimals);
  if (below == 0) return "use " + above;
  return "use " + amount(below, decimals) + " or " + above;
}

std::string tick_sentence(const MarketEntry& market, const Order& order) {
  return market.name + " prices are multiples of the tick " +
         amount(market.tick_px, market.px_decimals) + "; " +
         neighbours(order.px, market.tick_px, market.px_decimals) + " instead of " +
         amount(order.px, market.px_decimals);
}

std::string lot_sentence(const MarketEntry& market, const Order& order) {
  return market.name + " sizes are multiples of the lot " +
         amount(market.lot_sz, market.sz_decimals) + "; " +
         neighbours(order.sz, market.lot_sz, market.sz_decimals) + " instead of " +
         amount(order.sz, market.sz_decimals);
}

std::string nonce_sentence(const ReplyContext& context, const Action& action) {
  return "nonce " + std::to_string(action.nonce) + " was used, is below the signer's " +
         std::to_string(context.params.nonces_kept) +
         " highest or out of range; use milliseconds unused so far from " +
         std::to_string(context.time - context.params.nonce_past_ms + 1) + " to " +
         std::to_string(context.time + context.params.nonce_future_ms - 1);
}

std::string signer_sentence(const ReplyContext& context) {
  return "the signature is of " + to_hex_prefixed(context.signer.view()) +
         ", which has no account here and is no agent; sign the typed data of GET /typed with "
         "chain id " +
         std::to_string(context.chain_id) + ", or deposit first";
}

std::string authority_sentence(const ReplyContext& context, const Action& action) {
  const std::string signer = to_hex_prefixed(context.signer.view());
  const bool of_other = !action.account.is_zero() && action.account != context.signer;
  const std::string rule = authority_rule(action.body, context.params);
  if (context.signer_is_agent && exchange::needs_user_key(action.body)) {
    return "only the account's own key may sign this action, and " + signer + " is an agent";
  }
  if (!of_other) return rule.empty() ? "the account may not do this" : rule;
  const std::string control = signer + " does not control " +
                              to_hex_prefixed(action.account.view()) +
                              "; vaultAddress must be one of its sub-accounts or vaults, or null";
  return rule.empty() ? control : "either " + control + "; or this is not kept: " + rule;
}

// The agent that can never act again: the one to be approved, or else the signer.
std::string revoked_sentence(const ReplyContext& context, const Action& action) {
  const auto* approval = std::get_if<exchange::ApproveAgent>(&action.body);
  const Address& agent = approval == nullptr ? context.signer : approval->agent;
  return "agent " + to_hex_prefixed(agent.view()) +
         " was replaced, removed or has run out and can never act again; approve a new address";
}

std::string unknown_sentence(const ReplyContext& context, const Action& action) {
  const auto* vault = std::get_if<exchange::VaultTransfer>(&action.body);
  if (vault == nullptr) return signer_sentence(context);
  return "there is no vault at " + to_hex_prefixed(vault->vault.view()) + ", or " +
         signer_sentence(context);
}

std::string budget_sentence(const ReplyContext& context) {
  std::string out = "the account has used its budget of actions";
  if (context.budget != 0) {
    out += ", " + std::to_string(context.budget_used) + " of " + std::to_string(context.budget);
  }
  return out + "; it begins with " + std::to_string(context.params.budget_actions) +
         ", each dollar traded allows one more, and until then one action every " +
         std::to_string(context.params.over_budget_ms / 1000) + " s is let through";
}

std::string leverage_sentence(const ReplyContext& context, const Action& action) {
  const auto* update = std::get_if<exchange::UpdateLeverage>(&action.body);
  const MarketEntry* market = update == nullptr ? nullptr : context.catalog.market(update->asset);
  if (market == nullptr) return "leverage must be between 1 and the market's maxLeverage";
  return "leverage of " + market->name + " must be between 1 and " +
         std::to_string(market->max_leverage) +
         (market->isolated_only ? ", and its margin isolated" : "");
}

std::string transfer_sentence(const ReplyContext& context, const Action& action) {
  const std::string out = "the amount is above what can be withdrawn";
  if (std::holds_alternative<exchange::UpdateIsolatedMargin>(action.body))
    return out + " from the position, or there is no isolated position";
  const auto* vault = std::get_if<exchange::VaultTransfer>(&action.body);
  if (vault != nullptr && !vault->is_deposit)
    return out + ": the worth of one's shares, as userVaultEquities has it";
  if (!context.withdrawable) return out;
  return out + ": at most " + usd_text(*context.withdrawable) + " USD now";
}

// A twentieth and twenty times the oracle's price, on ticks (dex.md 7.2).
std::string far_sentence(const ReplyContext& context, const MarketEntry* market) {
  const std::string near = "within 1 % of it at the open interest cap";
  const bool known = market != nullptr && context.oracle != nullptr;
  const auto found =
      known ? context.oracle->find(market->asset) : decltype(context.oracle->end()){};
  if (!known || found == context.oracle->end() || found->second == 0) {
    return "the price must lie between a twentieth and twenty times the oracle price, and " + near;
  }
  const std::uint64_t oracle = found->second;
  const std::uint64_t tick = market->tick_px;
  const std::uint64_t least = ((oracle + 19) / 20 + tick - 1) / tick * tick;
  return market->name + " prices must lie between " + amount(least, market->px_decimals) + " and " +
         amount(oracle * 20 - oracle * 20 % tick, market->px_decimals) +
         ", a twentieth and twenty times the oracle price " + amount(oracle, market->px_decimals) +
         ", and " + near;
}

std::string hours(exchange::TimeMs ms) {
  return std::to_string(ms / 3'600'000) + " hours";
}

std::string best_sentence(const MarketEntry& market, const Order& order, std::uint64_t best) {
  const bool buy = order.side == exchange::Side::Buy;
  return "a post-only order would match: the best " + std::string(buy ? "ask" : "bid") + " is " +
         amount(best, market.px_decimals) + ", so the price must be " + (buy ? "below" : "above") +
         " it";
}

std::string min_ntl_sentence(const MarketEntry& market) {
  const unsigned decimals = market.spot ? 8 : 6;
  return "the order must be worth at least " + exchange::format_decimal(market.min_ntl, decimals) +
         " USD";
}

// Of a TWAP, whose slices are the orders; empty for anything else.
std::string slices_sentence(const ReplyContext& context, const Action& action) {
  const auto* twap = std::get_if<exchange::TwapOrder>(&action.body);
  const MarketEntry* market = twap == nullptr ? nullptr : context.catalog.market(twap->asset);
  if (market == nullptr) return {};
  const unsigned decimals = market->spot ? 8 : 6;
  const std::int64_t slices = 2 * std::int64_t{twap->minutes};
  return "a slice of a TWAP over " + std::to_string(twap->minutes) +
         " minutes is at most three of its " + std::to_string(slices) +
         " shares and must be worth at least " +
         exchange::format_decimal(market->min_ntl, decimals) + " USD, so all of it " +
         exchange::format_decimal((market->min_ntl * slices + 2) / 3, decimals) +
         " USD at its slices' price; it may run for fewer minutes";
}

// Of a send to where no account is, and of what else is made for good (adr 40).
std::string opening_sentence(const exchange::Params& params) {
  return "the destination has no account: opening one costs " +
         exchange::format_decimal(params.open_account_usd, 6) +
         " USD besides what is sent, of what can be withdrawn and, where that is short, of free "
         "spot "
         "USD";
}

bool is_send(const Action& action) {
  return std::holds_alternative<exchange::UsdSend>(action.body) ||
         std::holds_alternative<exchange::SpotSend>(action.body);
}

std::string builders_sentence(const ReplyContext& context, const Action& action) {
  if (!std::holds_alternative<exchange::ApproveBuilderFee>(action.body)) return {};
  return "a builder's fee is at most " + std::to_string(exchange::kBuilderFeeSpotMax) +
         " tenths of a basis point, for at most " +
         std::to_string(context.params.builders_per_account) +
         " builders at a time; 0 takes an approval back";
}

// Of an action that takes a code; empty for one that uses a code.
std::string code_sentence(const Action& action) {
  if (!std::holds_alternative<exchange::RegisterReferralCode>(action.body)) return {};
  return "a referral code has 1 to " + std::to_string(exchange::kReferralCodeMax) +
         " of A to Z and 0 to 9 and is nobody's yet; an account has one, from " +
         std::to_string(
             static_cast<std::int64_t>(exchange::kReferralThreshold / exchange::kUsdPerDollar)) +
         " USD traded on";
}

// Sentences that need no market. Empty: none.
std::string general_sentence(Error error, const ReplyContext& context, const Action& action) {
  switch (error) {
    case Error::BadSignature:
      return signature_sentence(context.chain_id);
    case Error::BadNonce:
      return nonce_sentence(context, action);
    case Error::Expired:
      return "the time it was valid until is over; expiresAfter, or goodTil of an order, must be 0 "
             "or at least the time of the block, " +
             std::to_string(context.time);
    case Error::NotAuthorized:
      return authority_sentence(context, action);
    case Error::AgentRevoked:
      return revoked_sentence(context, action);
    case Error::UnknownAccount:
      return unknown_sentence(context, action);
    case Error::RateLimited:
      return budget_sentence(context);
    case Error::BatchTooLarge:
      return "a batch has 1 to " + std::to_string(exchange::kBatchMax) + " elements";
    case Error::BadAsset:
      return "no such asset; assets are " + context.catalog.market_list();
    case Error::TooManyOrders:
      return "at most " + std::to_string(context.params.open_orders) +
             " open orders, one more for each " +
             exchange::format_decimal(context.params.usd_per_extra_order, 6) +
             " USD traded, up to " + std::to_string(context.params.open_orders_max);
    case Error::SubAccountLimit:
      return "at most " + std::to_string(context.params.sub_accounts) +
             " sub-accounts, each with a name of its own";
    case Error::OpenAccountFee:
      return opening_sentence(context.params);
    case Error::BuilderFee:
      return builders_sentence(context, action);
    case Error::BadNumber:
      if (is_send(action)) return "a send of nothing opens no account";
      if (!std::holds_alternative<exchange::TwapOrder>(action.body)) return {};
      return "a TWAP runs for 5 to 1440 minutes";
    case Error::MinNtl:
      return slices_sentence(context, action);
    case Error::BadReferral:
      return code_sentence(action);
    case Error::BadLeverage:
      return leverage_sentence(context, action);
    case Error::TransferTooLarge:
      return transfer_sentence(context, action);
    case Error::BadTriggerPx:
      return "triggerPx must be a multiple of the tick, and the price of a market trigger within " +
             decimal_text(context.params.trigger_band_ppb, 7) + " % of it on the worse side";
    case Error::VaultDeposit:
      if (!std::holds_alternative<exchange::CreateVault>(action.body)) return {};
      return "a vault begins with at least " +
             exchange::format_decimal(context.params.vault_least_usd, 6) + " USD";
    case Error::VaultLocked:
      return "the deposit is still locked: " + hours(context.params.vault_lock_ms) +
             " after the last one, " + hours(context.params.backstop_lock_ms) +
             " in the backstop vault";
    case Error::LeaderShare:
      return "the leader must keep at least " + decimal_text(context.params.leader_share_ppb, 7) +
             " % of the vault";
    case Error::SealUnknown:
      return "no commitment of an earlier block within the last " +
             std::to_string(context.params.seal_window) + " blocks";
    default:
      return {};
  }
}

// What remains: one line each, in the order of dex.md 15.3.
std::string plain_sentence(Error error) {
  switch (error) {
    case Error::BadNumber:
      return "a number is outside what its field may hold";
    case Error::Overflow:
      return "price, size or value is above what the exchange can hold: price below 10^12 units, "
             "size below 10^15 lots, value at most 10^16";
    case Error::MarketHalted:
      return "the market is halted or settling; only cancels are let through";
    case Error::PostOnlyPeriod:
      return "the market is post-only; use tif Alo or a reduce-only Ioc";
    case Error::ReduceOnlyMarket:
      return "the market is reduce-only; set r to true";
    case Error::DuplicateCloid:
      return "another open order of the account has this cloid";
    case Error::ReduceOnly:
      return "a reduce-only order must oppose the position";
    case Error::OiCap:
      return "open interest is at its cap; only orders that reduce it are let through";
    case Error::IocCancel:
      return "nothing on the book matched the price";
    case Error::FokCancel:
      return "the book could not fill the whole size at the price";
    case Error::InsufficientMargin:
      return "the account's free margin does not cover it";
    case Error::InsufficientSpot:
      return "the free balance does not cover it";
    case Error::MissingOrder:
      return "no such open order: never placed, already cancelled or filled";
    case Error::HasPosition:
      return "the margin mode changes only without a position and without resting orders";
    case Error::SelfTransfer:
      return "sender and receiver must differ";
    case Error::VaultDeposit:
      return "the deposit is too small for a share of the vault";
    case Error::BadReferral:
      return "no such code, one's own, or set already";
    case Error::BuilderFee:
      return "the builder's fee is above what the account approved or allowed: " +
             std::to_string(exchange::kBuilderFeePerpMax) +
             " tenths of a basis point on perpetuals, " +
             std::to_string(exchange::kBuilderFeeSpotMax) +
             " on spot sales, none on spot purchases";
    case Error::SealMismatch:
      return "order, salt and account do not give the commitment";
    case Error::StaleOracle:
      return "the oracle price is stale; only Alo and reduce-only orders are let through";
    default:
      return exchange::name(error);
  }
}

json::object error_json(Error error, std::string msg) {
  return {{"error",
           {{"code", static_cast<std::uint16_t>(error)},
            {"name", exchange::name(error)},
            {"msg", std::move(msg)}}}};
}

const Order* order_of(const Action& action, std::size_t i) {
  if (const auto* place = std::get_if<exchange::PlaceOrders>(&action.body)) {
    return i < place->orders.size() ? &place->orders[i] : nullptr;
  }
  if (const auto* modify = std::get_if<exchange::ModifyOrders>(&action.body)) {
    return i < modify->modifies.size() ? &modify->modifies[i].order : nullptr;
  }
  if (const auto* reveal = std::get_if<exchange::RevealOrder>(&action.body)) return &reveal->order;
  return nullptr;
}

json::object placed_json(const OrderResult& result, const Order* order, const MarketEntry* market) {
  json::object out{{"oid", result.oid.value()}};
  if (order != nullptr && !order->cloid.is_zero()) {
    out["cloid"] = to_hex_prefixed(order->cloid.view());
  }
  if (result.total_sz != 0 && market != nullptr) {
    out["totalSz"] = amount(result.total_sz, market->sz_decimals);
    out["avgPx"] = amount(result.avg_px, market->px_decimals);
  }
  return out;
}

json::value status_json(const OrderResult& result, const Action& action, std::size_t i,
                        const ReplyContext& context) {
  const Order* order = order_of(action, i);
  const MarketEntry* market = order == nullptr ? nullptr : context.catalog.market(order->asset);
  switch (result.kind) {
    case OrderResult::Kind::Resting:
      return json::object{{"resting", placed_json(result, order, market)}};
    case OrderResult::Kind::Filled:
      return json::object{{"filled", placed_json(result, order, market)}};
    case OrderResult::Kind::WaitingForTrigger:
      return json::object{{"waitingForTrigger", placed_json(result, order, market)}};
    case OrderResult::Kind::Done:
      // A modify that keeps the order's place has done nothing else; a cancel has no order.
      if (order != nullptr) return json::object{{"resting", placed_json(result, order, market)}};
      return "success";
    case OrderResult::Kind::Error:
      break;
  }
  return error_json(result.error, sentence(result.error, context, action, order, result.px));
}

json::value data_of(const ActionResult& result, const Action& action, const ReplyContext& context) {
  if (std::holds_alternative<exchange::TwapOrder>(action.body)) {
    return json::object{{"status", {{"running", {{"twapId", result.aux}}}}}};
  }
  if (std::holds_alternative<exchange::TwapCancel>(action.body)) {
    return json::object{{"status", "success"}};
  }
  if (!result.made.is_zero()) return json::string(to_hex_prefixed(result.made.view()));
  if (result.orders.empty()) return nullptr;
  json::array statuses;
  for (std::size_t i = 0; i < result.orders.size(); ++i)
    statuses.push_back(status_json(result.orders[i], action, i, context));
  return json::object{{"statuses", std::move(statuses)}};
}

}  // namespace

std::string sentence(Error error, const ReplyContext& context, const Action& action,
                     const Order* order, std::uint64_t px) {
  std::string general = general_sentence(error, context, action);
  if (!general.empty()) return general;
  const MarketEntry* market = order == nullptr ? nullptr : context.catalog.market(order->asset);
  if (error == Error::PxTooFar) return far_sentence(context, market);
  if (market != nullptr) {
    if (error == Error::BadTick) return tick_sentence(*market, *order);
    if (error == Error::BadLot) return lot_sentence(*market, *order);
    if (error == Error::MinNtl) return min_ntl_sentence(*market);
    if (error == Error::BadAloPx) return best_sentence(*market, *order, px);
  }
  return plain_sentence(error);
}

std::string signature_sentence(std::uint64_t chain_id) {
  return "the signature is of no key: it is 65 bytes r, s, v with v 27 or 28 and s in the lower "
         "half, "
         "over the typed data of this action (GET /typed) with chain id " +
         std::to_string(chain_id);
}

std::string admission_sentence(Error error, const exchange::State& state,
                               const exchange::Params& params, std::uint64_t chain_id,
                               const exchange::VerifiedAction& action, std::uint64_t waiting) {
  const Catalog none;
  ReplyContext context{none, params};
  context.chain_id = chain_id;
  context.height = state.global().height;
  context.time = state.global().time;
  context.signer = action.signer;
  const auto speaks_for = exchange::principal_of(state, action);
  const Address principal = speaks_for ? *speaks_for : state.agents.find(action.signer)->account;
  context.signer_is_agent = principal != action.signer;
  const auto target = exchange::target_account(state, principal, action.action.account);
  if (target != exchange::kNobody) {
    const exchange::Account& account = state.accounts[target];
    context.budget = exchange::action_budget(params, account, action.action.body);
    context.budget_used = account.credits_used + waiting;
  }
  return sentence(error, context, action.action, nullptr);
}

std::string committed_reply(const ExchangeRequest& request, const ActionResult& result,
                            const ReplyContext& context) {
  json::object out;
  if (result.ok) {
    json::object response{{"type", "default"}};
    json::value data = data_of(result, request.action, context);
    if (!data.is_null()) {
      response["type"] = request.type;
      response["data"] = std::move(data);
    }
    out = {{"status", "ok"}, {"response", std::move(response)}};
  } else {
    const std::string msg = sentence(result.error, context, request.action, nullptr);
    out = {{"status", "err"}, {"response", error_json(result.error, msg)["error"]}};
  }
  out["hash"] = to_hex_prefixed(result.hash.view());
  out["height"] = context.height;
  return json::serialize(out);
}

std::string accepted_reply(const ExchangeRequest& request, const Hash256& hash) {
  return json::serialize(
      json::object{{"status", "ok"},
                   {"response", {{"type", request.type}, {"data", {{"statuses", {"accepted"}}}}}},
                   {"hash", to_hex_prefixed(hash.view())}});
}

std::string refused_reply(const ApiError& error) {
  return json::serialize(json::object{{"status", "err"},
                                      {"response", {{"code", error.code}, {"msg", error.msg}}},
                                      {"code", error.code},
                                      {"msg", error.msg}});
}

}  // namespace ol::api
