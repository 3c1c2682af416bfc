#pragma once

#include <cstdint>

#include <ol/base/u256.hpp>

// 256-bit operations in the shape the compiler turns into flags and conditional moves: an
// interpreter cannot afford a mispredicted branch in an instruction of three gas.
namespace ol::evm::word {

using Limb = std::uint64_t;

[[gnu::always_inline]] inline Limb subtract_limb(Limb a, Limb b, unsigned long long& borrow) {
  unsigned long long out = 0;
  const Limb difference = __builtin_subcll(a, b, borrow, &out);
  borrow = out;
  return difference;
}

[[gnu::always_inline]] inline U256 subtract(const U256& a, const U256& b) {
  unsigned long long borrow = 0;
  const Limb r0 = subtract_limb(a.limb(0), b.limb(0), borrow);
  const Limb r1 = subtract_limb(a.limb(1), b.limb(1), borrow);
  const Limb r2 = subtract_limb(a.limb(2), b.limb(2), borrow);
  const Limb r3 = subtract_limb(a.limb(3), b.limb(3), borrow);
  return {r0, r1, r2, r3};
}

[[gnu::always_inline]] inline bool less(const U256& a, const U256& b) {
  // Written out: from a chain of borrows whose last alone matters, clang makes comparisons of
  // single limbs, put together with three times the instructions.
  Limb a1 = a.limb(1);
  Limb a2 = a.limb(2);
  Limb a3 = a.limb(3);
  bool borrow = false;
  __asm__(
      "cmpq %[b0], %[a0]\n\t"
      "sbbq %[b1], %[a1]\n\t"
      "sbbq %[b2], %[a2]\n\t"
      "sbbq %[b3], %[a3]"
      : "=@ccb"(borrow), [a1] "+&r"(a1), [a2] "+&r"(a2), [a3] "+&r"(a3)
      : [a0] "r"(a.limb(0)), [b0] "r"(b.limb(0)), [b1] "r"(b.limb(1)), [b2] "r"(b.limb(2)),
        [b3] "r"(b.limb(3)));
  return borrow;
}

/// As two's complement: flipping the sign bits maps the order of signed numbers to the plain one.
[[gnu::always_inline]] inline bool signed_less(const U256& a, const U256& b) {
  constexpr Limb kSign = Limb{1} << 63;
  return less({a.limb(0), a.limb(1), a.limb(2), a.limb(3) ^ kSign},
              {b.limb(0), b.limb(1), b.limb(2), b.limb(3) ^ kSign});
}

/// low and high as one number, shifted right by 0..63 bits: its low limb.
[[gnu::always_inline]] inline Limb shift_in(Limb high, Limb low, unsigned bits) {
  // A shift by 64 is undefined, so the neighbour's share is taken in two steps.
  return (low >> bits) | ((high << 1) << (63 - bits));
}

/// Shifts right by `Limbs` limbs and `bits` < 64 more.
template <int Limbs>
[[gnu::always_inline]] inline U256 shift_right(const U256& a, unsigned bits) {
  const auto at = [&](int i) { return i < 4 ? a.limb(static_cast<std::size_t>(i)) : Limb{0}; };
  return {shift_in(at(Limbs + 1), at(Limbs), bits), shift_in(at(Limbs + 2), at(Limbs + 1), bits),
          shift_in(at(Limbs + 3), at(Limbs + 2), bits), at(Limbs + 3) >> bits};
}

template <int Limbs>
[[gnu::always_inline]] inline U256 shift_left(const U256& a, unsigned bits) {
  const auto at = [&](int i) { return i >= 0 ? a.limb(static_cast<std::size_t>(i)) : Limb{0}; };
  const auto join = [&](Limb high, Limb low) {
    return (high << bits) | ((low >> 1) >> (63 - bits));
  };
  return {at(-Limbs) << bits, join(at(1 - Limbs), at(-Limbs)), join(at(2 - Limbs), at(1 - Limbs)),
          join(at(3 - Limbs), at(2 - Limbs))};
}

[[gnu::always_inline]] inline bool at_least_256(const U256& n) {
  return ((n.limb(0) >> 8) | n.limb(1) | n.limb(2) | n.limb(3)) != 0;
}

[[gnu::always_inline]] inline U256 select(bool condition, const U256& yes, const U256& no) {
  return {condition ? yes.limb(0) : no.limb(0), condition ? yes.limb(1) : no.limb(1),
          condition ? yes.limb(2) : no.limb(2), condition ? yes.limb(3) : no.limb(3)};
}

[[gnu::always_inline]] inline U256 shr(const U256& value, const U256& shift) {
  const auto n = static_cast<unsigned>(shift.low64());
  U256 v = select((n & 128) != 0, shift_right<2>(value, 0), value);
  v = select((n & 64) != 0, shift_right<1>(v, 0), v);
  v = shift_right<0>(v, n & 63);
  return select(at_least_256(shift), U256{}, v);
}

[[gnu::always_inline]] inline U256 shl(const U256& value, const U256& shift) {
  const auto n = static_cast<unsigned>(shift.low64());
  U256 v = select((n & 128) != 0, shift_left<2>(value, 0), value);
  v = select((n & 64) != 0, shift_left<1>(v, 0), v);
  v = shift_left<0>(v, n & 63);
  return select(at_least_256(shift), U256{}, v);
}

[[gnu::always_inline]] inline U256 sar(const U256& value, const U256& shift) {
  // Shifting the complement of a negative number brings in zeros, which complement back to ones.
  const Limb sign = static_cast<Limb>(static_cast<std::int64_t>(value.limb(3)) >> 63);
  const U256 flip{sign, sign, sign, sign};
  return word::shr(value ^ flip, shift) ^ flip;
}

}  // namespace ol::evm::word
