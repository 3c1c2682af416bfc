#pragma once

#include "command.hpp"

namespace ol::app {

/// `openliquid evm`: the EVM on its own, outside any chain.
void add_evm(CLI::App& app);

}  // namespace ol::app
