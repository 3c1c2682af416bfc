#!/usr/bin/env bash
# Shows that each safety clause of lib/consensus has a test that needs it: builds the shipped sources
# with one clause removed (src/mutants.hpp), links them with the unchanged tests and expects a named
# test to fail. Usage: tools/consensus_mutants.sh [BUILD_DIR], a configured build of this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/dev}")
sources=$PWD/lib/consensus/src

# Clause removed | tests that must fail.
mutants='
DROP_LOCK|VoteRule.a_branch_beside_the_lock_needs_a_certificate_above_it
SMALL_QUORUM|Counting.asks_for_nothing_before_a_quorum_of_distinct_voters:Schemes/Scheme.fewer_than_a_quorum_prove_nothing/1
COMMIT_ON_PROPOSAL|KernelTest.commits_only_when_the_third_block_itself_is_certified:Stories/Scenario.happens_as_written/t2_proposal_does_not_commit
SKIP_CONSECUTIVE|VoteRule.commits_the_oldest_of_three_certified_blocks_in_consecutive_views:KernelTest.a_gap_in_views_commits_later_and_in_order
SKIP_VIEW_CHECK|VoteRule.rejects_vote_at_or_below_last_voted_view:KernelTest.a_timer_ends_voting_in_its_view
COUNT_TWICE|Counting.asks_for_nothing_before_a_quorum_of_distinct_voters
SEND_BEFORE_PERSIST|Signer.signs_only_what_the_disk_already_holds
ANY_CHAIN|Verifier.refuses_each_broken_rule_by_its_name
IGNORE_TC_VIEWS|Verifier.a_skipped_view_needs_a_timeout_certificate_of_the_view_before:Stories/Scenario.happens_as_written/t2_proposal_does_not_commit
FORGET_RECORD|Signer.never_signs_two_votes_for_a_view_across_restarts:Stories/Scenario.happens_as_written/restart_never_votes_twice
'
for name in $(grep -oP '^#ifdef OL_MUTANT_\K\w+' "$sources/mutants.hpp"); do
  grep -q "^$name|" <<<"$mutants" || { echo "$name: no test is named for this clause"; exit 1; }
done

ninja -C "$build" consensus_test >/dev/null
commands=$(ninja -C "$build" -t commands consensus_test)
link=$(tail -n 1 <<<"$commands")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$build"

# The tests must pass while nothing is removed, or their failing later would show nothing.
bin/consensus_test --gtest_brief=1 >"$work/unchanged.log" || { cat "$work/unchanged.log"; exit 1; }

# Compiles the sources that look at the switch of mutant $1 and links them as $work/mutant.
build_mutant() {
  local switch source compile
  switch=$(grep -A1 "^#ifdef OL_MUTANT_$1\$" "$sources/mutants.hpp" | grep -oP 'kMutant\w+')
  rm -f "$work"/*.o
  for source in $(grep -lw "$switch" "$sources"/*.cpp); do
    compile=$(grep -F -- "-c $source" <<<"$commands")
    eval "$(sed -E "s# -o [^ ]+# -o $work/$(basename "$source").o#; s# -MF [^ ]+# -MF $work/d#" <<<"$compile") -DOL_MUTANT_$1" || return
  done
  # Behind the tests' own objects, which hold the checked inline functions, before the library.
  eval "$(sed -E "s# -o bin/consensus_test# -o $work/mutant#; s# (lib/consensus/libol_consensus.a)# $work/*.o \\1#" <<<"${link#*: && }")"
}

failed=0
while IFS='|' read -r mutant tests; do
  [ -n "$mutant" ] || continue
  build_mutant "$mutant" || { echo "$mutant: does not build"; exit 1; }
  IFS=: read -ra names <<<"$tests"
  for name in "${names[@]}"; do
    # In a subshell of its own, since a removed clause may well end in an abort.
    if ("$work/mutant" --gtest_filter="$name" --gtest_brief=1; exit $?) >"$work/log" 2>&1; then
      echo "SURVIVES $mutant: $name passes without the clause"
      failed=1
    else
      echo "caught   $mutant by $name"
    fi
  done
done <<<"$mutants"
exit $failed
