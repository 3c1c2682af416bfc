#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/report.hpp"

namespace ol::app::bench {

struct TransfersOptions {
  std::uint32_t validators = 4;
  std::uint32_t transfers = 20'000;
  std::uint32_t accounts = 100;
  /// Sent and not final on every node yet.
  std::uint32_t outstanding = 4'000;
  /// Transfers sent per second; 0 for as many as `outstanding` lets through.
  std::uint32_t rate = 0;
  std::uint64_t block_interval_ms = 80;
  std::string scheme = "bls-threshold";
  std::filesystem::path directory;
};

/// Whole nodes in this process, each as `start` runs it, with its own home, database, links and
/// JSON-RPC: transfers signed before are sent as raw transactions over HTTP, every account's to one
/// node, which gossips them to the others. Throws CommandError where it cannot run.
[[nodiscard]] Report bench_transfers(const TransfersOptions& options);

}  // namespace ol::app::bench
