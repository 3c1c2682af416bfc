#pragma once

// The ceremony's messages as data: encoding, signing, encryption of share pairs. For this library
// only. Format: docs/protocol/key-ceremony.md.

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ol/crypto/dkg.hpp>

#include "bls_points.hpp"
#include "polynomial.hpp"

namespace ol::crypto::detail {

/// What a dealer gives one member: f(j) and the blinding f'(j).
struct SharePair {
  Scalar value;
  Scalar blinding;
};

/// Ephemeral key, encrypted pair, tag.
inline constexpr std::size_t kSealedPairBytes = 32 + 64 + 16;
using SealedPair = std::array<std::uint8_t, kSealedPairBytes>;

struct Dealing {
  std::vector<BlsPublicKey> commitments;  // one per coefficient
  std::vector<SealedPair> pairs;          // one per member
};
using Accused = std::vector<ShareIndex>;
using Pairs = std::map<ShareIndex, SharePair>;
using Opening = std::vector<BlsPublicKey>;
using DkgBody = std::variant<Dealing, Accused, Pairs, Opening>;

struct DkgMessage {
  DkgRound round{};
  ShareIndex sender;
  Hash256 before;  // digest of all messages of earlier rounds, as the sender had them
  DkgBody body;
};

/// Decodes strictly, without checking the signature or what the body claims.
[[nodiscard]] Result<DkgMessage, DkgError> decode_message(const DkgCeremony& ceremony,
                                                          ByteView bytes);
[[nodiscard]] Bytes encode_message(const DkgCeremony& ceremony, const DkgMessage& message,
                                   const Ed25519SecretKey& key);
[[nodiscard]] bool signature_valid(const DkgMember& member, ByteView bytes);

/// Encrypts a pair so that only `recipient` can read it. Deterministic in the dealer's secret.
[[nodiscard]] SealedPair seal_pair(const DkgCeremony& ceremony, const DkgSecret& dealer_secret,
                                   ShareIndex dealer, ShareIndex recipient, const SharePair& pair);
/// Nothing if the dealer encrypted nonsense.
[[nodiscard]] std::optional<SharePair> open_pair(const DkgCeremony& ceremony,
                                                 const DkgSecret& secret, ShareIndex dealer,
                                                 ShareIndex recipient, const SealedPair& sealed);

/// All accepted messages, by sender.
struct DkgMessages {
  Hash256 ceremony_id;
  std::map<std::pair<DkgRound, ShareIndex>, Hash256> digests;
  std::map<ShareIndex, Dealing> deals;
  std::map<ShareIndex, Accused> complaints;
  std::map<ShareIndex, Pairs> justifications;  // by complainer
  std::map<ShareIndex, Opening> openings;
  std::map<ShareIndex, Pairs> opening_complaints;  // by dealer
  std::map<ShareIndex, Pairs> recoveries;          // by dealer

  /// Digest of all messages of rounds before `round`.
  [[nodiscard]] Hash256 digest_before(DkgRound round) const;
};

}  // namespace ol::crypto::detail
