#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/rpc/backend.hpp>

namespace ol::rpc::test {

/// A transfer to be signed with the key of `FakeBackend::alice()`.
struct TransferSpec {
  primitives::TxnType type = primitives::TxnType::DynamicFee;
  std::uint64_t nonce = 0;
  U256 tip;
  U256 fee_cap;
  U256 value;
  std::vector<primitives::AccessListEntry> access_list;
  Bytes data;
};

/// A chain in memory: genesis, a block with one legacy transfer, a block with a type 1 and a type 2
/// transfer, and an empty one, the head. The pool holds one ready transfer and one behind a gap.
/// Tests change the public fields before they serve; methods may then be called from any thread.
class FakeBackend final : public Backend {
 public:
  FakeBackend();

  /// The first account of the mnemonic that Foundry and Hardhat use; it sends everything here.
  [[nodiscard]] static Address alice();
  /// Receives everything.
  [[nodiscard]] static Address bob();
  /// Has code.
  [[nodiscard]] static Address contract();

  [[nodiscard]] static TxnRecord signed_transfer(const TransferSpec& spec);
  /// Appends a block with these transfers on top of the head.
  BlockPtr add_block(std::vector<TxnRecord> txns);
  void add_to_pool(const TransferSpec& spec);

  std::vector<BlockPtr> blocks;
  std::vector<TxnPtr> pending;
  std::vector<TxnPtr> queued;
  std::optional<SyncStatus> sync;
  std::optional<SubmitError> submit_error;
  bool builds_pending = true;
  /// State of lower heights is not kept.
  std::uint64_t oldest_state = 0;
  /// What calls answer; by default every call is a transfer.
  std::function<Result<CallResult, CallFailure>(const CallRequest&, std::uint64_t gas)> on_call;
  /// What a call reaches, for eth_createAccessList.
  std::vector<primitives::AccessListEntry> reached;
  /// What the last call was set in.
  mutable CallSetting setting;
  mutable TraceOptions trace_options;
  mutable SimulateRequest simulate_request;
  /// What simulated calls answer, in turn over all blocks; by default each succeeds.
  std::vector<SimulatedCallResult> simulated;

  [[nodiscard]] std::uint64_t chain_id() const override { return 7777; }
  [[nodiscard]] std::string client_version() const override { return "openliquid/fake"; }
  [[nodiscard]] std::uint64_t peer_count() const override { return 3; }
  [[nodiscard]] std::optional<SyncStatus> sync_status() const override { return sync; }
  [[nodiscard]] NodeStatus status() const override;
  [[nodiscard]] BlockPtr head() const override { return blocks.back(); }
  [[nodiscard]] BlockPtr block_by_number(std::uint64_t number) const override;
  [[nodiscard]] BlockPtr block_by_hash(const primitives::EvmHash& hash) const override;
  [[nodiscard]] BlockPtr pending_block() const override;
  [[nodiscard]] std::optional<TxnLocation> find_txn(const primitives::TxnHash& hash) const override;
  [[nodiscard]] TxnPtr find_pool_txn(const primitives::TxnHash& hash) const override;
  [[nodiscard]] Result<AccountRecord, StateError> account(const Address& address,
                                                          std::uint64_t number) const override;
  [[nodiscard]] Result<Hash256, StateError> storage(const Address& address, const Hash256& slot,
                                                    std::uint64_t number) const override;
  [[nodiscard]] std::optional<primitives::EvmHash> block_hash(std::uint64_t number) const override;
  [[nodiscard]] Result<AccountProof, StateError> proof(const Address& address,
                                                       const std::vector<Hash256>& slots,
                                                       std::uint64_t number) const override;
  [[nodiscard]] Result<std::vector<LogRecord>, LogFault> logs(const LogQuery& query) const override;
  [[nodiscard]] Result<std::unique_ptr<CallState>, CallFailure> call_state(
      const CallSetting& wanted) const override;
  [[nodiscard]] Result<std::vector<std::string>, CallFailure> trace_block(
      const BlockRecord& block, std::size_t first, std::size_t count,
      const TraceOptions& options) const override;
  [[nodiscard]] Result<std::vector<SimulatedBlock>, RpcError> simulate(
      const SimulateRequest& request) const override;
  [[nodiscard]] std::uint64_t pending_nonce(const Address& address) const override;
  [[nodiscard]] U256 priority_fee_min() const override { return 1'000; }
  [[nodiscard]] PoolStatus pool_status() const override;
  [[nodiscard]] PoolContent pool_content() const override;
  [[nodiscard]] Result<primitives::TxnHash, SubmitError> submit_raw_transaction(
      Bytes envelope) override;

 private:
  [[nodiscard]] Result<void, StateError> check_state(std::uint64_t number) const;

  mutable Mutex mutex_;
  std::vector<TxnPtr> submitted_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::rpc::test
