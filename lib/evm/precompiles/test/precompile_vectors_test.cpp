// go-ethereum's vectors of every precompiled contract: output, and gas to the unit.

#include <string>

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <ol/base/hex.hpp>
#include <ol/test_support/fixtures.hpp>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

namespace json = boost::json;

struct File {
  const char* name;
  unsigned address;
  Revision revision;
  bool good;
};

constexpr File kFiles[] = {
    {"ecRecover", 0x01, Revision::Frontier, true},
    {"modexp", 0x05, Revision::Byzantium, true},
    {"modexp_eip2565", 0x05, Revision::Berlin, true},
    {"modexp_eip7883", 0x05, Revision::Osaka, true},
    {"bn256Add", 0x06, Revision::Istanbul, true},
    {"bn256ScalarMul", 0x07, Revision::Istanbul, true},
    {"bn256Pairing", 0x08, Revision::Istanbul, true},
    {"blake2F", 0x09, Revision::Istanbul, true},
    {"fail-blake2f", 0x09, Revision::Istanbul, false},
    {"pointEvaluation", 0x0a, Revision::Cancun, true},
    {"blsG1Add", 0x0b, Revision::Prague, true},
    {"fail-blsG1Add", 0x0b, Revision::Prague, false},
    {"blsG1Mul", 0x0c, Revision::Prague, true},
    {"fail-blsG1Mul", 0x0c, Revision::Prague, false},
    {"blsG1MultiExp", 0x0c, Revision::Prague, true},
    {"fail-blsG1MultiExp", 0x0c, Revision::Prague, false},
    {"blsG2Add", 0x0d, Revision::Prague, true},
    {"fail-blsG2Add", 0x0d, Revision::Prague, false},
    {"blsG2Mul", 0x0e, Revision::Prague, true},
    {"fail-blsG2Mul", 0x0e, Revision::Prague, false},
    {"blsG2MultiExp", 0x0e, Revision::Prague, true},
    {"fail-blsG2MultiExp", 0x0e, Revision::Prague, false},
    {"blsPairing", 0x0f, Revision::Prague, true},
    {"fail-blsPairing", 0x0f, Revision::Prague, false},
    {"blsMapG1", 0x10, Revision::Prague, true},
    {"fail-blsMapG1", 0x10, Revision::Prague, false},
    {"blsMapG2", 0x11, Revision::Prague, true},
    {"fail-blsMapG2", 0x11, Revision::Prague, false},
    {"p256Verify", 0x100, Revision::Osaka, true},
};

Bytes bytes_of(const json::object& entry, const char* key) {
  const auto bytes = from_hex(std::string_view(entry.at(key).as_string()));
  EXPECT_TRUE(bytes.has_value());
  return bytes.value_or(Bytes{});
}

void expect_good(const File& file, const json::object& entry) {
  const Bytes input = bytes_of(entry, "Input");
  const std::int64_t gas = entry.at("Gas").to_number<std::int64_t>();
  const auto exact = run(file.address, input, file.revision, gas);
  EXPECT_TRUE(exact.success);
  EXPECT_EQ(exact.gas_left, 0);
  EXPECT_EQ(to_hex(exact.output), to_hex(bytes_of(entry, "Expected")));
  if (gas == 0) return;
  const auto short_of_one = run(file.address, input, file.revision, gas - 1);
  EXPECT_FALSE(short_of_one.success);
  EXPECT_EQ(short_of_one.gas_left, 0);
  EXPECT_TRUE(short_of_one.output.empty());
}

void expect_bad(const File& file, const json::object& entry) {
  const auto result = run(file.address, bytes_of(entry, "Input"), file.revision);
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.gas_left, 0);
  EXPECT_TRUE(result.output.empty());
}

class PrecompileVectors : public testing::TestWithParam<File> {};

TEST_P(PrecompileVectors, agree) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  const File& file = GetParam();
  const auto path = folder / "precompiles" / (std::string(file.name) + ".json");
  const json::value entries = test_support::read_json(path);
  ASSERT_FALSE(entries.as_array().empty());
  for (const json::value& value : entries.as_array()) {
    const json::object& entry = value.as_object();
    SCOPED_TRACE(std::string(std::string_view(entry.at("Name").as_string())));
    if (file.good) {
      expect_good(file, entry);
    } else {
      expect_bad(file, entry);
    }
  }
  RecordProperty("cases", static_cast<int>(entries.as_array().size()));
}

INSTANTIATE_TEST_SUITE_P(Files, PrecompileVectors, testing::ValuesIn(kFiles),
                         [](const testing::TestParamInfo<File>& param) {
                           std::string name = param.param.name;
                           std::erase(name, '-');
                           return name;
                         });

TEST(PrecompileVectorFiles, are_all_listed) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  EXPECT_EQ(test_support::json_files(folder / "precompiles").size(), std::size(kFiles));
}

}  // namespace
}  // namespace ol::evm::precompiles
