#include <ol/execution/override_view.hpp>

#include <ol/crypto/hash.hpp>

namespace ol::execution {

OverrideView::OverrideView(const state::StateView& state, StateOverrides overrides)
    : state_(state), overrides_(std::move(overrides)) {
  for (const auto& [address, account] : overrides_) {
    if (!account.code) continue;
    const Hash256 hash = crypto::keccak256(*account.code);
    code_hashes_.emplace(address, hash);
    code_.emplace(hash, std::make_shared<const Bytes>(*account.code));
  }
}

Result<std::optional<state::Account>, state::StateError> OverrideView::account(
    const Address& address) const {
  const auto found = overrides_.find(address);
  OL_TRY(const auto real, state_.account(address));
  if (found == overrides_.end()) return real;
  state::Account out = real.value_or(state::Account{});
  if (found->second.nonce) out.nonce = *found->second.nonce;
  if (found->second.balance) out.balance = *found->second.balance;
  if (const auto hash = code_hashes_.find(address); hash != code_hashes_.end())
    out.code_hash = hash->second;
  return out;
}

Result<U256, state::StateError> OverrideView::storage(const Address& address,
                                                      const Hash256& slot) const {
  const auto found = overrides_.find(address);
  if (found == overrides_.end()) return state_.storage(address, slot);
  const AccountOverride& account = found->second;
  if (const auto value = account.slots.find(slot); value != account.slots.end())
    return value->second;
  if (!account.storage) return state_.storage(address, slot);
  const auto value = account.storage->find(slot);
  return value == account.storage->end() ? U256{} : value->second;
}

Result<state::Code, state::StateError> OverrideView::code(const Hash256& code_hash) const {
  const auto found = code_.find(code_hash);
  if (found != code_.end()) return found->second;
  return state_.code(code_hash);
}

}  // namespace ol::execution
