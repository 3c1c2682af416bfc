#pragma once

#include <cstddef>
#include <type_traits>

#include "fast_handlers.hpp"
#include "fast_table.hpp"

namespace ol::evm::fast {

// Kinds that end a chain.
struct Jump {};  // to a destination known from the code
struct JumpIf {};
struct JumpTo {};  // to where the top word says
struct JumpToIf {};

template <typename... Types>
struct TypeList {};

/// Every kind that can be part of a chain; its number is its place here.
using Kinds =
    TypeList<Push, PushWide, Dup<1>, Dup<2>, Dup<3>, DupDeep, Swap<1>, Swap<2>, SwapDeep, Pop, Add,
             Sub, Mul, And, Or, Xor, Not, Iszero, Lt, Gt, Slt, Sgt, Eq, Byte, Shl, Shr, Sar,
             ShiftBy<true, 0>, ShiftBy<true, 1>, ShiftBy<true, 2>, ShiftBy<true, 3>,
             ShiftBy<false, 0>, ShiftBy<false, 1>, ShiftBy<false, 2>, ShiftBy<false, 3>, Mload,
             Mstore, Mstore8, Calldatasize, Callvalue, Msize, Jump, JumpIf, JumpTo, JumpToIf>;

template <typename Type, typename First, typename... Rest>
constexpr Kind number_in(TypeList<First, Rest...> /*list*/) {
  if constexpr (std::is_same_v<Type, First>) {
    return 0;
  } else {
    return static_cast<Kind>(1 + number_in<Type>(TypeList<Rest...>{}));
  }
}

template <typename Type>
inline constexpr Kind kKind = number_in<Type>(Kinds{});

template <typename... Types>
constexpr ChainKey chain_key() {
  static_assert(sizeof...(Types) <= kChainMax);
  ChainKey key = kNoChain;
  unsigned shift = 0;
  ((key = (key & ~(ChainKey{0xff} << shift)) | (ChainKey{kKind<Types>} << shift), shift += 8), ...);
  return key;
}

/// The handler of a chain whose last kind may be a jump.
template <typename... Done>
struct HandlerOf {
  template <typename Last>
  static constexpr Handler of() {
    if constexpr (std::is_same_v<Last, Jump>) {
      return run_jump<Done...>;
    } else if constexpr (std::is_same_v<Last, JumpIf>) {
      return run_jump_if<Done...>;
    } else if constexpr (std::is_same_v<Last, JumpTo>) {
      return run_jump_to<Done...>;
    } else if constexpr (std::is_same_v<Last, JumpToIf>) {
      return run_jump_to_if<Done...>;
    } else {
      return run_steps<Done..., Last>;
    }
  }
  template <typename First, typename Second, typename... Rest>
  static constexpr Handler of() {
    return HandlerOf<Done..., First>::template of<Second, Rest...>();
  }
};

template <typename... Types>
constexpr Fusion fuse() {
  return {chain_key<Types...>(), HandlerOf<>::template of<Types...>()};
}

}  // namespace ol::evm::fast
