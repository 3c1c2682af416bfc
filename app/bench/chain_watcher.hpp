#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <ol/base/u256.hpp>

#include "bench/transfer_load.hpp"

namespace ol::app::bench {

/// A final block as one node shows it.
struct SeenBlock {
  std::string hash;
  std::string state_root;
  U256 base_fee;
  std::uint64_t gas_used = 0;
  Clock::time_point seen;
  std::vector<std::uint32_t> transfers;
  /// Transactions that are none of the benchmark's.
  std::size_t strangers = 0;
};

/// Follows the final blocks of one node over JSON-RPC on a thread of its own.
class ChainWatcher {
 public:
  ChainWatcher(std::string url, const TransferLoad& load);
  ChainWatcher(const ChainWatcher&) = delete;
  ChainWatcher& operator=(const ChainWatcher&) = delete;
  ~ChainWatcher() { stop(); }

  [[nodiscard]] std::uint64_t height() const { return height_.load(); }
  /// Transfers in the blocks seen so far.
  [[nodiscard]] std::size_t final_transfers() const { return final_.load(); }
  /// It gave up: `failure` says why.
  [[nodiscard]] bool failed() const { return failed_.load(); }
  void stop();

  // After `stop`.
  /// Block i + 1 of the chain.
  [[nodiscard]] const std::vector<SeenBlock>& blocks() const { return blocks_; }
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
  [[nodiscard]] double cpu_s() const { return cpu_s_; }

 private:
  void follow();

  std::string url_;
  const TransferLoad& load_;
  std::vector<SeenBlock> blocks_;
  std::optional<std::string> failure_;
  double cpu_s_ = 0;
  std::atomic<std::uint64_t> height_{0};
  std::atomic<std::size_t> final_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace ol::app::bench
