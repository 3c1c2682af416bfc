#include "retelling.hpp"

#include <algorithm>

namespace ol::node {
namespace {

/// Within the time for which gossip remembers a message no batch has the same bytes as another.
constexpr std::size_t kCopiesMax = 64;

}  // namespace

void Retelling::add(const execution::ExchangeItemPtr& item, std::uint64_t now_ms) {
  const MutexLock lock(mutex_);
  if (next_.size() < kActionsMax) next_.emplace(now_ms + kFirstMs, Told{item});
}

std::vector<Bytes> Retelling::due(std::uint64_t now_ms, const Waits& waits) {
  const MutexLock lock(mutex_);
  std::vector<Bytes> out;
  while (!next_.empty() && next_.begin()->first <= now_ms && out.size() < kAtOnceMax) {
    auto node = next_.extract(next_.begin());
    Told& told = node.mapped();
    if (!waits(told.item->hash)) continue;
    out.push_back(told.item->bytes);
    told.pause_ms = std::min(2 * told.pause_ms, kLongestMs);
    node.key() = now_ms + told.pause_ms;
    next_.insert(std::move(node));
  }
  if (out.empty()) return out;
  batches_ = batches_ % kCopiesMax + 1;
  const Bytes first = out.front();
  out.insert(out.end(), batches_, first);
  return out;
}

}  // namespace ol::node
