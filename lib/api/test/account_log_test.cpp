#include <gtest/gtest.h>

#include "../src/history.hpp"

namespace ol::api::test {
namespace {

struct Record {
  std::uint64_t height = 0;
};

Address named(std::uint8_t name) {
  Address out;
  out.bytes[0] = name;
  return out;
}

TEST(AccountLogTest, says_up_to_which_height_an_accounts_records_may_be_gone) {
  AccountLog<Record> log(6, 3);
  const Address one = named(1);
  const Address two = named(2);
  for (std::uint64_t height = 1; height <= 2; ++height)
    log.add(one, {height});
  EXPECT_EQ(log.lost_up_to(one), 0U);
  log.add(one, {3});
  EXPECT_EQ(log.lost_up_to(one), 1U) << "full: the next one drops the first";
  log.add(one, {4});
  EXPECT_EQ(log.lost_up_to(one), 2U);
  EXPECT_EQ(log.lost_up_to(two), 0U);
  log.add(two, {5});
  EXPECT_EQ(log.lost_up_to(two), 0U) << "there is room in all";
  log.add(two, {6});
  EXPECT_EQ(log.lost_up_to(two), 2U) << "full in all, and that is the oldest";
  EXPECT_EQ(log.lost_up_to(named(3)), 2U);
  // Of the account with the oldest nothing may be left.
  for (std::uint8_t name = 4; name <= 7; ++name)
    log.add(named(name), {std::uint64_t{name} + 10});
  EXPECT_GE(log.lost_up_to(two), 4U);
}

}  // namespace
}  // namespace ol::api::test
