#include <iostream>

#include "command.hpp"

// `openliquid start` of a validator that breaks the rules: CMakeLists.txt.
int main(int argc, char** argv) {
  CLI::App app{"A validator that signs two proposals and two votes in every view"};
  app.require_subcommand(1);
  ol::app::add_start(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "equivocator: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
