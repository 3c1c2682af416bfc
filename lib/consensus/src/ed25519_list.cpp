#include <bit>

#include <ol/consensus/certificate_scheme.hpp>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

constexpr std::size_t kSignatureBytes = crypto::Ed25519Signature::kSize;

static_assert(kSignatureBytes * primitives::kValidatorsMax <= primitives::kCertificateSignatureMax,
              "a list of every validator's signature fits a certificate");

bool is_signed(const primitives::Validator& voter, const Hash256& digest, ByteView signature) {
  const auto decoded = crypto::Ed25519Signature::from(signature);
  return decoded && crypto::verify(voter.key, digest.view(), *decoded);
}

}  // namespace

Bytes Ed25519ListScheme::sign(const VoterKeys& keys, const Hash256& digest) const {
  return to_bytes(keys.key.sign(digest.view()).view());
}

// In the order of their index, so that one set of shares has one certificate.
std::optional<Combined> Ed25519ListScheme::combine(std::span<const Share> shares) {
  if (shares.empty()) return std::nullopt;
  std::vector<const Share*> by_voter(set_.size(), nullptr);
  Combined out;
  out.signers.assign((set_.size() + 7) / 8, 0);
  for (const Share& share : shares) {
    const std::uint32_t voter = share.voter.value();
    if (voter >= set_.size() || share.signature.size() != kSignatureBytes) return std::nullopt;
    if (by_voter[voter] != nullptr) return std::nullopt;
    by_voter[voter] = &share;
    out.signers[voter / 8] =
        static_cast<std::uint8_t>(out.signers[voter / 8] | (1U << (voter % 8)));
  }
  out.signature.reserve(shares.size() * kSignatureBytes);
  for (const Share* share : by_voter) {
    if (share != nullptr) append(out.signature, share->signature);
  }
  return out;
}

bool Ed25519ListScheme::verify_share(const Hash256& digest, const Share& share) const {
  const primitives::Validator* voter = set_.find(share.voter);
  return voter != nullptr && is_signed(*voter, digest, share.signature);
}

// One by one: checking a batch at once needs the cofactor, under which signatures pass that the
// strict rule of crypto::verify refuses.
bool Ed25519ListScheme::verify(const Hash256& digest, ByteView signers, ByteView signature) const {
  const auto weight = set_.weight_of_bitmap(signers);
  if (!weight) return false;
  if (!set_.is_quorum(*weight) && !kMutantSmallQuorum && !kMutantTwoFPlusOne) return false;
  std::size_t count = 0;
  for (const std::uint8_t byte : signers)
    count += static_cast<std::size_t>(std::popcount(byte));
  if (signature.size() != count * kSignatureBytes) return false;
  for (std::uint32_t i = 0; i < set_.size(); ++i) {
    if (((signers[i / 8] >> (i % 8)) & 1U) == 0) continue;
    const ByteView one = signature.first(kSignatureBytes);
    signature = signature.subspan(kSignatureBytes);
    if (!is_signed(*set_.find(primitives::ValidatorIndex(i)), digest, one)) return false;
  }
  return true;
}

}  // namespace ol::consensus
