#include <ol/p2p/envelope.hpp>

#include <ol/base/check.hpp>
#include <ol/p2p/protobuf.hpp>

namespace ol::p2p {
namespace {

// Envelope (RFC 0002).
constexpr std::uint32_t kPublicKeyField = 1;
constexpr std::uint32_t kPayloadTypeField = 2;
constexpr std::uint32_t kPayloadField = 3;
constexpr std::uint32_t kSignatureField = 5;

// PeerRecord and its AddressInfo (RFC 0003).
constexpr std::uint32_t kPeerField = 1;
constexpr std::uint32_t kSequenceField = 2;
constexpr std::uint32_t kAddressesField = 3;
constexpr std::uint32_t kMultiaddrField = 1;

// What go, rust and js use; the text of RFC 0003 has other values.
constexpr std::string_view kRecordDomain = "libp2p-peer-record";
constexpr std::array<std::uint8_t, 2> kRecordType{0x03, 0x01};

Bytes signed_text(std::string_view domain, ByteView payload_type, ByteView payload) {
  Bytes out;
  for (const ByteView part : {as_bytes(domain), payload_type, payload}) {
    append_varint(out, part.size());
    append(out, part);
  }
  return out;
}

struct EnvelopeFields {
  ByteView key;
  ByteView type;
  ByteView payload;
  ByteView signature;
};

std::optional<EnvelopeFields> parse_envelope(ByteView bytes) {
  EnvelopeFields out;
  std::uint32_t seen = 0;
  ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    ByteView* target = nullptr;
    if (field->number == kPublicKeyField) target = &out.key;
    if (field->number == kPayloadTypeField) target = &out.type;
    if (field->number == kPayloadField) target = &out.payload;
    if (field->number == kSignatureField) target = &out.signature;
    if (target == nullptr) continue;
    const std::uint32_t bit = 1U << field->number;
    if (field->kind != ProtoField::Kind::Bytes || (seen & bit) != 0) return std::nullopt;
    seen |= bit;
    *target = field->bytes;
  }
  constexpr std::uint32_t kAll =
      1U << kPublicKeyField | 1U << kPayloadTypeField | 1U << kPayloadField | 1U << kSignatureField;
  if (!reader.ok() || seen != kAll) return std::nullopt;
  return out;
}

/// Adds the multiaddr of an AddressInfo; one that cannot be read costs only itself.
bool read_address(ByteView info, std::vector<Multiaddr>& out) {
  ProtoReader reader(info);
  while (const auto field = reader.next()) {
    if (field->number != kMultiaddrField) continue;
    if (field->kind != ProtoField::Kind::Bytes) return false;
    if (out.size() == kPeerAddressesMax) continue;
    if (auto address = Multiaddr::from_bytes(field->bytes)) out.push_back(*std::move(address));
  }
  return reader.ok();
}

Result<PeerRecord, EnvelopeError> parse_record(ByteView payload) {
  PeerRecord out;
  bool peer_seen = false;
  bool sequence_seen = false;
  ProtoReader reader(payload);
  while (const auto field = reader.next()) {
    if (field->number == kPeerField) {
      const bool fits = field->kind == ProtoField::Kind::Bytes && !std::exchange(peer_seen, true);
      const auto peer = fits ? PeerId::from_bytes(field->bytes) : fail(PeerIdError::BadLength);
      if (!peer) return fail(EnvelopeError::Malformed);
      out.peer = *peer;
    } else if (field->number == kSequenceField) {
      if (field->kind != ProtoField::Kind::Varint || std::exchange(sequence_seen, true)) {
        return fail(EnvelopeError::Malformed);
      }
      out.sequence = field->value;
    } else if (field->number == kAddressesField) {
      if (field->kind != ProtoField::Kind::Bytes || !read_address(field->bytes, out.addresses)) {
        return fail(EnvelopeError::Malformed);
      }
    }
  }
  if (!reader.ok() || !peer_seen) return fail(EnvelopeError::Malformed);
  return out;
}

}  // namespace

const char* describe(EnvelopeError error) {
  switch (error) {
    case EnvelopeError::Malformed:
      return "malformed envelope or record";
    case EnvelopeError::BadKey:
      return "envelope key is not an Ed25519 or secp256k1 key";
    case EnvelopeError::WrongType:
      return "envelope holds another type of payload";
    case EnvelopeError::BadSignature:
      return "envelope signature does not verify";
    case EnvelopeError::WrongPeer:
      return "record is signed by another peer than it names";
    case EnvelopeError::TooLong:
      return "envelope over 8 KiB";
  }
  OL_CHECK(false, "unknown EnvelopeError");
}

Bytes seal_envelope(const IdentityKey& key, std::string_view domain, ByteView payload_type,
                    ByteView payload) {
  Bytes out;
  append_proto_bytes(out, kPublicKeyField, key.public_key().message());
  append_proto_bytes(out, kPayloadTypeField, payload_type);
  append_proto_bytes(out, kPayloadField, payload);
  append_proto_bytes(out, kSignatureField, key.sign(signed_text(domain, payload_type, payload)));
  return out;
}

Result<OpenedEnvelope, EnvelopeError> open_envelope(ByteView envelope, std::string_view domain,
                                                    ByteView payload_type) {
  if (envelope.size() > kEnvelopeBytesMax) return fail(EnvelopeError::TooLong);
  const auto fields = parse_envelope(envelope);
  if (!fields) return fail(EnvelopeError::Malformed);
  const auto key = PublicKey::from_message(fields->key);
  if (!key) return fail(EnvelopeError::BadKey);
  if (!std::equal(fields->type.begin(), fields->type.end(), payload_type.begin(),
                  payload_type.end())) {
    return fail(EnvelopeError::WrongType);
  }
  if (!key->verify(signed_text(domain, payload_type, fields->payload), fields->signature)) {
    return fail(EnvelopeError::BadSignature);
  }
  return OpenedEnvelope{*key, to_bytes(fields->payload)};
}

Bytes sign_peer_record(const IdentityKey& key, const PeerRecord& record) {
  OL_CHECK(record.peer == PeerId(key.public_key()), "a peer signs for itself");
  Bytes payload;
  append_proto_bytes(payload, kPeerField, record.peer.bytes());
  append_proto_varint(payload, kSequenceField, record.sequence);
  for (const Multiaddr& address : record.addresses) {
    Bytes info;
    append_proto_bytes(info, kMultiaddrField, address.bytes());
    append_proto_bytes(payload, kAddressesField, info);
  }
  return seal_envelope(key, kRecordDomain, kRecordType, payload);
}

Result<PeerRecord, EnvelopeError> open_peer_record(ByteView envelope) {
  OL_TRY(const OpenedEnvelope opened, open_envelope(envelope, kRecordDomain, kRecordType));
  OL_TRY(PeerRecord record, parse_record(opened.payload));
  if (record.peer != PeerId(opened.signer)) return fail(EnvelopeError::WrongPeer);
  return record;
}

}  // namespace ol::p2p
