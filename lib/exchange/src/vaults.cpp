#include <ol/exchange/position.hpp>
#include <ol/exchange/spot_value.hpp>

#include "accounts.hpp"
#include "margin.hpp"
#include "steps.hpp"
#include "taken_back.hpp"
#include "vault_cash.hpp"

// Vaults: dex.md 13.2 and 13.3.

namespace ol::exchange {
namespace {

constexpr Int128 kStaleTokensPart = 1000;

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

// The pair that tells what a token is worth, if any.
std::optional<MarketIndex> pair_of_value(const State& state, TokenId token) {
  for (const auto& [asset, market] : state.markets_by_asset()) {
    if (tells_dollars(state, market) && state.info(market).config.base == token) return market;
  }
  return std::nullopt;
}

Int128 value_by(const State& state, MarketIndex pair, const SpotBalance& balance) {
  const Int128 lots = floor_div(balance.total, state.info(pair).config.base_wei_per_lot);
  return floor_div(lots * state.markets[pair].oracle, kWeiPerUsd);
}

// Whether the equity rests on a price that is no longer told (dex.md 10.4): who deposits or
// withdraws then would do so at the cost of the others. Tokens worth less than a thousandth of it
// hold nobody up.
bool is_equity_stale(const Context& ctx, AccountIndex vault, Int128 equity) {
  const State& state = ctx.state;
  for (const State::Place& place : state.perps_of(vault)) {
    const PerpState& perp = state.perps[place.index];
    if (perp.szi != 0 && is_dead(ctx, perp.market)) return true;
  }
  for (const State::Place& place : state.balances_of(vault)) {
    const SpotBalance& balance = state.balances[place.index];
    const auto pair = pair_of_value(state, balance.token);
    if (!pair || !is_dead(ctx, *pair)) continue;
    if (value_by(state, *pair, balance) * kStaleTokensPart > equity) return true;
  }
  return false;
}

Outcome deposit(Context& ctx, AccountIndex account, const Address& vault, std::uint64_t usd) {
  State& state = ctx.state;
  const AccountIndex target = state.find_account(vault);
  if (usd > static_cast<std::uint64_t>(kRawUsdMax)) return Error::VaultDeposit;
  const auto amount = static_cast<std::int64_t>(usd);
  if (amount < ctx.params.vault_deposit_least_usd) return Error::VaultDeposit;
  VaultInfo info = *state.vaults.find(vault);
  const Int128 equity = vault_equity(ctx, target);
  if (is_equity_stale(ctx, target, equity)) return Error::StaleOracle;
  if (vault == kBackstop && info.total_shares == 0) {
    if (equity < 0) return Error::VaultDeposit;
    if (equity >= kVaultSharesLeast) own_shares(ctx, info, equity);
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
  if (share.shares < kVaultSharesLeast) return Error::VaultDeposit;
  share.cost_basis += amount;
  share.locked_until = ctx.block.time + (vault == kBackstop ? ctx.params.backstop_lock_ms
                                                            : ctx.params.vault_lock_ms);
  if (!leader_keeps_share(ctx, vault, info)) return Error::LeaderShare;
  return std::nullopt;
}

// Every owner has no shares or so many that roundings are worth nothing: a withdrawal that would
// leave fewer takes all. A leader's then fails, as long as others are in (ADR 41).
Int128 whole_part(const VaultShare& share, Int128 wanted) {
  return share.shares - wanted < kVaultSharesLeast ? share.shares : wanted;
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
  const Int128 equity = vault_equity(ctx, source);
  if (equity <= 0) return Error::TransferTooLarge;
  if (is_equity_stale(ctx, source, equity)) return Error::StaleOracle;
  const bool is_leader = owner == info.leader;
  const Int128 wanted =
      whole_part(share, min128(share.shares, ceil_div(Int128{usd} * info.total_shares, equity)));
  const Int128 basis = floor_div(share.cost_basis * wanted, share.shares);
  const std::int64_t cut = is_leader || vault == kBackstop ? 0 : ctx.params.vault_cut_ppb;
  VaultPart leaving(ctx, source, wanted, info.total_shares);
  // The leader does not unwind the others. Failing is not for going on and on.
  const bool raises = !is_leader && !leaving.covered();
  if (raises && !may_take_back(ctx, account)) return Error::RateLimited;
  if (raises) leaving.raise_cash();
  if (!leaving.covered()) return Error::TransferTooLarge;
  const VaultPayout pays = vault_payout(leaving.gross(), basis, cut);
  if (pays.gross == 0) return Error::TransferTooLarge;
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

bool tells_dollars(const State& state, MarketIndex market) {
  return state.markets[market].exists && state.info(market).spot() &&
         state.info(market).config.quote == kUsdToken && state.markets[market].oracle != 0;
}

Int128 spot_value(const State& state, const SpotBalance& balance) {
  if (balance.token == kUsdToken) return floor_div(balance.total, kWeiPerUsd);
  const auto pair = pair_of_value(state, balance.token);
  return pair ? value_by(state, *pair, balance) : Int128{0};
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
  if (Int128{action.usd} < ctx.params.vault_least_usd) return Error::VaultDeposit;
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
