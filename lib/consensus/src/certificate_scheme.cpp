#include <ol/consensus/certificate_scheme.hpp>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

Bytes signature_bytes(const crypto::BlsSignature& signature) {
  const auto encoded = signature.to_bytes();
  return {encoded.begin(), encoded.end()};
}

Bytes sign_bls(const crypto::BlsSecretKey& key, const Hash256& digest) {
  return signature_bytes(key.sign(digest.view()));
}

}  // namespace

std::unique_ptr<BlsThresholdScheme> BlsThresholdScheme::make(const primitives::ValidatorSet& set,
                                                             crypto::VerificationVector vector) {
  if (set.rule() != primitives::QuorumRule::Unit) return nullptr;
  if (vector.quorum() != set.quorum_count()) return nullptr;
  const auto holders = static_cast<std::uint16_t>(set.size());
  auto share_keys = vector.share_keys(holders);
  if (!share_keys) return nullptr;
  const crypto::ThresholdParams params{.quorum = vector.quorum(), .holders = holders};
  return std::unique_ptr<BlsThresholdScheme>(
      new BlsThresholdScheme(std::move(vector), *std::move(share_keys), params));
}

BlsThresholdScheme::BlsThresholdScheme(crypto::VerificationVector vector,
                                       std::vector<crypto::BlsPublicKey> share_keys,
                                       crypto::ThresholdParams params)
    : vector_(std::move(vector)), share_keys_(std::move(share_keys)), combiner_(params) {}

Bytes BlsThresholdScheme::sign(const VoterKeys& keys, const Hash256& digest) const {
  return sign_bls(keys.vote_key, digest);
}

std::optional<Combined> BlsThresholdScheme::combine(std::span<const Share> shares) {
  std::vector<crypto::PartialSignature> partials;
  partials.reserve(shares.size());
  for (const Share& share : shares) {
    auto signature = crypto::BlsSignature::from_bytes(share.signature);
    if (!signature) return std::nullopt;
    const auto holder = crypto::ShareIndex(static_cast<std::uint16_t>(share.voter.value()));
    partials.push_back({.holder = holder, .signature = *signature});
  }
  auto combined = combiner_.combine(partials);
  if (!combined) return std::nullopt;
  return Combined{.signers = {}, .signature = signature_bytes(*combined)};
}

bool BlsThresholdScheme::verify_share(const Hash256& digest, const Share& share) const {
  if (share.voter.value() >= share_keys_.size()) return false;
  const auto signature = crypto::BlsSignature::from_bytes(share.signature);
  return signature && crypto::verify(share_keys_[share.voter.value()], digest.view(), *signature);
}

bool BlsThresholdScheme::verify(const Hash256& digest, ByteView signers, ByteView signature) const {
  if (!signers.empty()) return false;
  const auto decoded = crypto::BlsSignature::from_bytes(signature);
  return decoded && crypto::verify(vector_.group_key(), digest.view(), *decoded);
}

Bytes BlsMultisigScheme::sign(const VoterKeys& keys, const Hash256& digest) const {
  return sign_bls(keys.vote_key, digest);
}

std::optional<Combined> BlsMultisigScheme::combine(std::span<const Share> shares) {
  std::vector<crypto::BlsSignature> signatures;
  signatures.reserve(shares.size());
  Combined out;
  out.signers.assign((set_.size() + 7) / 8, 0);
  for (const Share& share : shares) {
    auto signature = crypto::BlsSignature::from_bytes(share.signature);
    if (!signature || share.voter.value() >= set_.size()) return std::nullopt;
    signatures.push_back(*signature);
    const std::uint32_t voter = share.voter.value();
    out.signers[voter / 8] =
        static_cast<std::uint8_t>(out.signers[voter / 8] | (1U << (voter % 8)));
  }
  auto sum = crypto::aggregate(signatures);
  if (!sum) return std::nullopt;
  out.signature = signature_bytes(*sum);
  return out;
}

bool BlsMultisigScheme::verify_share(const Hash256& digest, const Share& share) const {
  const primitives::Validator* voter = set_.find(share.voter);
  if (voter == nullptr) return false;
  const auto signature = crypto::BlsSignature::from_bytes(share.signature);
  return signature && crypto::verify(voter->bls_key, digest.view(), *signature);
}

bool BlsMultisigScheme::verify(const Hash256& digest, ByteView signers, ByteView signature) const {
  const auto weight = set_.weight_of_bitmap(signers);
  if (!weight) return false;
  if (!set_.is_quorum(*weight) && !kMutantSmallQuorum && !kMutantTwoFPlusOne) return false;
  const auto decoded = crypto::BlsSignature::from_bytes(signature);
  if (!decoded) return false;
  std::vector<crypto::BlsPublicKey> keys;
  for (std::uint32_t i = 0; i < set_.size(); ++i) {
    if ((signers[i / 8] >> (i % 8)) & 1U)
      keys.push_back(set_.find(primitives::ValidatorIndex(i))->bls_key);
  }
  return crypto::fast_aggregate_verify(keys, digest.view(), *decoded);
}

std::unique_ptr<CertificateScheme> make_scheme(const primitives::Genesis& genesis,
                                               const primitives::ValidatorSet& set) {
  switch (genesis.scheme) {
    case primitives::SchemeKind::BlsThreshold:
      return BlsThresholdScheme::make(set, crypto::VerificationVector(genesis.verification_vector));
    case primitives::SchemeKind::BlsMultisig:
      return std::make_unique<BlsMultisigScheme>(set);
    case primitives::SchemeKind::Ed25519List:
      return std::make_unique<Ed25519ListScheme>(set);
  }
  OL_CHECK(false, "unknown SchemeKind");
}

}  // namespace ol::consensus
