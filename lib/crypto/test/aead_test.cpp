#include <gtest/gtest.h>

#include <sodium.h>

#include <ol/crypto/aead.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

using test::hex;

struct Sealed {
  Bytes text;
  std::array<std::uint8_t, kAeadTagBytes> tag{};
};

Sealed seal(AeadSealer& sealer, const AeadNonce& nonce, ByteView associated, ByteView text) {
  Sealed out{to_bytes(text), {}};
  sealer.seal(nonce, associated, out.text, out.tag);
  return out;
}

// RFC 8439, section 2.8.2.
struct Rfc8439 {
  AeadKey key = test::secret("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  AeadNonce nonce = test::array<12>("070000004041424344454647");
  Bytes associated = hex("50515253c0c1c2c3c4c5c6c7");
  Bytes text =
      hex("4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966"
          "204920"
          "636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c"
          "207375"
          "6e73637265656e20776f756c642062652069742e");
  const char* cipher =
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92"
      "72"
      "8b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b48"
      "31"
      "d7bc3ff4def08e4b7a9de576d26586cec64b6116";
  const char* tag = "1ae10b594f09e26a7e902ecbd0600691";
};

TEST(Aead, reproduces_the_rfc_8439_vector) {
  const Rfc8439 v;
  AeadSealer sealer(v.key);
  auto sealed = seal(sealer, v.nonce, v.associated, v.text);
  EXPECT_EQ(to_hex(sealed.text), v.cipher);
  EXPECT_EQ(to_hex(sealed.tag), v.tag);
  AeadOpener opener(v.key);
  EXPECT_TRUE(opener.open(v.nonce, v.associated, sealed.text, sealed.tag));
  EXPECT_EQ(sealed.text, v.text);
}

TEST(Aead, refuses_any_change_and_wipes_the_text) {
  const Rfc8439 v;
  AeadSealer sealer(v.key);
  const auto sealed = seal(sealer, v.nonce, v.associated, v.text);
  AeadOpener opener(v.key);
  const auto refused = [&](Sealed changed, AeadNonce nonce, ByteView associated) {
    const bool opened = opener.open(nonce, associated, changed.text, changed.tag);
    return !opened && std::ranges::all_of(changed.text, [](std::uint8_t b) { return b == 0; });
  };
  for (std::size_t i = 0; i < sealed.text.size(); ++i) {
    auto changed = sealed;
    changed.text[i] ^= 1;
    EXPECT_TRUE(refused(changed, v.nonce, v.associated)) << i;
  }
  for (std::size_t bit = 0; bit < 128; ++bit) {
    auto changed = sealed;
    changed.tag[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_TRUE(refused(changed, v.nonce, v.associated)) << bit;
  }
  auto nonce = v.nonce;
  nonce[11] ^= 1;
  EXPECT_TRUE(refused(sealed, nonce, v.associated));
  EXPECT_TRUE(refused(sealed, v.nonce, {}));
  auto opened = sealed;
  EXPECT_TRUE(opener.open(v.nonce, v.associated, opened.text, opened.tag)) << "still usable after";
}

TEST(Aead, handles_empty_text_and_every_small_length) {
  const auto key = test::seed(5);
  AeadSealer sealer(key);
  AeadOpener opener(key);
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes text(size, 0x77);
    auto sealed = seal(sealer, noise_nonce(size), {}, text);
    EXPECT_TRUE(opener.open(noise_nonce(size), {}, sealed.text, sealed.tag)) << size;
    EXPECT_EQ(sealed.text, text);
  }
}

// Short and long texts are transformed by different libraries.
TEST(Aead, long_texts_are_sealed_as_libsodium_seals_them) {
  const auto key = test::seed(6);
  const Bytes associated = hex("0102030405");
  for (const std::size_t size : {kAeadSmallBytesMax - 1, kAeadSmallBytesMax, kAeadSmallBytesMax + 1,
                                 std::size_t{1036}, std::size_t{65519}}) {
    const Bytes text(size, 0x5a);
    Sealed expected{Bytes(size), {}};
    const AeadNonce nonce = noise_nonce(size);
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        expected.text.data(), expected.tag.data(), nullptr, text.data(), size, associated.data(),
        associated.size(), nullptr, nonce.data(), key.view().data());
    AeadSealer sealer(key);
    const auto sealed = seal(sealer, nonce, associated, text);
    EXPECT_EQ(sealed.text, expected.text) << size;
    EXPECT_EQ(sealed.tag, expected.tag) << size;
    AeadOpener opener(key);
    EXPECT_TRUE(opener.open(nonce, associated, expected.text, expected.tag)) << size;
    EXPECT_EQ(expected.text, text) << size;
  }
}

TEST(Aead, refuses_a_changed_long_text_and_goes_on_with_short_ones) {
  const auto key = test::seed(7);
  AeadSealer sealer(key);
  AeadOpener opener(key);
  const Bytes text(kAeadSmallBytesMax + 1, 0x33);
  const auto sealed = seal(sealer, noise_nonce(1), {}, text);
  for (const std::size_t at : {std::size_t{0}, kAeadSmallBytesMax}) {
    auto changed = sealed;
    changed.text[at] ^= 1;
    EXPECT_FALSE(opener.open(noise_nonce(1), {}, changed.text, changed.tag)) << at;
    EXPECT_TRUE(std::ranges::all_of(changed.text, [](std::uint8_t b) { return b == 0; })) << at;
  }
  auto changed = sealed;
  changed.tag[15] ^= 0x80;
  EXPECT_FALSE(opener.open(noise_nonce(1), {}, changed.text, changed.tag));
  auto opened = sealed;
  EXPECT_TRUE(opener.open(noise_nonce(1), {}, opened.text, opened.tag));
  auto brief = seal(sealer, noise_nonce(2), {}, Bytes(16, 1));
  EXPECT_TRUE(opener.open(noise_nonce(2), {}, brief.text, brief.tag));
}

TEST(Aead, writes_the_tag_right_behind_the_text) {
  const Rfc8439 v;
  Bytes buffer = v.text;
  buffer.resize(v.text.size() + kAeadTagBytes);
  AeadSealer sealer(v.key);
  const std::span<std::uint8_t> all(buffer);
  sealer.seal(v.nonce, v.associated, all.first(v.text.size()), all.last<kAeadTagBytes>());
  EXPECT_EQ(to_hex(buffer), std::string(v.cipher) + v.tag);
}

TEST(NoiseNonce, is_little_endian_behind_four_zeros) {
  EXPECT_EQ(to_hex(noise_nonce(0)), "000000000000000000000000");
  EXPECT_EQ(to_hex(noise_nonce(0x0102030405060708)), "000000000807060504030201");
}

TEST(HmacSha256, reproduces_the_rfc_4231_vectors) {
  const auto mac = [](const Bytes& key, const Bytes& message) {
    return to_hex(hmac_sha256(key, message).view());
  };
  EXPECT_EQ(mac(Bytes(20, 0x0b), to_bytes(as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(mac(to_bytes(as_bytes("Jefe")), to_bytes(as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(mac(Bytes(20, 0xaa), Bytes(50, 0xdd)),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  // Test case 6: a key longer than a block is hashed first.
  EXPECT_EQ(mac(Bytes(131, 0xaa),
                to_bytes(as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// HMAC(key, m) = H(key ^ opad || H(key ^ ipad || m)) must not change where the buffer moves from
// the stack to the heap.
TEST(HmacSha256, agrees_with_itself_around_its_buffer_size) {
  for (const std::size_t size : {447u, 448u, 449u, 2000u}) {
    Bytes message(size, 1);
    const auto first = hmac_sha256(hex("00"), message);
    message.back() ^= 1;
    EXPECT_NE(first, hmac_sha256(hex("00"), message)) << size;
    message.back() ^= 1;
    EXPECT_EQ(first, hmac_sha256(hex("00"), message)) << size;
  }
}

// RFC 5869, appendix A.1 to A.3.
TEST(HkdfSha256, reproduces_the_rfc_5869_vectors) {
  const auto derive = [](ByteView salt, ByteView ikm, ByteView info, std::size_t size) {
    Bytes out(size);
    hkdf_sha256(salt, ikm, info, out);
    return to_hex(out);
  };
  EXPECT_EQ(
      derive(hex("000102030405060708090a0b0c"), Bytes(22, 0x0b), hex("f0f1f2f3f4f5f6f7f8f9"), 42),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  Bytes ikm;
  Bytes salt;
  Bytes info;
  for (int i = 0; i < 80; ++i) {
    ikm.push_back(static_cast<std::uint8_t>(i));
    salt.push_back(static_cast<std::uint8_t>(0x60 + i));
    info.push_back(static_cast<std::uint8_t>(0xb0 + i));
  }
  EXPECT_EQ(
      derive(salt, ikm, info, 82),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e"
      "590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(derive({}, Bytes(22, 0x0b), {}, 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(NoiseHkdf, is_hkdf_with_an_empty_info) {
  const auto [first, second] = noise_hkdf(hex("0011"), hex("2233"));
  Bytes both(64);
  hkdf_sha256(hex("0011"), hex("2233"), {}, both);
  EXPECT_EQ(to_hex(first.view()) + to_hex(second.view()), to_hex(both));
}

}  // namespace
}  // namespace ol::crypto
