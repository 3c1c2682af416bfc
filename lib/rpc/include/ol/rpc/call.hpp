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

namespace ol::rpc {

struct AccountRecord;
enum class StateError : std::uint8_t;

/// A transaction nobody signed: what eth_call and its kin are asked to run. Fields left out are
/// zero or absent.
struct CallRequest {
  Address from;
  std::optional<Address> to;  // absent for contract creation
  /// The most gas the caller allows.
  std::optional<std::uint64_t> gas;
  U256 value;
  Bytes data;
  /// Per gas; both the gas price if that was given. Zero: gas costs nothing.
  U256 max_fee_per_gas;
  U256 max_priority_fee_per_gas;
  std::vector<primitives::AccessListEntry> access_list;
  std::vector<primitives::Authorization> authorizations;
  /// EIP-4844: what BLOBHASH answers; absent unless it is to be a transaction with blobs.
  std::optional<std::vector<Hash256>> blob_hashes;
  /// Absent, or zero: blob gas costs nothing if there are hashes; BLOBBASEFEE is zero if it is
  /// zero.
  std::optional<U256> max_fee_per_blob_gas;
  // What only transactions of simulated blocks say.
  std::optional<std::uint64_t> nonce;
  bool has_gas_price = false;  // so it is a legacy transaction
};

/// What a call is told of an account instead of the truth.
struct AccountOverride {
  std::optional<std::uint64_t> nonce;
  std::optional<U256> balance;
  std::optional<Bytes> code;
  /// All of its storage; or single slots. Never both.
  std::optional<std::map<Hash256, Hash256>> state;
  std::optional<std::map<Hash256, Hash256>> state_diff;
  std::optional<Address> move_precompile_to;
};
using StateOverrides = std::map<Address, AccountOverride>;

/// What a call is told of its block instead of the truth.
struct BlockOverrides {
  std::optional<std::uint64_t> number;
  std::optional<std::uint64_t> time;  // seconds
  std::optional<std::uint64_t> gas_limit;
  std::optional<Address> fee_recipient;
  std::optional<Hash256> prev_randao;
  std::optional<U256> base_fee;
  std::optional<U256> blob_base_fee;
};

/// Which block calls run in.
enum class CallPlace : std::uint8_t {
  InBlock,     // as that block saw itself, on the state it left (geth's way)
  AfterBlock,  // as the block after it would, in the next second
};

/// Where calls run: on the state after a block, with overrides.
struct CallSetting {
  std::uint64_t number = 0;
  CallPlace place = CallPlace::InBlock;
  /// Within the block instead: after so many of its transactions.
  std::optional<std::uint64_t> txns_before;
  StateOverrides state;
  BlockOverrides block;
};

/// How a call ended.
struct CallResult {
  bool success = false;
  /// Empty on success; what Ethereum clients say, for instance "execution reverted".
  std::string error;
  bool reverted = false;
  bool out_of_gas = false;
  /// What the output of a revert says, if it is Solidity's Error or Panic. Valid UTF-8.
  std::optional<std::string> reason;
  Bytes output;
  std::uint64_t gas_used = 0;  // refunds taken off
  std::uint64_t gas_refunded = 0;
};

/// Why a call was not run to its end.
enum class CallFault : std::uint8_t {
  Refused,    // the transaction may not be in any block
  GasTooLow,  // as before, and it might with more gas
  UnknownBlock,
  Unavailable,  // the node does not keep the state
  TimedOut,
  TooLarge,  // the trace
};
struct CallFailure {
  CallFault fault = CallFault::Refused;
  /// What Ethereum clients say.
  std::string message;
};

/// The tracers of geth by name; StructLogs is what runs when none is named.
enum class TracerKind : std::uint8_t { StructLogs, Calls, Prestate, FourByte, Noop, Mux };

struct NamedTraceOptions;

/// How to trace; each tracer reads the options that are its own.
struct TraceOptions {
  TracerKind kind = TracerKind::StructLogs;
  // StructLogs
  bool disable_stack = false;
  bool enable_memory = false;
  bool disable_storage = false;  // Prestate too
  bool enable_return_data = false;
  std::uint64_t limit = 0;  // of instructions; 0 for all
  // Calls
  bool only_top_call = false;
  bool with_log = false;
  // Prestate
  bool diff_mode = false;
  bool disable_code = false;
  bool include_empty = false;
  // Mux: each by the name it was asked for by, none of them another Mux
  std::vector<NamedTraceOptions> parts;
  std::uint64_t timeout_ms = 5'000;
};
/// One of several tracers.
struct NamedTraceOptions {
  std::string name;
  TraceOptions options;
};

/// What calls run on. Every call begins from the same state. All calls together have as long as the
/// node grants one request; what is beyond that is TimedOut. One thread.
class CallState {
 public:
  CallState() = default;
  CallState(const CallState&) = delete;
  CallState& operator=(const CallState&) = delete;
  virtual ~CallState() = default;

  /// With the overrides.
  [[nodiscard]] virtual Result<AccountRecord, StateError> account(const Address& address) = 0;
  [[nodiscard]] virtual std::uint64_t block_gas_limit() const = 0;
  /// Runs `request` with `gas`, whatever the request itself says of gas.
  [[nodiscard]] virtual Result<CallResult, CallFailure> call(const CallRequest& request,
                                                             std::uint64_t gas) = 0;
  /// The same; the JSON of the tracer.
  [[nodiscard]] virtual Result<std::string, CallFailure> trace(const CallRequest& request,
                                                               std::uint64_t gas,
                                                               const TraceOptions& options) = 0;
  /// The same; also gives the accounts and slots reached, but for the parties of the call.
  struct Listed {
    CallResult result;
    std::vector<primitives::AccessListEntry> reached;
  };
  [[nodiscard]] virtual Result<Listed, CallFailure> list(const CallRequest& request,
                                                         std::uint64_t gas) = 0;
};

}  // namespace ol::rpc
