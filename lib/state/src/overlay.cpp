#include <ol/state/overlay.hpp>

namespace ol::state {

Result<std::optional<Account>, StateError> Overlay::account(const Address& address) const {
  const auto found = diff_.accounts.find(address);
  if (found != diff_.accounts.end()) return found->second;
  return parent_.account(address);
}

Result<U256, StateError> Overlay::storage(const Address& address, const Hash256& slot) const {
  const auto found = diff_.storage.find({address, slot});
  if (found != diff_.storage.end()) return found->second;
  if (diff_.storage_cleared.contains(address)) return U256{};
  return parent_.storage(address, slot);
}

Result<Code, StateError> Overlay::code(const Hash256& code_hash) const {
  const auto found = diff_.code.find(code_hash);
  if (found != diff_.code.end()) return found->second;
  return parent_.code(code_hash);
}

Result<std::optional<Bytes>, StateError> Overlay::trie_node(const TrieNodeKey& key) const {
  const auto found = diff_.trie.find(key);
  if (found != diff_.trie.end()) return found->second;
  if (!key.owner.is_zero()) {
    for (const auto& [address, owner] : diff_.storage_cleared) {
      if (owner == key.owner) return std::nullopt;
    }
  }
  return parent_nodes_.trie_node(key);
}

}  // namespace ol::state
