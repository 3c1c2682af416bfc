#pragma once

#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {

/// The nodes from the root towards `key`, as far as the trie goes: what shows, to whoever knows the
/// root alone, which value the key has or that it has none. Nodes shorter than 32 bytes lie inside
/// the one before and are left out, as in eth_getProof (EIP-1186).
/// @param key  32 bytes: the hash of an address or of a slot.
/// @return StateError::Corrupt if a node is missing or does not hash to its parent's reference.
[[nodiscard]] Result<std::vector<Bytes>, StateError> prove(const TrieNodeReader& reader,
                                                           const Hash256& owner,
                                                           const Hash256& root, const Hash256& key);

/// What `proof` shows of `key` under `root`: its value, empty if there is none.
/// @return StateError::Corrupt if it shows nothing.
[[nodiscard]] Result<Bytes, StateError> check_proof(const Hash256& root, const Hash256& key,
                                                    const std::vector<Bytes>& proof);

}  // namespace ol::state
