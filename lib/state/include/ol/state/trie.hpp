#pragma once

#include <compare>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/state/account.hpp>
#include <ol/state/error.hpp>
#include <ol/state/nibbles.hpp>

namespace ol::state {

class TrieNodeCache;

// Ethereum's Merkle-Patricia trie, Yellow Paper appendix D. Nodes are stored by their place, not by
// their hash: a new version of a node replaces the old one, so nothing is left to collect. A node
// whose RLP is shorter than 32 bytes lies inside its parent and is not stored, but for the root.
// Format: docs/protocol/state.md.

/// The place of a stored node. `owner` is zero for the account trie and the Keccak-256 of the
/// address for the storage trie of an account.
struct TrieNodeKey {
  Hash256 owner;
  NibblePath path;

  /// The key in the store: the 32 bytes of the owner, then one byte per nibble. Ordered as the keys
  /// are, so that the nodes of one trie lie side by side and a node lies before those below it.
  [[nodiscard]] Bytes encode() const;

  friend bool operator==(const TrieNodeKey&, const TrieNodeKey&) = default;
  friend std::strong_ordering operator<=>(const TrieNodeKey&, const TrieNodeKey&) = default;
};

/// Stored nodes to write, or (no value) to delete.
using TrieNodeChanges = std::map<TrieNodeKey, std::optional<Bytes>>;

/// Reads stored nodes of one version of the state. Thread rule: that of StateView.
class TrieNodeReader {
 public:
  TrieNodeReader() = default;
  TrieNodeReader(const TrieNodeReader&) = delete;
  TrieNodeReader& operator=(const TrieNodeReader&) = delete;
  virtual ~TrieNodeReader() = default;

  /// The node's RLP, or nothing if none is stored there.
  [[nodiscard]] virtual Result<std::optional<Bytes>, StateError> trie_node(
      const TrieNodeKey& key) const = 0;
};

/// A key of at most 32 bytes and its new value; an empty value deletes the key. Borrows both.
struct TrieChange {
  ByteView key;
  ByteView value;
};

struct TrieUpdate {
  Hash256 root;
  TrieNodeChanges nodes;  // what changed in the store, all of one owner
};

/// Applies `changes` to the trie with root `root` (kEmptyTrieRoot: an empty one). Loads only the
/// nodes on the paths to the changed keys and siblings that must merge, and hashes every changed
/// node once. Changes without effect (the same value, deleting an absent key) touch nothing.
/// @pre `changes` are sorted by key, without repetition, or the process stops.
/// @param cache  Where to look for nodes first and to leave the new ones; null for none. Changes
///        nothing but the time it takes.
/// @return StateError::Corrupt if a node is missing or does not hash to its parent's reference.
[[nodiscard]] Result<TrieUpdate, StateError> update_trie(const TrieNodeReader& reader,
                                                         const Hash256& owner, const Hash256& root,
                                                         std::span<const TrieChange> changes,
                                                         TrieNodeCache* cache = nullptr);

/// The root of the trie that holds exactly `items`, from scratch. @pre As for update_trie; empty
/// values count as absent.
[[nodiscard]] Hash256 trie_root(std::span<const TrieChange> items);

/// The root of the trie from the RLP of an index to the item of that index: transaction and receipt
/// roots (Yellow Paper section 4.3.2). Empty items count as absent; no real one is.
[[nodiscard]] Hash256 ordered_root(std::span<const Bytes> items);

/// Calls `visit` with every key and value in the order of keys, reading every node of the trie.
/// Stops at the first node that is missing or damaged.
[[nodiscard]] Result<void, StateError> visit_trie(
    const TrieNodeReader& reader, const Hash256& owner, const Hash256& root,
    const std::function<void(ByteView key, ByteView value)>& visit);

}  // namespace ol::state
