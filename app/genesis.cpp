#include <iostream>

#include <ol/base/hex.hpp>

#include "command.hpp"
#include "home.hpp"

namespace ol::app {

void add_genesis(CLI::App& app) {
  auto* genesis = app.add_subcommand("genesis", "Look at a genesis file, or make one together");
  genesis->require_subcommand(1);
  auto file = std::make_shared<std::string>("genesis.json");
  auto* show = genesis->add_subcommand("show", "Check the file and print it");
  auto* hash = genesis->add_subcommand("hash", "Print the hash that nodes compare");
  for (auto* command : {show, hash})
    command->add_option("file", *file, "The genesis file")->capture_default_str();
  show->callback([file] { std::cout << primitives::genesis_to_json(read_genesis(*file)) << '\n'; });
  hash->callback([file] {
    std::cout << to_hex_prefixed(primitives::genesis_hash(read_genesis(*file)).view()) << '\n';
  });
  add_ceremony(*genesis);
}

}  // namespace ol::app
