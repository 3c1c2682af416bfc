// KZG point evaluation: a polynomial committed to takes the value y at z. Source: EIP-4844, "Point
// evaluation precompile"; consensus-specs, polynomial-commitments, verify_kzg_proof_impl.
//
// Of the ceremony's points the check needs one, so it is written with blst and a constant instead
// of with a library that loads thousands.

#include <blst.h>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include "call.hpp"

namespace ol::evm::precompiles {
namespace {

constexpr std::size_t kInputBytes = 192;
constexpr std::uint8_t kVersion = 0x01;  // VERSIONED_HASH_VERSION_KZG

// FIELD_ELEMENTS_PER_BLOB and BLS_MODULUS, each a word.
constexpr std::array<std::uint8_t, 64> kAnswer = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10, 0,
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05,
    0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};

// tau times the generator of G2, compressed: the ceremony's second G2 point, 'g2_monomial[1]'.
constexpr std::array<std::uint8_t, 96> kTauG2 = {
    0xb5, 0xbf, 0xd7, 0xdd, 0x8c, 0xde, 0xb1, 0x28, 0x84, 0x3b, 0xc2, 0x87, 0x23, 0x0a, 0xf3, 0x89,
    0x26, 0x18, 0x70, 0x75, 0xcb, 0xfb, 0xef, 0xa8, 0x10, 0x09, 0xa2, 0xce, 0x61, 0x5a, 0xc5, 0x3d,
    0x29, 0x14, 0xe5, 0x87, 0x0c, 0xb4, 0x52, 0xd2, 0xaf, 0xaa, 0xab, 0x24, 0xf3, 0x49, 0x9f, 0x72,
    0x18, 0x5c, 0xbf, 0xee, 0x53, 0x49, 0x27, 0x14, 0x73, 0x44, 0x29, 0xb7, 0xb3, 0x86, 0x08, 0xe2,
    0x39, 0x26, 0xc9, 0x11, 0xcc, 0xec, 0xea, 0xc9, 0xa3, 0x68, 0x51, 0x47, 0x7b, 0xa4, 0xc6, 0x0b,
    0x08, 0x70, 0x41, 0xde, 0x62, 0x10, 0x00, 0xed, 0xc9, 0x8e, 0xda, 0xda, 0x20, 0xc1, 0xde, 0xf2};

// The line functions of a fixed point of G2, made once.
using Lines = std::array<blst_fp6, 68>;

struct FixedLines {
  Lines generator;
  Lines tau;
};

// Read-only after it is made, and so shared by all threads.
const FixedLines& fixed_lines() {
  static const FixedLines shared = [] {
    FixedLines out;
    blst_p2_affine tau;
    OL_CHECK(blst_p2_uncompress(&tau, kTauG2.data()) == BLST_SUCCESS, "the constant is a point");
    blst_precompute_lines(out.generator.data(), blst_p2_affine_generator());
    blst_precompute_lines(out.tau.data(), &tau);
    return out;
  }();
  return shared;
}

/// A canonical scalar; nothing if it is not below the group order.
std::optional<blst_scalar> read_scalar(ByteView bytes) {
  blst_scalar out;
  blst_scalar_from_bendian(&out, bytes.data());
  if (!blst_scalar_fr_check(&out)) return std::nullopt;
  return out;
}

/// A compressed point of the subgroup, infinity among them.
std::optional<blst_p1_affine> read_point(ByteView bytes) {
  blst_p1_affine out;
  if (blst_p1_uncompress(&out, bytes.data()) != BLST_SUCCESS) return std::nullopt;
  if (!blst_p1_affine_in_g1(&out)) return std::nullopt;
  return out;
}

blst_p1 multiply(const blst_p1& point, const blst_scalar& scalar) {
  constexpr std::size_t kScalarBits = 255;
  blst_p1 out;
  blst_p1_mult(&out, &point, scalar.b, kScalarBits);
  return out;
}

/// Multiplies e(point, lines) into `product`, before the final exponentiation.
void multiply_pairing(blst_fp12& product, const blst_p1& point, const Lines& lines) {
  if (blst_p1_is_inf(&point)) return;
  blst_p1_affine affine;
  blst_p1_to_affine(&affine, &point);
  blst_fp12 factor;
  blst_miller_loop_lines(&factor, lines.data(), &affine);
  blst_fp12_mul(&product, &product, &factor);
}

/// e(C - y G1, G2) = e(proof, tau G2 - z G2), brought to fixed points of G2:
/// e(y G1 - C - z proof, G2) e(proof, tau G2) = 1.
bool holds(const blst_p1_affine& commitment, const blst_p1_affine& proof, const blst_scalar& z,
           const blst_scalar& y) {
  blst_p1 proof_point;
  blst_p1_from_affine(&proof_point, &proof);
  blst_p1 sum = multiply(proof_point, z);
  blst_p1_add_or_double_affine(&sum, &sum, &commitment);
  blst_p1_cneg(&sum, true);
  const blst_p1 value = multiply(*blst_p1_generator(), y);
  blst_p1_add_or_double(&sum, &sum, &value);

  const FixedLines& lines = fixed_lines();
  blst_fp12 product = *blst_fp12_one();
  multiply_pairing(product, sum, lines.generator);
  multiply_pairing(product, proof_point, lines.tau);
  blst_final_exp(&product, &product);
  return blst_fp12_is_one(&product);
}

}  // namespace

PrecompileResult point_evaluation(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 50000);
  if (!left) return out_of_gas();
  if (input.size() != kInputBytes) return failed(Status::InputLength);
  const ByteView versioned_hash = input.first(32);
  const ByteView commitment_bytes = input.subspan(96, 48);
  Hash256 expected = crypto::sha256(commitment_bytes);
  expected.bytes[0] = kVersion;
  if (!std::equal(versioned_hash.begin(), versioned_hash.end(), expected.bytes.begin())) {
    return failed(Status::VersionedHash);
  }
  const auto z = read_scalar(input.subspan(32, 32));
  const auto y = read_scalar(input.subspan(64, 32));
  const auto commitment = read_point(commitment_bytes);
  const auto proof = read_point(input.subspan(144, 48));
  if (!z || !y || !commitment || !proof) return failed(Status::KzgProof);
  if (!holds(*commitment, *proof, *z, *y)) return failed(Status::KzgProof);
  return succeeded(*left, kAnswer);
}

}  // namespace ol::evm::precompiles
