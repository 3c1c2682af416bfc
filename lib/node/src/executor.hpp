#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <variant>
#include <vector>

#include <ol/base/bounded_queue.hpp>
#include <ol/execution/exchange_chain.hpp>
#include <ol/execution/execute.hpp>
#include <ol/node/consensus_driver.hpp>
#include <ol/state/trie_node_cache.hpp>
#include <ol/storage/block_log.hpp>
#include <ol/storage/database.hpp>

#include "action_pool.hpp"
#include "epoch_table.hpp"
#include "txn_pool.hpp"

namespace ol::node {

/// A block with what executing it left. Shared between the executor, which needs it while children
/// may be executed on it, and the storage thread, which writes it.
struct ExecutedEntry {
  consensus::BlockPtr block;
  std::vector<TxnPtr> txns;
  execution::ExecutedBlock result;
  /// Null on a chain without an exchange.
  exchange::CommittedBlockPtr exchange;
  /// What the header of a child says of this block.
  Hash256 state_root;
  Hash256 results_root;
};
using ExecutedPtr = std::shared_ptr<const ExecutedEntry>;

/// A final block on its way to the database.
struct FinalBlock {
  ExecutedPtr executed;
  primitives::QuorumCertificate certificate;
};

/// Where the executor's answers go. Called from the execution thread; must not wait.
struct ExecutorEvents {
  std::function<void(const primitives::BlockHash&, consensus::Execution)> executed;
  std::function<void(BuiltPayload)> built;
  /// Ascending heights, each once. May wait for the storage queue: a slow disk slows execution.
  std::function<void(FinalBlock)> finalised;
  /// A sentence; the node stops.
  std::function<void(std::string)> fatal;
};

/// What the executor needs on a chain with an exchange. References must outlive it.
struct ExecutorExchange {
  execution::ExchangeChain& chain;
  const execution::ItemRules& rules;
  ItemCache& cache;
  ActionPool& pool;
  /// Of the committed head.
  execution::ExchangeRoots head_roots;
  /// Each block that is executed, on the execution thread.
  std::function<void(PricedBlock)> priced;
  /// Blocks up to that height are asked for without pause (exchange::MineBlocks).
  std::function<void(primitives::Height)> mine;
  /// Actions that no block can have any more, before the block that shows it is told of.
  std::function<void(const std::vector<ActionPool::Dropped>&)> dropped;
};

/// Executes blocks on overlays of their parents' states, builds payloads, and hands final blocks on
/// in order. `run` is the execution thread; everything else may be called from the consensus
/// thread.
class Executor {
 public:
  static constexpr std::size_t kQueueMax = 4096;
  /// At most about 40 MB.
  static constexpr std::size_t kTrieNodesCached = 65'536;
  /// A proposal is built no longer than this, but for the transaction it is at then.
  static constexpr std::chrono::milliseconds kBuildMax{250};
  /// Of the exchange's items in a proposal; transactions take half of a block at most.
  static constexpr std::size_t kExchangeBytesMax = primitives::kBlockBytesMax * 3 / 8;
  /// Gas limits of the candidates for a block, in gas limits of the block: most use less than
  /// they may.
  static constexpr std::uint64_t kCandidateGasFactor = 4;

  struct Parts {
    const primitives::Genesis& genesis;
    const EpochTable& epochs;
    const storage::Database& database;
    storage::BlockLog& log;
    WorkerPool& workers;
    TxnCache& cache;
    TxnPool& pool;
    /// The committed head and its Ethereum-shaped header.
    consensus::BlockPtr head;
    primitives::EvmHeader head_evm;
    /// For the hash tables of execution: random and secret.
    std::uint64_t seed = 0;
    std::optional<ExecutorExchange> exchange;
  };
  Executor(Parts parts, ExecutorEvents events);

  void run();
  void stop() { jobs_.close(); }

  void execute(consensus::BlockPtr block) { push(Execute{std::move(block)}); }
  void build(const consensus::BuildRequest& request) { push(Build{request}); }
  void commit(std::vector<consensus::CommittedBlock> blocks) { push(Commit{std::move(blocks)}); }
  void discard(std::vector<consensus::BlockPtr> blocks) { push(Discard{std::move(blocks)}); }
  /// The storage thread has written everything up to `height`. Any thread.
  void on_flushed(primitives::Height height) {
    flushed_.store(height.value(), std::memory_order_release);
  }

  [[nodiscard]] QueueStats stats() const { return jobs_.stats(); }
  [[nodiscard]] std::uint64_t txns_executed() const {
    return txns_executed_.load(std::memory_order_relaxed);
  }

 private:
  struct Execute {
    consensus::BlockPtr block;
  };
  struct Build {
    consensus::BuildRequest request;
  };
  struct Commit {
    std::vector<consensus::CommittedBlock> blocks;
  };
  struct Discard {
    std::vector<consensus::BlockPtr> blocks;
  };
  using Job = std::variant<Execute, Build, Commit, Discard>;

  /// What the next block needs to know of its parent.
  struct ParentInfo {
    primitives::EvmHeader evm;
    primitives::EvmHash evm_hash;
    Hash256 state_root;
    Hash256 results_root;
  };
  /// The parent's state: a snapshot of what is on disk and the overlays above it.
  class StateStack;

  void push(Job job);
  void run_execute(const consensus::BlockPtr& block);
  void run_build(const Build& build);
  void run_commit(const Commit& commit);
  void run_discard(const Discard& discard);
  [[nodiscard]] consensus::Execution try_execute(const consensus::BlockPtr& block);
  [[nodiscard]] std::optional<ParentInfo> parent_info(const primitives::BlockHash& parent) const;
  [[nodiscard]] std::unique_ptr<StateStack> state_after(const primitives::BlockHash& block);
  [[nodiscard]] std::optional<std::vector<TxnPtr>> verified_txns(const primitives::Block& block);
  /// Transactions for a block; nothing if the state cannot be read: the node stops.
  [[nodiscard]] std::optional<std::vector<TxnPtr>> select_txns(const StateStack& state,
                                                               const primitives::EvmHeader& parent,
                                                               const consensus::BlockPtr& on,
                                                               primitives::ValidatorIndex self);
  /// The exchange's items of the block; nothing if one must not be in a block.
  [[nodiscard]] std::optional<std::vector<ExchangeItemPtr>> verified_items(
      const primitives::Block& block);
  /// What code sees as the time of a block made at `stamped` on this parent; nothing where the
  /// exchange's state after the parent cannot be had.
  [[nodiscard]] std::optional<primitives::TimeMs> execution_time(
      const primitives::BlockHash& parent, primitives::TimeMs stamped);
  /// The users' actions of a block that will not be final wait again.
  void restore_items(const primitives::Block& block);
  /// Puts the state that RevertTo brought back on top of `state`; its root. Nothing where it cannot
  /// be had: the node stops.
  [[nodiscard]] std::optional<Hash256> go_back(StateStack& state,
                                               const primitives::BlockHash& parent,
                                               std::uint64_t snapshot);
  /// Executes the exchange's part; false if the block is invalid.
  [[nodiscard]] bool execute_exchange(ExecutedEntry& entry);
  /// On top of the parent, at most `bytes_max` in all.
  [[nodiscard]] std::vector<ExchangeItemPtr> select_items(const consensus::BuildRequest& request,
                                                          primitives::Epoch epoch,
                                                          std::size_t bytes_max);
  void set_roots(ExecutedEntry& entry) const;
  [[nodiscard]] std::map<Address, std::uint64_t> nonces_in_flight(
      const primitives::BlockHash& tip) const;
  void forget_flushed();

  Parts parts_;
  ExecutorEvents events_;
  BoundedQueue<Job> jobs_{kQueueMax};
  std::map<primitives::BlockHash, ExecutedPtr> executed_;
  // Of the execution thread.
  execution::Engine engine_;
  state::TrieNodeCache trie_nodes_{kTrieNodesCached};
  consensus::BlockPtr head_;
  primitives::EvmHeader head_evm_;
  std::atomic<std::uint64_t> flushed_;
  std::atomic<std::uint64_t> txns_executed_{0};
};

}  // namespace ol::node
