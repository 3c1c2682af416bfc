#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/evm/transition.hpp>
#include <ol/execution/context.hpp>
#include <ol/execution/engine.hpp>
#include <ol/execution/override_view.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/primitives/transaction.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>

namespace ol::execution {

/// A transaction of a simulated block. Nobody signed it.
struct SimulatedCall {
  Address from;
  /// Its nonce and gas limit say nothing: they are those below.
  primitives::Transaction txn;
  std::optional<std::uint64_t> nonce;  // else the account's
  std::optional<std::uint64_t> gas;    // else what is left in the block
};

/// A block that nobody proposed.
struct BlockToSimulate {
  std::uint64_t number = 0;     // above that of the block before
  std::uint64_t timestamp = 0;  // seconds
  std::uint64_t gas_limit = 0;
  Address coinbase;
  Hash256 prev_randao;
  std::optional<U256> base_fee;
  std::optional<U256> blob_base_fee;
  /// What is different of the state from this block on, and of precompiled contracts in it.
  StateOverrides state;
  evm::PrecompileMoves moves;
  std::vector<SimulatedCall> calls;
};

/// Whether transactions must be as a block's are: right nonces, a base fee, and means to pay it.
/// Senders with code are allowed in any case.
enum class SimulatedRules : std::uint8_t { Lenient, Strict };
/// Whether a transfer of ether counts as a log, of kTransferLogs, with the topics of ERC-20's.
enum class TransferLogs : std::uint8_t { Off, On };
inline constexpr Address kTransferLogs{{0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
                                        0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
                                        0xee, 0xee, 0xee, 0xee, 0xee, 0xee}};

/// A transaction that ran, and what came of it.
struct SimulatedTxn {
  primitives::Transaction txn;
  Address sender;
  Bytes envelope;
  primitives::TxnHash hash;
  primitives::Receipt receipt;
  evm::TxnOutcome outcome;
  /// Those of the receipt, and those of transfers among them.
  std::vector<primitives::Log> logs;
};

struct SimulatedBlock {
  primitives::EvmHeader header;
  primitives::EvmHash hash;
  std::vector<SimulatedTxn> txns;
};

/// A rule with geth's words, or a failed read.
using SimulationError = std::variant<primitives::TxnRefusal, state::StateError>;

/// Blocks on top of a block, one after the other, each on the state the one before left, and none
/// of them kept: eth_simulateV1 as geth has it. One thread; borrows what it is given.
class Simulation {
 public:
  struct Base {
    Engine& engine;
    /// The state after `header`, with its tries.
    const state::StateView& state;
    const state::TrieNodeReader& nodes;
    const primitives::EvmHeader& header;
    primitives::ChainId chain_id;
    /// Of `header` and the blocks before it.
    const evm::BlockHashes& hashes;
  };
  /// @param gas_max  For all transactions together.
  Simulation(const Base& base, SimulatedRules rules, TransferLogs transfers, std::uint64_t gas_max);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Executes the next block. After an error the simulation is over.
  [[nodiscard]] Result<SimulatedBlock, SimulationError> add(const BlockToSimulate& block);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::execution
