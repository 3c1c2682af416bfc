#include <iostream>

#include "command.hpp"
#include "home.hpp"

namespace ol::app {

void add_safety(CLI::App& app) {
  auto* safety = app.add_subcommand("safety", "Move a validator's safety record between machines");
  safety->require_subcommand(1);
  auto home = std::make_shared<std::string>(".openliquid");
  auto file = std::make_shared<std::string>();
  auto* exported = safety->add_subcommand("export", "Write the record of a stopped node to a file");
  auto* imported =
      safety->add_subcommand("import", "Take over a record; a newer one is never replaced");
  for (auto* command : {exported, imported}) {
    command->add_option("--home", *home, "The node's directory")->capture_default_str();
    command->add_option("--file", *file, "The record's file")->required();
  }
  exported->callback([home, file] {
    const auto record = node::export_safety_record(Home{*home}.data());
    if (!record) throw CommandError(record.error().message);
    write_new_text(*file, std::string(as_text(*record)));
    std::cout << "written to " << *file << "; do not start this validator here again\n";
  });
  imported->callback([home, file] {
    const auto done = node::import_safety_record(Home{*home}.data(), as_bytes(read_text(*file)));
    if (!done) throw CommandError(done.error().message);
    std::cout << "imported into " << Home{*home}.data().string() << '\n';
  });
}

}  // namespace ol::app
