#include <ol/p2p/identity.hpp>

#include <gtest/gtest.h>

#include <ol/p2p/envelope.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/varint.hpp>

#include "test_keys.hpp"
#include "vectors.hpp"

namespace ol::p2p {
namespace {

using testing::hex;
using testing::vector_text;

IdentityKey vector_key(const char* type) {
  const auto& entry = testing::libp2p_vectors().at("keys").at(type);
  return *IdentityKey::from_message(hex(std::string(entry.at("privateKeyProtobuf").as_string())));
}

// unsigned-varint: at most 9 bytes, minimally encoded; libp2p.md, first page: MUST reject 81 00.
TEST(Uvarint, reads_up_to_63_bits_and_only_minimal_encodings) {
  const auto value = [](const char* text) {
    Bytes bytes = hex(text);
    ByteView rest = bytes;
    return take_uvarint(rest);
  };
  EXPECT_EQ(value("00"), 0U);
  EXPECT_EQ(value("7f"), 127U);
  EXPECT_EQ(value("8001"), 128U);
  EXPECT_EQ(value("ffffffffffffffff7f"), (std::uint64_t{1} << 63) - 1);
  EXPECT_FALSE(value("ffffffffffffffffff01"));
  EXPECT_FALSE(value("8100"));
  EXPECT_FALSE(value("80"));
  EXPECT_FALSE(value(""));
  EXPECT_EQ(read_uvarint(hex("8100")).state, UvarintState::Bad);
  EXPECT_EQ(read_uvarint(hex("81")).state, UvarintState::NeedMore);
  EXPECT_EQ(read_uvarint(hex("808080808080808080")).state, UvarintState::Bad);
}

TEST(IdentityKey, signs_so_that_its_public_key_verifies) {
  for (const char* const type : {"ed25519", "secp256k1"}) {
    const IdentityKey key = vector_key(type);
    const Bytes message = testing::pattern(100);
    const Bytes signature = key.sign(message);
    EXPECT_TRUE(key.public_key().verify(message, signature)) << type;
    EXPECT_FALSE(key.public_key().verify(testing::pattern(99), signature)) << type;
    EXPECT_FALSE(key.public_key().verify(message, ByteView(signature).first(60))) << type;
  }
  EXPECT_FALSE(vector_key("ed25519").public_key().verify(
      as_bytes("x"), vector_key("secp256k1").sign(as_bytes("x"))));
}

// libp2p.md section 1: RFC 8032; ECDSA in DER with s at most half the order. RFC 6979 leaves no
// choice of a nonce.
TEST(IdentityKey, signs_the_same_bytes_each_time_and_a_copy_does) {
  for (const KeyType type : {KeyType::Ed25519, KeyType::Secp256k1}) {
    const IdentityKey key = IdentityKey::generate(type);
    EXPECT_EQ(key.type(), type);
    const IdentityKey copy = key.clone();
    EXPECT_EQ(copy.type(), type);
    const auto kept = IdentityKey::from_secret(type, key.secret());
    ASSERT_TRUE(kept);
    for (std::size_t size = 0; size < 50; ++size) {
      const Bytes message = testing::pattern(size);
      const Bytes signature = key.sign(message);
      EXPECT_EQ(key.sign(message), signature);
      EXPECT_EQ(copy.sign(message), signature);
      EXPECT_EQ(kept->sign(message), signature);
      // verify_der refuses a high s.
      EXPECT_TRUE(copy.public_key().verify(message, signature));
    }
  }
}

TEST(IdentityKey, refuses_a_secret_that_is_none) {
  const crypto::SecretBytes<32> zero;
  EXPECT_EQ(IdentityKey::from_secret(KeyType::Secp256k1, zero).error(), PeerIdError::BadSecret);
  EXPECT_TRUE(IdentityKey::from_secret(KeyType::Ed25519, zero));
}

// libp2p.md section 1: Ed25519 private data is seed and public key, or both with a copy that must
// match.
TEST(IdentityKey, takes_both_forms_of_ed25519_and_refuses_keys_that_do_not_match) {
  const Bytes message = hex(std::string(
      testing::libp2p_vectors().at("keys").at("ed25519").at("privateKeyProtobuf").as_string()));
  Bytes longer = message;
  append(longer, ByteView(message).last(32));
  longer[3] = 96;
  ASSERT_TRUE(IdentityKey::from_message(longer));
  EXPECT_EQ(IdentityKey::from_message(longer)->public_key(), vector_key("ed25519").public_key());
  for (const std::size_t place : {40UL, 99UL}) {
    Bytes altered = longer;
    altered[place] ^= 1;
    EXPECT_EQ(IdentityKey::from_message(altered).error(), PeerIdError::NonCanonicalKey) << place;
  }
  Bytes odd = message;
  odd.pop_back();
  odd[3] = 63;
  EXPECT_EQ(IdentityKey::from_message(odd).error(), PeerIdError::BadLength);
  EXPECT_FALSE(IdentityKey::from_message(hex("08021220" + std::string(64, '0'))));
}

TEST(Envelope, reproduces_the_vector_of_a_signed_peer_record) {
  const IdentityKey key = vector_key("ed25519");
  const Bytes envelope = hex(vector_text("signedPeerRecord", "envelope"));
  const auto opened = open_envelope(envelope, vector_text("signedPeerRecord", "domain"),
                                    hex(vector_text("signedPeerRecord", "payloadType")));
  ASSERT_TRUE(opened);
  EXPECT_EQ(to_hex(opened->payload), vector_text("signedPeerRecord", "payload"));
  const auto record = open_peer_record(envelope);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->peer, PeerId(key.public_key()));
  ASSERT_EQ(record->addresses.size(), 1U);
  EXPECT_EQ(record->addresses[0].text(), "/ip4/10.0.0.7/tcp/30303");
  EXPECT_EQ(sign_peer_record(key, *record), envelope);
}

TEST(Envelope, goes_round_with_secp256k1_keys_too) {
  const IdentityKey key = vector_key("secp256k1");
  const PeerRecord record{
      PeerId(key.public_key()), 7, {*Multiaddr::from_text("/ip4/1.2.3.4/tcp/5")}};
  EXPECT_EQ(open_peer_record(sign_peer_record(key, record)), record);
}

TEST(Envelope, is_refused_by_name) {
  const IdentityKey key = vector_key("ed25519");
  const Bytes type = hex("0301");
  const Bytes good = seal_envelope(key, "domain", type, as_bytes("payload"));
  EXPECT_TRUE(open_envelope(good, "domain", type));
  EXPECT_EQ(open_envelope(good, "domaim", type).error(), EnvelopeError::BadSignature);
  EXPECT_EQ(open_envelope(good, "domain", hex("0302")).error(), EnvelopeError::WrongType);
  EXPECT_EQ(open_envelope(ByteView(good).first(good.size() - 1), "domain", type).error(),
            EnvelopeError::Malformed);
  Bytes twice = good;
  append(twice, ByteView(good).first(38));
  EXPECT_EQ(open_envelope(twice, "domain", type).error(), EnvelopeError::Malformed);
  EXPECT_EQ(open_envelope({}, "domain", type).error(), EnvelopeError::Malformed);
  EXPECT_EQ(open_envelope(Bytes(kEnvelopeBytesMax + 1), "domain", type).error(),
            EnvelopeError::TooLong);
  Bytes bad_key = good;
  bad_key[3] = 9;  // the key's type
  EXPECT_EQ(open_envelope(bad_key, "domain", type).error(), EnvelopeError::BadKey);
}

// libp2p.md section 1: the record's peer MUST derive from the envelope's key.
TEST(Envelope, refuses_a_record_about_somebody_else) {
  const IdentityKey key = vector_key("ed25519");
  Bytes payload = hex(vector_text("signedPeerRecord", "payload"));
  payload[10] ^= 1;  // inside the peer id's key
  EXPECT_EQ(
      open_peer_record(seal_envelope(key, "libp2p-peer-record", hex("0301"), payload)).error(),
      EnvelopeError::WrongPeer);
}

// libp2p.md section 2: an address that cannot be read costs only itself.
TEST(Envelope, keeps_the_addresses_it_can_read_and_at_most_16) {
  const IdentityKey key = vector_key("ed25519");
  PeerRecord record{PeerId(key.public_key()), 1, {}};
  for (int i = 0; i < 20; ++i)
    record.addresses.push_back(*Multiaddr::from_text("/ip4/1.2.3.4/tcp/5"));
  EXPECT_EQ(open_peer_record(sign_peer_record(key, record))->addresses.size(), kPeerAddressesMax);
  Bytes payload = hex(vector_text("signedPeerRecord", "payload"));
  append(payload, hex("1a050a03f10102"));
  const auto read =
      open_peer_record(seal_envelope(key, "libp2p-peer-record", hex("0301"), payload));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->addresses.size(), 1U);
}

TEST(Identify, reproduces_the_vector_both_ways) {
  const Bytes vector = hex(std::string(testing::libp2p_vectors().at("identify").as_string()));
  IdentifyMessage message;
  ASSERT_TRUE(merge_identify(vector, message));
  EXPECT_EQ(message.protocol_version, "/chain/1");
  EXPECT_EQ(message.agent_version, "node/0.1.0");
  EXPECT_EQ(message.protocols, (std::vector<std::string>{"/ipfs/id/1.0.0", "/meshsub/1.1.0"}));
  ASSERT_EQ(message.listen_addresses.size(), 1U);
  ASSERT_TRUE(message.signed_peer_record);
  EXPECT_TRUE(open_peer_record(*message.signed_peer_record));
  EXPECT_EQ(encode(message), vector);
}

TEST(Identify, is_bounded) {
  IdentifyMessage many;
  for (std::size_t i = 0; i < kIdentifyProtocolsMax; ++i)
    many.protocols.push_back("/p/" + std::to_string(i));
  for (int i = 0; i < 20; ++i)
    many.listen_addresses.push_back(hex("047f000001060fa1"));
  IdentifyMessage read;
  EXPECT_TRUE(merge_identify(encode(many), read));
  EXPECT_EQ(read.protocols.size(), kIdentifyProtocolsMax);
  EXPECT_EQ(read.listen_addresses.size(), kPeerAddressesMax);
  many.protocols.push_back("/one/more");
  IdentifyMessage again;
  EXPECT_FALSE(merge_identify(encode(many), again));
  IdentifyMessage long_name;
  long_name.protocols = {std::string(kIdentifyTextMax + 1, 'x')};
  IdentifyMessage third;
  EXPECT_FALSE(merge_identify(encode(long_name), third));
}

}  // namespace
}  // namespace ol::p2p
