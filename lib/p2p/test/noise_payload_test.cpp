// The payload of a handshake, shown by a responder that is not honest.
#include <ol/p2p/noise.hpp>

#include <gtest/gtest.h>

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

/// A responder that shows `payload` in message 2: XX written out again, so that payloads no honest
/// side builds reach the reader with correct tags.
class HostileResponder {
 public:
  explicit HostileResponder(Bytes payload) : payload_(std::move(payload)) {}

  Bytes answer(ByteView message1) {
    hash_ = to_bytes(as_bytes("Noise_XX_25519_ChaChaPoly_SHA256"));
    chaining_key_ = hash_;
    mix_hash({});
    const auto remote = *crypto::X25519PublicKey::from(message1.subspan(2));
    mix_hash(remote.view());
    mix_hash({});
    const auto ephemeral = exchange_key(0x44);
    const auto static_key = exchange_key(0x77);
    Bytes out(2);
    append(out, ephemeral.public_key().view());
    mix_hash(ephemeral.public_key().view());
    mix_key(ephemeral.shared_secret(remote)->view());
    seal(static_key.public_key().view(), out);
    mix_key(static_key.shared_secret(remote)->view());
    seal(payload_, out);
    out[0] = static_cast<std::uint8_t>((out.size() - 2) >> 8);
    out[1] = static_cast<std::uint8_t>(out.size() - 2);
    return out;
  }

 private:
  void mix_hash(ByteView data) {
    append(hash_, data);
    hash_ = to_bytes(crypto::sha256(hash_).view());
  }
  void mix_key(ByteView material) {
    auto [chaining_key, key] = crypto::noise_hkdf(chaining_key_, material);
    chaining_key_ = to_bytes(chaining_key.view());
    key_ = std::move(key);
  }
  void seal(ByteView plaintext, Bytes& out) {
    Bytes text = to_bytes(plaintext);
    std::array<std::uint8_t, crypto::kAeadTagBytes> tag{};
    crypto::AeadSealer(key_).seal(crypto::noise_nonce(0), hash_, text, tag);
    append(text, tag);
    mix_hash(text);
    append(out, text);
  }

  Bytes payload_;
  Bytes hash_;
  Bytes chaining_key_;
  crypto::AeadKey key_;
};

Bytes signature_of(std::uint8_t identity, const crypto::X25519PublicKey& static_key) {
  Bytes text = to_bytes(as_bytes("noise-libp2p-static-key:"));
  append(text, static_key.view());
  return to_bytes(testing::identity_key(identity).sign(text).view());
}

/// The initiator's verdict on a responder that shows `payload`.
std::optional<NoiseError> verdict_on(Bytes payload, std::span<const std::string_view> muxers = {}) {
  const NoiseIdentity identity(testing::identity_key(kAlice), exchange_key(0x11), muxers);
  NoiseHandshake alice(NoiseRole::Initiator, identity, exchange_key(0x22), peer_id(kBob));
  Bytes message1;
  alice.start(message1);
  Bytes message3;
  const auto result = alice.feed(HostileResponder(std::move(payload)).answer(message1), message3);
  EXPECT_EQ(message3.empty(), !result.has_value());
  return result ? std::nullopt : std::optional(result.error());
}

Bytes payload_of(ByteView key, ByteView signature) {
  Bytes out;
  append_proto_bytes(out, 1, key);
  append_proto_bytes(out, 2, signature);
  return out;
}

Bytes honest_payload() {
  return payload_of(peer_id(kBob).public_key()->message(),
                    signature_of(kBob, exchange_key(0x77).public_key()));
}

TEST(NoisePayload, is_accepted_with_unknown_fields_beside_it) {
  EXPECT_EQ(verdict_on(honest_payload()), std::nullopt);
  Bytes with_unknown = honest_payload();
  append(with_unknown, hex("2805"
                           "7a03010203"));
  EXPECT_EQ(verdict_on(with_unknown), std::nullopt);
}

TEST(NoisePayload, is_refused_when_malformed) {
  const Bytes key = peer_id(kBob).public_key()->message();
  const Bytes signature = signature_of(kBob, exchange_key(0x77).public_key());
  Bytes key_only;
  append_proto_bytes(key_only, 1, key);
  Bytes signature_only;
  append_proto_bytes(signature_only, 2, signature);
  Bytes two_keys = honest_payload();
  append_proto_bytes(two_keys, 1, key);
  Bytes number_for_key = hex("0801");
  append(number_for_key, honest_payload());
  Bytes cut = honest_payload();
  cut.pop_back();
  Bytes bad_extensions = honest_payload();
  append_proto_bytes(bad_extensions, 4, hex("12ff"));
  Bytes bad_muxer = honest_payload();
  append_proto_bytes(bad_muxer, 4, hex("1001"));
  Bytes muxers;
  for (int i = 0; i < 17; ++i)
    append_proto_bytes(muxers, 2, as_bytes("/m"));
  Bytes many_muxers = honest_payload();
  append_proto_bytes(many_muxers, 4, muxers);
  for (const Bytes& payload : {Bytes{}, key_only, signature_only, two_keys, number_for_key, cut,
                               bad_extensions, bad_muxer, many_muxers})
    EXPECT_EQ(verdict_on(payload), NoiseError::BadPayload) << to_hex(payload);
}

TEST(NoisePayload, is_refused_when_the_identity_does_not_sign_this_static_key) {
  const Bytes key = peer_id(kBob).public_key()->message();
  const auto static_key = exchange_key(0x77).public_key();
  Bytes altered = signature_of(kBob, static_key);
  altered[10] ^= 1;
  EXPECT_EQ(verdict_on(payload_of(key, altered)), NoiseError::BadIdentitySignature);
  EXPECT_EQ(verdict_on(payload_of(key, signature_of(3, static_key))),
            NoiseError::BadIdentitySignature);
  EXPECT_EQ(verdict_on(payload_of(key, signature_of(kBob, exchange_key(0x78).public_key()))),
            NoiseError::BadIdentitySignature);
  EXPECT_EQ(verdict_on(payload_of(key, ByteView(altered).first(63))),
            NoiseError::BadIdentitySignature);
}

// libp2p.md section 1: the encoding of a key MUST be deterministic.
TEST(NoisePayload, is_refused_for_keys_of_other_types_and_encodings) {
  const Bytes signature = signature_of(kBob, exchange_key(0x77).public_key());
  Bytes swapped = hex("1220");
  append(swapped, peer_id(kBob).key().view());
  append(swapped, hex("0801"));
  EXPECT_EQ(verdict_on(payload_of(swapped, signature)), NoiseError::UnsupportedKey);
  EXPECT_EQ(verdict_on(payload_of(hex("08001202aabb"), signature)), NoiseError::UnsupportedKey);
  // A secp256k1 key is one of ours, but this is not its signature.
  EXPECT_EQ(
      verdict_on(payload_of(hex("08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6f"
                                "ea0e630bfca99"),
                            signature)),
      NoiseError::BadIdentitySignature);
}

TEST(NoisePayload, agrees_on_the_initiators_first_common_muxer) {
  const std::string_view ours[] = {"/a", "/b", "/c"};
  Bytes theirs;
  for (const std::string_view muxer : {"/c", "/b"})
    append_proto_bytes(theirs, 2, as_bytes(muxer));
  Bytes payload = honest_payload();
  append_proto_bytes(payload, 4, theirs);
  EXPECT_EQ(verdict_on(payload, ours), std::nullopt);
  const std::string_view others[] = {"/d"};
  EXPECT_EQ(verdict_on(payload, others), NoiseError::NoCommonMuxer);

  const NoiseIdentity alice_identity(testing::identity_key(kAlice), exchange_key(1), ours);
  const std::string_view bobs[] = {"/c", "/b"};
  const NoiseIdentity bob_identity(testing::identity_key(kBob), exchange_key(2), bobs);
  NoiseHandshake alice(NoiseRole::Initiator, alice_identity, exchange_key(3), std::nullopt);
  NoiseHandshake bob(NoiseRole::Responder, bob_identity, exchange_key(4), std::nullopt);
  Bytes to_bob;
  Bytes to_alice;
  alice.start(to_bob);
  ASSERT_TRUE(bob.feed(to_bob, to_alice));
  to_bob.clear();
  ASSERT_TRUE(alice.feed(to_alice, to_bob));
  ASSERT_TRUE(bob.feed(to_bob, to_alice));
  EXPECT_EQ(alice.take_session().muxer, "/b");
  EXPECT_EQ(bob.take_session().muxer, "/b");
}

}  // namespace
}  // namespace ol::p2p
