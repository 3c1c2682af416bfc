// Ethereum's official state tests (ethereum-state-tests.tar.zst), the slow files left out.
#include "evm/statetest.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include <ol/test_support/fixtures.hpp>

#include "../../../lib/storage/test/temp_directory.hpp"
#include "command.hpp"
#include "evm/statetest_load.hpp"

namespace ol::app {
namespace {

std::string first_failures(const StateTestReport& report) {
  std::string out;
  for (std::size_t i = 0; i < report.failures.size() && i < 20; ++i)
    out += report.failures[i] + "\n";
  return out;
}

void expect_all_pass(const std::filesystem::path& folder, evm::Engine engine) {
  const StateTestReport report =
      run_state_tests(folder, {.engine = engine, .fork = {}, .filter = {}, .skip_slow = true});
  EXPECT_EQ(report.failed(), 0U) << first_failures(report);
  const auto passed = [&](evm::Revision revision) {
    return report.forks[static_cast<std::size_t>(revision)].passed;
  };
  EXPECT_EQ(passed(evm::Revision::Shanghai), 14'691U);
  EXPECT_EQ(passed(evm::Revision::Cancun), 17'515U);
  EXPECT_EQ(passed(evm::Revision::Prague), 8'251U);
  EXPECT_EQ(report.skipped_cases, 0U);
  EXPECT_EQ(report.skipped_files, 9U);
}

TEST(StateTests, the_fast_interpreter_passes_all) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-state-tests");
  expect_all_pass(folder, evm::Engine::Fast);
}

TEST(StateTests, the_reference_interpreter_passes_all) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-state-tests");
  expect_all_pass(folder, evm::Engine::Reference);
}

/// A run that could not fail would prove nothing: a wrong expected root is noticed.
TEST(StateTests, a_wrong_root_is_a_failure) {
  const storage::TempDirectory directory;
  const auto file = directory / "wrong_root.json";
  const std::string zero(64, '0');
  std::ofstream(file) << R"({"t":{"env":{"currentNumber":"0x1","currentTimestamp":"0x1",)"
                      << R"("currentGasLimit":"0x1000000","currentCoinbase":"0x)"
                      << std::string(40, '1') << R"("},"pre":{"0x)" << std::string(40, '2')
                      << R"(":{"balance":"0xffffffff","nonce":"0x0","code":"0x","storage":{}}},)"
                      << R"("transaction":{"sender":"0x)" << std::string(40, '2')
                      << R"(","nonce":"0x0","gasPrice":"0x1","gasLimit":["0x5208"],)"
                      << R"("value":["0x1"],"data":["0x"],"to":"0x)" << std::string(40, '3')
                      << R"("},"post":{"Prague":[{"indexes":{"data":0,"gas":0,"value":0},)"
                      << R"("hash":"0x)" << zero << R"(","logs":"0x)" << zero
                      << R"("}],"Unknown":[{},{}]}}})";
  const StateTestReport report = run_state_tests(file, {});
  EXPECT_EQ(report.passed(), 0U);
  EXPECT_EQ(report.failed(), 1U);
  EXPECT_EQ(report.skipped_cases, 2U);
  std::ofstream(file)
      << R"({"a":{"blocks":[]},"b":{"env":{},"pre":{},"transaction":{},"post":{"Prague":[]}}})";
  const StateTestReport others = run_state_tests(file, {});
  EXPECT_EQ(others.skipped_others, 1U);
  EXPECT_EQ(others.unreadable, 1U) << "no number of a block";
  EXPECT_EQ(others.failed(), 1U);
  ASSERT_EQ(others.failures.size(), 1U);
  EXPECT_EQ(others.failures[0], "wrong_root.json b: the test has no field currentNumber");
  std::ofstream(file) << "[1]";
  EXPECT_EQ(run_state_tests(file, {}).skipped_others, 1U);
  std::ofstream(file) << "not JSON";
  EXPECT_THROW((void)run_state_tests(file, {}), CommandError);
}

TEST(StateTests, know_forks_that_only_delayed_the_difficulty) {
  EXPECT_EQ(fork_revision("MuirGlacier"), evm::Revision::Istanbul);
  EXPECT_EQ(fork_revision("ArrowGlacier"), evm::Revision::London);
  EXPECT_EQ(fork_revision("GrayGlacier"), evm::Revision::London);
}

TEST(StateTests, an_unknown_fork_is_refused) {
  const storage::TempDirectory directory;
  std::ofstream(directory / "none.json") << "{}";
  const StateTestOptions options{.engine = evm::Engine::Fast, .fork = "Foo", .filter = {}};
  EXPECT_THROW((void)run_state_tests(directory / "none.json", options), CommandError);
}

}  // namespace
}  // namespace ol::app
