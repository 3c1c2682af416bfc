#include "accounts.hpp"

#include <algorithm>
#include <limits>

#include "due.hpp"
#include "fill.hpp"
#include "margin.hpp"

namespace ol::exchange {
namespace {

const Address& address_of(const Context& ctx, AccountIndex account) {
  return ctx.state.accounts[account].address;
}

// Whether money may go from one account to another by a transfer. Users send to users; sub-accounts
// exchange with their master only (dex.md 13.1); vaults give and take by shares only (13.2), system
// accounts by their steps only (2.4).
bool may_transfer(const State& state, AccountIndex from, const Address& to) {
  if (to.is_zero()) return false;
  const Account& giver = state.accounts[from];
  if (giver.kind == AccountKind::SubAccount) return to == giver.master;
  if (giver.kind != AccountKind::User) return false;
  const AccountIndex found = state.find_account(to);
  if (found == kNobody) return true;
  const Account& taker = state.accounts[found];
  const bool own = taker.kind == AccountKind::SubAccount && taker.master == giver.address;
  return own || taker.kind == AccountKind::User;
}

// One code an account, so that nobody takes them all; sub-accounts and vaults are their owner's and
// would refer it to itself (dex.md 9.5, docs/adr/0035).
Outcome register_code(State& state, AccountIndex account, const std::string& code) {
  const Account& owner = state.accounts[account];
  if (owner.kind != AccountKind::User) return Error::NotAuthorized;
  const bool fits = !code.empty() && code.size() <= kReferralCodeMax;
  const bool well_formed = fits && std::ranges::all_of(code, [](char c) {
                             return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
                           });
  if (!well_formed || state.referral_codes.contains(code)) return Error::BadReferral;
  if (owner.has_code || family_volume(state, account) < kReferralThreshold)
    return Error::BadReferral;
  state.referral_codes.set(code, Address(owner.address));
  state.accounts.edit(account).has_code = true;
  return std::nullopt;
}

// Of what a sender pays for opening another's account (docs/adr/0040).
struct OpeningFee {
  std::int64_t usd = 0;   // out of perp cash
  std::uint64_t wei = 0;  // out of the spot dollars
};

bool opens(const State& state, const Address& to) {
  return state.find_account(to) == kNobody;
}

// The fee of a send to `to`: none where the account exists; cash first, what that is short of in
// spot dollars. @param usd, wei  What the send itself takes of both.
Result<OpeningFee, Error> opening_fee(Context& ctx, AccountIndex from, const Address& to,
                                      Int128 usd, Int128 wei) {
  OpeningFee out;
  const State& state = ctx.state;
  if (!opens(state, to)) return out;
  settle_funding(ctx, from);
  const Int128 fee = ctx.params.open_account_usd;
  const Int128 cash = withdrawable(state, from) - usd;
  out.usd = must_i64(max128(0, min128(fee, cash)));
  const SpotBalance* spot = state.find_balance(from, kUsdToken);
  const Int128 free = spot == nullptr ? Int128{0} : Int128{spot->total} - spot->hold - wei;
  const Int128 rest = (fee - out.usd) * kWeiPerUsd;
  if (rest > free) return fail(Error::OpenAccountFee);
  out.wei = must_u64(rest);
  return out;
}

Outcome pay_opening(Context& ctx, AccountIndex from, const OpeningFee& fee) {
  State& state = ctx.state;
  if (fee.usd > 0) {
    state.accounts.edit(from).raw_usd -= fee.usd;
    state.accounts.edit(kFeePoolIndex).raw_usd += fee.usd;
  }
  if (fee.wei == 0) return std::nullopt;
  return move_spot(ctx, from, kFeePoolIndex, kUsdToken, fee.wei);
}

// Also of orders that reduce only.
bool has_order_in(const State& state, AccountIndex account, MarketIndex market) {
  Slot slot = state.orders.first_of(account);
  while (slot != kNoSlot && state.orders[slot].market != market)
    slot = state.orders.next_of(slot);
  return slot != kNoSlot;
}

bool plain_text(const std::string& text) {
  return text.size() <= kStringBytesMax;
}

}  // namespace

Outcome move_usd(Context& ctx, AccountIndex from, AccountIndex to, std::uint64_t usd) {
  State& state = ctx.state;
  settle_funding(ctx, from);
  if (Int128{usd} > withdrawable(state, from)) return Error::TransferTooLarge;
  if (Int128{state.accounts[to].raw_usd} + usd > kRawUsdMax) return Error::Overflow;
  const auto amount = static_cast<std::int64_t>(usd);
  state.accounts.edit(from).raw_usd -= amount;
  state.accounts.edit(to).raw_usd += amount;
  return std::nullopt;
}

Outcome move_spot(Context& ctx, AccountIndex from, AccountIndex to, TokenId token,
                  std::uint64_t wei) {
  State& state = ctx.state;
  if (state.tokens.find(token) == nullptr) return Error::BadAsset;
  const SpotBalance* source = state.find_balance(from, token);
  if (source == nullptr || source->total - source->hold < wei) return Error::InsufficientSpot;
  if (wei == 0 || from == to) return std::nullopt;
  SpotBalance& giver = state.edit_balance(from, token);
  const std::uint64_t entry = must_u64(trunc_div(Int128{giver.entry_ntl} * wei, giver.total));
  giver.entry_ntl -= entry;
  giver.total -= wei;
  SpotBalance& taker = state.edit_balance(to, token);
  taker.total += wei;  // the supply bounds the sum
  taker.entry_ntl += entry;
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const UpdateLeverage& action) {
  State& state = ctx.state;
  const MarketIndex market = state.find_market(action.asset);
  if (market == kNobody || state.info(market).spot()) return Error::BadAsset;
  const MarketInfo& info = state.info(market);
  if (action.leverage < 1 || action.leverage > info.max_leverage) return Error::BadLeverage;
  if (action.is_cross && info.config.isolated_only) return Error::BadLeverage;
  const PerpState now = state.perp_or_default(account, market);
  const bool changes_mode = action.is_cross == now.isolated;
  if (changes_mode && (now.szi != 0 || has_order_in(state, account, market))) {
    return Error::HasPosition;
  }
  settle_funding(ctx, account);
  const Int128 free_before = free_margin(state, account);
  PerpState& perp = state.edit_perp(account, market);
  perp.isolated = !action.is_cross;
  perp.leverage = static_cast<std::uint8_t>(action.leverage);
  // Lower requirements are always welcome, even to an account that is short.
  const Int128 free_after = free_margin(state, account);
  if (free_after < 0 && free_after < free_before) return Error::InsufficientMargin;
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const UpdateIsolatedMargin& action) {
  State& state = ctx.state;
  const MarketIndex market = state.find_market(action.asset);
  if (market == kNobody || state.info(market).spot()) return Error::BadAsset;
  const PerpState now = state.perp_or_default(account, market);
  if (!now.isolated || now.szi == 0) return Error::TransferTooLarge;
  settle_funding(ctx, account);
  const Int128 usd = action.usd;
  if (usd < 0) {
    if (state.info(market).config.isolated_only) return Error::NotAuthorized;  // dex.md 8.5
    const PerpState& perp = *state.find_perp(account, market);
    if (-usd > isolated_withdrawable(state, perp)) return Error::TransferTooLarge;
  } else if (usd > withdrawable(state, account)) {
    return Error::TransferTooLarge;
  }
  state.accounts.edit(account).raw_usd -= action.usd;
  state.edit_perp(account, market).iso_raw += action.usd;
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const UsdClassTransfer& action) {
  State& state = ctx.state;
  const Int128 wei = Int128{action.usd} * kWeiPerUsd;
  if (action.usd > static_cast<std::uint64_t>(kRawUsdMax) || !to_i64(wei)) return Error::Overflow;
  const auto usd = static_cast<std::int64_t>(action.usd);
  if (action.to_perp) {
    const SpotBalance* balance = state.find_balance(account, kUsdToken);
    const Int128 available =
        balance == nullptr ? Int128{0} : Int128{balance->total} - balance->hold;
    if (available < wei) return Error::InsufficientSpot;
    if (Int128{state.accounts[account].raw_usd} + usd > kRawUsdMax) return Error::Overflow;
    state.edit_balance(account, kUsdToken).total -= must_u64(wei);
    state.accounts.edit(account).raw_usd += usd;
    return std::nullopt;
  }
  settle_funding(ctx, account);
  if (usd > withdrawable(state, account)) return Error::TransferTooLarge;
  state.accounts.edit(account).raw_usd -= usd;
  SpotBalance& balance = state.edit_balance(account, kUsdToken);
  balance.total = must_u64(balance.total + wei);
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const UsdSend& action) {
  if (action.destination == address_of(ctx, account)) return Error::SelfTransfer;
  if (!may_transfer(ctx.state, account, action.destination)) return Error::NotAuthorized;
  // Judged before the account is made: a refusal leaves no trace.
  settle_funding(ctx, account);
  if (Int128{action.usd} > withdrawable(ctx.state, account)) return Error::TransferTooLarge;
  if (action.usd == 0 && opens(ctx.state, action.destination)) return Error::BadNumber;
  const auto fee = opening_fee(ctx, account, action.destination, action.usd, 0);
  if (!fee) return fee.error();
  const AccountIndex to = ctx.state.open_account(action.destination);
  if (auto error = move_usd(ctx, account, to, action.usd)) return error;
  return pay_opening(ctx, account, *fee);
}

Outcome run(Context& ctx, AccountIndex account, const SpotSend& action) {
  if (action.destination == address_of(ctx, account)) return Error::SelfTransfer;
  if (!may_transfer(ctx.state, account, action.destination)) return Error::NotAuthorized;
  const SpotBalance* source = ctx.state.find_balance(account, action.token);
  if (ctx.state.tokens.find(action.token) == nullptr) return Error::BadAsset;
  if (source == nullptr || source->total - source->hold < action.amount) {
    return Error::InsufficientSpot;
  }
  if (action.amount == 0 && opens(ctx.state, action.destination)) return Error::BadNumber;
  const Int128 dollars = action.token == kUsdToken ? action.amount : 0;
  const auto fee = opening_fee(ctx, account, action.destination, 0, dollars);
  if (!fee) return fee.error();
  const AccountIndex to = ctx.state.open_account(action.destination);
  if (auto error = move_spot(ctx, account, to, action.token, action.amount)) return error;
  return pay_opening(ctx, account, *fee);
}

Outcome run(Context& ctx, AccountIndex account, const CreateSubAccount& action) {
  State& state = ctx.state;
  if (!plain_text(action.name)) return Error::BatchTooLarge;
  const Account& master = state.accounts[account];
  if (master.kind != AccountKind::User) return Error::NotAuthorized;
  if (master.sub_accounts >= ctx.params.sub_accounts) return Error::SubAccountLimit;
  if (state.sub_names.contains({master.address, action.name})) return Error::SubAccountLimit;
  const Address address = sub_account_address(master.address, master.sub_accounts);
  const auto fee = opening_fee(ctx, account, address, 0, 0);
  if (!fee) return fee.error();
  if (auto error = pay_opening(ctx, account, *fee)) return error;
  const AccountIndex sub = state.open_account(address);
  ++state.accounts.edit(account).sub_accounts;
  Account& made = state.accounts.edit(sub);
  made.kind = AccountKind::SubAccount;
  made.master = state.accounts[account].address;
  made.family = account;
  state.sub_names.set({made.master, action.name}, address);
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const SubAccountTransfer& action) {
  State& state = ctx.state;
  const AccountIndex sub = state.find_account(action.sub_account);
  const bool owned = sub != kNobody && state.accounts[sub].kind == AccountKind::SubAccount &&
                     state.accounts[sub].master == address_of(ctx, account);
  if (!owned) return Error::NotAuthorized;
  const AccountIndex from = action.is_deposit ? account : sub;
  const AccountIndex to = action.is_deposit ? sub : account;
  if (action.is_perp) return move_usd(ctx, from, to, action.amount);
  return move_spot(ctx, from, to, action.token, action.amount);
}

void revoke_agent(Context& ctx, const Address& agent) {
  State& state = ctx.state;
  Agent record = *state.agents.find(agent);
  record.revoked = true;
  set_agent(state, agent, record);
  state.agent_names.erase({record.account, record.name});
}

void expire_agents(Context& ctx) {
  std::vector<Address> over;
  for (const auto& [end, is_due] : ctx.state.agent_ends.items()) {
    if (end.first >= ctx.block.time) break;
    over.push_back(end.second);
  }
  for (const Address& address : over)
    revoke_agent(ctx, address);
}

namespace {

// Ends an agency that another approved for the owner's own address: that asked nobody (ADR 37).
Outcome renounce_agency(Context& ctx, const Address& owner) {
  const Agent* found = ctx.state.agents.find(owner);
  if (found == nullptr) return Error::NotAuthorized;
  if (!found->revoked) revoke_agent(ctx, owner);
  erase_agent(ctx.state, owner);
  return std::nullopt;
}

}  // namespace

Outcome run(Context& ctx, AccountIndex account, const ApproveAgent& action) {
  State& state = ctx.state;
  if (!plain_text(action.name)) return Error::BatchTooLarge;
  const Account& owner = state.accounts[account];
  if (action.agent == owner.address) return renounce_agency(ctx, Address(owner.address));
  const Address* old = state.agent_names.find({owner.address, action.name});
  if (action.agent.is_zero()) {
    if (old == nullptr) return Error::NotAuthorized;
    revoke_agent(ctx, Address(*old));
    return std::nullopt;
  }
  const bool taken =
      state.find_account(action.agent) != kNobody || state.agents.contains(action.agent);
  if (taken) {
    const Agent* known = state.agents.find(action.agent);
    return known != nullptr && known->revoked ? Error::AgentRevoked : Error::NotAuthorized;
  }
  if (action.valid_until != 0 && action.valid_until <= ctx.block.time) return Error::Expired;
  std::size_t named = 0;
  const auto& names = state.agent_names.items();
  for (auto it = names.lower_bound({owner.address, ""});
       it != names.end() && it->first.first == owner.address; ++it)
    named += it->first.second.empty() ? 0 : 1;
  // One unnamed and three named per master, two in all per sub-account (dex.md 13.4).
  const bool sub = owner.kind == AccountKind::SubAccount;
  const std::size_t all = named + (names.contains({owner.address, ""}) ? 1U : 0U);
  const bool full = sub ? all >= ctx.params.agents_per_sub
                        : !action.name.empty() && named >= ctx.params.named_agents;
  if (old == nullptr && full) return Error::NotAuthorized;
  if (old != nullptr) revoke_agent(ctx, Address(*old));
  set_agent(state, action.agent, {owner.address, action.name, action.valid_until, false});
  state.agent_names.set({owner.address, action.name}, action.agent);
  return std::nullopt;
}

namespace {

std::size_t approved_builders(const State& state, const Address& owner) {
  std::size_t out = 0;
  const auto& items = state.builders.items();
  for (auto it = items.lower_bound({owner, {}}); it != items.end() && it->first.first == owner;
       ++it)
    ++out;
  return out;
}

}  // namespace

Outcome run(Context& ctx, AccountIndex account, const ApproveBuilderFee& action) {
  // A builder's fee would take a vault's money out past its shares (dex.md 13.2).
  if (ctx.state.accounts[account].kind == AccountKind::Vault) return Error::NotAuthorized;
  if (action.max_fee > kBuilderFeeSpotMax) return Error::BuilderFee;
  if (action.builder.is_zero()) return Error::BuilderFee;
  const AddressPair key(address_of(ctx, account), action.builder);
  if (action.max_fee == 0) {
    ctx.state.builders.erase(key);
    return std::nullopt;
  }
  const bool full = approved_builders(ctx.state, key.first) >= ctx.params.builders_per_account;
  if (full && !ctx.state.builders.contains(key)) return Error::BuilderFee;
  ctx.state.builders.set(key, action.max_fee);
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const SetReferrer& action) {
  State& state = ctx.state;
  const Account& owner = state.accounts[account];
  const Address* referrer = state.referral_codes.find(action.code);
  if (referrer == nullptr || owner.referrer_set || *referrer == owner.address) {
    return Error::BadReferral;
  }
  if (family_volume(state, account) >= kReferralThreshold) return Error::BadReferral;
  const Address chosen = *referrer;
  Account& changed = state.accounts.edit(account);
  changed.referrer_set = true;
  changed.referrer = chosen;
  return std::nullopt;
}

Outcome run(Context& ctx, const RegisterReferral& action) {
  const AccountIndex account = ctx.state.find_account(action.account);
  if (account == kNobody) return Error::UnknownAccount;
  return register_code(ctx.state, account, action.code);
}

Outcome run(Context& ctx, AccountIndex account, const RegisterReferralCode& action) {
  return register_code(ctx.state, account, action.code);
}

Outcome run(Context& ctx, AccountIndex account, const EvmUserModify& action) {
  ctx.state.accounts.edit(account).big_blocks = action.using_big_blocks;
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const SealOrder& action) {
  State& state = ctx.state;
  const OwnedCommitment key(address_of(ctx, account), action.commitment);
  if (state.seals.contains(key)) return Error::SealMismatch;
  // The bond is action credits; a reveal in time gives them back (dex.md 19.2).
  state.accounts.edit(account).credits_used += ctx.params.seal_bond;
  set_seal(state, key, {ctx.block.height, {}});
  return std::nullopt;
}

Outcome run(Context& ctx, AccountIndex account, const ClaimRewards& /*action*/) {
  State& state = ctx.state;
  const Address owner = address_of(ctx, account);
  std::vector<std::pair<TokenId, std::uint64_t>> owed;
  const auto& items = state.rewards.items();
  for (auto it = items.lower_bound({owner, TokenId(0)});
       it != items.end() && it->first.first == owner; ++it)
    owed.emplace_back(it->first.second, it->second);
  for (const auto& [token, amount] : owed) {
    if (token == kPerpRewards) {
      state.accounts.edit(kFeePoolIndex).raw_usd -= must_i64(amount);
      state.accounts.edit(account).raw_usd += must_i64(amount);
    } else {
      state.edit_balance(kFeePoolIndex, token).total -= amount;
      state.edit_balance(account, token).total += amount;
    }
    state.rewards.erase({owner, token});
  }
  return std::nullopt;
}

}  // namespace ol::exchange
