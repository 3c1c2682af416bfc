#include <ol/rpc/params.hpp>

#include <ol/base/address.hpp>
#include <ol/base/hex.hpp>
#include <ol/rpc/dispatcher.hpp>

#include <gtest/gtest.h>

namespace ol::rpc {
namespace {

// The text of `reader`'s value, or of its error, for the one argument `argument` (JSON).
std::string read(Handler reader, const std::string& argument) {
  Registry registry;
  registry.add("m", std::move(reader));
  Dispatcher dispatcher(std::move(registry));
  const std::string response =
      dispatcher.handle(R"({"jsonrpc":"2.0","id":1,"method":"m","params":[)" + argument + "]}");
  const std::string start = R"({"jsonrpc":"2.0","id":1,)";
  return response.substr(start.size(), response.size() - start.size() - 1);
}

std::string invalid(const std::string& why) {
  return R"("error":{"code":-32602,"message":"invalid argument 0: )" + why + "\"}";
}

std::string quantity_of(const std::string& argument) {
  return read(
      [](const Params& params) -> RpcResult {
        OL_TRY(const std::uint64_t value, params.quantity(0));
        return std::to_string(value);
      },
      argument);
}

std::string data_of(const std::string& argument) {
  return read(
      [](const Params& params) -> RpcResult {
        OL_TRY(const Bytes value, params.data(0));
        return '"' + to_hex(value) + '"';
      },
      argument);
}

std::string address_of(const std::string& argument) {
  return read(
      [](const Params& params) -> RpcResult {
        OL_TRY(const Address value, params.fixed<Address>(0, "an address"));
        return '"' + to_hex(value.view()) + '"';
      },
      argument);
}

TEST(Params, reads_quantities_of_up_to_64_bits) {
  EXPECT_EQ(quantity_of(R"("0x0")"), "\"result\":0");
  EXPECT_EQ(quantity_of(R"("0x1e61")"), "\"result\":7777");
  EXPECT_EQ(quantity_of(R"("0XfF")"), "\"result\":255");
  EXPECT_EQ(quantity_of(R"("0xffffffffffffffff")"), "\"result\":18446744073709551615");
}

TEST(Params, refuses_quantities_that_are_not_minimal_hex) {
  EXPECT_EQ(quantity_of(R"("0x10000000000000000")"), invalid("hex number > 64 bits"));
  EXPECT_EQ(quantity_of(R"("0x01")"), invalid("hex number with leading zero digits"));
  EXPECT_EQ(quantity_of(R"("0x")"), invalid("hex string \\\"0x\\\""));
  EXPECT_EQ(quantity_of(R"("")"), invalid("empty hex string"));
  EXPECT_EQ(quantity_of(R"("12")"), invalid("hex string without 0x prefix"));
  EXPECT_EQ(quantity_of(R"("0xzz")"), invalid("invalid hex string"));
  EXPECT_EQ(quantity_of("12"), invalid("want a hex quantity, found a number"));
  EXPECT_EQ(quantity_of("[]"), invalid("want a hex quantity, found an array"));
  EXPECT_EQ(quantity_of("{}"), invalid("want a hex quantity, found an object"));
  EXPECT_EQ(quantity_of("true"), invalid("want a hex quantity, found a boolean"));
}

TEST(Params, takes_null_for_a_missing_argument) {
  EXPECT_EQ(quantity_of("null"),
            R"("error":{"code":-32602,"message":"missing value for required argument 0"})");
}

TEST(Params, reads_data_of_even_length) {
  EXPECT_EQ(data_of(R"("0x")"), "\"result\":\"\"");
  EXPECT_EQ(data_of(R"("0x00Ff")"), "\"result\":\"00ff\"");
}

TEST(Params, refuses_data_that_is_not_prefixed_even_hex) {
  EXPECT_EQ(data_of(R"("")"), invalid("empty hex string"));
  EXPECT_EQ(data_of(R"("00")"), invalid("hex string without 0x prefix"));
  EXPECT_EQ(data_of(R"("0x0")"), invalid("hex string of odd length"));
  EXPECT_EQ(data_of(R"("0x0g")"), invalid("invalid hex string"));
  EXPECT_EQ(data_of(R"("0x0x12")"), invalid("invalid hex string"));
}

TEST(Params, reads_fixed_bytes_of_their_exact_length) {
  const std::string address(40, 'a');
  EXPECT_EQ(address_of("\"0x" + address + "\""), "\"result\":\"" + address + "\"");
  EXPECT_EQ(address_of("\"0x" + address + "aa\""),
            invalid("hex string has length 42, want 40 for an address"));
  EXPECT_EQ(address_of(R"("0xaa")"), invalid("hex string has length 2, want 40 for an address"));
}

TEST(Params, reads_strings_and_booleans) {
  const auto both = [](const Params& params) -> RpcResult {
    OL_TRY(const bool flag, params.boolean(0));
    OL_TRY(const std::string_view text, params.string(1));
    return '"' + std::string(text) + (flag ? "+\"" : "-\"");
  };
  EXPECT_EQ(read(both, R"(true,"a")"), R"("result":"a+")");
  EXPECT_EQ(read(both, R"(false,"a")"), R"("result":"a-")");
  EXPECT_EQ(read(both, R"("true","a")"), invalid("want a boolean, found a string"));
  EXPECT_EQ(
      read(both, R"(true,4.5)"),
      R"("error":{"code":-32602,"message":"invalid argument 1: want a string, found a number"})");
}

TEST(Params, refuses_more_arguments_than_a_method_has) {
  const auto none = [](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(1));
    return "1";
  };
  EXPECT_EQ(read(none, "1"), R"("result":1)");
  EXPECT_EQ(read(none, "1,2"),
            R"("error":{"code":-32602,"message":"too many arguments, want at most 1"})");
}

}  // namespace
}  // namespace ol::rpc
