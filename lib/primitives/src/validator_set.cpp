#include <ol/primitives/validator_set.hpp>

#include <set>
#include <utility>

#include "digest.hpp"

namespace ol::primitives {
namespace {

__extension__ using u128 = unsigned __int128;

/// Whether `key_of` differs for every pair of validators.
template <typename KeyOf>
bool distinct(const std::vector<Validator>& validators, KeyOf key_of) {
  std::set<Bytes> seen;
  for (const Validator& one : validators) {
    if (!seen.insert(to_bytes(key_of(one))).second) return false;
  }
  return true;
}

bool keys_distinct(const std::vector<Validator>& validators) {
  return distinct(validators, [](const Validator& v) { return v.key.view(); }) &&
         distinct(validators, [](const Validator& v) { return v.bls_key.to_bytes(); }) &&
         distinct(validators, [](const Validator& v) { return v.network_key.view(); });
}

/// The sum of all weights; nothing if it exceeds 64 bits.
std::optional<std::uint64_t> sum_weights(const std::vector<Validator>& validators) {
  std::uint64_t total = 0;
  for (const Validator& one : validators) {
    if (__builtin_add_overflow(total, one.weight.value(), &total)) return std::nullopt;
  }
  return total;
}

bool all_weights_one(const std::vector<Validator>& validators) {
  return std::all_of(validators.begin(), validators.end(),
                     [](const Validator& v) { return v.weight == Weight(1); });
}

}  // namespace

std::optional<ValidatorSet> ValidatorSet::make(Epoch epoch, QuorumRule rule,
                                               std::vector<Validator> validators) {
  if (validators.empty() || validators.size() > kValidatorsMax) return std::nullopt;
  if (!keys_distinct(validators)) return std::nullopt;
  const auto total = sum_weights(validators);
  if (!total || *total == 0) return std::nullopt;
  if (rule == QuorumRule::Unit && !all_weights_one(validators)) return std::nullopt;
  ValidatorSet out;
  out.epoch_ = epoch;
  out.rule_ = rule;
  out.validators_ = std::move(validators);
  out.total_weight_ = *total;
  return out;
}

const Validator* ValidatorSet::find(ValidatorIndex index) const {
  return index.value() < validators_.size() ? &validators_[index.value()] : nullptr;
}

std::optional<ValidatorIndex> ValidatorSet::index_of_network_key(
    const crypto::Ed25519PublicKey& key) const {
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (validators_[i].network_key == key) return ValidatorIndex(i);
  }
  return std::nullopt;
}

SetHash ValidatorSet::hash(const ChainDomain& domain) const {
  Digest digest(domain, "openliquid/validator-set/v1");
  digest.fields().strong(domain.chain_id).strong(epoch_).u8(static_cast<std::uint8_t>(rule_));
  digest.fields().u32(size());
  for (const Validator& one : validators_) {
    digest.fields()
        .strong(one.weight)
        .raw(one.key.view())
        .raw(one.bls_key.to_bytes())
        .raw(one.network_key.view())
        .raw(one.fee_recipient.view());
  }
  return retag<SetHash>(digest.finish());
}

std::optional<std::uint64_t> ValidatorSet::weight_of_bitmap(ByteView signers) const {
  if (signers.size() != (validators_.size() + 7) / 8) return std::nullopt;
  std::uint64_t weight = 0;
  for (std::size_t bit = 0; bit < signers.size() * 8; ++bit) {
    if (((signers[bit / 8] >> (bit % 8)) & 1) == 0) continue;
    if (bit >= validators_.size()) return std::nullopt;
    weight += validators_[bit].weight.value();
  }
  return weight;
}

bool ValidatorSet::is_quorum(std::uint64_t weight) const {
  switch (rule_) {
    case QuorumRule::Unit:
      return weight >= unit_quorum(size());
    case QuorumRule::MoreThanTwoThirds:
      return u128{weight} * 3 > u128{total_weight_} * 2;
    case QuorumRule::AtLeastTwoThirds:
      return u128{weight} * 3 >= u128{total_weight_} * 2;
  }
  OL_CHECK(false, "unknown QuorumRule");
}

bool ValidatorSet::is_join(std::uint64_t weight) const {
  switch (rule_) {
    case QuorumRule::Unit:
      return weight > byzantine_max(size());
    case QuorumRule::MoreThanTwoThirds:
    case QuorumRule::AtLeastTwoThirds:
      return u128{weight} * 3 > u128{total_weight_};
  }
  OL_CHECK(false, "unknown QuorumRule");
}

std::uint32_t ValidatorSet::quorum_count() const {
  switch (rule_) {
    case QuorumRule::Unit:
      return unit_quorum(size());
    case QuorumRule::MoreThanTwoThirds:
      return 2 * size() / 3 + 1;
    case QuorumRule::AtLeastTwoThirds:
      return (2 * size() + 2) / 3;
  }
  OL_CHECK(false, "unknown QuorumRule");
}

}  // namespace ol::primitives
