#include <gtest/gtest.h>

#include <type_traits>

#include <ol/crypto/secret.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes<32>>);
static_assert(!std::is_copy_assignable_v<SecretBytes<32>>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes<32>>);

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0; });
}

TEST(SecretBytes, takes_exactly_its_length) {
  EXPECT_TRUE(SecretBytes<4>::from(test::hex("01020304")).has_value());
  EXPECT_FALSE(SecretBytes<4>::from(test::hex("010203")).has_value());
  EXPECT_FALSE(SecretBytes<4>::from(test::hex("0102030405")).has_value());
}

TEST(SecretBytes, wipes_what_it_is_moved_from) {
  auto first = test::seed(7);
  SecretBytes<32> second(std::move(first));
  EXPECT_TRUE(all_zero(first.view()));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(second, test::seed(7));
  SecretBytes<32> third;
  third = std::move(second);
  EXPECT_TRUE(all_zero(second.view()));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(third, test::seed(7));
}

TEST(SecretBytes, survives_assignment_to_itself) {
  auto value = test::seed(7);
  auto& same = value;
  value = std::move(same);
  EXPECT_EQ(value, test::seed(7));
}

TEST(SecretBytes, wipes_when_destroyed) {
  alignas(SecretBytes<32>) std::array<std::uint8_t, sizeof(SecretBytes<32>)> memory{};
  auto* secret = new (memory.data()) SecretBytes<32>(test::seed(9));
  EXPECT_FALSE(all_zero(memory));
  secret->~SecretBytes();
  EXPECT_TRUE(all_zero(memory));
}

TEST(SecretBytes, compares_all_bytes) {
  const auto value = test::seed(1);
  for (std::size_t i = 0; i < 32; ++i) {
    auto other = value.clone();
    EXPECT_EQ(value, other);
    other.span()[i] ^= 0x80;
    EXPECT_NE(value, other);
  }
}

TEST(EqualConstantTime, tells_lengths_apart) {
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_FALSE(equal_constant_time(test::hex("00"), test::hex("0000")));
}

TEST(FillRandom, gives_fresh_bytes) {
  EXPECT_NE(SecretBytes<32>::random(), SecretBytes<32>::random());
}

TEST(Wipe, zeroes_everything) {
  Bytes bytes(100, 0xff);
  wipe(bytes);
  EXPECT_TRUE(all_zero(bytes));
}

}  // namespace
}  // namespace ol::crypto
