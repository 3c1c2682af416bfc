#include <ol/consensus/conflict.hpp>

namespace ol::consensus {
namespace {

using primitives::Phase;

constexpr std::uint16_t kVersion = 1;

bool contradict(const Conflict& conflict) {
  const primitives::VoteSubject& first = conflict.first.subject;
  const primitives::VoteSubject& second = conflict.second.subject;
  if (first.phase != Phase::Precommit || second.phase != Phase::Precommit) return false;
  return first.height == second.height && first.block != second.block;
}

}  // namespace

Bytes encode_conflict(const Conflict& conflict) {
  Writer out;
  out.u16(kVersion);
  primitives::encode(out, conflict.first);
  primitives::encode(out, conflict.second);
  return out.take();
}

Result<Conflict, DecodeError> decode_conflict(ByteView bytes) {
  Reader in(bytes);
  if (in.u16() != kVersion) in.reject(DecodeError::BadValue);
  Conflict out;
  out.first = primitives::decode_quorum_certificate(in);
  out.second = primitives::decode_quorum_certificate(in);
  OL_TRY_VOID(in.finish());
  if (!contradict(out)) return fail(DecodeError::BadValue);
  return out;
}

}  // namespace ol::consensus
