// ethereum/tests, RLPTests.
#include <ol/base/rlp.hpp>

#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <ol/base/hex.hpp>
#include <ol/test_support/fixtures.hpp>

namespace ol {
namespace {

namespace json = boost::json;

void append_value(RlpWriter& w, const json::value& value) {
  if (value.is_array()) {
    w.begin_list();
    for (const json::value& v : value.get_array())
      append_value(w, v);
    w.end_list();
  } else if (value.is_string()) {
    const std::string_view text = value.get_string();
    if (!text.starts_with('#')) {
      w.string(as_bytes(text));
    } else if (const auto number = U256::from_decimal(text.substr(1))) {
      w.u256(*number);
    } else {
      // The one vector above 256 bits is 2^256: RLP itself has no bound on integers.
      ASSERT_EQ(text.substr(1),
                "115792089237316195423570985008687907853269984665640564039457584007913129639936");
      Bytes bytes(33);
      bytes[0] = 1;
      w.string(bytes);
    }
  } else {
    w.u64(value.to_number<std::uint64_t>());
  }
}

TEST(RlpVectors, ethereum_rlp_tests) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  int cases = 0;
  for (const auto& file : test_support::json_files(folder / "RLPTests")) {
    const json::value tests = test_support::read_json(file);
    for (const auto& [name, test] : tests.as_object()) {
      SCOPED_TRACE(std::string(name));
      ++cases;
      const json::value& in = test.at("in");
      const Bytes out = from_hex(std::string_view(test.at("out").as_string())).value();
      if (in.is_string() && in.get_string() == "INVALID") {
        EXPECT_FALSE(rlp_check(out));
        continue;
      }
      EXPECT_TRUE(rlp_check(out));
      if (in.is_string() && in.get_string() == "VALID") continue;
      RlpWriter w;
      append_value(w, in);
      EXPECT_EQ(to_hex(w.bytes()), to_hex(out));
    }
  }
  EXPECT_EQ(cases, 55);
}

}  // namespace
}  // namespace ol
