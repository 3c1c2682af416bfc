#include <ol/state/diff.hpp>

#include <ol/crypto/hash.hpp>

namespace ol::state {
namespace {

void drop_slots(StateDiff& diff, const Address& address) {
  const auto first = diff.storage.lower_bound({address, Hash256{}});
  auto last = first;
  while (last != diff.storage.end() && last->first.address == address)
    ++last;
  diff.storage.erase(first, last);
}

void drop_nodes(StateDiff& diff, const Hash256& owner) {
  const auto first = diff.trie.lower_bound({owner, NibblePath{}});
  auto last = first;
  while (last != diff.trie.end() && last->first.owner == owner)
    ++last;
  diff.trie.erase(first, last);
}

}  // namespace

void StateDiff::merge(const StateDiff& later) {
  for (const auto& [address, owner] : later.storage_cleared) {
    storage_cleared.insert_or_assign(address, owner);
    drop_slots(*this, address);
    drop_nodes(*this, owner);
  }
  for (const auto& [address, account] : later.accounts)
    accounts.insert_or_assign(address, account);
  for (const auto& [key, value] : later.storage)
    storage.insert_or_assign(key, value);
  for (const auto& [hash, bytes] : later.code)
    code.insert_or_assign(hash, bytes);
  for (const auto& [key, node] : later.trie)
    trie.insert_or_assign(key, node);
}

bool operator==(const StateDiff& a, const StateDiff& b) {
  const auto same_code = [](const auto& x, const auto& y) {
    return x.first == y.first && *x.second == *y.second;
  };
  return a.accounts == b.accounts && a.storage_cleared == b.storage_cleared &&
         a.storage == b.storage && a.trie == b.trie &&
         std::ranges::equal(a.code, b.code, same_code);
}

Hash256 trie_owner(const Address& address) {
  return crypto::keccak256(address.view());
}

}  // namespace ol::state
