#pragma once

// Switches that remove one safety clause each, so that a named simulator scenario can prove the
// clause is needed. All are false in every shipped build; only the mutant programs under sim/
// define the macros.
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

}  // namespace ol::consensus
