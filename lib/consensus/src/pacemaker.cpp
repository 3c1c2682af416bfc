#include <ol/consensus/pacemaker.hpp>

#include <algorithm>

namespace ol::consensus {

std::uint64_t Backoff::timeout_ms() const {
  std::uint64_t timeout = std::min(base_ms_, max_ms_);
  for (std::uint32_t i = 0; i < lost_views_ && timeout < max_ms_; ++i) {
    // Genesis bounds both factors: an hour, and ten times.
    const std::uint64_t next = std::min(timeout * growth_percent_ / 100, max_ms_);
    if (next <= timeout) break;
    timeout = next;
  }
  return timeout;
}

void Backoff::record_timeout() {
  if (lost_views_ < UINT32_MAX) ++lost_views_;
}

}  // namespace ol::consensus
