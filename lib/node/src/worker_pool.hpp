#pragma once

#include <functional>
#include <thread>
#include <vector>

#include <ol/base/bounded_queue.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::node {

using TxnPtr = std::shared_ptr<const primitives::VerifiedTxn>;

/// Threads for work that owns nothing: signature recovery in batches, and reading blocks for peers.
/// Jobs must not wait for other jobs. Any thread may submit.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t capacity);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue is full or the pool stops; the job is dropped then.
  [[nodiscard]] bool try_submit(std::function<void()> job);
  /// Recovers the senders of many envelopes in parallel and waits for all. Not to be called from a
  /// job. Entries that do not verify are null.
  [[nodiscard]] std::vector<TxnPtr> verify_all(const std::vector<Bytes>& envelopes);
  /// Calls `job` with 0 to `count` - 1, side by side, and waits for all of these, but not for jobs
  /// that were submitted before. Not to be called from a job.
  void run_all(std::size_t count, const std::function<void(std::size_t)>& job);
  void stop();
  [[nodiscard]] QueueStats stats() const { return jobs_.stats(); }

 private:
  BoundedQueue<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace ol::node
