#include "worst.hpp"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include <ol/crypto/hash.hpp>
#include <ol/evm/trace.hpp>
#include <ol/evm/transition.hpp>

#include "bench/assembler.hpp"
#include "worst_state.hpp"

namespace ol::app {
namespace {

double cpu_s() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// A label's end, and two bytes of hex.
std::string four_digits(std::size_t number) {
  std::string out = std::to_string(number % 10'000);
  return std::string(4 - out.size(), '0') + out;
}

std::string numbered(const std::string& body, std::size_t number) {
  std::string out;
  for (const char c : body)
    out += c == '#' ? four_digits(number) : std::string(1, c);
  return out;
}

/// The whole program: the body repeated, and all of it again while there is gas.
Bytes program_of(const WorstCase& test, std::int64_t gas) {
  constexpr std::size_t kCodeAimed = 4'096;
  const std::size_t size = bench::assemble(numbered(test.body, 0)).size();
  const std::size_t count =
      test.unrolled != 0 ? test.unrolled : std::max<std::size_t>(1, kCodeAimed / size);
  const std::int64_t reserve = test.gas_reserve != 0 ? test.gas_reserve : gas / 10;
  std::string text = test.setup + " again:";
  for (std::size_t i = 0; i < count; ++i)
    text += " " + numbered(test.body, i);
  text += " " + worst_push(U256{static_cast<std::uint64_t>(reserve)}) + " GAS GT @again JUMPI";
  return bench::assemble(text);
}

evm::BlockEnv block_env(std::int64_t gas) {
  evm::BlockEnv out;
  out.number = 1'000'000;
  out.gas_limit = static_cast<std::uint64_t>(gas);
  out.base_fee = U256{7};
  out.coinbase = Address{{0xc0}};
  return out;
}

evm::CallRequest request_of(const WorstCase& test, std::int64_t gas) {
  evm::CallRequest out;
  out.caller = kWorstCaller;
  out.to = kWorstContract;
  out.data = test.input;
  out.gas = gas;
  return out;
}

/// Adds up the gas that precompiled contracts took because it was too little.
class LostGas final : public evm::Tracer {
 public:
  void on_enter(const evm::TraceEnter& /*enter*/) override {}
  void on_exit(int depth, evm::Status status, std::int64_t gas_used, ByteView /*output*/) override {
    if (depth > 0 && status == evm::Status::OutOfGas) lost_ += gas_used;
  }
  void on_step(const evm::TraceStep& /*step*/) override {}
  void on_step_end(int /*depth*/, std::int64_t /*cost*/, evm::Status /*status*/) override {}
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  std::int64_t lost_ = 0;
};

/// Whether what a program calls has gas for its work, but for a tenth at most.
bool is_affordable(WorstState& state, const WorstCase& test, const Bytes& code, std::int64_t gas) {
  const auto view = state.view(code);
  evm::Evm machine(test.revision);
  LostGas tracer;
  machine.trace(&tracer);
  evm::World world(*view, 0x5eed);
  static_cast<void>(machine.call(world, block_env(gas), request_of(test, gas)));
  return tracer.lost() <= gas / 10;
}

/// One run. Its gas and processor time are added up in `out`.
void run_once(WorstState& state, const WorstCase& test, const Bytes& code, std::int64_t gas,
              WorstResult& out) {
  if (test.cold) state.reopen();
  const auto view = state.view(code);
  evm::Evm machine(test.revision);
  const evm::CallRequest request = request_of(test, gas);
  const double start = cpu_s();
  evm::World world(*view, 0x5eed);
  const auto outcome = machine.call(world, block_env(gas), request);
  state::StateDiff diff = world.take_diff();
  // Changes to the state are not done before they are in the tries.
  state.update_root(*view, diff);
  const double seconds = cpu_s() - start;
  if (!outcome) throw CommandError(test.name + ": the state in the database cannot be read");
  out.gas = gas - outcome->gas_left;
  out.seconds = out.seconds == 0 ? seconds : std::min(out.seconds, seconds);
  if (outcome->status != evm::Status::Success) out.failure = evm::describe(outcome->status);
}

WorstResult measure(WorstState& state, const WorstCase& test, const WorstOptions& options) {
  WorstResult out{.name = test.name, .failure = {}};
  const std::int64_t gas = test.gas != 0 ? test.gas : options.gas;
  const Bytes code = program_of(test, gas);
  out.affordable = !test.calls_precompile || is_affordable(state, test, code, gas);
  if (!out.affordable) return out;
  for (std::uint32_t i = 0; i < options.runs; ++i)
    run_once(state, test, code, gas, out);
  return out;
}

double sha256_gb_per_s() {
  const Bytes data(16'384, 0x5a);
  double best = 0;
  for (int round = 0; round < 20; ++round) {
    const double start = cpu_s();
    for (int i = 0; i < 50; ++i)
      (void)crypto::sha256(data);
    best = std::max(best, 50 * 16'384e-9 / (cpu_s() - start));
  }
  return best;
}

void print(const std::vector<WorstResult>& results) {
  std::printf("SHA-256 of 16 KiB: %.2f GB/s\n", sha256_gb_per_s());
  std::printf("%-44s %10s %12s %10s\n", "program", "Mgas/s", "gas", "ms");
  for (const WorstResult& result : results) {
    if (!result.affordable) {
      std::printf("%-44s left out: costs more than the gas there is\n", result.name.c_str());
      continue;
    }
    std::printf("%-44s %10.1f %12lld %10.2f%s%s\n", result.name.c_str(), result.mgas_per_s(),
                static_cast<long long>(result.gas), result.seconds * 1e3,
                result.failure.empty() ? "" : "  ended: ", result.failure.c_str());
  }
}

}  // namespace

std::vector<WorstResult> measure_worst(const WorstOptions& options) {
  std::vector<WorstCase> cases = worst_opcode_cases();
  for (auto* more : {&worst_state_cases, &worst_precompile_cases}) {
    for (WorstCase& test : more())
      cases.push_back(std::move(test));
  }
  WorstState state(options.directory, options.state);
  std::vector<WorstResult> out;
  for (const WorstCase& test : cases) {
    if (test.name.contains(options.filter)) out.push_back(measure(state, test, options));
  }
  std::ranges::sort(out, {}, &WorstResult::mgas_per_s);
  return out;
}

namespace {

/// A directory that disappears with this object.
class WorkFolder {
 public:
  explicit WorkFolder(const std::filesystem::path& parent) {
    std::string name = (parent / "openliquid-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw CommandError("cannot write in " + parent.string());
    path_ = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct WorstFlags {
  WorstOptions options;
  std::string directory;
  double floor = 20;
};

void run_command(WorstFlags& flags) {
  const WorkFolder folder(flags.directory.empty() ? std::filesystem::temp_directory_path()
                                                  : std::filesystem::path(flags.directory));
  flags.options.directory = folder.path();
  const std::vector<WorstResult> results = measure_worst(flags.options);
  print(results);
  const bool slow = !results.empty() && results.front().mgas_per_s() < flags.floor;
  const bool wrong =
      std::ranges::any_of(results, [](const WorstResult& r) { return !r.failure.empty(); });
  if (slow || wrong || results.empty()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_bench_evm_worst(CLI::App& bench) {
  auto* const command = bench.add_subcommand(
      "evm-worst", "The slowest program of each instruction and precompiled contract");
  const auto flags = std::make_shared<WorstFlags>();
  command->add_option("--gas", flags->options.gas, "Gas of a run")
      ->check(CLI::Range(100'000, 1'000'000'000))
      ->capture_default_str();
  command->add_option("--runs", flags->options.runs, "Runs of each program; the fastest counts")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_option("--filter", flags->options.filter, "Only programs whose name contains this");
  command->add_option("--accounts", flags->options.state.accounts, "Accounts in the database")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  command->add_option("--slots", flags->options.state.slots, "Slots of the contract that runs")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  command->add_option("--codes", flags->options.state.codes, "Contracts with the longest code")
      ->check(CLI::Range(10, 100'000))
      ->capture_default_str();
  command->add_option("--floor", flags->floor, "Fail if a program is slower, in Mgas/s")
      ->capture_default_str();
  command->add_option("--directory", flags->directory,
                      "Where the database is kept meanwhile (default: the system's directory for "
                      "temporary files)");
  command->callback([flags] { run_command(*flags); });
}

}  // namespace ol::app
