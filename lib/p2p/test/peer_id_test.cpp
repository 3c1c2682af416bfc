#include <ol/p2p/peer_id.hpp>

#include <gtest/gtest.h>

#include <set>

#include "test_keys.hpp"
#include "vectors.hpp"

namespace ol::p2p {
namespace {

using testing::hex;

// The Ed25519 key of the test vectors in the libp2p peer-id spec.
constexpr std::string_view kKeyMessage =
    "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";
constexpr std::string_view kIdBytes =
    "0024080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";
constexpr std::string_view kIdText = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";
constexpr std::string_view kIdCid =
    "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6";

// libp2p.md section 1: Ed25519 keys MUST be spoken.
TEST(PeerId, reproduces_the_specs_ed25519_vector) {
  const auto secret = crypto::Ed25519SecretKey::from_bytes(
      hex("7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"));
  ASSERT_TRUE(secret);
  const PeerId id(secret->public_key());
  EXPECT_EQ(to_hex(id.public_key()->message()), kKeyMessage);
  EXPECT_EQ(to_hex(id.bytes()), kIdBytes);
  EXPECT_EQ(id.text(), kIdText);
  EXPECT_EQ(id.short_text(), "Umo7R3pq");
}

TEST(PeerId, parses_every_form_of_the_vector_to_the_same_id) {
  const auto from_bytes = PeerId::from_bytes(hex(kIdBytes));
  const auto from_message = PeerId::from_key_message(hex(kKeyMessage));
  const auto from_text = PeerId::from_text(kIdText);
  const auto from_cid = PeerId::from_text(kIdCid);
  ASSERT_TRUE(from_bytes && from_message && from_text && from_cid);
  EXPECT_EQ(*from_bytes, *from_message);
  EXPECT_EQ(*from_bytes, *from_text);
  EXPECT_EQ(*from_bytes, *from_cid);
}

struct Refused {
  std::string_view text;
  PeerIdError error;
};

// libp2p.md section 1: an id is the identity multihash of a key message of up to 42 bytes, the
// SHA-256 multihash of a longer one; both texts parse.
TEST(PeerId, reproduces_every_key_of_the_specs_vectors) {
  const auto vectors = testing::libp2p_vectors().at("keys").as_object();
  ASSERT_EQ(vectors.size(), 4U);
  for (const auto& [name, entry] : vectors) {
    const auto text = [&](const char* field) { return std::string(entry.at(field).as_string()); };
    const auto id = PeerId::from_key_message(hex(text("publicKeyProtobuf")));
    ASSERT_TRUE(id) << name;
    EXPECT_EQ(to_hex(id->bytes()), text("peerIdBytes")) << name;
    EXPECT_EQ(id->text(), text("peerIdBase58")) << name;
    EXPECT_EQ(id->cid_text(), text("peerIdCidBase32")) << name;
    EXPECT_EQ(PeerId::from_bytes(hex(text("peerIdBytes"))), *id) << name;
    EXPECT_EQ(PeerId::from_text(text("peerIdBase58")), *id) << name;
    EXPECT_EQ(PeerId::from_text(text("peerIdCidBase32")), *id) << name;
    const bool inlined = name == "ed25519" || name == "secp256k1";
    ASSERT_EQ(id->public_key().has_value(), inlined) << name;
    if (!inlined) continue;
    EXPECT_EQ(to_hex(id->public_key()->message()), text("publicKeyProtobuf")) << name;
    const auto secret = IdentityKey::from_message(hex(text("privateKeyProtobuf")));
    ASSERT_TRUE(secret) << name;
    EXPECT_EQ(PeerId(secret->public_key()), *id) << name;
  }
}

TEST(PeerId, gives_the_ed25519_key_of_ed25519_peers_only) {
  EXPECT_EQ(PeerId::from_text(kIdText)->key().view().size(), 32U);
  EXPECT_FALSE(PeerId::from_text(kIdText)->key().is_zero());
  for (const std::string_view other : {"16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY",
                                       "QmVMT29id3TUASyfZZ6k9hmNyc2nYabCo4uMSpDw4zrgDk"}) {
    EXPECT_TRUE(PeerId::from_text(other)->key().is_zero()) << other;
  }
}

// libp2p.md section 1: a received peer id MUST parse completely.
TEST(PeerId, refuses_other_hashes_and_key_types_by_name) {
  Bytes id = hex(kIdBytes);
  id[0] = 0x13;  // SHA2-512
  EXPECT_EQ(PeerId::from_bytes(id).error(), PeerIdError::UnknownHash);
  EXPECT_EQ(PeerId::from_bytes(hex("1203aabbcc")).error(), PeerIdError::BadLength);
  // RSA and ECDSA keys short enough to be inlined do not exist, so nobody may claim one.
  EXPECT_EQ(PeerId::from_bytes(hex("000608001202aabb")).error(), PeerIdError::UnsupportedKeyType);
  EXPECT_EQ(PeerId::from_bytes(hex("000608031202aabb")).error(), PeerIdError::UnsupportedKeyType);
  EXPECT_EQ(PeerId::from_bytes(hex("000608041202aabb")).error(), PeerIdError::NonCanonicalKey);
}

// libp2p.md section 1: identity only with a valid key inside, which MUST parse.
TEST(PeerId, refuses_a_secp256k1_key_that_is_no_point) {
  Bytes message = hex("08021221");
  message.resize(4 + 33, 0xff);
  message[4] = 2;
  EXPECT_EQ(PeerId::from_key_message(message).error(), PeerIdError::NonCanonicalKey);
}

TEST(PeerId, refuses_text_that_is_neither_base58_nor_a_cid) {
  const std::string long_text(kIdText.size() + 200, '1');
  for (const std::string_view text :
       {std::string_view{}, std::string_view{"x"}, std::string_view{"12D3Koo0"},
        std::string_view{"zQm"}, std::string_view{"b"}, std::string_view{"bafz"},
        std::string_view{"bAFZAAJ"}, std::string_view{"b1"}, std::string_view{long_text}}) {
    const auto id = PeerId::from_text(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error(), PeerIdError::BadText) << text;
  }
}

// libp2p.md section 1: the codec of a CID MUST be 0x72.
TEST(PeerId, refuses_a_cid_with_another_codec_or_unused_bits_set) {
  std::string other_codec(kIdCid);
  other_codec[3] = 'y';
  EXPECT_FALSE(PeerId::from_text(other_codec));
  // 40 bytes are 64 base32 digits exactly; one digit more leaves five bits over.
  EXPECT_FALSE(PeerId::from_text(std::string(kIdCid) + "a"));
}

// libp2p.md section 1: a received peer id MUST parse completely: code, length, exact size.
TEST(PeerId, refuses_every_truncation_and_any_extension) {
  const Bytes bytes = hex(kIdBytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(PeerId::from_bytes(ByteView(bytes).first(size))) << size;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(PeerId::from_bytes(longer).error(), PeerIdError::BadLength);
  longer[1] += 1;
  EXPECT_EQ(PeerId::from_bytes(longer).error(), PeerIdError::BadLength);
}

TEST(PeerId, refuses_every_other_header_byte) {
  for (std::size_t place = 0; place < 6; ++place) {
    Bytes bytes = hex(kIdBytes);
    bytes[place] ^= 0x40;
    EXPECT_FALSE(PeerId::from_bytes(bytes)) << place;
  }
}

TEST(PeerId, orders_and_hashes_like_its_key) {
  const PeerId a = testing::peer_id(1);
  const PeerId b = testing::peer_id(2);
  EXPECT_EQ(a < b, a.key() < b.key());
  EXPECT_EQ(a < b, std::ranges::lexicographical_compare(a.bytes(), b.bytes()));
  EXPECT_NE(std::hash<PeerId>{}(a), std::hash<PeerId>{}(b));
  EXPECT_EQ(std::set({a, b, a}).size(), 2U);
}

// libp2p.md section 1: the encoding of a key MUST be deterministic: both fields, in tag order,
// minimal varints, no other field.
TEST(PeerId, takes_one_encoding_of_a_key_and_writes_it) {
  const std::string data(kKeyMessage.substr(8));
  const Bytes message = hex("08011220" + data);
  ASSERT_TRUE(PeerId::from_key_message(message));
  EXPECT_EQ(PeerId::from_key_message(message)->public_key()->message(), message);
  for (const std::string& other : {"1220" + data + "0801",                 // the other order
                                   "0881001220" + data,                    // a padded type
                                   "080112a000" + data,                    // a padded length
                                   "880001" + std::string("1220") + data,  // a padded tag
                                   "08011220" + data + "1800",             // one field more
                                   "080108011220" + data,                  // a field twice
                                   "1220" + data,                          // no type
                                   std::string("0801")}) {                 // no data
    EXPECT_FALSE(PeerId::from_key_message(hex(other))) << other;
  }
}

TEST(PeerId, describes_every_error) {
  std::set<std::string> texts;
  for (const auto error : {PeerIdError::BadText, PeerIdError::BadLength, PeerIdError::UnknownHash,
                           PeerIdError::UnsupportedKeyType, PeerIdError::NonCanonicalKey})
    texts.insert(describe(error));
  EXPECT_EQ(texts.size(), 5U);
}

}  // namespace
}  // namespace ol::p2p
