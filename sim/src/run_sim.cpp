#include <ctime>
#include <optional>
#include <ostream>

#include <fmt/format.h>
#include <charconv>
#include <ol/base/result.hpp>
#include <ol/sim/search.hpp>
#include <ol/sim/sim.hpp>

namespace ol::sim {
namespace {

constexpr int kHeld = 0;
constexpr int kViolated = 1;
constexpr int kUsage = 2;
constexpr std::uint64_t kNodesMax = 100;
constexpr std::uint64_t kJobsMax = 256;

constexpr std::string_view kHelp =
    R"(openliquid sim: run the consensus code on a virtual clock, network and disk

  sim --rule three_chain --seed S [options]             one run, printed as a timeline
  sim --rule three_chain --seeds A..B --jobs N [...]    search; the last line is the verdict

  --validators N     1 to 100 (4)
  --views V          the faults end in this view (200)
  --scheme NAME      bls-threshold: the shipped one, hash: a fast stand-in (bls-threshold)
  --faults LIST      all, none, or some of network,partitions,crashes,disk,byzantine,clocks (all)
  --scenario NAME    random, or a scripted attack: locked_fork, few_votes (random)
  --quiet            with --seed: only the last line

The same flags give the same run on every machine. Exit status: 0 every check held, 1 a check
failed, 2 wrong usage.
)";

struct Command {
  RunOptions run;
  std::optional<SeedRange> range;
  bool seed_given = false;
  bool quiet = false;
  bool help = false;
  std::uint32_t jobs = 1;
};

/// A sentence for the user.
struct UsageError {
  std::string message;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

Result<std::uint64_t, UsageError> number_in(std::string_view flag, std::string_view text,
                                            std::uint64_t low, std::uint64_t high) {
  const auto value = number(text);
  if (value && *value >= low && *value <= high) return *value;
  return fail(UsageError{
      fmt::format("{} takes a number from {} to {}, not \"{}\"", flag, low, high, text)});
}

Result<SeedRange, UsageError> seed_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots != std::string_view::npos) {
    const auto first = number(text.substr(0, dots));
    const auto last = number(text.substr(dots + 2));
    if (first && last && *first <= *last && *last < UINT64_MAX) return SeedRange{*first, *last};
  }
  return fail(UsageError{fmt::format("--seeds takes a range like 1..1000, not \"{}\"", text)});
}

std::optional<Scenario> scenario_named(std::string_view name) {
  if (name == "random") return Scenario::Random;
  if (name == "locked_fork") return Scenario::LockedFork;
  if (name == "few_votes") return Scenario::FewVotes;
  return std::nullopt;
}

Result<void, UsageError> take_name(Command& command, std::string_view flag, std::string_view text) {
  const auto refuse = [&](std::string_view allowed) {
    return fail(UsageError{fmt::format("{} takes {}, not \"{}\"", flag, allowed, text)});
  };
  if (flag == "--rule") {
    if (text != "three_chain") return refuse("three_chain");
  } else if (flag == "--scheme") {
    if (text != "hash" && text != "bls-threshold") return refuse("hash or bls-threshold");
    command.run.scheme = text == "hash" ? SchemeChoice::Hash : SchemeChoice::BlsThreshold;
  } else if (flag == "--scenario") {
    const auto scenario = scenario_named(text);
    if (!scenario) return refuse("random, locked_fork or few_votes");
    command.run.scenario = *scenario;
  } else if (flag == "--faults") {
    const auto faults = FaultSet::parse(text);
    if (!faults) return refuse("all, none or names of fault classes separated by commas");
    command.run.faults = *faults;
  } else {
    return fail(UsageError{fmt::format("unknown flag {}", flag)});
  }
  return {};
}

Result<void, UsageError> take_flag(Command& command, std::string_view flag, std::string_view text) {
  if (flag == "--seed") {
    OL_TRY(command.run.seed, number_in(flag, text, 0, UINT64_MAX - 1));
    command.seed_given = true;
  } else if (flag == "--seeds") {
    OL_TRY(command.range, seed_range(text));
  } else if (flag == "--validators") {
    OL_TRY(const std::uint64_t nodes, number_in(flag, text, 1, kNodesMax));
    command.run.nodes = static_cast<std::uint32_t>(nodes);
  } else if (flag == "--views") {
    OL_TRY(command.run.views, number_in(flag, text, 1, 1'000'000));
  } else if (flag == "--jobs") {
    OL_TRY(const std::uint64_t jobs, number_in(flag, text, 1, kJobsMax));
    command.jobs = static_cast<std::uint32_t>(jobs);
  } else {
    return take_name(command, flag, text);
  }
  return {};
}

Result<Command, UsageError> parse(std::span<const std::string> args) {
  Command command;
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string_view flag = args[i];
    if (flag == "--help" || flag == "-h") {
      command.help = true;
      return command;
    }
    if (flag == "--quiet") {
      command.quiet = true;
      continue;
    }
    const std::size_t equals = flag.find('=');
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = flag.substr(equals + 1);
      flag = flag.substr(0, equals);
    } else if (i + 1 < args.size()) {
      value = args[++i];
    } else {
      return fail(UsageError{fmt::format("{} needs a value", flag)});
    }
    OL_TRY_VOID(take_flag(command, flag, value));
  }
  if (command.seed_given == command.range.has_value())
    return fail(UsageError{"give either --seed S or --seeds A..B"});
  return command;
}

int run_one(Command command, std::ostream& out) {
  if (!command.quiet) {
    command.run.log = &out;
    out << replay_command(command.run) << '\n';
  }
  const RunReport run = run_once(command.run);
  out << fmt::format(
      "{}\nseed {}: {} | views {} height {} events {} evidence {} recovery {} ms trace {:016x}\n",
      run.faults.text(), command.run.seed,
      run.ok() ? "every check held" : "VIOLATION: " + run.violation, run.views, run.height,
      run.events, run.evidence, run.recovery_ms, run.trace);
  return run.ok() ? kHeld : kViolated;
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

int run_search(const Command& command, std::ostream& out) {
  const double before = cpu_seconds();
  const SearchReport found = search(command.run, *command.range, command.jobs, &out);
  const double cpu = cpu_seconds() - before;
  out << fmt::format(
      "{}\n{} views, {} blocks, {} events, {} pieces of evidence; slowest recovery {} ms; {:.1f} s "
      "of CPU, {:.0f} seeds per CPU-minute\n",
      found.faults.text(), found.views, found.blocks, found.events, found.evidence,
      found.recovery_max_ms, cpu, cpu > 0 ? 60.0 * static_cast<double>(found.seeds) / cpu : 0.0);
  if (!found.failures.empty()) {
    RunOptions first = command.run;
    first.seed = found.failures.front().seed;
    out << "replay the first: " << replay_command(first) << '\n';
  }
  out << fmt::format("{} seeds, {} violations: {}\n", found.seeds, found.failures.size(),
                     found.failures.empty() ? "every check held" : "FAILED");
  return found.failures.empty() ? kHeld : kViolated;
}

}  // namespace

int run_sim(std::span<const std::string> args, std::ostream& out) {
  auto command = parse(args);
  if (!command) {
    out << "openliquid sim: " << command.error().message << " (see openliquid sim --help)\n";
    return kUsage;
  }
  if (command->help) {
    out << kHelp;
    return kHeld;
  }
  return command->range ? run_search(*command, out) : run_one(*std::move(command), out);
}

}  // namespace ol::sim
