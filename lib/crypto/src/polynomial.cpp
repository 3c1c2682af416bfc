#include "polynomial.hpp"

#include <bit>

#include <ol/base/check.hpp>
#include <ol/base/codec.hpp>
#include <ol/crypto/aead.hpp>

namespace ol::crypto::detail {

Polynomial Polynomial::derive(const SecretBytes<32>& seed, ByteView label, std::uint16_t size) {
  std::vector<Scalar> coefficients;
  coefficients.reserve(size);
  for (std::uint16_t k = 0; k < size; ++k) {
    // 64 bytes for a 255-bit modulus leave a bias below 2^-256.
    SecretBytes<64> wide;
    hkdf_sha256(label, seed.view(), Writer().u16(k).bytes(), wide.span());
    coefficients.push_back(Scalar::reduce(wide.view()));
  }
  return Polynomial(std::move(coefficients));
}

Scalar Polynomial::evaluate(ShareIndex holder) const {
  const Scalar x(evaluation_point(holder));
  Scalar sum = coefficients_.back();
  for (std::size_t k = coefficients_.size() - 1; k-- > 0;)
    sum = sum * x + coefficients_[k];
  return sum;
}

std::vector<BlsPublicKey> Polynomial::commitments() const {
  std::vector<BlsPublicKey> out;
  out.reserve(coefficients_.size());
  for (const auto& coefficient : coefficients_) {
    const blst_p2 point = multiply(*blst_p2_generator(), coefficient);
    OL_CHECK(!blst_p2_is_inf(&point), "a zero coefficient has probability 2^-255");
    out.push_back(to_key(point));
  }
  return out;
}

BlsPublicKey to_key(const blst_p2& point) {
  blst_p2_affine affine;
  blst_p2_to_affine(&affine, &point);
  return BlsAccess::key(affine);
}

blst_p2 multiply(const blst_p2& point, const Scalar& scalar) {
  const auto bytes = scalar.little_endian();
  blst_p2 out;
  blst_p2_mult(&out, &point, bytes.view().data(), 255);
  return out;
}

namespace {

// Double-and-add: `factor` is public and has a few bits only, far below what windows pay for.
blst_p2 multiply_small(const blst_p2& point, std::uint64_t factor) {
  blst_p2 out = point;
  for (int bit = static_cast<int>(std::bit_width(factor)) - 2; bit >= 0; --bit) {
    blst_p2_double(&out, &out);
    if (((factor >> bit) & 1) != 0) blst_p2_add_or_double(&out, &out, &point);
  }
  return out;
}

}  // namespace

blst_p2 evaluate(std::span<const BlsPublicKey> points, ShareIndex holder) {
  const std::uint64_t x = evaluation_point(holder);
  blst_p2 sum;
  blst_p2_from_affine(&sum, &BlsAccess::point(points.back()));
  for (std::size_t k = points.size() - 1; k-- > 0;) {
    sum = multiply_small(sum, x);
    blst_p2_add_or_double_affine(&sum, &sum, &BlsAccess::point(points[k]));
  }
  return sum;
}

// Lagrange in coefficient form: with N(x) the product of all (x - x_j), the basis polynomial of i
// is N(x) / (x - x_i), divided by its value at x_i.
Polynomial interpolate(std::span<const std::pair<ShareIndex, Scalar>> points) {
  const std::size_t size = points.size();
  OL_CHECK(size > 0, "nothing to interpolate");
  std::vector<Scalar> product = {Scalar(1)};  // lowest coefficient first
  for (const auto& [holder, value] : points) {
    const Scalar x(evaluation_point(holder));
    std::vector<Scalar> next(product.size() + 1);
    for (std::size_t k = 0; k < product.size(); ++k) {
      next[k + 1] = next[k + 1] + product[k];
      next[k] = next[k] - product[k] * x;
    }
    product = std::move(next);
  }
  std::vector<Scalar> out(size);
  for (const auto& [holder, value] : points) {
    const Scalar x(evaluation_point(holder));
    std::vector<Scalar> basis(size);  // product / (X - x) by synthetic division
    Scalar carry;
    for (std::size_t k = size; k-- > 0;) {
      carry = carry * x + product[k + 1];
      basis[k] = carry;
    }
    Scalar at_x;
    for (std::size_t k = size; k-- > 0;)
      at_x = at_x * x + basis[k];
    const Scalar weight = value * at_x.inverse();
    for (std::size_t k = 0; k < size; ++k)
      out[k] = out[k] + basis[k] * weight;
  }
  return Polynomial(std::move(out));
}

}  // namespace ol::crypto::detail
