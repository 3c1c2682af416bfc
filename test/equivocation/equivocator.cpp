#include <cstdio>

#include "command.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app{"A validator that signs two proposals and two votes in every view"};
  app.require_subcommand(1);
  ol::app::add_start(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return 0;
}

}  // namespace

// `openliquid start` of a validator that breaks the rules: CMakeLists.txt.
int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "equivocator: %s\n", error.what());
    return 1;
  }
}
