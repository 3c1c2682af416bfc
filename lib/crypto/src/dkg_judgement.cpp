// Deviations from the paper:
// - The polynomial has degree quorum - 1 instead of the number of tolerated faults: the key must be
//   usable by a quorum only. A dealer may be accused by at most holders - quorum members, the
//   number of faults consensus tolerates, before it is disqualified; an honest one is not accused
//   by more.
// - A qualified dealer that publishes no opening is treated like one with a bad opening.
// - The broadcast channel is emulated: every message carries a digest of the earlier ones.

#include "dkg_judgement.hpp"

#include <algorithm>
#include <string_view>

#include <ol/base/check.hpp>

namespace ol::crypto::detail {
namespace {

// Nobody knows the logarithm of a hashed point to the base g2.
const blst_p2& second_generator() {
  static const blst_p2 point = [] {
    constexpr std::string_view kMessage = "openliquid/ceremony/second-generator/v1";
    constexpr std::string_view kTag = "OPENLIQUID-CEREMONY-V1_BLS12381G2_XMD:SHA-256_SSWU_RO_";
    blst_p2 out;
    blst_hash_to_g2(&out, as_bytes(kMessage).data(), kMessage.size(), as_bytes(kTag).data(),
                    kTag.size());
    return out;
  }();
  return point;
}

const SharePair* find(const Pairs& pairs, ShareIndex member) {
  const auto found = pairs.find(member);
  return found == pairs.end() ? nullptr : &found->second;
}

const SharePair* justified(const DkgMessages& messages, ShareIndex dealer, ShareIndex complainer) {
  const auto answer = messages.justifications.find(dealer);
  return answer == messages.justifications.end() ? nullptr : find(answer->second, complainer);
}

bool opening_refuted(const DkgMessages& messages, ShareIndex dealer, const Opening& opening) {
  const Dealing& dealing = messages.deals.at(dealer);
  return std::ranges::any_of(messages.opening_complaints, [&](const auto& complaint) {
    const auto& [sender, pairs] = complaint;
    const SharePair* pair = find(pairs, dealer);
    return pair != nullptr && matches_dealing(dealing, sender, *pair) &&
           !matches_opening(opening, sender, pair->value);
  });
}

}  // namespace

blst_p2 pedersen_commit(const Scalar& value, const Scalar& blinding) {
  const blst_p2 left = multiply(*blst_p2_generator(), value);
  const blst_p2 right = multiply(second_generator(), blinding);
  blst_p2 out;
  blst_p2_add_or_double(&out, &left, &right);
  return out;
}

bool matches_dealing(const Dealing& dealing, ShareIndex holder, const SharePair& pair) {
  const blst_p2 claimed = pedersen_commit(pair.value, pair.blinding);
  const blst_p2 promised = evaluate(dealing.commitments, holder);
  return blst_p2_is_equal(&claimed, &promised);
}

bool matches_opening(const Opening& opening, ShareIndex holder, const Scalar& value) {
  const blst_p2 claimed = multiply(*blst_p2_generator(), value);
  const blst_p2 promised = evaluate(opening, holder);
  return blst_p2_is_equal(&claimed, &promised);
}

std::vector<ShareIndex> complainers(const DkgMessages& messages, ShareIndex dealer) {
  std::vector<ShareIndex> out;
  for (const auto& [sender, accused] : messages.complaints) {
    if (std::ranges::binary_search(accused, dealer)) out.push_back(sender);
  }
  return out;
}

std::vector<ShareIndex> qualified(const DkgCeremony& ceremony, const DkgMessages& messages) {
  const std::size_t faults_max = ceremony.params.holders - ceremony.params.quorum;
  std::vector<ShareIndex> out;
  for (const auto& [dealer, dealing] : messages.deals) {
    const auto accusers = complainers(messages, dealer);
    if (accusers.size() > faults_max) continue;
    const bool answered = std::ranges::all_of(accusers, [&](ShareIndex complainer) {
      const SharePair* pair = justified(messages, dealer, complainer);
      return pair != nullptr && matches_dealing(dealing, complainer, *pair);
    });
    if (answered) out.push_back(dealer);
  }
  return out;
}

std::vector<ShareIndex> broken(const DkgCeremony& ceremony, const DkgMessages& messages) {
  std::vector<ShareIndex> out;
  for (const ShareIndex dealer : qualified(ceremony, messages)) {
    const auto opening = messages.openings.find(dealer);
    if (opening == messages.openings.end() || opening_refuted(messages, dealer, opening->second)) {
      out.push_back(dealer);
    }
  }
  return out;
}

std::optional<Polynomial> recover_polynomial(const DkgCeremony& ceremony,
                                             const DkgMessages& messages, ShareIndex dealer) {
  std::vector<std::pair<ShareIndex, Scalar>> points;
  for (const auto& [sender, pairs] : messages.recoveries) {
    const SharePair* pair = find(pairs, dealer);
    if (pair == nullptr || !matches_dealing(messages.deals.at(dealer), sender, *pair)) continue;
    points.emplace_back(sender, pair->value);
    if (points.size() == ceremony.params.quorum) return interpolate(points);
  }
  return std::nullopt;
}

std::optional<SharePair> pair_of(const DkgCeremony& ceremony, const DkgMessages& messages,
                                 const DkgSecret& secret, ShareIndex dealer, ShareIndex holder) {
  const Dealing& dealing = messages.deals.at(dealer);
  const auto opened = open_pair(ceremony, secret, dealer, holder, dealing.pairs[holder.value()]);
  if (opened && matches_dealing(dealing, holder, *opened)) return opened;
  const SharePair* pair = justified(messages, dealer, holder);
  if (pair != nullptr && matches_dealing(dealing, holder, *pair)) return *pair;
  return std::nullopt;
}

}  // namespace ol::crypto::detail
