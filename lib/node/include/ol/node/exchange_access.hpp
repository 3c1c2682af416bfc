#pragma once

#include <ol/exchange/access.hpp>

namespace ol::node {

/// What a running node offers of its exchange; from Node::exchange(). The interface lies with the
/// exchange so that libraries below this one can be built against it.
using ExchangeAccess = exchange::Access;

}  // namespace ol::node
