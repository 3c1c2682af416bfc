#include <ol/sim/cluster/command.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include <fmt/format.h>
#include <ol/sim/cluster/chaos.hpp>
#include <ol/sim/cluster/pace.hpp>
#include <ol/sim/cluster/story.hpp>
#include <ol/sim/cluster/twins.hpp>
#include <ol/sim/usage.hpp>

namespace ol::sim::cluster {
namespace {

constexpr std::uint64_t kJobsMax = 256;
constexpr std::uint64_t kHoursMax = 1000;
constexpr std::uint64_t kItemsMax = 20'000;

/// What is to be run.
enum class Mode : std::uint8_t { Kernel, Twins, Story, Stories, Pace };

struct Command {
  Mode mode = Mode::Kernel;
  RunOptions run;
  bool seed_given = false;
  std::optional<SeedRange> range;
  std::uint32_t jobs = 1;
  std::uint64_t hours = 0;
  bool quiet = false;
  std::string svg;
  /// A story, or a folder of them.
  std::string path;
  /// Given on the command line, and not by the story alone.
  bool rule_given = false;
  bool nodes_given = false;
  std::uint64_t rounds = 4;
  std::optional<std::uint64_t> sample;
  std::optional<std::uint64_t> scenario;
  /// Numbers of Twins scenarios.
  std::optional<SeedRange> cases;
  PaceOptions pace;
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

Result<bool, UsageError> take_pace_flag(PaceOptions& pace, std::string_view flag,
                                        const std::string& text) {
  using primitives::SchemeKind;
  if (flag == "--links") {
    if (text != "lan" && text != "wan")
      return fail(UsageError{fmt::format("--links takes lan or wan, not \"{}\"", text)});
    pace.links = text == "lan" ? Links::Lan : Links::Wan;
  } else if (flag == "--block") {
    OL_TRY(pace.items, number_in(flag, text, 0, kItemsMax));
  } else if (flag == "--scheme") {
    if (text == "bls-threshold") {
      pace.scheme = SchemeKind::BlsThreshold;
    } else if (text == "bls-multisig") {
      pace.scheme = SchemeKind::BlsMultisig;
    } else if (text == "ed25519-list") {
      pace.scheme = SchemeKind::Ed25519List;
    } else {
      return fail(UsageError{fmt::format(
          "--scheme takes bls-threshold, bls-multisig or ed25519-list, not \"{}\"", text)});
    }
  } else {
    return false;
  }
  return true;
}

Result<void, UsageError> take_flag(Command& command, std::string_view flag,
                                   const std::string& text) {
  if (command.mode == Mode::Pace) {
    OL_TRY(const bool taken, take_pace_flag(command.pace, flag, text));
    if (taken) return {};
  }
  if (flag == "--seeds") {
    OL_TRY(command.range, seed_range(text));
  } else if (flag == "--jobs") {
    OL_TRY(const std::uint64_t jobs, number_in(flag, text, 1, kJobsMax));
    command.jobs = static_cast<std::uint32_t>(jobs);
  } else if (flag == "--hours") {
    OL_TRY(command.hours, number_in(flag, text, 1, kHoursMax));
  } else if (flag == "--svg") {
    command.svg = text;
  } else if (flag == "--replay" || flag == "--stories") {
    command.mode = flag == "--replay" ? Mode::Story : Mode::Stories;
    command.path = text;
  } else if (flag == "--rounds") {
    OL_TRY(command.rounds, number_in(flag, text, 1, kTwinsRoundsMax));
  } else if (flag == "--sample") {
    OL_TRY(command.sample, number_in(flag, text, 1, UINT64_MAX - 1));
  } else if (flag == "--cases") {
    OL_TRY(command.cases, seed_range(text, flag));
  } else if (flag == "--case") {
    OL_TRY(command.scenario, number_in(flag, text, 0, UINT64_MAX - 1));
  } else {
    OL_TRY(const bool known, take_run_flag(command.run, flag, text));
    if (!known) return fail(UsageError{fmt::format("unknown flag {}", flag)});
    command.seed_given |= flag == "--seed";
    command.rule_given |= flag == "--rule";
    command.nodes_given |= flag == "--nodes";
  }
  return {};
}

bool take_switch(Command& command, std::string_view flag) {
  if (flag == "--kernel") {
    command.mode = Mode::Kernel;
  } else if (flag == "--twins") {
    command.mode = Mode::Twins;
  } else if (flag == "--pace") {
    command.mode = Mode::Pace;
  } else if (flag == "--mute") {
    command.pace.mute = true;
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

std::string replay_twins(const Command& command, std::uint64_t scenario) {
  return fmt::format("openliquid sim --twins --rule {} --rounds {} --case {}",
                     rule_name(command.run.rule), command.rounds, scenario);
}

Result<int, UsageError> run_one_twins(const Command& command, std::ostream& out) {
  Chart chart(command.quiet ? nullptr : &out);
  bool early = false;
  const std::string violation =
      run_twins_scenario(command.run.rule, *command.scenario,
                         static_cast<std::uint32_t>(command.rounds), &chart, early);
  OL_TRY_VOID(write_svg(command, chart, replay_twins(command, *command.scenario)));
  out << fmt::format("scenario {}: {}\n", *command.scenario,
                     violation.empty() ? "every check held" : "VIOLATION: " + violation);
  return violation.empty() ? kHeld : kViolated;
}

int run_all_twins(const Command& command, std::ostream& out) {
  const double before = cpu_seconds();
  const TwinsReport found = run_twins({.rule = command.run.rule,
                                       .rounds = static_cast<std::uint32_t>(command.rounds),
                                       .sample = command.sample,
                                       .first = command.cases ? command.cases->first : 0,
                                       .last = command.cases ? command.cases->last : UINT64_MAX,
                                       .seed = command.run.seed,
                                       .jobs = command.jobs});
  for (const TwinsFailure& failure : found.failures)
    out << fmt::format("scenario {}: {}\n  replay: {}\n", failure.scenario, failure.violation,
                       replay_twins(command, failure.scenario));
  out << fmt::format(
      "{} rounds: {} scenarios, {} of them distinct up to names; {} run, {} committed before the "
      "links were mended; {:.1f} s of CPU\n{} scenarios, {} violations: {}\n",
      command.rounds, found.all, found.distinct, found.run, found.committed, cpu_seconds() - before,
      found.run, found.failures.size(), found.failures.empty() ? "every check held" : "FAILED");
  return found.failures.empty() ? kHeld : kViolated;
}

/// Plays one file under every rule and size that it and the command line name.
Result<bool, UsageError> play_file(const Command& command, const std::filesystem::path& file,
                                   Chart* chart, std::ostream& out) {
  std::ifstream in(file);
  if (!in) return fail(UsageError{fmt::format("{} cannot be read", file.string())});
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto story = parse_story(text);
  if (!story)
    return fail(UsageError{
        fmt::format("{}:{}: {}", file.string(), story.error().line, story.error().problem)});
  bool held = true;
  for (const Rule rule : story->rules) {
    if (command.rule_given && rule != command.run.rule) continue;
    for (const std::uint32_t size : story->sizes) {
      if (command.nodes_given && size != command.run.nodes) continue;
      const auto played = play_story(*story, rule, size, chart);
      held &= played.has_value();
      out << fmt::format("{} {} n = {}: {}\n", file.stem().string(), rule_name(rule), size,
                         played ? "happened as told"
                                : fmt::format("FAILED at line {}: {}", played.error().line,
                                              played.error().problem));
      if (chart != nullptr) return held;
    }
  }
  return held;
}

Result<int, UsageError> run_story(const Command& command, std::ostream& out) {
  Chart chart(command.quiet ? nullptr : &out);
  const bool told = !command.quiet || !command.svg.empty();
  OL_TRY(const bool held, play_file(command, command.path, told ? &chart : nullptr, out));
  OL_TRY_VOID(write_svg(command, chart, command.path));
  return held ? kHeld : kViolated;
}

Result<int, UsageError> run_stories(const Command& command, std::ostream& out) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(command.path, ignored)) {
    if (entry.path().extension() == ".story") files.push_back(entry.path());
  }
  if (files.empty()) return fail(UsageError{command.path + " holds no stories"});
  std::sort(files.begin(), files.end());
  std::size_t failed = 0;
  for (const auto& file : files) {
    OL_TRY(const bool held, play_file(command, file, nullptr, out));
    failed += held ? 0 : 1;
  }
  out << fmt::format("{} stories, {} failed\n", files.size(), failed);
  return failed == 0 ? kHeld : kViolated;
}

Result<int, UsageError> run_paced(const Command& command, std::ostream& out) {
  PaceOptions options = command.pace;
  options.rule = command.run.rule;
  options.validators = command.run.nodes;
  options.views = command.run.views;
  if (options.rule == Rule::TwoPhase)
    return fail(
        UsageError{"--pace takes three_chain or two_chain: slots keep the time of a clock"});
  if (command.seed_given) options.seed = command.run.seed;
  const PaceReport report = run_pace(options);
  out << report.text(options);
  return report.violation.empty() ? kHeld : kViolated;
}

Result<int, UsageError> run(const Command& command, std::ostream& out) {
  if (command.mode == Mode::Pace) return run_paced(command, out);
  if (command.mode == Mode::Story) return run_story(command, out);
  if (command.mode == Mode::Stories) return run_stories(command, out);
  if (command.mode == Mode::Twins && command.scenario) return run_one_twins(command, out);
  if (command.mode == Mode::Twins) return run_all_twins(command, out);
  if (command.range) return run_search(command, out);
  if (command.hours > 0) return run_hours(command, out);
  return run_one(command, out);
}

}  // namespace

bool is_cluster_command(std::span<const std::string> args) {
  constexpr std::array<std::string_view, 5> kModes{"--kernel", "--twins", "--replay", "--stories",
                                                   "--pace"};
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
