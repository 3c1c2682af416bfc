#include "stranger_bytes.hpp"

#include <algorithm>

namespace ol::p2p {

std::optional<ConnectionId> StrangerBytes::look(const std::map<ConnectionId, std::size_t>& held) {
  held_ = 0;
  grown_ = 0;
  for (const auto& [id, bytes] : held)
    held_ += bytes;
  if (held_ <= max_) return std::nullopt;
  const auto most = std::ranges::max_element(
      held, [](const auto& a, const auto& b) { return a.second < b.second; });
  return most->first;
}

}  // namespace ol::p2p
