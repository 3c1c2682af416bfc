#include <algorithm>

#include <ol/exchange/position.hpp>
#include <ol/exchange/spot_value.hpp>

#include "accounts.hpp"
#include "margin.hpp"
#include "placing.hpp"
#include "steps.hpp"

// Vaults: dex.md 13.2 and 13.3.

namespace ol::exchange {
namespace {

// A vault's owner of shares must keep the leader's part of what there is (dex.md 13.2).
bool leader_keeps_share(const Context& ctx, const Address& vault, const VaultInfo& info) {
  if (vault == kBackstop || info.total_shares == 0) return true;
  const VaultShare* leader = ctx.state.vault_shares.find({vault, info.leader});
  const Int128 shares = leader == nullptr ? Int128{0} : leader->shares;
  return shares * kPpb >= info.total_shares * ctx.params.leader_share_ppb;
}

// What the backstop vault holds before anybody has a share of it came of liquidations: it belongs
// to the vault itself, by shares that nobody can withdraw, not to the first depositor
// (dex.md 13.3).
void own_shares(Context& ctx, VaultInfo& info, Int128 equity) {
  info.total_shares = equity;
  VaultShare& share = ctx.state.vault_shares.edit({kBackstop, kBackstop});
  share.shares = equity;
  share.cost_basis = equity;
}

Outcome deposit(Context& ctx, AccountIndex account, const Address& vault, std::uint64_t usd) {
  State& state = ctx.state;
  const AccountIndex target = state.find_account(vault);
  if (usd == 0 || usd > static_cast<std::uint64_t>(kRawUsdMax)) return Error::VaultDeposit;
  const auto amount = static_cast<std::int64_t>(usd);
  VaultInfo info = *state.vaults.find(vault);
  const Int128 equity = vault_equity(ctx, target);
  if (vault == kBackstop && info.total_shares == 0) {
    if (equity < 0) return Error::VaultDeposit;
    if (equity > 0) own_shares(ctx, info, equity);
  }
  const Int128 shares = shares_for_deposit(amount, info.total_shares, equity);
  if (shares == 0) return Error::VaultDeposit;
  if (auto error = move_usd(ctx, account, target, usd)) return error;
  info.total_shares += shares;
  if (abs128(info.total_shares) > kRawUsdMax) return Error::Overflow;
  state.vaults.set(vault, info);
  const Address owner = state.accounts[account].address;
  VaultShare& share = state.vault_shares.edit({vault, owner});
  share.shares += shares;
  share.cost_basis += amount;
  share.locked_until = ctx.block.time + (vault == kBackstop ? ctx.params.backstop_lock_ms
                                                            : ctx.params.vault_lock_ms);
  if (!leader_keeps_share(ctx, vault, info)) return Error::LeaderShare;
  return std::nullopt;
}

// Sells every cross position's part that belongs to the withdrawn shares (dex.md 13.2).
void reduce_positions(Context& ctx, AccountIndex vault, Int128 shares, Int128 total) {
  State& state = ctx.state;
  for (const State::Place place : std::vector(state.perps_of(vault))) {
    const PerpState& perp = state.perps[place.index];
    if (perp.szi == 0) continue;
    const MarketConfig& config = state.info(perp.market).config;
    const Int128 part = ceil_div(abs128(perp.szi) * shares, total);
    const Int128 lots = min128(abs128(perp.szi), ceil_div(part, config.lot_sz) * config.lot_sz);
    Order order;
    order.asset = config.asset;
    order.side = closing_side(perp.szi);
    order.px = slice_px(ctx, perp.market, order.side);
    order.sz = must_u64(lots);
    order.reduce_only = true;
    order.tif = Tif::Ioc;
    static_cast<void>(place_order(ctx, {vault, {}, 0}, order));  // what fills, fills
  }
}

Outcome withdraw(Context& ctx, AccountIndex account, const Address& vault, std::uint64_t usd) {
  State& state = ctx.state;
  const AccountIndex source = state.find_account(vault);
  const Address owner = state.accounts[account].address;
  const VaultShare* held = state.vault_shares.find({vault, owner});
  if (held == nullptr || held->shares == 0 || usd == 0) return Error::TransferTooLarge;
  if (ctx.block.time < held->locked_until) return Error::VaultLocked;
  const VaultShare share = *held;
  VaultInfo info = *state.vaults.find(vault);
  Int128 equity = vault_equity(ctx, source);
  if (equity <= 0) return Error::TransferTooLarge;
  const Int128 wanted = min128(share.shares, ceil_div(Int128{usd} * info.total_shares, equity));
  const Int128 basis = floor_div(share.cost_basis * wanted, share.shares);
  const bool is_leader = owner == info.leader;
  const std::int64_t cut = is_leader || vault == kBackstop ? 0 : ctx.params.vault_cut_ppb;
  VaultPayout pays = vault_payout(wanted, info.total_shares, equity, basis, cut);
  if (pays.gross > withdrawable(state, source)) {
    if (is_leader) return Error::TransferTooLarge;  // the leader does not unwind the others
    reduce_positions(ctx, source, wanted, info.total_shares);
    equity = vault_equity(ctx, source);
    pays = vault_payout(wanted, info.total_shares, equity, basis, cut);
    if (pays.gross > withdrawable(state, source)) return Error::TransferTooLarge;
  }
  const auto leader = state.find_account(info.leader);
  state.accounts.edit(source).raw_usd -= must_i64(pays.gross);
  state.accounts.edit(account).raw_usd += must_i64(pays.net);
  if (pays.leader_cut > 0) state.accounts.edit(leader).raw_usd += must_i64(pays.leader_cut);
  info.total_shares -= wanted;
  state.vaults.set(vault, info);
  VaultShare& left = state.vault_shares.edit({vault, owner});
  left.shares -= wanted;
  left.cost_basis -= basis;
  if (left.shares == 0) state.vault_shares.erase({vault, owner});
  if (is_leader && !leader_keeps_share(ctx, vault, info)) return Error::LeaderShare;
  return std::nullopt;
}

}  // namespace

Int128 spot_value(const State& state, const SpotBalance& balance) {
  if (balance.token == kUsdToken) return floor_div(balance.total, kWeiPerUsd);
  for (const auto& [asset, market] : state.markets_by_asset()) {
    const MarketConfig& config = state.info(market).config;
    const bool pair = state.info(market).spot() && state.markets[market].exists &&
                      config.base == balance.token && config.quote == kUsdToken;
    if (!pair) continue;
    const Int128 lots = floor_div(balance.total, config.base_wei_per_lot);
    return floor_div(lots * state.markets[market].last_px, kWeiPerUsd);
  }
  return 0;
}

Int128 vault_equity(Context& ctx, AccountIndex vault) {
  settle_funding(ctx, vault);
  const State& state = ctx.state;
  Int128 equity = cross_bucket(state, vault).av;
  for (const State::Place& place : state.perps_of(vault)) {
    const PerpState& perp = state.perps[place.index];
    if (perp.isolated) equity += isolated_bucket(state, perp).av;
  }
  for (const State::Place& place : state.balances_of(vault))
    equity += spot_value(state, state.balances[place.index]);
  return equity;
}

Outcome run(Context& ctx, AccountIndex account, const CreateVault& action) {
  State& state = ctx.state;
  if (action.name.size() > kStringBytesMax || action.description.size() > kStringBytesMax) {
    return Error::BatchTooLarge;
  }
  if (state.accounts[account].kind != AccountKind::User) return Error::NotAuthorized;
  const Address leader = state.accounts[account].address;
  const Address address = vault_address(leader, state.accounts[account].vaults);
  const AccountIndex vault = state.open_account(address);
  ++state.accounts.edit(account).vaults;
  Account& made = state.accounts.edit(vault);
  made.kind = AccountKind::Vault;
  made.master = leader;
  state.vaults.set(address, {leader, action.name, action.description, 0});
  return deposit(ctx, account, address, action.usd);
}

Outcome run(Context& ctx, AccountIndex account, const VaultTransfer& action) {
  State& state = ctx.state;
  // What a vault holds belongs to its own depositors (dex.md 13.2).
  if (state.accounts[account].kind == AccountKind::Vault) return Error::NotAuthorized;
  if (action.vault == kBackstop && !state.vaults.contains(kBackstop)) {
    state.vaults.set(kBackstop, {{}, "backstop", "", 0});
  }
  if (!state.vaults.contains(action.vault)) return Error::UnknownAccount;
  if (state.find_account(action.vault) == account) return Error::SelfTransfer;
  if (action.is_deposit) return deposit(ctx, account, action.vault, action.usd);
  return withdraw(ctx, account, action.vault, action.usd);
}

}  // namespace ol::exchange
