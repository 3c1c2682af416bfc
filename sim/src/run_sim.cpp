#include <algorithm>
#include <optional>
#include <ostream>

#include <fmt/format.h>
#include <ol/sim/cluster/command.hpp>
#include <ol/sim/sim.hpp>
#include <ol/sim/usage.hpp>

namespace ol::sim {
namespace {

constexpr std::uint64_t kJobsMax = 256;
constexpr Runner kNodeRunner{.run = run_once, .replay = replay_command};

constexpr std::string_view kHelp =
    R"(openliquid sim: run the consensus code on a virtual clock, network and disk

whole nodes: the shipped driver, codecs, signatures and safety record
  sim --rule RULE --seed S [options]                    one run, printed as a timeline
  sim --rule RULE --seeds A..B --jobs N [options]       search; the last line is the verdict
    --scheme NAME    bls-threshold: the shipped one, hash: a fast stand-in (bls-threshold)
    --leaders NAME   round-robin, or vrf: drawn from their own proofs (round-robin)
    --scenario NAME  random, or a scripted attack: locked_fork, few_votes (random)

kernels alone: many thousand runs a minute
  sim --kernel --rule RULE --seed S [options]           one run, printed as a timeline
  sim --kernel --rule RULE --seeds A..B --jobs N        search
  sim --kernel --rule RULE --seed S --hours H           H virtual hours of faults; memory by the hour

  sim --twins --rule RULE [--rounds R] [--sample N]     every pairing of leaders and partitions (4)
  sim --twins --rule RULE --rounds R --cases A..B       a part of them: those with these numbers
  sim --twins --rule RULE --rounds R --case C           one of them, printed as a timeline
  sim --replay FILE [--rule RULE] [--nodes N]           a story, printed as a timeline
  sim --stories FOLDER                                  every story in it
  sim --pace --rule RULE --nodes N [options]            rates and latencies where work takes time
    --scheme NAME    bls-threshold, bls-multisig or ed25519-list (bls-threshold)
    --links KIND     lan, or wan: five continents (lan)
    --block ITEMS    commands in a block (400)
    --mute           one leader never proposes; leaders that fail are passed over

options
  --rule RULE        three_chain, two_chain or two_phase (three_chain)
  --nodes N          1 to 100 (4)
  --views V          the faults end in this view (200; kernels 30)
  --faults LIST      all, none, or some of network,partitions,crashes,disk,byzantine,clocks (all)
  --timeline         print the run (what one run does anyway)
  --quiet            with --seed: only the last line
  --svg FILE         kernels: write a sequence chart of the run

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
  if (flag == "--scheme") {
    if (text != "hash" && text != "bls-threshold") return refuse("hash or bls-threshold");
    command.run.scheme = text == "hash" ? SchemeChoice::Hash : SchemeChoice::BlsThreshold;
  } else if (flag == "--leaders") {
    if (text != "round-robin" && text != "vrf") return refuse("round-robin or vrf");
    command.run.vrf = text == "vrf";
  } else if (flag == "--scenario") {
    const auto scenario = scenario_named(text);
    if (!scenario) return refuse("random, locked_fork or few_votes");
    command.run.scenario = *scenario;
  } else {
    return fail(UsageError{fmt::format("unknown flag {}", flag)});
  }
  return {};
}

Result<void, UsageError> take_flag(Command& command, std::string_view flag, std::string_view text) {
  OL_TRY(const bool common, take_run_flag(command.run, flag, text));
  if (flag == "--seed") command.seed_given = true;
  if (common) return {};
  if (flag == "--seeds") {
    OL_TRY(command.range, seed_range(text));
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
    if (flag == "--quiet" || flag == "--timeline") {
      command.quiet = flag == "--quiet";
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
  if (command.run.rule == Rule::TwoPhase && command.run.scenario != Scenario::Random)
    return fail(UsageError{"the scripted attacks are on the chained rules"});
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

int run_search(const Command& command, std::ostream& out) {
  const double before = cpu_seconds();
  const SearchReport found = search(command.run, *command.range, command.jobs, &out, kNodeRunner);
  out << summary(found, command.run, cpu_seconds() - before, kNodeRunner);
  return found.failures.empty() ? kHeld : kViolated;
}

}  // namespace

int run_sim(std::span<const std::string> args, std::ostream& out) {
  const bool help = std::any_of(args.begin(), args.end(), [](const std::string& arg) {
    return arg == "--help" || arg == "-h";
  });
  if (!help && cluster::is_cluster_command(args)) return cluster::run_cluster_command(args, out);
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
