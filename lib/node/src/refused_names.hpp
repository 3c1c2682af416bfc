#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include <ol/base/thread_safety.hpp>
#include <ol/primitives/types.hpp>

namespace ol::node {

/// Names of what was verified and refused by the pools a moment ago, so that gossip does not have
/// it verified again and again. Forgotten soon: a pool may have room later, an account money.
/// Bounded; the oldest leave first. Any thread.
class RefusedNames {
 public:
  static constexpr std::size_t kNamesMax = 65'536;
  static constexpr std::uint64_t kKeptMs = 10'000;

  void put(const primitives::TxnHash& name, std::uint64_t now_ms);
  /// @param now_ms  Of the clock that `put` was told of.
  [[nodiscard]] bool contains(const primitives::TxnHash& name, std::uint64_t now_ms) const;

 private:
  mutable Mutex mutex_;
  std::unordered_map<primitives::TxnHash, std::uint64_t> until_ms_ OL_GUARDED_BY(mutex_);
  std::deque<primitives::TxnHash> order_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::node
