#pragma once

#include <cstdint>
#include <span>

#include <ol/base/bytes.hpp>
#include <ol/evm/block_env.hpp>
#include <ol/evm/precompiles.hpp>
#include <ol/evm/schedule.hpp>
#include <ol/evm/trace.hpp>
#include <ol/evm/transition.hpp>
#include <ol/evm/world.hpp>

#include "division.hpp"
#include "frame.hpp"
#include "memory_arena.hpp"
#include "program_cache.hpp"
#include "stack_arena.hpp"

namespace ol::evm {

/// What code sees of the transaction.
struct TxnContext {
  Address origin;
  U256 gas_price;
  std::span<const Hash256> blob_hashes;
};

/// How a message ended. Its output is the machine's return data.
struct MessageResult {
  Status status = Status::Success;
  std::int64_t gas_left = 0;
};

/// Runs messages: the part of the Yellow Paper (sections 7 and 8) around code. Which interpreter
/// runs the code is its choice alone.
class Machine {
 public:
  Machine(Revision revision, Engine engine);

  /// Binds what the next transaction runs in. Borrows all of it.
  void bind(World& world, const BlockEnv& block, const TxnContext& txn);

  /// Borrowed until replaced; null ends tracing.
  void trace(Tracer* tracer) {
    tracer_ = tracer;
    is_watched_ = tracer_ != nullptr || stop_sign_ != nullptr;
  }
  [[nodiscard]] Tracer* tracer() const { return tracer_; }
  /// Tells the tracer of a call that does not begin and costs nothing. @pre There is a tracer.
  void trace_refusal(const Message& message, Status why);

  void stop_when(StopSign sign);
  /// Whether to end now. `work` is a guess at how many short blocks of code have run since the last
  /// time.
  [[nodiscard]] bool must_stop(std::int32_t work) {
    work_left_ -= work;
    return work_left_ < 0 && look_at_sign();
  }

  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] const Schedule& rules() const { return rules_; }
  [[nodiscard]] World& world() { return *world_; }
  [[nodiscard]] const BlockEnv& block() const { return *block_; }
  [[nodiscard]] const TxnContext& txn() const { return txn_; }
  [[nodiscard]] MemoryArena& memory() { return memory_; }
  [[nodiscard]] ProgramCache& programs() { return programs_; }
  [[nodiscard]] ModularMultiplier& multiplier() { return multiplier_; }

  /// Output of the last call of the innermost frame. One buffer serves all frames: a call begins by
  /// clearing its caller's.
  [[nodiscard]] Bytes& return_data() { return return_data_; }

  /// A message from outside: `memory` and `stack` are set here.
  [[nodiscard]] MessageResult run_outermost(Message message);
  /// Calls: moves the value, then runs a precompile or code. Undoes everything on failure.
  [[nodiscard]] MessageResult call(const Message& message);
  /// Creates `message.recipient` with `message.input` as init code. @pre The creator's nonce was
  /// raised already.
  [[nodiscard]] MessageResult create(const Message& message);

  /// Charges `frame` for reaching an account (EIP-2929) and marks it as warm.
  bool charge_access(Frame& frame, WorldAccount& account, std::int64_t cold_price);
  /// The account that `account` delegates to (EIP-7702), which may be itself; null if it does not.
  [[nodiscard]] WorldAccount* delegate(WorldAccount& account);
  [[nodiscard]] bool is_precompile(const Address& address) const {
    return precompile_at(address) != nullptr;
  }
  void move_precompiles(PrecompileMoves moves) { precompile_moves_ = std::move(moves); }

 private:
  [[nodiscard]] Precompile precompile_at(const Address& address) const;
  [[nodiscard]] Program::Looks looks() const {
    return engine_ == Engine::Stoppable ? Program::Looks::AtSign : Program::Looks::Never;
  }
  void move_value(const Message& message);
  [[nodiscard]] MessageResult do_call(const Message& message);
  [[nodiscard]] MessageResult do_create(const Message& message);
  [[nodiscard]] MessageResult watched_call(const Message& message);
  [[nodiscard]] MessageResult watched_create(const Message& message);
  [[nodiscard]] bool look_at_sign();
  void trace_enter(const Message& message);
  void trace_exit(const Message& message, const MessageResult& result);
  /// Runs code in a frame of its own: translated if there is a program, else by the reference.
  [[nodiscard]] MessageResult run(const Message& message, ByteView code, Program* program);
  [[nodiscard]] MessageResult run_code(const Message& message);
  [[nodiscard]] MessageResult run_init_code(const Message& message);
  [[nodiscard]] MessageResult run_precompile(const Message& message, bool& found);
  [[nodiscard]] MessageResult deploy(const Message& message, std::int64_t gas_left);

  Revision revision_;
  Engine engine_;
  const Schedule& rules_;
  World* world_ = nullptr;
  const BlockEnv* block_ = nullptr;
  TxnContext txn_;
  MemoryArena memory_;
  StackArena stack_;
  ProgramCache programs_;
  ModularMultiplier multiplier_;
  Bytes return_data_;
  Tracer* tracer_ = nullptr;
  StopSign stop_sign_;
  std::int32_t work_left_ = 0;  // until the sign is looked at again; negative once it was true
  bool is_watched_ = false;     // by a tracer or for the sign
  PrecompileMoves precompile_moves_;
};

/// The address of what CREATE2 makes (EIP-1014); that of CREATE is primitives::contract_address.
[[nodiscard]] Address creation2_address(const Address& creator, const U256& salt,
                                        ByteView init_code);

}  // namespace ol::evm
