#include <ol/sim/options.hpp>

#include <array>

#include <fmt/format.h>

namespace ol::sim {
namespace {

struct FaultName {
  std::string_view name;
  bool FaultSet::* flag;
};

constexpr std::array<FaultName, 6> kFaultNames{{{"network", &FaultSet::network},
                                                {"partitions", &FaultSet::partitions},
                                                {"crashes", &FaultSet::crashes},
                                                {"disk", &FaultSet::disk},
                                                {"byzantine", &FaultSet::byzantine},
                                                {"clocks", &FaultSet::clocks}}};

}  // namespace

std::optional<FaultSet> FaultSet::parse(std::string_view text) {
  if (text == "all") return all();
  if (text == "none") return none();
  FaultSet out;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    bool known = false;
    for (const FaultName& one : kFaultNames) {
      if (one.name != name) continue;
      out.*one.flag = true;
      known = true;
    }
    if (!known) return std::nullopt;
  }
  return out;
}

std::string FaultSet::text() const {
  std::string out;
  std::size_t count = 0;
  for (const FaultName& one : kFaultNames) {
    if (!(this->*one.flag)) continue;
    if (count++ > 0) out += ',';
    out += one.name;
  }
  if (count == 0) return "none";
  return count == kFaultNames.size() ? "all" : out;
}

std::string replay_command(const RunOptions& options) {
  std::string out =
      fmt::format("openliquid sim --rule {} --seed {} --nodes {} --views {}",
                  rule_name(options.rule), options.seed, options.nodes, options.views);
  out += options.scheme == SchemeChoice::Hash ? " --scheme hash" : " --scheme bls-threshold";
  if (options.scenario == Scenario::LockedFork) return out + " --scenario locked_fork";
  if (options.scenario == Scenario::FewVotes) return out + " --scenario few_votes";
  return out + " --faults " + options.faults.text();
}

}  // namespace ol::sim
