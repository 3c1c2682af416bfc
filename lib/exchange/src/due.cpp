#include "due.hpp"

#include <vector>

namespace ol::exchange {
namespace {

// An agent that is over is named no more.
void index_agent(State& state, const Address& address, const Agent& agent) {
  if (!agent.revoked && agent.valid_until != 0) {
    state.agent_ends.set({agent.valid_until, address}, true);
  }
}

SliceKey slice_key(TwapId id, const Twap& twap, TimeMs period_ms) {
  return {period_ms, twap.start + period_ms * (TimeMs{twap.done} + 1), id};
}

void unindex_agent(State& state, const Address& agent) {
  if (const Agent* old = state.agents.find(agent)) {
    state.agent_ends.erase({old->valid_until, agent});
  }
}

}  // namespace

void set_agent(State& state, const Address& agent, const Agent& record) {
  unindex_agent(state, agent);
  state.agents.set(agent, record);
  index_agent(state, agent, record);
}

void erase_agent(State& state, const Address& agent) {
  unindex_agent(state, agent);
  state.agents.erase(agent);
}

void set_scheduled_cancel(State& state, const Address& account, TimeMs time) {
  if (const TimeMs* old = state.scheduled_cancels.find(account)) {
    state.cancels_due.erase({*old, account});
  }
  state.scheduled_cancels.erase(account);
  if (time == 0) return;
  state.scheduled_cancels.set(account, time);
  state.cancels_due.set({time, account}, true);
}

void set_seal(State& state, const OwnedCommitment& key, const Seal& seal) {
  erase_seal(state, key);
  state.seals.set(key, seal);
  state.seals_by_height.set({seal.height, key}, true);
}

void erase_seal(State& state, const OwnedCommitment& key) {
  if (const Seal* old = state.seals.find(key)) state.seals_by_height.erase({old->height, key});
  state.seals.erase(key);
}

void set_twap(State& state, TwapId id, const Twap& twap, TimeMs period_ms) {
  if (const Twap* old = state.twaps.find(id)) {
    state.slices_due.erase(slice_key(id, *old, period_ms));
  }
  state.twaps.set(id, twap);
  state.slices_due.set(slice_key(id, twap, period_ms), true);
}

void erase_twap(State& state, TwapId id, TimeMs period_ms) {
  state.slices_due.erase(slice_key(id, *state.twaps.find(id), period_ms));
  state.twaps.erase(id);
}

void index_slices(State& state, TimeMs period_ms) {
  const auto& index = state.slices_due.items();
  if (index.empty() || index.begin()->first.period_ms == period_ms) return;
  std::vector<SliceKey> old;
  for (const auto& [key, due] : index)
    old.push_back(key);
  for (const SliceKey& key : old)
    state.slices_due.erase(key);
  for (const auto& [id, twap] : state.twaps.items())
    state.slices_due.set(slice_key(id, twap, period_ms), true);
}

void derive_due(State& state) {
  for (const auto& [address, agent] : state.agents.items())
    index_agent(state, address, agent);
  for (const auto& [account, time] : state.scheduled_cancels.items())
    state.cancels_due.set({time, account}, true);
  for (const auto& [key, seal] : state.seals.items())
    state.seals_by_height.set({seal.height, key}, true);
  // The period is a parameter's: `index_slices` of the next block knows it.
  for (const auto& [id, twap] : state.twaps.items())
    state.slices_due.set(slice_key(id, twap, 0), true);
}

}  // namespace ol::exchange
