#include "refused_names.hpp"

namespace ol::node {

void RefusedNames::put(const primitives::TxnHash& name, std::uint64_t now_ms) {
  const MutexLock lock(mutex_);
  if (!until_ms_.insert_or_assign(name, now_ms + kKeptMs).second) return;
  order_.push_back(name);
  if (order_.size() <= kNamesMax) return;
  until_ms_.erase(order_.front());
  order_.pop_front();
}

bool RefusedNames::contains(const primitives::TxnHash& name, std::uint64_t now_ms) const {
  const MutexLock lock(mutex_);
  const auto it = until_ms_.find(name);
  return it != until_ms_.end() && now_ms < it->second;
}

}  // namespace ol::node
