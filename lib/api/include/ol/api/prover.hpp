#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/exchange/access.hpp>
#include <ol/exchange/proof.hpp>

namespace ol::api {

/// What is asked to be proved: every record between two places, at most so many.
struct ProofRange {
  exchange::TreeKey first;
  exchange::TreeKey last;
  std::size_t records_max = exchange::kProvenLeavesMax - 2;
};

/// The record with that key, or that there is none.
[[nodiscard]] ProofRange one_record(ByteView key);
/// Records whose keys begin so. @pre At most 32 bytes.
[[nodiscard]] ProofRange records_below(ByteView prefix);

/// Proofs of what the exchange's state is after the last final block (dex.md 18). The tree over
/// all records is made with the first proof, from what the node stored, and brought up to date with
/// each one, so that a node that is never asked pays nothing. Neither blocks nor other readers wait
/// for it. Any thread.
class Prover {
 public:
  struct Proved {
    std::uint64_t height = 0;  // the state after this block
    std::vector<exchange::RangeProof> proofs;
  };

  /// `access` must outlive it.
  explicit Prover(exchange::Access& access);
  ~Prover();
  Prover(const Prover&) = delete;
  Prover& operator=(const Prover&) = delete;

  /// Brings the tree up to date; may take long. Not from within `Access::read`.
  void prepare();
  /// Of the state that `Access::read` is showing just now: for calls from within, `prepare` before
  /// it. Nothing where the tree is of another block: try both again in a moment.
  [[nodiscard]] std::optional<Proved> prove_in(const exchange::State& state,
                                               const std::vector<ProofRange>& ranges);
  /// Of the present state.
  [[nodiscard]] std::optional<Proved> prove(const std::vector<ProofRange>& ranges);

 private:
  class Tree;
  exchange::Access& access_;
  std::unique_ptr<Tree> tree_;
};

}  // namespace ol::api
