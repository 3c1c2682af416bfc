#include "../src/save_pace.hpp"

#include <gtest/gtest.h>

namespace ol::node {
namespace {

TEST(SavePace, is_a_minute_or_five_seconds_where_much_happened) {
  SavePace pace;
  EXPECT_FALSE(pace.due(59'999, SavePace::kMany - 1));
  EXPECT_TRUE(pace.due(60'000, 1));
  EXPECT_FALSE(pace.due(600'000, 0));
  EXPECT_FALSE(pace.due(4'999, SavePace::kMany));
  EXPECT_TRUE(pace.due(5'000, SavePace::kMany));
  pace.saved(60'000, 60'010);
  EXPECT_FALSE(pace.due(65'009, SavePace::kMany));
  EXPECT_TRUE(pace.due(65'010, SavePace::kMany));
}

TEST(SavePace, takes_no_more_than_a_twentieth_of_the_time) {
  SavePace pace;
  pace.saved(5'000, 6'000);
  EXPECT_FALSE(pace.due(24'999, SavePace::kMany));
  EXPECT_TRUE(pace.due(25'000, SavePace::kMany));
  pace.saved(100'000, 110'000);
  EXPECT_FALSE(pace.due(299'999, SavePace::kMany));
  EXPECT_TRUE(pace.due(300'000, 1));
}

}  // namespace
}  // namespace ol::node
