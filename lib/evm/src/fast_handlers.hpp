#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "fast_steps.hpp"
#include "frame.hpp"
#include "program.hpp"

// Handlers made of steps. The macros stand for what C++ cannot name: a list of parameters, and a
// call that takes the caller's place.

/// The parameters of a Handler.
#define OL_EVM_STATE                                                               \
  [[maybe_unused]] ::ol::evm::Cell *ip, [[maybe_unused]] ::ol::U256 *sp,           \
      [[maybe_unused]] std::int64_t gas, [[maybe_unused]] ::ol::evm::Frame *frame, \
      [[maybe_unused]] std::uint64_t t0, [[maybe_unused]] std::uint64_t t1,        \
      [[maybe_unused]] std::uint64_t t2, [[maybe_unused]] std::uint64_t t3

/// Declares or defines a handler.
#define OL_EVM_HANDLER(name) void name(OL_EVM_STATE) [[clang::preserve_none]]

/// Ends a handler by running another on the same state.
#define OL_EVM_BECOME(handler) \
  [[clang::musttail]] return (handler)(ip, sp, gas, frame, t0, t1, t2, t3)

/// Ends a handler by going to another, in its cell.
#define OL_EVM_GO(cell) \
  ip = (cell);          \
  OL_EVM_BECOME(ip->run)

/// Ends a handler by entering the basic block whose first cell is given.
#define OL_EVM_ENTER(first)                                                                     \
  ip = (first);                                                                                 \
  {                                                                                             \
    const ::ol::evm::BlockHeader& block = ip[1].header;                                         \
    gas -= block.gas;                                                                           \
    const auto height = static_cast<std::uint64_t>(                                             \
        reinterpret_cast<std::uintptr_t>(sp) - reinterpret_cast<std::uintptr_t>(frame->stack)); \
    if (gas < 0) [[unlikely]]                                                                   \
      OL_EVM_BECOME(::ol::evm::fast::halt_out_of_gas);                                          \
    if (height - block.need > block.range) [[unlikely]]                                         \
      OL_EVM_BECOME(::ol::evm::fast::halt_stack_bounds);                                        \
  }                                                                                             \
  OL_EVM_GO(ip + 2)

/// The window a handler begins with.
#define OL_EVM_WINDOW                           \
  ::ol::evm::fast::Window<0, 0> {               \
    sp, {t0, t1, t2, t3}, frame, {}, false, gas \
  }

/// Ends a handler by entering the block at the JUMPDEST that `destination` names, the state being
/// as behind the jump. What is rare is left to a handler of its own, so that this one needs no
/// stack.
#define OL_EVM_ENTER_AT(destination)                                                      \
  ::ol::evm::Cell* const target = frame->program->find(destination);                      \
  if (target == nullptr) [[unlikely]] {                                                   \
    frame->wanted_offset = (destination).fits_u64() ? (destination).low64() : UINT64_MAX; \
    OL_EVM_BECOME(::ol::evm::fast::enter_wanted);                                         \
  }                                                                                       \
  OL_EVM_ENTER(target)

/// Takes the state from a window: the stack's pointer, the top word and gas.
#define OL_EVM_SETTLE(window)          \
  {                                    \
    ::ol::U256 settled_top;            \
    sp = (window).settle(settled_top); \
    gas = (window).gas;                \
    t0 = settled_top.limb(0);          \
    t1 = settled_top.limb(1);          \
    t2 = settled_top.limb(2);          \
    t3 = settled_top.limb(3);          \
  }

namespace ol::evm::fast {

OL_EVM_HANDLER(halt_out_of_gas);
OL_EVM_HANDLER(halt_stack_bounds);
OL_EVM_HANDLER(halt_overflow);
OL_EVM_HANDLER(halt_bad_jump);
OL_EVM_HANDLER(halt_invalid);
OL_EVM_HANDLER(stop);
OL_EVM_HANDLER(enter_block);
/// Enters the block at the frame's `wanted_offset`, translating it if need be.
OL_EVM_HANDLER(enter_wanted);
OL_EVM_HANDLER(go_to);
/// Translates the code from its operand on, becomes `go_to` there and runs it.
OL_EVM_HANDLER(translate_here);
/// Begins the blocks of programs that can be stopped.
OL_EVM_HANDLER(look_at_sign);
OL_EVM_HANDLER(push_gas);
/// Grows memory to what a step wanted, then runs the same instruction again.
OL_EVM_HANDLER(grow_and_retry);

/// A jump's operand before its target was translated: the destination's place in the code.
[[nodiscard]] constexpr std::uint64_t unlinked(std::uint64_t pc) {
  return pc * 2 + 1;
}
[[gnu::always_inline]] inline bool is_unlinked(std::uint64_t data) {
  return (data & 1) != 0;
}

/// Replaces the destination of a jump, `Place` cells behind the handler, by the block there, then
/// runs the handler again.
template <int Place>
OL_EVM_HANDLER(link_and_retry) {
  const std::uint64_t pc = ip[Place].data / 2;
  ip[Place].data = reinterpret_cast<std::uint64_t>(frame->program->block(pc));
  OL_EVM_GO(ip);
}

/// Runs steps one after the other, each with its operand.
template <typename... Steps>
struct Chain;

template <>
struct Chain<> {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& window, const Cell* /*operand*/) {
    return window;
  }
};

template <typename First, typename... Rest>
struct Chain<First, Rest...> {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& window, const Cell* operand) {
    if constexpr (First::kHasData) {
      return Chain<Rest...>::run(First::run(window, operand->data), operand + 1);
    } else {
      return Chain<Rest...>::run(First::run(window, 0), operand);
    }
  }
};

/// Whether steps may stand in one chain. A retry runs the whole chain again, so nothing before or
/// after it may have changed what the chain reads.
template <typename... Steps>
inline constexpr bool kChainable =
    (0 + ... + (Steps::kMayRetry ? 1 : 0)) == 0 ||
    ((0 + ... + (Steps::kMayRetry ? 1 : 0)) == 1 && !(false || ... || Steps::kWrites));

/// The cells of a handler of these steps: its own and the operands.
template <typename... Steps>
inline constexpr int kCells = (1 + ... + (Steps::kHasData ? 1 : 0));

/// The steps, then the handler behind them.
template <typename... Steps>
OL_EVM_HANDLER(run_steps) {
  static_assert(kChainable<Steps...>);
  const auto before = OL_EVM_WINDOW;
  const auto after = Chain<Steps...>::run(before, ip + 1);
  if (after.retry) [[unlikely]]
    OL_EVM_BECOME(grow_and_retry);
  OL_EVM_SETTLE(after);
  OL_EVM_GO(ip + kCells<Steps...>);
}

/// The steps, then a jump to a destination known from the code.
template <typename... Steps>
OL_EVM_HANDLER(run_jump) {
  static_assert(kChainable<Steps...>);
  const std::uint64_t target = ip[kCells<Steps...>].data;
  if (is_unlinked(target)) [[unlikely]]
    OL_EVM_BECOME(link_and_retry<kCells<Steps...>>);
  const auto before = OL_EVM_WINDOW;
  const auto after = Chain<Steps...>::run(before, ip + 1);
  if (after.retry) [[unlikely]]
    OL_EVM_BECOME(grow_and_retry);
  OL_EVM_SETTLE(after);
  OL_EVM_ENTER(std::bit_cast<Cell*>(target));
}

/// The steps, then such a jump if the top word is not zero; otherwise to the block that the operand
/// behind the destination names.
template <typename... Steps>
OL_EVM_HANDLER(run_jump_if) {
  static_assert(kChainable<Steps...>);
  const std::uint64_t target = ip[kCells<Steps...>].data;
  if (is_unlinked(target)) [[unlikely]]
    OL_EVM_BECOME(link_and_retry<kCells<Steps...>>);
  const auto before = OL_EVM_WINDOW;
  const auto decided = Chain<Steps...>::run(before, ip + 1);
  if (decided.retry) [[unlikely]]
    OL_EVM_BECOME(grow_and_retry);
  const bool jumps = !decided.template at<0>().is_zero();
  OL_EVM_SETTLE(decided.template drop<1>());
  if (jumps) {
    OL_EVM_ENTER(std::bit_cast<Cell*>(target));
  }
  OL_EVM_ENTER(ip[kCells<Steps...> + 1].block);
}

/// The steps, then a jump to where the top word says.
template <typename... Steps>
OL_EVM_HANDLER(run_jump_to) {
  static_assert(kChainable<Steps...>);
  const auto before = OL_EVM_WINDOW;
  const auto decided = Chain<Steps...>::run(before, ip + 1);
  if (decided.retry) [[unlikely]]
    OL_EVM_BECOME(grow_and_retry);
  const U256 destination = decided.template at<0>();
  OL_EVM_SETTLE(decided.template drop<1>());
  OL_EVM_ENTER_AT(destination);
}

/// The steps, then a jump to where the top word says if the one below is not zero.
template <typename... Steps>
OL_EVM_HANDLER(run_jump_to_if) {
  static_assert(kChainable<Steps...>);
  const auto before = OL_EVM_WINDOW;
  const auto decided = Chain<Steps...>::run(before, ip + 1);
  if (decided.retry) [[unlikely]]
    OL_EVM_BECOME(grow_and_retry);
  const U256 destination = decided.template at<0>();
  const bool jumps = !decided.template at<1>().is_zero();
  OL_EVM_SETTLE(decided.template drop<2>());
  if (!jumps) {
    OL_EVM_ENTER(ip + kCells<Steps...>);
  }
  OL_EVM_ENTER_AT(destination);
}

}  // namespace ol::evm::fast
