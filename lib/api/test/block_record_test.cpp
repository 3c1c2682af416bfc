#include <ol/api/block_record.hpp>

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <ol/base/hex.hpp>

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

VerifiedAction action(std::uint8_t number, ActionBody body) {
  VerifiedAction out;
  out.action = {std::move(body), {}, 1'700'000'000'000U + number, 0};
  out.signer.bytes[19] = number;
  out.hash.bytes[0] = number;
  return out;
}

ActionResult result(std::uint8_t number) {
  ActionResult out;
  out.hash.bytes[0] = number;
  return out;
}

TEST(Dex17BlockRecord, gives_each_action_its_own_result_whatever_order_they_ran_in) {
  const std::vector<VerifiedAction> actions{
      action(1, CreateSubAccount{"a \"b\"\n"}),
      action(2, PlaceOrders{{Order{}, Order{}}, Grouping::None, {}, 0}), action(3, Noop{})};
  std::vector<ActionResult> results{result(3), result(2), result(1)};
  results[0].ok = false;
  results[0].error = Error::RateLimited;
  OrderResult filled;
  filled.kind = OrderResult::Kind::Filled;
  filled.oid = OrderId(7);
  filled.total_sz = 12'345'678'901'234'567U;
  filled.avg_px = 650'000;
  OrderResult refused;
  refused.kind = OrderResult::Kind::Error;
  refused.error = Error::MinNtl;
  results[1].orders = {filled, refused};

  const json::array out = json::parse(actions_record(actions, {results})).as_array();
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].at("type").as_string(), "CreateSubAccount");
  EXPECT_EQ(out[0].at("action").at("name").as_string(), "a \"b\"\n");
  EXPECT_EQ(out[0].at("nonce").to_number<std::uint64_t>(), 1'700'000'000'001U);
  EXPECT_EQ(out[0].at("result"), json::parse(R"({"status":"ok","code":0})"));
  EXPECT_EQ(out[1].at("result").at("statuses"),
            json::parse(R"([{"filled":{"oid":7,)"
                        R"("totalSz":"12345678901234567",)"
                        R"("avgPx":"650000"}},)"
                        R"({"error":{"code":16,"name":"MinNtl"}}])"));
  EXPECT_EQ(out[2].at("result"), json::parse(R"({"status":"err","code":7,"name":"RateLimited"})"));
  const json::array plain = json::parse(actions_record(actions, {})).as_array();
  EXPECT_FALSE(plain[0].as_object().contains("result"));
}

TEST(Dex17BlockRecord, tells_of_steps_without_a_user) {
  const std::vector<SystemAction> steps{OracleSubmit{2, 9, {{AssetId(0), 650'000, 0}}},
                                        SetOracle{AssetId(1), 30'000}, CreditUsd{Address{}, 77}};
  const std::vector<bool> ok{true, false, true};
  const json::array out = json::parse(system_record(steps, {{}, &ok})).as_array();
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].at("type").as_string(), "OracleSubmit");
  EXPECT_EQ(out[0].at("action"),
            json::parse(R"({"validator":2,"round":9,)"
                        R"("prices":[{"asset":0,"spotPx":"650000","perpPx":"0"}]})"));
  EXPECT_TRUE(out[0].at("ok").as_bool());
  EXPECT_FALSE(out[1].at("ok").as_bool());
  EXPECT_EQ(out[2].at("action").at("usd").as_string(), "77");
}

}  // namespace
}  // namespace ol::api
