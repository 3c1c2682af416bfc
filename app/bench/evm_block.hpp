#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/report.hpp"

namespace ol::app::bench {

struct EvmBlockOptions {
  /// What every transaction does: `transfer`, `token` or `swap`.
  std::string load = "token";
  /// Accounts that send, and receive.
  std::uint32_t accounts = 10'000;
  std::uint32_t blocks = 20;
  /// Transactions in a block.
  std::uint32_t txns = 1'000;
  /// Threads that recover senders; the rest of a block runs on one.
  std::uint32_t threads = 1;
  std::filesystem::path directory;
};

/// Blocks as a validator meets them: bytes in, senders recovered, executed on a state in RocksDB,
/// root computed, committed. Throws CommandError where it cannot run.
[[nodiscard]] Report bench_evm_block(const EvmBlockOptions& options);

}  // namespace ol::app::bench
