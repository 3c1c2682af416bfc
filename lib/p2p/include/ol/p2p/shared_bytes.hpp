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

}  // namespace ol::p2p
