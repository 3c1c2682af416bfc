#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/multiaddr.hpp>

/// Statements a peer signs so that others can pass them on. Source: libp2p RFC 0002 (signed
/// envelopes) and RFC 0003 (peer routing records).
namespace ol::p2p {

enum class EnvelopeError : std::uint8_t {
  Malformed,     // not the message, or a field missing or given twice
  BadKey,        // not a key of ours
  WrongType,     // another payload type than asked for
  BadSignature,  // not the key's over this domain, type and payload
  WrongPeer,     // the record names another peer than the one that signed
  TooLong,       // above kEnvelopeBytesMax
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(EnvelopeError error);

inline constexpr std::size_t kEnvelopeBytesMax = 8192;

/// A payload whose signature was verified.
struct OpenedEnvelope {
  PublicKey signer;
  Bytes payload;
};

/// Signs and encodes an envelope. The domain is signed and not sent.
[[nodiscard]] Bytes seal_envelope(const IdentityKey& key, std::string_view domain,
                                  ByteView payload_type, ByteView payload);

/// Verifies an envelope before anything looks at its payload.
[[nodiscard]] Result<OpenedEnvelope, EnvelopeError> open_envelope(ByteView envelope,
                                                                  std::string_view domain,
                                                                  ByteView payload_type);

/// Where a peer says it listens.
struct PeerRecord {
  PeerId peer;
  std::uint64_t sequence = 0;  // a counter: the highest of a peer is the valid one
  std::vector<Multiaddr> addresses;

  friend bool operator==(const PeerRecord&, const PeerRecord&) = default;
};

/// @return The record in an envelope signed by `key`.
/// @pre record.peer is the key's.
[[nodiscard]] Bytes sign_peer_record(const IdentityKey& key, const PeerRecord& record);

/// Verifies and reads a signed record. Addresses that cannot be read are left out, as are those
/// beyond kPeerAddressesMax.
[[nodiscard]] Result<PeerRecord, EnvelopeError> open_peer_record(ByteView envelope);

}  // namespace ol::p2p
