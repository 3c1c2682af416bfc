#pragma once

#include <cstdint>
#include <span>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/revision.hpp>
#include <ol/evm/status.hpp>

namespace ol::evm {

class World;
struct BlockEnv;
struct TxnRequest;

/// A transaction, or a call without one, about to run: nothing was taken from its sender yet. All
/// of it lives until `on_end`. A tracer may ask `world` for any account or slot at any time, which
/// loads it and changes nothing else, but must not change or warm them.
struct TraceBegin {
  World& world;
  const BlockEnv& block;
  Revision revision = Revision::Prague;
  const TxnRequest* txn = nullptr;  // null for a call without a transaction
};

/// How it ended. Borrows the output for the call.
struct TraceEnd {
  Status status = Status::Success;
  std::uint64_t gas_used = 0;  // what a receipt says: refunds taken off
  ByteView output;
};

/// An instruction about to run. Borrows everything for the call.
struct TraceStep {
  std::uint64_t pc = 0;
  std::uint8_t opcode = 0;
  int depth = 0;                // 0 for the outermost frame
  std::int64_t gas = 0;         // before the instruction
  std::span<const U256> stack;  // the top comes last
  ByteView memory;
  ByteView return_data;
  std::int64_t refund = 0;
  Address address;  // whose storage and balance the code works on
};

/// How a frame came to be.
enum class TraceKind : std::uint8_t { Call, Callcode, Delegatecall, Staticcall, Create };

/// A frame about to run: a call, whether of code, a precompile or an account without code, or a
/// creation.
struct TraceEnter {
  TraceKind kind = TraceKind::Call;
  int depth = 0;
  Address from;
  Address to;    // whose storage it works on; what is created
  Address code;  // whose code runs
  U256 value;
  std::int64_t gas = 0;
  ByteView input;
  /// What `on_step_end` will say of the instruction that makes it; 0 for the outermost frame.
  std::int64_t caller_cost = 0;
};

/// Watches a transaction run. What is watched runs in the reference interpreter, so that the fast
/// one has no trace of tracing.
class Tracer {
 public:
  Tracer() = default;
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  virtual ~Tracer() = default;

  virtual void on_begin(const TraceBegin& /*begin*/) {}
  virtual void on_end(const TraceEnd& /*end*/) {}
  /// Also told of calls that are refused before anything runs (too deep, not enough money).
  virtual void on_enter(const TraceEnter& enter) = 0;
  /// `output` of a creation is the code it deployed.
  virtual void on_exit(int depth, Status status, std::int64_t gas_used, ByteView output) = 0;
  virtual void on_step(const TraceStep& step) = 0;
  /// The last step at that depth is over, the calls it made included. `cost` is what it took from
  /// the frame, with the gas for a callee but not that for a creation, as geth has it. `status` is
  /// Success unless it failed.
  virtual void on_step_end(int depth, std::int64_t cost, Status status) = 0;
  /// Asked before each instruction. Once true, every frame ends out of gas where it stands, and
  /// the results mean nothing.
  [[nodiscard]] virtual bool wants_stop() { return false; }
};

}  // namespace ol::evm
