// Recovery of the signer's key (SEC 1, section 4.1.6). Ours and not libsecp256k1's because every
// transaction pays for it and all of its input is public: nothing here need be constant-time.

#include <ol/crypto/secp256k1.hpp>

#include <algorithm>

#include "modular_inverse.hpp"
#include "secp256k1_points.hpp"

namespace ol::crypto {
namespace {

bool is_scalar(const U256& v) {
  return !v.is_zero() && v < secp256k1::kOrder;
}

/// The point R whose x is r, or r plus the order if the id says that r was reduced.
std::optional<secp256k1::Affine> signature_point(const U256& r, std::uint8_t recovery_id) {
  U256 x = r;
  if ((recovery_id & 2) != 0) {
    const auto [sum, overflow] = add_overflow(r, secp256k1::kOrder);
    if (overflow || !(sum < secp256k1::kPrime)) return std::nullopt;
    x = sum;
  }
  const auto parity = (recovery_id & 1) != 0 ? secp256k1::Parity::Odd : secp256k1::Parity::Even;
  return secp256k1::lift_x(x, parity);
}

}  // namespace

Result<Secp256k1PublicKey, CryptoError> recover(const Hash256& digest,
                                                const RecoverableSignature& signature,
                                                HighS high_s) {
  if (signature.recovery_id > 3) return fail(CryptoError::BadRecoveryId);
  if (high_s == HighS::Reject && has_high_s(signature)) return fail(CryptoError::HighS);
  const U256 r = *U256::from_big_endian(signature.r);
  const U256 s = *U256::from_big_endian(signature.s);
  if (!is_scalar(r) || !is_scalar(s)) return fail(CryptoError::BadSignature);
  const auto point = signature_point(r, signature.recovery_id);
  if (!point) return fail(CryptoError::BadSignature);

  // The key is (s R - digest G) / r.
  constexpr U256 kOrder = secp256k1::kOrder;
  const U256 inverse = modular_inverse(r, kOrder);
  const U256 z = U256::from_fixed(digest) % kOrder;
  const U256 u1 = mulmod(z.is_zero() ? z : kOrder - z, inverse, kOrder);
  const U256 u2 = mulmod(s, inverse, kOrder);
  const auto key = secp256k1::multiply_both(u1, u2, *point);
  if (!key) return fail(CryptoError::BadSignature);

  const auto x = key->x.canonical().to_big_endian();
  const auto y = key->y.canonical().to_big_endian();
  Secp256k1PublicKey out;
  std::copy(x.begin(), x.end(), out.begin());
  std::copy(y.begin(), y.end(), out.begin() + 32);
  return out;
}

}  // namespace ol::crypto
