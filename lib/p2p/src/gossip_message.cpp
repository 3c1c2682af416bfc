#include <ol/p2p/gossip_message.hpp>

#include <array>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::p2p {
namespace {

constexpr std::string_view kSignaturePrefix = "libp2p-pubsub:";
constexpr std::size_t kSeqnoBytes = 8;
constexpr std::size_t kContentIdBytes = 20;

/// The message without signature and without key, behind the prefix. The spec's text leaves out
/// only the signature; go, rust and js leave out both.
Bytes signed_text(const RpcMessage& message) {
  RpcMessage bare = message;
  bare.signature.reset();
  bare.key.reset();
  Bytes out = to_bytes(as_bytes(kSignaturePrefix));
  append(out, encode_message(bare));
  return out;
}

MessageId content_id(std::string_view topic, ByteView data) {
  Bytes input;
  input.reserve(4 + topic.size() + data.size());
  for (unsigned shift = 0; shift < 32; shift += 8)
    input.push_back(static_cast<std::uint8_t>(topic.size() >> shift));
  append(input, as_bytes(topic));
  append(input, data);
  const Hash256 digest = crypto::sha256(input);
  return MessageId(as_text(digest.view().first(kContentIdBytes)));
}

Result<PeerId, GossipMessageError> verify_author(const RpcMessage& message) {
  if (!message.from || !message.seqno || !message.signature) {
    return fail(GossipMessageError::MissingField);
  }
  if (message.seqno->size() != kSeqnoBytes) return fail(GossipMessageError::BadSeqno);
  const auto author = PeerId::from_bytes(*message.from);
  if (!author) return fail(GossipMessageError::BadFrom);
  std::optional<PublicKey> key = author->public_key();
  if (message.key) {
    const auto sent = PublicKey::from_message(*message.key);
    if (!sent && sent.error() == PeerIdError::UnsupportedKeyType &&
        PeerId::from_key_message(*message.key) == author) {
      return fail(GossipMessageError::UnsupportedKey);
    }
    if (!sent || PeerId(*sent) != *author) return fail(GossipMessageError::BadKey);
    key = *sent;
  }
  if (!key) return fail(GossipMessageError::BadKey);
  if (!key->verify(signed_text(message), *message.signature)) {
    return fail(GossipMessageError::BadSignature);
  }
  return *author;
}

std::size_t varint_size(std::size_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7)
    size += 1;
  return size;
}

/// Bytes of a length-delimited field whose key is one byte.
std::size_t field_size(std::size_t bytes) {
  return 1 + varint_size(bytes) + bytes;
}

GossipMessagePtr finish(const RpcMessage& message, MessageId id, std::optional<PeerId> author) {
  auto out = std::make_shared<GossipMessage>();
  out->id = std::move(id);
  out->topic = message.topic;
  out->author = author;
  append_message(out->rpc_field, message);
  out->data_size = message.data->size();
  // The data stands behind the author and before everything else.
  std::size_t behind = field_size(message.topic.size());
  for (const auto& field : {message.seqno, message.signature, message.key}) {
    if (field) behind += field_size(field->size());
  }
  out->data_offset = out->rpc_field.size() - behind - out->data_size;
  return out;
}

// Under Either: the rules a message has to obey are those its fields claim.
GossipSigning claimed(const RpcMessage& message, GossipSigning policy) {
  if (policy != GossipSigning::Either) return policy;
  const bool is_signed = message.from || message.seqno || message.signature || message.key;
  return is_signed ? GossipSigning::StrictSign : GossipSigning::StrictNoSign;
}

}  // namespace

const char* describe(GossipMessageError error) {
  switch (error) {
    case GossipMessageError::MissingData:
      return "message without data";
    case GossipMessageError::MissingField:
      return "message without from, seqno or signature";
    case GossipMessageError::BadSeqno:
      return "sequence number is not 8 bytes";
    case GossipMessageError::BadFrom:
      return "author is not a peer id";
    case GossipMessageError::BadKey:
      return "key is not the author's";
    case GossipMessageError::BadSignature:
      return "signature does not verify";
    case GossipMessageError::UnsupportedKey:
      return "author's key is neither Ed25519 nor secp256k1";
    case GossipMessageError::UnexpectedField:
      return "author, sequence number, signature or key where none may be";
  }
  OL_CHECK(false, "unknown GossipMessageError");
}

std::optional<MessageId> message_id(const RpcMessage& message, GossipSigning policy) {
  const GossipSigning signing = claimed(message, policy);
  if (signing == GossipSigning::StrictNoSign) {
    if (!message.data) return std::nullopt;
    return content_id(message.topic, *message.data);
  }
  if (!message.from || !message.seqno) return std::nullopt;
  if (message.from->size() > PeerId::kBytesMax || message.seqno->size() != kSeqnoBytes) {
    return std::nullopt;
  }
  return MessageId(as_text(*message.from)) + MessageId(as_text(*message.seqno));
}

Result<GossipMessagePtr, GossipMessageError> accept_message(const RpcMessage& message,
                                                            GossipSigning signing) {
  auto id = message_id(message, signing);
  return accept_message(message, signing, id ? *std::move(id) : MessageId{});
}

Result<GossipMessagePtr, GossipMessageError> accept_message(const RpcMessage& message,
                                                            GossipSigning policy, MessageId id) {
  if (!message.data) return fail(GossipMessageError::MissingData);
  const GossipSigning signing = claimed(message, policy);
  if (signing == GossipSigning::StrictNoSign) {
    if (message.from || message.seqno || message.signature || message.key) {
      return fail(GossipMessageError::UnexpectedField);
    }
    return finish(message, std::move(id), std::nullopt);
  }
  OL_TRY(const PeerId author, verify_author(message));
  return finish(message, std::move(id), author);
}

GossipMessagePtr make_message(std::string_view topic, ByteView data, GossipSigning signing,
                              const IdentityKey& key, std::uint64_t seqno) {
  OL_CHECK(signing != GossipSigning::Either, "a message of ours is signed or not");
  RpcMessage message;
  message.topic = topic;
  message.data = data;
  if (signing == GossipSigning::StrictNoSign) {
    return finish(message, *message_id(message, signing), std::nullopt);
  }
  const PeerId author(key.public_key());
  std::array<std::uint8_t, kSeqnoBytes> number{};
  for (std::size_t i = 0; i < number.size(); ++i)
    number[i] = static_cast<std::uint8_t>(seqno >> (8 * (kSeqnoBytes - 1 - i)));
  message.from = author.bytes();
  message.seqno = number;
  const Bytes signature = key.sign(signed_text(message));
  message.signature = signature;
  return finish(message, *message_id(message, signing), author);
}

}  // namespace ol::p2p
