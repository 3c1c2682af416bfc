#pragma once

#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

/// Subcommands of `openliquid`. Each `add_*` declares its flags; parsing runs its callback.
namespace ol::app {

/// A mistake of the user or the machine, thrown and caught in app/ only: one sentence that says
/// what to do. The program prints it and exits with 1.
struct CommandError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void add_bench(CLI::App& app);
void add_ceremony(CLI::App& genesis);
void add_devnet(CLI::App& app);
void add_export(CLI::App& app);
void add_genesis(CLI::App& app);
void add_init(CLI::App& app);
void add_p2p(CLI::App& app);
void add_p2p_bench(CLI::App& p2p);
void add_keys(CLI::App& app);
void add_safety(CLI::App& app);
void add_start(CLI::App& app);
void add_status(CLI::App& app);
void add_testnet(CLI::App& app);
void add_tx(CLI::App& app);
void add_validators(CLI::App& app);

}  // namespace ol::app
