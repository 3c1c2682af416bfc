#include "worker_pool.hpp"

#include <atomic>
#include <memory>

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

// The caller works too, so a full queue or a stopping pool never leaves work undone, and it waits
// for jobs that were begun alone: help that comes late, behind thousands of other jobs, finds none
// left.
void WorkerPool::run_all(std::size_t count, const std::function<void(std::size_t)>& job) {
  constexpr std::size_t kWorthHelp = 8;
  struct Round {
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> finished{0};
  };
  const auto round = std::make_shared<Round>();
  // Who comes late must not touch `job`, which is gone then.
  const auto work = [round, count, &job] {
    for (std::size_t i = round->next++; i < count; i = round->next++) {
      job(i);
      if (++round->finished == count) round->finished.notify_all();
    }
  };
  const std::size_t helpers = count < kWorthHelp ? 0 : threads_.size();
  for (std::size_t i = 0; i < helpers && try_submit(work); ++i) {
  }
  work();
  for (std::size_t done = round->finished; done < count; done = round->finished)
    round->finished.wait(done);
}

void WorkerPool::stop() {
  jobs_.close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace ol::node
