#include <ol/crypto/bls.hpp>

#include <optional>
#include <string_view>
#include <vector>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include "bls_points.hpp"
#include "bls_tagged.hpp"

namespace ol::crypto {
namespace {

using detail::BlsAccess;

constexpr std::string_view kSignatureTag = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
constexpr std::string_view kPossessionTag = "BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
constexpr std::size_t kSeedBytesMin = 32;

std::optional<BlsError> decode_error(BLST_ERROR error) {
  switch (error) {
    case BLST_SUCCESS:
      return std::nullopt;
    case BLST_BAD_ENCODING:
      return BlsError::BadEncoding;
    case BLST_POINT_NOT_ON_CURVE:
      return BlsError::NotOnCurve;
    case BLST_POINT_NOT_IN_GROUP:
      return BlsError::NotInSubgroup;
    case BLST_PK_IS_INFINITY:
      return BlsError::Infinity;
    case BLST_AGGR_TYPE_MISMATCH:
    case BLST_VERIFY_FAIL:
    case BLST_BAD_SCALAR:
      break;
  }
  OL_CHECK(false, "blst's decoders return no other error");
}

blst_scalar as_scalar(const SecretBytes<32>& bytes) {
  blst_scalar out;
  blst_scalar_from_bendian(&out, bytes.view().data());
  return out;
}

SecretBytes<32> take_scalar(blst_scalar& scalar) {
  SecretBytes<32> out;
  blst_bendian_from_scalar(out.span().data(), &scalar);
  wipe(scalar.b);
  return out;
}

}  // namespace

namespace detail {

BlsSignature hash_to_g1(ByteView message, std::string_view tag) {
  blst_p1 point;
  blst_hash_to_g1(&point, message.data(), message.size(), as_bytes(tag).data(), tag.size());
  blst_p1_affine affine;
  blst_p1_to_affine(&affine, &point);
  return BlsAccess::signature(affine);
}

BlsSignature sign_tagged(const BlsSecretKey& key, ByteView message, std::string_view tag) {
  blst_p1 hashed;
  blst_hash_to_g1(&hashed, message.data(), message.size(), as_bytes(tag).data(), tag.size());
  blst_scalar scalar = as_scalar(key.bytes());
  blst_p1_affine point;
  blst_sign_pk2_in_g2(nullptr, &point, &hashed, &scalar);
  wipe(scalar.b);
  return BlsAccess::signature(point);
}

// e(H(m), pk) == e(signature, g2), as e(H(m), pk) * e(signature, -g2) == 1 with one final
// exponentiation. Both points were proven to be in their groups when they were decoded.
bool verify_tagged(const BlsPublicKey& key, ByteView message, const BlsSignature& signature,
                   std::string_view tag) {
  static const blst_p2_affine negative_generator = [] {
    blst_p2 point = *blst_p2_generator();
    blst_p2_cneg(&point, true);
    blst_p2_affine affine;
    blst_p2_to_affine(&affine, &point);
    return affine;
  }();
  const BlsSignature hashed = hash_to_g1(message, tag);
  const std::array<const blst_p2_affine*, 2> in_g2 = {&BlsAccess::point(key), &negative_generator};
  const std::array<const blst_p1_affine*, 2> in_g1 = {&BlsAccess::point(hashed),
                                                      &BlsAccess::point(signature)};
  blst_fp12 product;
  blst_miller_loop_n(&product, in_g2.data(), in_g1.data(), in_g1.size());
  blst_final_exp(&product, &product);
  return blst_fp12_is_one(&product);
}

}  // namespace detail

const char* describe(BlsError error) {
  switch (error) {
    case BlsError::BadLength:
      return "wrong length";
    case BlsError::BadEncoding:
      return "not a canonical compressed point";
    case BlsError::NotOnCurve:
      return "no point of the curve";
    case BlsError::NotInSubgroup:
      return "point outside the prime-order group";
    case BlsError::Infinity:
      return "point at infinity";
    case BlsError::BadSecretKey:
      return "secret key is zero or above the group order";
    case BlsError::ShortSeed:
      return "fewer than 32 bytes of key material";
    case BlsError::Empty:
      return "nothing to aggregate";
  }
  OL_CHECK(false, "not an enumerator");
}

Result<BlsSignature, BlsError> BlsSignature::from_bytes(ByteView bytes) {
  if (bytes.size() != kSize) return fail(BlsError::BadLength);
  blst_p1_affine point;
  if (auto error = decode_error(blst_p1_uncompress(&point, bytes.data()))) return fail(*error);
  if (blst_p1_affine_is_inf(&point)) return fail(BlsError::Infinity);
  if (!blst_p1_affine_in_g1(&point)) return fail(BlsError::NotInSubgroup);
  return BlsAccess::signature(point);
}

BlsSignature::Encoded BlsSignature::to_bytes() const {
  Encoded out;
  blst_p1_affine_compress(out.data(), &BlsAccess::point(*this));
  return out;
}

Result<BlsPublicKey, BlsError> BlsPublicKey::from_bytes(ByteView bytes) {
  if (bytes.size() != kSize) return fail(BlsError::BadLength);
  blst_p2_affine point;
  if (auto error = decode_error(blst_p2_uncompress(&point, bytes.data()))) return fail(*error);
  if (blst_p2_affine_is_inf(&point)) return fail(BlsError::Infinity);
  if (!blst_p2_affine_in_g2(&point)) return fail(BlsError::NotInSubgroup);
  return BlsAccess::key(point);
}

BlsPublicKey::Encoded BlsPublicKey::to_bytes() const {
  Encoded out;
  blst_p2_affine_compress(out.data(), &BlsAccess::point(*this));
  return out;
}

Result<BlsPossessionProof, BlsError> BlsPossessionProof::from_bytes(ByteView bytes) {
  OL_TRY(auto point, BlsSignature::from_bytes(bytes));
  return BlsPossessionProof{point};
}

Result<BlsSecretKey, BlsError> BlsSecretKey::from_bytes(ByteView bytes) {
  auto secret = SecretBytes<32>::from(bytes);
  if (!secret) return fail(BlsError::BadLength);
  blst_scalar scalar = as_scalar(*secret);
  const bool valid = blst_sk_check(&scalar);
  wipe(scalar.b);
  if (!valid) return fail(BlsError::BadSecretKey);
  return BlsSecretKey(std::move(*secret));
}

Result<BlsSecretKey, BlsError> BlsSecretKey::key_gen(ByteView key_material) {
  if (key_material.size() < kSeedBytesMin) return fail(BlsError::ShortSeed);
  blst_scalar scalar;
  blst_derive_master_eip2333(&scalar, key_material.data(), key_material.size());
  return BlsSecretKey(take_scalar(scalar));
}

BlsSecretKey BlsSecretKey::generate() {
  auto key = key_gen(SecretBytes<32>::random().view());
  OL_CHECK(key.has_value(), "32 bytes are enough key material");
  return std::move(*key);
}

BlsSecretKey BlsSecretKey::derive_child(std::uint32_t index) const {
  blst_scalar parent = as_scalar(bytes_);
  blst_scalar child;
  blst_derive_child_eip2333(&child, &parent, index);
  wipe(parent.b);
  return BlsSecretKey(take_scalar(child));
}

BlsPublicKey BlsSecretKey::public_key() const {
  blst_scalar scalar = as_scalar(bytes_);
  blst_p2_affine point;
  blst_sk_to_pk2_in_g2(nullptr, &point, &scalar);
  wipe(scalar.b);
  return BlsAccess::key(point);
}

BlsSignature BlsSecretKey::sign(ByteView message) const {
  return detail::sign_tagged(*this, message, kSignatureTag);
}

BlsPossessionProof BlsSecretKey::prove_possession() const {
  return {detail::sign_tagged(*this, public_key().to_bytes(), kPossessionTag)};
}

bool verify(const BlsPublicKey& key, ByteView message, const BlsSignature& signature) {
  return detail::verify_tagged(key, message, signature, kSignatureTag);
}

bool verify_possession(const BlsPublicKey& key, const BlsPossessionProof& proof) {
  return detail::verify_tagged(key, key.to_bytes(), proof.point, kPossessionTag);
}

Result<BlsSignature, BlsError> aggregate(std::span<const BlsSignature> signatures) {
  if (signatures.empty()) return fail(BlsError::Empty);
  blst_p1 sum;
  blst_p1_from_affine(&sum, &BlsAccess::point(signatures.front()));
  for (const auto& signature : signatures.subspan(1)) {
    blst_p1_add_or_double_affine(&sum, &sum, &BlsAccess::point(signature));
  }
  if (blst_p1_is_inf(&sum)) return fail(BlsError::Infinity);
  blst_p1_affine affine;
  blst_p1_to_affine(&affine, &sum);
  return BlsAccess::signature(affine);
}

Result<BlsPublicKey, BlsError> aggregate(std::span<const BlsPublicKey> keys) {
  if (keys.empty()) return fail(BlsError::Empty);
  blst_p2 sum;
  blst_p2_from_affine(&sum, &BlsAccess::point(keys.front()));
  for (const auto& key : keys.subspan(1)) {
    blst_p2_add_or_double_affine(&sum, &sum, &BlsAccess::point(key));
  }
  if (blst_p2_is_inf(&sum)) return fail(BlsError::Infinity);
  blst_p2_affine affine;
  blst_p2_to_affine(&affine, &sum);
  return BlsAccess::key(affine);
}

bool fast_aggregate_verify(std::span<const BlsPublicKey> keys, ByteView message,
                           const BlsSignature& signature) {
  const auto sum = aggregate(keys);
  return sum && verify(*sum, message, signature);
}

}  // namespace ol::crypto
