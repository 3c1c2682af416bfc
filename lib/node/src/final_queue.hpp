#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <optional>

#include <ol/base/thread_safety.hpp>
#include <ol/exchange/access.hpp>

namespace ol::node {

/// Results, events and changed records of a block: what it costs to keep.
[[nodiscard]] std::size_t parts_of(const exchange::CommittedBlock& block);

/// Final blocks on their way to who follows them. Bounded, and nobody who brings one waits: one
/// that finds no room is not kept, and who follows hears that it is missing. Any thread brings;
/// one follows.
class FinalQueue {
 public:
  struct Bounds {
    std::size_t blocks_max = 0;
    std::size_t parts_max = 0;  // at least one block is kept
  };
  explicit FinalQueue(const Bounds& bounds) : bounds_(bounds) {}

  /// In order of their heights, without gaps.
  void push(exchange::CommittedBlockPtr block);
  /// Pops hand out what is left, then nothing.
  void close();

  struct Next {
    exchange::CommittedBlockPtr block;  // null: it is final, and is missing here
  };
  /// The block of that height, waiting until it is final. Nothing once closed.
  [[nodiscard]] std::optional<Next> pop(std::uint64_t height);
  /// Waits so long, or until closed: false then.
  [[nodiscard]] bool pause(std::chrono::milliseconds time);

 private:
  const Bounds bounds_;
  Mutex mutex_;
  std::condition_variable changed_;
  std::deque<exchange::CommittedBlockPtr> blocks_ OL_GUARDED_BY(mutex_);
  std::size_t parts_ OL_GUARDED_BY(mutex_) = 0;
  std::uint64_t newest_ OL_GUARDED_BY(mutex_) = 0;
  bool closed_ OL_GUARDED_BY(mutex_) = false;
};

}  // namespace ol::node
