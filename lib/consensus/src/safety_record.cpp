#include <ol/consensus/safety_record.hpp>

namespace ol::consensus {
namespace {

constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kSignedBytesMax = 4096;

void encode(Writer& out, const BlockRef& ref) {
  out.strong(ref.view).fixed(ref.block);
}

BlockRef decode_block_ref(Reader& in) {
  BlockRef out;
  out.view = in.strong<View>();
  out.block = in.fixed<BlockHash>();
  return out;
}

Phase decode_phase(Reader& in) {
  const std::uint8_t value = in.u8();
  if (value > static_cast<std::uint8_t>(Phase::Precommit)) {
    in.reject(DecodeError::BadValue);
    return Phase::Generic;
  }
  return static_cast<Phase>(value);
}

}  // namespace

Bytes encode_safety_record(const SafetyRecord& record) {
  Writer out;
  out.u16(kVersion).strong(record.epoch);
  encode(out, record.last_vote);
  out.u8(static_cast<std::uint8_t>(record.last_vote_phase)).strong(record.last_vote_height);
  encode(out, record.lock);
  primitives::encode(out, record.high_qc);
  out.u8(record.high_tc ? 1 : 0);
  if (record.high_tc) primitives::encode(out, *record.high_tc);
  out.strong(record.last_timeout_view).strong(record.last_timeout_high_qc_view);
  encode(out, record.last_proposal);
  out.blob(record.signed_vote).blob(record.signed_timeout);
  return out.take();
}

Result<SafetyRecord, DecodeError> decode_safety_record(ByteView bytes) {
  Reader in(bytes);
  if (in.u16() != kVersion) in.reject(DecodeError::BadValue);
  SafetyRecord out;
  out.epoch = in.strong<Epoch>();
  out.last_vote = decode_block_ref(in);
  out.last_vote_phase = decode_phase(in);
  out.last_vote_height = in.strong<Height>();
  out.lock = decode_block_ref(in);
  out.high_qc = primitives::decode_quorum_certificate(in);
  const std::uint8_t has_tc = in.u8();
  if (has_tc > 1) in.reject(DecodeError::BadValue);
  if (has_tc == 1) out.high_tc = primitives::decode_timeout_certificate(in);
  out.last_timeout_view = in.strong<View>();
  out.last_timeout_high_qc_view = in.strong<View>();
  out.last_proposal = decode_block_ref(in);
  out.signed_vote = to_bytes(in.blob(kSignedBytesMax));
  out.signed_timeout = to_bytes(in.blob(kSignedBytesMax));
  OL_TRY_VOID(in.finish());
  return out;
}

}  // namespace ol::consensus
