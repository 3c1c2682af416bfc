// `openliquid evm run` on a state of a file: what geth's `evm run --prestate FILE --dump` does.
#include "evm/run.hpp"

#include <string>

#include <gtest/gtest.h>

#include "command.hpp"
#include "evm/state_file.hpp"
#include "printed.hpp"

namespace ol::app {
namespace {

std::string run(const std::string& line) {
  return test::printed_by(add_evm_run, "run " + line);
}

// The contract adds slot 5 and CALLVALUE and stores the sum in slot 6; slot 5 is cleared.
constexpr const char* kGenesis = R"({
  "number": "0x2a", "timestamp": 7, "gasLimit": "30000000",
  "alloc": {
    "0xca11e40000000000000000000000000000000000": {"balance": "1000"},
    "c0de000000000000000000000000000000000000": {
      "balance": "0x10", "nonce": "1", "code": "0x60055434016006555f600555",
      "storage": {"0x05": "0x30"}
    }
  }
})";

TEST(EvmRun, dumps_the_state_a_call_leaves_behind) {
  const test::TextFile file(kGenesis);
  const std::string out = run("--prestate " + file.path() + " --value 3 --dump");
  EXPECT_TRUE(out.contains("status: success")) << out;
  EXPECT_TRUE(out.contains("\"balance\": \"997\"")) << out;
  EXPECT_TRUE(out.contains("\"balance\": \"19\"")) << out;
  EXPECT_TRUE(out.contains("0000000006\": \"33\"")) << out;
  EXPECT_FALSE(out.contains("0000000005\": ")) << out;
  EXPECT_TRUE(out.contains("\"code\": \"0x60055434016006555f600555\"")) << out;
}

TEST(EvmRun, puts_the_code_given_into_an_account_of_the_file) {
  const test::TextFile file(kGenesis);
  // NUMBER and TIMESTAMP of the file, added and returned.
  const std::string out = run("--prestate " + file.path() + " 4342015f5260205ff3");
  EXPECT_TRUE(out.contains("000031\n")) << out;
  EXPECT_FALSE(out.contains("root")) << "nothing is dumped unless asked";
}

TEST(EvmRun, refuses_what_the_file_does_not_allow) {
  const test::TextFile file(kGenesis);
  EXPECT_THROW(run("--prestate " + file.path() + " --value 1001"), CommandError);
  const test::TextFile no_alloc("{}");
  EXPECT_THROW(run("--prestate " + no_alloc.path()), CommandError);
  EXPECT_THROW(run("--prestate /nowhere/state.json"), CommandError);
}

std::string refusal(const std::string& line) {
  try {
    static_cast<void>(run(line));
  } catch (const CommandError& error) {
    return error.what();
  }
  return "none";
}

TEST(EvmRun, refuses_gas_that_no_call_can_have) {
  EXPECT_TRUE(run("--gas 9223372036854775807 5a").contains("gas used: 2\n"));
  EXPECT_TRUE(run("--gas 0 00").contains("gas used: 0\n"));
  for (const char* const text :
       {"9223372036854775808", "99999999999999999999", "-1", "lots", "1.5"})
    EXPECT_EQ(refusal("--gas " + std::string(text) + " 00"),
              "--gas takes a whole number from 0 to 9223372036854775807, not " + std::string(text));
}

TEST(EvmRun, says_which_forks_there_are) {
  const std::string words = refusal("--fork Foo 00");
  EXPECT_TRUE(words.starts_with("Foo is no fork this node knows; there are Frontier, ")) << words;
  EXPECT_TRUE(words.ends_with(", Prague, Osaka")) << words;
}

TEST(EvmRun, the_root_of_no_accounts_is_that_of_the_empty_trie) {
  EXPECT_EQ(
      dump_of(RootedState{}),
      "{\n    \"root\": \"56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421\",\n"
      "    \"accounts\": {}\n}");
}

}  // namespace
}  // namespace ol::app
