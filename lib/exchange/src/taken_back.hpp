#pragma once

#include <algorithm>

#include "matching.hpp"

namespace ol::exchange {

// Matching that nothing comes of. It takes nothing from what others may match in the block: it has
// a bound of its own, in all and for each family, and costs credits (docs/adr/0040).

/// What orders and withdrawals that come to nothing may match or look at in a block: a tenth of
/// what all orders may; a tenth of that for one master with its sub-accounts and vaults.
[[nodiscard]] inline std::uint64_t taken_back_max(const Params& params) {
  return std::max<std::uint64_t>(1, params.fills_per_block_max / 10);
}
/// Whether the account's family has some of its part left.
[[nodiscard]] bool has_part_left(const Context& ctx, AccountIndex account);
/// Whether the account may begin what may come to nothing: its part and the block's are not used
/// up.
[[nodiscard]] bool may_take_back(const Context& ctx, AccountIndex account);
/// Undoes what the account's order or action did since `point`. Its matching is not the block's
/// any more, unless the bound is used up: work is bounded in any case.
void take_back(Context& ctx, const Checkpoint& point, AccountIndex account);

/// Whether the book would fill all of the order, if no margin is in the way (dex.md 4.1: FOK is
/// decided before any change). Looks at no more makers than the order could meet; if the answer is
/// no, the owner pays for them.
[[nodiscard]] bool could_fill(Context& ctx, const Taker& taker);

}  // namespace ol::exchange
