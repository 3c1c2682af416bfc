#include <ol/crypto/vrf.hpp>

#include <sodium.h>

#include <ol/base/check.hpp>

namespace ol::crypto {
namespace {

// RFC 9381 section 5.5, ECVRF-EDWARDS25519-SHA512-TAI.
constexpr std::uint8_t kSuite = 0x03;
constexpr std::uint8_t kEncodeToCurve = 0x01;
constexpr std::uint8_t kChallenge = 0x02;
constexpr std::uint8_t kProofToHash = 0x03;
constexpr std::uint8_t kBack = 0x00;
constexpr std::size_t kChallengeBytes = 16;

using Point = std::array<std::uint8_t, 32>;
using Scalar = std::array<std::uint8_t, 32>;
using Digest = std::array<std::uint8_t, 64>;

// SHA-512 over pieces.
class Sha512 {
 public:
  Sha512() { crypto_hash_sha512_init(&state_); }
  Sha512(const Sha512&) = delete;
  Sha512& operator=(const Sha512&) = delete;
  ~Sha512() { sodium_memzero(&state_, sizeof state_); }

  Sha512& add(ByteView bytes) {
    crypto_hash_sha512_update(&state_, bytes.data(), bytes.size());
    return *this;
  }
  Sha512& add(std::uint8_t byte) { return add(ByteView(&byte, 1)); }
  [[nodiscard]] Digest finish() {
    Digest out;
    crypto_hash_sha512_final(&state_, out.data());
    return out;
  }

 private:
  crypto_hash_sha512_state state_;
};

// RFC 8032 section 5.1.3: y below p = 2^255 - 19, and no negative zero for x, which belongs to
// y = 1 and y = -1. libsodium's addition, which decodes the point next, checks neither.
bool is_canonical(const Point& point) {
  const bool high = std::all_of(point.begin() + 1, point.end() - 1,
                                [](std::uint8_t byte) { return byte == 0xff; });
  const std::uint8_t top = point[31] & 0x7fU;
  if (high && top == 0x7f && point[0] >= 0xed) return false;
  if ((point[31] & 0x80U) == 0) return true;
  const bool low =
      std::all_of(point.begin() + 1, point.end() - 1, [](std::uint8_t byte) { return byte == 0; });
  const bool y_is_one = low && top == 0 && point[0] == 1;
  const bool y_is_minus_one = high && top == 0x7f && point[0] == 0xec;
  return !y_is_one && !y_is_minus_one;
}

// 8P, for any point of the curve; nothing if the bytes are none.
std::optional<Point> times_cofactor(Point point) {
  for (int doubling = 0; doubling < 3; ++doubling) {
    Point twice;
    if (crypto_core_ed25519_add(twice.data(), point.data(), point.data()) != 0) return std::nullopt;
    point = twice;
  }
  return point;
}

bool is_identity(const Point& point) {
  constexpr Point kIdentity{1};
  return point == kIdentity;
}

// RFC 9381 section 5.4.1.1: the first counter whose hash is a point. Half of all hashes are, so
// no one can find an input for which none of the 256 is.
std::optional<Point> encode_to_curve(ByteView salt, ByteView alpha) {
  for (int counter = 0; counter < 256; ++counter) {
    const Digest hash = Sha512()
                            .add(kSuite)
                            .add(kEncodeToCurve)
                            .add(salt)
                            .add(alpha)
                            .add(static_cast<std::uint8_t>(counter))
                            .add(kBack)
                            .finish();
    Point candidate;
    std::copy_n(hash.begin(), candidate.size(), candidate.begin());
    if (!is_canonical(candidate)) continue;
    const auto point = times_cofactor(candidate);
    if (point && !is_identity(*point)) return point;
  }
  return std::nullopt;
}

// RFC 9381 section 5.4.3: 16 bytes, here with zeros up to a scalar's size.
Scalar challenge(std::initializer_list<ByteView> points) {
  Sha512 hash;
  hash.add(kSuite).add(kChallenge);
  for (const ByteView point : points)
    hash.add(point);
  const Digest digest = hash.add(kBack).finish();
  Scalar out{};
  std::copy_n(digest.begin(), kChallengeBytes, out.begin());
  return out;
}

Scalar reduced(const Digest& wide) {
  Scalar out;
  crypto_core_ed25519_scalar_reduce(out.data(), wide.data());
  return out;
}

Point multiply(const Scalar& scalar, const Point& point) {
  Point out;
  OL_CHECK(crypto_scalarmult_ed25519_noclamp(out.data(), scalar.data(), point.data()) == 0,
           "a secret scalar times a point of the prime-order group");
  return out;
}

Point multiply_base(const Scalar& scalar) {
  Point out;
  OL_CHECK(crypto_scalarmult_ed25519_base_noclamp(out.data(), scalar.data()) == 0,
           "a secret scalar is not zero");
  return out;
}

struct DecodedProof {
  Point gamma;
  Scalar c{};
  Scalar s;
};

bool is_below_order(const Scalar& scalar) {
  Digest wide{};
  std::copy(scalar.begin(), scalar.end(), wide.begin());
  return reduced(wide) == scalar;
}

// RFC 9381 section 5.4.4.
std::optional<DecodedProof> decode(const VrfProof& proof) {
  DecodedProof out;
  const auto* bytes = proof.bytes.data();
  std::copy_n(bytes, 32, out.gamma.begin());
  std::copy_n(bytes + 32, kChallengeBytes, out.c.begin());
  std::copy_n(bytes + 48, 32, out.s.begin());
  if (crypto_core_ed25519_is_valid_point(out.gamma.data()) != 1) return std::nullopt;
  if (!is_below_order(out.s)) return std::nullopt;
  return out;
}

std::optional<VrfOutput> output_of(const Point& gamma) {
  const auto cleared = times_cofactor(gamma);
  if (!cleared) return std::nullopt;
  return VrfOutput{Sha512().add(kSuite).add(kProofToHash).add(*cleared).add(kBack).finish()};
}

// s * base - c * point, where base is the generator or another point. Nothing where a product is
// the neutral element, which no honest proof gives.
std::optional<Point> commitment(const Scalar& s, const Point* base, const Scalar& c,
                                const Point& point) {
  Point left;
  Point right;
  const int made = base == nullptr
                       ? crypto_scalarmult_ed25519_base_noclamp(left.data(), s.data())
                       : crypto_scalarmult_ed25519_noclamp(left.data(), s.data(), base->data());
  if (made != 0) return std::nullopt;
  if (crypto_scalarmult_ed25519_noclamp(right.data(), c.data(), point.data()) != 0)
    return std::nullopt;
  Point out;
  if (crypto_core_ed25519_sub(out.data(), left.data(), right.data()) != 0) return std::nullopt;
  return out;
}

}  // namespace

VrfProof vrf_prove(const Ed25519SecretKey& key, ByteView alpha) {
  // RFC 8032 section 5.1.5: the scalar and, for nonces, the other half of the same hash.
  Digest hashed = Sha512().add(key.seed().view()).finish();
  Digest wide{};
  std::copy_n(hashed.begin(), 32, wide.begin());
  wide[0] &= 0xf8U;
  wide[31] = static_cast<std::uint8_t>((wide[31] & 0x7fU) | 0x40U);
  Scalar x = reduced(wide);

  const Ed25519PublicKey public_key = key.public_key();
  const auto h = encode_to_curve(public_key.view(), alpha);
  OL_CHECK(h.has_value(), "one of 256 hashes is a point");
  const Point gamma = multiply(x, *h);
  // RFC 9381 section 5.4.2.2.
  Digest nonce = Sha512().add(ByteView(hashed).subspan(32)).add(*h).finish();
  Scalar k = reduced(nonce);
  const Scalar c = challenge({public_key.view(), *h, gamma, multiply_base(k), multiply(k, *h)});
  Scalar cx;
  Scalar s;
  crypto_core_ed25519_scalar_mul(cx.data(), c.data(), x.data());
  crypto_core_ed25519_scalar_add(s.data(), k.data(), cx.data());

  VrfProof out;
  std::copy(gamma.begin(), gamma.end(), out.bytes.begin());
  std::copy_n(c.begin(), kChallengeBytes, out.bytes.begin() + 32);
  std::copy(s.begin(), s.end(), out.bytes.begin() + 48);
  for (const std::span<std::uint8_t> secret :
       {std::span<std::uint8_t>(hashed), std::span<std::uint8_t>(wide), std::span<std::uint8_t>(x),
        std::span<std::uint8_t>(nonce), std::span<std::uint8_t>(k), std::span<std::uint8_t>(cx)}) {
    wipe(secret);
  }
  return out;
}

std::optional<VrfOutput> vrf_verify(const Ed25519PublicKey& key, ByteView alpha,
                                    const VrfProof& proof) {
  const Point& y = key.bytes;
  if (crypto_core_ed25519_is_valid_point(y.data()) != 1) return std::nullopt;
  const auto decoded = decode(proof);
  if (!decoded) return std::nullopt;
  const auto h = encode_to_curve(key.view(), alpha);
  if (!h) return std::nullopt;
  const auto u = commitment(decoded->s, nullptr, decoded->c, y);
  const auto v = commitment(decoded->s, &*h, decoded->c, decoded->gamma);
  if (!u || !v) return std::nullopt;
  if (challenge({y, *h, decoded->gamma, *u, *v}) != decoded->c) return std::nullopt;
  return output_of(decoded->gamma);
}

std::optional<VrfOutput> vrf_output(const VrfProof& proof) {
  const auto decoded = decode(proof);
  if (!decoded) return std::nullopt;
  return output_of(decoded->gamma);
}

}  // namespace ol::crypto
