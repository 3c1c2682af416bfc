#pragma once

#include <ol/consensus/epoch_setting.hpp>
#include <ol/consensus/leader_reputation.hpp>
#include <ol/storage/database.hpp>

#include "epoch_table.hpp"

namespace ol::node {

/// The leader schedule of an epoch, told of as many of its stored blocks as decide who leads next.
/// `setting` must outlive it.
/// @param begins  The view of the block that the epoch begins on.
[[nodiscard]] storage::StorageResult<consensus::Leaders> load_leaders(
    const consensus::EpochSetting& setting, primitives::View begins,
    const storage::Database& database);

/// The same where leaders are drawn by their proofs: told of the last two windows before `root`,
/// the newest block in `database`, which is of this epoch or the one that it began on.
[[nodiscard]] storage::StorageResult<consensus::Leaders> load_vrf_leaders(
    const EpochTable& epochs, primitives::Epoch epoch, const primitives::Block& root,
    const storage::Database& database);
/// The schedule of an epoch that begins on the block `root`, of height `height` and view `begins`.
[[nodiscard]] consensus::Leaders first_vrf_leaders(const consensus::EpochSetting& setting,
                                                   primitives::View begins,
                                                   const primitives::BlockHash& root,
                                                   primitives::Height height, const Hash256& seed);

}  // namespace ol::node
