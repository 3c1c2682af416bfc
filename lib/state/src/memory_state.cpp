#include <ol/state/memory_state.hpp>

namespace ol::state {

Result<std::optional<Account>, StateError> MemoryState::account(const Address& address) const {
  const auto found = accounts_.find(address);
  if (found == accounts_.end()) return std::nullopt;
  return found->second;
}

Result<U256, StateError> MemoryState::storage(const Address& address, const Hash256& slot) const {
  const auto found = slots_.find({address, slot});
  return found == slots_.end() ? U256{} : found->second;
}

Result<Code, StateError> MemoryState::code(const Hash256& code_hash) const {
  if (code_hash == kEmptyCodeHash) return std::make_shared<const Bytes>();
  const auto found = code_.find(code_hash);
  if (found == code_.end()) return fail(StateError::Corrupt);
  return found->second;
}

Result<std::optional<Bytes>, StateError> MemoryState::trie_node(const TrieNodeKey& key) const {
  const auto found = nodes_.find(key);
  if (found == nodes_.end()) return std::nullopt;
  return found->second;
}

void MemoryState::apply(const StateDiff& diff) {
  for (const auto& [address, owner] : diff.storage_cleared) {
    std::erase_if(slots_, [&](const auto& slot) { return slot.first.address == address; });
    std::erase_if(nodes_, [&](const auto& node) { return node.first.owner == owner; });
  }
  for (const auto& [address, account] : diff.accounts) {
    if (account) {
      accounts_.insert_or_assign(address, *account);
    } else {
      accounts_.erase(address);
    }
  }
  for (const auto& [key, value] : diff.storage) {
    if (value.is_zero()) {
      slots_.erase(key);
    } else {
      slots_.insert_or_assign(key, value);
    }
  }
  for (const auto& [hash, bytes] : diff.code)
    code_.insert_or_assign(hash, bytes);
  apply(diff.trie);
}

void MemoryState::apply(const TrieNodeChanges& changes) {
  for (const auto& [key, node] : changes) {
    if (node) {
      nodes_.insert_or_assign(key, *node);
    } else {
      nodes_.erase(key);
    }
  }
}

}  // namespace ol::state
