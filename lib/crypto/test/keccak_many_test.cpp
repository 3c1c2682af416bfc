#include <ol/crypto/keccak_many.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>

#include "keccak_many_with.hpp"

namespace ol::crypto {
namespace {

/// The widths this processor can run.
std::vector<detail::KeccakLanes> widths() {
  std::vector<detail::KeccakLanes> out{{4, detail::keccak_permute_4}};
  if (detail::keccak_lanes().width == 8) out.push_back(detail::keccak_lanes());
  return out;
}

std::vector<Bytes> messages_of(const std::vector<std::size_t>& sizes) {
  std::vector<Bytes> out;
  for (const std::size_t size : sizes) {
    Bytes message(size);
    for (std::size_t i = 0; i < size; ++i)
      message[i] = static_cast<std::uint8_t>(7 * i + 31 * out.size());
    out.push_back(std::move(message));
  }
  return out;
}

void expect_each_as_alone(const std::vector<std::size_t>& sizes) {
  const std::vector<Bytes> messages = messages_of(sizes);
  const std::vector<ByteView> views(messages.begin(), messages.end());
  std::vector<Hash256> expected;
  for (const ByteView view : views)
    expected.push_back(keccak256(view));
  std::vector<Hash256> digests(views.size());
  keccak256_many(views, digests);
  EXPECT_EQ(digests, expected);
  for (const detail::KeccakLanes& lanes : widths()) {
    std::vector<Hash256> at_width(views.size());
    detail::keccak256_many_with(lanes, views, at_width);
    EXPECT_EQ(at_width, expected) << "width " << lanes.width;
  }
}

TEST(KeccakMany, gives_every_message_its_own_digest) {
  // Around the ends of blocks of 136 bytes.
  expect_each_as_alone({0, 1, 7, 8, 9, 135, 136, 137, 271, 272, 273, 32, 20, 532, 1000});
}

TEST(KeccakMany, takes_any_number_of_messages) {
  for (std::size_t count = 0; count <= 20; ++count)
    expect_each_as_alone(std::vector<std::size_t>(count, 110));
}

TEST(KeccakMany, a_long_message_among_short_ones_outlasts_them) {
  std::vector<std::size_t> sizes(30, 40);
  sizes[3] = 100'000;
  expect_each_as_alone(sizes);
  sizes.back() = 5'000;
  expect_each_as_alone(sizes);
}

// The empty message is in the Yellow Paper's appendix on KEC.
TEST(KeccakMany, reproduces_known_digests) {
  const Bytes abc{'a', 'b', 'c'};
  const std::vector<ByteView> messages{ByteView{}, abc, ByteView{}};
  std::vector<Hash256> digests(3);
  keccak256_many(messages, digests);
  EXPECT_EQ(to_hex(digests[0].view()),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(to_hex(digests[1].view()),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(digests[2], digests[0]);
}

TEST(KeccakManyDeathTest, wants_a_place_for_every_digest) {
  const std::vector<ByteView> messages(2);
  std::vector<Hash256> digests(1);
  EXPECT_DEATH(keccak256_many(messages, digests), "one digest per message");
}

}  // namespace
}  // namespace ol::crypto
