#include <ol/execution/genesis_state.hpp>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/state_root.hpp>

namespace ol::execution {

GenesisState genesis_state(const primitives::Genesis& genesis) {
  GenesisState out;
  for (const auto& [address, balance] : genesis.balances) {
    if (balance.is_zero()) continue;
    state::Account account;
    account.balance = balance;
    out.diff.accounts.emplace(address, account);
  }
  for (const auto& [address, contract] : genesis.contracts) {
    auto& account = out.diff.accounts.try_emplace(address, state::Account{}).first->second;
    account->nonce = contract.nonce;
    account->code_hash = crypto::keccak256(contract.code);
    out.diff.code.emplace(account->code_hash, std::make_shared<const Bytes>(contract.code));
    for (const auto& [slot, value] : contract.storage)
      out.diff.storage.emplace(state::StorageKey{address, slot}, value);
  }
  const state::MemoryState nothing;
  const auto root = state::update_state_root(nothing, nothing, state::kEmptyTrieRoot, out.diff);
  OL_CHECK(root.has_value(), "reading an empty state in memory cannot fail");
  out.root = *root;
  return out;
}

}  // namespace ol::execution
