#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <unistd.h>

#include "evm_command.hpp"
#include "run.hpp"
#include "statetest.hpp"

namespace ol::app {
namespace {

namespace fs = std::filesystem;

/// A folder under the system's temporary one, deleted with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "openliquid-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw CommandError("cannot make a temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void unpack(const fs::path& archive, const fs::path& folder) {
  // tar finds out itself how an archive is compressed.
  const bool is_zip = archive.extension() == ".zip";
  const std::string command = (is_zip ? "unzip -q " : "tar -xf ") + shell_quoted(archive.string()) +
                              (is_zip ? " -d " : " -C ") + shell_quoted(folder.string());
  if (std::system(command.c_str()) != 0) {
    throw CommandError("cannot unpack " + archive.string() + " with " + (is_zip ? "unzip" : "tar"));
  }
}

void print_report(const StateTestReport& report) {
  for (const std::string& failure : report.failures)
    std::cout << "FAIL " << failure << '\n';
  for (std::size_t i = 0; i < evm::kRevisions; ++i) {
    const StateTestCount& count = report.forks[i];
    if (count.passed + count.failed == 0) continue;
    std::cout << evm::describe(static_cast<evm::Revision>(i)) << ": " << count.passed << " passed, "
              << count.failed << " failed\n";
  }
  std::cout << "all: " << report.passed() << " passed, " << report.failed() << " failed in "
            << report.files << " files; skipped " << report.skipped_files << " slow files and "
            << report.skipped_cases << " cases of unknown forks";
  if (report.skipped_others != 0)
    std::cout << ", " << report.skipped_others << " entries that are no state tests";
  if (report.unreadable != 0) std::cout << "; " << report.unreadable << " tests cannot be read";
  std::cout << '\n';
}

struct StateTestFlags {
  std::string path;
  bool reference = false;
  StateTestOptions options;
};

void run_state_test_command(StateTestFlags& flags) {
  if (flags.reference) flags.options.engine = evm::Engine::Reference;
  fs::path path = flags.path;
  if (!fs::exists(path)) throw CommandError(flags.path + " does not exist");
  std::unique_ptr<TemporaryFolder> unpacked;
  if (!fs::is_directory(path) && path.extension() != ".json") {
    unpacked = std::make_unique<TemporaryFolder>();
    unpack(path, unpacked->path());
    path = unpacked->path();
  }
  const StateTestReport report = run_state_tests(path, flags.options);
  print_report(report);
  if (report.failed() != 0 || report.passed() == 0) throw CLI::RuntimeError(1);
}

void add_state_test(CLI::App& evm) {
  auto* const command = evm.add_subcommand("statetest", "Run Ethereum state tests");
  const auto flags = std::make_shared<StateTestFlags>();
  command
      ->add_option("path", flags->path,
                   "A JSON file, a folder of them, or an archive (tar in any compression, or zip)")
      ->required();
  command->add_option("--fork", flags->options.fork, "Only this fork, such as Prague");
  command->add_option("--filter", flags->options.filter, "Only files whose path contains this");
  command->add_flag("--skip-slow", flags->options.skip_slow,
                    "Leave out the files that take seconds to minutes");
  command->add_flag("--reference", flags->reference, "Use the plain reference interpreter");
  command->callback([flags] { run_state_test_command(*flags); });
}

}  // namespace

void add_evm(CLI::App& app) {
  auto* const evm = app.add_subcommand("evm", "Run EVM code and Ethereum's state tests");
  evm->require_subcommand(1);
  add_evm_run(*evm);
  add_evm_trace(*evm);
  add_state_test(*evm);
}

}  // namespace ol::app
