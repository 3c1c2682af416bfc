#include <ol/exchange/admission.hpp>

#include <algorithm>

namespace ol::exchange {
namespace {

bool nonce_fits(const State& state, const Params& params, const Address& signer,
                std::uint64_t nonce, TimeMs now) {
  const bool wraps = nonce > ~std::uint64_t{0} - params.nonce_past_ms;
  if (wraps || nonce + params.nonce_past_ms <= now || nonce >= now + params.nonce_future_ms)
    return false;
  if (nonce_seen(state, signer, nonce)) return false;
  const std::vector<std::uint64_t>* kept = state.nonces.find(signer);
  return kept == nullptr || kept->size() < params.nonces_kept || nonce >= kept->front();
}

bool within_budget(const Params& params, const Account& account, const ActionBody& body, TimeMs now,
                   std::uint64_t waiting) {
  const std::uint64_t allowed = action_budget(params, account, body);
  const std::uint64_t count = element_count(body);
  if (account.credits_used + waiting + count <= allowed) return true;
  // Beyond it, one action from time to time.
  return count == 1 && waiting == 0 &&
         (account.over_budget_at == 0 || now >= account.over_budget_at + params.over_budget_ms);
}

}  // namespace

Result<Address, Error> principal_of(const State& state, const VerifiedAction& action) {
  if (action.action.account == action.signer) return action.signer;
  const Agent* agent = state.agents.find(action.signer);
  if (agent == nullptr) return action.signer;
  if (agent->revoked) return fail(Error::AgentRevoked);
  return agent->account;
}

AccountIndex target_account(const State& state, const Address& principal, const Address& wanted) {
  if (wanted.is_zero() || wanted == principal) return state.find_account(principal);
  const AccountIndex found = state.find_account(wanted);
  if (found == kNobody) return kNobody;
  const Account& account = state.accounts[found];
  const bool owned = account.kind == AccountKind::SubAccount || account.kind == AccountKind::Vault;
  return owned && account.master == principal ? found : kNobody;
}

std::uint64_t action_budget(const Params& params, const Account& account, const ActionBody& body) {
  const std::uint64_t limit =
      params.budget_actions + account.volume / static_cast<std::uint64_t>(kUsdPerDollar);
  return is_cancel(body) ? std::min(limit + 100'000, 2 * limit) : limit;
}

bool nonce_seen(const State& state, const Address& signer, std::uint64_t nonce) {
  const std::vector<std::uint64_t>* kept = state.nonces.find(signer);
  return kept != nullptr && std::ranges::binary_search(*kept, nonce);
}

Result<void, Error> check_admission(const State& state, const Params& params,
                                    const VerifiedAction& action, TimeMs now,
                                    std::uint64_t waiting) {
  OL_TRY(const Address principal, principal_of(state, action));
  if (state.find_account(principal) == kNobody) return fail(Error::UnknownAccount);
  const Action& what = action.action;
  if (!nonce_fits(state, params, action.signer, what.nonce, now)) return fail(Error::BadNonce);
  const AccountIndex target = target_account(state, principal, what.account);
  if (target == kNobody) return fail(Error::NotAuthorized);
  if (principal != action.signer && needs_user_key(what.body)) return fail(Error::NotAuthorized);
  if (what.expires_after != 0 && now > what.expires_after) return fail(Error::Expired);
  if (!within_budget(params, state.accounts[target], what.body, now, waiting))
    return fail(Error::RateLimited);
  return {};
}

}  // namespace ol::exchange
