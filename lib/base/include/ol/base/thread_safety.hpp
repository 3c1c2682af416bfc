#pragma once

#include <condition_variable>
#include <mutex>

// Names for Clang's thread-safety attributes, checked by -Wthread-safety in every build, and the
// mutex that carries them (libstdc++'s own does not).
#define OL_CAPABILITY(name) __attribute__((capability(name)))
#define OL_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define OL_GUARDED_BY(mutex) __attribute__((guarded_by(mutex)))
#define OL_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define OL_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define OL_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))

namespace ol {

/// A mutex that -Wthread-safety understands. Lock it with MutexLock.
class OL_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope, and waits on condition variables while doing so.
class OL_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) OL_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() OL_RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  /// Gives the mutex up until woken; may wake without reason, so call it in a loop.
  void wait(std::condition_variable& condition) { condition.wait(lock_); }
  /// The same with a deadline; false once it has passed.
  template <typename TimePoint>
  bool wait_until(std::condition_variable& condition, const TimePoint& deadline) {
    return condition.wait_until(lock_, deadline) == std::cv_status::no_timeout;
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace ol
