#pragma once

#include <CLI/CLI.hpp>

namespace ol::app {

/// `evm run`: runs bytecode on an empty state and prints how it ended.
void add_evm_run(CLI::App& evm);
/// `evm trace`: the same, with a line for each instruction.
void add_evm_trace(CLI::App& evm);

}  // namespace ol::app
