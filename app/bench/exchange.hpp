#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/report.hpp"

namespace ol::app::bench {

struct ExchangeOptions {
  std::uint32_t validators = 4;
  /// Batch actions, each of `orders_each` orders.
  std::uint32_t actions = 10'000;
  std::uint32_t orders_each = 100;
  /// Half of them offer, half of them take.
  std::uint32_t accounts = 100;
  /// Actions sent and not final on every node yet.
  std::uint32_t outstanding = 2'000;
  /// Orders sent per second; 0 for as many as `outstanding` lets through.
  std::uint32_t rate = 0;
  std::uint64_t block_interval_ms = 80;
  std::string scheme = "bls-threshold";
  std::filesystem::path directory;
};

/// Whole nodes in this process, each as `start` runs it, with its own home, database, links and
/// JSON-RPC: batches of orders signed by agents are sent over HTTP, each account's to one node. At
/// the end every node's roots are compared, and the blocks are executed again from genesis. Throws
/// CommandError where it cannot run.
[[nodiscard]] Report bench_exchange(const ExchangeOptions& options);

}  // namespace ol::app::bench
