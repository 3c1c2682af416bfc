#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/exchange/access.hpp>

#include "dev_request.hpp"

namespace ol::api {

/// Replies to POST /dev that wait for their actions to be in final blocks. Any thread; callbacks
/// come without a lock held.
class DevWaits {
 public:
  /// What became of a request.
  struct Outcome {
    std::uint64_t height = 0;  // of the last block it waited for
    exchange::TimeMs time = 0;
    std::uint64_t snapshot = 0;                     // the height of the one taken, if any
    std::optional<exchange::SystemAction> refused;  // by the chain
  };
  /// Nothing: the time is over.
  using Done = std::function<void(const std::optional<Outcome>&)>;
  using Id = std::uint64_t;

  explicit DevWaits(std::size_t max) : max_(max) {}

  /// Before the actions are submitted. Zero: too many wait, or it is closed, and `done` is not
  /// kept.
  [[nodiscard]] Id add(const DevRequest& request, std::uint64_t deadline_ms, Done done);
  /// The actions were not taken: `done` is not called any more. False: it was.
  [[nodiscard]] bool drop(Id id);
  /// Every final block, in order.
  void settle(const exchange::CommittedBlock& block);
  void expire(std::uint64_t now_ms);
  /// Forgets all; from here on none is kept.
  void close();

 private:
  struct Waiting {
    Id id = 0;
    std::vector<Bytes> open;  // actions that no block had yet, encoded
    std::uint64_t more = 0;   // blocks to wait for after the last of them
    std::uint64_t until = 0;  // height, once `open` is empty
    std::uint64_t deadline_ms = 0;
    Outcome outcome;
    Done done;
  };
  void meet(const exchange::SystemAction& action, bool ok, std::uint64_t height)
      OL_REQUIRES(mutex_);
  template <typename Over>
  [[nodiscard]] std::list<Waiting> take_if(Over over) OL_REQUIRES(mutex_);

  const std::size_t max_;
  Mutex mutex_;
  std::list<Waiting> waiting_ OL_GUARDED_BY(mutex_);  // in order of arrival
  Id next_ OL_GUARDED_BY(mutex_) = 1;
  bool closed_ OL_GUARDED_BY(mutex_) = false;
};

}  // namespace ol::api
