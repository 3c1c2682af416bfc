#include "info.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <ol/exchange/admission.hpp>
#include <ol/exchange/fees.hpp>

#include "margin_view.hpp"
#include "numbers.hpp"
#include "shapes.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

/// Told of a vault in one answer.
constexpr std::size_t kFollowersMax = 1'000;

// The account asked about; kNobody for one that does not exist, which is not an error.
AccountIndex read_user(const InfoCall& call, const State& state, std::string_view key = "user") {
  return state.find_account(call.in.address(key));
}

json::object leverage_json(const State& state, const PerpState& perp) {
  json::object out{{"type", perp.isolated ? "isolated" : "cross"},
                   {"value", state.leverage_of(perp)}};
  if (perp.isolated) out["rawUsd"] = usd_text(perp.iso_raw);
  return out;
}

json::object funding_json(const FundingPaid& paid, Int128 due) {
  return {{"allTime", usd_text(paid.all_time + due)},
          {"sinceOpen", usd_text(paid.since_open + due)},
          {"sinceChange", usd_text(paid.since_change + due)}};
}

json::object position_json(const MarketEntry& market, const State& state, const PerpState& perp,
                           const FundingPaid& paid) {
  const MarketState& now = state.markets[perp.market];
  const Int128 value = abs128(perp.szi) * now.mark;
  const Int128 profit = perp.szi * Int128{now.mark} - perp.entry_ntl;
  const Int128 used = margin_used(state, perp);
  json::object out{
      {"coin", market.name},
      {"szi", decimal_text(perp.szi, market.sz_decimals)},
      {"entryPx", average_text(abs128(perp.entry_ntl), abs128(perp.szi), market.px_decimals)},
      {"positionValue", usd_text(value)},
      {"unrealizedPnl", usd_text(profit)},
      {"returnOnEquity", ratio_text(profit, used)},
      {"liquidationPx", nullptr},
      {"leverage", leverage_json(state, perp)},
      {"marginUsed", usd_text(used)},
      {"maxLeverage", market.max_leverage},
      {"cumFunding", funding_json(paid, funding_due(state, perp))}};
  if (const auto px = liquidation_px(state, perp)) {
    out["liquidationPx"] = decimal_text(*px, market.px_decimals);
  }
  return out;
}

json::object summary_json(const MarginView& view) {
  return {{"accountValue", usd_text(view.value)},
          {"totalNtlPos", usd_text(view.notional)},
          {"totalRawUsd", usd_text(view.cash)},
          {"totalMarginUsed", usd_text(view.initial)}};
}

json::object clearinghouse_json(const InfoCall& call, const State& state, AccountIndex user) {
  MarginView cross;
  MarginView all;
  Int128 free_usd = 0;
  json::array positions;
  if (user != kNobody) {
    cross = cross_margin(state, user);
    all = cross;
    free_usd = withdrawable(state, user);
    auto paid = call.history.funding_paid(state.accounts[user].address);
    for (const PerpState& perp : held_perps(state, user)) {
      if (perp.szi == 0) continue;
      const AssetId asset = state.info(perp.market).config.asset;
      // The state may be newer than the catalog, and list more.
      const MarketEntry* market = call.catalog.market(asset);
      if (market == nullptr) continue;
      positions.push_back(json::object{
          {"type", "oneWay"}, {"position", position_json(*market, state, perp, paid[asset])}});
      if (!perp.isolated) continue;
      const MarginView own = isolated_margin(state, perp);
      all.value += own.value;
      all.cash += own.cash;
      all.notional += own.notional;
      all.initial += own.value;
    }
  }
  return {{"marginSummary", summary_json(all)},
          {"crossMarginSummary", summary_json(cross)},
          {"crossMaintenanceMarginUsed", usd_text(cross.maintenance)},
          {"withdrawable", usd_text(free_usd)},
          {"assetPositions", std::move(positions)}};
}

json::value clearinghouse(const InfoCall& call, const State& state) {
  return clearinghouse_json(call, state, read_user(call, state));
}

json::array balances_json(const InfoCall& call, const State& state, AccountIndex user) {
  json::array out;
  if (user == kNobody) return out;
  for (const State::Place& place : state.balances_of(user)) {
    const SpotBalance& balance = state.balances[place.index];
    const TokenEntry* token = call.catalog.token(balance.token);
    if (token == nullptr || balance.total == 0) continue;
    out.push_back(json::object{{"coin", token->name},
                               {"token", token->token.value()},
                               {"total", decimal_text(balance.total, token->wei_decimals)},
                               {"hold", decimal_text(balance.hold, token->wei_decimals)},
                               {"entryNtl", decimal_text(balance.entry_ntl, 8)}});
  }
  return out;
}

json::value spot_clearinghouse(const InfoCall& call, const State& state) {
  return json::object{{"balances", balances_json(call, state, read_user(call, state))}};
}

struct OpenOrder {
  OrderRecord record;
  bool of_position = false;
  std::vector<OrderRecord> children;
};

OrderRecord trigger_record(const InfoCall& call, const State& state, OrderId oid) {
  OrderRecord out = order_record(state, oid, *state.triggers.find(oid));
  const OrderRecord* known = call.history.order(oid);
  if (known != nullptr) out.placed_at = known->placed_at;
  return out;
}

// Triggers of an account; those that wait for a parent are told with it too.
void add_triggers(const InfoCall& call, const State& state, AccountIndex user,
                  std::vector<OpenOrder>& out) {
  std::map<std::uint64_t, std::vector<OrderRecord>> children;
  for (const OrderId oid : state.triggers_of(state.accounts[user].address)) {
    const TriggerOrder& trigger = *state.triggers.find(oid);
    const OrderGroup* group = state.groups.find(trigger.group);
    OpenOrder order{trigger_record(call, state, oid), false, {}};
    order.of_position = group != nullptr && group->parent == 0;
    if (group != nullptr && group->parent != 0) children[group->parent].push_back(order.record);
    out.push_back(std::move(order));
  }
  for (OpenOrder& order : out) {
    const auto own = children.find(order.record.oid.value());
    if (own != children.end()) order.children = std::move(own->second);
  }
}

json::object open_json(const OpenOrder& order, const Catalog& catalog) {
  json::object out = open_order_json(order.record, catalog);
  out["isPositionTpsl"] = order.of_position;
  json::array& children = out["children"].get_array();
  for (const OrderRecord& child : order.children)
    children.push_back(open_order_json(child, catalog));
  return out;
}

InfoAnswer open_orders(const InfoCall& call, const State& state) {
  std::vector<OpenOrder> found;
  const AccountIndex user = read_user(call, state);
  if (user != kNobody) {
    for (const OrderId oid : state.orders.orders_of(user)) {
      OrderRecord order = order_record(state, state.orders.find(oid));
      if (!expired(state, order)) found.push_back({std::move(order), false, {}});
    }
    add_triggers(call, state, user, found);
  }
  return [listed = call.listed, found = std::move(found)] {
    json::array out;
    for (const OpenOrder& order : found)
      out.push_back(open_json(order, *listed));
    return json::value(std::move(out));
  };
}

// What is paid without volume and discounts (dex.md 9.2, 9.3).
json::object fee_schedule_json() {
  const auto rate = [](std::int64_t ppb) { return decimal_text(ppb, kRateDecimals); };
  const FeeRates perps = schedule_rates(false, {});
  const FeeRates spot = schedule_rates(true, {});
  return {{"cross", rate(perps.taker)},
          {"add", rate(perps.maker)},
          {"spotCross", rate(spot.taker)},
          {"spotAdd", rate(spot.maker)},
          {"referralDiscount", rate(kReferralDiscountPpb)}};
}

json::value user_fees(const InfoCall& call, const State& state) {
  const AccountIndex user = read_user(call, state);
  const AccountIndex family = user == kNobody || state.accounts[user].family == kNobody
                                  ? user
                                  : state.accounts[user].family;
  // Sub-accounts pay what their master would (dex.md 13.1).
  const Account account = family == kNobody ? Account{} : state.accounts[family];
  const std::int64_t stake = stake_discount_ppb(account.staked_open);
  const bool referred = account.referrer_set && state.stats[family].total < kReferralDiscountVolume;
  const std::int64_t referral = referred ? kReferralDiscountPpb : 0;
  const auto rate = [&](std::int64_t base) {
    return decimal_text(discounted(base, stake, referral), kRateDecimals);
  };
  json::array days;
  if (family != kNobody) {
    const FeeStats& stats = state.stats[family];
    for (const DayVolume& day : stats.days) {
      days.push_back(
          json::object{{"userAdd", usd_text(day.maker)}, {"userCross", usd_text(day.taker)}});
    }
  }
  return json::object{{"dailyUserVlm", std::move(days)},
                      {"feeSchedule", fee_schedule_json()},
                      {"userCrossRate", rate(account.perp_rates.taker)},
                      {"userAddRate", rate(account.perp_rates.maker)},
                      {"userSpotCrossRate", rate(account.spot_rates.taker)},
                      {"userSpotAddRate", rate(account.spot_rates.maker)},
                      {"activeReferralDiscount", decimal_text(referral, kRateDecimals)},
                      {"activeStakingDiscount",
                       {{"discount", decimal_text(stake, kRateDecimals)},
                        {"staked", std::to_string(account.staked_open)}}}};
}

json::value user_rate_limit(const InfoCall& call, const State& state) {
  const AccountIndex user = read_user(call, state);
  const Account account = user == kNobody ? Account{} : state.accounts[user];
  return json::object{{"cumVlm", usd_text(account.volume)},
                      {"nRequestsUsed", account.credits_used},
                      {"nRequestsCap", action_budget(call.params, account, Noop{})},
                      {"nCancelsCap", action_budget(call.params, account, CancelAll{})}};
}

json::value sub_accounts(const InfoCall& call, const State& state) {
  const Address master = call.in.address("user");
  json::array out;
  const auto& names = state.sub_names.items();
  for (auto it = names.lower_bound({master, ""}); it != names.end() && it->first.first == master;
       ++it) {
    const AccountIndex sub = state.find_account(it->second);
    if (sub == kNobody) continue;
    json::object perps = clearinghouse_json(call, state, sub);
    perps["time"] = state.global().time;
    out.push_back(json::object{{"name", it->first.second},
                               {"subAccountUser", hex_text(it->second)},
                               {"master", hex_text(master)},
                               {"clearinghouseState", std::move(perps)},
                               {"spotState", {{"balances", balances_json(call, state, sub)}}}});
  }
  return out;
}

json::value extra_agents(const InfoCall& call, const State& state) {
  const Address user = call.in.address("user");
  json::array out;
  const auto& names = state.agent_names.items();
  for (auto it = names.lower_bound({user, ""}); it != names.end() && it->first.first == user;
       ++it) {
    const Agent* agent = state.agents.find(it->second);
    if (agent == nullptr || agent->revoked) continue;
    out.push_back(json::object{{"name", it->first.second},
                               {"address", hex_text(it->second)},
                               {"validUntil", agent->valid_until}});
  }
  return out;
}

// What the user lets the builder take, in tenths of a basis point.
json::value max_builder_fee(const InfoCall& call, const State& state) {
  const Address user = call.in.address("user");
  const std::uint32_t* most = state.builders.find({user, call.in.address("builder")});
  return most == nullptr ? 0U : *most;
}

json::value user_role(const InfoCall& call, const State& state) {
  const Address user = call.in.address("user");
  if (const Agent* agent = state.agents.find(user); agent != nullptr) {
    return json::object{{"role", agent->revoked ? "revokedAgent" : "agent"},
                        {"data", {{"user", hex_text(agent->account)}}}};
  }
  const AccountIndex found = state.find_account(user);
  if (found == kNobody) return json::object{{"role", "missing"}};
  const Account& account = state.accounts[found];
  switch (account.kind) {
    case AccountKind::User:
      return json::object{{"role", "user"}};
    case AccountKind::SubAccount:
      return json::object{{"role", "subAccount"}, {"data", {{"master", hex_text(account.master)}}}};
    case AccountKind::Vault:
      return json::object{{"role", "vault"}, {"data", {{"leader", hex_text(account.master)}}}};
    case AccountKind::System:
      return json::object{{"role", "system"}};
  }
  return json::object{{"role", "missing"}};
}

Int128 share_equity(const State& state, const Address& vault, const VaultShare& share) {
  const VaultInfo* info = state.vaults.find(vault);
  if (info == nullptr || info->total_shares == 0) return 0;
  const Int128 all = equity(state, state.find_account(vault));
  return trunc_div(share.shares * all, info->total_shares);
}

json::value vault_details(const InfoCall& call, const State& state) {
  const Address vault = call.in.address("vaultAddress");
  const VaultInfo* info = state.vaults.find(vault);
  if (info == nullptr) {
    call.in.reading().refuse(NodeError::NotFound, "vaultAddress is not a vault");
    return nullptr;
  }
  const Address asks = call.in.address_or_zero("user");
  json::array followers;
  json::value own = nullptr;
  const auto& shares = state.vault_shares.items();
  const auto told = [&](const Address& user, const VaultShare& share) {
    return json::object{{"user", hex_text(user)},
                        {"vaultEquity", usd_text(share_equity(state, vault, share))},
                        {"lockupUntil", share.locked_until}};
  };
  const auto mine = shares.find({vault, asks});
  if (mine != shares.end()) own = told(asks, mine->second);
  for (auto it = shares.lower_bound({vault, Address{}});
       it != shares.end() && it->first.first == vault && followers.size() < kFollowersMax; ++it) {
    followers.push_back(told(it->first.second, it->second));
  }
  return json::object{{"name", info->name},
                      {"vaultAddress", hex_text(vault)},
                      {"leader", hex_text(info->leader)},
                      {"description", info->description},
                      {"equity", usd_text(equity(state, state.find_account(vault)))},
                      {"totalShares", decimal_text(info->total_shares, 0)},
                      {"followerState", std::move(own)},
                      {"followers", std::move(followers)}};
}

json::value user_vault_equities(const InfoCall& call, const State& state) {
  const Address user = call.in.address("user");
  json::array out;
  // Vaults are few, shares of them are not.
  for (const auto& [vault, info] : state.vaults.items()) {
    const VaultShare* share = state.vault_shares.find({vault, user});
    if (share == nullptr) continue;
    out.push_back(json::object{{"vaultAddress", hex_text(vault)},
                               {"equity", usd_text(share_equity(state, vault, *share))},
                               {"lockedUntilTimestamp", share->locked_until}});
  }
  return out;
}

json::value referral(const InfoCall& call, const State& state) {
  const Address user = call.in.address("user");
  const AccountIndex found = state.find_account(user);
  json::value referred = nullptr;
  const auto code_of = [&](const Address& account) {
    const std::string* code = call.codes->of(account);
    return code == nullptr ? json::value(nullptr) : json::value(json::string(*code));
  };
  if (found != kNobody && state.accounts[found].referrer_set) {
    const Address& referrer = state.accounts[found].referrer;
    referred = json::object{{"referrer", hex_text(referrer)}, {"code", code_of(referrer)}};
  }
  const std::uint64_t* owed = state.rewards.find({user, kPerpRewards});
  return json::object{
      {"referredBy", std::move(referred)},
      {"code", code_of(user)},
      {"cumVlm", usd_text(found == kNobody ? 0 : Int128{state.accounts[found].volume})},
      {"unclaimedRewards", usd_text(owed == nullptr ? 0 : Int128{*owed})}};
}

// An account that does not exist has what one has that never touched the market.
PerpState perp_of(const State& state, AccountIndex user, MarketIndex market) {
  if (user != kNobody) return state.perp_or_default(user, market);
  PerpState out;
  out.market = market;
  out.isolated = state.info(market).config.isolated_only;
  return out;
}

json::value active_asset_data(const InfoCall& call, const State& state) {
  const AccountIndex user = read_user(call, state);
  const MarketEntry* market = read_coin(call);
  if (market == nullptr || market->spot) return nullptr;
  const MarketIndex place = state.find_market(market->asset);
  const PerpState perp = perp_of(state, user, place);
  // Of buys and of sells; what closing a position would free is not counted.
  const std::uint64_t mark = state.markets[place].mark;
  const Int128 free = user == kNobody ? 0 : withdrawable(state, user);
  const Int128 lots = mark == 0 ? 0 : trunc_div(free * state.leverage_of(perp), mark);
  const json::string usd(usd_text(free));
  const json::string sz(decimal_text(lots, market->sz_decimals));
  return json::object{{"user", hex_text(call.in.address("user"))},
                      {"coin", market->name},
                      {"leverage", leverage_json(state, perp)},
                      {"markPx", decimal_text(mark, market->px_decimals)},
                      {"maxTradeSzs", {sz, sz}},
                      {"availableToTrade", {usd, usd}}};
}

constexpr std::array<NamedQuery, 14> kQueries{
    {{"clearinghouseState", Reads::Mirrors, clearinghouse},
     {"spotClearinghouseState", Reads::State, spot_clearinghouse},
     {"openOrders", Reads::Mirrors, open_orders},
     {"frontendOpenOrders", Reads::Mirrors, open_orders},
     {"userFees", Reads::State, user_fees},
     {"userRateLimit", Reads::State, user_rate_limit},
     {"subAccounts", Reads::Mirrors, sub_accounts},
     {"extraAgents", Reads::State, extra_agents},
     {"maxBuilderFee", Reads::State, max_builder_fee},
     {"userRole", Reads::State, user_role},
     {"vaultDetails", Reads::State, vault_details},
     {"userVaultEquities", Reads::State, user_vault_equities},
     {"referral", Reads::Mirrors, referral},
     {"activeAssetData", Reads::State, active_asset_data}}};

}  // namespace

std::span<const NamedQuery> account_queries() {
  return kQueries;
}

}  // namespace ol::api
