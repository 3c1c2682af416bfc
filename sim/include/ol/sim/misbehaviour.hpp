#pragma once

#include <cstdint>

namespace ol::sim {

/// The ways to break the rules, each as often as its number says, in thousandths.
struct Misbehaviour {
  std::uint64_t equivocate = 0;         // two proposals in one view, each to a part
  std::uint64_t withhold_proposal = 0;  // to some or all
  std::uint64_t stale_proposal = 0;     // on the oldest certificate anyone would accept
  std::uint64_t wrong_root = 0;
  std::uint64_t withhold_vote = 0;
  std::uint64_t bad_share = 0;
  std::uint64_t vote_everything = 0;
  std::uint64_t stale_new_view = 0;
  std::uint64_t withhold_new_view = 0;
  std::uint64_t withhold_certificate = 0;
  std::uint64_t flip_bits = 0;
  std::uint64_t replay = 0;
  std::uint64_t forge_certificate = 0;
  std::uint64_t few_votes = 0;  // certifies blocks with the votes of Byzantine validators alone
};

}  // namespace ol::sim
