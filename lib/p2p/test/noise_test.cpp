#include <ol/p2p/noise.hpp>

#include <gtest/gtest.h>

#include <random>
#include <set>

#include <ol/crypto/hash.hpp>
#include <ol/p2p/protobuf.hpp>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using testing::exchange_key;
using testing::hex;
using testing::noise_identity;
using testing::peer_id;

constexpr std::uint8_t kAlice = 1;
constexpr std::uint8_t kBob = 2;

// Vectors computed with js-libp2p (libp2p 3.3.11): fixed keys, both payloads with the muxer
// extension.
constexpr std::string_view kYamux = "/yamux/1.0.0";
constexpr std::string_view kInitiatorSeed =
    "7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d";
constexpr std::string_view kResponderSeed =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr std::string_view kResponderPeer = "12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB";
constexpr std::string_view kResponderPayload =
    "0a240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b81240b9126dfd10ea24"
    "e5256bb05fe077dcb8846c59d91d0820c77f6106257168bd7aea82c8b036c0d990935f024f7728964d68e8f663001a"
    "7d2ad6a6d4bb69db7804220e120c2f79616d75782f312e302e30";
constexpr std::string_view kInitiatorPayload =
    "0a24080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e1240a32c5aaa2b9fd5"
    "6ceb93f81f7dfaef0e32c2a504eee17d4dc53911da77267942bdf29f2336f2e33b0c45d8c687fec4015321e8d984e8"
    "eb71a369f6352664960d220e120c2f79616d75782f312e302e30";
constexpr std::string_view kMessage1 =
    "00200faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20";
constexpr std::string_view kMessage2 =
    "00d8ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c1fff3e6b5cda1c2d8029877d73fad62823"
    "946ccd0c5da35c129100f43d33a59cf19ea8fcdcc0e3e57a6099ef8d8c471633442810f7b53910cdb51274dc5fcf1d"
    "aba2c391a178a801bc21f2eb27fa8e3d3d48a454b61e7a6b00676d6c9833a79cc5eeb38e8035a92659120d5a829510"
    "b6e2631146ce2bbe241782b557c76bf6bc7904bd88954ef1831e4a8a9bf6597bc1d546ddbbeacae0c86cedcd55e02d"
    "e5f6ec38d2feae8b1261809b0168dbfb817bb3a89dc6efe10577bc3ccecc";
constexpr std::string_view kMessage3 =
    "00b8f4e4988e97bdcbf0f799d02dd2242624bda72d200e97e322c4f723213896a31e510c530a7d241319dc6b670164"
    "30446ff12958cf4fae33dc7cc01e0b0926c339a132aa50eb838c843ab9ae222208e6f96a090e2b5c9caff5050c9cd5"
    "350702b99f25fb5f3de39b10866b126eba41d4fa2630eb7f70f3e3fce8c871bd932b7fc8b59f485ad3969ea774aa2d"
    "f5c3e357829d0a8f860e7976e3cb53c556766e9dbdb180b847a167b49fe33248db3f6392e316ef0e1a343f0e1f";

NoiseIdentity vector_identity(std::string_view seed, std::uint8_t static_byte) {
  const std::string_view muxers[] = {kYamux};
  return NoiseIdentity(*crypto::Ed25519SecretKey::from_bytes(hex(seed)), exchange_key(static_byte),
                       muxers);
}

TEST(NoiseVectors, reproduce_payloads_messages_hash_and_keys) {
  const NoiseIdentity initiator_identity = vector_identity(kInitiatorSeed, 0x11);
  const NoiseIdentity responder_identity = vector_identity(kResponderSeed, 0x33);
  EXPECT_EQ(to_hex(initiator_identity.static_key().public_key().view()),
            "7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13");
  EXPECT_EQ(to_hex(responder_identity.static_key().public_key().view()),
            "7b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b14");
  EXPECT_EQ(to_hex(initiator_identity.payload()), kInitiatorPayload);
  EXPECT_EQ(to_hex(responder_identity.payload()), kResponderPayload);
  EXPECT_EQ(responder_identity.peer_id().text(), kResponderPeer);

  NoiseHandshake initiator(NoiseRole::Initiator, initiator_identity, exchange_key(0x22),
                           *PeerId::from_text(kResponderPeer));
  NoiseHandshake responder(NoiseRole::Responder, responder_identity, exchange_key(0x44),
                           std::nullopt);
  Bytes message1;
  initiator.start(message1);
  EXPECT_EQ(to_hex(message1), kMessage1);
  Bytes message2;
  responder.start(message2);
  ASSERT_TRUE(responder.feed(message1, message2));
  EXPECT_EQ(to_hex(message2), kMessage2);
  Bytes message3;
  ASSERT_TRUE(initiator.feed(message2, message3));
  EXPECT_EQ(to_hex(message3), kMessage3);
  Bytes nothing;
  ASSERT_TRUE(responder.feed(message3, nothing));
  EXPECT_TRUE(nothing.empty());
  ASSERT_TRUE(initiator.done());
  ASSERT_TRUE(responder.done());

  const NoiseSession ours = initiator.take_session();
  const NoiseSession theirs = responder.take_session();
  EXPECT_EQ(ours.peer, responder_identity.peer_id());
  EXPECT_EQ(theirs.peer, initiator_identity.peer_id());
  EXPECT_EQ(ours.muxer, kYamux);
  EXPECT_EQ(theirs.muxer, kYamux);
  EXPECT_EQ(to_hex(ours.handshake_hash.view()),
            "0aaeff0a59e240ea062d9fef37f4b8efa25bf0fa7a4dd4d87579fcfb7202b72b");
  EXPECT_EQ(ours.handshake_hash, theirs.handshake_hash);
  EXPECT_EQ(to_hex(ours.send_key.view()),
            "141399b149034c671cc52b0ec1fcb71262d7ad66908d693bebe61b7b96344a35");
  EXPECT_EQ(to_hex(ours.receive_key.view()),
            "60527cc7e2d79cdaddd51660085b843ccd6f6c53947fc6c3cf13a11b0eb9af74");
  EXPECT_TRUE(ours.send_key == theirs.receive_key);
  EXPECT_TRUE(ours.receive_key == theirs.send_key);
}

TEST(NoiseVectors, reproduce_the_transport_frames) {
  const auto key = [](std::string_view text) { return *crypto::AeadKey::from(hex(text)); };
  const auto forward = key("141399b149034c671cc52b0ec1fcb71262d7ad66908d693bebe61b7b96344a35");
  const auto back = key("60527cc7e2d79cdaddd51660085b843ccd6f6c53947fc6c3cf13a11b0eb9af74");
  const Bytes plaintext = hex("2f6d756c746973747265616d2f312e302e30");
  NoiseSealer initiator(forward);
  Bytes out;
  ASSERT_TRUE(initiator.seal(plaintext, out));
  ASSERT_TRUE(initiator.seal(plaintext, out));
  EXPECT_EQ(to_hex(out),
            "0022082bcdccf512a2e33686bedaf3132032b8997090434e42c602824f72375cbd429d26"
            "0022a4a86d900f99dc89d3a5ea4987ec1cf0177f9e373030caf7467cc4dd9a301ee029dc");
  NoiseSealer responder(back);
  Bytes answer;
  ASSERT_TRUE(responder.seal(plaintext, answer));
  EXPECT_EQ(to_hex(answer),
            "002257f37924de8f5feec23428fa15d2c276474a282d4d60e974b716182492e3c007f504");
}

struct Transcript {
  Bytes message1;
  Bytes message2;
  Bytes message3;
};

/// One handshake between two fixed identities, each fed with `alter`ed bytes.
struct Pair {
  NoiseIdentity alice_identity = noise_identity(kAlice);
  NoiseIdentity bob_identity = noise_identity(kBob);
  NoiseHandshake alice{NoiseRole::Initiator, alice_identity, exchange_key(0x22), peer_id(kBob)};
  NoiseHandshake bob{NoiseRole::Responder, bob_identity, exchange_key(0x44), std::nullopt};
  Transcript sent;

  Pair() { alice.start(sent.message1); }
  void bob_reads_message1() { ASSERT_TRUE(bob.feed(sent.message1, sent.message2)); }
  void alice_reads_message2() { ASSERT_TRUE(alice.feed(sent.message2, sent.message3)); }
  void bob_reads_message3() {
    Bytes nothing;
    ASSERT_TRUE(bob.feed(sent.message3, nothing));
  }
  void complete() {
    bob_reads_message1();
    alice_reads_message2();
    bob_reads_message3();
  }
};

std::optional<NoiseError> error_of(const Result<std::size_t, NoiseError>& result) {
  if (result) return std::nullopt;
  return result.error();
}

TEST(NoiseHandshake, works_byte_by_byte_and_leaves_later_bytes_alone) {
  Pair whole;
  whole.complete();
  Pair pair;
  Bytes out;
  for (const std::uint8_t& byte : pair.sent.message1)
    ASSERT_EQ(*pair.bob.feed({&byte, 1}, out), 1U);
  EXPECT_EQ(out, whole.sent.message2);
  Bytes answer;
  for (const std::uint8_t& byte : out)
    ASSERT_EQ(*pair.alice.feed({&byte, 1}, answer), 1U);
  EXPECT_EQ(answer, whole.sent.message3);
  // Transport bytes may arrive in the segment of the last handshake message.
  Bytes with_tail = answer;
  append(with_tail, hex("001100"));
  Bytes nothing;
  EXPECT_EQ(*pair.bob.feed(with_tail, nothing), answer.size());
  EXPECT_TRUE(pair.bob.done());
  EXPECT_EQ(pair.bob.take_session().peer, peer_id(kAlice));
}

TEST(NoiseHandshake, gives_no_muxer_when_one_side_lists_none) {
  Pair pair;
  pair.complete();
  EXPECT_FALSE(pair.alice.take_session().muxer);
}

/// Alters one byte of the message under test and expects that the handshake does not complete with
/// agreed keys: the reader of that message, or of the next, must fail.
template <typename Corrupt>
void expect_failure(Corrupt corrupt, int message) {
  Pair pair;
  Bytes answer;
  if (message == 1) corrupt(pair.sent.message1);
  const auto first = pair.bob.feed(pair.sent.message1, pair.sent.message2);
  if (!first) return;
  if (message == 2) corrupt(pair.sent.message2);
  if (pair.sent.message2.empty()) return;  // still waiting for bytes that will not come
  const auto second = pair.alice.feed(pair.sent.message2, pair.sent.message3);
  if (!second) return;
  ASSERT_NE(message, 1) << "the responder's tags cover message 1";
  if (pair.sent.message3.empty()) return;
  if (message == 3) corrupt(pair.sent.message3);
  const auto third = pair.bob.feed(pair.sent.message3, answer);
  EXPECT_FALSE(third && pair.bob.done());
}

// libp2p.md section 4.2: a failed tag anywhere MUST close the connection.
TEST(NoiseHandshake, fails_when_any_byte_of_any_message_is_altered) {
  Pair honest;
  honest.complete();
  const std::size_t sizes[] = {honest.sent.message1.size(), honest.sent.message2.size(),
                               honest.sent.message3.size()};
  for (int message = 1; message <= 3; ++message) {
    for (std::size_t place = 0; place < sizes[message - 1]; ++place) {
      SCOPED_TRACE(::testing::Message() << "message " << message << " byte " << place);
      expect_failure([place](Bytes& bytes) { bytes[place] ^= 0x01; }, message);
      // X25519 ignores the top bit of a point; the hash does not.
      expect_failure([place](Bytes& bytes) { bytes[place] ^= 0x80; }, message);
    }
  }
}

// libp2p.md section 4.2: a failed tag MUST close the connection.
TEST(NoiseHandshake, names_the_altered_part) {
  Pair pair;
  pair.bob_reads_message1();
  pair.sent.message2[40] ^= 1;  // in the sealed static key
  EXPECT_EQ(error_of(pair.alice.feed(pair.sent.message2, pair.sent.message3)), NoiseError::BadTag);
  EXPECT_TRUE(pair.sent.message3.empty());
}

TEST(NoiseHandshake, refuses_another_peer_than_the_one_dialled_and_stays_anonymous) {
  const NoiseIdentity mine = noise_identity(kAlice);
  Pair pair;
  pair.bob_reads_message1();
  NoiseHandshake alice(NoiseRole::Initiator, mine, exchange_key(0x22), peer_id(9));
  Bytes out;
  alice.start(out);
  Bytes message3;
  EXPECT_EQ(error_of(alice.feed(pair.sent.message2, message3)), NoiseError::WrongPeer);
  EXPECT_TRUE(message3.empty());
  EXPECT_FALSE(alice.done());
}

TEST(NoiseHandshake, refuses_replayed_messages) {
  Pair old;
  old.complete();
  const NoiseIdentity alice_identity = noise_identity(kAlice);
  const NoiseIdentity bob_identity = noise_identity(kBob);
  // A responder with a fresh ephemeral key is not impressed by an old conversation.
  NoiseHandshake bob(NoiseRole::Responder, bob_identity, exchange_key(0x55), std::nullopt);
  Bytes out;
  ASSERT_TRUE(bob.feed(old.sent.message1, out));
  EXPECT_EQ(error_of(bob.feed(old.sent.message3, out)), NoiseError::BadTag);
  // Nor an initiator by an old answer.
  NoiseHandshake alice(NoiseRole::Initiator, alice_identity, exchange_key(0x66), std::nullopt);
  alice.start(out);
  EXPECT_EQ(error_of(alice.feed(old.sent.message2, out)), NoiseError::BadTag);
}

// libp2p.md section 4.2: an all-zero X25519 result MUST abort.
TEST(NoiseHandshake, refuses_points_of_small_order) {
  Pair pair;
  Bytes zero_point = hex("0020");
  zero_point.resize(34);
  EXPECT_EQ(error_of(pair.bob.feed(zero_point, pair.sent.message2)), NoiseError::ZeroShared);

  Pair other;
  other.bob_reads_message1();
  std::fill_n(other.sent.message2.begin() + 2, 32, std::uint8_t{0});
  EXPECT_EQ(error_of(other.alice.feed(other.sent.message2, other.sent.message3)),
            NoiseError::ZeroShared);
}

TEST(NoiseHandshake, bounds_messages_by_their_announced_length) {
  struct Case {
    std::string_view length;
    std::optional<NoiseError> error;
  };
  for (const Case& c : {Case{"0800", std::nullopt}, Case{"0801", NoiseError::MessageTooLong},
                        Case{"ffff", NoiseError::MessageTooLong}}) {
    Pair pair;
    EXPECT_EQ(error_of(pair.bob.feed(hex(c.length), pair.sent.message2)), c.error) << c.length;
  }
}

// libp2p.md section 4.2: message 1 is 32 bytes in all and MUST NOT carry extensions.
TEST(NoiseHandshake, refuses_short_messages_and_a_payload_in_message_1) {
  Pair pair;
  EXPECT_EQ(error_of(pair.bob.feed(hex("0000"), pair.sent.message2)), NoiseError::MessageTooShort);
  Pair pair31;
  Bytes short_key = hex("001f");
  short_key.resize(33, 7);
  EXPECT_EQ(error_of(pair31.bob.feed(short_key, pair31.sent.message2)),
            NoiseError::MessageTooShort);
  Pair pair33;
  Bytes with_payload = hex("0021");
  with_payload.resize(35, 7);
  EXPECT_EQ(error_of(pair33.bob.feed(with_payload, pair33.sent.message2)), NoiseError::BadPayload);
  Pair at2;
  Bytes short2 = hex("005f");
  short2.resize(2 + 95, 7);
  EXPECT_EQ(error_of(at2.alice.feed(short2, at2.sent.message3)), NoiseError::MessageTooShort);
  Pair at3;
  at3.bob_reads_message1();
  Bytes short3 = hex("003f");
  short3.resize(2 + 63, 7);
  EXPECT_EQ(error_of(at3.bob.feed(short3, short_key)), NoiseError::MessageTooShort);
}

TEST(NoiseError, has_a_description_each) {
  std::set<std::string> texts;
  for (int error = 0; error <= static_cast<int>(NoiseError::NonceExhausted); ++error)
    texts.insert(describe(static_cast<NoiseError>(error)));
  EXPECT_EQ(texts.size(), 10U);
}

}  // namespace
}  // namespace ol::p2p
