#pragma once

#include <cstdint>
#include <vector>

#include <ol/primitives/receipt.hpp>
#include <ol/primitives/types.hpp>

namespace ol::rpc {

/// Which logs are wanted, wherever they are. Empty lists take everything.
struct LogFilter {
  std::vector<Address> addresses;
  /// By place; a log with fewer topics than there are places does not match.
  std::vector<std::vector<Hash256>> topics;

  [[nodiscard]] bool matches(const primitives::Log& log) const;
};

/// The same in the blocks from `first` to `last`, both included.
struct LogQuery {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  LogFilter filter;
  /// More logs than this are not wanted: the answer is LogFault::TooMany.
  std::size_t logs_max = 0;
};

/// A log with its place in the chain.
struct LogRecord {
  primitives::Log log;
  std::uint64_t block_number = 0;
  primitives::EvmHash block_hash;
  std::uint64_t block_time = 0;  // seconds
  primitives::TxnHash txn_hash;
  std::uint64_t txn_index = 0;
  std::uint64_t log_index = 0;  // in its block
};

enum class LogFault : std::uint8_t { TooMany, Unavailable };

}  // namespace ol::rpc
