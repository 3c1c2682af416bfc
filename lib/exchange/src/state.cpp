#include <ol/exchange/state.hpp>

#include <algorithm>

namespace ol::exchange {
namespace {

void add_place(std::vector<State::Place>& places, std::uint32_t key, std::uint32_t index) {
  const auto it = std::ranges::lower_bound(places, key, {}, &State::Place::key);
  places.insert(it, {key, index});
}

bool sensible(const MarketConfig& config) {
  if (config.tick_px == 0 || config.lot_sz == 0 || config.min_ntl < 0) return false;
  if (config.exec_band_ppb < 0 || config.exec_band_ppb >= kPpb) return false;
  if (config.mark_band_ppb < 0 || config.mark_band_ppb >= kPpb) return false;
  if (config.deployer_share_ppb < 0 || config.deployer_share_ppb > kPpb / 2) return false;
  if (is_spot(config.asset)) return config.base_wei_per_lot > 0 && config.base != config.quote;
  return config.sz_decimals <= 6 && config.impact_ntl > 0 && config.oi_cap_ntl >= 0;
}

}  // namespace

State::State() {
  globals.grow();
  for (std::uint8_t number = 1; number <= 6; ++number)
    accounts.edit(open_account(system_address(number))).kind = AccountKind::System;
  log.forget_before(log.mark());
}

AccountIndex State::find_account(const Address& address) const {
  const auto it = account_index_.find(address);
  if (it == account_index_.end() || !accounts[it->second].exists) return kNobody;
  return it->second;
}

AccountIndex State::open_account(const Address& address) {
  const auto [it, is_new] = account_index_.try_emplace(address, 0);
  if (is_new) {
    it->second = accounts.grow();
    OL_CHECK(stats.grow() == it->second, "accounts and their volumes share an index");
    perp_places_.emplace_back();
    balance_places_.emplace_back();
  }
  if (!accounts[it->second].exists) {
    Account& account = accounts.edit(it->second);
    account.address = address;
    account.master = address;
    account.exists = true;
    account.family = it->second;
  }
  return it->second;
}

MarketIndex State::find_market(AssetId asset) const {
  const auto it = market_index_.find(asset);
  if (it == market_index_.end() || !markets[it->second].exists) return kNobody;
  return it->second;
}

Result<MarketIndex, Error> State::list_market(const MarketConfig& config) {
  if (find_market(config.asset) != kNobody || !sensible(config)) return fail(Error::BadAsset);
  MarketInfo info{config, std::nullopt, 1};
  if (!info.spot()) {
    std::vector<MarginTier> tiers;
    tiers.reserve(config.margin_tiers.size());
    for (const auto& [lower, leverage] : config.margin_tiers)
      tiers.push_back({lower, leverage});
    OL_TRY(info.margin, MarginTable::make(tiers));
    info.max_leverage = info.margin->max_leverage();
  }
  const auto [it, is_new] = market_index_.try_emplace(config.asset, 0);
  if (is_new) {
    it->second = markets.grow();
    OL_CHECK(orders.add_book() == it->second, "markets and books share an index");
    infos_.emplace_back();
    perps_in_.emplace_back();
  }
  infos_[it->second] = std::move(info);
  configs.set(config.asset, config);
  MarketState& market = markets.edit(it->second);
  market.asset = config.asset;
  market.exists = true;
  return it->second;
}

PerpState State::perp_or_default(AccountIndex account, MarketIndex market) const {
  const PerpState* perp = find_perp(account, market);
  if (perp != nullptr) return *perp;
  PerpState out;
  out.account = account;
  out.market = market;
  out.isolated = infos_[market].config.isolated_only;
  return out;
}

PerpState& State::open_perp(AccountIndex account, MarketIndex market) {
  const std::uint32_t asset = infos_[market].config.asset.value();
  std::uint32_t place = find_place(perp_places_[account], asset);
  if (place == kNobody) {
    place = perps.grow();
    add_place(perp_places_[account], asset, place);
    perps_in_[market].push_back(place);
  }
  PerpState& perp = perps.edit(place);
  perp = perp_or_default(account, market);
  return perp;
}

const SpotBalance* State::find_balance(AccountIndex account, TokenId token) const {
  const std::uint32_t place = find_place(balance_places_[account], token.value());
  if (place == kNobody || balances[place].account == kNobody) return nullptr;
  return &balances[place];
}

SpotBalance& State::edit_balance(AccountIndex account, TokenId token) {
  std::uint32_t place = find_place(balance_places_[account], token.value());
  if (place == kNobody) {
    place = balances.grow();
    add_place(balance_places_[account], token.value(), place);
  }
  SpotBalance& balance = balances.edit(place);
  balance.account = account;
  balance.token = token;
  return balance;
}

std::vector<AccountIndex> State::holders(MarketIndex market) const {
  std::vector<AccountIndex> out;
  for (const std::uint32_t place : perps_in_[market]) {
    if (perps[place].szi != 0) out.push_back(perps[place].account);
  }
  sort_by_address(out);
  return out;
}

void State::sort_by_address(std::vector<AccountIndex>& accounts_to_sort) const {
  std::ranges::sort(accounts_to_sort, {}, [&](AccountIndex i) { return accounts[i].address; });
}

std::vector<OrderId> State::triggers_of(const Address& account) const {
  std::vector<OrderId> out;
  const auto& items = trigger_owners.items();
  for (auto it = items.lower_bound({account, OrderId(0)});
       it != items.end() && it->first.first == account; ++it)
    out.push_back(it->first.second);
  return out;
}

}  // namespace ol::exchange
