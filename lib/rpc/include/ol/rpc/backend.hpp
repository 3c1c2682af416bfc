#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/primitives/transaction.hpp>
#include <ol/rpc/call.hpp>
#include <ol/rpc/log_query.hpp>
#include <ol/rpc/simulate.hpp>

namespace ol::rpc {

/// A transaction as the node keeps it: decoded, with the sender recovered once.
struct TxnRecord {
  primitives::Transaction txn;
  Address sender;
  primitives::TxnHash hash;
  /// The EIP-2718 envelope `hash` was taken of.
  Bytes envelope;
};

/// A committed block, or the pending one, in Ethereum's shape.
/// Invariant: `receipts` is as long as `txns`, or empty for a block that was not executed.
struct BlockRecord {
  primitives::EvmHeader header;
  primitives::EvmHash hash;
  std::vector<TxnRecord> txns;
  std::vector<primitives::Receipt> receipts;
};

/// Shared between the node's cache and the requests that read it; immutable.
using BlockPtr = std::shared_ptr<const BlockRecord>;
/// Shared between the pool and the requests that read it; immutable.
using TxnPtr = std::shared_ptr<const TxnRecord>;

/// A block of eth_simulateV1 and how its calls ended, in order.
struct SimulatedBlock {
  BlockRecord block;
  std::vector<SimulatedCallResult> calls;
};

/// Where a committed transaction is: `block->txns[index]`.
struct TxnLocation {
  BlockPtr block;
  std::size_t index = 0;
};

/// An account after some block. An account that does not exist is all zeros.
struct AccountRecord {
  std::uint64_t nonce = 0;
  U256 balance;
  Bytes code;
};

/// Why the state after a block cannot be read.
enum class StateError : std::uint8_t {
  UnknownBlock,  // the height is above the head
  Unavailable,   // the node does not keep the state of that height
};

/// What EIP-1186 proves of a slot; `nodes` lead from the account's storage root to its place.
struct SlotProof {
  Hash256 slot;
  U256 value;
  std::vector<Bytes> nodes;
};

/// What EIP-1186 proves of an account after some block, existing or not.
struct AccountProof {
  std::uint64_t nonce = 0;
  U256 balance;
  Hash256 code_hash;
  Hash256 storage_root;
  std::vector<Bytes> nodes;
  std::vector<SlotProof> slots;
};

/// Why a transaction was not admitted. `message` is what Ethereum clients say, for instance
/// "nonce too low"; `code` is kServerError unless the pool knows better.
struct SubmitError {
  int code = -32000;
  std::string message;
};

/// How far a node that lags has come, in block numbers.
struct SyncStatus {
  std::uint64_t starting = 0;
  std::uint64_t current = 0;
  std::uint64_t highest = 0;
};

/// How many transactions the pool holds: ready for the next blocks, and behind a gap.
struct PoolStatus {
  std::uint64_t pending = 0;
  std::uint64_t queued = 0;
};

/// What the pool holds, by sender and in order of nonce.
struct PoolContent {
  std::map<Address, std::vector<TxnPtr>> pending;
  std::map<Address, std::vector<TxnPtr>> queued;
};

/// One connected peer as `ol_status` shows it.
struct PeerStatus {
  std::string id;
  std::string address;
  bool inbound = false;
  /// Set for validators.
  std::optional<std::uint32_t> validator;
};

/// One validator of the current epoch as `ol_status` shows it.
struct ValidatorStatus {
  std::uint32_t index = 0;
  std::string name;
  std::uint64_t weight = 0;
  Address fee_recipient;
};

/// Where consensus stands and how many faults it survives.
struct NodeStatus {
  std::string chain_name;
  std::string profile;
  /// Committed.
  std::uint64_t height = 0;
  primitives::BlockHash block;
  primitives::EvmHash evm_block;
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  std::uint32_t leader = 0;
  /// This node's validator index; absent on a node that only follows.
  std::optional<std::uint32_t> validator;
  /// Milliseconds since the Unix epoch at which the head was committed; 0 before the first.
  std::uint64_t committed_time_ms = 0;
  /// From the head block's time stamp to its commit on this node.
  std::uint64_t finality_ms = 0;
  std::vector<PeerStatus> peers;
  std::vector<ValidatorStatus> validators;
  std::uint64_t total_weight = 0;
  std::uint64_t quorum_weight = 0;
  /// Largest weight that may lie, and that may be silent, without harm (consensus.md section 1).
  std::uint64_t byzantine_budget = 0;
  std::uint64_t crash_budget = 0;
};

/// How answers are found: the node implements it, tests have a second one. Every method may be
/// called from several rpc threads at once, answers from what is committed or pooled now, does not
/// wait for consensus, and returns values the caller may keep. Nothing here throws.
class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual std::uint64_t chain_id() const = 0;
  /// "openliquid/v0.1.0/linux-amd64/..." for web3_clientVersion.
  [[nodiscard]] virtual std::string client_version() const = 0;
  [[nodiscard]] virtual std::uint64_t peer_count() const = 0;
  /// Absent when the node is at the head of the chain.
  [[nodiscard]] virtual std::optional<SyncStatus> sync_status() const = 0;
  [[nodiscard]] virtual NodeStatus status() const = 0;

  /// The last committed block, which is final: latest, safe and finalized are the same. Never null.
  [[nodiscard]] virtual BlockPtr head() const = 0;
  /// Null if there is no committed block of that number or hash.
  [[nodiscard]] virtual BlockPtr block_by_number(std::uint64_t number) const = 0;
  [[nodiscard]] virtual BlockPtr block_by_hash(const primitives::EvmHash& hash) const = 0;
  /// The hash of the committed block, without reading the rest of it.
  [[nodiscard]] virtual std::optional<primitives::EvmHash> block_hash(
      std::uint64_t number) const = 0;
  /// The block this node would propose on top of the head; null if it does not build one.
  [[nodiscard]] virtual BlockPtr pending_block() const = 0;

  /// A committed transaction.
  [[nodiscard]] virtual std::optional<TxnLocation> find_txn(
      const primitives::TxnHash& hash) const = 0;
  /// A transaction waiting in the pool, or null.
  [[nodiscard]] virtual TxnPtr find_pool_txn(const primitives::TxnHash& hash) const = 0;

  /// The account after block `number`.
  [[nodiscard]] virtual Result<AccountRecord, StateError> account(const Address& address,
                                                                  std::uint64_t number) const = 0;
  /// The storage slot after block `number`; zero where nothing was stored.
  [[nodiscard]] virtual Result<Hash256, StateError> storage(const Address& address,
                                                            const Hash256& slot,
                                                            std::uint64_t number) const = 0;

  /// The proof of the account and of `slots` against the state root of block `number`.
  [[nodiscard]] virtual Result<AccountProof, StateError> proof(const Address& address,
                                                               const std::vector<Hash256>& slots,
                                                               std::uint64_t number) const = 0;

  /// In the order of the chain. @pre `query.last` is not above the head.
  [[nodiscard]] virtual Result<std::vector<LogRecord>, LogFault> logs(
      const LogQuery& query) const = 0;

  /// A state that calls can run on.
  [[nodiscard]] virtual Result<std::unique_ptr<CallState>, CallFailure> call_state(
      const CallSetting& setting) const = 0;
  /// The traces of the block's transactions [first, first + count), each run as it was then. The
  /// time of `options` is for all of them.
  [[nodiscard]] virtual Result<std::vector<std::string>, CallFailure> trace_block(
      const BlockRecord& block, std::size_t first, std::size_t count,
      const TraceOptions& options) const = 0;

  /// Executes blocks that nobody proposed.
  [[nodiscard]] virtual Result<std::vector<SimulatedBlock>, RpcError> simulate(
      const SimulateRequest& request) const = 0;

  /// The account's nonce after everything of its own that waits ready in the pool.
  [[nodiscard]] virtual std::uint64_t pending_nonce(const Address& address) const = 0;
  /// The lowest priority fee per gas, in wei, that the pool admits: the floor of suggestions.
  [[nodiscard]] virtual U256 priority_fee_min() const = 0;
  [[nodiscard]] virtual PoolStatus pool_status() const = 0;
  [[nodiscard]] virtual PoolContent pool_content() const = 0;
  /// Decodes, checks and admits one EIP-2718 envelope.
  [[nodiscard]] virtual Result<primitives::TxnHash, SubmitError> submit_raw_transaction(
      Bytes envelope) = 0;
};

}  // namespace ol::rpc
