#include <ol/p2p/identity.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::p2p {
namespace {

constexpr std::size_t kEd25519Bytes = 32;
constexpr std::size_t kSecp256k1Bytes = 33;
// Tag and length bytes before Data: 08 <type> 12 <length>.
constexpr std::size_t kHeaderBytes = 4;
constexpr std::uint8_t kTypeTag = 0x08;
constexpr std::uint8_t kDataTag = 0x12;

struct KeyMessage {
  KeyType type;
  ByteView data;
};

/// The two fields in tag order with minimal lengths and nothing else. Written by hand because these
/// bytes are hashed: there is one encoding (libp2p peer-id spec, "Keys").
Result<KeyMessage, PeerIdError> parse(ByteView message) {
  if (message.size() < kHeaderBytes) return fail(PeerIdError::BadLength);
  if (message[0] != kTypeTag) return fail(PeerIdError::NonCanonicalKey);
  if (message[1] == 0 || message[1] == 3) return fail(PeerIdError::UnsupportedKeyType);
  if (message[1] > 3) return fail(PeerIdError::NonCanonicalKey);
  if (message[2] != kDataTag || message[3] >= 0x80) return fail(PeerIdError::NonCanonicalKey);
  if (message.size() != kHeaderBytes + message[3]) return fail(PeerIdError::BadLength);
  return KeyMessage{static_cast<KeyType>(message[1]), message.subspan(kHeaderBytes)};
}

Bytes encode(KeyType type, ByteView data) {
  Bytes out{kTypeTag, static_cast<std::uint8_t>(type), kDataTag,
            static_cast<std::uint8_t>(data.size())};
  append(out, data);
  return out;
}

}  // namespace

const char* name_of(KeyType type) {
  return type == KeyType::Ed25519 ? "ed25519" : "secp256k1";
}

const char* describe(PeerIdError error) {
  switch (error) {
    case PeerIdError::BadText:
      return "neither base58btc nor a base32 CID";
    case PeerIdError::BadLength:
      return "wrong length";
    case PeerIdError::UnknownHash:
      return "neither an identity nor a SHA-256 multihash";
    case PeerIdError::UnsupportedKeyType:
      return "neither an Ed25519 nor a secp256k1 key";
    case PeerIdError::NonCanonicalKey:
      return "key message is not in its deterministic encoding";
    case PeerIdError::BadSecret:
      return "not a secret key of its type";
  }
  OL_CHECK(false, "unknown PeerIdError");
}

PublicKey::PublicKey(const crypto::Ed25519PublicKey& key) {
  std::copy(key.bytes.begin(), key.bytes.end(), data_.begin());
}

PublicKey::PublicKey(const crypto::Secp256k1CompressedKey& key)
    : type_(KeyType::Secp256k1), data_(key.bytes) {}

Result<PublicKey, PeerIdError> PublicKey::from_message(ByteView message) {
  OL_TRY(const KeyMessage parsed, parse(message));
  if (parsed.type == KeyType::Ed25519) {
    const auto key = crypto::Ed25519PublicKey::from(parsed.data);
    if (!key) return fail(PeerIdError::BadLength);
    return PublicKey(*key);
  }
  const auto key = crypto::Secp256k1CompressedKey::from(parsed.data);
  if (!key) return fail(PeerIdError::BadLength);
  if (!crypto::is_valid(*key)) return fail(PeerIdError::NonCanonicalKey);
  return PublicKey(*key);
}

ByteView PublicKey::data() const {
  return ByteView(data_).first(type_ == KeyType::Ed25519 ? kEd25519Bytes : kSecp256k1Bytes);
}

Bytes PublicKey::message() const {
  return encode(type_, data());
}

bool PublicKey::verify(ByteView message, ByteView signature) const {
  if (type_ == KeyType::Ed25519) {
    const auto parsed = crypto::Ed25519Signature::from(signature);
    return parsed && crypto::verify(*crypto::Ed25519PublicKey::from(data()), message, *parsed);
  }
  return crypto::verify_der(*crypto::Secp256k1CompressedKey::from(data()), crypto::sha256(message),
                            signature);
}

Result<IdentityKey, PeerIdError> IdentityKey::from_message(ByteView message) {
  OL_TRY(const KeyMessage parsed, parse(message));
  if (parsed.type == KeyType::Secp256k1) {
    auto key = crypto::Secp256k1SecretKey::from_bytes(parsed.data);
    if (!key) return fail(PeerIdError::BadLength);
    return IdentityKey(std::move(*key));
  }
  constexpr std::size_t kPair = 2 * kEd25519Bytes;
  constexpr std::size_t kPairAndCopy = 3 * kEd25519Bytes;
  if (parsed.data.size() != kPair && parsed.data.size() != kPairAndCopy) {
    return fail(PeerIdError::BadLength);
  }
  auto key = crypto::Ed25519SecretKey::from_bytes(parsed.data.first(kEd25519Bytes));
  OL_CHECK(key.has_value(), "any 32 bytes are a seed");
  for (std::size_t at = kEd25519Bytes; at < parsed.data.size(); at += kEd25519Bytes) {
    const auto written = crypto::Ed25519PublicKey::from(parsed.data.subspan(at, kEd25519Bytes));
    if (written != key->public_key()) return fail(PeerIdError::NonCanonicalKey);
  }
  return IdentityKey(std::move(*key));
}

IdentityKey IdentityKey::generate(KeyType type) {
  if (type == KeyType::Ed25519) return IdentityKey(crypto::Ed25519SecretKey::generate());
  return IdentityKey(crypto::Secp256k1SecretKey::generate());
}

Result<IdentityKey, PeerIdError> IdentityKey::from_secret(KeyType type,
                                                          const crypto::SecretBytes<32>& secret) {
  if (type == KeyType::Ed25519) return IdentityKey(crypto::Ed25519SecretKey::from_seed(secret));
  auto key = crypto::Secp256k1SecretKey::from_bytes(secret.view());
  if (!key) return fail(PeerIdError::BadSecret);
  return IdentityKey(std::move(*key));
}

KeyType IdentityKey::type() const {
  return std::holds_alternative<crypto::Ed25519SecretKey>(key_) ? KeyType::Ed25519
                                                                : KeyType::Secp256k1;
}

crypto::SecretBytes<32> IdentityKey::secret() const {
  if (const auto* ed25519 = std::get_if<crypto::Ed25519SecretKey>(&key_)) return ed25519->seed();
  return std::get<crypto::Secp256k1SecretKey>(key_).bytes().clone();
}

IdentityKey IdentityKey::clone() const {
  auto copy = from_secret(type(), secret());
  OL_CHECK(copy.has_value(), "the secret of a key is a key");
  return std::move(*copy);
}

PublicKey IdentityKey::public_key() const {
  if (const auto* ed25519 = std::get_if<crypto::Ed25519SecretKey>(&key_)) {
    return PublicKey(ed25519->public_key());
  }
  return PublicKey(crypto::compress(std::get<crypto::Secp256k1SecretKey>(key_).public_key()));
}

Bytes IdentityKey::sign(ByteView message) const {
  if (const auto* ed25519 = std::get_if<crypto::Ed25519SecretKey>(&key_)) {
    return to_bytes(ed25519->sign(message).view());
  }
  return crypto::sign_der(std::get<crypto::Secp256k1SecretKey>(key_), crypto::sha256(message));
}

}  // namespace ol::p2p
