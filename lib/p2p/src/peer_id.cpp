#include <ol/p2p/peer_id.hpp>

#include <ol/base/check.hpp>
#include <ol/p2p/base58.hpp>

namespace ol::p2p {
namespace {

constexpr std::array<std::uint8_t, 2> kIdentityHeader{0x00, PeerId::kKeyMessageBytes};
constexpr std::array<std::uint8_t, 4> kKeyHeader{0x08, 0x01, 0x12, 0x20};
// CIDv1: version 1, codec libp2p-key (0x72), then the multihash.
constexpr std::array<std::uint8_t, 2> kCidHeader{0x01, 0x72};

bool has_prefix(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

/// RFC 4648 base32, lower case, no padding; the unused low bits of the last digit must be zero.
std::optional<Bytes> base32_decode(std::string_view text) {
  Bytes out;
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a');
    } else if (c >= '2' && c <= '7') {
      value = static_cast<std::uint32_t>(c - '2') + 26;
    } else {
      return std::nullopt;
    }
    bits = (bits << 5 | value) & 0xfff;
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> bit_count));
    }
  }
  const bool canonical = bit_count < 5 && (bits & ((1U << bit_count) - 1)) == 0;
  if (!canonical) return std::nullopt;
  return out;
}

}  // namespace

const char* describe(PeerIdError error) {
  switch (error) {
    case PeerIdError::BadText:
      return "neither base58btc nor a base32 CID";
    case PeerIdError::BadLength:
      return "wrong length";
    case PeerIdError::NotIdentityHash:
      return "a hashed key, from which the key cannot be read";
    case PeerIdError::UnsupportedKeyType:
      return "not an Ed25519 key";
    case PeerIdError::NonCanonicalKey:
      return "key message is not in its deterministic encoding";
  }
  OL_CHECK(false, "unknown PeerIdError");
}

Result<PeerId, PeerIdError> PeerId::from_key_message(ByteView message) {
  if (message.size() < 2) return fail(PeerIdError::BadLength);
  if (message[0] != kKeyHeader[0]) return fail(PeerIdError::NonCanonicalKey);
  if (message[1] != kKeyHeader[1]) return fail(PeerIdError::UnsupportedKeyType);
  if (message.size() != kKeyMessageBytes) return fail(PeerIdError::BadLength);
  if (!has_prefix(message, kKeyHeader)) return fail(PeerIdError::NonCanonicalKey);
  const auto key = crypto::Ed25519PublicKey::from(message.subspan(kKeyHeader.size()));
  return PeerId(*key);
}

Result<PeerId, PeerIdError> PeerId::from_bytes(ByteView multihash) {
  if (multihash.size() < 2) return fail(PeerIdError::BadLength);
  if (multihash[0] != kIdentityHeader[0]) return fail(PeerIdError::NotIdentityHash);
  if (multihash.size() - 2 != multihash[1]) return fail(PeerIdError::BadLength);
  return from_key_message(multihash.subspan(2));
}

Result<PeerId, PeerIdError> PeerId::from_text(std::string_view text) {
  if (text.size() > kBase58TextMax) return fail(PeerIdError::BadText);
  if (text.starts_with('1') || text.starts_with("Qm")) {
    const auto bytes = base58_decode(text);
    if (!bytes) return fail(PeerIdError::BadText);
    return from_bytes(*bytes);
  }
  if (!text.starts_with('b')) return fail(PeerIdError::BadText);
  const auto bytes = base32_decode(text.substr(1));
  if (!bytes || !has_prefix(*bytes, kCidHeader)) return fail(PeerIdError::BadText);
  return from_bytes(ByteView(*bytes).subspan(kCidHeader.size()));
}

std::array<std::uint8_t, PeerId::kKeyMessageBytes> PeerId::key_message() const {
  std::array<std::uint8_t, kKeyMessageBytes> out{};
  const auto body = std::copy(kKeyHeader.begin(), kKeyHeader.end(), out.begin());
  std::copy(key_.bytes.begin(), key_.bytes.end(), body);
  return out;
}

std::array<std::uint8_t, PeerId::kBytes> PeerId::bytes() const {
  std::array<std::uint8_t, kBytes> out{};
  const auto message = key_message();
  const auto body = std::copy(kIdentityHeader.begin(), kIdentityHeader.end(), out.begin());
  std::copy(message.begin(), message.end(), body);
  return out;
}

std::string PeerId::text() const {
  return base58_encode(bytes());
}

std::string PeerId::short_text() const {
  const std::string full = text();
  return full.substr(full.size() - 8);
}

}  // namespace ol::p2p
