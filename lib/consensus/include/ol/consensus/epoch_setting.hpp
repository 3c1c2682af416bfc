#pragma once

#include <memory>

#include <ol/consensus/certificate_scheme.hpp>
#include <ol/primitives/set_change.hpp>

namespace ol::consensus {

/// What is fixed for one epoch: its validators and how their votes become certificates. Immutable
/// but for the scheme's caches; neither copied nor moved, since the scheme refers to the set.
struct EpochSetting {
  /// @pre `genesis` passed its rules, as a file or by `apply_set_change`. Its verification vector
  ///   fits its validators.
  EpochSetting(primitives::Genesis genesis, primitives::Epoch epoch);
  EpochSetting(const EpochSetting&) = delete;
  EpochSetting& operator=(const EpochSetting&) = delete;

  /// The chain's parameters with the validators of this epoch.
  primitives::Genesis genesis;
  primitives::ValidatorSet set;
  primitives::SetHash set_hash;
  std::unique_ptr<CertificateScheme> scheme;
};

/// The epoch that a block of `present` with this payload begins, if it closes its own: its last
/// item carries a sound change, and it has at most kClosingItemsMax. A pure function, the same at
/// every node. Source: docs/adr/0013-epochs.md, 2.
[[nodiscard]] std::unique_ptr<EpochSetting> next_setting(const EpochSetting& present,
                                                         std::size_t items, ByteView last_item);
/// The same for the whole payload of a block.
[[nodiscard]] std::unique_ptr<EpochSetting> next_setting(const EpochSetting& present,
                                                         const std::vector<Bytes>& payload);
/// Shortens a payload that a leader picked, so that a change in it is its last item.
void cut_payload(const EpochSetting& present, std::vector<Bytes>& payload);

}  // namespace ol::consensus
