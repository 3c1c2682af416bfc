// Every pair of the common kinds has a handler.
#include <vector>

#include "fast_kinds.hpp"

namespace ol::evm::fast {
namespace {

/// What may come first in a pair.
using Firsts =
    TypeList<Push, PushWide, Dup<1>, Dup<2>, Dup<3>, DupDeep, Swap<1>, Swap<2>, SwapDeep, Pop, Add,
             Sub, Mul, And, Or, Xor, Not, Iszero, Lt, Gt, Slt, Sgt, Eq, Byte, Shl, Shr,
             ShiftBy<true, 0>, ShiftBy<true, 1>, ShiftBy<true, 3>, ShiftBy<false, 0>,
             ShiftBy<false, 1>, ShiftBy<false, 3>, Mload, Mstore, Calldatasize>;
/// What may come second.
using Seconds =
    TypeList<Push, PushWide, Dup<1>, Dup<2>, Dup<3>, DupDeep, Swap<1>, Swap<2>, SwapDeep, Pop, Add,
             Sub, Mul, And, Or, Xor, Not, Iszero, Lt, Gt, Eq, Shl, Shr, ShiftBy<true, 0>,
             ShiftBy<false, 0>, ShiftBy<false, 3>, Mload, Mstore, Jump, JumpIf, JumpTo>;

template <typename Type>
inline constexpr bool kIsJump = std::is_same_v<Type, Jump> || std::is_same_v<Type, JumpIf> ||
                                std::is_same_v<Type, JumpTo> || std::is_same_v<Type, JumpToIf>;

template <typename First, typename Second>
constexpr bool can_pair() {
  if constexpr (kIsJump<Second>) {
    return true;
  } else {
    return kChainable<First, Second>;
  }
}

template <typename First, typename Second>
void add_pair(std::vector<Fusion>& out) {
  if constexpr (can_pair<First, Second>()) out.push_back(fuse<First, Second>());
}

template <typename First, typename... Second>
void add_row(std::vector<Fusion>& out, TypeList<Second...> /*seconds*/) {
  (add_pair<First, Second>(out), ...);
}

template <typename... First>
std::vector<Fusion> make_pairs(TypeList<First...> /*firsts*/) {
  std::vector<Fusion> out;
  (add_row<First>(out, Seconds{}), ...);
  return out;
}

}  // namespace

std::span<const Fusion> pair_fusions() {
  static const std::vector<Fusion> kPairs = make_pairs(Firsts{});
  return kPairs;
}

}  // namespace ol::evm::fast
