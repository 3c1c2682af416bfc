#include "dkg_messages.hpp"

#include <string_view>

#include <ol/base/check.hpp>
#include <ol/base/codec.hpp>
#include <ol/crypto/aead.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::crypto::detail {
namespace {

constexpr std::string_view kSigningTag = "openliquid/ceremony/message/v1";
constexpr std::string_view kShareTag = "openliquid/ceremony/share/v1";
constexpr std::string_view kEphemeralTag = "openliquid/ceremony/ephemeral/v1";
constexpr std::uint8_t kVersion = 1;

void write_points(Writer& out, std::span<const BlsPublicKey> points) {
  for (const auto& point : points)
    out.raw(point.to_bytes());
}

std::vector<BlsPublicKey> read_points(Reader& in, std::uint16_t count) {
  std::vector<BlsPublicKey> out;
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    const auto point = BlsPublicKey::from_bytes(in.raw(BlsPublicKey::kSize));
    if (!point) {
      in.reject(DecodeError::BadValue);
      break;
    }
    out.push_back(*point);
  }
  return out;
}

// Zero is allowed: a dealer's polynomial may have a root, however unlikely.
std::optional<Scalar> read_scalar(ByteView bytes) {
  const auto scalar = Scalar::reduce(bytes);
  if (!equal_constant_time(scalar.big_endian().view(), bytes)) return std::nullopt;
  return scalar;
}

std::optional<SharePair> read_pair(ByteView bytes) {
  if (bytes.size() != 64) return std::nullopt;
  const auto value = read_scalar(bytes.first(32));
  const auto blinding = read_scalar(bytes.last(32));
  if (!value || !blinding) return std::nullopt;
  return SharePair{*value, *blinding};
}

Dealing read_dealing(Reader& in, const ThresholdParams& params) {
  Dealing out{read_points(in, params.quorum), {}};
  for (std::uint16_t i = 0; i < params.holders && in.ok(); ++i) {
    const ByteView sealed = in.raw(kSealedPairBytes);
    if (!in.ok()) break;
    std::copy(sealed.begin(), sealed.end(), out.pairs.emplace_back().begin());
  }
  return out;
}

// Member indices are listed in ascending order, so that a set has one encoding.
ShareIndex read_member(Reader& in, const ThresholdParams& params,
                       std::optional<ShareIndex> previous) {
  const ShareIndex member(in.u16());
  if (member.value() >= params.holders) in.reject(DecodeError::OverLimit);
  if (previous && member <= *previous) in.reject(DecodeError::NonCanonical);
  return member;
}

Accused read_accused(Reader& in, const ThresholdParams& params) {
  Accused out;
  const std::uint16_t count = in.u16();
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    out.push_back(read_member(in, params, out.empty() ? std::nullopt : std::optional(out.back())));
  }
  return out;
}

Pairs read_pairs(Reader& in, const ThresholdParams& params) {
  Pairs out;
  std::optional<ShareIndex> previous;
  const std::uint16_t count = in.u16();
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    previous = read_member(in, params, previous);
    const auto pair = read_pair(in.raw(64));
    if (!pair) {
      in.reject(DecodeError::BadValue);
      break;
    }
    out.emplace(*previous, *pair);
  }
  return out;
}

DkgBody read_body(Reader& in, DkgRound round, const ThresholdParams& params) {
  switch (round) {
    case DkgRound::Deal:
      return read_dealing(in, params);
    case DkgRound::Complaints:
      return read_accused(in, params);
    case DkgRound::Openings:
      return read_points(in, params.quorum);
    case DkgRound::Justifications:
    case DkgRound::OpeningComplaints:
    case DkgRound::Recovery:
      return read_pairs(in, params);
  }
  in.reject(DecodeError::BadValue);
  return Accused{};
}

void write_pair(Writer& out, const SharePair& pair) {
  out.raw(pair.value.big_endian().view()).raw(pair.blinding.big_endian().view());
}

struct BodyWriter {
  Writer& out;

  void operator()(const Dealing& dealing) const {
    write_points(out, dealing.commitments);
    for (const auto& pair : dealing.pairs)
      out.raw(pair);
  }
  void operator()(const Accused& accused) const {
    out.u16(static_cast<std::uint16_t>(accused.size()));
    for (const ShareIndex dealer : accused)
      out.strong(dealer);
  }
  void operator()(const Pairs& pairs) const {
    out.u16(static_cast<std::uint16_t>(pairs.size()));
    for (const auto& [member, pair] : pairs) {
      out.strong(member);
      write_pair(out, pair);
    }
  }
  void operator()(const Opening& opening) const { write_points(out, opening); }
};

Bytes signed_part(ByteView message) {
  Bytes out = to_bytes(as_bytes(kSigningTag));
  append(out, message);
  return out;
}

AeadKey pair_key(const DkgCeremony& ceremony, ShareIndex dealer, ShareIndex recipient,
                 const SecretBytes<32>& shared, const X25519PublicKey& ephemeral) {
  Writer info;
  info.fixed(ceremony.id()).strong(dealer).strong(recipient).fixed(ephemeral);
  AeadKey key;
  hkdf_sha256(as_bytes(kShareTag), shared.view(), info.bytes(), key.span());
  return key;
}

}  // namespace

Result<DkgMessage, DkgError> decode_message(const DkgCeremony& ceremony, ByteView bytes) {
  Reader in(bytes);
  if (in.u8() != kVersion) return fail(DkgError::Malformed);
  const std::uint8_t round = in.u8();
  if (round < 1 || round > 6) return fail(DkgError::Malformed);
  if (in.fixed<Hash256>() != ceremony.id()) {
    return fail(in.ok() ? DkgError::WrongCeremony : DkgError::Malformed);
  }
  DkgMessage out;
  out.round = static_cast<DkgRound>(round);
  out.sender = read_member(in, ceremony.params, std::nullopt);
  out.before = in.fixed<Hash256>();
  if (!in.ok()) return fail(DkgError::Malformed);
  out.body = read_body(in, out.round, ceremony.params);
  in.raw(Ed25519Signature::kSize);
  if (!in.finish()) return fail(DkgError::Malformed);
  return out;
}

Bytes encode_message(const DkgCeremony& ceremony, const DkgMessage& message,
                     const Ed25519SecretKey& key) {
  Writer out;
  out.u8(kVersion).u8(static_cast<std::uint8_t>(message.round)).fixed(ceremony.id());
  out.strong(message.sender).fixed(message.before);
  std::visit(BodyWriter{out}, message.body);
  out.fixed(key.sign(signed_part(out.bytes())));
  return out.take();
}

bool signature_valid(const DkgMember& member, ByteView bytes) {
  OL_CHECK(bytes.size() >= Ed25519Signature::kSize, "the message was decoded");
  const std::size_t size = bytes.size() - Ed25519Signature::kSize;
  const auto signature = Ed25519Signature::from(bytes.subspan(size));
  return verify(member.identity, signed_part(bytes.first(size)), *signature);
}

SealedPair seal_pair(const DkgCeremony& ceremony, const DkgSecret& dealer_secret, ShareIndex dealer,
                     ShareIndex recipient, const SharePair& pair) {
  SecretBytes<32> ephemeral_secret;
  hkdf_sha256(as_bytes(kEphemeralTag), dealer_secret.seed().view(),
              Writer().fixed(ceremony.id()).strong(recipient).bytes(), ephemeral_secret.span());
  const auto ephemeral = X25519KeyPair::from_secret(std::move(ephemeral_secret));
  const auto shared = ephemeral.shared_secret(ceremony.members[recipient.value()].encryption);
  OL_CHECK(shared.has_value(), "the ceremony's check() refused keys of small order");

  SealedPair out{};
  const std::span<std::uint8_t> bytes(out);
  std::ranges::copy(ephemeral.public_key().bytes, bytes.begin());
  std::ranges::copy(pair.value.big_endian().view(), bytes.subspan(32).begin());
  std::ranges::copy(pair.blinding.big_endian().view(), bytes.subspan(64).begin());
  AeadSealer sealer(pair_key(ceremony, dealer, recipient, *shared, ephemeral.public_key()));
  sealer.seal(AeadNonce{}, {}, bytes.subspan(32, 64), bytes.last<kAeadTagBytes>());
  return out;
}

std::optional<SharePair> open_pair(const DkgCeremony& ceremony, const DkgSecret& secret,
                                   ShareIndex dealer, ShareIndex recipient,
                                   const SealedPair& sealed) {
  const ByteView bytes(sealed);
  const auto ephemeral = X25519PublicKey::from(bytes.first(32));
  const auto shared = secret.encryption().shared_secret(*ephemeral);
  if (!shared) return std::nullopt;
  SecretBytes<64> text(bytes.subspan<32, 64>());
  AeadOpener opener(pair_key(ceremony, dealer, recipient, *shared, *ephemeral));
  if (!opener.open(AeadNonce{}, {}, text.span(), bytes.last<kAeadTagBytes>())) return std::nullopt;
  return read_pair(text.view());
}

Hash256 DkgMessages::digest_before(DkgRound round) const {
  Writer out;
  out.fixed(ceremony_id);
  for (const auto& [key, digest] : digests) {
    if (key.first >= round) break;
    out.u8(static_cast<std::uint8_t>(key.first)).strong(key.second).fixed(digest);
  }
  return blake3(out.bytes());
}

}  // namespace ol::crypto::detail
