#include <ol/sim/hash_scheme.hpp>

#include <algorithm>

#include <ol/crypto/hash.hpp>

namespace ol::sim {
namespace {

// The mutant that takes f votes for a quorum must believe its own certificates.
#ifdef OL_MUTANT_SMALL_QUORUM
constexpr bool kAnyQuorum = true;
#else
constexpr bool kAnyQuorum = false;
#endif

Hash256 share_of(ByteView secret, const Hash256& digest) {
  std::array<std::uint8_t, 2 * Hash256::kSize> input;
  OL_CHECK(secret.size() == Hash256::kSize, "a vote key is a secret of 32 bytes");
  std::copy(secret.begin(), secret.end(), input.begin());
  std::copy(digest.bytes.begin(), digest.bytes.end(), input.begin() + Hash256::kSize);
  return crypto::blake3(input);
}

bool same(ByteView a, ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

Bytes HashScheme::sign(const consensus::VoterKeys& keys, const Hash256& digest) const {
  return to_bytes(share_of(keys.vote_key.bytes().view(), digest).view());
}

std::optional<consensus::Combined> HashScheme::combine(std::span<const consensus::Share> shares) {
  Bytes signers((set_.size() + 7) / 8);
  std::vector<const consensus::Share*> by_voter(set_.size());
  for (const consensus::Share& share : shares) {
    const std::uint32_t voter = share.voter.value();
    if (voter >= set_.size()) return std::nullopt;
    by_voter[voter] = &share;
    signers[voter / 8] = static_cast<std::uint8_t>(signers[voter / 8] | (1U << (voter % 8)));
  }
  Bytes all;
  all.reserve(Hash256::kSize * shares.size());
  for (const consensus::Share* share : by_voter) {
    if (share != nullptr) append(all, share->signature);
  }
  return consensus::Combined{.signers = std::move(signers),
                             .signature = to_bytes(crypto::blake3(all).view())};
}

bool HashScheme::verify_share(const Hash256& digest, const consensus::Share& share) const {
  if (share.voter.value() >= secrets_.size()) return false;
  return same(share.signature, share_of(secrets_[share.voter.value()], digest).view());
}

bool HashScheme::verify(const Hash256& digest, ByteView signers, ByteView signature) const {
  const auto weight = set_.weight_of_bitmap(signers);
  if (!weight) return false;
  if (!set_.is_quorum(*weight) && !kAnyQuorum) return false;
  Bytes all;
  all.reserve(Hash256::kSize * set_.size());
  for (std::uint32_t i = 0; i < set_.size(); ++i) {
    if ((signers[i / 8] >> (i % 8) & 1U) != 0) append(all, share_of(secrets_[i], digest).view());
  }
  return same(crypto::blake3(all).view(), signature);
}

}  // namespace ol::sim
