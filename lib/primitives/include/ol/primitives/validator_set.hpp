#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ol/crypto/bls.hpp>
#include <ol/crypto/ed25519.hpp>
#include <ol/primitives/certificate.hpp>

namespace ol::primitives {

/// One validator as genesis or an epoch change states it.
struct Validator {
  std::string name;
  Weight weight{1};
  /// Signs proposals and timeouts.
  crypto::Ed25519PublicKey key;
  /// Signs votes under `bls-multisig`; its proof of possession was checked when the set was made.
  crypto::BlsPublicKey bls_key;
  /// Ed25519 key of the node's link identity (its libp2p peer id).
  crypto::Ed25519PublicKey network_key;
  /// Receives priority fees.
  Address fee_recipient;
};

/// How much weight decides. Source: specs/consensus.md section 1.
enum class QuorumRule : std::uint8_t {
  Unit = 0,               // n - f voters, f = floor((n - 1) / 3)
  MoreThanTwoThirds = 1,  // 3w > 2T
  AtLeastTwoThirds = 2,   // 3w >= 2T, the rule of the timecoin profile
};

/// The epoch's snapshot: who may vote and what counts as a quorum. Immutable.
/// Invariants: 1) 1 <= size <= kValidatorsMax; 2) keys are distinct; 3) total weight > 0;
/// 4) under QuorumRule::Unit every weight is 1.
class ValidatorSet {
 public:
  /// Nothing if an invariant would not hold.
  [[nodiscard]] static std::optional<ValidatorSet> make(Epoch epoch, QuorumRule rule,
                                                        std::vector<Validator> validators);

  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] QuorumRule rule() const { return rule_; }
  [[nodiscard]] std::uint32_t size() const {
    return static_cast<std::uint32_t>(validators_.size());
  }
  [[nodiscard]] const Validator* find(ValidatorIndex index) const;
  [[nodiscard]] std::optional<ValidatorIndex> index_of_network_key(
      const crypto::Ed25519PublicKey& key) const;
  /// Digest over rule, epoch and every validator's weight, keys and fee recipient, in order of
  /// index. Names are labels and not covered.
  [[nodiscard]] SetHash hash(const ChainDomain& domain) const;

  [[nodiscard]] std::uint64_t total_weight() const { return total_weight_; }
  /// Weight of distinct, known voters in `signers` (bitmap); nothing if a bit names a stranger
  /// or the bitmap is not exactly ceil(size / 8) bytes, so that one set of signers has one bitmap.
  [[nodiscard]] std::optional<std::uint64_t> weight_of_bitmap(ByteView signers) const;
  /// Whether `weight` (in voters under Unit) is a quorum.
  [[nodiscard]] bool is_quorum(std::uint64_t weight) const;
  /// Whether `weight` holds at least one honest validator: f + 1 voters, or 3w > T.
  [[nodiscard]] bool is_join(std::uint64_t weight) const;
  /// Smallest number of voters that is a quorum when weights are equal: n - f under Unit.
  [[nodiscard]] std::uint32_t quorum_count() const;

 private:
  Epoch epoch_;
  QuorumRule rule_ = QuorumRule::Unit;
  std::vector<Validator> validators_;
  std::uint64_t total_weight_ = 0;
};

/// Largest number of Byzantine validators that n equal ones tolerate: floor((n - 1) / 3).
[[nodiscard]] constexpr std::uint32_t byzantine_max(std::uint32_t n) {
  return n == 0 ? 0 : (n - 1) / 3;
}
/// n - byzantine_max(n), for every n. Never 2f + 1 (trap T1).
[[nodiscard]] constexpr std::uint32_t unit_quorum(std::uint32_t n) {
  return n - byzantine_max(n);
}

}  // namespace ol::primitives
