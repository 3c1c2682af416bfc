#include <ol/consensus/vote_collector.hpp>

#include "mutants.hpp"

namespace ol::consensus {

using primitives::Phase;
using primitives::QuorumCertificate;
using primitives::ValidatorIndex;
using primitives::VoteSubject;

namespace {

// Strangers never get as far as this but in a mutant.
std::uint64_t weight_of(const primitives::ValidatorSet& set, ValidatorIndex voter) {
  const primitives::Validator* known = set.find(voter);
  return known == nullptr ? 1 : known->weight.value();
}

std::vector<Share> shares_of(const std::map<ValidatorIndex, Bytes>& signatures) {
  std::vector<Share> out;
  out.reserve(signatures.size());
  for (const auto& [voter, signature] : signatures)
    out.push_back({voter, signature});
  return out;
}

}  // namespace

VoteCollector::VoteCollector(const primitives::ChainDomain& domain,
                             const primitives::ValidatorSet& set, CertificateScheme& scheme,
                             VotePhases phases)
    : domain_(domain), set_(set), scheme_(scheme), phases_(phases), set_hash_(set.hash(domain)) {}

bool VoteCollector::acceptable(const VoteMessage& vote) const {
  if (set_.find(vote.share.voter) == nullptr && !kMutantCountStrangers) return false;
  if (vote.subject.epoch != set_.epoch()) return false;
  if (vote.subject.set_hash != set_hash_) return false;
  // The verifier accepts certificates of these phases alone.
  if (!has_phase(phases_, vote.subject.phase)) return false;
  if (vote.subject.view <= floor_) return false;
  return vote.subject.view - floor_ <= kViewWindow;
}

VoteCollector::Outcome VoteCollector::add(const VoteMessage& vote) {
  Outcome outcome;
  if (!acceptable(vote)) {
    ++ignored_;
    return outcome;
  }
  note_equivocation(vote, outcome.evidence);
  const VoterKey key{vote.subject.view, vote.subject.phase, vote.share.voter};
  const auto& known = first_votes_[key];
  const bool counted = std::any_of(known.begin(), known.end(),
                                   [&](const VoteMessage& v) { return v.subject == vote.subject; });
  if (!counted) {
    ++ignored_;
    return outcome;
  }

  Tally& tally = tallies_[vote.subject];
  if (tally.liars.contains(vote.share.voter)) return outcome;
  if (tally.done) {
    outcome.fuller = add_late(vote, tally, outcome.evidence);
    return outcome;
  }
  if (!tally.shares.emplace(vote.share.voter, vote.share.signature).second) {
    if (!kMutantCountTwice) return outcome;
    ++tally.repeats;
  }
  if (!reaches_quorum(tally)) return outcome;
  outcome.certificate = try_combine(vote.subject, tally);
  if (outcome.certificate) return outcome;
  drop_bad_shares(vote.subject, tally, outcome.evidence);
  if (reaches_quorum(tally)) outcome.certificate = try_combine(vote.subject, tally);
  return outcome;
}

// Keeps the first two distinct votes of a voter in a view. The second is evidence, but only once
// both shares verify: anyone can send bytes, only the voter can sign them.
void VoteCollector::note_equivocation(const VoteMessage& vote, std::vector<Evidence>& evidence) {
  auto& known = first_votes_[{vote.subject.view, vote.subject.phase, vote.share.voter}];
  if (known.empty()) {
    known.push_back(vote);
    return;
  }
  if (known.size() >= 2 || known.front().subject == vote.subject) return;
  const Evidence found = DoubleVote{.first = known.front(), .second = vote};
  known.push_back(vote);
  if (proves(found, domain_, set_, scheme_)) evidence.push_back(found);
}

bool VoteCollector::reaches_quorum(const Tally& tally) const {
  std::uint64_t weight = tally.repeats;
  for (const auto& [voter, share] : tally.shares)
    weight += weight_of(set_, voter);
  const std::uint32_t liars_max = primitives::byzantine_max(set_.size());
  if (kMutantSmallQuorum) return weight >= liars_max;
  if (kMutantTwoFPlusOne) return weight >= 2 * liars_max + 1;
  return set_.is_quorum(weight);
}

std::optional<QuorumCertificate> VoteCollector::try_combine(const VoteSubject& subject,
                                                            Tally& tally) {
  auto combined = scheme_.combine(shares_of(tally.shares));
  if (!combined) return std::nullopt;
  if (!scheme_.verify(vote_digest(domain_, subject), combined->signers, combined->signature)) {
    return std::nullopt;
  }
  tally.done = true;
  const bool grows = subject.phase == Phase::Precommit && !combined->signers.empty();
  if (!grows) tally.shares.clear();
  return QuorumCertificate{subject, std::move(combined->signers), std::move(combined->signature)};
}

// What the certificate has was verified; with one good share more it is as good.
std::optional<QuorumCertificate> VoteCollector::add_late(const VoteMessage& vote, Tally& tally,
                                                         std::vector<Evidence>& evidence) {
  if (tally.shares.empty() || tally.shares.contains(vote.share.voter)) return std::nullopt;
  if (!scheme_.verify_share(vote_digest(domain_, vote.subject), vote.share)) {
    evidence.push_back(InvalidShare{.vote = vote});
    tally.liars.insert(vote.share.voter);
    return std::nullopt;
  }
  tally.shares.emplace(vote.share.voter, vote.share.signature);
  auto combined = scheme_.combine(shares_of(tally.shares));
  if (!combined) return std::nullopt;
  return QuorumCertificate{vote.subject, std::move(combined->signers),
                           std::move(combined->signature)};
}

// Each share is verified alone at most once, and a liar's later shares for the subject are refused,
// so f liars cost f extra combinations in all.
void VoteCollector::drop_bad_shares(const VoteSubject& subject, Tally& tally,
                                    std::vector<Evidence>& evidence) {
  const Hash256 digest = vote_digest(domain_, subject);
  for (auto it = tally.shares.begin(); it != tally.shares.end();) {
    const Share share{it->first, it->second};
    if (tally.verified.contains(share.voter) || scheme_.verify_share(digest, share)) {
      tally.verified.insert(share.voter);
      ++it;
      continue;
    }
    evidence.push_back(InvalidShare{.vote = {.subject = subject, .share = share}});
    tally.liars.insert(share.voter);
    it = tally.shares.erase(it);
  }
}

void VoteCollector::forget_through(primitives::View view) {
  if (view <= floor_) return;
  floor_ = view;
  std::erase_if(tallies_, [&](const auto& entry) { return entry.first.view <= view; });
  std::erase_if(first_votes_, [&](const auto& entry) { return entry.first.view <= view; });
}

std::vector<ValidatorIndex> VoteCollector::voters(primitives::View view) const {
  std::vector<ValidatorIndex> out;
  for (const auto& [key, votes] : first_votes_) {
    if (key.view == view) out.push_back(key.voter);
  }
  return out;
}

}  // namespace ol::consensus
