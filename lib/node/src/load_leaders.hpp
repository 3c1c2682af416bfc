#pragma once

#include <ol/consensus/epoch_setting.hpp>
#include <ol/consensus/leader_reputation.hpp>
#include <ol/storage/database.hpp>

namespace ol::node {

/// The leader schedule of an epoch, told of as many of its stored blocks as decide who leads next.
/// `setting` must outlive it.
/// @param begins  The view of the block that the epoch begins on.
[[nodiscard]] storage::StorageResult<consensus::Leaders> load_leaders(
    const consensus::EpochSetting& setting, primitives::View begins,
    const storage::Database& database);

}  // namespace ol::node
