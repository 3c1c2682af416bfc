#pragma once

#include <cstdint>
#include <optional>

#include <simdjson.h>

#include <ol/evm/revision.hpp>

namespace ol::app {

/// The block of a genesis file, which its forks are compared with.
struct GenesisBlock {
  std::uint64_t number = 0;
  std::uint64_t timestamp = 0;  // seconds
  std::uint64_t difficulty = 0;
};

/// The rules that the `config` of a genesis file has at `block`: those of the newest fork that has
/// begun. None if it names no fork at all. Throws CommandError.
/// Source: the fields of geth's ChainConfig.
[[nodiscard]] std::optional<evm::Revision> configured_revision(simdjson::dom::element config,
                                                               const GenesisBlock& block);

}  // namespace ol::app
