#pragma once

#include <ol/primitives/certificate.hpp>

namespace ol::consensus {

/// Two certificates that make different blocks final at one height, in the order they were learned.
/// A third or more of the weight signed both (requirements T5); nothing is final after them.
struct Conflict {
  primitives::QuorumCertificate first;
  primitives::QuorumCertificate second;
};

/// What a node keeps so that it stays halted. Format: docs/protocol/safety-record.md, "Halt".
[[nodiscard]] Bytes encode_conflict(const Conflict& conflict);
/// Strict and bounded; DecodeError::BadValue for an unknown version, and for two certificates that
/// do not contradict each other.
[[nodiscard]] Result<Conflict, DecodeError> decode_conflict(ByteView bytes);

}  // namespace ol::consensus
