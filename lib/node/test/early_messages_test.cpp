#include <ol/node/early_messages.hpp>

#include <gtest/gtest.h>

#include <ol/crypto/ed25519.hpp>

namespace ol::node::test {
namespace {

p2p::PeerId peer(std::uint8_t number) {
  const auto secret = crypto::SecretBytes<32>::from(Bytes(32, number));
  return p2p::PeerId(crypto::Ed25519SecretKey::from_seed(*secret).public_key());
}

std::size_t count_of(const std::deque<EarlyMessages::Message>& messages, std::uint8_t number) {
  return static_cast<std::size_t>(
      std::ranges::count(messages, peer(number), &EarlyMessages::Message::peer));
}

TEST(EarlyMessages, come_back_in_their_order_and_once) {
  EarlyMessages early;
  for (std::uint8_t i = 0; i < 10; ++i)
    early.keep(peer(i % 3), Bytes{i});
  const auto all = early.take_all();
  ASSERT_EQ(all.size(), 10U);
  for (std::uint8_t i = 0; i < 10; ++i) {
    EXPECT_EQ(all[i].bytes, Bytes{i});
    EXPECT_EQ(all[i].peer, peer(i % 3));
  }
  EXPECT_EQ(early.size(), 0U);
}

TEST(EarlyMessages, of_a_flooding_peer_push_out_its_own) {
  EarlyMessages early;
  for (std::uint8_t from = 1; from <= 3; ++from)
    for (int i = 0; i < 20; ++i)
      early.keep(peer(from), Bytes(1000, from));
  for (std::uint32_t i = 0; i < 10'000; ++i)
    early.keep(peer(9), Bytes{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
  const auto all = early.take_all();
  for (std::uint8_t from = 1; from <= 3; ++from)
    EXPECT_EQ(count_of(all, from), 20U);
  EXPECT_EQ(all.back().bytes, (Bytes{0x0f, 0x27})) << "its newest stay";
}

TEST(EarlyMessages, are_bounded_in_number_and_bytes) {
  EarlyMessages early;
  early.keep(peer(1), Bytes(EarlyMessages::kMessageBytesMax + 1));
  EXPECT_EQ(early.size(), 0U);
  for (int i = 0; i < 100; ++i)
    early.keep(peer(1), Bytes(EarlyMessages::kMessageBytesMax));
  EXPECT_EQ(early.take_all().size(), 7U);
  for (int i = 0; i < 1000; ++i)
    early.keep(peer(1), {});
  EXPECT_EQ(early.size(), EarlyMessages::kCostMax / EarlyMessages::kOverhead);
}

}  // namespace
}  // namespace ol::node::test
