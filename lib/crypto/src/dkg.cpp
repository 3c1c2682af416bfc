#include <ol/crypto/dkg.hpp>

#include <algorithm>
#include <string_view>

#include <ol/base/check.hpp>
#include <ol/base/codec.hpp>
#include <ol/crypto/aead.hpp>
#include <ol/crypto/hash.hpp>

#include "dkg_judgement.hpp"
#include "dkg_messages.hpp"

namespace ol::crypto {
namespace {

using namespace detail;

constexpr std::string_view kCeremonyTag = "openliquid/ceremony/v1";
constexpr std::string_view kIdentityTag = "openliquid/ceremony/identity/v1";
constexpr std::string_view kEncryptionTag = "openliquid/ceremony/encryption/v1";
constexpr std::string_view kValueTag = "openliquid/ceremony/value/v1";
constexpr std::string_view kBlindingTag = "openliquid/ceremony/blinding/v1";

SecretBytes<32> derive(const SecretBytes<32>& seed, std::string_view tag) {
  SecretBytes<32> out;
  hkdf_sha256(as_bytes(tag), seed.view(), {}, out.span());
  return out;
}

// A dealer's polynomial for this ceremony only.
Polynomial polynomial(const DkgCeremony& ceremony, const DkgSecret& secret, std::string_view tag) {
  Bytes label = to_bytes(as_bytes(tag));
  append(label, ceremony.id().view());
  return Polynomial::derive(secret.seed(), label, ceremony.params.quorum);
}

std::optional<ShareIndex> index_of(const DkgCeremony& ceremony, const DkgSecret& secret) {
  const auto found = std::ranges::find(ceremony.members, secret.member());
  if (found == ceremony.members.end()) return std::nullopt;
  return ShareIndex(static_cast<std::uint16_t>(found - ceremony.members.begin()));
}

std::vector<ShareIndex> all_members(const DkgCeremony& ceremony) {
  std::vector<ShareIndex> out;
  for (std::uint16_t i = 0; i < ceremony.params.holders; ++i)
    out.emplace_back(i);
  return out;
}

bool all_different(std::span<const DkgMember> members) {
  std::vector<Ed25519PublicKey> identities;
  std::vector<X25519PublicKey> encryptions;
  for (const auto& member : members) {
    identities.push_back(member.identity);
    encryptions.push_back(member.encryption);
  }
  std::ranges::sort(identities);
  std::ranges::sort(encryptions);
  return std::ranges::adjacent_find(identities) == identities.end() &&
         std::ranges::adjacent_find(encryptions) == encryptions.end();
}

// Any secret gives zero with a key of small order, because secrets are multiples of the cofactor.
bool usable(const X25519PublicKey& key) {
  static const auto probe = X25519KeyPair::from_secret(SecretBytes<32>());
  return probe.shared_secret(key).has_value();
}

Dealing deal(const DkgCeremony& ceremony, const DkgSecret& secret, ShareIndex dealer) {
  const auto values = polynomial(ceremony, secret, kValueTag);
  const auto blindings = polynomial(ceremony, secret, kBlindingTag);
  Dealing out;
  for (std::size_t k = 0; k < ceremony.params.quorum; ++k) {
    const blst_p2 point = pedersen_commit(values.coefficients()[k], blindings.coefficients()[k]);
    OL_CHECK(!blst_p2_is_inf(&point), "a commitment to zero has probability 2^-255");
    out.commitments.push_back(to_key(point));
  }
  for (const ShareIndex holder : all_members(ceremony)) {
    const SharePair pair{values.evaluate(holder), blindings.evaluate(holder)};
    out.pairs.push_back(seal_pair(ceremony, secret, dealer, holder, pair));
  }
  return out;
}

Accused complain(const DkgCeremony& ceremony, const DkgMessages& messages, const DkgSecret& secret,
                 ShareIndex self) {
  Accused out;
  for (const auto& [dealer, dealing] : messages.deals) {
    if (dealer != self && !pair_of(ceremony, messages, secret, dealer, self)) {
      out.push_back(dealer);
    }
  }
  return out;
}

Pairs justify(const DkgCeremony& ceremony, const DkgMessages& messages, const DkgSecret& secret,
              ShareIndex self) {
  const auto values = polynomial(ceremony, secret, kValueTag);
  const auto blindings = polynomial(ceremony, secret, kBlindingTag);
  Pairs out;
  for (const ShareIndex complainer : complainers(messages, self)) {
    out.emplace(complainer, SharePair{values.evaluate(complainer), blindings.evaluate(complainer)});
  }
  return out;
}

// Share pairs this member has of `dealers`; a qualified dealer without one is impossible, as it
// either gave a good one or was made to publish it.
Pairs pairs_of(const DkgCeremony& ceremony, const DkgMessages& messages, const DkgSecret& secret,
               ShareIndex self, std::span<const ShareIndex> dealers) {
  Pairs out;
  for (const ShareIndex dealer : dealers) {
    const auto pair = pair_of(ceremony, messages, secret, dealer, self);
    if (pair) out.emplace(dealer, *pair);
  }
  return out;
}

Pairs complain_about_openings(const DkgCeremony& ceremony, const DkgMessages& messages,
                              const DkgSecret& secret, ShareIndex self) {
  Pairs out;
  for (const auto& [dealer, opening] : messages.openings) {
    const auto pair = pair_of(ceremony, messages, secret, dealer, self);
    if (pair && !matches_opening(opening, self, pair->value)) out.emplace(dealer, *pair);
  }
  return out;
}

// What a message may name, given the rounds before it: dealers that dealt, complainers, QUAL.
bool subjects_allowed(const DkgCeremony& ceremony, const DkgMessages& messages,
                      const DkgMessage& message) {
  const auto among = [](const auto& pairs, std::span<const ShareIndex> allowed) {
    return std::ranges::all_of(
        pairs, [&](const auto& entry) { return std::ranges::binary_search(allowed, entry.first); });
  };
  switch (message.round) {
    case DkgRound::Deal:
      return true;
    case DkgRound::Complaints:
      return std::ranges::all_of(std::get<Accused>(message.body), [&](ShareIndex dealer) {
        return dealer != message.sender && messages.deals.contains(dealer);
      });
    case DkgRound::Justifications:
      return among(std::get<Pairs>(message.body), complainers(messages, message.sender));
    case DkgRound::Openings:
      return std::ranges::binary_search(qualified(ceremony, messages), message.sender);
    case DkgRound::OpeningComplaints:
      return among(std::get<Pairs>(message.body), qualified(ceremony, messages));
    case DkgRound::Recovery:
      return among(std::get<Pairs>(message.body), broken(ceremony, messages));
  }
  OL_CHECK(false, "the decoder knows the rounds");
}

void store(DkgMessages& messages, DkgMessage&& message) {
  const ShareIndex sender = message.sender;
  switch (message.round) {
    case DkgRound::Deal:
      messages.deals.emplace(sender, std::get<Dealing>(std::move(message.body)));
      return;
    case DkgRound::Complaints:
      messages.complaints.emplace(sender, std::get<Accused>(std::move(message.body)));
      return;
    case DkgRound::Justifications:
      messages.justifications.emplace(sender, std::get<Pairs>(std::move(message.body)));
      return;
    case DkgRound::Openings:
      messages.openings.emplace(sender, std::get<Opening>(std::move(message.body)));
      return;
    case DkgRound::OpeningComplaints:
      messages.opening_complaints.emplace(sender, std::get<Pairs>(std::move(message.body)));
      return;
    case DkgRound::Recovery:
      messages.recoveries.emplace(sender, std::get<Pairs>(std::move(message.body)));
      return;
  }
  OL_CHECK(false, "the decoder knows the rounds");
}

DkgBody speak(const DkgCeremony& ceremony, const DkgMessages& messages, const DkgSecret& secret,
              ShareIndex self, DkgRound round) {
  switch (round) {
    case DkgRound::Deal:
      return deal(ceremony, secret, self);
    case DkgRound::Complaints:
      return complain(ceremony, messages, secret, self);
    case DkgRound::Justifications:
      return justify(ceremony, messages, secret, self);
    case DkgRound::Openings:
      return polynomial(ceremony, secret, kValueTag).commitments();
    case DkgRound::OpeningComplaints:
      return complain_about_openings(ceremony, messages, secret, self);
    case DkgRound::Recovery:
      return pairs_of(ceremony, messages, secret, self, broken(ceremony, messages));
  }
  OL_CHECK(false, "not an enumerator");
}

}  // namespace

const char* describe(DkgError error) {
  switch (error) {
    case DkgError::BadCeremony:
      return "unusable ceremony parameters or members";
    case DkgError::NotAMember:
      return "the secret belongs to no member";
    case DkgError::Malformed:
      return "malformed message";
    case DkgError::WrongCeremony:
      return "message of another ceremony";
    case DkgError::WrongRound:
      return "message of a round that is not open";
    case DkgError::BadSignature:
      return "message not signed by the member it names";
    case DkgError::Conflicting:
      return "a second, different message of this member";
    case DkgError::TranscriptMismatch:
      return "its sender saw other messages in earlier rounds";
    case DkgError::NotReady:
      return "messages of an earlier round are missing";
    case DkgError::NothingToSay:
      return "this member sends nothing in this round";
    case DkgError::TooFewQualified:
      return "too few dealers qualified";
    case DkgError::Unrecoverable:
      return "too few share pairs to recover a dealer's part";
    case DkgError::BadOwnShare:
      return "own share does not fit the public result";
  }
  OL_CHECK(false, "not an enumerator");
}

DkgSecret::DkgSecret(SecretBytes<32> seed)
    : seed_(std::move(seed)),
      identity_(Ed25519SecretKey::from_seed(derive(seed_, kIdentityTag))),
      encryption_(X25519KeyPair::from_secret(derive(seed_, kEncryptionTag))) {}

DkgMember DkgSecret::member() const {
  return {identity_.public_key(), encryption_.public_key()};
}

Result<void, DkgError> DkgCeremony::check() const {
  if (!params.valid()) return fail(DkgError::BadCeremony);
  if (2 * params.quorum <= params.holders) return fail(DkgError::BadCeremony);
  if (members.size() != params.holders) return fail(DkgError::BadCeremony);
  if (name.size() > kNameBytesMax) return fail(DkgError::BadCeremony);
  if (!all_different(members)) return fail(DkgError::BadCeremony);
  for (const auto& member : members) {
    if (!usable(member.encryption)) return fail(DkgError::BadCeremony);
  }
  return {};
}

Hash256 DkgCeremony::id() const {
  Writer out;
  out.raw(as_bytes(kCeremonyTag)).blob(as_bytes(name)).u16(params.quorum).u16(params.holders);
  for (const auto& member : members)
    out.fixed(member.identity).fixed(member.encryption);
  return blake3(out.bytes());
}

DkgTranscript::DkgTranscript(DkgCeremony ceremony)
    : ceremony_(std::move(ceremony)), messages_(std::make_unique<DkgMessages>()) {
  OL_CHECK(ceremony_.check().has_value(), "the caller checked the ceremony");
  messages_->ceremony_id = ceremony_.id();
}

DkgTranscript::~DkgTranscript() = default;

Result<void, DkgError> DkgTranscript::add(ByteView bytes) {
  OL_TRY(auto message, decode_message(ceremony_, bytes));
  if (!signature_valid(ceremony_.members[message.sender.value()], bytes)) {
    return fail(DkgError::BadSignature);
  }
  const std::pair key(message.round, message.sender);
  const Hash256 digest = blake3(bytes);
  const auto known = messages_->digests.find(key);
  if (known != messages_->digests.end()) {
    if (known->second != digest) return fail(DkgError::Conflicting);
    return {};
  }
  const bool closed =
      !messages_->digests.empty() && messages_->digests.rbegin()->first.first > message.round;
  if (closed) return fail(DkgError::WrongRound);
  if (message.before != messages_->digest_before(message.round)) {
    return fail(DkgError::TranscriptMismatch);
  }
  if (!subjects_allowed(ceremony_, *messages_, message)) return fail(DkgError::Malformed);
  store(*messages_, std::move(message));
  messages_->digests.emplace(key, digest);
  return {};
}

std::vector<ShareIndex> DkgTranscript::expected(DkgRound round) const {
  switch (round) {
    case DkgRound::Deal:
    case DkgRound::Complaints:
    case DkgRound::OpeningComplaints:
      return all_members(ceremony_);
    case DkgRound::Justifications: {
      auto out = all_members(ceremony_);
      std::erase_if(out, [&](ShareIndex m) { return complainers(*messages_, m).empty(); });
      return out;
    }
    case DkgRound::Openings:
      return qualified(ceremony_, *messages_);
    case DkgRound::Recovery:
      if (broken(ceremony_, *messages_).empty()) return {};
      return all_members(ceremony_);
  }
  OL_CHECK(false, "not an enumerator");
}

std::vector<ShareIndex> DkgTranscript::senders(DkgRound round) const {
  std::vector<ShareIndex> out;
  for (const auto& [key, digest] : messages_->digests) {
    if (key.first == round) out.push_back(key.second);
  }
  return out;
}

Result<Bytes, DkgError> DkgTranscript::message(DkgRound round, const DkgSecret& secret) const {
  const auto self = index_of(ceremony_, secret);
  if (!self) return fail(DkgError::NotAMember);
  const auto& digests = messages_->digests;
  if (!digests.empty() && digests.rbegin()->first.first > round) return fail(DkgError::WrongRound);
  if (round >= DkgRound::Openings &&
      qualified(ceremony_, *messages_).size() < ceremony_.params.quorum) {
    return fail(DkgError::TooFewQualified);
  }
  if (!std::ranges::binary_search(expected(round), *self)) return fail(DkgError::NothingToSay);
  const DkgMessage out{round, *self, messages_->digest_before(round),
                       speak(ceremony_, *messages_, secret, *self, round)};
  return encode_message(ceremony_, out, secret.identity());
}

Result<DkgResult, DkgError> DkgTranscript::result() const {
  const auto dealers = qualified(ceremony_, *messages_);
  if (messages_->deals.empty() || messages_->complaints.empty()) return fail(DkgError::NotReady);
  if (dealers.size() < ceremony_.params.quorum) return fail(DkgError::TooFewQualified);
  if (messages_->opening_complaints.empty()) return fail(DkgError::NotReady);
  const auto lost = broken(ceremony_, *messages_);

  std::vector<blst_p2> sums(ceremony_.params.quorum);  // infinity
  for (const ShareIndex dealer : dealers) {
    if (!std::ranges::binary_search(lost, dealer)) {
      const Opening& opening = messages_->openings.at(dealer);
      for (std::size_t k = 0; k < sums.size(); ++k) {
        blst_p2_add_or_double_affine(&sums[k], &sums[k], &BlsAccess::point(opening[k]));
      }
      continue;
    }
    const auto part = recover_polynomial(ceremony_, *messages_, dealer);
    if (!part) return fail(DkgError::Unrecoverable);
    for (std::size_t k = 0; k < sums.size(); ++k) {
      const blst_p2 point = multiply(*blst_p2_generator(), part->coefficients()[k]);
      blst_p2_add_or_double(&sums[k], &sums[k], &point);
    }
  }
  std::vector<BlsPublicKey> points;
  for (const blst_p2& sum : sums) {
    // The honest dealers' parts are unpredictable, so this is a probability of 2^-255.
    if (blst_p2_is_inf(&sum)) return fail(DkgError::Unrecoverable);
    points.push_back(to_key(sum));
  }
  return DkgResult{VerificationVector(std::move(points)), dealers, lost};
}

Result<BlsSecretKey, DkgError> DkgTranscript::share(const DkgSecret& secret) const {
  const auto self = index_of(ceremony_, secret);
  if (!self) return fail(DkgError::NotAMember);
  OL_TRY(const auto outcome, result());
  Scalar sum;
  for (const ShareIndex dealer : outcome.qualified) {
    const auto pair = pair_of(ceremony_, *messages_, secret, dealer, *self);
    if (!pair) return fail(DkgError::BadOwnShare);
    sum = sum + pair->value;
  }
  auto key = BlsSecretKey::from_bytes(sum.big_endian().view());
  if (!key || !share_matches(outcome.vector, *self, *key)) return fail(DkgError::BadOwnShare);
  return std::move(*key);
}

}  // namespace ol::crypto
