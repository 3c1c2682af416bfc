#include "load_leaders.hpp"

#include <algorithm>

#include <ol/consensus/vrf_leaders.hpp>

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

namespace {

using consensus::Beacon;
using primitives::Epoch;

consensus::VrfLeaders::Chain chain_of(const consensus::EpochSetting& setting,
                                      primitives::View begins) {
  return {
      .domain = setting.genesis.domain, .set = setting.set, .present = &setting, .begins = begins};
}

consensus::Leaders leaders_from(const consensus::VrfLeaders::Chain& chain,
                                const primitives::BlockHash& root, Height height,
                                const Beacon& beacon) {
  auto made = std::make_unique<consensus::VrfLeaders>(chain, root, height, beacon);
  consensus::Leaders out;
  out.vrf = made.get();
  out.schedule = std::move(made);
  return out;
}

primitives::View begins_of(const EpochTable& epochs, Epoch epoch) {
  const auto opening = epochs.opening(epoch);
  return opening ? opening->view() : primitives::View(0);
}

// The beacon after the block at `height`, of `epoch` or the one that it began on. A short epoch
// leads to the one before it, since its seed comes from there.
storage::StorageResult<Beacon> load_beacon(const EpochTable& epochs, Epoch epoch, Height height,
                                           const storage::Snapshot& snapshot) {
  const consensus::EpochSetting& setting = *epochs.find(epoch);
  const primitives::ChainDomain& domain = setting.genesis.domain;
  consensus::BeaconHistory history(begins_of(epochs, epoch), setting.set.size());
  std::optional<Hash256> seed;
  for (;; height = Height(height.value() - 1)) {
    if (height == Height(0)) {
      seed = primitives::genesis_hash(epochs.find(Epoch(0))->genesis);
      break;
    }
    OL_TRY(const auto block, snapshot.block(height));
    if (!block) {
      return fail(storage::StorageError{
          storage::StorageErrorKind::Missing,
          "the block at height " + std::to_string(height.value()) +
              " is missing, and who leads next depends on it; start from an empty data directory"});
    }
    if (block->header.epoch < epoch) {
      OL_TRY(const Beacon before, load_beacon(epochs, block->header.epoch, height, snapshot));
      seed = before.next_seed();
      break;
    }
    const auto item = block->payload.empty() ? std::nullopt
                                             : consensus::decode_leader_item(block->payload.back());
    if (!history.add({block->header.view, item})) break;
  }
  return history.replay(domain.hash, seed);
}

}  // namespace

storage::StorageResult<consensus::Leaders> load_vrf_leaders(const EpochTable& epochs, Epoch epoch,
                                                            const primitives::Block& root,
                                                            const storage::Database& database) {
  OL_TRY(const auto snapshot, database.snapshot());
  OL_TRY(const Beacon beacon, load_beacon(epochs, epoch, root.header.height, *snapshot));
  return leaders_from(chain_of(*epochs.find(epoch), begins_of(epochs, epoch)), root.hash,
                      root.header.height, beacon);
}

consensus::Leaders first_vrf_leaders(const consensus::EpochSetting& setting,
                                     primitives::View begins, const primitives::BlockHash& root,
                                     Height height, const Hash256& seed) {
  return leaders_from(chain_of(setting, begins), root, height,
                      Beacon(setting.genesis.domain.hash, seed));
}

}  // namespace ol::node
