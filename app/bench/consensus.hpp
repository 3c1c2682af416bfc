#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/report.hpp"

namespace ol::app::bench {

struct ConsensusOptions {
  std::uint32_t validators = 4;
  std::uint32_t block_items = 400;
  std::uint32_t payload_bytes = 32;
  /// Commands that clients keep unanswered, in blocks.
  std::uint32_t window_blocks = 8;
  double duration_s = 10;
  /// Ends the measurement earlier; 0 for no such end.
  std::uint64_t blocks_max = 0;
  std::uint64_t block_interval_ms = 1;
  std::string scheme = "bls-threshold";
  std::filesystem::path directory;
};

/// Ordering alone: validators in this process, each the shipped driver with BLS votes, a safety
/// record synced to disk before each signature and encrypted TCP links to the others, agree on
/// opaque commands that clients hand to all of them. Throws CommandError where it cannot run.
[[nodiscard]] Report bench_consensus(const ConsensusOptions& options);

}  // namespace ol::app::bench
