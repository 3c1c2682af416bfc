#pragma once

#include <variant>

#include <ol/base/result.hpp>
#include <ol/evm/world.hpp>
#include <ol/execution/context.hpp>
#include <ol/execution/engine.hpp>

namespace ol::execution {

/// Why a transaction was not applied; the world is unchanged.
using ApplyError = std::variant<primitives::TxnRefusal, state::StateError>;

/// What code and the rules see of the block. `hashes` outlives it.
[[nodiscard]] evm::BlockEnv env_of(const BlockContext& context, const evm::BlockHashes& hashes);

/// All that the virtual machine needs of a transaction. Borrows from `txn`.
[[nodiscard]] evm::TxnRequest request_of(const primitives::Transaction& txn, const Address& sender);

/// Executes one transaction on `world`: every rule of the chain, then the virtual machine.
/// @param gas_before  What the block used before it.
[[nodiscard]] Result<evm::TxnOutcome, ApplyError> apply_txn(Engine& engine, evm::World& world,
                                                            const evm::BlockEnv& env,
                                                            const primitives::VerifiedTxn& txn,
                                                            std::uint64_t gas_before);

/// The receipt of a transaction that ended so.
[[nodiscard]] primitives::Receipt receipt_of(const primitives::VerifiedTxn& txn,
                                             evm::TxnOutcome outcome, std::uint64_t gas_before);

/// What happens before the first transaction of a block: the parent's hash goes to EIP-2935's
/// contract, where the chain has it.
[[nodiscard]] Result<void, state::StateError> begin_block(Engine& engine, evm::World& world,
                                                          const BlockContext& context,
                                                          const Hash256& parent_hash);

/// BLOCKHASH within a block: the parent, whose header is at hand, and its ancestors.
class KnownHashes final : public evm::BlockHashes {
 public:
  /// Borrows the context.
  explicit KnownHashes(const BlockContext& context);

  [[nodiscard]] Result<Hash256, state::StateError> block_hash(std::uint64_t number) const override;
  [[nodiscard]] const Hash256& parent() const { return parent_; }

 private:
  const BlockContext& context_;
  Hash256 parent_;
};

}  // namespace ol::execution
