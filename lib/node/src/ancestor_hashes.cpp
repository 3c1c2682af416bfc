#include "ancestor_hashes.hpp"

namespace ol::node {

Result<Hash256, state::StateError> AncestorHashes::block_hash(std::uint64_t number) const {
  const auto found = known_.find(number);
  if (found != known_.end()) return found->second;
  const auto header = snapshot_.evm_header(primitives::Height(number));
  if (!header) return fail(state::StateError::ReadFailed);
  const Hash256 hash = *header ? retag<Hash256>(primitives::evm_header_hash(**header)) : Hash256{};
  known_.emplace(number, hash);
  return hash;
}

}  // namespace ol::node
