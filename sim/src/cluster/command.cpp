#include <ol/sim/cluster/command.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <ostream>

#include <fmt/format.h>
#include <ol/sim/cluster/chaos.hpp>
#include <ol/sim/usage.hpp>

namespace ol::sim::cluster {
namespace {

constexpr std::uint64_t kJobsMax = 256;
constexpr std::uint64_t kHoursMax = 1000;

/// What is to be run.
enum class Mode : std::uint8_t { None, Kernel };

struct Command {
  Mode mode = Mode::None;
  RunOptions run;
  bool seed_given = false;
  std::optional<SeedRange> range;
  std::uint32_t jobs = 1;
  std::uint64_t hours = 0;
  bool quiet = false;
  std::string svg;
};

std::string replay_kernels(const RunOptions& options) {
  return fmt::format(
      "openliquid sim --kernel --rule {} --seed {} --nodes {} --views {} --faults {}",
      rule_name(options.rule), options.seed, options.nodes, options.views, options.faults.text());
}

RunReport run_silently(const RunOptions& options) {
  return run_kernels(options, nullptr);
}

constexpr Runner kKernelRunner{.run = run_silently, .replay = replay_kernels};

Result<void, UsageError> take_flag(Command& command, std::string_view flag,
                                   const std::string& text) {
  if (flag == "--seeds") {
    OL_TRY(command.range, seed_range(text));
  } else if (flag == "--jobs") {
    OL_TRY(const std::uint64_t jobs, number_in(flag, text, 1, kJobsMax));
    command.jobs = static_cast<std::uint32_t>(jobs);
  } else if (flag == "--hours") {
    OL_TRY(command.hours, number_in(flag, text, 1, kHoursMax));
  } else if (flag == "--svg") {
    command.svg = text;
  } else {
    OL_TRY(const bool known, take_run_flag(command.run, flag, text));
    if (!known) return fail(UsageError{fmt::format("unknown flag {}", flag)});
    if (flag == "--seed") command.seed_given = true;
  }
  return {};
}

bool take_switch(Command& command, std::string_view flag) {
  if (flag == "--kernel") {
    command.mode = Mode::Kernel;
  } else if (flag == "--quiet") {
    command.quiet = true;
  } else if (flag == "--timeline") {
    command.quiet = false;
  } else {
    return false;
  }
  return true;
}

Result<Command, UsageError> parse(std::span<const std::string> args) {
  Command command;
  command.run.views = kKernelViews;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (take_switch(command, args[i])) continue;
    std::string flag = args[i];
    std::string value;
    if (const std::size_t equals = flag.find('='); equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    } else if (i + 1 < args.size()) {
      value = args[++i];
    } else {
      return fail(UsageError{fmt::format("{} needs a value", flag)});
    }
    OL_TRY_VOID(take_flag(command, flag, value));
  }
  if (command.mode == Mode::Kernel && command.seed_given == command.range.has_value())
    return fail(UsageError{"give either --seed S or --seeds A..B"});
  return command;
}

Result<void, UsageError> write_svg(const Command& command, const Chart& chart,
                                   const std::string& title) {
  if (command.svg.empty()) return {};
  std::ofstream file(command.svg);
  file << chart.svg(title);
  if (file.flush()) return {};
  return fail(UsageError{fmt::format("--svg: {} cannot be written", command.svg)});
}

Result<int, UsageError> run_one(const Command& command, std::ostream& out) {
  Chart chart(command.quiet ? nullptr : &out);
  if (!command.quiet) out << replay_kernels(command.run) << '\n';
  const bool told = !command.quiet || !command.svg.empty();
  const RunReport run = run_kernels(command.run, told ? &chart : nullptr);
  OL_TRY_VOID(write_svg(command, chart, replay_kernels(command.run)));
  out << fmt::format(
      "{}\nseed {}: {} | views {} height {} events {} evidence {} recovery {} ms trace {:016x}\n",
      run.faults.text(), command.run.seed,
      run.ok() ? "every check held" : "VIOLATION: " + run.violation, run.views, run.height,
      run.events, run.evidence, run.recovery_ms, run.trace);
  return run.ok() ? kHeld : kViolated;
}

int run_search(const Command& command, std::ostream& out) {
  const double before = cpu_seconds();
  const SearchReport found = search(command.run, *command.range, command.jobs, &out, kKernelRunner);
  out << summary(found, command.run, cpu_seconds() - before, kKernelRunner);
  return found.failures.empty() ? kHeld : kViolated;
}

Result<int, UsageError> run_hours(const Command& command, std::ostream& out) {
  const RunReport run = run_long(command.run, command.hours, out);
  out << fmt::format("{}\nseed {}, {} h: {} | views {} height {} events {}\n", run.faults.text(),
                     command.run.seed, command.hours,
                     run.ok() ? "every check held" : "VIOLATION: " + run.violation, run.views,
                     run.height, run.events);
  return run.ok() ? kHeld : kViolated;
}

Result<int, UsageError> run(const Command& command, std::ostream& out) {
  if (command.range) return run_search(command, out);
  if (command.hours > 0) return run_hours(command, out);
  return run_one(command, out);
}

}  // namespace

bool is_cluster_command(std::span<const std::string> args) {
  constexpr std::array<std::string_view, 1> kModes{"--kernel"};
  return std::any_of(args.begin(), args.end(), [&](const std::string& arg) {
    const std::string_view flag = std::string_view(arg).substr(0, arg.find('='));
    return std::find(kModes.begin(), kModes.end(), flag) != kModes.end();
  });
}

int run_cluster_command(std::span<const std::string> args, std::ostream& out) {
  const auto command = parse(args);
  if (command) {
    const auto status = run(*command, out);
    if (status) return *status;
    out << "openliquid sim: " << status.error().message << '\n';
    return kUsage;
  }
  out << "openliquid sim: " << command.error().message << " (see openliquid sim --help)\n";
  return kUsage;
}

}  // namespace ol::sim::cluster
