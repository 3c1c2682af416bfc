#pragma once

namespace CLI {
class App;
}

namespace ol::app {

/// `openliquid trade`: place, cancel, book, watch, positions.
void add_trade(CLI::App& app);

}  // namespace ol::app
