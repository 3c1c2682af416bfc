// `openliquid evm` and `openliquid bench evm-worst` alone: what a build with sanitizers needs to
// run the state tests, without the node and what that links.
#include <iostream>

#include "evm_command.hpp"
#include "worst.hpp"

int main(int argc, char** argv) {
  CLI::App app{"The virtual machine's commands alone"};
  app.require_subcommand(1);
  ol::app::add_evm(app);
  auto* const bench = app.add_subcommand("bench", "Measure the virtual machine");
  bench->require_subcommand(1);
  ol::app::add_bench_evm_worst(*bench);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "evm: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
