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
  run_all(envelopes.size(), [&](std::size_t i) {
    auto verified = primitives::VerifiedTxn::verify(envelopes[i]);
    if (verified) out[i] = std::make_shared<const primitives::VerifiedTxn>(*std::move(verified));
  });
  return out;
}

// The caller works too, so a full queue or a stopping pool never leaves work undone.
void WorkerPool::run_all(std::size_t count, const std::function<void(std::size_t)>& job) {
  constexpr std::size_t kWorthHelp = 8;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++)
      job(i);
  };
  const std::size_t helpers = count < kWorthHelp ? 0 : threads_.size();
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
}

void WorkerPool::stop() {
  jobs_.close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace ol::node
