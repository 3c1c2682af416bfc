#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>

#include <ol/base/thread_safety.hpp>
#include <ol/rpc/backend.hpp>
#include <ol/rpc/error.hpp>

#include "log_filter.hpp"

namespace ol::rpc {

/// The filters that clients poll. What is committed is never undone, so a filter is a place in the
/// chain and nothing is gathered for it meanwhile; of the pool the last hashes are kept for all.
/// Bounded in number; one that nobody asked for in five minutes is gone. Any thread.
class FilterTable {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kFiltersMax = 4'096;
  static constexpr std::size_t kPendingMax = 16'384;
  /// Of hashes in one answer; the rest comes with the next.
  static constexpr std::size_t kHashesMax = 4'096;
  static constexpr std::chrono::minutes kLifetime{5};

  /// `now` is asked for the time; tests have their own.
  explicit FilterTable(const Backend& backend, Clock::time_point (*now)() = Clock::now);

  enum class Kind : std::uint8_t { Logs, Blocks, PendingHashes, PendingTxns };
  /// The new filter's id, as JSON; an error if there are too many.
  [[nodiscard]] RpcResult add(Kind kind, LogCriteria criteria = {});
  /// What is new since it was last asked: logs, block hashes or transactions.
  [[nodiscard]] RpcResult changes(std::string_view id);
  /// All logs of a log filter, as eth_getLogs would answer.
  [[nodiscard]] RpcResult logs(std::string_view id);
  /// Whether there was such a filter.
  bool remove(std::string_view id);
  /// A transaction entered the pool.
  void on_pending(const primitives::TxnHash& hash);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Filter {
    Kind kind = Kind::Logs;
    LogCriteria criteria;
    std::uint64_t next_block = 0;
    std::uint64_t next_pending = 0;
    Clock::time_point used;
  };
  using Filters = std::map<std::string, Filter, std::less<>>;

  void drop_expired() OL_REQUIRES(mutex_);
  [[nodiscard]] std::string next_id() OL_REQUIRES(mutex_);
  [[nodiscard]] RpcResult new_hashes(Filter& filter) OL_REQUIRES(mutex_);
  [[nodiscard]] std::string new_blocks(Filter& filter) const;

  const Backend& backend_;
  Clock::time_point (*now_)();
  const Hash256 secret_;
  mutable Mutex mutex_;
  Filters filters_ OL_GUARDED_BY(mutex_);
  std::uint64_t ids_ OL_GUARDED_BY(mutex_) = 0;
  std::deque<primitives::TxnHash> pending_ OL_GUARDED_BY(mutex_);
  std::uint64_t first_pending_ OL_GUARDED_BY(mutex_) = 0;  // number of pending_.front()
};

}  // namespace ol::rpc
