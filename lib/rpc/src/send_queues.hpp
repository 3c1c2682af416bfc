#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include <ol/base/thread_safety.hpp>

namespace ol::rpc {

/// What waits to be sent to all WebSocket clients together. A message that many share counts for
/// each of them. Any thread.
class SendQueues {
 public:
  /// Cuts a client off; must not wait.
  using Cut = std::function<void()>;
  using Client = std::uint64_t;

  explicit SendQueues(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] Client join(Cut cut);
  void leave(Client client);
  /// So many bytes more wait for the client. Beyond the bound those are cut off for whom most
  /// waits, until it holds: what waits for them counts no more.
  void grow(Client client, std::size_t bytes);
  /// So many were sent.
  void shrink(Client client, std::size_t bytes);
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Queue {
    Cut cut;
    std::size_t bytes = 0;
  };
  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  std::map<Client, Queue> queues_ OL_GUARDED_BY(mutex_);
  std::size_t bytes_ OL_GUARDED_BY(mutex_) = 0;
  Client last_ OL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ol::rpc
