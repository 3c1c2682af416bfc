#include <cstdio>
#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "bench/p2p_speed.hpp"
#include "command.hpp"

namespace ol::app {
namespace {

/// js-libp2p 3.3.11 on the machine of docs/benchmarks.md, by the name of our figure.
struct Reference {
  const char* name;
  double value;
};
constexpr Reference kReferences[] = {
    {"one stream", 79},
    {"round trip of 1 KiB", 375.4},
    {"connection, up to identify", 26978},
    {"gossip of 1 KiB between two nodes", 783},
};

const Reference* reference_of(const std::string& name) {
  for (const Reference& reference : kReferences) {
    if (name == reference.name) return &reference;
  }
  return nullptr;
}

void print_row(const P2pFigure& figure) {
  std::printf("%-36s %12.1f  %-18s ", figure.name.c_str(), figure.value, figure.unit.c_str());
  if (figure.target) {
    std::printf("%s %9.0f  ", figure.higher_is_better ? ">=" : "<=", *figure.target);
  }
  if (const Reference* const reference = reference_of(figure.name)) {
    std::printf("%12.1f", reference->value);
  }
  if (figure.times_bare) std::printf("  %.2f times bare TCP", *figure.times_bare);
  std::printf("%s\n", figure.is_reached() ? "" : "  missed");
}

void print_table(const std::vector<P2pFigure>& figures) {
  std::printf("%-36s %12s  %-18s %12s  %12s\n", "", "measured", "", "target", "js-libp2p");
  for (const P2pFigure& figure : figures)
    print_row(figure);
}

void print_json(const std::vector<P2pFigure>& figures) {
  boost::json::array out;
  for (const P2pFigure& figure : figures) {
    boost::json::object entry{
        {"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
    if (figure.target) {
      entry["target"] = *figure.target;
      entry["reached"] = figure.is_reached();
    }
    if (figure.times_bare) entry["timesBareTcp"] = *figure.times_bare;
    if (const Reference* const reference = reference_of(figure.name)) {
      entry["jsLibp2p"] = reference->value;
    }
    out.push_back(std::move(entry));
  }
  std::printf("%s\n", boost::json::serialize(out).c_str());
}

}  // namespace

void add_p2p_bench(CLI::App& p2p) {
  struct Flags {
    P2pSpeedOptions options;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  auto* bench = p2p.add_subcommand(
      "bench", "Measure the libp2p stack over loopback, with the CPU of both ends");
  bench->add_option("--hurry", flags->options.hurry, "Measure so many times less of everything")
      ->capture_default_str()
      ->check(CLI::Range(1U, 1000U));
  bench->add_flag("--spread", flags->options.spread,
                  "Do not keep both ends of a pair on one processor");
  bench->add_option("--nodes", flags->options.gossip_nodes, "Nodes that hear the gossip of one")
      ->capture_default_str()
      ->check(CLI::Range(1U, 100U));
  bench->add_flag("--json", flags->json, "Print one JSON array");
  bench->callback([flags] {
    const auto figures = measure_p2p(flags->options);
    if (flags->json) {
      print_json(figures);
    } else {
      print_table(figures);
    }
  });
}

}  // namespace ol::app
