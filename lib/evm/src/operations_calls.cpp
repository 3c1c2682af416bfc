// Calls and creation: what the caller pays, passes on and gets back. Yellow Paper appendix H.2.
#include "operations.hpp"

#include <algorithm>
#include <limits>

#include "machine.hpp"

namespace ol::evm::operations {
namespace {

constexpr std::int64_t kValueTransfer = 9'000;
constexpr std::int64_t kValueStipend = 2'300;
constexpr std::int64_t kNewAccount = 25'000;
constexpr std::int64_t kKeccakWord = 6;

/// The operands of a call, wherever they lie on the stack.
struct CallOperands {
  CallKind kind = CallKind::Call;
  bool is_static = false;
  const U256* gas = nullptr;
  U256 value{};
  bool has_value = false;        // whether the caller pays `value`
  const U256* ranges = nullptr;  // input offset; its size, output offset and size lie below it
  U256* result = nullptr;

  [[nodiscard]] const U256& input_offset() const { return ranges[0]; }
  [[nodiscard]] const U256& input_size() const { return ranges[-1]; }
  [[nodiscard]] const U256& output_offset() const { return ranges[-2]; }
  [[nodiscard]] const U256& output_size() const { return ranges[-3]; }
};

bool is_new_account(const Schedule& rules, const WorldAccount& account, const U256& value) {
  if (!rules.state_clearing) return !account.exists;
  return !value.is_zero() && (!account.exists || account.is_empty());
}

/// Charges for the account, the code it delegates to (EIP-7702), the value and a new account.
bool charge_call(Frame& frame, const CallOperands& call, WorldAccount& target,
                 WorldAccount*& delegate) {
  Machine& machine = frame.machine;
  const Schedule& rules = machine.rules();
  if (!machine.charge_access(frame, target, rules.cold_account)) return false;
  delegate = machine.delegate(target);
  if (delegate != nullptr) {
    if (!frame.charge(rules.delegate_warm)) return false;
    if (!machine.charge_access(frame, *delegate, rules.cold_account)) return false;
  }
  std::int64_t price = 0;
  if (!call.value.is_zero() && call.has_value) price += kValueTransfer;
  if (call.kind == CallKind::Call && is_new_account(rules, target, call.value)) {
    price += kNewAccount;
  }
  return frame.charge(price);
}

/// Sets aside the gas a callee may use; false when there is less than Frontier insists on.
bool take_callee_gas(Frame& frame, const U256& requested, std::int64_t& gas) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const U256 bound = static_cast<std::uint64_t>(kMax);
  gas = requested < bound ? static_cast<std::int64_t>(requested.low64()) : kMax;
  if (frame.machine.rules().keeps_a_64th) gas = std::min(gas, frame.gas - frame.gas / 64);
  if (gas > frame.gas) return frame.fail(Status::OutOfGas);
  frame.gas -= gas;
  return true;
}

/// Where the callee's memory begins: behind ours, aligned.
MemoryArena::Place behind(const Frame& frame) {
  return {frame.place.chunk, frame.memory + frame.memory_size};
}

Message make_message(const Frame& frame, const CallOperands& call, std::int64_t gas,
                     WorldAccount& target) {
  const Message& own = frame.message;
  Message out;
  out.kind = call.kind;
  out.mutability = call.is_static ? Mutability::Static : own.mutability;
  out.depth = own.depth + 1;
  out.gas = gas;
  out.recipient = call.kind == CallKind::Call ? &target : own.recipient;
  out.sender = call.kind == CallKind::Delegatecall ? own.sender : own.recipient;
  out.value = call.value;
  out.input = frame.view(call.input_offset().low64(), call.input_size().low64());
  out.caller_cost = frame.step_gas - frame.gas_kept;
  out.memory = behind(frame);
  out.stack = frame.stack_end;
  return out;
}

Status refusal(const Frame& frame) {
  return frame.message.depth >= kDepthMax ? Status::DepthExceeded : Status::InsufficientBalance;
}

void trace_refused_call(const Frame& frame, const CallOperands& call, std::int64_t gas,
                        WorldAccount& target) {
  Message message = make_message(frame, call, gas, target);
  message.code = &target;
  frame.machine.trace_refusal(message, refusal(frame));
}

void trace_refused_creation(const Frame& frame, const U256& value, const Address& address,
                            ByteView init_code) {
  Message message;
  message.kind = CallKind::Create;
  message.depth = frame.message.depth + 1;
  message.gas = frame.gas - frame.gas / 64;
  message.sender = frame.message.recipient;
  message.recipient = &frame.machine.world().account(address);
  message.value = value;
  message.input = init_code;
  message.caller_cost = frame.step_gas - frame.gas_kept;
  frame.machine.trace_refusal(message, refusal(frame));
}

void copy_output(Frame& frame, const CallOperands& call) {
  const Bytes& output = frame.machine.return_data();
  const std::size_t size = std::min<std::uint64_t>(output.size(), call.output_size().low64());
  if (size != 0) std::memcpy(frame.memory + call.output_offset().low64(), output.data(), size);
}

bool run_call(Frame& frame, const U256& address, const CallOperands& call) {
  Machine& machine = frame.machine;
  if (!frame.expand(call.input_offset(), call.input_size())) return false;
  if (!frame.expand(call.output_offset(), call.output_size())) return false;
  WorldAccount& target = machine.world().account(to_address(address));
  WorldAccount* delegate = nullptr;
  if (!charge_call(frame, call, target, delegate)) return false;
  std::int64_t gas = 0;
  if (!take_callee_gas(frame, *call.gas, gas)) return false;
  frame.gas_kept = frame.gas;
  const bool pays = call.has_value && !call.value.is_zero();
  if (pays) gas += kValueStipend;

  machine.return_data().clear();
  const bool affordable = !pays || !(frame.message.recipient->balance < call.value);
  if (frame.message.depth >= kDepthMax || !affordable) {
    if (machine.tracer() != nullptr) [[unlikely]]
      trace_refused_call(frame, call, gas, target);
    frame.gas += gas;
    *call.result = {};
    return true;
  }
  Message message = make_message(frame, call, gas, target);
  message.code = delegate != nullptr ? delegate : &target;
  message.code_is_delegated = delegate != nullptr;
  frame.forget_ready();
  const MessageResult result = machine.call(message);
  frame.gas += result.gas_left;
  copy_output(frame, call);
  *call.result = result.status == Status::Success ? 1 : 0;
  return true;
}

bool run_create(Frame& frame, U256* top, bool salted) {
  Machine& machine = frame.machine;
  const Schedule& rules = machine.rules();
  World& world = machine.world();
  if (frame.is_static()) return frame.fail(Status::StaticViolation);
  const U256 value = top[0];
  if (!frame.expand(top[-1], top[-2])) return false;
  const std::uint64_t size = top[-2].low64();
  if (size > rules.init_code_bytes_max) return frame.fail(Status::InitCodeTooLarge);
  const std::int64_t word_price = rules.init_code_word + (salted ? kKeccakWord : 0);
  if (!frame.charge(word_price * static_cast<std::int64_t>(word_count(size)))) return false;

  frame.gas_kept = frame.gas;
  machine.return_data().clear();
  WorldAccount& self = *frame.message.recipient;
  const U256 salt = salted ? top[-3] : U256{};
  U256& result_word = salted ? top[-3] : top[-2];
  const ByteView init_code = frame.view(top[-1].low64(), size);
  result_word = {};
  const Address address = salted ? creation2_address(self.address, salt, init_code)
                                 : primitives::contract_address(self.address, self.nonce);
  if (frame.message.depth >= kDepthMax || self.balance < value) {
    if (machine.tracer() != nullptr) [[unlikely]]
      trace_refused_creation(frame, value, address, init_code);
    return true;
  }
  if (self.nonce == std::numeric_limits<std::uint64_t>::max()) return true;  // EIP-2681

  Message message;
  message.kind = CallKind::Create;
  message.depth = frame.message.depth + 1;
  message.gas = rules.keeps_a_64th ? frame.gas - frame.gas / 64 : frame.gas;
  message.sender = &self;
  message.value = value;
  message.input = init_code;
  message.memory = behind(frame);
  message.stack = frame.stack_end;
  world.set_nonce(self, self.nonce + 1);
  message.recipient = &world.account(address);
  message.caller_cost = frame.step_gas - frame.gas_kept;
  frame.gas -= message.gas;
  frame.forget_ready();
  const MessageResult result = machine.create(message);
  frame.gas += result.gas_left;
  if (result.status == Status::Success) result_word = to_word(address);
  return true;
}

}  // namespace

bool call(Frame& frame, U256* top) {
  if (frame.is_static() && !top[-2].is_zero()) return frame.fail(Status::StaticViolation);
  return run_call(frame, top[-1],
                  {.kind = CallKind::Call,
                   .gas = &top[0],
                   .value = top[-2],
                   .has_value = true,
                   .ranges = &top[-3],
                   .result = &top[-6]});
}

bool callcode(Frame& frame, U256* top) {
  return run_call(frame, top[-1],
                  {.kind = CallKind::Callcode,
                   .gas = &top[0],
                   .value = top[-2],
                   .has_value = true,
                   .ranges = &top[-3],
                   .result = &top[-6]});
}

bool delegatecall(Frame& frame, U256* top) {
  return run_call(frame, top[-1],
                  {.kind = CallKind::Delegatecall,
                   .gas = &top[0],
                   .value = frame.message.value,
                   .ranges = &top[-2],
                   .result = &top[-5]});
}

bool staticcall(Frame& frame, U256* top) {
  return run_call(frame, top[-1],
                  {.kind = CallKind::Call,
                   .is_static = true,
                   .gas = &top[0],
                   .ranges = &top[-2],
                   .result = &top[-5]});
}

bool create(Frame& frame, U256* top) {
  return run_create(frame, top, false);
}

bool create2(Frame& frame, U256* top) {
  return run_create(frame, top, true);
}

}  // namespace ol::evm::operations
