#pragma once

#include <memory>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/execution/engine.hpp>

namespace ol::node {

/// Virtual machines for calls: each keeps the code it has translated, so that they are better used
/// again than made anew. Any thread.
class EnginePool {
 public:
  /// @param seed  As for execution::Engine.
  EnginePool(primitives::Revision revision, std::uint64_t seed)
      : revision_(revision), seed_(seed) {}

  /// One that nobody else uses.
  [[nodiscard]] std::unique_ptr<execution::Engine> take();
  void give_back(std::unique_ptr<execution::Engine> engine);

 private:
  const primitives::Revision revision_;
  const std::uint64_t seed_;
  Mutex mutex_;
  std::vector<std::unique_ptr<execution::Engine>> idle_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::node
