// Chains longer than two, picked from what compilers write most.
#include <array>

#include "fast_kinds.hpp"

namespace ol::evm::fast {
namespace {

constexpr auto kChains = std::to_array<Fusion>({
    fuse<Lt, Iszero, JumpIf>(),
    fuse<Gt, Iszero, JumpIf>(),
    fuse<Slt, Iszero, JumpIf>(),
    fuse<Sgt, Iszero, JumpIf>(),
    fuse<Eq, Iszero, JumpIf>(),
    fuse<Dup<1>, Iszero, JumpIf>(),
    fuse<Dup<1>, Push, Eq, JumpIf>(),
    fuse<Dup<1>, Push, Gt, JumpIf>(),
    fuse<Push, Eq, JumpIf>(),
});

}  // namespace

std::span<const Fusion> long_fusions() {
  return kChains;
}

}  // namespace ol::evm::fast
