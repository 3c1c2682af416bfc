// go-ethereum, core/vm/testdata/testcases_*.json: X is below Y on the stack, so Y is the opcode's
// first operand.
#include <ol/base/u256.hpp>

#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <ol/test_support/fixtures.hpp>

namespace ol {
namespace {

namespace json = boost::json;
using Operation = std::function<U256(const U256& top, const U256& below)>;

U256 truth(bool v) {
  return v ? 1U : 0U;
}

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> table{
      {"add", [](const U256& a, const U256& b) { return a + b; }},
      {"and", [](const U256& a, const U256& b) { return a & b; }},
      {"byte", [](const U256& a, const U256& b) { return byte(a, b); }},
      {"div", [](const U256& a, const U256& b) { return div(a, b); }},
      {"eq", [](const U256& a, const U256& b) { return truth(a == b); }},
      {"exp", [](const U256& a, const U256& b) { return exp(a, b); }},
      {"gt", [](const U256& a, const U256& b) { return truth(a > b); }},
      {"lt", [](const U256& a, const U256& b) { return truth(a < b); }},
      {"mod", [](const U256& a, const U256& b) { return mod(a, b); }},
      {"mul", [](const U256& a, const U256& b) { return a * b; }},
      {"or", [](const U256& a, const U256& b) { return a | b; }},
      {"sar", [](const U256& a, const U256& b) { return sar(b, a); }},
      {"sdiv", [](const U256& a, const U256& b) { return sdiv(a, b); }},
      {"sgt", [](const U256& a, const U256& b) { return truth(signed_less(b, a)); }},
      {"shl", [](const U256& a, const U256& b) { return shl(b, a); }},
      {"shr", [](const U256& a, const U256& b) { return shr(b, a); }},
      {"signext", [](const U256& a, const U256& b) { return signextend(a, b); }},
      {"slt", [](const U256& a, const U256& b) { return truth(signed_less(a, b)); }},
      {"smod", [](const U256& a, const U256& b) { return smod(a, b); }},
      {"sub", [](const U256& a, const U256& b) { return a - b; }},
      {"xor", [](const U256& a, const U256& b) { return a ^ b; }}};
  return table;
}

U256 word(const json::value& test, const char* field) {
  return U256::from_hex(test.at(field).as_string()).value();
}

TEST(U256Vectors, opcode_test_cases) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  int cases = 0;
  for (const auto& [name, operation] : operations()) {
    const json::value tests =
        test_support::read_json(folder / "opcodes" / ("testcases_" + name + ".json"));
    for (const json::value& test : tests.as_array()) {
      ++cases;
      const U256 x = word(test, "X");
      const U256 y = word(test, "Y");
      EXPECT_EQ(operation(y, x).to_hex(), word(test, "Expected").to_hex())
          << name << " X=" << x.to_hex() << " Y=" << y.to_hex();
    }
  }
  EXPECT_EQ(cases, 1701);
}

}  // namespace
}  // namespace ol
