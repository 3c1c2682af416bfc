#pragma once

#include <optional>

#include <ol/primitives/certificate.hpp>

namespace ol::consensus {

using primitives::BlockHash;
using primitives::Epoch;
using primitives::Height;
using primitives::Phase;
using primitives::QuorumCertificate;
using primitives::TimeoutCertificate;
using primitives::ValidatorIndex;
using primitives::View;

/// A block named by where it stands.
struct BlockRef {
  View view;
  BlockHash block;
  friend auto operator<=>(const BlockRef&, const BlockRef&) = default;
};

/// What a validator must remember to stay safe across restarts: all that bounds what it may sign.
/// Durable before any signature made under it leaves the process. Format:
/// docs/protocol/safety-record.md. Source: specs/consensus.md section 4.
///
/// Invariants:
///  1. Each view below only ever grows.
///  2. lock.view <= high_qc.view.
///  3. signed_vote is the signature of the vote for `last_vote`, signed_timeout that of the
///     timeout of `last_timeout_view`; asked again, these bytes are resent, never made anew.
struct SafetyRecord {
  Epoch epoch;
  BlockRef last_vote;
  Phase last_vote_phase = Phase::Generic;
  Height last_vote_height;
  BlockRef lock;
  QuorumCertificate high_qc;
  std::optional<TimeoutCertificate> high_tc;
  View last_timeout_view;
  View last_timeout_high_qc_view;
  BlockRef last_proposal;
  Bytes signed_vote;
  Bytes signed_timeout;

  friend bool operator==(const SafetyRecord&, const SafetyRecord&) = default;
};

[[nodiscard]] Bytes encode_safety_record(const SafetyRecord& record);
/// Strict; refuses versions it does not know (DecodeError::BadValue).
[[nodiscard]] Result<SafetyRecord, DecodeError> decode_safety_record(ByteView bytes);

}  // namespace ol::consensus
