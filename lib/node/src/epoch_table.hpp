#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <ol/base/thread_safety.hpp>
#include <ol/consensus/hand_over.hpp>

namespace ol::node {

/// Every epoch that this node knows, from genesis on, with the proofs that lead from each to the
/// next: one file `epochs/N.handover` for the end of epoch N, durable before the epoch is left.
/// What it hands out by reference lives as long as the table. Any thread. Format of a file:
/// docs/protocol/epochs.md.
class EpochTable {
 public:
  /// Reads the proofs and verifies each against the epoch before. The error is a sentence.
  /// @param own  The validator key of this node, if it has one.
  [[nodiscard]] static Result<std::unique_ptr<EpochTable>, std::string> open(
      std::filesystem::path directory, const primitives::Genesis& genesis,
      std::optional<crypto::Ed25519PublicKey> own);

  /// Verifies the proof that the newest epoch is over, and makes it durable. A known one is fine.
  [[nodiscard]] Result<void, std::string> add(const consensus::HandOver& hand_over);

  /// Null if unknown.
  [[nodiscard]] consensus::EpochSetting* find(primitives::Epoch epoch) const;
  /// Encoded.
  [[nodiscard]] std::optional<Bytes> hand_over(primitives::Epoch epoch) const;
  /// On which block `epoch` begins, by its certificate; nothing for the first and for unknown ones.
  [[nodiscard]] std::optional<primitives::QuorumCertificate> opening(primitives::Epoch epoch) const;
  /// The place of this node's key in the set of `epoch`.
  [[nodiscard]] std::optional<primitives::ValidatorIndex> seat(primitives::Epoch epoch) const;
  /// Who is paid for a block; nothing if the epoch or the validator is unknown.
  [[nodiscard]] std::optional<Address> fee_recipient(primitives::Epoch epoch,
                                                     primitives::ValidatorIndex validator) const;

  /// The epoch that consensus is in.
  void enter(primitives::Epoch epoch);
  [[nodiscard]] const consensus::EpochSetting& current() const;

 private:
  struct Entry {
    std::unique_ptr<consensus::EpochSetting> setting;
    /// Of the block that it begins on; absent in the first.
    std::optional<primitives::QuorumCertificate> opening;
    /// Why it ended, encoded; empty while it is the newest.
    Bytes hand_over;
  };

  EpochTable(std::filesystem::path directory, const primitives::Genesis& genesis,
             std::optional<crypto::Ed25519PublicKey> own);
  [[nodiscard]] std::filesystem::path path_of(primitives::Epoch epoch) const;
  void append(consensus::Opening opening, Bytes encoded) OL_REQUIRES(mutex_);

  std::filesystem::path directory_;
  std::optional<crypto::Ed25519PublicKey> own_;
  mutable Mutex mutex_;
  std::deque<Entry> entries_ OL_GUARDED_BY(mutex_);
  primitives::Epoch current_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::node
