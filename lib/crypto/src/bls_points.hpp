#pragma once

// The one place where our opaque points meet blst's types. For the sources of this library only.

#include <bit>
#include <cstring>

#include <ol/crypto/bls.hpp>

#include <blst.h>

namespace ol::crypto::detail {

/// Opens BlsSignature and BlsPublicKey to this library.
struct BlsAccess {
  static const blst_p1_affine& point(const BlsSignature& signature) {
    return *reinterpret_cast<const blst_p1_affine*>(signature.affine_.data());
  }
  static const blst_p2_affine& point(const BlsPublicKey& key) {
    return *reinterpret_cast<const blst_p2_affine*>(key.affine_.data());
  }
  /// The caller vouches that the point is in the group and not infinity.
  static BlsSignature signature(const blst_p1_affine& point) {
    static_assert(sizeof(point) == sizeof(BlsSignature::affine_));
    BlsSignature out;
    std::memcpy(out.affine_.data(), &point, sizeof(point));
    return out;
  }
  static BlsPublicKey key(const blst_p2_affine& point) {
    static_assert(sizeof(point) == sizeof(BlsPublicKey::affine_));
    BlsPublicKey out;
    std::memcpy(out.affine_.data(), &point, sizeof(point));
    return out;
  }
};

/// A scalar modulo the group order; wiped when destroyed, because most of ours are secret.
class Scalar {
 public:
  Scalar() = default;
  explicit Scalar(std::uint64_t value) {
    const std::uint64_t limbs[4] = {value, 0, 0, 0};
    blst_fr_from_uint64(&fr_, limbs);
  }
  /// Any bytes, big-endian, reduced modulo the order.
  static Scalar reduce(ByteView bytes) {
    blst_scalar scalar;
    blst_scalar_from_be_bytes(&scalar, bytes.data(), bytes.size());
    Scalar out;
    blst_fr_from_scalar(&out.fr_, &scalar);
    blst_wipe(scalar);
    return out;
  }
  Scalar(const Scalar&) = default;
  Scalar& operator=(const Scalar&) = default;
  ~Scalar() { wipe({reinterpret_cast<std::uint8_t*>(&fr_), sizeof(fr_)}); }

  friend Scalar operator+(const Scalar& a, const Scalar& b) {
    Scalar out;
    blst_fr_add(&out.fr_, &a.fr_, &b.fr_);
    return out;
  }
  friend Scalar operator-(const Scalar& a, const Scalar& b) {
    Scalar out;
    blst_fr_sub(&out.fr_, &a.fr_, &b.fr_);
    return out;
  }
  friend Scalar operator*(const Scalar& a, const Scalar& b) {
    Scalar out;
    blst_fr_mul(&out.fr_, &a.fr_, &b.fr_);
    return out;
  }
  [[nodiscard]] Scalar inverse() const {
    Scalar out;
    blst_fr_eucl_inverse(&out.fr_, &fr_);
    return out;
  }
  [[nodiscard]] SecretBytes<32> big_endian() const {
    blst_scalar scalar;
    blst_scalar_from_fr(&scalar, &fr_);
    SecretBytes<32> out;
    blst_bendian_from_scalar(out.span().data(), &scalar);
    blst_wipe(scalar);
    return out;
  }
  [[nodiscard]] SecretBytes<32> little_endian() const {
    blst_scalar scalar;
    blst_scalar_from_fr(&scalar, &fr_);
    SecretBytes<32> out(std::span<const std::uint8_t, 32>(scalar.b));
    blst_wipe(scalar);
    return out;
  }

 private:
  static void blst_wipe(blst_scalar& scalar) { wipe(scalar.b); }

  blst_fr fr_{};
};

}  // namespace ol::crypto::detail
