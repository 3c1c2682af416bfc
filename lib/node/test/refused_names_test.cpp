#include "../src/refused_names.hpp"

#include <gtest/gtest.h>

namespace ol::node {
namespace {

// At the end, which tables find their places by.
primitives::TxnHash name_of(std::uint32_t i) {
  primitives::TxnHash out;
  out.bytes[29] = static_cast<std::uint8_t>(i >> 16);
  out.bytes[30] = static_cast<std::uint8_t>(i >> 8);
  out.bytes[31] = static_cast<std::uint8_t>(i);
  return out;
}

TEST(RefusedNames, are_kept_for_a_while) {
  RefusedNames names;
  EXPECT_FALSE(names.contains(name_of(1), 0));
  names.put(name_of(1), 100);
  EXPECT_TRUE(names.contains(name_of(1), 100 + RefusedNames::kKeptMs - 1));
  EXPECT_FALSE(names.contains(name_of(1), 100 + RefusedNames::kKeptMs));
  EXPECT_FALSE(names.contains(name_of(2), 100));
  names.put(name_of(1), 20'000);
  EXPECT_TRUE(names.contains(name_of(1), 20'000));
}

TEST(RefusedNames, are_bounded_and_the_oldest_leave_first) {
  RefusedNames names;
  for (std::uint32_t i = 0; i <= RefusedNames::kNamesMax; ++i)
    names.put(name_of(i), 0);
  EXPECT_FALSE(names.contains(name_of(0), 1));
  EXPECT_TRUE(names.contains(name_of(1), 1));
  EXPECT_TRUE(names.contains(name_of(RefusedNames::kNamesMax), 1));
}

}  // namespace
}  // namespace ol::node
