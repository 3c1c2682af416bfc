#include <ol/p2p/peer_id.hpp>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/p2p/base58.hpp>

namespace ol::p2p {
namespace {

// Multihash codes (multiformats table).
constexpr std::uint8_t kIdentityCode = 0x00;
constexpr std::uint8_t kSha256Code = 0x12;
// Longer key messages are hashed (libp2p peer-id spec, "Peer Ids").
constexpr std::size_t kInlineMessageMax = 42;
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

/// The inverse of `base32_decode`.
std::string base32_encode(ByteView bytes) {
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out;
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8 | byte) & 0xfff;
    bit_count += 8;
    while (bit_count >= 5) {
      bit_count -= 5;
      out += kDigits[bits >> bit_count & 31];
    }
  }
  if (bit_count > 0) out += kDigits[bits << (5 - bit_count) & 31];
  return out;
}

}  // namespace

PeerId::PeerId(std::uint8_t code, ByteView digest)
    : size_(static_cast<std::uint8_t>(2 + digest.size())) {
  OL_CHECK(size_ <= kBytesMax, "a peer id has at most 39 bytes");
  bytes_[0] = code;
  bytes_[1] = static_cast<std::uint8_t>(digest.size());
  std::copy(digest.begin(), digest.end(), bytes_.begin() + 2);
}

PeerId::PeerId(const PublicKey& key) : PeerId(kIdentityCode, key.message()) {}

Result<PeerId, PeerIdError> PeerId::from_key_message(ByteView message) {
  if (message.size() > kInlineMessageMax) {
    return PeerId(kSha256Code, crypto::sha256(message).view());
  }
  OL_TRY(const PublicKey key, PublicKey::from_message(message));
  return PeerId(key);
}

Result<PeerId, PeerIdError> PeerId::from_bytes(ByteView multihash) {
  if (multihash.size() < 2) return fail(PeerIdError::BadLength);
  const ByteView digest = multihash.subspan(2);
  if (multihash[0] != kIdentityCode && multihash[0] != kSha256Code) {
    return fail(PeerIdError::UnknownHash);
  }
  if (digest.size() != multihash[1]) return fail(PeerIdError::BadLength);
  if (multihash[0] == kSha256Code) {
    if (digest.size() != Hash256::kSize) return fail(PeerIdError::BadLength);
    return PeerId(kSha256Code, digest);
  }
  OL_TRY(const PublicKey key, PublicKey::from_message(digest));
  return PeerId(key);
}

std::optional<PublicKey> PeerId::public_key() const {
  if (bytes_[0] != kIdentityCode) return std::nullopt;
  const auto key = PublicKey::from_message(bytes().subspan(2));
  OL_CHECK(key.has_value(), "an identity multihash was made from a key");
  return *key;
}

crypto::Ed25519PublicKey PeerId::key() const {
  // 00 24 08 01 12 20, then the key.
  constexpr std::size_t kHeader = 6;
  if (size_ != kHeader + crypto::Ed25519PublicKey::kSize) return {};
  return *crypto::Ed25519PublicKey::from(bytes().subspan(kHeader));
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

std::string PeerId::text() const {
  return base58_encode(bytes());
}

std::string PeerId::cid_text() const {
  Bytes cid = to_bytes(kCidHeader);
  append(cid, bytes());
  return "b" + base32_encode(cid);
}

std::string PeerId::short_text() const {
  const std::string full = text();
  return full.substr(full.size() - 8);
}

}  // namespace ol::p2p
