#include "ceremony.hpp"

#include <algorithm>

#include "command.hpp"

namespace ol::app {
namespace {

using crypto::DkgRound;

constexpr DkgRound kRounds[] = {
    DkgRound::Deal,     DkgRound::Complaints,        DkgRound::Justifications,
    DkgRound::Openings, DkgRound::OpeningComplaints, DkgRound::Recovery};

crypto::DkgCeremony ceremony_of(const CeremonyPlan& plan) {
  const auto count = static_cast<std::uint32_t>(plan.members.size());
  crypto::DkgCeremony ceremony{
      .name = plan.digest,
      .params = {.quorum = static_cast<std::uint16_t>(primitives::unit_quorum(count)),
                 .holders = static_cast<std::uint16_t>(count)},
      .members = {}};
  for (const CeremonyMember& member : plan.members)
    ceremony.members.push_back(member.keys);
  if (auto checked = ceremony.check(); !checked) {
    throw CommandError(std::string("the ceremony cannot start: ") + describe(checked.error()));
  }
  return ceremony;
}

std::filesystem::path message_path(const std::filesystem::path& dir, DkgRound round,
                                   std::size_t member) {
  return dir / "messages" /
         ("round" + std::to_string(static_cast<int>(round)) + "-member" + std::to_string(member) +
          ".msg");
}

std::size_t own_index(const CeremonyPlan& plan, const crypto::DkgSecret& secret) {
  for (std::size_t i = 0; i < plan.members.size(); ++i) {
    if (plan.members[i].keys == secret.member()) return i;
  }
  throw CommandError("the plan does not name the ceremony key of this home; was it made anew?");
}

// Writes this member's message if it is due, then takes in everybody's.
void play_round(crypto::DkgTranscript& transcript, const std::filesystem::path& dir, DkgRound round,
                const crypto::DkgSecret& secret, std::size_t self) {
  const auto due = transcript.expected(round);
  const auto own = crypto::ShareIndex(static_cast<std::uint16_t>(self));
  const auto own_path = message_path(dir, round, self);
  if (std::find(due.begin(), due.end(), own) != due.end() && !std::filesystem::exists(own_path)) {
    const auto message = transcript.message(round, secret);
    if (!message) {
      throw CommandError("round " + std::to_string(static_cast<int>(round)) + ": " +
                         describe(message.error()));
    }
    write_new_text(own_path, std::string(as_text(*message)));
  }
  for (std::size_t member = 0; member < transcript.ceremony().members.size(); ++member) {
    const auto path = message_path(dir, round, member);
    if (!std::filesystem::exists(path)) continue;
    const auto added = transcript.add(as_bytes(read_text(path)));
    if (!added) throw CommandError(path.string() + ": " + describe(added.error()));
  }
}

// The validator's own BLS key makes room for the share; done before, it stays as it is.
void store_share(const Home& home, const crypto::BlsSecretKey& share,
                 PassphraseSource& passphrase) {
  if (!std::filesystem::exists(home.bls_key())) {
    std::error_code ec;
    std::filesystem::rename(home.vote_key(), home.bls_key(), ec);
    if (ec) throw CommandError("cannot rename " + home.vote_key().string() + ": " + ec.message());
  }
  if (std::filesystem::exists(home.vote_key())) return;
  write_key(home.vote_key(), crypto::KeyKind::BlsShare, share.bytes(), passphrase.given());
}

void finish(const Home& home, const CeremonyPlan& plan, const crypto::DkgTranscript& transcript,
            const crypto::DkgSecret& secret, PassphraseSource& passphrase) {
  const auto result = transcript.result();
  if (!result) throw CommandError(std::string("no group key: ") + describe(result.error()));
  const auto share = transcript.share(secret);
  if (!share) throw CommandError(std::string("no share: ") + describe(share.error()));
  primitives::Genesis genesis = plan.genesis;
  genesis.scheme = primitives::SchemeKind::BlsThreshold;
  genesis.verification_vector.assign(result->vector.points().begin(),
                                     result->vector.points().end());
  store_share(home, *share, passphrase);
  if (!std::filesystem::exists(home.genesis())) {
    write_new_text(home.genesis(), primitives::genesis_to_json(genesis));
  } else if (primitives::genesis_hash(read_genesis(home.genesis())) !=
             primitives::genesis_hash(genesis)) {
    throw CommandError(home.genesis().string() + " is of another chain; nothing was changed there");
  }
}

}  // namespace

CeremonyProgress ceremony_step(const Home& home, const std::filesystem::path& dir,
                               const std::vector<std::string>& left_out,
                               PassphraseSource& passphrase) {
  const CeremonyPlan plan = read_ceremony_plan(dir);
  const crypto::DkgSecret secret(
      read_key(home.ceremony_key(), crypto::KeyKind::Ceremony, passphrase));
  const std::size_t self = own_index(plan, secret);
  crypto::DkgTranscript transcript(ceremony_of(plan));
  for (const DkgRound round : kRounds) {
    play_round(transcript, dir, round, secret, self);
    const auto sent = transcript.senders(round);
    CeremonyProgress progress;
    progress.round = static_cast<int>(round);
    for (const crypto::ShareIndex member : transcript.expected(round)) {
      const std::string& name = plan.members[member.value()].validator.name;
      const bool awaited = std::find(left_out.begin(), left_out.end(), name) == left_out.end();
      const bool there = std::find(sent.begin(), sent.end(), member) != sent.end();
      if (awaited && !there) progress.waiting_for.push_back(name);
    }
    if (!progress.waiting_for.empty()) return progress;
  }
  finish(home, plan, transcript, secret, passphrase);
  CeremonyProgress done;
  done.round = static_cast<int>(DkgRound::Recovery);
  done.finished = true;
  return done;
}

}  // namespace ol::app
