#include "final_queue.hpp"

namespace ol::node {

using exchange::CommittedBlockPtr;

std::size_t parts_of(const exchange::CommittedBlock& block) {
  return block.result.results.size() + block.result.events.size() + block.result.diff.size();
}

void FinalQueue::push(CommittedBlockPtr block) {
  const MutexLock lock(mutex_);
  if (closed_) return;
  newest_ = block->input.height;
  const std::size_t parts = parts_of(*block);
  const bool room = blocks_.empty() ||
                    (blocks_.size() < bounds_.blocks_max && parts_ + parts <= bounds_.parts_max);
  if (room) {
    parts_ += parts;
    blocks_.push_back(std::move(block));
  }
  changed_.notify_one();
}

void FinalQueue::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::optional<FinalQueue::Next> FinalQueue::pop(std::uint64_t height) {
  MutexLock lock(mutex_);
  while (newest_ < height && !closed_)
    lock.wait(changed_);
  if (newest_ < height) return std::nullopt;
  if (blocks_.empty() || blocks_.front()->input.height != height) return Next{};
  Next out{std::move(blocks_.front())};
  blocks_.pop_front();
  parts_ -= parts_of(*out.block);
  return out;
}

bool FinalQueue::pause(std::chrono::milliseconds time) {
  MutexLock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!closed_ && lock.wait_until(changed_, deadline)) {
    if (std::chrono::steady_clock::now() >= deadline) break;
  }
  return !closed_;
}

}  // namespace ol::node
