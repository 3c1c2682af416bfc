#include <fstream>
#include <iostream>

#include <ol/node/block_export.hpp>

#include "command.hpp"
#include "home.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string home = ".openliquid";
  std::string out = "-";
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
  bool no_results = false;
  bool raw = false;
};

std::uint64_t write_blocks(const Flags& flags, std::ostream& out) {
  const Home home{flags.home};
  if (!std::filesystem::exists(home.genesis())) {
    throw CommandError(home.genesis().string() +
                       " is missing: --home takes the directory of a node that has run");
  }
  const primitives::Genesis genesis = read_genesis(home.genesis());
  const node::BlockExport what{.genesis = genesis,
                               .data_dir = home.data(),
                               .first = flags.first,
                               .last = flags.last,
                               .results = !flags.no_results,
                               .raw = flags.raw};
  const auto given = node::export_blocks(what, [&](std::string_view record) {
    out << record << '\n';
    return static_cast<bool>(out);
  });
  if (!given) throw CommandError(given.error().message);
  return *given;
}

void export_blocks(const Flags& flags) {
  if (flags.out == "-") {
    write_blocks(flags, std::cout);
    std::cout.flush();
    if (!std::cout) throw CommandError("cannot write the whole log; is the disk full?");
    return;
  }
  const std::filesystem::path path = flags.out;
  if (std::filesystem::exists(path))
    throw CommandError(path.string() + " exists already; nothing was changed");
  // Under its name only when complete.
  std::filesystem::path beside = path;
  beside += ".new";
  std::ofstream out(beside, std::ios::binary);
  if (!out) throw CommandError("cannot write " + beside.string());
  const std::uint64_t blocks = write_blocks(flags, out);
  out.close();
  std::error_code ec;
  if (out) std::filesystem::rename(beside, path, ec);
  if (!out || ec) throw CommandError("cannot write " + path.string() + "; is the disk full?");
  std::cout << blocks << (blocks == 1 ? " block" : " blocks") << " written to " << path.string()
            << '\n';
}

}  // namespace

void add_export(CLI::App& app) {
  auto* group = app.add_subcommand("export", "Write what a node has to files");
  group->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* blocks = group->add_subcommand(
      "blocks", "The block log as lines of JSON, one for each block; the node may be running");
  blocks->add_option("--home", flags->home, "The node's directory")->capture_default_str();
  blocks->add_option("--from", flags->first, "The first block")->capture_default_str();
  blocks->add_option("--to", flags->last, "The last block, instead of the newest final one");
  blocks->add_option("--out", flags->out, "A file that does not exist yet; - for standard output")
      ->capture_default_str();
  blocks->add_flag("--no-results", flags->no_results,
                   "Leave out what became of actions, and execute nothing: faster");
  blocks->add_flag("--raw", flags->raw, "Add each block's bytes in hex");
  blocks->callback([flags] { export_blocks(*flags); });
}

}  // namespace ol::app
