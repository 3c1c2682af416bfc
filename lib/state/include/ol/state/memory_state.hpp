#pragma once

#include <map>

#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {

/// State in ordinary maps: where tests, benchmarks and the simulator keep it, and the plainest
/// statement of what a store must do with a diff. One thread writes; readers must not run then.
class MemoryState final : public StateView, public TrieNodeReader {
 public:
  [[nodiscard]] Result<std::optional<Account>, StateError> account(
      const Address& address) const override;
  [[nodiscard]] Result<U256, StateError> storage(const Address& address,
                                                 const Hash256& slot) const override;
  [[nodiscard]] Result<Code, StateError> code(const Hash256& code_hash) const override;
  [[nodiscard]] Result<std::optional<Bytes>, StateError> trie_node(
      const TrieNodeKey& key) const override;

  void apply(const StateDiff& diff);
  void apply(const TrieNodeChanges& changes);

  [[nodiscard]] const std::map<Address, Account>& accounts() const { return accounts_; }
  [[nodiscard]] const std::map<StorageKey, U256>& slots() const { return slots_; }
  [[nodiscard]] const std::map<TrieNodeKey, Bytes>& trie_nodes() const { return nodes_; }

 private:
  std::map<Address, Account> accounts_;
  std::map<StorageKey, U256> slots_;
  std::map<Hash256, Code> code_;
  std::map<TrieNodeKey, Bytes> nodes_;
};

}  // namespace ol::state
