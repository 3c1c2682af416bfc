// Sums and differences of one word in a chain of them.
#pragma once

#include <cstdint>

#include <immintrin.h>

#include <ol/base/u256.hpp>

namespace ol::evm::precompiles {

// The carry chains are written with the processor's add-with-carry where code is generated: from
// 128-bit sums the compiler makes code a third slower.

[[gnu::always_inline]] constexpr std::uint64_t add_with_carry(std::uint64_t a, std::uint64_t b,
                                                              std::uint8_t& carry) {
  if consteval {
    const Uint128 sum = Uint128{a} + b + carry;
    carry = static_cast<std::uint8_t>(sum >> 64);
    return static_cast<std::uint64_t>(sum);
  } else {
    unsigned long long sum = 0;
    carry = _addcarry_u64(carry, a, b, &sum);
    return sum;
  }
}

[[gnu::always_inline]] constexpr std::uint64_t subtract_with_borrow(std::uint64_t a,
                                                                    std::uint64_t b,
                                                                    std::uint8_t& borrow) {
  if consteval {
    const Uint128 difference = Uint128{a} - b - borrow;
    borrow = static_cast<std::uint8_t>(difference >> 127);
    return static_cast<std::uint64_t>(difference);
  } else {
    unsigned long long difference = 0;
    borrow = _subborrow_u64(borrow, a, b, &difference);
    return difference;
  }
}

}  // namespace ol::evm::precompiles
