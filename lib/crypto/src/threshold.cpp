#include <ol/crypto/threshold.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <ol/base/check.hpp>
#include <ol/crypto/aead.hpp>

#include "bls_points.hpp"
#include "polynomial.hpp"

namespace ol::crypto {

using detail::Polynomial;

const char* describe(ThresholdError error) {
  switch (error) {
    case ThresholdError::BadParams:
      return "quorum or number of holders out of range";
    case ThresholdError::TooFew:
      return "fewer shares than the quorum";
    case ThresholdError::DuplicateIndex:
      return "two shares of one holder";
    case ThresholdError::IndexOutOfRange:
      return "share of an unknown holder";
    case ThresholdError::Infinity:
      return "shares cancel out";
    case ThresholdError::BadVector:
      return "malformed verification vector";
  }
  OL_CHECK(false, "not an enumerator");
}

VerificationVector::VerificationVector(std::vector<BlsPublicKey> points)
    : points_(std::move(points)) {
  OL_CHECK(!points_.empty(), "a polynomial has a constant term");
  OL_CHECK(points_.size() <= kShareHoldersMax, "the quorum is bounded");
}

Result<VerificationVector, ThresholdError> VerificationVector::from_bytes(ByteView bytes,
                                                                          std::uint16_t quorum) {
  if (quorum == 0 || quorum > kShareHoldersMax) return fail(ThresholdError::BadParams);
  if (bytes.size() != quorum * BlsPublicKey::kSize) return fail(ThresholdError::BadVector);
  std::vector<BlsPublicKey> points;
  points.reserve(quorum);
  for (std::size_t i = 0; i < quorum; ++i) {
    auto point =
        BlsPublicKey::from_bytes(bytes.subspan(i * BlsPublicKey::kSize, BlsPublicKey::kSize));
    if (!point) return fail(ThresholdError::BadVector);
    points.push_back(*point);
  }
  return VerificationVector(std::move(points));
}

Bytes VerificationVector::to_bytes() const {
  Bytes out;
  out.reserve(points_.size() * BlsPublicKey::kSize);
  for (const auto& point : points_)
    append(out, point.to_bytes());
  return out;
}

Result<BlsPublicKey, ThresholdError> VerificationVector::share_key(ShareIndex holder) const {
  const blst_p2 point = detail::evaluate(points_, holder);
  if (blst_p2_is_inf(&point)) return fail(ThresholdError::Infinity);
  return detail::to_key(point);
}

Result<std::vector<BlsPublicKey>, ThresholdError> VerificationVector::share_keys(
    std::uint16_t count) const {
  std::vector<BlsPublicKey> out;
  out.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) {
    OL_TRY(auto key, share_key(ShareIndex(i)));
    out.push_back(key);
  }
  return out;
}

std::vector<std::size_t> find_invalid(std::span<const BlsPublicKey> share_keys, ByteView message,
                                      std::span<const PartialSignature> partials) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < partials.size(); ++i) {
    const auto& [holder, signature] = partials[i];
    OL_CHECK(holder.value() < share_keys.size(), "holders were checked on arrival");
    if (!verify(share_keys[holder.value()], message, signature)) out.push_back(i);
  }
  return out;
}

Result<DealtKey, ThresholdError> deal_key(ThresholdParams params, const SecretBytes<32>& seed) {
  if (!params.valid()) return fail(ThresholdError::BadParams);
  const auto polynomial =
      Polynomial::derive(seed, as_bytes("openliquid/threshold/deal/v1"), params.quorum);
  std::vector<BlsSecretKey> shares;
  shares.reserve(params.holders);
  for (std::uint16_t i = 0; i < params.holders; ++i) {
    auto share = BlsSecretKey::from_bytes(polynomial.evaluate(ShareIndex(i)).big_endian().view());
    OL_CHECK(share.has_value(), "a zero share has probability 2^-255");
    shares.push_back(std::move(*share));
  }
  return DealtKey{VerificationVector(polynomial.commitments()), std::move(shares)};
}

bool share_matches(const VerificationVector& vector, ShareIndex holder, const BlsSecretKey& share) {
  const auto expected = vector.share_key(holder);
  return expected && *expected == share.public_key();
}

}  // namespace ol::crypto
