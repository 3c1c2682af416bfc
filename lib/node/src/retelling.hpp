#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/execution/exchange_items.hpp>

namespace ol::node {

/// What clients of this node sent is told to others again while it waits for a block: there may
/// have been nobody to tell, or nobody who took it, when it was told first. Ever more seldom, and
/// at most so many. Any thread.
class Retelling {
 public:
  static constexpr std::uint64_t kFirstMs = 3'000;
  static constexpr std::uint64_t kLongestMs = 60'000;
  /// More are told once only.
  static constexpr std::size_t kActionsMax = 50'000;
  /// Of one `due`; the others are due the next time.
  static constexpr std::size_t kAtOnceMax = 256;
  /// How often `due` is to be asked.
  static constexpr std::uint64_t kPeriodMs = 500;

  /// @param now_ms  Of a clock that does not go back.
  void add(const execution::ExchangeItemPtr& item, std::uint64_t now_ms);

  using Waits = std::function<bool(const primitives::TxnHash&)>;
  /// A batch of what is due and still waits; empty where nothing is. Gossip repeats no message: the
  /// first entry stands in it more than once, as often as makes it another message than before.
  [[nodiscard]] std::vector<Bytes> due(std::uint64_t now_ms, const Waits& waits);

 private:
  struct Told {
    execution::ExchangeItemPtr item;
    std::uint64_t pause_ms = kFirstMs;
  };
  Mutex mutex_;
  std::multimap<std::uint64_t, Told> next_ OL_GUARDED_BY(mutex_);  // by when
  std::size_t batches_ OL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ol::node
