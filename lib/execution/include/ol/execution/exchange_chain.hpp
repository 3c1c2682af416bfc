#pragma once

#include <map>
#include <memory>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/exchange/access.hpp>
#include <ol/exchange/commitment.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/primitives/types.hpp>

namespace ol::execution {

/// What the header of a block's child commits to of the exchange (dex.md 18.1).
struct ExchangeRoots {
  Hash256 state;
  Hash256 actions;
  Hash256 results;
  Hash256 events;

  friend bool operator==(const ExchangeRoots&, const ExchangeRoots&) = default;
};
[[nodiscard]] ExchangeRoots roots_of(const exchange::CommittedBlock& block);
/// 128 bytes, in the order above: what is stored with each block.
[[nodiscard]] Bytes encode_roots(const ExchangeRoots& roots);
[[nodiscard]] Result<ExchangeRoots, DecodeError> decode_roots(ByteView bytes);
/// Roots of a block that did nothing, on this state.
[[nodiscard]] ExchangeRoots empty_roots(const Hash256& state);

/// `parent_state_root` of a header whose parent left these states:
/// H("openliquid/state/v1", EVM state root, exchange state root).
[[nodiscard]] Hash256 joint_state_root(const primitives::ChainDomain& domain, const Hash256& evm,
                                       const Hash256& exchange);
/// `parent_receipts_root` of a header: H("openliquid/results/v1", receipts root, action root,
/// result root, event root).
[[nodiscard]] Hash256 joint_results_root(const primitives::ChainDomain& domain,
                                         const Hash256& receipts, const ExchangeRoots& roots);

/// The exchange over a tree of blocks of which one branch will be final. The engine stands on one
/// block at a time; blocks are taken off and executed again as the driver goes from fork to fork.
/// One thread at a time.
class ExchangeChain {
 public:
  /// From the records of the state after the final block `head`.
  [[nodiscard]] static Result<std::unique_ptr<ExchangeChain>, DecodeError> open(
      const exchange::Params& params, const exchange::StateRecords& records,
      const primitives::BlockHash& head);

  /// Root of the final state the chain was opened with or last committed.
  [[nodiscard]] const primitives::BlockHash& head() const { return head_; }
  /// Those in force after the block the engine stands on.
  [[nodiscard]] exchange::Params params() const { return engine_->params(); }
  /// Root of the state the engine stands on.
  [[nodiscard]] const Hash256& root() const { return commitment_.root(); }

  /// Executes a block on its parent, the head or a block executed before. Null if it breaks a rule
  /// of Engine::check, or the parent is not there.
  [[nodiscard]] exchange::CommittedBlockPtr execute(const primitives::BlockHash& parent,
                                                    const primitives::BlockHash& block,
                                                    exchange::BlockInput input);
  /// The state after a block; null if it is not there. Valid until the next call.
  [[nodiscard]] const exchange::State* state_at(const primitives::BlockHash& block);
  /// Makes a child of the head final. @pre It was executed.
  void commit(const primitives::BlockHash& block);
  /// The block is not executed any more; nor can be its descendants.
  void forget(const primitives::BlockHash& block);

 private:
  struct Node {
    primitives::BlockHash parent;
    exchange::CommittedBlockPtr block;
  };
  ExchangeChain(std::unique_ptr<exchange::Engine> engine, const exchange::StateRecords& records,
                const primitives::BlockHash& head)
      : engine_(std::move(engine)), commitment_(records), head_(head) {}

  /// Brings the engine to the block; false if no executed blocks lead there from the head.
  [[nodiscard]] bool stand_on(const primitives::BlockHash& block);
  void undo_to(std::size_t length);

  std::unique_ptr<exchange::Engine> engine_;
  exchange::Commitment commitment_;
  primitives::BlockHash head_;
  std::map<primitives::BlockHash, Node> nodes_;
  /// Blocks above the head that the engine has executed, in order.
  std::vector<primitives::BlockHash> path_;
};

}  // namespace ol::execution
