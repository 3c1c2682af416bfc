#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ol/crypto/dkg.hpp>

#include "home.hpp"

/// The key ceremony over a directory that the operators share or copy to each other:
/// members/NAME.json, plan.json, messages/roundR-memberM.msg. Files: docs/operators.md; protocol:
/// docs/protocol/key-ceremony.md.
namespace ol::app {

/// One operator's public part.
struct CeremonyMember {
  primitives::Validator validator;
  crypto::BlsPossessionProof possession_proof;
  crypto::DkgMember keys;
  /// Where its node listens: "host:port".
  std::string address;
};

/// What all operators agree on: the chain without its group key, and who takes part.
struct CeremonyPlan {
  primitives::Genesis genesis;
  std::vector<CeremonyMember> members;
  /// Digest of the plan's text in hex; names the ceremony, so that a message made under another
  /// plan is refused.
  std::string digest;
};

/// What one step did.
struct CeremonyProgress {
  /// Names of the members whose message is awaited; empty when the ceremony is over.
  std::vector<std::string> waiting_for;
  int round = 0;
  bool finished = false;
};

/// Writes `dir`/members/NAME.json from the keys of `home`, and makes its ceremony secret once.
void ceremony_join(const Home& home, const std::filesystem::path& dir, const std::string& name,
                   const Address& fee_recipient, const std::string& address,
                   PassphraseSource& passphrase);
/// Makes `dir`/plan.json of every member file. `genesis` holds what members do not bring; the chain
/// has an exchange if a file describes one (`with_exchange`).
void ceremony_plan(const std::filesystem::path& dir, primitives::Genesis genesis,
                   const std::filesystem::path& exchange_file = {});
[[nodiscard]] CeremonyPlan read_ceremony_plan(const std::filesystem::path& dir);
/// Reads all messages, writes this member's next ones, and at the end genesis.json and the share
/// into `home`. Safe to repeat at any time. Members named in `left_out` are not waited for:
/// everybody must name the same ones.
CeremonyProgress ceremony_step(const Home& home, const std::filesystem::path& dir,
                               const std::vector<std::string>& left_out,
                               PassphraseSource& passphrase);

}  // namespace ol::app
