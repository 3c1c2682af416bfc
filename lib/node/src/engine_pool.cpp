#include "engine_pool.hpp"

namespace ol::node {
namespace {

constexpr std::size_t kIdleMax = 4;

}  // namespace

std::unique_ptr<execution::Engine> EnginePool::take() {
  {
    const MutexLock lock(mutex_);
    if (!idle_.empty()) {
      auto engine = std::move(idle_.back());
      idle_.pop_back();
      return engine;
    }
  }
  return std::make_unique<execution::Engine>(revision_, seed_, evm::Engine::Stoppable);
}

void EnginePool::give_back(std::unique_ptr<execution::Engine> engine) {
  const MutexLock lock(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(engine));
}

}  // namespace ol::node
