#include "send_queues.hpp"

#include <algorithm>

namespace ol::rpc {

SendQueues::Client SendQueues::join(Cut cut) {
  const MutexLock lock(mutex_);
  queues_[++last_].cut = std::move(cut);
  return last_;
}

void SendQueues::leave(Client client) {
  const MutexLock lock(mutex_);
  const auto it = queues_.find(client);
  if (it == queues_.end()) return;
  bytes_ -= it->second.bytes;
  queues_.erase(it);
}

void SendQueues::grow(Client client, std::size_t bytes) {
  const MutexLock lock(mutex_);
  const auto it = queues_.find(client);
  if (it == queues_.end()) return;
  it->second.bytes += bytes;
  bytes_ += bytes;
  while (bytes_ > bytes_max_) {
    const auto most =
        std::ranges::max_element(queues_, {}, [](const auto& queue) { return queue.second.bytes; });
    bytes_ -= most->second.bytes;
    most->second.cut();
    queues_.erase(most);
  }
}

void SendQueues::shrink(Client client, std::size_t bytes) {
  const MutexLock lock(mutex_);
  const auto it = queues_.find(client);
  if (it == queues_.end()) return;
  it->second.bytes -= bytes;
  bytes_ -= bytes;
}

std::size_t SendQueues::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace ol::rpc
