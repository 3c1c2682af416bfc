#include "worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <latch>

namespace ol::node {

WorkerPool::WorkerPool(std::size_t threads, std::size_t capacity) : jobs_(capacity) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      while (auto job = jobs_.pop())
        (*job)();
    });
  }
}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::try_submit(std::function<void()> job) {
  return jobs_.try_push(std::move(job)) == PushOutcome::Accepted;
}

std::vector<TxnPtr> WorkerPool::verify_all(const std::vector<Bytes>& envelopes) {
  std::vector<TxnPtr> out(envelopes.size());
  // The caller works too, so a full queue or a stopping pool never leaves work undone.
  struct Shared {
    std::atomic<std::size_t> next{0};
  };
  const auto shared = std::make_shared<Shared>();
  const auto work = [&out, &envelopes, shared] {
    for (std::size_t i = shared->next++; i < envelopes.size(); i = shared->next++) {
      auto verified = primitives::VerifiedTxn::verify(envelopes[i]);
      if (verified) out[i] = std::make_shared<const primitives::VerifiedTxn>(*std::move(verified));
    }
  };
  const std::size_t helpers = envelopes.size() < 8 ? 0 : threads_.size();
  std::latch done(static_cast<std::ptrdiff_t>(helpers));
  for (std::size_t i = 0; i < helpers; ++i) {
    if (!try_submit([&] {
          work();
          done.count_down();
        }))
      done.count_down();
  }
  work();
  done.wait();
  return out;
}

void WorkerPool::stop() {
  jobs_.close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace ol::node
