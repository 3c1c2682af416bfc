#pragma once

#include <memory>

#include <ol/base/bytes.hpp>

namespace ol::p2p {

/// Bytes that wait in several queues at once, one allocation for all of them. Immutable, so any
/// thread may hold one; the owners are the queues.
using SharedBytes = std::shared_ptr<const Bytes>;

[[nodiscard]] inline SharedBytes share(Bytes bytes) {
  return std::make_shared<const Bytes>(std::move(bytes));
}

/// What a queued message costs beyond its payload, so that a flood of empty ones is bounded too.
inline constexpr std::size_t kQueuedMessageOverhead = 64;

}  // namespace ol::p2p
