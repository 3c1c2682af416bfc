#pragma once

// Switches that remove one safety clause each, so that a named test can prove the clause is needed.
// All are false in every shipped build; only scripts/mutants and the mutant programs under sim/
// define the macros. Clauses without a switch are listed in test/mutants/.
namespace ol::consensus {

#ifdef OL_MUTANT_DROP_LOCK
inline constexpr bool kMutantDropLock = true;
#else
inline constexpr bool kMutantDropLock = false;
#endif

#ifdef OL_MUTANT_SMALL_QUORUM
inline constexpr bool kMutantSmallQuorum = true;
#else
inline constexpr bool kMutantSmallQuorum = false;
#endif

// Commits when the last block of the chain is proposed, without its certificate (trap T2).
#ifdef OL_MUTANT_COMMIT_ON_PROPOSAL
inline constexpr bool kMutantCommitOnProposal = true;
#else
inline constexpr bool kMutantCommitOnProposal = false;
#endif

// Commits over a gap in the views.
#ifdef OL_MUTANT_SKIP_CONSECUTIVE
inline constexpr bool kMutantSkipConsecutive = true;
#else
inline constexpr bool kMutantSkipConsecutive = false;
#endif

// Votes again in a view already voted in or left.
#ifdef OL_MUTANT_SKIP_VIEW_CHECK
inline constexpr bool kMutantSkipViewCheck = true;
#else
inline constexpr bool kMutantSkipViewCheck = false;
#endif

// Counts every copy of a vote (trap T9).
#ifdef OL_MUTANT_COUNT_TWICE
inline constexpr bool kMutantCountTwice = true;
#else
inline constexpr bool kMutantCountTwice = false;
#endif

// Hands out signatures although the record was not stored (trap T10).
#ifdef OL_MUTANT_SEND_BEFORE_PERSIST
inline constexpr bool kMutantSendBeforePersist = true;
#else
inline constexpr bool kMutantSendBeforePersist = false;
#endif

// Accepts proposals of another chain (trap T8).
#ifdef OL_MUTANT_ANY_CHAIN
inline constexpr bool kMutantAnyChain = true;
#else
inline constexpr bool kMutantAnyChain = false;
#endif

// Accepts a proposal on an older certificate than its timeout certificate names.
#ifdef OL_MUTANT_IGNORE_TC_VIEWS
inline constexpr bool kMutantIgnoreTcViews = true;
#else
inline constexpr bool kMutantIgnoreTcViews = false;
#endif

// Signs without the safety record of the last run (trap T10).
#ifdef OL_MUTANT_FORGET_RECORD
inline constexpr bool kMutantForgetRecord = true;
#else
inline constexpr bool kMutantForgetRecord = false;
#endif

// Votes in a new round as if nothing were locked (trap T8).
#ifdef OL_MUTANT_FORGET_SLOT_LOCK
inline constexpr bool kMutantForgetSlotLock = true;
#else
inline constexpr bool kMutantForgetSlotLock = false;
#endif

// Counts a voter outside the set with weight one (trap T4).
#ifdef OL_MUTANT_COUNT_STRANGERS
inline constexpr bool kMutantCountStrangers = true;
#else
inline constexpr bool kMutantCountStrangers = false;
#endif

// Takes 2f + 1 for a quorum, which at n = 6 is half of the set (trap T1).
#ifdef OL_MUTANT_TWO_F_PLUS_ONE
inline constexpr bool kMutantTwoFPlusOne = true;
#else
inline constexpr bool kMutantTwoFPlusOne = false;
#endif

}  // namespace ol::consensus
