#include "statetest.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <numeric>

#include <ol/base/rlp.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/state_root.hpp>

#include "command.hpp"
#include "statetest_load.hpp"

namespace ol::app {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

/// Files that take an optimised interpreter seconds to minutes, by a part of their path.
constexpr const char* kSlowFiles[] = {
    "stTimeConsuming/CALLBlake2f_MaxRounds",
    "stTimeConsuming/static_Call50000_sha256",
    "VMTests/vmPerformance/",
    "stQuadraticComplexityTest/Call50000_sha256",
    "eip1153_tstore/test_run_until_out_of_gas",
    "eip2537_bls_12_381_precompiles/test_valid_gas_g1msm",
    "eip2537_bls_12_381_precompiles/test_valid_gas_g2msm",
};

/// State tests know no ancestors: a block's hash is that of its number in decimal.
class NumberHashes final : public evm::BlockHashes {
 public:
  [[nodiscard]] Result<Hash256, state::StateError> block_hash(std::uint64_t number) const override {
    return crypto::keccak256(as_bytes(std::to_string(number)));
  }
};

Hash256 logs_hash(const std::vector<primitives::Log>& logs) {
  RlpWriter out;
  out.begin_list();
  for (const primitives::Log& log : logs) {
    out.begin_list().fixed(log.address).begin_list();
    for (const Hash256& topic : log.topics)
      out.fixed(topic);
    out.end_list().string(log.data).end_list();
  }
  out.end_list();
  return crypto::keccak256(out.bytes());
}

class Runner {
 public:
  explicit Runner(const StateTestOptions& options) : options_(options) {}

  void run_file(const fs::path& file) {
    ++report_.files;
    element document;
    if (parser_.load(file.string()).get(document) != simdjson::SUCCESS) {
      throw CommandError(file.string() + " is not JSON");
    }
    simdjson::dom::object tests;
    if (document.get(tests) != simdjson::SUCCESS) return skip_other();
    for (const auto& [name, test] : tests) {
      name_ = file.filename().string() + " " + std::string(name);
      if (!is_state_test(test)) {
        skip_other();
      } else {
        run_or_fail(test);
      }
    }
  }

  StateTestReport take() { return std::move(report_); }
  void skip_file() { ++report_.skipped_files; }

 private:
  void skip_other() { ++report_.skipped_others; }

  static bool is_state_test(element test) {
    for (const char* part : {"env", "pre", "transaction", "post"}) {
      if (test[part].error() != simdjson::SUCCESS) return false;
    }
    return true;
  }

  /// One test that cannot be read is a failure of that test, and no reason to stop.
  void run_or_fail(element test) {
    const auto failed = [this](const std::string& why) {
      ++report_.unreadable;
      report_.failures.push_back(name_ + ": " + why);
    };
    try {
      run_test(test);
    } catch (const Unrepresentable&) {
      failed("a number is beyond its field");
    } catch (const std::exception& error) {
      failed(error.what());
    }
  }

  void run_test(element test) {
    PreState pre;
    load_pre_state(test["pre"], pre);
    for (const auto& [fork, cases] : test["post"].get_object()) {
      if (!options_.fork.empty() && fork != options_.fork) continue;
      const auto revision = fork_revision(fork);
      if (!revision) {
        report_.skipped_cases += cases.get_array().size();
        continue;
      }
      evm::BlockEnv block = load_block(test, *revision);
      block.hashes = &hashes_;
      for (const element one : cases.get_array())
        run_case(pre, block, *revision, test, one);
    }
  }

  void run_case(const PreState& pre, const evm::BlockEnv& block, evm::Revision revision,
                element test, element one) {
    const std::string fault = find_fault(pre, block, revision, test, one);
    StateTestCount& count = report_.forks[static_cast<std::size_t>(revision)];
    if (fault.empty()) {
      ++count.passed;
      return;
    }
    ++count.failed;
    report_.failures.push_back(name_ + " " + evm::describe(revision) + " " +
                               simdjson::minify(one["indexes"]) + ": " + fault);
  }

  /// What is wrong with the outcome of one case; nothing if it passes.
  std::string find_fault(const PreState& pre, const evm::BlockEnv& block, evm::Revision revision,
                         element test, element one) {
    element exception;
    const bool must_fail =
        one["expectException"].get(exception) == simdjson::SUCCESS && !exception.is_null();
    LoadedTxn txn;
    try {
      load_txn(test["transaction"], required(one, "indexes"), txn);
    } catch (const Unrepresentable&) {
      return must_fail ? "" : "a valid transaction was refused while loading";
    }
    evm::World world(pre.state);
    const auto outcome = machine(revision).transact(world, block, txn.request);
    if (!outcome) {
      const auto* const fault = std::get_if<evm::TxnFault>(&outcome.error());
      if (fault == nullptr) return "the state could not be read";
      if (!must_fail) return std::string("a valid transaction was refused: ") + describe(*fault);
    } else if (must_fail) {
      return "an invalid transaction was executed";
    }
    state::StateDiff diff = world.take_diff();
    const auto root = state::update_state_root(pre.state, pre.state, pre.root, diff);
    if (!root) return "the state has no root";
    if (*root != load_hash(required(one, "hash"))) return "the state root differs";
    const Hash256 logs = logs_hash(outcome ? outcome->logs : std::vector<primitives::Log>{});
    if (logs != load_hash(required(one, "logs"))) return "the logs differ";
    return {};
  }

  evm::Evm& machine(evm::Revision revision) {
    auto& slot = machines_[static_cast<std::size_t>(revision)];
    if (!slot) slot = std::make_unique<evm::Evm>(revision, options_.engine);
    return *slot;
  }

  const StateTestOptions& options_;
  StateTestReport report_;
  simdjson::dom::parser parser_;
  NumberHashes hashes_;
  std::array<std::unique_ptr<evm::Evm>, evm::kRevisions> machines_;
  std::string name_;
};

std::vector<fs::path> find_files(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry);
  }
  std::ranges::sort(files);
  return files;
}

bool is_slow(const std::string& path) {
  return std::ranges::any_of(kSlowFiles, [&](const char* part) { return path.contains(part); });
}

}  // namespace

std::uint64_t StateTestReport::passed() const {
  return std::transform_reduce(forks.begin(), forks.end(), std::uint64_t{0}, std::plus{},
                               [](const StateTestCount& count) { return count.passed; });
}

std::uint64_t StateTestReport::failed() const {
  return std::transform_reduce(forks.begin(), forks.end(), unreadable, std::plus{},
                               [](const StateTestCount& count) { return count.failed; });
}

StateTestReport run_state_tests(const fs::path& path, const StateTestOptions& options) {
  if (!options.fork.empty()) static_cast<void>(named_fork(options.fork));
  Runner runner(options);
  for (const fs::path& file : find_files(path)) {
    const std::string name = file.generic_string();
    if (!name.contains(options.filter)) continue;
    if (options.skip_slow && is_slow(name)) {
      runner.skip_file();
    } else {
      runner.run_file(file);
    }
  }
  return runner.take();
}

}  // namespace ol::app
