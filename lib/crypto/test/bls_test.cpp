#include "../src/bls_tagged.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include <ol/crypto/bls.hpp>
#include <ol/crypto/hash.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

using test::hex;

BlsPublicKey public_key(std::string_view text) {
  return *BlsPublicKey::from_bytes(hex(text));
}
BlsSignature signature(std::string_view text) {
  return *BlsSignature::from_bytes(hex(text));
}
BlsSecretKey key(std::uint8_t number) {
  return std::move(*BlsSecretKey::key_gen(test::seed(number).view()));
}

// The order of the group, and the field prime.
constexpr const char* kOrder = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
constexpr const char* kPrime =
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaa"
    "ab";

struct DerivationCase {
  const char* seed;
  const char* master;
  std::uint32_t index;
  const char* child;
};

// EIP-2333, test cases 0 to 3; decimal there.
constexpr DerivationCase kDerivationCases[] = {
    {"c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf"
     "141630c7a3c4ab7c81b2f001698e7463b04",
     "0d7359d57963ab8fbbde1852dcf553fedbc31f464d80ee7d40ae683122b45070", 0u,
     "2d18bd6c14e6d15bf8b5085c9b74f3daae3b03cc2014770a599d8c1539e50f8e"},
    {"3141592653589793238462643383279502884197169399375105820974944592",
     "41c9e07822b092a93fd6797396338c3ada4170cc81829fdfce6b5d34bd5e7ec7", 3141592653u,
     "384843fad5f3d777ea39de3e47a8f999ae91f89e42bffa993d91d9782d152a0f"},
    {"0099ff991111002299dd7744ee3355bbdd8844115566cc55663355668888cc00",
     "3cfa341ab3910a7d00d933d8f7c4fe87c91798a0397421d6b19fd5b815132e80", 4294967295u,
     "40e86285582f35b28821340f6a53b448588efa575bc4d88c32ef8567b8d9479b"},
    {"d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
     "2a0e28ffa5fbbe2f8e7aad4ed94f745d6bf755c51182e119bb1694fe61d3afca", 42u,
     "455c0dc9fccb3395825d92a60d2672d69416be1c2578a87a7a3d3ced11ebb88d"}};

TEST(BlsSecretKey, reproduces_the_eip_2333_vectors) {
  for (const auto& c : kDerivationCases) {
    const auto master = BlsSecretKey::key_gen(hex(c.seed));
    ASSERT_TRUE(master.has_value());
    EXPECT_EQ(to_hex(master->bytes().view()), c.master);
    EXPECT_EQ(to_hex(master->derive_child(c.index).bytes().view()), c.child);
  }
}

TEST(BlsSecretKey, needs_32_bytes_of_seed) {
  EXPECT_EQ(BlsSecretKey::key_gen(Bytes(31)).error(), BlsError::ShortSeed);
  EXPECT_TRUE(BlsSecretKey::key_gen(Bytes(32)).has_value());
}

TEST(BlsSecretKey, refuses_scalars_outside_the_group) {
  EXPECT_EQ(BlsSecretKey::from_bytes(Bytes(32)).error(), BlsError::BadSecretKey);
  EXPECT_EQ(BlsSecretKey::from_bytes(hex(kOrder)).error(), BlsError::BadSecretKey);
  auto largest = hex(kOrder);
  largest.back() -= 1;
  EXPECT_TRUE(BlsSecretKey::from_bytes(largest).has_value());
  EXPECT_EQ(BlsSecretKey::from_bytes(Bytes(31, 1)).error(), BlsError::BadLength);
  EXPECT_EQ(BlsSecretKey::from_bytes(Bytes(33, 1)).error(), BlsError::BadLength);
}

TEST(BlsSecretKey, generates_different_keys) {
  EXPECT_NE(BlsSecretKey::generate().public_key(), BlsSecretKey::generate().public_key());
}

// RFC 9380, appendix J.9.1, suite BLS12381G1_XMD:SHA-256_SSWU_RO_: x and y of the point.
TEST(BlsHashToCurve, reproduces_the_rfc_9380_vectors) {
  const struct {
    std::string message;
    const char* x;
  } cases[] = {
      {"",
       "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759"
       "e79a"
       "1"},
      {"abc",
       "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2"
       "f690"
       "3"},
      {"abcdef0123456789",
       "11e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce"
       "82d9"
       "8"},
      {"q128_" + std::string(128, 'q'),
       "15f68eaa693b95ccb85215dc65fa81038d69629f70aeee0d0f677cf22285e7bf58d7cb86eefe8f2e9bc3f8cb84f"
       "ac48"
       "8"},
      {"a512_" + std::string(512, 'a'),
       "082aabae8b7dedb0e78aeb619ad3bfd9277a2f77ba7fad20ef6aabdc6c31d19ba5a6d12283553294c1825c4b3ca"
       "2dcf"
       "e"},
  };
  for (const auto& c : cases) {
    auto encoded = detail::hash_to_g1(as_bytes(c.message),
                                      "QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_")
                       .to_bytes();
    EXPECT_NE(encoded[0] & 0x80, 0);
    encoded[0] &= 0x1f;  // the flags of the compressed encoding
    EXPECT_EQ(to_hex(encoded), c.x);
  }
}

// Round 1000 of drand's quicknet, signed over SHA-256 of the round number.
TEST(Bls, verifies_a_drand_beacon) {
  const auto beacon = public_key(
      "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d10"
      "64510"
      "d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece"
      "45a");
  const auto signed_round = signature(
      "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed"
      "5e39");
  constexpr std::string_view kTag = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
  const Hash256 message = sha256(hex("00000000000003e8"));
  EXPECT_TRUE(detail::verify_tagged(beacon, message.view(), signed_round, kTag));
  const Hash256 other = sha256(hex("00000000000003e9"));
  EXPECT_FALSE(detail::verify_tagged(beacon, other.view(), signed_round, kTag));
  EXPECT_FALSE(verify(beacon, message.view(), signed_round)) << "our tag is another";
}

// IntersectMBO/cardano-base, Test.Crypto.Vector.Vectors: minSigBLS12381DSIGN*, which are IETF
// ciphersuites with the signature in G1.
constexpr const char* kCardanoKey =
    "b4953c4ba10c4d4196f90169e76faf154c260ed73fc77bb65dc3be31e0cec614a7287cda94195343676c2c57494f0e"
    "651527"
    "e6504c98408e599a4eb96f7c5a8cfb85d2fdc772f28504580084ef559b9b623bc84ce30562ed320f6b7f65245ad4";

TEST(Bls, verifies_a_published_signature) {
  EXPECT_TRUE(
      detail::verify_tagged(public_key(kCardanoKey),
                            hex("5032ec38bbc5da98ee0c6f568b872a65a08abf251deb21bb4b56e5d8821e68aa"),
                            signature("8e02b7950198d335c7b352d18880e2f6b4e7f6780298872b67840db1faa0"
                                      "69f9a8be48800ce2ee5565a811d823"
                                      "0d3f05"),
                            "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"));
}

// The same source's proof of possession is a signature over the encoded key under the message tag
// of the proof-of-possession scheme, which is ours.
TEST(Bls, verifies_a_published_signature_under_our_tag) {
  const auto proof = signature(
      "9775f532816da49dd464f1239f7d70a16ca9d26e7abbd7a781e5332f6723749cbedb88cea0d8451ceb9c2fbd3fc4"
      "2fcd");
  EXPECT_TRUE(verify(public_key(kCardanoKey), hex(kCardanoKey), proof));
  EXPECT_FALSE(verify_possession(public_key(kCardanoKey), {proof})) << "proofs have their own tag";
}

TEST(Bls, verifies_a_published_aggregate) {
  std::vector<BlsPublicKey> keys;
  for (const char* text : {"99325b8e11a6a1d137a4ccc09574dcfa54162f3eca88656e4aa8a8ee0e32842ff9bdbcf"
                           "90800ff4b6196421a930def3d00e948c1fc67b71597ad78819fd1163daa68b419556be8"
                           "dc64e48086b7604583d8beaffe755710b4b80effa910c6050d",
                           "b82da86bd84f82cc6b3f1df65ebe754d2199e49f6791a0d6db136304ab4610fadcbdf7b"
                           "ac09e6e10b6850aafa0b258bb08bee0214ce3fbfaa97371e67d57fc27bb423ba07d092b"
                           "f6f584c5f2be72a8b2c02045de23af01bb04e9bf5be0a1d15c",
                           "99a7fff545393ac442bdf0c6043de7461301ad7ea3402f4ddf89e19c671faf28989c282"
                           "51ad63385ec9dbb81857b9d3301ff6ebe7e16f21a86bf48c40f64fd27fad2c2a6b93305"
                           "ae6448ba8b3756ea4d6fbbac859231e65b0242916a34b0a67a",
                           "a6444b7a2ef32fc83d85973945569d30a6dff7feb5840254a9a81fc0f78a70a97905cf1"
                           "96faa5f47ab6f26a0750b8f610b000537c8f73a511db4bd1657c47b531b95be021817bd"
                           "e5345d1c6daf10064a219def36465b0bf5c295df2ebde63535",
                           "ab92c359bdccc19e44fd47120cc6d0a1d3955af9e6be18c1b084e397442055c597ff92e"
                           "c134c9d8f2a788a96b28f3af4108239e00339840f3bfb666eea21e87c02bd69edca6502"
                           "f7805a6dfd29fb4db4052a321abbb857621992fc383f368c91",
                           "872e0b3f67274e0808e326601ef42e22edf880f12d4d044ba5d75bf078aa0ebcad08537"
                           "6c15d1cc09eb8c8c9797572da003826536c8a06bdea226e6b2e0cc111ad1e645fd6c381"
                           "90a72f42f514397d470534c161d028690dafb95cb1f19ff9c0",
                           "acfc575fee9be2dd324940c3cb873213532a9eddc2f546a2d8c56b5b015e2521173a4d2"
                           "c05acca14aa97c6224a223b46140b3483f06ea7a2a2db3961a74074e58653549220713a"
                           "a6edc8a21bbb04f468d684f7656882543143ed4cf3d5bcae69",
                           "ac0c74306cf12d21d4889d7b28e562278a6849b0b2e152968cc23dbe7b6cf7a75a62858"
                           "068d9f1dde5bf90a35e89a81e0a008a28dbcd81697fb87f603895b6361c8dfdf2111063"
                           "3e93f33120d8e0f7ba7c0693173e55d5b3e1284a18be5ec773",
                           "8b7cd629f5a07ddca6be75585cfc12622789811edf9d4c86ce433927450ed484942b7b3"
                           "77eaa383746d54bcedf1d616d0cb0fa2101e5358884578860a5960653664dbd77bb3afa"
                           "61af7434c10a74636c2cbe1d61db5b47102ee017c1ab81fe7f",
                           "a27b12206e80a5e0d52d9b817bfb0097c87534b4332f430f1ad1978d8a9e33cfe631230"
                           "29f64408fea181e22d25dc7c80756cb011387ad545026cc7af9a7047043b44bf07682c0"
                           "3a0fc7f61017ba21d842535b449afe1e7d5d51a7660f71f6b3"}) {
    keys.push_back(public_key(text));
  }
  const auto sum = aggregate(keys);
  ASSERT_TRUE(sum.has_value());
  EXPECT_TRUE(detail::verify_tagged(
      *sum, hex("0558db9aff738e5421439601e7f30e88b74f43b80c1d172b5d371ce0dc05c912"),
      signature("b0887f5c2e85596a8233cc26ce0ae94cdf0e1da3465075016a633d77de8acaefbc86497b484cf0beb3"
                "6a3af90b"
                "38c3ce"),
      "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"));
}

// Computed with @noble/curves, an independent implementation, under our own tag.
TEST(Bls, signs_like_another_implementation) {
  const struct {
    const char* key;
    const char* message;
    const char* public_key;
    const char* signature;
    const char* proof;
  } cases[] = {{"0000000000000000000000000000000000000000000000000000000000000001", "",
                "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5"
                "ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac"
                "0326a805bbefd48056c8c121bdb8",
                "8c5dafb594be22a639a1b188e81316bde48d8a7538fb15c787b63879131acfe8091a28c8e567872846"
                "e4a08af45b8564",
                "9586b1f346f7f0f281d1588d0209cc9815b95722166dcbfa34da8bdb1f78772d72df1f1abed50d27e0"
                "246fd0e70b5b21"},
               {"263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3",
                "5656565656565656565656565656565656565656565656565656565656565656",
                "ac400b70f6f8cd35648f5c126cce5417f3be4d8eefbd42ceb4286a14df7e03135313fe5845e3a575fa"
                "ab3e8b949d248814856c22d8cdb2967c720e963eedc999e738373b14172f06fc915769d3cc5ab7ae0a"
                "1b9c38f48b5585fb09d4bd2733bb",
                "86ef6b4cb194bed848bf7a112112cd486d156ab82abd8521811d24ac27de0ad3f5bfc747639b7a650a"
                "aa619e28a5ffe9",
                "85cd8b8b8e2677c1e6e861e6c720d08ff986bc39862de8f975fbb287f34a550402277ab6fd5fad7ae0"
                "d4f57a6ba80e19"},
               {"328388aff0d4a5b7dc9205abd374e7e98f3cd9f3418edb4eafda5fb16473d216",
                "abababababababababababababababababababababababababababababababab",
                "b0b39dda41e997feedd65253bd98bb1a150584dc23aca4c16d967b725ce86736ccdd33845de3058aaf"
                "da88485750759908fd5505c6c3daf58fde81bdadbbefbc625dd9885faef3fca406a086f743d5eab6b6"
                "cb36b1984cbf08c6a4effcb3018d",
                "992d1d66d89f98903a46bb8dd18e90233b626f718ce22f3189964734146fd1c14a0224187921d32b9f"
                "06ae5943c5853c",
                "b5da98f0f5c86adf68ea3727c80cd291a4daf81cd71ef3c46b95be6dbc1f890da8f50c4596ded20c21"
                "a88772ed7d8f0a"}};
  for (const auto& c : cases) {
    const auto secret = BlsSecretKey::from_bytes(hex(c.key));
    ASSERT_TRUE(secret.has_value());
    EXPECT_EQ(to_hex(secret->public_key().to_bytes()), c.public_key);
    EXPECT_EQ(to_hex(secret->sign(hex(c.message)).to_bytes()), c.signature);
    EXPECT_EQ(to_hex(secret->prove_possession().to_bytes()), c.proof);
    EXPECT_TRUE(verify(secret->public_key(), hex(c.message), signature(c.signature)));
  }
}

TEST(Bls, rejects_other_messages_keys_and_signatures) {
  const auto secret = key(1);
  const Bytes message = hex("aabbcc");
  const auto good = secret.sign(message);
  EXPECT_TRUE(verify(secret.public_key(), message, good));
  EXPECT_FALSE(verify(secret.public_key(), hex("aabbcd"), good));
  EXPECT_FALSE(verify(key(2).public_key(), message, good));
  EXPECT_FALSE(verify(secret.public_key(), message, key(2).sign(message)));
  EXPECT_TRUE(verify(secret.public_key(), {}, secret.sign({})));
}

TEST(Bls, never_takes_a_proof_for_a_signature) {
  const auto secret = key(1);
  const auto encoded = secret.public_key().to_bytes();
  const auto proof = secret.prove_possession();
  EXPECT_TRUE(verify_possession(secret.public_key(), proof));
  EXPECT_FALSE(verify(secret.public_key(), encoded, proof.point));
  EXPECT_FALSE(verify_possession(secret.public_key(), {secret.sign(encoded)}));
}

TEST(Bls, aggregates_signatures_of_one_message) {
  std::vector<BlsPublicKey> keys;
  std::vector<BlsSignature> signatures;
  const Bytes message = hex("0011");
  for (std::uint8_t i = 1; i <= 7; ++i) {
    keys.push_back(key(i).public_key());
    signatures.push_back(key(i).sign(message));
    const auto sum = aggregate(signatures);
    ASSERT_TRUE(sum.has_value());
    EXPECT_TRUE(fast_aggregate_verify(keys, message, *sum)) << int{i};
    EXPECT_FALSE(fast_aggregate_verify(keys, hex("0012"), *sum)) << int{i};
    if (i > 1) {
      EXPECT_FALSE(fast_aggregate_verify(std::span(keys).first(i - 1u), message, *sum));
    }
  }
}

TEST(Bls, counts_a_key_as_often_as_it_is_listed) {
  const std::vector keys = {key(1).public_key(), key(1).public_key()};
  const Bytes message = hex("01");
  const std::vector twice = {key(1).sign(message), key(1).sign(message)};
  EXPECT_TRUE(fast_aggregate_verify(keys, message, *aggregate(twice)));
  EXPECT_FALSE(fast_aggregate_verify(keys, message, twice.front()));
}

TEST(Bls, refuses_empty_aggregates) {
  EXPECT_EQ(aggregate(std::span<const BlsSignature>()).error(), BlsError::Empty);
  EXPECT_EQ(aggregate(std::span<const BlsPublicKey>()).error(), BlsError::Empty);
  EXPECT_FALSE(fast_aggregate_verify({}, hex("01"), key(1).sign(hex("01"))));
}

// r - key has the negated public key and signatures.
BlsSecretKey negated(const BlsSecretKey& secret) {
  auto bytes = hex(kOrder);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = bytes[i] - secret.bytes().view()[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    bytes[i] = static_cast<std::uint8_t>(difference + 256 * borrow);
  }
  return std::move(*BlsSecretKey::from_bytes(bytes));
}

TEST(Bls, refuses_aggregates_that_cancel_out) {
  const auto plus = key(1);
  const auto minus = negated(plus);
  const std::vector keys = {plus.public_key(), minus.public_key()};
  const std::vector signatures = {plus.sign(hex("01")), minus.sign(hex("01"))};
  EXPECT_EQ(aggregate(keys).error(), BlsError::Infinity);
  EXPECT_EQ(aggregate(signatures).error(), BlsError::Infinity);
  EXPECT_FALSE(fast_aggregate_verify(keys, hex("01"), signatures.front()));
}

// Encodings. Flags are the top bits: compressed, infinity, sign of y.
TEST(BlsEncoding, has_the_documented_sizes) {
  EXPECT_EQ(key(1).sign(hex("01")).to_bytes().size(), 48u);
  EXPECT_EQ(key(1).public_key().to_bytes().size(), 96u);
}

TEST(BlsEncoding, round_trips) {
  for (std::uint8_t i = 1; i <= 8; ++i) {
    const auto secret = key(i);
    const auto signed_bytes = secret.sign(hex("01")).to_bytes();
    EXPECT_EQ(BlsSignature::from_bytes(signed_bytes).value(), secret.sign(hex("01")));
    const auto key_bytes = secret.public_key().to_bytes();
    EXPECT_EQ(BlsPublicKey::from_bytes(key_bytes).value(), secret.public_key());
    const auto proof = secret.prove_possession();
    EXPECT_EQ(BlsPossessionProof::from_bytes(proof.to_bytes()).value(), proof);
  }
}

TEST(BlsEncoding, refuses_wrong_lengths) {
  const auto signed_bytes = to_bytes(key(1).sign(hex("01")).to_bytes());
  const auto key_bytes = to_bytes(key(1).public_key().to_bytes());
  for (std::size_t size = 0; size < 48; ++size) {
    EXPECT_EQ(BlsSignature::from_bytes(ByteView(signed_bytes).first(size)).error(),
              BlsError::BadLength);
  }
  for (std::size_t size = 0; size < 96; ++size) {
    EXPECT_EQ(BlsPublicKey::from_bytes(ByteView(key_bytes).first(size)).error(),
              BlsError::BadLength);
  }
  EXPECT_EQ(BlsSignature::from_bytes(key_bytes).error(), BlsError::BadLength);
  EXPECT_EQ(BlsPublicKey::from_bytes(Bytes(97)).error(), BlsError::BadLength);
  EXPECT_EQ(BlsPossessionProof::from_bytes(Bytes(47)).error(), BlsError::BadLength);
}

TEST(BlsEncoding, refuses_infinity) {
  Bytes bytes(48);
  bytes[0] = 0xc0;
  EXPECT_EQ(BlsSignature::from_bytes(bytes).error(), BlsError::Infinity);
  bytes.resize(96);
  EXPECT_EQ(BlsPublicKey::from_bytes(bytes).error(), BlsError::Infinity);
}

TEST(BlsEncoding, refuses_a_dirty_infinity) {
  for (const std::size_t size : {48u, 96u}) {
    Bytes last(size);
    last[0] = 0xc0;
    last.back() = 1;
    Bytes sign(size);
    sign[0] = 0xe0;
    for (const auto& bytes : {last, sign}) {
      const auto error = size == 48 ? BlsSignature::from_bytes(bytes).error()
                                    : BlsPublicKey::from_bytes(bytes).error();
      EXPECT_EQ(error, BlsError::BadEncoding);
    }
  }
}

TEST(BlsEncoding, refuses_a_missing_compression_flag) {
  auto signed_bytes = key(1).sign(hex("01")).to_bytes();
  signed_bytes[0] &= 0x7f;
  EXPECT_EQ(BlsSignature::from_bytes(signed_bytes).error(), BlsError::BadEncoding);
  auto key_bytes = key(1).public_key().to_bytes();
  key_bytes[0] &= 0x7f;
  EXPECT_EQ(BlsPublicKey::from_bytes(key_bytes).error(), BlsError::BadEncoding);
}

TEST(BlsEncoding, refuses_coordinates_at_the_field_prime_and_above) {
  auto x = hex(kPrime);
  x[0] |= 0x80;
  EXPECT_EQ(BlsSignature::from_bytes(x).error(), BlsError::BadEncoding);
  Bytes high = x;
  high.resize(96);
  EXPECT_EQ(BlsPublicKey::from_bytes(high).error(), BlsError::BadEncoding);
  Bytes low(48);
  low[0] = 0x80;
  append(low, hex(kPrime));
  EXPECT_EQ(BlsPublicKey::from_bytes(low).error(), BlsError::BadEncoding);
}

// Small x give points of both kinds: about half are on no point of the curve, and those that are
// lie, like almost every point, outside the subgroup.
TEST(BlsEncoding, tells_points_off_the_curve_from_points_off_the_group) {
  std::set<BlsError> seen;
  for (std::uint8_t x = 0; x < 32; ++x) {
    Bytes bytes(48);
    bytes[0] = 0x80;
    bytes.back() = x;
    const auto decoded = BlsSignature::from_bytes(bytes);
    ASSERT_FALSE(decoded.has_value()) << int{x};
    seen.insert(decoded.error());
  }
  EXPECT_EQ(seen, (std::set{BlsError::NotOnCurve, BlsError::NotInSubgroup}));
  seen.clear();
  for (std::uint8_t x = 0; x < 32; ++x) {
    Bytes bytes(96);
    bytes[0] = 0x80;
    bytes.back() = x;
    const auto decoded = BlsPublicKey::from_bytes(bytes);
    ASSERT_FALSE(decoded.has_value()) << int{x};
    seen.insert(decoded.error());
  }
  EXPECT_EQ(seen, (std::set{BlsError::NotOnCurve, BlsError::NotInSubgroup}));
}

// The other square root is another valid point, and so another signature.
TEST(BlsEncoding, keeps_the_sign_of_y) {
  auto bytes = key(1).sign(hex("01")).to_bytes();
  bytes[0] ^= 0x20;
  const auto other = BlsSignature::from_bytes(bytes);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->to_bytes(), bytes);
  EXPECT_FALSE(verify(key(1).public_key(), hex("01"), *other));
}

TEST(BlsErrors, have_distinct_descriptions) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(BlsError::Empty); ++i) {
    texts.insert(describe(static_cast<BlsError>(i)));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(BlsError::Empty) + 1);
}

}  // namespace
}  // namespace ol::crypto
