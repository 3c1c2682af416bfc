#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/consensus/evidence.hpp>
#include <ol/primitives/genesis.hpp>

#include "epoch_table.hpp"

namespace ol::node {

/// "double proposal", "double vote" or "invalid share": in logs, metrics, RPC and file names.
[[nodiscard]] const char* kind_name(const consensus::Evidence& evidence);

/// When its two halves were signed.
struct EvidencePoint {
  primitives::Epoch epoch;
  primitives::Height height;
  primitives::View view;
  primitives::Phase phase = primitives::Phase::Generic;
};
[[nodiscard]] EvidencePoint point_of(const consensus::Evidence& evidence);

/// Proofs of misbehaviour on disk, one file each under `directory`, named after what they prove.
/// Only what convinces anyone who knows the validator set gets in: no invalid shares. Of one
/// validator, kind, epoch, view and phase one proof is kept, of one validator and kind
/// `kPerValidatorMax`, in all `kBytesMax`. Any thread.
/// Format of a file: docs/protocol/consensus-messages.md, "Evidence".
class EvidenceStore {
 public:
  static constexpr std::size_t kPerValidatorMax = 8;
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20;
  /// Longest proof: two headers, each with its certificates.
  static constexpr std::size_t kProofBytesMax = std::size_t{512} << 10;

  enum class Outcome : std::uint8_t {
    New,      // it is on disk now
    Known,    // the same is there
    Full,     // enough of this validator, or no room
    NoProof,  // it does not decode or does not prove anything
    /// Of an epoch this node does not know: whoever tells it may have gone further.
    UnknownEpoch,
  };

  /// Reads what is there; files that prove nothing are left where they are and counted. `epochs`
  /// must outlive the store. The error is a sentence for the operator.
  [[nodiscard]] static Result<std::unique_ptr<EvidenceStore>, std::string> open(
      std::filesystem::path directory, const primitives::ChainDomain& domain,
      const EpochTable& epochs);

  /// Checks the proof and makes it durable.
  [[nodiscard]] Result<Outcome, std::string> add(ByteView encoded);
  /// Whether a proof of the same deed is here: cheap, before anything is verified.
  [[nodiscard]] bool knows(const consensus::Evidence& evidence) const;
  /// All proofs, encoded, by validator and view.
  [[nodiscard]] std::vector<Bytes> list() const;
  [[nodiscard]] std::size_t ignored_files() const { return ignored_files_; }

 private:
  /// Validator, kind, epoch, view, phase.
  using Key = std::tuple<std::uint32_t, std::size_t, std::uint64_t, std::uint64_t, std::uint8_t>;

  EvidenceStore(std::filesystem::path directory, const primitives::ChainDomain& domain,
                const EpochTable& epochs);

  [[nodiscard]] bool is_proof(const consensus::Evidence& evidence) OL_REQUIRES(mutex_);
  [[nodiscard]] static Key key_of(const consensus::Evidence& evidence);
  [[nodiscard]] static std::string file_name(const consensus::Evidence& evidence);
  [[nodiscard]] bool has_room(const Key& key, std::size_t bytes) const OL_REQUIRES(mutex_);
  void load();

  std::filesystem::path directory_;
  primitives::ChainDomain domain_;
  const EpochTable& epochs_;
  mutable Mutex mutex_;
  std::map<primitives::Epoch, std::unique_ptr<consensus::CertificateScheme>> schemes_
      OL_GUARDED_BY(mutex_);
  std::map<Key, Bytes> proofs_ OL_GUARDED_BY(mutex_);
  std::size_t bytes_ OL_GUARDED_BY(mutex_) = 0;
  std::size_t ignored_files_ = 0;
};

/// A proof on the gossip channel, where other messages are batches of transactions. Format:
/// docs/protocol/sync.md.
[[nodiscard]] Bytes encode_evidence_gossip(ByteView proof);
/// The proof a gossip message carries, borrowed; nothing if it is a batch.
[[nodiscard]] std::optional<ByteView> evidence_in(ByteView message);

}  // namespace ol::node
