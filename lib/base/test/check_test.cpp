#include <ol/base/check.hpp>

#include <string>

#include <gtest/gtest.h>

#include <ol/base/result.hpp>

namespace ol {
namespace {

TEST(CheckDeathTest, stops_the_process_and_says_why) {
  EXPECT_DEATH(OL_CHECK(1 + 1 == 3, "sums are right"),
               "check failed: sums are right \\(1 \\+ 1 == 3\\) at .*check_test.cpp");
}

TEST(Check, lets_a_true_condition_pass_and_evaluates_it_once) {
  int calls = 0;
  OL_CHECK(++calls == 1, "counted");
  EXPECT_EQ(calls, 1);
}

Result<int, std::string> half(int v) {
  if (v % 2 != 0) return fail(std::string("odd"));
  return v / 2;
}
Result<int, std::string> quarter(int v) {
  OL_TRY(const int once, half(v));
  OL_TRY(const int twice, half(once));
  return twice;
}
Result<void, std::string> even(int v) {
  OL_TRY_VOID(half(v));
  return {};
}

TEST(Result, try_goes_on_with_the_value) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_TRUE(even(2));
}

TEST(Result, try_returns_the_first_error) {
  EXPECT_EQ(quarter(3).error(), "odd");
  EXPECT_EQ(quarter(6).error(), "odd");
  EXPECT_EQ(even(3).error(), "odd");
}

}  // namespace
}  // namespace ol
