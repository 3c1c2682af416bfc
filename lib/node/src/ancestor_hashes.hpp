#pragma once

#include <cstdint>
#include <map>

#include <ol/evm/block_env.hpp>
#include <ol/storage/snapshot.hpp>

namespace ol::node {

/// BLOCKHASH for blocks executed on a snapshot or on speculative blocks above it. Each hash is read
/// once: a contract may ask for all 256 again and again. One thread; borrows the snapshot.
class AncestorHashes final : public evm::BlockHashes {
 public:
  explicit AncestorHashes(const storage::Snapshot& snapshot) : snapshot_(snapshot) {}

  /// A block above those of the snapshot, or one of them over again.
  void add(std::uint64_t number, const primitives::EvmHash& hash) {
    known_[number] = retag<Hash256>(hash);
  }

  /// Zero for a block the snapshot does not have.
  [[nodiscard]] Result<Hash256, state::StateError> block_hash(std::uint64_t number) const override;

 private:
  const storage::Snapshot& snapshot_;
  mutable std::map<std::uint64_t, Hash256> known_;
};

}  // namespace ol::node
