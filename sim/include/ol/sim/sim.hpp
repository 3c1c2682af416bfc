#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace ol::sim {

/// The command `openliquid sim`: one run printed as a timeline (`--seed S`), or a search
/// (`--seeds A..B --jobs N`). @param args  what follows the word `sim`.
/// @return the exit status: 0 all checks held, 1 a violation was found, 2 wrong usage.
[[nodiscard]] int run_sim(std::span<const std::string> args, std::ostream& out);

}  // namespace ol::sim
