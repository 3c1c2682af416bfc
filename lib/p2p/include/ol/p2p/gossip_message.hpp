#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/gossip_rpc.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/p2p/shared_bytes.hpp>

/// Message ids and signatures of gossipsub. Source: libp2p pubsub spec, "Message Identification"
/// and "Message Signing".
namespace ol::p2p {

/// Who vouches for a message. All nodes of a network must agree.
enum class GossipSigning : std::uint8_t {
  StrictSign,    // its author: from, seqno and signature are there and verify
  StrictNoSign,  // its content: none of them may be there
  Either,        // for tests: whichever of the two the message's fields claim
};

/// How messages are named, chosen with the signing policy: from and seqno under StrictSign, the
/// first 20 bytes of SHA-256(u32le(topic length) || topic || data) under StrictNoSign.
using MessageId = std::string;

/// Why a message is invalid; its sender is punished.
enum class GossipMessageError : std::uint8_t {
  MissingData,
  MissingField,  // StrictSign: from, seqno or signature
  BadSeqno,      // not 8 bytes
  BadFrom,       // not a peer id
  BadKey,        // no key for from, or one that is not its
  BadSignature,
  UnsupportedKey,   // the author's, which is RSA or ECDSA: nobody's fault
  UnexpectedField,  // StrictNoSign: from, seqno, signature or key
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(GossipMessageError error);

/// A message that obeys the signing policy. Shared by the caches and every send queue; immutable.
struct GossipMessage {
  MessageId id;
  std::string topic;
  std::optional<PeerId> author;  // under StrictSign
  Bytes rpc_field;               // the message as a field of an RPC, written once for all peers
  std::size_t data_offset = 0;   // of the data in rpc_field
  std::size_t data_size = 0;

  [[nodiscard]] ByteView data() const {
    return ByteView(rpc_field).subspan(data_offset, data_size);
  }
};
using GossipMessagePtr = std::shared_ptr<const GossipMessage>;

/// Checks what depends on nothing but the message and gives it its canonical form.
[[nodiscard]] Result<GossipMessagePtr, GossipMessageError> accept_message(const RpcMessage& message,
                                                                          GossipSigning signing);

/// The same where `message_id` was asked already: `id` is what it said.
[[nodiscard]] Result<GossipMessagePtr, GossipMessageError> accept_message(const RpcMessage& message,
                                                                          GossipSigning signing,
                                                                          MessageId id);

/// The id alone, without verification: to look for duplicates before a signature is paid for.
/// Nothing if fields it is made of are missing.
[[nodiscard]] std::optional<MessageId> message_id(const RpcMessage& message, GossipSigning signing);

/// Makes a message of ours. @param key and seqno  Used under StrictSign.
[[nodiscard]] GossipMessagePtr make_message(std::string_view topic, ByteView data,
                                            GossipSigning signing, const IdentityKey& key,
                                            std::uint64_t seqno);

}  // namespace ol::p2p
