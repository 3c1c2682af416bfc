#pragma once

#include <vector>

#include <ol/primitives/genesis.hpp>

#include "bench/evm_block.hpp"

namespace ol::app::bench {

/// A chain's start and the signed blocks that follow it.
struct EvmBlockLoad {
  primitives::Genesis genesis;
  /// Envelopes, by block.
  std::vector<std::vector<Bytes>> blocks;
};

/// @pre `options.load` is one of the three.
[[nodiscard]] EvmBlockLoad make_evm_block_load(const EvmBlockOptions& options);

}  // namespace ol::app::bench
