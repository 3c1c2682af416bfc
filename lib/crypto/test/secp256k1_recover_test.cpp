// Our recovery against libsecp256k1's, over every kind of signature: good, arbitrary, out of range.

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include <secp256k1_recovery.h>

#include <ol/base/u256.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "../src/secp256k1_field.hpp"

namespace ol::crypto {
namespace {

constexpr U256 kOrder{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
                      0xffffffffffffffff};

std::optional<Secp256k1PublicKey> reference(const Hash256& digest,
                                            const RecoverableSignature& signature) {
  static secp256k1_context* const context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  std::array<std::uint8_t, 64> compact{};
  std::copy(signature.r.begin(), signature.r.end(), compact.begin());
  std::copy(signature.s.begin(), signature.s.end(), compact.begin() + 32);
  secp256k1_ecdsa_recoverable_signature parsed;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, compact.data(),
                                                          signature.recovery_id) != 1) {
    return std::nullopt;
  }
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recover(context, &key, &parsed, digest.bytes.data()) != 1) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 65> bytes{};
  std::size_t size = bytes.size();
  secp256k1_ec_pubkey_serialize(context, bytes.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
  Secp256k1PublicKey out;
  std::copy(bytes.begin() + 1, bytes.end(), out.begin());
  return out;
}

/// Returns whether there is a key.
bool expect_agreement(const U256& digest, const U256& r, const U256& s, unsigned id) {
  const auto hash = digest.to_fixed<Hash256>();
  const RecoverableSignature signature{r.to_big_endian(), s.to_big_endian(),
                                       static_cast<std::uint8_t>(id)};
  const auto expected = reference(hash, signature);
  const auto found = recover(hash, signature, HighS::Allow);
  EXPECT_EQ(expected.has_value(), found.has_value())
      << digest.to_hex() << " " << r.to_hex() << " " << s.to_hex() << " " << id;
  if (expected && found) EXPECT_EQ(*expected, *found) << r.to_hex() << " " << s.to_hex();
  return found.has_value();
}

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  U256 next() { return {draw(), draw(), draw(), draw()}; }
  std::uint64_t draw() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

TEST(Secp256k1Recovery, agrees_with_libsecp256k1_on_any_signature) {
  Numbers numbers(20);
  int keys = 0;
  for (int i = 0; i < 3000; ++i) {
    keys += expect_agreement(numbers.next(), numbers.next(), numbers.next(),
                             static_cast<unsigned>(numbers.draw() % 2))
                ? 1
                : 0;
  }
  EXPECT_GT(keys, 1000);  // half of all x are on the curve
  EXPECT_LT(keys, 2000);
}

// A reduced r leaves only 129 bits to r, so such signatures are made here, not met.
TEST(Secp256k1Recovery, agrees_on_an_r_that_was_reduced) {
  Numbers numbers(21);
  int keys = 0;
  for (int i = 0; i < 400; ++i) {
    const U256 r{numbers.draw(), numbers.draw(), static_cast<std::uint64_t>(i % 3 == 0), 0};
    keys += expect_agreement(numbers.next(), r, numbers.next(), 2 + static_cast<unsigned>(i % 2))
                ? 1
                : 0;
  }
  EXPECT_GT(keys, 50);
  constexpr U256 kDifference = secp256k1::kPrime - kOrder;
  for (std::uint64_t near = 0; near < 12; ++near) {
    expect_agreement(5, kDifference - U256{6} + U256{near}, 7, 2);
    expect_agreement(5, kDifference - U256{6} + U256{near}, 7, 3);
  }
}

TEST(Secp256k1Recovery, agrees_at_the_edges) {
  const U256 edges[] = {0,
                        1,
                        2,
                        U256{1} << 128U,
                        (U256{1} << 128U) - U256{1},
                        kOrder >> 1U,
                        (kOrder >> 1U) + U256{1},
                        kOrder - U256{1},
                        kOrder,
                        kOrder + U256{1},
                        secp256k1::kPrime - U256{1},
                        secp256k1::kPrime,
                        U256::max()};
  for (const U256& digest : edges) {
    for (const U256& r : edges) {
      for (const U256& s : edges) {
        for (unsigned id = 0; id < 4; ++id)
          expect_agreement(digest, r, s, id);
      }
    }
  }
}

// With R = G (r is its x) and s = digest the key is at infinity; near it the sums meet equal and
// opposite points.
TEST(Secp256k1Recovery, meets_infinity_and_equal_points) {
  constexpr U256 kGeneratorX{0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07,
                             0x79be667ef9dcbbac};
  EXPECT_FALSE(expect_agreement(7, kGeneratorX, 7, 0));
  EXPECT_TRUE(expect_agreement(7, kGeneratorX, 7, 1));
  for (std::uint64_t i = 1; i < 60; ++i) {
    for (std::uint64_t j = 1; j < 60; j += 7) {
      expect_agreement(i, kGeneratorX, j, 0);
      expect_agreement(i, kGeneratorX, kOrder - U256{j}, 1);
    }
  }
}

TEST(Secp256k1Recovery, agrees_on_real_signatures) {
  for (std::uint8_t i = 1; i < 100; ++i) {
    const auto key = Secp256k1SecretKey::from_bytes(Bytes(32, i)).value();
    const Hash256 digest = keccak256(Bytes{i});
    const auto signature = sign_recoverable(key, digest);
    EXPECT_EQ(recover(digest, signature).value(), key.public_key());
  }
}

using secp256k1::Fe;
using secp256k1::kPrime;

U256 mod_p(const U256& v) {
  return v % kPrime;
}

// Elements of every form, reduced and not, near both ends: where second and third carries are.
TEST(Secp256k1Field, agrees_with_plain_arithmetic) {
  std::vector<U256> values = {0,
                              1,
                              2,
                              kPrime - U256{1},
                              kPrime,
                              kPrime + U256{1},
                              U256::max(),
                              U256::max() - U256{1},
                              U256{secp256k1::kFold},
                              U256{~0ULL, ~0ULL, ~0ULL, 0},
                              U256{0, 0, 0, ~0ULL},
                              U256{0, ~0ULL, ~0ULL, ~0ULL}};
  Numbers numbers(22);
  for (int i = 0; i < 60; ++i) {
    values.push_back(numbers.next());
    values.push_back(U256::max() - U256{numbers.draw() >> (i % 60)});
  }
  for (const U256& x : values) {
    for (const U256& y : values) {
      const Fe a = Fe::from(x);
      const Fe b = Fe::from(y);
      ASSERT_EQ((a + b).canonical(), addmod(x, y, kPrime));
      ASSERT_EQ((a - b).canonical(), addmod(x, kPrime - mod_p(y), kPrime));
      ASSERT_EQ((a * b).canonical(), mulmod(x, y, kPrime)) << x.to_hex() << " " << y.to_hex();
      ASSERT_EQ((a - b).is_zero(), mod_p(x) == mod_p(y));
    }
    const Fe a = Fe::from(x);
    ASSERT_EQ(square(a).canonical(), mulmod(x, x, kPrime)) << x.to_hex();
    ASSERT_EQ((inverse(a) * a).canonical(), a.is_zero() ? U256{0} : U256{1});
    const Fe root = square_root_candidate(square(a));
    ASSERT_TRUE((root - a).is_zero() || (root + a).is_zero());
  }
}

}  // namespace
}  // namespace ol::crypto
