#include <ol/exchange/error.hpp>

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ol::exchange {
namespace {

TEST(Dex15Errors, have_43_different_stable_names) {
  std::set<std::string> names;
  for (std::uint16_t code = 1; code <= 43; ++code)
    names.insert(name(static_cast<Error>(code)));
  EXPECT_EQ(names.size(), 43U);
  EXPECT_STREQ(name(Error::BadSignature), "BadSignature");
  EXPECT_STREQ(name(Error::BadAloPx), "BadAloPx");
  EXPECT_EQ(static_cast<int>(Error::OpenAccountFee), 43);
}

TEST(Dex15Errors, cancel_reasons_have_14_different_names) {
  std::set<std::string> names;
  for (std::uint8_t reason = 0; reason < 14; ++reason)
    names.insert(name(static_cast<CancelReason>(reason)));
  EXPECT_EQ(names.size(), 14U);
  EXPECT_STREQ(name(CancelReason::SelfTradeCanceled), "selfTradeCanceled");
}

TEST(Dex15ErrorsDeathTest, stop_at_a_code_that_is_none) {
  EXPECT_DEATH(static_cast<void>(name(static_cast<Error>(44))), "outside section 15.3");
  EXPECT_DEATH(static_cast<void>(name(static_cast<CancelReason>(14))), "outside section 15.3");
}

}  // namespace
}  // namespace ol::exchange
