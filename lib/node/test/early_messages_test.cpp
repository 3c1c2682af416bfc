#include <ol/node/early_messages.hpp>

#include <algorithm>

#include <gtest/gtest.h>

#include "numbered_peer.hpp"

namespace ol::node::test {
namespace {

using From = EarlyMessages::From;

std::size_t count_of(const std::vector<EarlyMessages::Message>& messages, std::uint16_t number) {
  return static_cast<std::size_t>(
      std::ranges::count(messages, numbered_peer(number), &EarlyMessages::Message::peer));
}

TEST(EarlyMessages, come_back_in_their_order_and_once) {
  EarlyMessages early;
  for (std::uint8_t i = 0; i < 10; ++i)
    early.keep(numbered_peer(i % 3), i % 2 == 0 ? From::Validator : From::Stranger, Bytes{i});
  const auto all = early.take_all();
  ASSERT_EQ(all.size(), 10U);
  for (std::uint8_t i = 0; i < 10; ++i) {
    EXPECT_EQ(all[i].bytes, Bytes{i});
    EXPECT_EQ(all[i].peer, numbered_peer(i % 3));
  }
  EXPECT_EQ(early.size(), 0U);
}

TEST(EarlyMessages, of_a_flooding_peer_push_out_its_own) {
  EarlyMessages early;
  for (std::uint16_t from = 1; from <= 3; ++from)
    for (int i = 0; i < 20; ++i)
      early.keep(numbered_peer(from), From::Validator, Bytes(1000, 1));
  for (std::uint32_t i = 0; i < 10'000; ++i)
    early.keep(numbered_peer(9), From::Validator,
               Bytes{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
  const auto all = early.take_all();
  for (std::uint16_t from = 1; from <= 3; ++from)
    EXPECT_EQ(count_of(all, from), 20U);
  EXPECT_EQ(count_of(all, 9), EarlyMessages::kPeerCostMax / (EarlyMessages::kOverhead + 2));
  EXPECT_EQ(all.back().bytes, (Bytes{0x0f, 0x27})) << "its newest stay";
}

TEST(EarlyMessages, in_a_full_part_whoever_holds_most_gives_way) {
  EarlyMessages early;
  for (std::uint16_t from = 100; from < 120; ++from)
    early.keep(numbered_peer(from), From::Validator, Bytes(EarlyMessages::kMessageBytesMax));
  for (std::uint16_t from = 1; from <= 3; ++from)
    for (int i = 0; i < 20; ++i)
      early.keep(numbered_peer(from), From::Validator, Bytes(1000, 1));
  const auto all = early.take_all();
  for (std::uint16_t from = 1; from <= 3; ++from)
    EXPECT_EQ(count_of(all, from), 20U);
  std::size_t cost = 0;
  for (const auto& one : all)
    cost += one.bytes.size() + EarlyMessages::kOverhead;
  EXPECT_LE(cost, EarlyMessages::kCostMax);
}

// Names are free.
TEST(EarlyMessages, of_any_number_of_strangers_push_out_nothing_of_validators) {
  EarlyMessages early;
  for (std::uint16_t from = 1; from <= 3; ++from)
    for (int i = 0; i < 20; ++i)
      early.keep(numbered_peer(from), From::Validator, Bytes(1000, 1));
  for (std::uint16_t from = 100; from < 2'000; ++from)
    early.keep(numbered_peer(from), From::Stranger, Bytes(1000, 1));
  const auto all = early.take_all();
  for (std::uint16_t from = 1; from <= 3; ++from)
    EXPECT_EQ(count_of(all, from), 20U);
  EXPECT_EQ(all.size(), 60 + EarlyMessages::kCostMax / (1000 + EarlyMessages::kOverhead));
}

TEST(EarlyMessages, are_bounded_in_number_and_bytes) {
  EarlyMessages early;
  early.keep(numbered_peer(1), From::Validator, Bytes(EarlyMessages::kMessageBytesMax + 1));
  EXPECT_EQ(early.size(), 0U);
  early.keep(numbered_peer(1), From::Validator, Bytes{1});
  early.keep(numbered_peer(1), From::Validator, Bytes(EarlyMessages::kMessageBytesMax + 1));
  EXPECT_EQ(early.size(), 1U) << "it took the place of another";
  for (int i = 0; i < 100; ++i)
    early.keep(numbered_peer(1), From::Validator, Bytes(EarlyMessages::kMessageBytesMax));
  EXPECT_EQ(early.take_all().size(), 1U);
  for (std::uint16_t from = 0; from < 100; ++from)
    for (int i = 0; i < 100; ++i)
      early.keep(numbered_peer(from), From::Stranger, {});
  EXPECT_EQ(early.size(), EarlyMessages::kCostMax / EarlyMessages::kOverhead);
}

}  // namespace
}  // namespace ol::node::test
