#include <filesystem>
#include <iostream>

#include <ol/node/version.hpp>

#include "command.hpp"
#include "evm/evm_command.hpp"
#include "evm/worst.hpp"
#include "proof_command.hpp"
#include "timed.hpp"
#include "trade.hpp"
#ifdef OL_WITH_SIM
#include <ol/sim/sim.hpp>
#endif

namespace {

#ifdef OL_WITH_SIM
// The simulator reads its own flags, --help among them.
void add_sim(CLI::App& app) {
  auto* command = app.add_subcommand("sim", "Run the consensus code in a deterministic simulation");
  command->prefix_command();
  command->set_help_flag();
  command->callback([command] {
    const int status = ol::sim::run_sim(command->remaining(), std::cout);
    if (status != 0) throw CLI::RuntimeError(status);
  });
}
#endif

}  // namespace

int main(int argc, char** argv) {
  // The same program under the name that timecoin's document gives it.
  if (std::filesystem::path(argv[0]).filename() == "timed") return ol::app::timed_main(argc, argv);
  CLI::App app{"OpenLiquid: a Byzantine-fault-tolerant chain with an Ethereum interface"};
  app.require_subcommand(1);
  const std::string version = std::string("openliquid ") + std::string(ol::node::kVersion);
  app.set_version_flag("--version", version, "Print the version");
  ol::app::add_bench(app);
  ol::app::add_bench_evm_worst(*app.get_subcommand("bench"));
  ol::app::add_devnet(app);
  ol::app::add_init(app);
  ol::app::add_p2p(app);
  ol::app::add_testnet(app);
  ol::app::add_start(app);
  ol::app::add_keys(app);
  ol::app::add_status(app);
  ol::app::add_trade(app);
  ol::app::add_tx(app);
  ol::app::add_genesis(app);
  ol::app::add_evm(app);
  ol::app::add_export(app);
  ol::app::add_proof(app);
  ol::app::add_safety(app);
  ol::app::add_validators(app);
#ifdef OL_WITH_SIM
  add_sim(app);
#endif
  app.add_subcommand("version", "Print the version")->callback([&version] {
    std::cout << version << '\n';
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "openliquid: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
