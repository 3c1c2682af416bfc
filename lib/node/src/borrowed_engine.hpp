#pragma once

#include <memory>

#include "deadline.hpp"
#include "engine_pool.hpp"

namespace ol::node {

/// A virtual machine of the pool, which stops at the deadline. It goes back as it came.
class BorrowedEngine {
 public:
  BorrowedEngine(EnginePool& pool, const Deadline& deadline) : pool_(pool), engine_(pool.take()) {
    engine_->evm().stop_when(deadline.sign());
  }
  ~BorrowedEngine() {
    engine_->evm().stop_when({});
    engine_->evm().move_precompiles({});
    pool_.give_back(std::move(engine_));
  }
  BorrowedEngine(const BorrowedEngine&) = delete;
  BorrowedEngine& operator=(const BorrowedEngine&) = delete;

  execution::Engine& operator*() const { return *engine_; }
  execution::Engine* operator->() const { return engine_.get(); }

 private:
  EnginePool& pool_;
  std::unique_ptr<execution::Engine> engine_;
};

}  // namespace ol::node
