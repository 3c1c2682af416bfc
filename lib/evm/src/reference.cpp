// The plain interpreter: one instruction at a time, every check where the Yellow Paper (section 9.4
// and appendix H) makes it, nothing prepared beforehand but the set of jump destinations. It is the
// readable definition of what code does; the fast interpreter is compared with it.
#include <span>
#include <vector>

#include <ol/evm/opcode.hpp>
#include <ol/evm/trace.hpp>

#include "interpreter.hpp"
#include "machine.hpp"
#include "operations.hpp"

namespace ol::evm {
namespace {

constexpr std::uint8_t kStop = static_cast<std::uint8_t>(Opcode::Stop);
constexpr std::uint8_t kPush0 = static_cast<std::uint8_t>(Opcode::Push0);
constexpr std::uint8_t kPush1 = static_cast<std::uint8_t>(Opcode::Push1);
constexpr std::uint8_t kPush32 = static_cast<std::uint8_t>(Opcode::Push32);
constexpr std::uint8_t kDup1 = static_cast<std::uint8_t>(Opcode::Dup1);
constexpr std::uint8_t kDup16 = static_cast<std::uint8_t>(Opcode::Dup16);
constexpr std::uint8_t kSwap1 = static_cast<std::uint8_t>(Opcode::Swap1);
constexpr std::uint8_t kSwap16 = static_cast<std::uint8_t>(Opcode::Swap16);

constexpr bool is_push(std::uint8_t op) {
  return op >= kPush1 && op <= kPush32;
}

/// Which bytes are JUMPDEST instructions rather than data of a PUSH.
std::vector<bool> jump_destinations(ByteView code) {
  std::vector<bool> out(code.size());
  for (std::size_t pc = 0; pc < code.size(); ++pc) {
    if (code[pc] == static_cast<std::uint8_t>(Opcode::Jumpdest)) out[pc] = true;
    if (is_push(code[pc])) pc += code[pc] - kPush0;
  }
  return out;
}

/// Watches nothing; the compiler leaves no trace of it.
struct NoTracing {
  bool before(const Frame& /*frame*/, std::size_t /*pc*/, std::uint8_t /*op*/,
              std::span<const U256> /*stack*/) {
    return true;
  }
  void after(const Frame& /*frame*/, bool /*goes_on*/) {}
};

class Tracing {
 public:
  explicit Tracing(Tracer& tracer) : tracer_(tracer) {}

  /// False when the tracer has seen enough.
  bool before(Frame& frame, std::size_t pc, std::uint8_t op, std::span<const U256> stack) {
    if (tracer_.wants_stop() || frame.machine.must_stop(1)) return frame.fail(Status::OutOfGas);
    frame.step_gas = frame.gas;
    frame.gas_kept = -1;
    tracer_.on_step({.pc = pc,
                     .opcode = op,
                     .depth = frame.message.depth,
                     .gas = frame.gas,
                     .stack = stack,
                     .memory = frame.view(0, frame.memory_size),
                     .return_data = frame.machine.return_data(),
                     .refund = frame.machine.world().refund(),
                     .address = frame.message.recipient->address});
    return true;
  }
  void after(const Frame& frame, bool goes_on) {
    const std::int64_t kept = frame.gas_kept >= 0 ? frame.gas_kept : frame.gas;
    const bool failed = !goes_on && frame.status != Status::Revert;
    tracer_.on_step_end(frame.message.depth, frame.step_gas - kept,
                        failed ? frame.status : Status::Success);
  }

 private:
  Tracer& tracer_;
};

template <typename Watch>
class Interpreter {
 public:
  Interpreter(Frame& frame, Watch watch)
      : frame_(frame),
        code_(frame.code),
        stack_(frame.message.stack + 1),
        destinations_(jump_destinations(code_)),
        watch_(watch) {}

  void run() {
    const OpcodeTable& table = frame_.machine.rules().opcodes;
    for (;;) {
      const std::uint8_t op = opcode_at_pc();
      const OpcodeRule& rule = table[op];
      if (!watch_.before(frame_, pc_, op, {stack_, height_})) return;
      const bool goes_on = check(rule) && execute(op);
      watch_.after(frame_, goes_on);
      if (!goes_on) return;
      height_ += static_cast<std::size_t>(rule.growth());
    }
  }

 private:
  /// Behind the last instruction there are only STOPs (Yellow Paper section 9.4.1), which tracers
  /// see like any other.
  [[nodiscard]] std::uint8_t opcode_at_pc() const {
    return pc_ < code_.size() ? code_[pc_] : kStop;
  }

  bool check(const OpcodeRule& rule) {
    if (!rule.defined()) return frame_.fail(Status::InvalidOpcode);
    if (height_ < rule.inputs) return frame_.fail(Status::StackUnderflow);
    if (height_ - rule.inputs + rule.outputs > kStackMax) {
      return frame_.fail(Status::StackOverflow);
    }
    return frame_.charge(rule.gas);
  }

  /// The `size` bytes of a PUSH, zeros past the end of the code.
  U256 immediate(std::size_t size) {
    U256 out;
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint8_t byte = pc_ + i < code_.size() ? code_[pc_ + i] : 0;
      out = (out << 8) | U256{byte};
    }
    pc_ += size;
    return out;
  }

  bool jump(const U256& target) {
    if (!(target < U256{code_.size()}) || !destinations_[target.low64()]) {
      return frame_.fail(Status::BadJump);
    }
    pc_ = target.low64();
    return true;
  }

  static bool put(U256& place, const U256& value) {
    place = value;
    return true;
  }
  static bool put(U256& place, bool value) {
    place = value ? 1 : 0;
    return true;
  }

  bool execute(std::uint8_t op) {
    U256* const top = stack_ + height_ - 1;
    frame_.stack_end = stack_ + height_ + 1;
    // Before the instruction runs, so that a jump can set its own.
    ++pc_;
    if (op == kPush0 || is_push(op)) return put(top[1], immediate(op - kPush0));
    if (op >= kDup1 && op <= kDup16) return put(top[1], *(top - (op - kDup1)));
    if (op >= kSwap1 && op <= kSwap16) {
      std::swap(top[0], *(top - (op - kSwap1 + 1)));
      return true;
    }
    return execute_named(static_cast<Opcode>(op), top);
  }

  // clang-format off
  bool execute_named(Opcode op, U256* top) {
    namespace ops = operations;
    U256& first = top[0];    // the top of the stack
    U256& second = top[-1];  // where the result of two operands goes
    switch (op) {
      case Opcode::Stop: return frame_.fail(Status::Success);
      case Opcode::Add: return put(second, first + second);
      case Opcode::Mul: return put(second, first * second);
      case Opcode::Sub: return put(second, first - second);
      case Opcode::Div: return put(second, div(first, second));
      case Opcode::Sdiv: return put(second, sdiv(first, second));
      case Opcode::Mod: return put(second, mod(first, second));
      case Opcode::Smod: return put(second, smod(first, second));
      case Opcode::Addmod: return put(top[-2], addmod(first, second, top[-2]));
      case Opcode::Mulmod: return put(top[-2], mulmod(first, second, top[-2]));
      case Opcode::Exp: return ops::exp(frame_, top);
      case Opcode::Signextend: return put(second, signextend(first, second));
      case Opcode::Lt: return put(second, first < second);
      case Opcode::Gt: return put(second, second < first);
      case Opcode::Slt: return put(second, signed_less(first, second));
      case Opcode::Sgt: return put(second, signed_less(second, first));
      case Opcode::Eq: return put(second, first == second);
      case Opcode::Iszero: return put(first, first.is_zero());
      case Opcode::And: return put(second, first & second);
      case Opcode::Or: return put(second, first | second);
      case Opcode::Xor: return put(second, first ^ second);
      case Opcode::Not: return put(first, ~first);
      case Opcode::Byte: return put(second, byte(first, second));
      case Opcode::Shl: return put(second, shl(second, first));
      case Opcode::Shr: return put(second, shr(second, first));
      case Opcode::Sar: return put(second, sar(second, first));
      case Opcode::Clz: return put(first, U256{first.clz()});
      case Opcode::Keccak256: return ops::keccak256(frame_, top);
      case Opcode::Address: return ops::address(frame_, top);
      case Opcode::Balance: return ops::balance(frame_, top);
      case Opcode::Origin: return ops::origin(frame_, top);
      case Opcode::Caller: return ops::caller(frame_, top);
      case Opcode::Callvalue: return put(top[1], frame_.message.value);
      case Opcode::Calldataload: return ops::calldataload(frame_, top);
      case Opcode::Calldatasize: return put(top[1], U256{frame_.call_data.size()});
      case Opcode::Calldatacopy: return ops::calldatacopy(frame_, top);
      case Opcode::Codesize: return put(top[1], U256{code_.size()});
      case Opcode::Codecopy: return ops::codecopy(frame_, top);
      case Opcode::Gasprice: return ops::gasprice(frame_, top);
      case Opcode::Extcodesize: return ops::extcodesize(frame_, top);
      case Opcode::Extcodecopy: return ops::extcodecopy(frame_, top);
      case Opcode::Returndatasize: return ops::returndatasize(frame_, top);
      case Opcode::Returndatacopy: return ops::returndatacopy(frame_, top);
      case Opcode::Extcodehash: return ops::extcodehash(frame_, top);
      case Opcode::Blockhash: return ops::blockhash(frame_, top);
      case Opcode::Coinbase: return ops::coinbase(frame_, top);
      case Opcode::Timestamp: return ops::timestamp(frame_, top);
      case Opcode::Number: return ops::number(frame_, top);
      case Opcode::Prevrandao: return ops::prevrandao(frame_, top);
      case Opcode::Gaslimit: return ops::gaslimit(frame_, top);
      case Opcode::Chainid: return ops::chainid(frame_, top);
      case Opcode::Selfbalance: return ops::selfbalance(frame_, top);
      case Opcode::Basefee: return ops::basefee(frame_, top);
      case Opcode::Blobhash: return ops::blobhash(frame_, top);
      case Opcode::Blobbasefee: return ops::blobbasefee(frame_, top);
      case Opcode::Pop: return true;
      case Opcode::Mload: return ops::mload(frame_, top);
      case Opcode::Mstore: return ops::mstore(frame_, top);
      case Opcode::Mstore8: return ops::mstore8(frame_, top);
      case Opcode::Sload: return ops::sload(frame_, top);
      case Opcode::Sstore: return ops::sstore(frame_, top);
      case Opcode::Jump: return jump(first);
      case Opcode::Jumpi: return second.is_zero() || jump(first);
      case Opcode::Pc: return put(top[1], U256{pc_ - 1});
      case Opcode::Msize: return put(top[1], U256{frame_.memory_size});
      case Opcode::Gas: return put(top[1], U256{static_cast<std::uint64_t>(frame_.gas)});
      case Opcode::Jumpdest: return true;
      case Opcode::Tload: return ops::tload(frame_, top);
      case Opcode::Tstore: return ops::tstore(frame_, top);
      case Opcode::Mcopy: return ops::mcopy(frame_, top);
      case Opcode::Log0: return ops::log0(frame_, top);
      case Opcode::Log1: return ops::log1(frame_, top);
      case Opcode::Log2: return ops::log2(frame_, top);
      case Opcode::Log3: return ops::log3(frame_, top);
      case Opcode::Log4: return ops::log4(frame_, top);
      case Opcode::Create: return ops::create(frame_, top);
      case Opcode::Call: return ops::call(frame_, top);
      case Opcode::Callcode: return ops::callcode(frame_, top);
      case Opcode::Return: return ops::finish(frame_, top);
      case Opcode::Delegatecall: return ops::delegatecall(frame_, top);
      case Opcode::Create2: return ops::create2(frame_, top);
      case Opcode::Staticcall: return ops::staticcall(frame_, top);
      case Opcode::Revert: return ops::revert(frame_, top);
      case Opcode::Invalid: return frame_.fail(Status::InvalidOpcode);
      case Opcode::Selfdestruct: return ops::selfdestruct(frame_, top);
      case Opcode::Push0: case Opcode::Push1: case Opcode::Push32:
      case Opcode::Dup1: case Opcode::Dup16: case Opcode::Swap1: case Opcode::Swap16: break;
    }
    return frame_.fail(Status::InvalidOpcode);
  }
  // clang-format on

  Frame& frame_;
  ByteView code_;
  U256* const stack_;
  std::size_t height_ = 0;
  std::size_t pc_ = 0;
  const std::vector<bool> destinations_;
  Watch watch_;
};

}  // namespace

void run_reference(Frame& frame) {
  Interpreter(frame, NoTracing{}).run();
}

void run_traced(Frame& frame, Tracer& tracer) {
  Interpreter(frame, Tracing(tracer)).run();
}

}  // namespace ol::evm
