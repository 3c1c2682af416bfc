#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <ol/base/check.hpp>
#include <ol/base/thread_safety.hpp>

namespace ol {

/// What a queue reports to metrics.
struct QueueStats {
  std::size_t size = 0;
  std::size_t capacity = 0;
  std::size_t size_max = 0;    // the largest size so far
  std::uint64_t accepted = 0;  // pushes that succeeded
  std::uint64_t rejected = 0;  // pushes refused because the queue was full or closed
};

/// What became of a push.
enum class PushOutcome : std::uint8_t { Accepted, Full, Closed };

/// The queue between two of the node's threads: first in, first out, never longer than `capacity`
/// but by the answers it holds (`push_answer`).
/// A full queue is how a slow subsystem slows the one that feeds it.
///
/// Any number of threads may push and pop. Once closed, pushes are refused and pops hand out what
/// is left, then nothing. The destructor must not run while a thread is inside a call.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {
    OL_CHECK(capacity > 0, "a queue holds at least one item");
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Never waits. On Full and Closed `item` is left untouched.
  [[nodiscard]] PushOutcome try_push(T&& item) {
    MutexLock lock(mutex_);
    if (closed_) return reject(PushOutcome::Closed);
    if (items_.size() >= capacity_) return reject(PushOutcome::Full);
    accept(std::move(item));
    return PushOutcome::Accepted;
  }
  [[nodiscard]] PushOutcome try_push(const T& item) { return try_push(T(item)); }

  /// Waits for room. False if the queue is or becomes closed; the item is then dropped.
  [[nodiscard]] bool push(T item) {
    MutexLock lock(mutex_);
    while (!closed_ && items_.size() >= capacity_)
      lock.wait(room_);
    if (closed_) {
      ++rejected_;
      return false;
    }
    accept(std::move(item));
    return true;
  }

  /// Never waits: takes the item in a full queue too. For answers alone, whose number is bounded by
  /// the thread that asked for them and pops them: were it to wait for room in the queue of the one
  /// that answers, and that one for room here, neither would go on. False if the queue is closed.
  [[nodiscard]] bool push_answer(T item) {
    MutexLock lock(mutex_);
    if (closed_) {
      ++rejected_;
      return false;
    }
    accept(std::move(item));
    return true;
  }

  /// Waits for an item; nothing once the queue is closed and drained.
  [[nodiscard]] std::optional<T> pop() {
    MutexLock lock(mutex_);
    while (!closed_ && items_.empty())
      lock.wait(ready_);
    return take_front();
  }

  /// Never waits.
  [[nodiscard]] std::optional<T> try_pop() {
    MutexLock lock(mutex_);
    return take_front();
  }

  /// Waits for an item until `deadline`, a time point of the caller's clock.
  template <typename TimePoint>
  [[nodiscard]] std::optional<T> pop_until(const TimePoint& deadline) {
    MutexLock lock(mutex_);
    while (!closed_ && items_.empty()) {
      if (!lock.wait_until(ready_, deadline)) break;
    }
    return take_front();
  }

  /// Waits for at least one item, then takes up to `count_max`; empty once closed and drained.
  [[nodiscard]] std::vector<T> pop_many(std::size_t count_max) {
    MutexLock lock(mutex_);
    while (!closed_ && items_.empty())
      lock.wait(ready_);
    const std::size_t count = std::min(count_max, items_.size());
    std::vector<T> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    if (count > 0) room_.notify_all();
    return out;
  }

  /// Refuses further pushes and wakes every waiting thread. May be called again.
  void close() {
    MutexLock lock(mutex_);
    closed_ = true;
    room_.notify_all();
    ready_.notify_all();
  }

  [[nodiscard]] bool is_closed() const {
    MutexLock lock(mutex_);
    return closed_;
  }

  [[nodiscard]] QueueStats stats() const {
    MutexLock lock(mutex_);
    return {items_.size(), capacity_, size_max_, accepted_, rejected_};
  }

 private:
  PushOutcome reject(PushOutcome outcome) OL_REQUIRES(mutex_) {
    ++rejected_;
    return outcome;
  }

  void accept(T&& item) OL_REQUIRES(mutex_) {
    items_.push_back(std::move(item));
    ++accepted_;
    size_max_ = std::max(size_max_, items_.size());
    ready_.notify_one();
  }

  std::optional<T> take_front() OL_REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> out(std::move(items_.front()));
    items_.pop_front();
    room_.notify_one();
    return out;
  }

  const std::size_t capacity_;
  mutable Mutex mutex_;
  std::condition_variable room_;
  std::condition_variable ready_;
  std::deque<T> items_ OL_GUARDED_BY(mutex_);
  bool closed_ OL_GUARDED_BY(mutex_) = false;
  std::size_t size_max_ OL_GUARDED_BY(mutex_) = 0;
  std::uint64_t accepted_ OL_GUARDED_BY(mutex_) = 0;
  std::uint64_t rejected_ OL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ol
