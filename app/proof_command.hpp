#pragma once

namespace CLI {
class App;
}

namespace ol::app {

/// `openliquid proof get|verify`: proofs of the exchange's state.
void add_proof(CLI::App& app);

}  // namespace ol::app
