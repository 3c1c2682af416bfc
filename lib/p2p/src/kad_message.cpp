#include <ol/p2p/kad_message.hpp>

#include <bit>

#include <ol/crypto/hash.hpp>
#include <ol/p2p/protobuf.hpp>

namespace ol::p2p {
namespace {

// Fields of Message and Peer (libp2p kad-dht spec, "RPC messages").
constexpr std::uint32_t kTypeField = 1;
constexpr std::uint32_t kKeyField = 2;
constexpr std::uint32_t kCloserField = 8;
constexpr std::uint32_t kIdField = 1;
constexpr std::uint32_t kAddressesField = 2;

/// False if the field is malformed; a peer that makes no sense is left out.
bool read_peer(ByteView body, std::vector<KadPeer>& out) {
  std::optional<PeerId> id;
  std::vector<Multiaddr> addresses;
  ProtoReader reader(body);
  while (const auto field = reader.next()) {
    if (field->number != kIdField && field->number != kAddressesField) continue;
    if (field->kind != ProtoField::Kind::Bytes) return false;
    if (field->number == kIdField) {
      const auto read = PeerId::from_bytes(field->bytes);
      if (read) id = *read;
    } else if (addresses.size() < kPeerAddressesMax) {
      if (auto address = Multiaddr::from_bytes(field->bytes)) {
        addresses.push_back(*std::move(address));
      }
    }
  }
  if (!reader.ok()) return false;
  if (id && out.size() < kKadPeersMax) out.push_back({*id, std::move(addresses)});
  return true;
}

}  // namespace

KadKey kad_key(ByteView bytes) {
  return retag<KadKey>(crypto::sha256(bytes));
}

KadKey kad_distance(const KadKey& a, const KadKey& b) {
  KadKey out;
  for (std::size_t i = 0; i < KadKey::kSize; ++i)
    out.bytes[i] = a.bytes[i] ^ b.bytes[i];
  return out;
}

std::size_t shared_bits(const KadKey& a, const KadKey& b) {
  for (std::size_t i = 0; i < KadKey::kSize; ++i) {
    const auto different = static_cast<std::uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (different != 0) return 8 * i + static_cast<std::size_t>(std::countl_zero(different));
  }
  return 8 * KadKey::kSize;
}

Bytes encode(const KadMessage& message) {
  Bytes out;
  append_proto_varint(out, kTypeField, static_cast<std::uint64_t>(message.type));
  if (!message.key.empty()) append_proto_bytes(out, kKeyField, message.key);
  for (const KadPeer& peer : message.closer) {
    Bytes body;
    append_proto_bytes(body, kIdField, peer.id.bytes());
    for (const Multiaddr& address : peer.addresses)
      append_proto_bytes(body, kAddressesField, address.bytes());
    append_proto_bytes(out, kCloserField, body);
  }
  return out;
}

std::optional<KadMessage> parse_kad(ByteView bytes) {
  KadMessage out;
  out.type = KadType::PutValue;  // protobuf's default: the first of the enumeration
  ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == kTypeField) {
      const bool known = field->kind == ProtoField::Kind::Varint &&
                         field->value <= static_cast<std::uint64_t>(KadType::Ping);
      if (!known) return std::nullopt;
      out.type = static_cast<KadType>(field->value);
    } else if (field->number == kKeyField) {
      const bool fits =
          field->kind == ProtoField::Kind::Bytes && field->bytes.size() <= kKadTargetBytesMax;
      if (!fits) return std::nullopt;
      out.key = to_bytes(field->bytes);
    } else if (field->number == kCloserField) {
      if (field->kind != ProtoField::Kind::Bytes) return std::nullopt;
      if (!read_peer(field->bytes, out.closer)) return std::nullopt;
    }
  }
  if (!reader.ok()) return std::nullopt;
  return out;
}

}  // namespace ol::p2p
