#include <ol/state/state_root.hpp>

#include <algorithm>
#include <vector>

#include <ol/base/rlp.hpp>
#include <ol/crypto/keccak_many.hpp>

namespace ol::state {
namespace {

/// A change that owns its bytes.
struct HashedChange {
  Hash256 key;
  Bytes value;
};

Result<TrieUpdate, StateError> update_hashed(const TrieNodeReader& nodes, const Hash256& owner,
                                             const Hash256& root, std::vector<HashedChange> changes,
                                             TrieNodeCache* cache) {
  std::ranges::sort(changes, {}, &HashedChange::key);
  std::vector<TrieChange> borrowed;
  borrowed.reserve(changes.size());
  for (const HashedChange& change : changes)
    borrowed.push_back({change.key.view(), change.value});
  return update_trie(nodes, owner, root, borrowed, cache);
}

/// Sets the key of each change to the hash of `names`, in the same order.
void hash_keys(const std::vector<ByteView>& names, std::vector<HashedChange>& changes) {
  std::vector<Hash256> keys(names.size());
  crypto::keccak256_many(names, keys);
  for (std::size_t i = 0; i < keys.size(); ++i)
    changes[i].key = keys[i];
}

/// A store that is empty: what a cleared storage trie is rebuilt on.
class NoNodes final : public TrieNodeReader {
 public:
  [[nodiscard]] Result<std::optional<Bytes>, StateError> trie_node(
      const TrieNodeKey& /*key*/) const override {
    return std::nullopt;
  }
};

/// The entry of `address` in `diff.accounts`, copied from the view if missing.
Result<Account*, StateError> account_in(const StateView& view, StateDiff& diff,
                                        const Address& address) {
  auto found = diff.accounts.find(address);
  if (found == diff.accounts.end()) {
    OL_TRY(auto account, view.account(address));
    found = diff.accounts.emplace(address, std::move(account)).first;
  }
  OL_CHECK(found->second.has_value(), "storage belongs to an account that exists");
  return &*found->second;
}

using SlotIterator = std::map<StorageKey, U256>::const_iterator;

/// Updates the storage trie of one account, whose changed slots are [first, last).
Result<void, StateError> update_storage(const StateView& view, const TrieNodeReader& nodes,
                                        StateDiff& diff, SlotIterator first, SlotIterator last,
                                        TrieNodeCache* cache) {
  const Address& address = first->first.address;
  OL_TRY(Account* const account, account_in(view, diff, address));
  std::vector<HashedChange> changes;
  std::vector<ByteView> names;
  for (SlotIterator it = first; it != last; ++it) {
    HashedChange& change = changes.emplace_back();
    if (!it->second.is_zero()) {
      change.value = rlp_encode_string(it->second.to_minimal_big_endian());
    }
    names.push_back(it->first.slot.view());
  }
  hash_keys(names, changes);
  const bool cleared = diff.storage_cleared.contains(address);
  const NoNodes none;
  const TrieNodeReader& source = cleared ? static_cast<const TrieNodeReader&>(none) : nodes;
  const Hash256& old_root = cleared ? kEmptyTrieRoot : account->storage_root;
  OL_TRY(TrieUpdate update,
         update_hashed(source, trie_owner(address), old_root, std::move(changes), cache));
  account->storage_root = update.root;
  diff.trie.merge(update.nodes);
  return {};
}

}  // namespace

Result<Hash256, StateError> update_state_root(const StateView& view, const TrieNodeReader& nodes,
                                              const Hash256& parent_root, StateDiff& diff,
                                              TrieNodeCache* cache) {
  OL_CHECK(diff.trie.empty(), "the tries are brought up to date once per diff");
  for (auto first = diff.storage.cbegin(); first != diff.storage.cend();) {
    auto last = first;
    while (last != diff.storage.cend() && last->first.address == first->first.address)
      ++last;
    OL_TRY_VOID(update_storage(view, nodes, diff, first, last, cache));
    first = last;
  }
  std::vector<HashedChange> changes;
  std::vector<ByteView> names;
  changes.reserve(diff.accounts.size());
  names.reserve(diff.accounts.size());
  for (const auto& [address, account] : diff.accounts) {
    changes.push_back({{}, account ? encode_account(*account) : Bytes{}});
    names.push_back(address.view());
  }
  hash_keys(names, changes);
  OL_TRY(TrieUpdate update,
         update_hashed(nodes, Hash256{}, parent_root, std::move(changes), cache));
  // Nodes of the account trie, usually most of them, lie before those of every storage trie.
  while (!diff.trie.empty())
    update.nodes.insert(update.nodes.end(), diff.trie.extract(diff.trie.begin()));
  diff.trie = std::move(update.nodes);
  return update.root;
}

void Touched::add(const StateDiff& diff) {
  for (const auto& [address, account] : diff.accounts)
    accounts.insert(address);
  for (const auto& [key, value] : diff.storage) {
    accounts.insert(key.address);
    slots.insert(key);
  }
}

Result<WayBack, StateError> lead_back(const StandingState& now, const StateView& then,
                                      const Touched& touched) {
  WayBack out;
  for (const Address& address : touched.accounts) {
    OL_TRY(auto before, then.account(address));
    OL_TRY(const auto after, now.view.account(address));
    // The tries are brought back from where they are now.
    if (before) before->storage_root = after ? after->storage_root : kEmptyTrieRoot;
    const bool had_storage = after && after->storage_root != kEmptyTrieRoot;
    if (!before && had_storage) out.diff.storage_cleared.emplace(address, trie_owner(address));
    out.diff.accounts.emplace(address, before);
  }
  for (const StorageKey& slot : touched.slots) {
    const auto account = out.diff.accounts.find(slot.address);
    if (account != out.diff.accounts.end() && !account->second) continue;
    OL_TRY(const U256 before, then.storage(slot.address, slot.slot));
    out.diff.storage.emplace(slot, before);
  }
  OL_TRY(out.root, update_state_root(now.view, now.nodes, now.root, out.diff));
  return out;
}

}  // namespace ol::state
