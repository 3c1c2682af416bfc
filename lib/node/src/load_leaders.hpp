#pragma once

#include <ol/consensus/leader_reputation.hpp>
#include <ol/storage/database.hpp>

namespace ol::node {

/// The chain's leader schedule, told of as many stored blocks as decide who leads next. `set` must
/// outlive it.
[[nodiscard]] storage::StorageResult<consensus::Leaders> load_leaders(
    const primitives::Genesis& genesis, const primitives::ValidatorSet& set,
    const storage::Database& database);

}  // namespace ol::node
