#include "load_leaders.hpp"

#include <algorithm>

namespace ol::node {

using consensus::LeaderReputation;
using consensus::LedView;
using primitives::Height;

storage::StorageResult<consensus::Leaders> load_leaders(const consensus::EpochSetting& setting,
                                                        primitives::View begins,
                                                        const storage::Database& database) {
  const primitives::Genesis& genesis = setting.genesis;
  const primitives::ValidatorSet& set = setting.set;
  std::vector<LedView> history;
  if (!genesis.leader_reputation)
    return consensus::make_leaders(genesis, set, history, true, begins);
  OL_TRY(const auto snapshot, database.snapshot());
  const std::uint64_t needed = LeaderReputation::views_needed(set.size());
  std::uint64_t height = snapshot->head()->height.value();
  bool whole = false;
  for (; height > 0; --height) {
    OL_TRY(const auto bytes, snapshot->block_bytes(Height(height)));
    if (!bytes) break;
    // A block begins with its header.
    Reader in(*bytes);
    const primitives::Header header = primitives::decode_header(in);
    if (!in.ok()) break;
    whole = header.epoch < set.epoch();
    if (whole) break;
    const bool enough =
        !history.empty() && history.front().view.value() >= header.view.value() + needed;
    if (enough) break;
    history.push_back({header.view, header.proposer});
  }
  std::reverse(history.begin(), history.end());
  return consensus::make_leaders(genesis, set, history, whole || height == 0, begins);
}

}  // namespace ol::node
