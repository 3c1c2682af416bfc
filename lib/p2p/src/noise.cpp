#include <ol/p2p/noise.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/p2p/protobuf.hpp>

#include "noise_symmetric.hpp"

namespace ol::p2p {
namespace {

constexpr std::string_view kSignaturePrefix = "noise-libp2p-static-key:";

// Fields of NoiseHandshakePayload and of its NoiseExtensions (libp2p noise spec).
constexpr std::uint32_t kIdentityKeyField = 1;
constexpr std::uint32_t kIdentitySignatureField = 2;
constexpr std::uint32_t kExtensionsField = 4;
constexpr std::uint32_t kStreamMuxersField = 2;

constexpr std::size_t kKeyBytes = crypto::X25519PublicKey::kSize;
constexpr std::size_t kSealedKeyBytes = kKeyBytes + crypto::kAeadTagBytes;
constexpr std::size_t kMuxersMax = 16;

Bytes signed_text(const crypto::X25519PublicKey& static_key) {
  Bytes text = to_bytes(as_bytes(kSignaturePrefix));
  append(text, static_key.view());
  return text;
}

/// Writes the length of the message that begins at `start` over its two placeholder bytes.
void finish_message(Bytes& out, std::size_t start) {
  const std::size_t length = out.size() - start - kNoiseLengthBytes;
  out[start] = static_cast<std::uint8_t>(length >> 8);
  out[start + 1] = static_cast<std::uint8_t>(length);
}

std::size_t begin_message(Bytes& out) {
  const std::size_t start = out.size();
  out.resize(start + kNoiseLengthBytes);
  return start;
}

std::size_t announced_length(ByteView framed) {
  return std::size_t{framed[0]} << 8 | framed[1];
}

struct Payload {
  ByteView key;
  ByteView signature;
  ByteView extensions;
};

/// Finds the fields without looking into them. A field given twice is refused: nobody sends that,
/// and which one a reader takes would be open.
std::optional<Payload> parse_payload(ByteView bytes) {
  Payload out;
  std::uint32_t seen = 0;
  ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    const bool known = field->number == kIdentityKeyField ||
                       field->number == kIdentitySignatureField ||
                       field->number == kExtensionsField;
    if (!known) continue;
    if (field->kind != ProtoField::Kind::Bytes) return std::nullopt;
    if ((seen & 1U << field->number) != 0) return std::nullopt;
    seen |= 1U << field->number;
    if (field->number == kIdentityKeyField) out.key = field->bytes;
    if (field->number == kIdentitySignatureField) out.signature = field->bytes;
    if (field->number == kExtensionsField) out.extensions = field->bytes;
  }
  constexpr std::uint32_t kRequired = 1U << kIdentityKeyField | 1U << kIdentitySignatureField;
  if (!reader.ok() || (seen & kRequired) != kRequired) return std::nullopt;
  return out;
}

std::optional<std::vector<std::string>> parse_muxers(ByteView extensions) {
  std::vector<std::string> out;
  ProtoReader reader(extensions);
  while (const auto field = reader.next()) {
    if (field->number != kStreamMuxersField) continue;
    if (field->kind != ProtoField::Kind::Bytes || out.size() == kMuxersMax) return std::nullopt;
    out.emplace_back(as_text(field->bytes));
  }
  if (!reader.ok()) return std::nullopt;
  return out;
}

}  // namespace

const char* describe(NoiseError error) {
  switch (error) {
    case NoiseError::MessageTooLong:
      return "handshake message over 2 KiB";
    case NoiseError::MessageTooShort:
      return "message shorter than its keys and tags";
    case NoiseError::BadTag:
      return "message is not authentic";
    case NoiseError::ZeroShared:
      return "key agreement gave the all-zero secret";
    case NoiseError::BadPayload:
      return "malformed handshake payload";
    case NoiseError::UnsupportedKey:
      return "identity key is not a canonical Ed25519 or secp256k1 key";
    case NoiseError::BadIdentitySignature:
      return "identity key did not sign the static key";
    case NoiseError::WrongPeer:
      return "another peer answered than the one dialled";
    case NoiseError::NoCommonMuxer:
      return "no stream muxer in common";
    case NoiseError::NonceExhausted:
      return "message counter exhausted";
  }
  OL_CHECK(false, "unknown NoiseError");
}

NoiseIdentity::NoiseIdentity(const crypto::Ed25519SecretKey& identity,
                             crypto::X25519KeyPair static_key,
                             std::span<const std::string_view> muxers)
    : NoiseIdentity(IdentityKey(*crypto::Ed25519SecretKey::from_bytes(identity.seed().view())),
                    std::move(static_key), muxers) {}

NoiseIdentity::NoiseIdentity(const IdentityKey& identity, crypto::X25519KeyPair static_key,
                             std::span<const std::string_view> muxers)
    : peer_id_(identity.public_key()),
      static_key_(std::move(static_key)),
      muxers_(muxers.begin(), muxers.end()) {
  append_proto_bytes(payload_, kIdentityKeyField, identity.public_key().message());
  append_proto_bytes(payload_, kIdentitySignatureField,
                     identity.sign(signed_text(static_key_.public_key())));
  if (muxers_.empty()) return;
  Bytes extensions;
  for (const std::string& muxer : muxers_)
    append_proto_bytes(extensions, kStreamMuxersField, as_bytes(muxer));
  append_proto_bytes(payload_, kExtensionsField, extensions);
}

NoiseHandshake::NoiseHandshake(NoiseRole role, const NoiseIdentity& identity,
                               crypto::X25519KeyPair ephemeral, std::optional<PeerId> expected)
    : role_(role),
      identity_(identity),
      ephemeral_(std::move(ephemeral)),
      expected_(expected),
      step_(role == NoiseRole::Initiator ? Step::ReadMessage2 : Step::ReadMessage1),
      symmetric_(std::make_unique<NoiseSymmetricState>()) {}

NoiseHandshake::~NoiseHandshake() = default;

void NoiseHandshake::start(Bytes& out) {
  if (role_ == NoiseRole::Responder) return;
  const std::size_t start = begin_message(out);
  append(out, ephemeral_.public_key().view());
  symmetric_->mix_hash(ephemeral_.public_key().view());
  symmetric_->encrypt_and_hash({}, out);  // no key yet: hashes the empty payload
  finish_message(out, start);
}

Result<std::size_t, NoiseError> NoiseHandshake::feed(ByteView in, Bytes& out) {
  std::size_t taken = 0;
  while (!done()) {
    const std::size_t wanted =
        kNoiseLengthBytes + (input_.size() < kNoiseLengthBytes ? 0 : announced_length(input_));
    if (wanted > kNoiseLengthBytes + kNoiseHandshakeBytesMax) {
      return fail(NoiseError::MessageTooLong);
    }
    const std::size_t piece = std::min(wanted - input_.size(), in.size() - taken);
    append(input_, in.subspan(taken, piece));
    taken += piece;
    if (input_.size() < wanted) return taken;
    const bool only_length = wanted == kNoiseLengthBytes && announced_length(input_) > 0;
    if (only_length) continue;
    OL_TRY_VOID(handle(std::span(input_).subspan(kNoiseLengthBytes), out));
    input_.clear();
  }
  return taken;
}

Result<void, NoiseError> NoiseHandshake::handle(std::span<std::uint8_t> message, Bytes& out) {
  switch (step_) {
    case Step::ReadMessage1:
      OL_TRY_VOID(read_message1(message));
      OL_TRY_VOID(write_message2(out));
      step_ = Step::ReadMessage3;
      return {};
    case Step::ReadMessage2:
      // The responder is verified before message 3 tells it who we are.
      OL_TRY_VOID(read_message2(message));
      OL_TRY_VOID(write_message3(out));
      step_ = Step::Done;
      return {};
    case Step::ReadMessage3:
      OL_TRY_VOID(read_message3(message));
      step_ = Step::Done;
      return {};
    case Step::Done:
      break;
  }
  OL_CHECK(false, "no message is read after the handshake");
}

Result<void, NoiseError> NoiseHandshake::mix_shared(const crypto::X25519KeyPair& ours,
                                                    const crypto::X25519PublicKey& theirs) {
  const auto shared = ours.shared_secret(theirs);
  if (!shared) return fail(NoiseError::ZeroShared);
  symmetric_->mix_key(shared->view());
  return {};
}

// -> e
Result<void, NoiseError> NoiseHandshake::read_message1(std::span<std::uint8_t> message) {
  // Message 1 is in the clear, so libp2p allows no payload in it.
  if (message.size() < kKeyBytes) return fail(NoiseError::MessageTooShort);
  if (message.size() > kKeyBytes) return fail(NoiseError::BadPayload);
  remote_ephemeral_ = *crypto::X25519PublicKey::from(message);
  symmetric_->mix_hash(remote_ephemeral_.view());
  symmetric_->mix_hash({});
  return {};
}

// <- e, ee, s, es
Result<void, NoiseError> NoiseHandshake::write_message2(Bytes& out) {
  const std::size_t start = begin_message(out);
  append(out, ephemeral_.public_key().view());
  symmetric_->mix_hash(ephemeral_.public_key().view());
  OL_TRY_VOID(mix_shared(ephemeral_, remote_ephemeral_));
  symmetric_->encrypt_and_hash(identity_.static_key().public_key().view(), out);
  OL_TRY_VOID(mix_shared(identity_.static_key(), remote_ephemeral_));
  symmetric_->encrypt_and_hash(identity_.payload(), out);
  finish_message(out, start);
  return {};
}

Result<void, NoiseError> NoiseHandshake::read_message2(std::span<std::uint8_t> message) {
  if (message.size() < kKeyBytes + kSealedKeyBytes + crypto::kAeadTagBytes) {
    return fail(NoiseError::MessageTooShort);
  }
  remote_ephemeral_ = *crypto::X25519PublicKey::from(message.first(kKeyBytes));
  symmetric_->mix_hash(remote_ephemeral_.view());
  OL_TRY_VOID(mix_shared(ephemeral_, remote_ephemeral_));
  OL_TRY_VOID(read_static_key(message.subspan(kKeyBytes, kSealedKeyBytes)));
  OL_TRY_VOID(mix_shared(ephemeral_, remote_static_));
  const auto payload = symmetric_->decrypt_and_hash(message.subspan(kKeyBytes + kSealedKeyBytes));
  if (!payload) return fail(NoiseError::BadTag);
  return accept_payload(*payload);
}

// -> s, se
Result<void, NoiseError> NoiseHandshake::write_message3(Bytes& out) {
  const std::size_t start = begin_message(out);
  symmetric_->encrypt_and_hash(identity_.static_key().public_key().view(), out);
  OL_TRY_VOID(mix_shared(identity_.static_key(), remote_ephemeral_));
  symmetric_->encrypt_and_hash(identity_.payload(), out);
  finish_message(out, start);
  return {};
}

Result<void, NoiseError> NoiseHandshake::read_message3(std::span<std::uint8_t> message) {
  if (message.size() < kSealedKeyBytes + crypto::kAeadTagBytes) {
    return fail(NoiseError::MessageTooShort);
  }
  OL_TRY_VOID(read_static_key(message.first(kSealedKeyBytes)));
  OL_TRY_VOID(mix_shared(ephemeral_, remote_static_));
  const auto payload = symmetric_->decrypt_and_hash(message.subspan(kSealedKeyBytes));
  if (!payload) return fail(NoiseError::BadTag);
  return accept_payload(*payload);
}

Result<void, NoiseError> NoiseHandshake::read_static_key(std::span<std::uint8_t> sealed) {
  const auto key = symmetric_->decrypt_and_hash(sealed);
  if (!key) return fail(NoiseError::BadTag);
  remote_static_ = *crypto::X25519PublicKey::from(*key);
  return {};
}

Result<void, NoiseError> NoiseHandshake::accept_payload(ByteView bytes) {
  const auto payload = parse_payload(bytes);
  if (!payload) return fail(NoiseError::BadPayload);
  const auto key = PublicKey::from_message(payload->key);
  if (!key) return fail(NoiseError::UnsupportedKey);
  if (!key->verify(signed_text(remote_static_), payload->signature)) {
    return fail(NoiseError::BadIdentitySignature);
  }
  const PeerId peer(*key);
  if (expected_ && *expected_ != peer) return fail(NoiseError::WrongPeer);
  remote_peer_ = peer;
  return agree_on_muxer(payload->extensions);
}

// libp2p noise spec, early muxer negotiation: the initiator's first choice that the responder has.
Result<void, NoiseError> NoiseHandshake::agree_on_muxer(ByteView extensions) {
  const auto theirs = parse_muxers(extensions);
  if (!theirs) return fail(NoiseError::BadPayload);
  const std::vector<std::string>& ours = identity_.muxers();
  if (theirs->empty() || ours.empty()) return {};
  const bool initiator = role_ == NoiseRole::Initiator;
  const std::vector<std::string>& wanted = initiator ? ours : *theirs;
  const std::vector<std::string>& offered = initiator ? *theirs : ours;
  for (const std::string& muxer : wanted) {
    if (std::find(offered.begin(), offered.end(), muxer) == offered.end()) continue;
    muxer_ = muxer;
    return {};
  }
  return fail(NoiseError::NoCommonMuxer);
}

NoiseSession NoiseHandshake::take_session() {
  OL_CHECK(done(), "a session exists once the handshake is done");
  OL_CHECK(symmetric_ != nullptr, "a session is taken once");
  auto [initiator_key, responder_key] = symmetric_->split();
  const bool initiator = role_ == NoiseRole::Initiator;
  NoiseSession session{remote_peer_, muxer_, symmetric_->hash(),
                       std::move(initiator ? initiator_key : responder_key),
                       std::move(initiator ? responder_key : initiator_key)};
  symmetric_.reset();
  return session;
}

Result<void, NoiseError> NoiseSealer::seal(ByteView plaintext, Bytes& out) {
  do {
    if (counter_ == UINT64_MAX) return fail(NoiseError::NonceExhausted);
    const ByteView piece = plaintext.first(std::min(plaintext.size(), kNoisePlaintextBytesMax));
    plaintext = plaintext.subspan(piece.size());
    const std::size_t start = begin_message(out);
    append(out, piece);
    OL_TRY_VOID(seal_tail(out, start));
  } while (!plaintext.empty());
  return {};
}

Result<void, NoiseError> NoiseSealer::seal_tail(Bytes& out, std::size_t start) {
  if (counter_ == UINT64_MAX) return fail(NoiseError::NonceExhausted);
  const std::size_t size = out.size() - start - kNoiseLengthBytes;
  OL_CHECK(size <= kNoisePlaintextBytesMax, "a message holds 65519 bytes of plaintext");
  out.resize(out.size() + crypto::kAeadTagBytes);
  const auto sealed = std::span(out).subspan(start + kNoiseLengthBytes);
  cipher_.seal(crypto::noise_nonce(counter_), {}, sealed.first(size),
               sealed.last<crypto::kAeadTagBytes>());
  counter_ += 1;
  finish_message(out, start);
  return {};
}

void NoiseOpener::feed(ByteView ciphertext) {
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(start_));
  start_ = 0;
  append(input_, ciphertext);
}

Result<std::optional<ByteView>, NoiseError> NoiseOpener::next() {
  const auto rest = std::span(input_).subspan(start_);
  if (rest.size() < kNoiseLengthBytes) return std::nullopt;
  const std::size_t length = announced_length(rest);
  if (length < crypto::kAeadTagBytes) return fail(NoiseError::MessageTooShort);
  if (rest.size() < kNoiseLengthBytes + length) return std::nullopt;
  if (counter_ == UINT64_MAX) return fail(NoiseError::NonceExhausted);
  const auto sealed = rest.subspan(kNoiseLengthBytes, length);
  const auto text = sealed.first(length - crypto::kAeadTagBytes);
  if (!cipher_.open(crypto::noise_nonce(counter_), {}, text,
                    sealed.last<crypto::kAeadTagBytes>())) {
    return fail(NoiseError::BadTag);
  }
  counter_ += 1;
  start_ += kNoiseLengthBytes + length;
  return text;
}

}  // namespace ol::p2p
