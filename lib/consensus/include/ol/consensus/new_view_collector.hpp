#pragma once

#include <map>
#include <optional>

#include <ol/consensus/messages.hpp>

namespace ol::consensus {

/// Counts validators that left a view. Each validator is remembered only at the highest view it
/// left, so memory is bounded by the set. Not thread-safe.
class NewViewCollector {
 public:
  explicit NewViewCollector(const primitives::ValidatorSet& set) : set_(set) {}

  /// Takes a verified statement. @return false if the validator already left this or a later view.
  bool add(primitives::ValidatorIndex sender, View view,
           const primitives::TimeoutSignature& signature);
  /// The timeout certificate of `view` if a quorum left exactly that view.
  [[nodiscard]] std::optional<TimeoutCertificate> certificate(
      View view, Epoch epoch, const primitives::SetHash& set_hash) const;
  /// The highest view that a join threshold of validators (f + 1) left, or went past, at or above
  /// `floor`.
  [[nodiscard]] std::optional<View> join_view(View floor) const;
  /// The same for a quorum.
  [[nodiscard]] std::optional<View> quorum_view(View floor) const;
  /// Who left `view` or a later one, for status displays.
  [[nodiscard]] std::vector<primitives::ValidatorIndex> leavers(View view) const;

 private:
  using Enough = bool (primitives::ValidatorSet::*)(std::uint64_t) const;
  [[nodiscard]] std::optional<View> left_by(Enough enough, View floor) const;

  struct Entry {
    View view;
    primitives::TimeoutSignature signature;
  };

  const primitives::ValidatorSet& set_;
  std::map<primitives::ValidatorIndex, Entry> latest_;
};

}  // namespace ol::consensus
