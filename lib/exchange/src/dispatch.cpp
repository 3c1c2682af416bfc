#include "dispatch.hpp"

#include <algorithm>
#include <type_traits>

#include <ol/exchange/admission.hpp>

#include "accounts.hpp"
#include "due.hpp"
#include "placing.hpp"
#include "steps.hpp"
#include "taken_back.hpp"

namespace ol::exchange {
namespace {

// dex.md 14.3. Says whether the nonce may be used, and uses it.
bool use_nonce(Context& ctx, const Address& signer, std::uint64_t nonce) {
  const TimeMs now = ctx.block.time;
  const bool old = nonce + ctx.params.nonce_past_ms <= now;
  const bool wraps = nonce > ~std::uint64_t{0} - ctx.params.nonce_past_ms;
  if (wraps || old || nonce >= now + ctx.params.nonce_future_ms) return false;
  const std::vector<std::uint64_t>* kept = ctx.state.nonces.find(signer);
  if (kept != nullptr) {
    if (std::ranges::binary_search(*kept, nonce)) return false;
    if (kept->size() >= ctx.params.nonces_kept && nonce < kept->front()) return false;
  }
  std::vector<std::uint64_t>& nonces = ctx.state.nonces.edit(signer);
  nonces.insert(std::ranges::upper_bound(nonces, nonce), nonce);
  if (nonces.size() > ctx.params.nonces_kept) nonces.erase(nonces.begin());
  return true;
}

// The account an action is for (dex.md 14.2).
Result<AccountIndex, Error> target_of(const Context& ctx, const VerifiedAction& action,
                                      AccountIndex principal) {
  const Address& wanted = action.action.account;
  const State& state = ctx.state;
  if (wanted.is_zero() || wanted == state.accounts[principal].address) return principal;
  const AccountIndex found = state.find_account(wanted);
  if (found == kNobody) return fail(Error::NotAuthorized);
  const Account& account = state.accounts[found];
  const bool owned =
      (account.kind == AccountKind::SubAccount || account.kind == AccountKind::Vault) &&
      account.master == state.accounts[principal].address;
  if (!owned) return fail(Error::NotAuthorized);
  return found;
}

// dex.md 15.4. Counts the action, or refuses it.
bool use_budget(Context& ctx, AccountIndex account, const ActionBody& body) {
  const Account& now = ctx.state.accounts[account];
  const std::uint64_t limit =
      ctx.params.budget_actions + now.volume / static_cast<std::uint64_t>(kUsdPerDollar);
  const std::uint64_t count = element_count(body);
  const std::uint64_t wide = std::min(limit + 100'000, 2 * limit);
  const std::uint64_t allowed = is_cancel(body) ? wide : limit;
  const bool within = now.credits_used + count <= allowed;
  const bool rested =
      now.over_budget_at == 0 || ctx.block.time >= now.over_budget_at + ctx.params.over_budget_ms;
  Account& account_now = ctx.state.accounts.edit(account);
  if (!within && !(count == 1 && rested)) {
    ++account_now.credits_used;  // a failed action costs one (dex.md 5.4)
    return false;
  }
  if (!within) account_now.over_budget_at = ctx.block.time;
  account_now.credits_used += count;
  return true;
}

struct Runner {
  Context& ctx;
  AccountIndex account;
  ActionResult& out;

  Outcome operator()(const PlaceOrders& body) const {
    if (body.orders.empty() || body.orders.size() > kBatchMax) return Error::BatchTooLarge;
    if (body.grouping > Grouping::Position) return Error::BadNumber;
    if (!builder_allowed(ctx, account, body.builder, body.builder_fee)) return Error::BuilderFee;
    out.orders = place_batch(ctx, account, body);
    return std::nullopt;
  }
  Outcome operator()(const ModifyOrders& body) const {
    if (body.modifies.empty() || body.modifies.size() > kBatchMax) return Error::BatchTooLarge;
    out.orders = modify_batch(ctx, account, body.modifies);
    return std::nullopt;
  }
  Outcome operator()(const CancelOrders& body) const {
    if (body.cancels.empty() || body.cancels.size() > kBatchMax) return Error::BatchTooLarge;
    out.orders = cancel_batch(ctx, account, body.cancels);
    return std::nullopt;
  }
  Outcome operator()(const CancelAll& body) const {
    if (body.side > CancelSide::Sells) return Error::BadNumber;
    const bool known = body.asset == kAllAssets || ctx.state.find_market(body.asset) != kNobody;
    if (!known) return Error::BadAsset;
    cancel_all(ctx, account, body.asset, body.side, CancelReason::UserCanceled);
    return std::nullopt;
  }
  Outcome operator()(const ScheduleCancel& body) const {
    if (body.time != 0 && body.time <= ctx.block.time) return Error::Expired;
    set_scheduled_cancel(ctx.state, Address(ctx.state.accounts[account].address), body.time);
    return std::nullopt;
  }
  Outcome operator()(const TwapOrder& body) const {
    const MarketIndex market = ctx.state.find_market(body.asset);
    if (market == kNobody) return Error::BadAsset;
    const MarketConfig& config = ctx.state.info(market).config;
    if (body.minutes < 5 || body.minutes > 1440) return Error::BadNumber;
    if (body.sz == 0 || body.sz % config.lot_sz != 0) return Error::BadLot;
    if (body.sz >= kSzEnd) return Error::Overflow;
    if (!slices_reach_min(ctx, account, market, body)) return Error::MinNtl;
    Account& owner = ctx.state.accounts.edit(account);
    const std::uint32_t open = ctx.state.orders.count_of(account) + owner.triggers;
    if (open >= ctx.params.open_orders) return Error::TooManyOrders;
    ++owner.triggers;
    const TwapId id(ctx.state.globals.edit(0).next_twap++);
    const Twap twap{owner.address,  body.asset,     body.side,        body.sz, body.reduce_only,
                    body.randomize, ctx.block.time, body.minutes * 2, 0,       0};
    set_twap(ctx.state, id, twap, ctx.params.twap_period_ms);
    out.aux = id.value();
    return std::nullopt;
  }
  Outcome operator()(const TwapCancel& body) const {
    const Twap* twap = ctx.state.twaps.find(body.twap_id);
    const bool owned = twap != nullptr && twap->asset == body.asset &&
                       twap->account == ctx.state.accounts[account].address;
    if (!owned) return Error::MissingOrder;
    erase_twap(ctx.state, body.twap_id, ctx.params.twap_period_ms);
    --ctx.state.accounts.edit(account).triggers;
    return std::nullopt;
  }
  Outcome operator()(const RevealOrder& body) const {
    const Address address = ctx.state.accounts[account].address;
    const Seal* seal = ctx.state.seals.find({address, body.commitment});
    if (seal == nullptr || seal->height == ctx.block.height) return Error::SealUnknown;
    if (seal_commitment(body.order, body.salt, address) != body.commitment) {
      return Error::SealMismatch;
    }
    if (body.order.trigger != Trigger::None) return Error::BadTriggerPx;
    erase_seal(ctx.state, {address, body.commitment});
    Account& owner = ctx.state.accounts.edit(account);
    owner.credits_used -= std::min(owner.credits_used, ctx.params.seal_bond);
    out.orders.push_back(place_order(ctx, {account, {}, 0}, body.order));
    return std::nullopt;
  }
  Outcome operator()(const CreateSubAccount& body) const {
    out.made = sub_account_address(ctx.state.accounts[account].address,
                                   ctx.state.accounts[account].sub_accounts);
    return run(ctx, account, body);
  }
  Outcome operator()(const CreateVault& body) const {
    out.made =
        vault_address(ctx.state.accounts[account].address, ctx.state.accounts[account].vaults);
    return run(ctx, account, body);
  }
  Outcome operator()(const Noop& /*body*/) const { return std::nullopt; }
  template <typename Body>
  Outcome operator()(const Body& body) const {
    return run(ctx, account, body);
  }
};

Outcome authorise(Context& ctx, const VerifiedAction& action, AccountIndex& account) {
  const auto principal_address = principal_of(ctx.state, action);
  if (!principal_address) return principal_address.error();
  const AccountIndex principal = ctx.state.find_account(*principal_address);
  if (principal == kNobody) return Error::UnknownAccount;
  if (!use_nonce(ctx, action.signer, action.action.nonce)) return Error::BadNonce;
  const bool is_agent = *principal_address != action.signer;
  const auto target = target_of(ctx, action, principal);
  if (!target) {
    ++ctx.state.accounts.edit(principal).credits_used;
    return target.error();
  }
  // Sub-accounts and vaults have credits of their own (dex.md 13.1).
  if (!use_budget(ctx, *target, action.action.body)) return Error::RateLimited;
  account = *target;
  const TimeMs until = action.action.expires_after;
  if (until != 0 && ctx.block.time > until) return Error::Expired;
  if (is_agent && needs_user_key(action.action.body)) return Error::NotAuthorized;
  return std::nullopt;
}

constexpr std::uint64_t kOrdersPerCredit = 100;

// What going through the account's own orders costs besides, done or refused: a credit for each
// hundred (docs/adr/0040).
std::uint64_t walk_credits(const State& state, AccountIndex account, const ActionBody& body) {
  const std::uint64_t resting = state.orders.count_of(account);
  if (std::holds_alternative<CancelAll>(body)) {
    return (resting + state.accounts[account].triggers) / kOrdersPerCredit;
  }
  const auto* update = std::get_if<UpdateLeverage>(&body);
  const MarketIndex market = update == nullptr ? kNobody : state.find_market(update->asset);
  if (market == kNobody) return 0;
  const bool changes_mode = update->is_cross == state.perp_or_default(account, market).isolated;
  return changes_mode ? resting / kOrdersPerCredit : 0;
}

}  // namespace

ActionResult run_action(Context& ctx, const VerifiedAction& action) {
  ActionResult out;
  out.hash = action.hash;
  AccountIndex account = kNobody;
  Outcome failure = authorise(ctx, action, account);
  if (!failure) {
    const std::uint64_t walk = walk_credits(ctx.state, account, action.action.body);
    if (walk > 0) ctx.state.accounts.edit(account).credits_used += walk;
    const std::uint64_t walked = ctx.walked;
    const Checkpoint point = checkpoint(ctx);
    failure = std::visit(Runner{ctx, account, out}, action.action.body);
    if (failure) {
      take_back(ctx, point, account);
      out.orders.clear();
      out.made = {};
    }
    const std::uint64_t credits = (ctx.walked - walked) / kOrdersPerCredit;
    if (credits > 0) ctx.state.accounts.edit(account).credits_used += credits;
  }
  if (failure) {
    // A failed action costs one credit, however long its batch (dex.md 5.4).
    const std::size_t count = element_count(action.action.body);
    if (account != kNobody) ctx.state.accounts.edit(account).credits_used -= count - 1;
    out.ok = false;
    out.error = *failure;
  }
  return out;
}

}  // namespace ol::exchange
