#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <ol/base/check.hpp>

namespace ol::sim {

/// Virtual time and what is still to happen, ordered by (time, order of scheduling): two runs that
/// schedule the same events run them in the same order.
class EventQueue {
 public:
  using Action = std::function<void()>;

  /// Virtual microseconds since the start of the run.
  [[nodiscard]] std::uint64_t now_us() const { return now_us_; }
  [[nodiscard]] std::uint64_t events_run() const { return events_run_; }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  /// Virtual time of the next event. @pre not empty
  [[nodiscard]] std::uint64_t next_us() const { return heap_.front().at_us; }

  /// Runs `action` after `delay_us`.
  void after(std::uint64_t delay_us, Action action) { at(now_us_ + delay_us, std::move(action)); }
  /// Runs `action` at `at_us`, or now if that has passed.
  void at(std::uint64_t at_us, Action action) {
    std::uint32_t slot = static_cast<std::uint32_t>(actions_.size());
    if (free_.empty()) {
      actions_.push_back(std::move(action));
    } else {
      slot = free_.back();
      free_.pop_back();
      actions_[slot] = std::move(action);
    }
    heap_.push_back({std::max(at_us, now_us_), sequence_++, slot});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
  }
  /// Moves the clock to the next event and runs it. @pre not empty
  void run_next() {
    OL_CHECK(!heap_.empty(), "there is an event to run");
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    const Event event = heap_.back();
    heap_.pop_back();
    const Action action = std::exchange(actions_[event.slot], nullptr);
    free_.push_back(event.slot);
    now_us_ = event.at_us;
    ++events_run_;
    action();
  }

 private:
  /// Small, since a heap moves them about; what to do waits in `actions_`.
  struct Event {
    std::uint64_t at_us;
    std::uint64_t sequence;
    std::uint32_t slot;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.at_us != b.at_us ? a.at_us > b.at_us : a.sequence > b.sequence;
    }
  };

  std::vector<Event> heap_;
  std::vector<Action> actions_;
  std::vector<std::uint32_t> free_;
  std::uint64_t now_us_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_run_ = 0;
};

}  // namespace ol::sim
