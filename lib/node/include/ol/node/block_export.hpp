#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include <ol/node/node.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::node {

/// Which part of a node's chain is exported, and how.
struct BlockExport {
  const primitives::Genesis& genesis;
  /// Of a node that is stopped, or runs meanwhile: it is only read.
  std::filesystem::path data_dir;
  std::uint64_t first = 0;
  /// Nothing: the last block that was final when the export began.
  std::optional<std::uint64_t> last = std::nullopt;
  /// Whether blocks are executed, from genesis on, to tell what became of actions: their results
  /// are kept nowhere. Each block's roots are compared with those that its node stored.
  bool results = true;
  /// Whether records end with the block as bytes.
  bool raw = false;
};

/// A record without its end of line. False ends the export.
using RecordSink = std::function<bool(std::string_view)>;

/// Gives `sink` one JSON object for each block, ascending. Takes as much memory as one block and
/// the exchange's state. Any thread. Format: docs/protocol/block-log.md.
/// @return How many were given.
[[nodiscard]] Result<std::uint64_t, NodeError> export_blocks(const BlockExport& what,
                                                             const RecordSink& sink);

}  // namespace ol::node
