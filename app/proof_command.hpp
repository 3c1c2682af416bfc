#pragma once

namespace CLI {
class App;
}

namespace ol::app {

/// `openliquid proof get|verify`: proofs of blocks and of their states.
void add_proof(CLI::App& app);

}  // namespace ol::app
