#pragma once

#include <ol/consensus/voting_rule.hpp>

namespace ol::consensus {

/// What the prepare rule needs to know of a proposal in `view`.
struct PrepareFacts {
  /// The round the block is proposed in, which after a re-proposal is above the block's own view.
  View view;
  BlockHash block;
  Height height;
};

/// The block that a validator is held to at `height`: the one of its best certificate, which the
/// record keeps as `high_qc`. Of prepares, it is the lock; of precommits, the block is final but
/// may be missing on a disk that a crash left behind.
[[nodiscard]] std::optional<BlockRef> lock_at(const SafetyRecord& record, Height height);

/// Whether to vote Prepare. @pre the certificate that the proposal carries was learned.
/// @return the record to make durable before the vote is signed.
[[nodiscard]] Result<SafetyRecord, VoteRefusal> decide_prepare(const SafetyRecord& record,
                                                               const PrepareFacts& facts);
/// Whether to vote Precommit on the best prepare certificate. @pre record.high_qc is one.
[[nodiscard]] Result<SafetyRecord, VoteRefusal> decide_precommit(const SafetyRecord& record);
/// The record after learning a prepare certificate: the lock may rise, never fall.
[[nodiscard]] SafetyRecord decide_lock(const SafetyRecord& record,
                                       const QuorumCertificate& prepared);

}  // namespace ol::consensus
