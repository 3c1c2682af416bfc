#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/block_env.hpp>
#include <ol/evm/revision.hpp>
#include <ol/evm/status.hpp>
#include <ol/evm/world.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/primitives/transaction.hpp>
#include <ol/state/error.hpp>

namespace ol::evm {

class Machine;
class Tracer;

using TxnKind = primitives::TxnType;
using primitives::Authorization;

/// A transaction whose sender is known: all that execution needs of it. Borrows its lists and data,
/// which must outlive the call. For types 0 and 1 both fees are the gas price.
struct TxnRequest {
  TxnKind kind = TxnKind::Legacy;
  Address sender;
  std::uint64_t nonce = 0;
  U256 max_priority_fee_per_gas;
  U256 max_fee_per_gas;
  std::uint64_t gas_limit = 0;
  std::optional<Address> to;  // absent for contract creation
  U256 value;
  ByteView data;
  std::span<const primitives::AccessListEntry> access_list;
  U256 max_fee_per_blob_gas;
  std::span<const Hash256> blob_hashes;
  std::span<const Authorization> authorizations;
  /// Asked about and never included: may have a sender with code and more gas than the block.
  bool is_question = false;
  /// Pays nothing, whatever the base fee of the block. @pre A question whose fees are zero.
  bool is_free = false;
};

/// The rule that forbids a transaction in this place.
enum class TxnFault : std::uint8_t {
  KindNotAllowed,      // EIP-2718: the revision has no such type
  GasLimitAboveBlock,  // Yellow Paper section 6.2
  GasLimitAboveMax,    // EIP-7825
  InitCodeTooLarge,    // EIP-3860
  IntrinsicGas,        // Yellow Paper g0, EIP-2028, 2930, 3860, 7702: gas limit below it
  FloorGas,            // EIP-7623
  FeeCapBelowBaseFee,  // EIP-1559
  TipAboveFeeCap,      // EIP-1559
  NonceTooLow,
  NonceTooHigh,
  NonceAtMax,     // EIP-2681
  SenderHasCode,  // EIP-3607, 7702
  InsufficientFunds,
  NoBlobs,                 // EIP-4844
  TooManyBlobs,            // EIP-4844, 7691, 7594
  BlobVersion,             // EIP-4844
  BlobFeeCapBelowBaseFee,  // EIP-4844
  CreationNotAllowed,      // EIP-4844, 7702: these types cannot create
  NoAuthorizations,        // EIP-7702
};
[[nodiscard]] const char* describe(TxnFault fault);

/// What a transaction did. The caller makes receipts of it.
struct TxnOutcome {
  Status status = Status::Success;
  std::uint64_t gas_used = 0;
  std::uint64_t gas_refunded = 0;  // already taken off `gas_used`
  std::uint64_t gas_used_max = 0;  // before refunds; at least the floor of EIP-7623
  U256 effective_gas_price;
  Bytes output;  // of the call; what creation deployed; revert data
  std::optional<Address> created;
  std::vector<primitives::Log> logs;
};

/// Either nobody may include the transaction here, or this node's state could not be read: then
/// the world and all that came of it must be dropped.
using TxnFailure = std::variant<TxnFault, state::StateError>;

/// How code runs: the interpreter made for speed; the same, which can be stopped; or the plain one
/// they are compared with. Only what nobody has to agree on may be stopped.
enum class Engine : std::uint8_t { Fast, Stoppable, Reference };

/// Whether what runs should end, for example because a clock says so. Once true it stays true.
using StopSign = std::function<bool()>;

/// A message call without a transaction around it: no fees, no nonce, no intrinsic gas.
struct CallRequest {
  Address caller;
  std::optional<Address> to;  // absent for contract creation
  U256 value;                 // the caller must hold it
  ByteView data;
  std::int64_t gas = 0;
  U256 gas_price;
};

struct CallOutcome {
  Status status = Status::Success;
  std::int64_t gas_left = 0;
  Bytes output;
  std::optional<Address> created;
  std::vector<primitives::Log> logs;
};

/// Precompiled contracts elsewhere than Ethereum has them, for calls that ask what if: at a key is
/// the contract Ethereum has at its value, or none.
using PrecompileMoves = std::map<Address, std::optional<Address>>;

/// Executes transactions. Owns what is worth keeping between them: memory for frames and code
/// already analysed. Not part of any state: results depend on the arguments alone. One thread.
class Evm {
 public:
  explicit Evm(Revision revision, Engine engine = Engine::Fast);
  ~Evm();
  Evm(const Evm&) = delete;
  Evm& operator=(const Evm&) = delete;

  [[nodiscard]] Revision revision() const;
  /// Watches all that runs from now on, until called with null. Borrows the tracer.
  void trace(Tracer* tracer);
  /// From now on; empty for Ethereum's places.
  void move_precompiles(PrecompileMoves moves);
  /// Looks at `sign` from time to time (some 10,000 blocks of code, 100 calls) from now on, until
  /// given an empty one. Once it is true every frame ends out of gas where it stands, and results
  /// mean nothing; whoever gave the sign asks it whether they do.
  /// @pre The engine is not Engine::Fast, which never looks.
  void stop_when(StopSign sign);
  /// Drops all code translated so far. Changes no result; frees memory, and tells benchmarks apart.
  void forget_code();

  /// Runs `txn` as the next of the block: validates it, executes it and leaves its changes in
  /// `world`, ready for the next. On a TxnFault the world's state is as before.
  [[nodiscard]] Result<TxnOutcome, TxnFailure> transact(World& world, const BlockEnv& block,
                                                        const TxnRequest& txn);
  /// Runs a call as a transaction of its own: changes stay in `world`.
  [[nodiscard]] Result<CallOutcome, state::StateError> call(World& world, const BlockEnv& block,
                                                            const CallRequest& request);

 private:
  std::unique_ptr<Machine> machine_;
};

/// Whether `txn` may be the next of the block. Reads the sender, changes nothing.
[[nodiscard]] Result<void, TxnFault> check_transaction(World& world, const BlockEnv& block,
                                                       Revision revision, const TxnRequest& txn);

/// Gas a transaction pays before anything runs, and the least it pays in all (EIP-7623).
struct IntrinsicGas {
  std::uint64_t intrinsic = 0;
  std::uint64_t floor = 0;
};
[[nodiscard]] IntrinsicGas intrinsic_gas(const TxnRequest& txn, Revision revision);

}  // namespace ol::evm
