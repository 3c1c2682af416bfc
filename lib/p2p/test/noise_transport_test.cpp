// Noise after the handshake.
#include <ol/p2p/noise.hpp>

#include <gtest/gtest.h>

#include <random>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using testing::hex;

crypto::AeadKey transport_key() {
  return testing::repeated(0x5a);
}

std::optional<NoiseError> open_all(NoiseOpener& opener, Bytes& out) {
  for (;;) {
    const auto next = opener.next();
    if (!next) return next.error();
    if (!*next) return std::nullopt;
    append(out, **next);
  }
}

TEST(NoiseTransport, carries_every_boundary_size_in_as_few_messages_as_possible) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kNoisePlaintextBytesMax,
                                 kNoisePlaintextBytesMax + 1, 3 * kNoisePlaintextBytesMax}) {
    NoiseSealer sealer(transport_key());
    NoiseOpener opener(transport_key());
    Bytes wire;
    ASSERT_TRUE(sealer.seal(testing::pattern(size), wire));
    const std::size_t messages =
        std::max<std::size_t>(1, (size + kNoisePlaintextBytesMax - 1) / kNoisePlaintextBytesMax);
    EXPECT_EQ(wire.size(), size + messages * (kNoiseLengthBytes + crypto::kAeadTagBytes));
    opener.feed(wire);
    Bytes out;
    EXPECT_EQ(open_all(opener, out), std::nullopt);
    EXPECT_EQ(out, testing::pattern(size));
    EXPECT_EQ(opener.buffered_bytes(), 0U);
  }
}

TEST(NoiseTransport, gives_the_same_bytes_however_they_arrive) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  NoiseSealer sealer(transport_key());
  Bytes sent;
  Bytes wire;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Bytes piece = testing::pattern(random() % 3000, i);
    append(sent, piece);
    ASSERT_TRUE(sealer.seal(piece, wire));
  }
  NoiseOpener bytewise(transport_key());
  Bytes from_bytes;
  for (const std::uint8_t& byte : wire) {
    bytewise.feed({&byte, 1});
    ASSERT_EQ(open_all(bytewise, from_bytes), std::nullopt);
  }
  EXPECT_EQ(from_bytes, sent);
  NoiseOpener pieces(transport_key());
  Bytes from_pieces;
  for (ByteView rest = wire; !rest.empty();) {
    const std::size_t size = std::min<std::size_t>(rest.size(), random() % 5000);
    pieces.feed(rest.first(size));
    rest = rest.subspan(size);
    ASSERT_EQ(open_all(pieces, from_pieces), std::nullopt);
  }
  EXPECT_EQ(from_pieces, sent);
}

// libp2p.md section 4.2: a failed tag anywhere MUST close the connection.
TEST(NoiseTransport, fails_when_any_byte_is_altered) {
  NoiseSealer sealer(transport_key());
  Bytes wire;
  ASSERT_TRUE(sealer.seal(testing::pattern(40), wire));
  for (std::size_t place = 0; place < wire.size(); ++place) {
    for (const std::uint8_t bit : {std::uint8_t{0x01}, std::uint8_t{0x80}}) {
      Bytes altered = wire;
      altered[place] ^= bit;
      altered.resize(70'000);  // whatever follows, even if the length now says more
      NoiseOpener opener(transport_key());
      opener.feed(altered);
      EXPECT_FALSE(opener.next()) << place;
    }
  }
}

// libp2p.md section 4.2: never skip a message.
TEST(NoiseTransport, refuses_replay_reordering_and_omission) {
  NoiseSealer sealer(transport_key());
  Bytes first;
  Bytes second;
  ASSERT_TRUE(sealer.seal(testing::pattern(10), first));
  ASSERT_TRUE(sealer.seal(testing::pattern(10), second));
  Bytes replayed = first;
  append(replayed, first);
  for (const Bytes& wire : {replayed, second}) {
    NoiseOpener opener(transport_key());
    opener.feed(wire);
    Bytes out;
    EXPECT_EQ(open_all(opener, out), NoiseError::BadTag);
  }
}

TEST(NoiseTransport, refuses_messages_shorter_than_a_tag) {
  NoiseOpener opener(transport_key());
  opener.feed(hex("000f"));
  EXPECT_EQ(opener.next().error(), NoiseError::MessageTooShort);
  NoiseOpener patient(transport_key());
  patient.feed(hex("0010"));
  EXPECT_TRUE(patient.next());
}

TEST(NoiseTransport, ends_before_a_nonce_would_repeat) {
  NoiseSealer sealer(transport_key(), UINT64_MAX - 1);
  Bytes wire;
  EXPECT_TRUE(sealer.seal({}, wire));
  EXPECT_EQ(sealer.seal({}, wire).error(), NoiseError::NonceExhausted);
  NoiseOpener opener(transport_key(), UINT64_MAX - 1);
  append(wire, wire);
  opener.feed(wire);
  EXPECT_TRUE(opener.next());
  EXPECT_EQ(opener.next().error(), NoiseError::NonceExhausted);
}

}  // namespace
}  // namespace ol::p2p
