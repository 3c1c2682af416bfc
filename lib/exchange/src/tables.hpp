#pragma once

#include <ol/exchange/state.hpp>

namespace ol::exchange {

/// Visits the tables that are stored as they are, with the prefix of their keys. Keys sort with
/// fixed-width fields, but a text within a key carries its length.
template <typename Visit>
void for_each_table(auto& s, Visit visit) {
  visit("cfg/", s.configs);
  visit("tok/", s.tokens);
  visit("agent/", s.agents);
  visit("agentname/", s.agent_names);
  visit("nset/", s.nonces);
  visit("builder/", s.builders);
  visit("refcode/", s.referral_codes);
  visit("reward/", s.rewards);
  visit("vault/", s.vaults);
  visit("share/", s.vault_shares);
  visit("sched/", s.scheduled_cancels);
  visit("twap/", s.twaps);
  visit("trig/", s.triggers);
  visit("tdue/", s.due_triggers);
  visit("group/", s.groups);
  visit("seal/", s.seals);
  visit("osub/", s.submissions);
  visit("ohist/", s.oracle_history);
  visit("subname/", s.sub_names);
  visit("clock/", s.clock);
  visit("snap/", s.snapshots);
  visit("snaprec/", s.kept_records);
  visit("param/", s.param_values);
}

/// Visits the tables that follow from others.
template <typename Visit>
void for_each_derived(auto& s, Visit visit) {
  visit(s.trigger_owners);
  visit(s.trigger_index);
  visit(s.due_line);
  visit(s.cloids);
  visit(s.reduce_only_orders);
  visit(s.debtors);
  visit(s.agent_ends);
  visit(s.cancels_due);
  visit(s.seals_by_height);
  visit(s.slices_due);
}

}  // namespace ol::exchange
