// ECDSA over P-256 (secp256r1). Source: EIP-7951; SEC 1, section 4.1.4. The curve is OpenSSL's.

#include <memory>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <ol/base/check.hpp>

#include "call.hpp"

namespace ol::evm::precompiles {
namespace {

constexpr std::size_t kInputBytes = 160;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_free>>;
using Scratch = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;

// Read-only after it is made, and so shared by all threads. Lives as long as the program.
const EC_GROUP* group() {
  static const EC_GROUP* const shared = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  OL_CHECK(shared != nullptr, "OpenSSL knows P-256");
  return shared;
}

Number number(ByteView bytes) {
  Number out(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  OL_CHECK(out != nullptr, "there is memory for a number");
  return out;
}

/// Whether 0 < value < order.
bool is_scalar(const BIGNUM* value, const BIGNUM* order) {
  return !BN_is_zero(value) && BN_cmp(value, order) < 0;
}

/// The point with these coordinates; null if one is not below the field's prime, or it is not on
/// the curve. The point at infinity has no such encoding: (0, 0) is not on the curve.
Point point(ByteView coordinates, BN_CTX* scratch) {
  std::array<std::uint8_t, 65> encoded{};
  encoded[0] = POINT_CONVERSION_UNCOMPRESSED;
  std::copy(coordinates.begin(), coordinates.end(), encoded.begin() + 1);
  Point out(EC_POINT_new(group()));
  OL_CHECK(out != nullptr, "there is memory for a point");
  if (EC_POINT_oct2point(group(), out.get(), encoded.data(), encoded.size(), scratch) != 1) {
    return nullptr;
  }
  return out;
}

bool verify(ByteView input) {
  const Scratch scratch(BN_CTX_new());
  OL_CHECK(scratch != nullptr, "there is memory for scratch space");
  const BIGNUM* const order = EC_GROUP_get0_order(group());
  const Number digest = number(input.first(32));
  const Number r = number(input.subspan(32, 32));
  const Number s = number(input.subspan(64, 32));
  if (!is_scalar(r.get(), order) || !is_scalar(s.get(), order)) return false;
  const Point key = point(input.subspan(96, 64), scratch.get());
  if (key == nullptr) return false;

  // R = (digest / s) G + (r / s) key; the signature is good if R.x = r modulo the order.
  const Number u1(BN_new());
  const Number u2(BN_new());
  const Number x(BN_new());
  const Point sum(EC_POINT_new(group()));
  OL_CHECK(u1 != nullptr && u2 != nullptr && x != nullptr && sum != nullptr, "there is memory");
  OL_CHECK(BN_mod_inverse(s.get(), s.get(), order, scratch.get()) != nullptr, "s is invertible");
  OL_CHECK(BN_mod_mul(u1.get(), digest.get(), s.get(), order, scratch.get()) == 1, "memory");
  OL_CHECK(BN_mod_mul(u2.get(), r.get(), s.get(), order, scratch.get()) == 1, "memory");
  OL_CHECK(EC_POINT_mul(group(), sum.get(), u1.get(), key.get(), u2.get(), scratch.get()) == 1,
           "multiplication is complete");
  if (EC_POINT_is_at_infinity(group(), sum.get()) == 1) return false;
  OL_CHECK(
      EC_POINT_get_affine_coordinates(group(), sum.get(), x.get(), nullptr, scratch.get()) == 1,
      "the point is finite");
  OL_CHECK(BN_nnmod(x.get(), x.get(), order, scratch.get()) == 1, "memory");
  return BN_cmp(x.get(), r.get()) == 0;
}

}  // namespace

PrecompileResult p256_verify(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 6900);
  if (!left) return out_of_gas();
  // Bad input of any kind is an empty answer, not a failure.
  if (input.size() != kInputBytes || !verify(input)) return succeeded(*left, {});
  return succeeded(*left, word_of(true));
}

}  // namespace ol::evm::precompiles
