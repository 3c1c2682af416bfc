#pragma once

// Sharing polynomials over the scalar field and their images in G2. For this library only.

#include <cstdint>
#include <span>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/crypto/threshold.hpp>

#include "bls_points.hpp"

namespace ol::crypto::detail {

/// f(x) = c_0 + c_1 x + ... with secret coefficients.
class Polynomial {
 public:
  /// `size` coefficients derived from `seed`; `label` and the position separate them.
  /// Deterministic, so that a party that runs a step twice cannot contradict itself.
  static Polynomial derive(const SecretBytes<32>& seed, ByteView label, std::uint16_t size);
  explicit Polynomial(std::vector<Scalar> coefficients) : coefficients_(std::move(coefficients)) {}

  [[nodiscard]] std::span<const Scalar> coefficients() const { return coefficients_; }
  /// The share of `holder`: f(holder + 1).
  [[nodiscard]] Scalar evaluate(ShareIndex holder) const;
  /// g2^c_k for each coefficient (Feldman).
  [[nodiscard]] std::vector<BlsPublicKey> commitments() const;

 private:
  std::vector<Scalar> coefficients_;
};

/// The point at which `holder`'s share is evaluated.
[[nodiscard]] inline std::uint64_t evaluation_point(ShareIndex holder) {
  return std::uint64_t{holder.value()} + 1;
}

/// Sum of points[k] * (holder + 1)^k: the image of the share under the commitments.
[[nodiscard]] blst_p2 evaluate(std::span<const BlsPublicKey> points, ShareIndex holder);

/// A point that is in the group by construction and known not to be infinity.
[[nodiscard]] BlsPublicKey to_key(const blst_p2& point);

/// point * scalar in constant time.
[[nodiscard]] blst_p2 multiply(const blst_p2& point, const Scalar& scalar);

/// Interpolates the polynomial of degree < points.size() through (holder + 1, value); holders must
/// be distinct.
[[nodiscard]] Polynomial interpolate(std::span<const std::pair<ShareIndex, Scalar>> points);

}  // namespace ol::crypto::detail
