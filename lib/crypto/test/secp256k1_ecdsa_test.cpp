#include <ol/crypto/secp256k1_ecdsa.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::crypto {
namespace {

// The secp256k1 key of the test vectors in the libp2p peer-id spec.
Secp256k1SecretKey spec_key() {
  return *Secp256k1SecretKey::from_bytes(
      *from_hex("53dadf1d5a164d6b4acdb15e24aa4c5b1d3461bdbd42abedb0a4404d56ced8fb"));
}
constexpr std::string_view kSpecPublic =
    "037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99";

TEST(Secp256k1Ecdsa, compresses_the_specs_key) {
  const auto key = compress(spec_key().public_key());
  EXPECT_EQ(to_hex(key.view()), kSpecPublic);
  EXPECT_TRUE(is_valid(key));
}

TEST(Secp256k1Ecdsa, knows_points_from_other_bytes) {
  auto key = compress(spec_key().public_key());
  key.bytes[0] ^= 1;  // the other y is a point too
  EXPECT_TRUE(is_valid(key));
  for (const int prefix : {0, 1, 4, 5, 255}) {
    key.bytes[0] = static_cast<std::uint8_t>(prefix);
    EXPECT_FALSE(is_valid(key)) << prefix;
  }
  Secp256k1CompressedKey beyond;
  beyond.bytes.fill(0xff);
  beyond.bytes[0] = 2;
  EXPECT_FALSE(is_valid(beyond));
}

TEST(Secp256k1Ecdsa, verifies_its_own_signatures_and_nothing_altered) {
  const auto key = compress(spec_key().public_key());
  for (std::uint8_t i = 0; i < 20; ++i) {
    const Hash256 digest = sha256(Bytes{i});
    const Bytes signature = sign_der(spec_key(), digest);
    EXPECT_TRUE(verify_der(key, digest, signature));
    EXPECT_FALSE(verify_der(key, sha256(Bytes{i, 1}), signature));
    auto other = key;
    other.bytes[0] ^= 1;
    EXPECT_FALSE(verify_der(other, digest, signature));
    for (std::size_t place = 0; place < signature.size(); ++place) {
      Bytes altered = signature;
      altered[place] ^= 1;
      EXPECT_FALSE(verify_der(key, digest, altered)) << place;
      EXPECT_FALSE(verify_der(key, digest, ByteView(signature).first(place))) << place;
    }
  }
}

TEST(Secp256k1Ecdsa, refuses_the_same_signature_with_a_high_s) {
  const auto digest = sha256(as_bytes("high s"));
  const auto made = sign_recoverable(spec_key(), digest);
  // n - s, by hand, in DER: both integers get a leading zero where their top bit is set.
  const Bytes order = *from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  Bytes high(32);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = order[i] - made.s[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    high[i] = static_cast<std::uint8_t>(difference + 256 * borrow);
  }
  const auto encode = [&](ByteView s) {
    const auto integer = [](ByteView value) {
      Bytes out{0x02, 0x20};
      if ((value[0] & 0x80) != 0) out = {0x02, 0x21, 0x00};
      append(out, value);
      return out;
    };
    Bytes body = integer(made.r);
    append(body, integer(s));
    Bytes out{0x30, static_cast<std::uint8_t>(body.size())};
    append(out, body);
    return out;
  };
  const auto key = compress(spec_key().public_key());
  EXPECT_TRUE(verify_der(key, digest, encode(made.s)));
  EXPECT_FALSE(verify_der(key, digest, encode(high)));
}

}  // namespace
}  // namespace ol::crypto
