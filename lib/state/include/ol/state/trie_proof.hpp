#pragma once

#include <vector>

#include <ol/state/trie.hpp>

namespace ol::state {

/// The stored nodes from the root towards `key`, as far as the trie goes: they prove the value, or
/// that there is none. Nodes inside their parents are not listed; an empty trie has no nodes.
/// Source: EIP-1186.
/// @return StateError::Corrupt as update_trie.
[[nodiscard]] Result<std::vector<Bytes>, StateError> prove(const TrieNodeReader& reader,
                                                           const Hash256& owner,
                                                           const Hash256& root, ByteView key);

}  // namespace ol::state
