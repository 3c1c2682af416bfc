#pragma once

#include <cstdint>

#include "fast_kinds.hpp"
#include "program.hpp"

namespace ol::evm::fast {

/// How the translator treats an opcode.
enum class Form : std::uint8_t {
  Undefined,
  Step,       // `kind` says which; `run` is it alone
  Operation,  // `run`, never part of a chain
  Jump,
  JumpIf,
  Push,
  Jumpdest,
  Constant,  // CODESIZE, PC: a push of what the translator knows
};

struct OpcodePlan {
  Form form = Form::Undefined;
  Kind kind = kAlone;
  Handler run = nullptr;
  bool ends_block = false;    // what follows begins a new block
  bool falls_through = true;  // what follows can be reached from here
};

[[nodiscard]] const OpcodePlan& opcode_plan(std::uint8_t opcode);

}  // namespace ol::evm::fast
