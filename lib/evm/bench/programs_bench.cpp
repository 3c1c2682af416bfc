// Interpreter speed on the programs of evm-benchmarks.tar.zst: millions of gas per second with the
// code analysed ("execute") and with code and state unknown each time ("total"), and the ratio to
// evmone's baseline interpreter on another machine, scaled by the speed of SHA-256 on both. Usage:
// evm_programs_bench [PART-OF-NAME [execute]]; `execute` measures nothing else.
//
// The speed of a shared machine changes from second to second. So the programs take turns, round
// after round, and SHA-256 is measured before and behind each program in each round. `best`
// compares the fastest of all batches of a program with the fastest of SHA-256, `median` is the
// middle of the rounds' own ratios. Neighbours on the same core slow an interpreter more than
// SHA-256, which waits for its own results most of the time.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/evm/transition.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/test_support/fixtures.hpp>

#include "jump_map.hpp"

namespace {

namespace json = boost::json;
using namespace ol;

/// evmone's baseline interpreter, "execute", Mgas/s, where SHA-256 ran at kReferenceSha256
/// (fixtures README). The better of its two builds.
const std::map<std::string, double> kBaseline{{"blake2b_huff/8415nulls", 1421},
                                              {"blake2b_huff/empty", 1338},
                                              {"sha1_divs/5311", 739},
                                              {"sha1_shifts/5311", 1552},
                                              {"structarray_alloc/nfts_rank", 5218},
                                              {"swap_math/insufficient_liquidity", 1583},
                                              {"swap_math/received", 1506},
                                              {"swap_math/spent", 1610},
                                              {"JUMPDEST_n0/empty", 981},
                                              {"loop_with_many_jumpdests/empty", 984},
                                              {"memory_grow_mload/nogrow", 1740},
                                              {"memory_grow_mload/by1", 1776},
                                              {"memory_grow_mload/by16", 1856},
                                              {"memory_grow_mload/by32", 1785}};
constexpr double kReferenceSha256 = 1.0;  // GB/s

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// The least time of one run, among batches of about 20 ms.
template <typename Run>
double seconds_per_run(const Run& run) {
  double best = 1e9;
  int count = 1;
  for (double spent = 0; spent < 0.2;) {
    const double start = cpu_seconds();
    for (int i = 0; i < count; ++i)
      run();
    const double batch = cpu_seconds() - start;
    spent += batch;
    if (batch > 0.002) best = std::min(best, batch / count);
    if (batch < 0.02) count *= 2;
  }
  return best;
}

Bytes bytes_of(const json::value& text) {
  return from_hex(std::string_view(text.as_string())).value();
}

struct Program {
  state::MemoryState state;
  evm::BlockEnv block;
  Address caller;
  Address to;
  std::vector<std::pair<std::string, Bytes>> inputs;
  std::int64_t gas = 0;
};

void load(const json::value& test, Program& out) {
  state::StateDiff diff;
  for (const auto& [name, fields] : test.at("pre").as_object()) {
    state::Account account;
    account.balance = U256::from_hex(fields.at("balance").as_string()).value();
    auto code = std::make_shared<const Bytes>(bytes_of(fields.at("code")));
    if (!code->empty()) {
      account.code_hash = crypto::keccak256(*code);
      diff.code.emplace(account.code_hash, code);
    }
    diff.accounts.emplace(fixed_from_hex<Address>(name).value(), account);
  }
  out.state.apply(diff);
  const json::value& txn = test.at("transaction");
  out.caller = fixed_from_hex<Address>(test.at("env").at("currentCoinbase").as_string()).value();
  out.to = fixed_from_hex<Address>(txn.at("to").as_string()).value();
  out.block.gas_limit = 1'000'000'000;
  out.gas = 1'000'000'000;
  const json::object* labels = nullptr;
  if (const auto* info = test.as_object().if_contains("_info")) {
    if (const auto* found = info->as_object().if_contains("labels")) labels = &found->as_object();
  }
  std::size_t i = 0;
  for (const json::value& data : txn.at("data").as_array()) {
    std::string label = std::to_string(i);
    if (labels != nullptr && labels->contains(label)) label = labels->at(label).as_string();
    out.inputs.emplace_back(label, bytes_of(data));
    ++i;
  }
}

evm::CallOutcome call(evm::Evm& machine, evm::World& world, const Program& program,
                      ByteView input) {
  evm::CallRequest request;
  request.caller = program.caller;
  request.to = program.to;
  request.data = input;
  request.gas = program.gas;
  return machine.call(world, program.block, request).value();
}

/// What is measured beside execution.
enum class Extent { ExecuteOnly, Everything };

constexpr int kRounds = 25;
constexpr double kProgramBatch = 0.003;  // seconds
constexpr double kShaBatch = 0.001;

/// The least time of one run among `batches`, which take `seconds` or one run each.
template <typename Run>
double least_time(const Run& run, int batches, double seconds, int& count) {
  double best = 1e9;
  while (batches > 0) {
    const double start = cpu_seconds();
    for (int i = 0; i < count; ++i)
      run();
    const double batch = cpu_seconds() - start;
    if (batch < seconds / 2) {
      count *= 2;
      continue;
    }
    best = std::min(best, batch / count);
    --batches;
  }
  return best;
}

/// GB/s now.
double sha256_speed() {
  static const Bytes kData(16384, 0x5a);
  static int count = 1;
  return 16384 / least_time([] { (void)crypto::sha256(kData); }, 2, kShaBatch, count) * 1e-9;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// A program with one of its inputs, ready to run.
struct Subject {
  Subject(std::string full, const Program& of, const Bytes& data, bool main)
      : name(std::move(full)), program(of), input(data), world(of.state), is_main(main) {
    const evm::CallOutcome once = call(machine, world, program, input);
    gas = static_cast<double>(program.gas - once.gas_left);
    status = once.status;
  }

  void run_round() {
    const double before = sha256_speed();
    const double seconds =
        least_time([&] { (void)call(machine, world, program, input); }, 4, kProgramBatch, count);
    const double behind = sha256_speed();
    const double mgas = gas / seconds * 1e-6;
    execute = std::max(execute, mgas);
    sha = std::max({sha, before, behind});
    ratios.push_back(mgas / ((before + behind) / 2));
  }

  std::string name;
  const Program& program;
  const Bytes& input;
  evm::Evm machine{evm::Revision::London, evm::Engine::Fast};
  evm::World world;
  bool is_main;  // not a micro-benchmark
  int count = 1;
  double gas = 0;
  evm::Status status = evm::Status::Success;
  double execute = 0;          // Mgas/s, the best
  double sha = 0;              // GB/s, the best beside it
  std::vector<double> ratios;  // Mgas/s for each GB/s of SHA-256, by round
};

/// Mgas/s with code and state unknown.
double total_speed(const Subject& subject) {
  evm::Evm machine(evm::Revision::London, evm::Engine::Fast);
  return subject.gas / seconds_per_run([&] {
           machine.forget_code();
           evm::World fresh(subject.program.state);
           (void)call(machine, fresh, subject.program, subject.input);
         }) *
         1e-6;
}

/// Mgas/s of the interpreter that is the definition.
double reference_speed(const Subject& subject) {
  evm::Evm machine(evm::Revision::London, evm::Engine::Reference);
  evm::World world(subject.program.state);
  return subject.gas /
         seconds_per_run([&] { (void)call(machine, world, subject.program, subject.input); }) *
         1e-6;
}

/// How fast destinations are found in `code`, repeated to a fair length.
void print_analysis(const std::string& name, const Bytes& code) {
  Bytes longer = code;
  while (longer.size() < 24'576)
    append(longer, code);
  std::size_t found = 0;
  const double seconds = seconds_per_run([&] { found += evm::JumpMap(longer).count(); });
  std::printf("%-40s %10.2f GB/s %s\n", name.c_str(),
              static_cast<double>(longer.size()) / seconds * 1e-9,
              found == 0 ? "(no destinations)" : "");
}

/// Code that is hard on whoever looks for destinations.
void print_worst_analysis() {
  print_analysis("analysis of JUMPDEST", Bytes(64, 0x5b));
  print_analysis("analysis of PUSH1", Bytes(64, 0x60));
  print_analysis("analysis of PUSH2", Bytes(66, 0x61));
  print_analysis("analysis of PUSH1 and PUSH2 in turn", {0x60, 0x60, 0x61, 0x61, 0x61});
  print_analysis("analysis of PUSH1 ADD", {0x60, 0x60, 0x01});
  Bytes any(24'576);
  std::uint64_t state = 1;
  for (std::uint8_t& byte : any) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    byte = static_cast<std::uint8_t>(state >> 56);
  }
  print_analysis("analysis of bytes by chance", any);
  for (std::uint8_t& byte : any)
    byte = byte < 0x40 ? 0x63 : 0x60 + byte % 3;
  print_analysis("analysis of PUSH4 among PUSH1 to PUSH3", any);
}

/// Ratios to evmone: the geometric mean of main programs and the least of all, micro-benchmarks
/// too.
struct Means {
  double best = 0;
  double median = 0;
  double least = 1e9;
  int count = 0;

  void add(double best_ratio, double median_ratio, bool is_main) {
    least = std::min({least, best_ratio, median_ratio});
    if (!is_main) return;
    best += std::log(best_ratio);
    median += std::log(median_ratio);
    ++count;
  }
  void print() const {
    if (count == 0) return;
    std::printf("%d main programs, geometric mean: best %.2f, median %.2f; the least of all %.2f\n",
                count, std::exp(best / count), std::exp(median / count), least);
  }
};

void print_subject(const Subject& subject, Extent extent, Means& means) {
  std::printf("%-40s %9.0f %9.0f", subject.name.c_str(), subject.gas, subject.execute);
  if (extent == Extent::Everything) {
    std::printf(" %9.0f %9.0f", total_speed(subject), reference_speed(subject));
  }
  const auto baseline = kBaseline.find(subject.name);
  if (baseline != kBaseline.end()) {
    const double scale = kReferenceSha256 / baseline->second;
    const double best = subject.execute / subject.sha * scale;
    const double middle = median(subject.ratios) * scale;
    std::printf(" %7.2f %7.2f", best, middle);
    means.add(best, middle, subject.is_main);
  }
  std::printf("  %s\n",
              subject.status == evm::Status::Success ? "" : evm::describe(subject.status));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string filter = argc > 1 ? argv[1] : "";
  const Extent extent =
      argc > 2 && std::string(argv[2]) == "execute" ? Extent::ExecuteOnly : Extent::Everything;
  const auto folder = test_support::fixtures("evm-benchmarks");
  if (!folder) return 1;
  std::vector<std::unique_ptr<Program>> programs;
  std::vector<std::unique_ptr<Subject>> subjects;
  for (const auto& file : test_support::json_files(*folder)) {
    const json::value document = test_support::read_json(file);
    for (const auto& [name, test] : document.as_object()) {
      auto& program = *programs.emplace_back(std::make_unique<Program>());
      load(test, program);
      if (std::string(name).contains(filter)) {
        const auto account = program.state.account(program.to).value().value();
        print_analysis("analysis of " + std::string(name),
                       *program.state.code(account.code_hash).value());
      }
      for (const auto& [label, input] : program.inputs) {
        const std::string full = std::string(name) + "/" + label;
        if (!full.contains(filter)) continue;
        const bool is_main = file.parent_path().filename() == "main";
        subjects.push_back(std::make_unique<Subject>(full, program, input, is_main));
      }
    }
  }
  print_worst_analysis();
  double sha = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& subject : subjects) {
      subject->run_round();
      sha = std::max(sha, subject->sha);
    }
  }
  std::printf("SHA-256 of 16 KiB: at best %.2f GB/s\n", sha);
  const bool all = extent == Extent::Everything;
  std::printf("%-40s %9s %9s%s %7s %7s\n", "Mgas/s", "gas", "execute",
              all ? "     total reference" : "", "best", "median");
  Means means;
  for (const auto& subject : subjects) {
    subject->sha = sha;
    print_subject(*subject, extent, means);
  }
  means.print();
  return 0;
}
