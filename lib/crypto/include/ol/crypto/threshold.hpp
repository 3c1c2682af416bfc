#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/strong.hpp>
#include <ol/crypto/bls.hpp>
#include <ol/crypto/secret.hpp>

/// (q, n) threshold BLS signatures: any q of n share holders make one ordinary signature under one
/// group key, fewer learn nothing. Sources: Boldyreva, "Threshold Signatures, Multisignatures and
/// Blind Signatures Based on the Gap-Diffie-Hellman-Group Signature Scheme"; Shamir, "How to Share
/// a Secret"; Feldman, "A Practical Scheme for Non-interactive Verifiable Secret Sharing".
namespace ol::crypto {

/// Position of a share holder, from 0. Its share is the polynomial at index + 1.
using ShareIndex = Strong<std::uint16_t, struct ShareIndexTag>;

inline constexpr std::uint16_t kShareHoldersMax = 1024;

/// `quorum` of `holders` shares are needed: 1 <= quorum <= holders <= kShareHoldersMax.
struct ThresholdParams {
  std::uint16_t quorum = 0;
  std::uint16_t holders = 0;

  [[nodiscard]] bool valid() const {
    return quorum >= 1 && quorum <= holders && holders <= kShareHoldersMax;
  }
  friend bool operator==(const ThresholdParams&, const ThresholdParams&) = default;
};

enum class ThresholdError : std::uint8_t {
  BadParams,        // not 1 <= quorum <= holders <= kShareHoldersMax
  TooFew,           // fewer than a quorum of shares
  DuplicateIndex,   // two shares of the same holder
  IndexOutOfRange,  // an index not below the number of holders
  Infinity,         // the shares cancel out, so at least one is bad
  BadVector,        // a verification vector of wrong length or with an invalid point
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(ThresholdError error);

/// The public side of a shared key: commitments g2^a_0 .. g2^a_(q-1) to the sharing polynomial. The
/// first is the group key. Encoded as its points in order, 96 bytes each.
class VerificationVector {
 public:
  /// `points` in order of the coefficients; not empty.
  explicit VerificationVector(std::vector<BlsPublicKey> points);
  /// Decodes exactly `quorum` points. ThresholdError::BadVector.
  [[nodiscard]] static Result<VerificationVector, ThresholdError> from_bytes(ByteView bytes,
                                                                             std::uint16_t quorum);
  [[nodiscard]] Bytes to_bytes() const;

  [[nodiscard]] std::uint16_t quorum() const { return static_cast<std::uint16_t>(points_.size()); }
  [[nodiscard]] const BlsPublicKey& group_key() const { return points_.front(); }
  [[nodiscard]] std::span<const BlsPublicKey> points() const { return points_; }
  /// The public key of one holder's share: verifies its partial signatures.
  /// ThresholdError::Infinity if the vector gives that holder the zero share.
  [[nodiscard]] Result<BlsPublicKey, ThresholdError> share_key(ShareIndex holder) const;
  /// The share keys of holders 0 .. count-1: computed once per validator set.
  [[nodiscard]] Result<std::vector<BlsPublicKey>, ThresholdError> share_keys(
      std::uint16_t count) const;

  friend bool operator==(const VerificationVector&, const VerificationVector&) = default;

 private:
  std::vector<BlsPublicKey> points_;
};

/// A share signs like any BLS key; the result counts only together with others.
struct PartialSignature {
  ShareIndex holder;
  BlsSignature signature;
};

/// Interpolates the group signature from the first `quorum` partial signatures. They are not
/// verified: verify the result under the group key, and only if that fails look for the bad one
/// with `find_invalid`. Every ThresholdError except BadVector.
[[nodiscard]] Result<BlsSignature, ThresholdError> combine(
    ThresholdParams params, std::span<const PartialSignature> partials);

/// `combine` that remembers the interpolation coefficients of recent sets of holders. One thread at
/// a time.
class ThresholdCombiner {
 public:
  /// `params` must be valid.
  explicit ThresholdCombiner(ThresholdParams params);
  [[nodiscard]] Result<BlsSignature, ThresholdError> combine(
      std::span<const PartialSignature> partials);

  /// Interpolation weights at zero of one sorted set of holders.
  struct Weights {
    std::vector<ShareIndex> holders;
    // When all weights are fractions small / divisor of machine size: the usual case for small
    // sets.
    std::vector<std::int64_t> small;
    std::array<std::uint8_t, 32> divisor_inverse{};  // little-endian; all zero when divisor is 1
    // Otherwise the weights modulo r, 32 little-endian bytes each.
    std::vector<std::array<std::uint8_t, 32>> full;
  };

 private:
  static constexpr std::size_t kCachedSets = 16;

  ThresholdParams params_;
  std::vector<Weights> cache_;
  std::size_t next_slot_ = 0;
};

/// Positions in `partials` whose signature does not verify under `share_keys[holder]`. Holders must
/// be in range.
[[nodiscard]] std::vector<std::size_t> find_invalid(std::span<const BlsPublicKey> share_keys,
                                                    ByteView message,
                                                    std::span<const PartialSignature> partials);

/// A key shared by one dealer, who knows it: for devnets and tests only.
struct DealtKey {
  VerificationVector vector;
  std::vector<BlsSecretKey> shares;  // by holder index
};

/// Shares a key derived from `seed`. ThresholdError::BadParams.
[[nodiscard]] Result<DealtKey, ThresholdError> deal_key(ThresholdParams params,
                                                        const SecretBytes<32>& seed);

/// Whether `share` is what `vector` says `holder` must have.
[[nodiscard]] bool share_matches(const VerificationVector& vector, ShareIndex holder,
                                 const BlsSecretKey& share);

}  // namespace ol::crypto
