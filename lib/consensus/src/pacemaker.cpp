#include <ol/consensus/pacemaker.hpp>

#include <algorithm>

namespace ol::consensus {

std::uint64_t Backoff::timeout_ms() const {
  std::uint64_t timeout = std::min(base_ms_, max_ms_);
  for (std::uint32_t i = 0; i < lost_views_ && timeout < max_ms_; ++i) {
    timeout = timeout > max_ms_ / 2 ? max_ms_ : timeout * 2;
  }
  return timeout;
}

void Backoff::record_timeout() {
  if (lost_views_ < UINT32_MAX) ++lost_views_;
}

}  // namespace ol::consensus
