// Instructions that never stand in a chain, and the plan of every opcode.
#include "fast_operations.hpp"

#include <array>

#include <ol/evm/opcode.hpp>

#include "division.hpp"
#include "machine.hpp"
#include "operations.hpp"

namespace ol::evm::fast {
namespace {

/// An operation shared with the reference interpreter: the whole stack goes to memory for it.
template <Operation Run, int Inputs, int Outputs>
OL_EVM_HANDLER(operation) {
  sp[1] = {t0, t1, t2, t3};
  frame->gas = gas;
  frame->stack_end = sp + 3;
  if (!Run(*frame, sp + 1)) [[unlikely]]
    return;
  gas = frame->gas;
  sp += Outputs - Inputs;
  const U256& top = sp[1];
  t0 = top.limb(0);
  t1 = top.limb(1);
  t2 = top.limb(2);
  t3 = top.limb(3);
  OL_EVM_GO(ip + 1);
}

/// CALLDATALOAD of a whole word; what reaches past the end is left to the shared operation.
OL_EVM_HANDLER(load_call_data) {
  const std::uint64_t size = frame->call_data.size();
  if ((t1 | t2 | t3) != 0 || size < 32 || t0 > size - 32) [[unlikely]]
    OL_EVM_BECOME((operation<operations::calldataload, 1, 1>));
  const U256 word = load_word(frame->call_data.data() + t0);
  t0 = word.limb(0);
  t1 = word.limb(1);
  t2 = word.limb(2);
  t3 = word.limb(3);
  OL_EVM_GO(ip + 1);
}

/// Arithmetic that is a call away: too large to be part of a chain.
template <auto Compute>
bool compute2(Frame& /*frame*/, U256* top) {
  top[-1] = Compute(top[0], top[-1]);
  return true;
}
template <auto Compute>
bool compute3(Frame& /*frame*/, U256* top) {
  top[-2] = Compute(top[0], top[-1], top[-2]);
  return true;
}
bool compute_mulmod(Frame& frame, U256* top) {
  top[-2] = frame.machine.multiplier().mulmod(top[0], top[-1], top[-2]);
  return true;
}
bool compute_clz(Frame& /*frame*/, U256* top) {
  top[0] = U256{top[0].clz()};
  return true;
}

/// DIV: by a power of two, which is how old compilers shift, without leaving the registers.
OL_EVM_HANDLER(divide) {
  const auto before = OL_EVM_WINDOW;
  const auto shift = power_of_two(before.at<1>());
  if (!shift) OL_EVM_BECOME((operation<compute2<fast_div>, 2, 1>));
  OL_EVM_SETTLE(before.drop<2>().push(word::shr(before.at<0>(), U256{*shift})));
  OL_EVM_GO(ip + 1);
}

/// MULMOD: by 2^256 - 1 and by powers of two, as in multiplying and dividing with a product of 512
/// bits, without leaving the registers.
OL_EVM_HANDLER(multiply_modulo) {
  const auto before = OL_EVM_WINDOW;
  const U256 modulus = before.at<2>();
  U256 result;
  if ((modulus.limb(0) & modulus.limb(1) & modulus.limb(2) & modulus.limb(3)) == UINT64_MAX) {
    result = mulmod_max(before.at<0>(), before.at<1>());
  } else if (power_of_two(modulus)) {
    result = before.at<0>() * before.at<1>() & word::subtract(modulus, U256{1});
  } else {
    OL_EVM_BECOME((operation<compute_mulmod, 3, 1>));
  }
  OL_EVM_SETTLE(before.drop<3>().push(result));
  OL_EVM_GO(ip + 1);
}

using Plans = std::array<OpcodePlan, 256>;

constexpr OpcodePlan& at(Plans& plans, Opcode op) {
  return plans[static_cast<std::size_t>(op)];
}

template <typename Step>
constexpr void add_step(Plans& plans, Opcode op) {
  at(plans, op) = {.form = Form::Step, .kind = kKind<Step>, .run = run_steps<Step>};
}

template <Operation Run, int Inputs, int Outputs>
constexpr void add_operation(Plans& plans, Opcode op) {
  at(plans, op) = {.form = Form::Operation, .run = operation<Run, Inputs, Outputs>};
}

/// Gas must be exact there, so the block's share of it ends there.
constexpr void end_block(Plans& plans, Opcode op) {
  at(plans, op).ends_block = true;
}

constexpr void end_flow(Plans& plans, Opcode op) {
  at(plans, op).ends_block = true;
  at(plans, op).falls_through = false;
}

constexpr void add_steps(Plans& plans) {
  add_step<Add>(plans, Opcode::Add);
  add_step<Mul>(plans, Opcode::Mul);
  add_step<Sub>(plans, Opcode::Sub);
  add_step<Lt>(plans, Opcode::Lt);
  add_step<Gt>(plans, Opcode::Gt);
  add_step<Slt>(plans, Opcode::Slt);
  add_step<Sgt>(plans, Opcode::Sgt);
  add_step<Eq>(plans, Opcode::Eq);
  add_step<Iszero>(plans, Opcode::Iszero);
  add_step<And>(plans, Opcode::And);
  add_step<Or>(plans, Opcode::Or);
  add_step<Xor>(plans, Opcode::Xor);
  add_step<Not>(plans, Opcode::Not);
  add_step<Byte>(plans, Opcode::Byte);
  add_step<Shl>(plans, Opcode::Shl);
  add_step<Shr>(plans, Opcode::Shr);
  add_step<Sar>(plans, Opcode::Sar);
  add_step<Callvalue>(plans, Opcode::Callvalue);
  add_step<Calldatasize>(plans, Opcode::Calldatasize);
  add_step<Pop>(plans, Opcode::Pop);
  add_step<Mload>(plans, Opcode::Mload);
  add_step<Mstore>(plans, Opcode::Mstore);
  add_step<Mstore8>(plans, Opcode::Mstore8);
  add_step<Msize>(plans, Opcode::Msize);
}

constexpr void add_computations(Plans& plans) {
  at(plans, Opcode::Div) = {.form = Form::Operation, .run = divide};
  add_operation<compute2<fast_sdiv>, 2, 1>(plans, Opcode::Sdiv);
  add_operation<compute2<fast_mod>, 2, 1>(plans, Opcode::Mod);
  add_operation<compute2<fast_smod>, 2, 1>(plans, Opcode::Smod);
  add_operation<compute3<ol::addmod>, 3, 1>(plans, Opcode::Addmod);
  at(plans, Opcode::Mulmod) = {.form = Form::Operation, .run = multiply_modulo};
  add_operation<compute2<ol::signextend>, 2, 1>(plans, Opcode::Signextend);
  add_operation<compute_clz, 1, 1>(plans, Opcode::Clz);
  add_operation<operations::exp, 2, 1>(plans, Opcode::Exp);
  add_operation<operations::keccak256, 2, 1>(plans, Opcode::Keccak256);
}

constexpr void add_environment(Plans& plans) {
  add_operation<operations::address, 0, 1>(plans, Opcode::Address);
  add_operation<operations::balance, 1, 1>(plans, Opcode::Balance);
  add_operation<operations::origin, 0, 1>(plans, Opcode::Origin);
  add_operation<operations::caller, 0, 1>(plans, Opcode::Caller);
  at(plans, Opcode::Calldataload) = {.form = Form::Operation, .run = load_call_data};
  add_operation<operations::calldatacopy, 3, 0>(plans, Opcode::Calldatacopy);
  add_operation<operations::codecopy, 3, 0>(plans, Opcode::Codecopy);
  add_operation<operations::gasprice, 0, 1>(plans, Opcode::Gasprice);
  add_operation<operations::extcodesize, 1, 1>(plans, Opcode::Extcodesize);
  add_operation<operations::extcodecopy, 4, 0>(plans, Opcode::Extcodecopy);
  add_operation<operations::returndatasize, 0, 1>(plans, Opcode::Returndatasize);
  add_operation<operations::returndatacopy, 3, 0>(plans, Opcode::Returndatacopy);
  add_operation<operations::extcodehash, 1, 1>(plans, Opcode::Extcodehash);
  add_operation<operations::blockhash, 1, 1>(plans, Opcode::Blockhash);
  add_operation<operations::coinbase, 0, 1>(plans, Opcode::Coinbase);
  add_operation<operations::timestamp, 0, 1>(plans, Opcode::Timestamp);
  add_operation<operations::number, 0, 1>(plans, Opcode::Number);
  add_operation<operations::prevrandao, 0, 1>(plans, Opcode::Prevrandao);
  add_operation<operations::gaslimit, 0, 1>(plans, Opcode::Gaslimit);
  add_operation<operations::chainid, 0, 1>(plans, Opcode::Chainid);
  add_operation<operations::selfbalance, 0, 1>(plans, Opcode::Selfbalance);
  add_operation<operations::basefee, 0, 1>(plans, Opcode::Basefee);
  add_operation<operations::blobhash, 1, 1>(plans, Opcode::Blobhash);
  add_operation<operations::blobbasefee, 0, 1>(plans, Opcode::Blobbasefee);
}

constexpr void add_state(Plans& plans) {
  add_operation<operations::mcopy, 3, 0>(plans, Opcode::Mcopy);
  add_operation<operations::sload, 1, 1>(plans, Opcode::Sload);
  add_operation<operations::sstore, 2, 0>(plans, Opcode::Sstore);
  add_operation<operations::tload, 1, 1>(plans, Opcode::Tload);
  add_operation<operations::tstore, 2, 0>(plans, Opcode::Tstore);
  add_operation<operations::log0, 2, 0>(plans, Opcode::Log0);
  add_operation<operations::log1, 3, 0>(plans, Opcode::Log1);
  add_operation<operations::log2, 4, 0>(plans, Opcode::Log2);
  add_operation<operations::log3, 5, 0>(plans, Opcode::Log3);
  add_operation<operations::log4, 6, 0>(plans, Opcode::Log4);
  add_operation<operations::create, 3, 1>(plans, Opcode::Create);
  add_operation<operations::call, 7, 1>(plans, Opcode::Call);
  add_operation<operations::callcode, 7, 1>(plans, Opcode::Callcode);
  add_operation<operations::finish, 2, 0>(plans, Opcode::Return);
  add_operation<operations::delegatecall, 6, 1>(plans, Opcode::Delegatecall);
  add_operation<operations::create2, 4, 1>(plans, Opcode::Create2);
  add_operation<operations::staticcall, 6, 1>(plans, Opcode::Staticcall);
  add_operation<operations::revert, 2, 0>(plans, Opcode::Revert);
  add_operation<operations::selfdestruct, 1, 0>(plans, Opcode::Selfdestruct);
}

constexpr void add_stack(Plans& plans) {
  for (std::size_t i = 0; i <= 32; ++i)
    plans[0x5f + i] = {.form = Form::Push, .kind = kKind<Push>, .run = run_steps<Push>};
  for (std::size_t i = 4; i <= 16; ++i)
    plans[0x7f + i] = {.form = Form::Step, .kind = kKind<DupDeep>, .run = run_steps<DupDeep>};
  for (std::size_t i = 3; i <= 16; ++i)
    plans[0x8f + i] = {.form = Form::Step, .kind = kKind<SwapDeep>, .run = run_steps<SwapDeep>};
  plans[0x80] = {.form = Form::Step, .kind = kKind<Dup<1>>, .run = run_steps<Dup<1>>};
  plans[0x81] = {.form = Form::Step, .kind = kKind<Dup<2>>, .run = run_steps<Dup<2>>};
  plans[0x82] = {.form = Form::Step, .kind = kKind<Dup<3>>, .run = run_steps<Dup<3>>};
  plans[0x90] = {.form = Form::Step, .kind = kKind<Swap<1>>, .run = run_steps<Swap<1>>};
  plans[0x91] = {.form = Form::Step, .kind = kKind<Swap<2>>, .run = run_steps<Swap<2>>};
}

constexpr void add_flow(Plans& plans) {
  at(plans, Opcode::Stop) = {.form = Form::Operation, .run = stop};
  at(plans, Opcode::Invalid) = {.form = Form::Operation, .run = halt_invalid};
  at(plans, Opcode::Jump) = {.form = Form::Jump, .kind = kKind<JumpTo>, .run = run_jump_to<>};
  at(plans, Opcode::Jumpi) = {
      .form = Form::JumpIf, .kind = kKind<JumpToIf>, .run = run_jump_to_if<>};
  at(plans, Opcode::Gas) = {.form = Form::Operation, .run = push_gas};
  at(plans, Opcode::Jumpdest) = {.form = Form::Jumpdest};
  at(plans, Opcode::Pc) = {.form = Form::Constant, .kind = kKind<Push>, .run = run_steps<Push>};
  at(plans, Opcode::Codesize) = at(plans, Opcode::Pc);
  for (const Opcode op : {Opcode::Stop, Opcode::Invalid, Opcode::Jump, Opcode::Return,
                          Opcode::Revert, Opcode::Selfdestruct}) {
    end_flow(plans, op);
  }
  for (const Opcode op :
       {Opcode::Jumpi, Opcode::Gas, Opcode::Sstore, Opcode::Create, Opcode::Call, Opcode::Callcode,
        Opcode::Delegatecall, Opcode::Create2, Opcode::Staticcall}) {
    end_block(plans, op);
  }
}

constexpr Plans make_plans() {
  Plans plans{};
  add_steps(plans);
  add_computations(plans);
  add_environment(plans);
  add_state(plans);
  add_stack(plans);
  add_flow(plans);
  return plans;
}

constexpr Plans kPlans = make_plans();

}  // namespace

const OpcodePlan& opcode_plan(std::uint8_t opcode) {
  return kPlans[opcode];
}

}  // namespace ol::evm::fast
