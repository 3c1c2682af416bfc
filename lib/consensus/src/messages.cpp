#include <ol/consensus/messages.hpp>

namespace ol::consensus {
namespace {

enum class Kind : std::uint8_t {
  Proposal = 1,
  Vote = 2,
  NewView = 3,
  Certificate = 4,
  Reproposal = 5,
};

/// Shares are at most one BLS or Ed25519 signature.
constexpr std::size_t kShareBytesMax = 96;

/// No chain gets there; below it, the next view and height always exist.
constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 62;

bool in_range(const primitives::VoteSubject& subject) {
  return subject.view.value() <= kNumberMax && subject.height.value() <= kNumberMax;
}

bool in_range(const VoteMessage& vote) {
  return in_range(vote.subject);
}

bool in_range(const CertificateMessage& message) {
  return in_range(message.certificate.subject);
}

bool in_range(const ReproposalMessage& message) {
  return message.view.value() <= kNumberMax && in_range(message.certificate.subject);
}

bool in_range(const ProposalMessage& message) {
  const primitives::Header& header = message.header;
  if (header.view.value() > kNumberMax || header.height.value() > kNumberMax) return false;
  if (header.timeout_certificate && header.timeout_certificate->view.value() > kNumberMax)
    return false;
  return in_range(header.justify.subject);
}

bool in_range(const NewViewMessage& message) {
  if (message.view.value() > kNumberMax) return false;
  if (message.last_vote && !in_range(message.last_vote->subject)) return false;
  return in_range(message.high_qc.subject);
}

void encode(Writer& out, const ProposalMessage& message) {
  primitives::encode(out, message.header);
  out.u32(static_cast<std::uint32_t>(message.items.size()));
  for (const auto& item : message.items)
    out.fixed(item);
  out.fixed(message.signature);
}

ProposalMessage decode_proposal(Reader& in) {
  ProposalMessage out;
  out.header = primitives::decode_header(in);
  const std::uint32_t count = in.count(primitives::kBlockItemsMax);
  // The hashes must be present before memory is set aside for them.
  if (in.remaining() < std::size_t{count} * primitives::TxnHash::kSize)
    in.reject(DecodeError::Truncated);
  if (!in.ok()) return out;
  out.items.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i)
    out.items.push_back(in.fixed<primitives::TxnHash>());
  out.signature = in.fixed<crypto::Ed25519Signature>();
  return out;
}

void encode(Writer& out, const NewViewMessage& message) {
  out.strong(message.epoch).fixed(message.set_hash).strong(message.view);
  primitives::encode(out, message.high_qc);
  out.strong(message.sender).fixed(message.signature);
  out.u8(message.last_vote ? 1 : 0);
  if (message.last_vote) encode(out, *message.last_vote);
}

NewViewMessage decode_new_view(Reader& in) {
  NewViewMessage out;
  out.epoch = in.strong<primitives::Epoch>();
  out.set_hash = in.fixed<primitives::SetHash>();
  out.view = in.strong<primitives::View>();
  out.high_qc = primitives::decode_quorum_certificate(in);
  out.sender = in.strong<primitives::ValidatorIndex>();
  out.signature = in.fixed<crypto::Ed25519Signature>();
  const std::uint8_t has_vote = in.u8();
  if (has_vote > 1) in.reject(DecodeError::BadValue);
  if (has_vote == 1) out.last_vote = decode_vote_message(in);
  return out;
}

ReproposalMessage decode_reproposal(Reader& in) {
  ReproposalMessage out;
  out.view = in.strong<primitives::View>();
  out.certificate = primitives::decode_quorum_certificate(in);
  out.signature = in.fixed<crypto::Ed25519Signature>();
  return out;
}

}  // namespace

Hash256 reproposal_digest(const primitives::ChainDomain& domain, primitives::View view,
                          const primitives::VoteSubject& certified) {
  primitives::Header where;
  where.epoch = certified.epoch;
  where.set_hash = certified.set_hash;
  where.height = certified.height;
  where.view = view;
  return proposal_digest(domain, where, certified.block);
}

void encode(Writer& out, const VoteMessage& vote) {
  primitives::encode(out, vote.subject);
  out.strong(vote.share.voter).blob(vote.share.signature);
}

VoteMessage decode_vote_message(Reader& in) {
  VoteMessage out;
  out.subject = primitives::decode_vote_subject(in);
  out.share.voter = in.strong<primitives::ValidatorIndex>();
  out.share.signature = to_bytes(in.blob(kShareBytesMax));
  return out;
}

Bytes encode_message(const Message& message) {
  Writer out;
  if (const auto* proposal = std::get_if<ProposalMessage>(&message)) {
    out.u8(static_cast<std::uint8_t>(Kind::Proposal));
    encode(out, *proposal);
  } else if (const auto* vote = std::get_if<VoteMessage>(&message)) {
    out.u8(static_cast<std::uint8_t>(Kind::Vote));
    encode(out, *vote);
  } else if (const auto* new_view = std::get_if<NewViewMessage>(&message)) {
    out.u8(static_cast<std::uint8_t>(Kind::NewView));
    encode(out, *new_view);
  } else if (const auto* certificate = std::get_if<CertificateMessage>(&message)) {
    out.u8(static_cast<std::uint8_t>(Kind::Certificate));
    primitives::encode(out, certificate->certificate);
  } else {
    const auto& again = std::get<ReproposalMessage>(message);
    out.u8(static_cast<std::uint8_t>(Kind::Reproposal)).strong(again.view);
    primitives::encode(out, again.certificate);
    out.fixed(again.signature);
  }
  return out.take();
}

Result<Message, DecodeError> decode_message(ByteView bytes) {
  Reader in(bytes);
  Message out;
  switch (in.u8()) {
    case static_cast<std::uint8_t>(Kind::Proposal):
      out = decode_proposal(in);
      break;
    case static_cast<std::uint8_t>(Kind::Vote):
      out = decode_vote_message(in);
      break;
    case static_cast<std::uint8_t>(Kind::NewView):
      out = decode_new_view(in);
      break;
    case static_cast<std::uint8_t>(Kind::Certificate):
      out = CertificateMessage{primitives::decode_quorum_certificate(in)};
      break;
    case static_cast<std::uint8_t>(Kind::Reproposal):
      out = decode_reproposal(in);
      break;
    default:
      in.reject(DecodeError::BadValue);
  }
  OL_TRY_VOID(in.finish());
  if (!std::visit([](const auto& message) { return in_range(message); }, out))
    return fail(DecodeError::OverLimit);
  return out;
}

}  // namespace ol::consensus
