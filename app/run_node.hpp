#pragma once

#include <ol/node/node.hpp>

#include "config.hpp"

namespace ol::app {

/// Runs a node until SIGINT or SIGTERM, or until it cannot go on: CommandError.
/// @pre no other thread runs, so that signals can be blocked for all.
void run_node(node::NodeParts parts, const AppConfig& config);

}  // namespace ol::app
