// Handlers that end frames and enter blocks, and the way in.
#include <bit>

#include "fast_handlers.hpp"
#include "interpreter.hpp"
#include "machine.hpp"

namespace ol::evm {
namespace fast {

OL_EVM_HANDLER(halt_out_of_gas) {
  frame->fail(Status::OutOfGas);
}

OL_EVM_HANDLER(halt_stack_bounds) {
  const auto height = static_cast<std::uint64_t>(sp - frame->stack) * sizeof(U256);
  const bool underflow = height < ip[1].header.need;
  frame->fail(underflow ? Status::StackUnderflow : Status::StackOverflow);
}

OL_EVM_HANDLER(halt_overflow) {
  frame->fail(Status::StackOverflow);
}

OL_EVM_HANDLER(halt_bad_jump) {
  frame->fail(Status::BadJump);
}

OL_EVM_HANDLER(halt_invalid) {
  frame->fail(Status::InvalidOpcode);
}

OL_EVM_HANDLER(stop) {
  frame->gas = gas;
  frame->fail(Status::Success);
}

OL_EVM_HANDLER(enter_block) {
  OL_EVM_ENTER(ip);
}

OL_EVM_HANDLER(enter_wanted) {
  Cell* const target = frame->program->block(U256{frame->wanted_offset});
  if (target == nullptr) [[unlikely]]
    OL_EVM_BECOME(halt_bad_jump);
  OL_EVM_ENTER(target);
}

OL_EVM_HANDLER(go_to) {
  OL_EVM_ENTER(ip[1].block);
}

OL_EVM_HANDLER(translate_here) {
  ip[1].block = frame->program->translate(ip[1].data);
  ip[0].run = go_to;
  OL_EVM_GO(ip);
}

OL_EVM_HANDLER(look_at_sign) {
  if (frame->machine.must_stop(static_cast<std::int32_t>(ip[1].data))) [[unlikely]]
    OL_EVM_BECOME(halt_out_of_gas);
  OL_EVM_GO(ip + 2);
}

OL_EVM_HANDLER(push_gas) {
  const auto before = OL_EVM_WINDOW;
  OL_EVM_SETTLE(before.push(U256{static_cast<std::uint64_t>(gas)}));
  OL_EVM_GO(ip + 1);
}

OL_EVM_HANDLER(grow_and_retry) {
  frame->gas = gas;
  if (!frame->expand(frame->wanted_offset, frame->wanted_size)) [[unlikely]]
    return;
  gas = frame->gas;
  OL_EVM_GO(ip);
}

}  // namespace fast

void run_fast(Frame& frame, Program& program) {
  frame.program = &program;
  frame.stack = frame.message.stack;
  Cell* const entry = program.entry();
  entry->run(entry, frame.stack, frame.gas, &frame, 0, 0, 0, 0);
}

}  // namespace ol::evm
