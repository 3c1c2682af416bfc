#include "dev_steps.hpp"

#include <algorithm>

#include <ol/base/check.hpp>

#include "due.hpp"
#include "persistence.hpp"

namespace ol::exchange {
namespace {

// Snapshots do not keep snapshots, nor the clock, which never goes back.
bool is_kept(ByteView key) {
  const std::string_view text = as_text(key);
  return !text.starts_with("snap/") && !text.starts_with("snaprec/") && !text.starts_with("clock/");
}

void copy_snapshots(const State& from, std::uint64_t below, State& to) {
  for (const auto& [height, count] : from.snapshots.items()) {
    if (height < below) to.snapshots.set(height, count);
  }
  for (const auto& [key, value] : from.kept_records.items()) {
    if (key.first < below) to.kept_records.set(key, value);
  }
}

// Seals count blocks: from one of the block before to its seed, from any to its end (dex.md 19.2).
void shift_seals(State& state, std::uint64_t blocks) {
  std::vector<std::pair<Address, Hash256>> all;
  for (const auto& [key, seal] : state.seals.items())
    all.push_back(key);
  for (const auto& key : all) {
    Seal seal = *state.seals.find(key);
    seal.height += blocks;
    set_seal(state, key, seal);
  }
}

}  // namespace

bool run_system(Context& ctx, const AdvanceTime& action) {
  const TimeMs ahead = ctx.state.clock_ahead();
  if (action.ms == 0 || action.ms > kAdvanceMsMax || ahead > kAheadMsMax - action.ms) return false;
  ctx.state.clock.set(0, ahead + action.ms);
  return true;
}

bool run_system(Context& /*ctx*/, const MineBlocks& action) {
  return action.blocks > 0 && action.blocks <= kMineBlocksMax;
}

bool run_system(Context& ctx, const TakeSnapshot& /*action*/) {
  State& state = ctx.state;
  const std::uint64_t height = ctx.block.height;
  const bool full = state.snapshots.items().size() >= kSnapshotsMax;
  // The EVM's state is kept as the block before left it, which a revert here would not be.
  const bool goes_back = std::ranges::any_of(ctx.block.system, [](const SystemAction& one) {
    return std::holds_alternative<RevertTo>(one);
  });
  if (full || goes_back || state.snapshots.contains(height)) return false;
  std::uint64_t count = 0;
  for (auto& [key, value] : dump_records(state)) {
    if (!is_kept(key)) continue;
    state.kept_records.set({height, key}, value);
    ++count;
  }
  state.snapshots.set(height, count);
  return true;
}

bool run_system(Context& ctx, const SetParams& action) {
  Params scratch;
  const bool fit = std::ranges::all_of(action.values, [&](const SetParams::Value& one) {
    return set_param(scratch, one.name, one.value);
  });
  if (!fit || action.values.empty()) return false;
  for (const SetParams::Value& one : action.values)
    ctx.state.param_values.set(one.name, one.value);
  return true;
}

std::optional<std::size_t> find_revert(const State& state, const BlockInput& block) {
  for (std::size_t i = 0; i < block.system.size(); ++i) {
    const auto* revert = std::get_if<RevertTo>(&block.system[i]);
    if (revert != nullptr && state.snapshots.contains(revert->snapshot)) return i;
  }
  return std::nullopt;
}

std::unique_ptr<State> kept_state(const State& now, std::uint64_t snapshot) {
  StateRecords records;
  const auto& kept = now.kept_records.items();
  for (auto it = kept.lower_bound({snapshot, Bytes{}});
       it != kept.end() && it->first.first == snapshot; ++it) {
    records.emplace(it->first.second, it->second);
  }
  auto out = std::make_unique<State>();
  const auto loaded = load_records(*out, records);
  OL_CHECK(loaded.has_value(), "a state is read back from its records");
  shift_seals(*out, now.global().height + 1 - snapshot);
  if (now.clock_ahead() != 0) out->clock.set(0, now.clock_ahead());
  copy_snapshots(now, snapshot, *out);
  out->log.forget_before(out->log.mark());
  return out;
}

StateDiff difference(const StateRecords& before, const StateRecords& after) {
  StateDiff out;
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) out.put(key, std::nullopt);
  }
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old == before.end() || old->second != value) out.put(key, value);
  }
  return out;
}

Params params_of(const Params& genesis, const State& state) {
  Params out = genesis;
  for (const auto& [name, value] : state.param_values.items())
    OL_CHECK(set_param(out, name, value), "only parameters that exist are set");
  return out;
}

}  // namespace ol::exchange
