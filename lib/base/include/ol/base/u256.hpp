#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>

namespace ol {

/// The compiler's 128-bit integer under a name of ours.
__extension__ using Uint128 = unsigned __int128;

/// An unsigned 256-bit integer, the word of the EVM. Operators wrap modulo 2^256; amounts of money
/// use the `checked_*` functions. Operations named after an opcode follow Ethereum's Yellow Paper,
/// appendix H.2, to the letter (division by zero is zero). Not constant-time: never for secrets.
class U256 {
 public:
  constexpr U256() = default;
  /// Implicit on purpose: every uint64 is a U256 of the same value.
  constexpr U256(std::uint64_t v) : limbs_{v, 0, 0, 0} {}
  /// From limbs, the least significant first.
  constexpr U256(std::uint64_t l0, std::uint64_t l1, std::uint64_t l2, std::uint64_t l3)
      : limbs_{l0, l1, l2, l3} {}

  [[nodiscard]] static constexpr U256 from_u128(Uint128 v) {
    return {static_cast<std::uint64_t>(v), static_cast<std::uint64_t>(v >> 64), 0, 0};
  }
  /// 2^256 - 1.
  [[nodiscard]] static constexpr U256 max() { return {~0ULL, ~0ULL, ~0ULL, ~0ULL}; }

  /// Big-endian bytes, at most 32; nothing if there are more.
  [[nodiscard]] static constexpr std::optional<U256> from_big_endian(ByteView bytes);
  template <typename Tag>
  [[nodiscard]] static constexpr U256 from_fixed(const FixedBytes<32, Tag>& bytes) {
    return *from_big_endian(bytes.view());
  }
  /// 1 to 64 hex digits of either case, with or without 0x.
  [[nodiscard]] static std::optional<U256> from_hex(std::string_view text);
  /// Decimal digits only; nothing if empty or above 2^256 - 1.
  [[nodiscard]] static std::optional<U256> from_decimal(std::string_view text);

  [[nodiscard]] constexpr std::array<std::uint8_t, 32> to_big_endian() const;
  template <typename T>
  [[nodiscard]] constexpr T to_fixed() const {
    static_assert(T::kSize == 32);
    return T{to_big_endian()};
  }
  /// Big-endian without leading zero bytes; zero has none.
  [[nodiscard]] Bytes to_minimal_big_endian() const;
  /// A JSON-RPC quantity: 0x and hex digits without leading zeros; zero is 0x0.
  [[nodiscard]] std::string to_hex() const;
  [[nodiscard]] std::string to_decimal() const;

  /// Limb `i` of four, the least significant first.
  [[nodiscard]] constexpr std::uint64_t limb(std::size_t i) const { return limbs_[i]; }
  [[nodiscard]] constexpr std::uint64_t low64() const { return limbs_[0]; }
  [[nodiscard]] constexpr Uint128 low128() const {
    return (static_cast<Uint128>(limbs_[1]) << 64) | limbs_[0];
  }
  [[nodiscard]] constexpr bool fits_u64() const { return (limbs_[1] | limbs_[2] | limbs_[3]) == 0; }
  [[nodiscard]] constexpr bool fits_u128() const { return (limbs_[2] | limbs_[3]) == 0; }
  [[nodiscard]] constexpr bool is_zero() const {
    return (limbs_[0] | limbs_[1] | limbs_[2] | limbs_[3]) == 0;
  }
  /// The sign bit of two's complement.
  [[nodiscard]] constexpr bool is_negative() const { return (limbs_[3] >> 63) != 0; }
  /// Leading zero bits, 0 to 256 (EIP-7939).
  [[nodiscard]] constexpr unsigned clz() const {
    for (std::size_t i = 4; i-- > 0;) {
      if (limbs_[i] != 0) {
        return static_cast<unsigned>((3 - i) * 64) +
               static_cast<unsigned>(std::countl_zero(limbs_[i]));
      }
    }
    return 256;
  }
  [[nodiscard]] constexpr unsigned bit_length() const { return 256 - clz(); }
  [[nodiscard]] constexpr unsigned byte_length() const { return (bit_length() + 7) / 8; }

  friend constexpr bool operator==(const U256& a, const U256& b) {
    return ((a.limbs_[0] ^ b.limbs_[0]) | (a.limbs_[1] ^ b.limbs_[1]) |
            (a.limbs_[2] ^ b.limbs_[2]) | (a.limbs_[3] ^ b.limbs_[3])) == 0;
  }
  friend constexpr std::strong_ordering operator<=>(const U256& a, const U256& b) {
    for (std::size_t i = 4; i-- > 1;) {
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] <=> b.limbs_[i];
    }
    return a.limbs_[0] <=> b.limbs_[0];
  }
  // A borrow chain needs no branches; the compiler does not find it in <=>.
  friend constexpr bool operator<(const U256& a, const U256& b);

  friend constexpr U256 operator+(const U256& a, const U256& b);
  friend constexpr U256 operator-(const U256& a, const U256& b);
  friend constexpr U256 operator*(const U256& a, const U256& b);
  /// @pre `b` is not zero, or the process stops. Opcodes use `div` and `mod`.
  friend U256 operator/(const U256& a, const U256& b);
  friend U256 operator%(const U256& a, const U256& b);
  friend constexpr U256 operator-(const U256& a) { return U256{} - a; }
  friend constexpr U256 operator~(const U256& a) {
    return {~a.limbs_[0], ~a.limbs_[1], ~a.limbs_[2], ~a.limbs_[3]};
  }
  friend constexpr U256 operator&(const U256& a, const U256& b) {
    return {a.limbs_[0] & b.limbs_[0], a.limbs_[1] & b.limbs_[1], a.limbs_[2] & b.limbs_[2],
            a.limbs_[3] & b.limbs_[3]};
  }
  friend constexpr U256 operator|(const U256& a, const U256& b) {
    return {a.limbs_[0] | b.limbs_[0], a.limbs_[1] | b.limbs_[1], a.limbs_[2] | b.limbs_[2],
            a.limbs_[3] | b.limbs_[3]};
  }
  friend constexpr U256 operator^(const U256& a, const U256& b) {
    return {a.limbs_[0] ^ b.limbs_[0], a.limbs_[1] ^ b.limbs_[1], a.limbs_[2] ^ b.limbs_[2],
            a.limbs_[3] ^ b.limbs_[3]};
  }
  /// Shifts by 256 bits or more give zero.
  friend constexpr U256 operator<<(const U256& a, unsigned bits);
  friend constexpr U256 operator>>(const U256& a, unsigned bits);

  constexpr U256& operator+=(const U256& b) { return *this = *this + b; }
  constexpr U256& operator-=(const U256& b) { return *this = *this - b; }
  constexpr U256& operator*=(const U256& b) { return *this = *this * b; }

 private:
  std::array<std::uint64_t, 4> limbs_{};
};

namespace u256_detail {

/// a + b + carry; `carry` (0 or 1) becomes the carry out.
constexpr std::uint64_t add_carry(std::uint64_t a, std::uint64_t b, std::uint64_t& carry) {
  const Uint128 sum = static_cast<Uint128>(a) + b + carry;
  carry = static_cast<std::uint64_t>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

/// a - b - borrow; `borrow` (0 or 1) becomes the borrow out.
constexpr std::uint64_t sub_borrow(std::uint64_t a, std::uint64_t b, std::uint64_t& borrow) {
  if consteval {
    const Uint128 difference = static_cast<Uint128>(a) - b - borrow;
    borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
    return static_cast<std::uint64_t>(difference);
  } else {
    // The processor's subtract-with-borrow by name: the compiler does not find it in wider
    // differences and makes three times the code.
    unsigned long long difference = 0;
    borrow = __builtin_ia32_subborrow_u64(static_cast<unsigned char>(borrow), a, b, &difference);
    return difference;
  }
}

/// a * b + addend + carry; `carry` becomes the high half. Cannot overflow 128 bits.
constexpr std::uint64_t mul_add(std::uint64_t a, std::uint64_t b, std::uint64_t addend,
                                std::uint64_t& carry) {
  const Uint128 product = static_cast<Uint128>(a) * b + addend + carry;
  carry = static_cast<std::uint64_t>(product >> 64);
  return static_cast<std::uint64_t>(product);
}

}  // namespace u256_detail

/// A wrapped result and whether it wrapped.
struct U256Overflow {
  U256 value;
  bool overflow = false;
};

[[nodiscard]] constexpr U256Overflow add_overflow(const U256& a, const U256& b) {
  std::uint64_t c = 0;
  const std::uint64_t r0 = u256_detail::add_carry(a.limb(0), b.limb(0), c);
  const std::uint64_t r1 = u256_detail::add_carry(a.limb(1), b.limb(1), c);
  const std::uint64_t r2 = u256_detail::add_carry(a.limb(2), b.limb(2), c);
  const std::uint64_t r3 = u256_detail::add_carry(a.limb(3), b.limb(3), c);
  return {{r0, r1, r2, r3}, c != 0};
}

[[nodiscard]] constexpr U256Overflow sub_overflow(const U256& a, const U256& b) {
  std::uint64_t c = 0;
  const std::uint64_t r0 = u256_detail::sub_borrow(a.limb(0), b.limb(0), c);
  const std::uint64_t r1 = u256_detail::sub_borrow(a.limb(1), b.limb(1), c);
  const std::uint64_t r2 = u256_detail::sub_borrow(a.limb(2), b.limb(2), c);
  const std::uint64_t r3 = u256_detail::sub_borrow(a.limb(3), b.limb(3), c);
  return {{r0, r1, r2, r3}, c != 0};
}

constexpr bool operator<(const U256& a, const U256& b) {
  return sub_overflow(a, b).overflow;
}
constexpr U256 operator+(const U256& a, const U256& b) {
  return add_overflow(a, b).value;
}
constexpr U256 operator-(const U256& a, const U256& b) {
  return sub_overflow(a, b).value;
}

/// 256 x 64 -> 320 bits.
struct U256Times64 {
  U256 low;
  std::uint64_t high = 0;
};
[[nodiscard]] constexpr U256Times64 mul_wide(const U256& a, std::uint64_t b) {
  std::uint64_t c = 0;
  const std::uint64_t r0 = u256_detail::mul_add(a.limb(0), b, 0, c);
  const std::uint64_t r1 = u256_detail::mul_add(a.limb(1), b, 0, c);
  const std::uint64_t r2 = u256_detail::mul_add(a.limb(2), b, 0, c);
  const std::uint64_t r3 = u256_detail::mul_add(a.limb(3), b, 0, c);
  return {{r0, r1, r2, r3}, c};
}

/// 256 x 256 -> 512 bits, the least significant limb first.
[[nodiscard]] constexpr std::array<std::uint64_t, 8> mul_full(const U256& a, const U256& b) {
  std::array<std::uint64_t, 8> out{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t c = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      out[i + j] = u256_detail::mul_add(a.limb(j), b.limb(i), out[i + j], c);
    }
    out[i + 4] = c;
  }
  return out;
}

/// 256 x 128 -> 384 bits.
struct U256Times128 {
  U256 low;
  Uint128 high = 0;
};
[[nodiscard]] constexpr U256Times128 mul_wide128(const U256& a, Uint128 b) {
  const auto p = mul_full(a, U256::from_u128(b));
  return {{p[0], p[1], p[2], p[3]}, (static_cast<Uint128>(p[5]) << 64) | p[4]};
}

constexpr U256 operator*(const U256& a, const U256& b) {
  // Ten products instead of sixteen: those whose place is 2^256 and above are left out.
  std::uint64_t c = 0;
  const std::uint64_t r0 = u256_detail::mul_add(a.limb(0), b.limb(0), 0, c);
  std::uint64_t r1 = u256_detail::mul_add(a.limb(1), b.limb(0), 0, c);
  std::uint64_t r2 = u256_detail::mul_add(a.limb(2), b.limb(0), 0, c);
  std::uint64_t r3 = a.limb(3) * b.limb(0) + c;
  c = 0;
  r1 = u256_detail::mul_add(a.limb(0), b.limb(1), r1, c);
  r2 = u256_detail::mul_add(a.limb(1), b.limb(1), r2, c);
  r3 += a.limb(2) * b.limb(1) + c;
  c = 0;
  r2 = u256_detail::mul_add(a.limb(0), b.limb(2), r2, c);
  r3 += a.limb(1) * b.limb(2) + c;
  r3 += a.limb(0) * b.limb(3);
  return {r0, r1, r2, r3};
}

[[nodiscard]] constexpr U256Overflow mul_overflow(const U256& a, const U256& b) {
  const auto p = mul_full(a, b);
  return {{p[0], p[1], p[2], p[3]}, (p[4] | p[5] | p[6] | p[7]) != 0};
}

/// The exact sum, difference or product, or nothing where it does not fit.
[[nodiscard]] constexpr std::optional<U256> checked_add(const U256& a, const U256& b) {
  const auto [value, overflow] = add_overflow(a, b);
  return overflow ? std::nullopt : std::optional(value);
}
[[nodiscard]] constexpr std::optional<U256> checked_sub(const U256& a, const U256& b) {
  const auto [value, overflow] = sub_overflow(a, b);
  return overflow ? std::nullopt : std::optional(value);
}
[[nodiscard]] constexpr std::optional<U256> checked_mul(const U256& a, const U256& b) {
  const auto [value, overflow] = mul_overflow(a, b);
  return overflow ? std::nullopt : std::optional(value);
}

// Whole limbs move by selection, in two steps, so that the amount costs no jump.
constexpr U256 operator<<(const U256& a, unsigned bits) {
  if (bits >= 256) [[unlikely]]
    return {};
  const bool two = (bits & 128) != 0;
  const bool one = (bits & 64) != 0;
  const std::uint64_t t0 = two ? 0 : a.limb(0);
  const std::uint64_t t1 = two ? 0 : a.limb(1);
  const std::uint64_t t2 = two ? a.limb(0) : a.limb(2);
  const std::uint64_t t3 = two ? a.limb(1) : a.limb(3);
  const std::uint64_t r0 = one ? 0 : t0;
  const std::uint64_t r1 = one ? t0 : t1;
  const std::uint64_t r2 = one ? t1 : t2;
  const std::uint64_t r3 = one ? t2 : t3;
  const unsigned rest = bits % 64;
  // A shift by 64 is undefined, so the lower neighbour's share is taken in two steps.
  return {r0 << rest, r1 << rest | r0 >> 1 >> (63 - rest), r2 << rest | r1 >> 1 >> (63 - rest),
          r3 << rest | r2 >> 1 >> (63 - rest)};
}

constexpr U256 operator>>(const U256& a, unsigned bits) {
  if (bits >= 256) [[unlikely]]
    return {};
  const bool two = (bits & 128) != 0;
  const bool one = (bits & 64) != 0;
  const std::uint64_t t0 = two ? a.limb(2) : a.limb(0);
  const std::uint64_t t1 = two ? a.limb(3) : a.limb(1);
  const std::uint64_t t2 = two ? 0 : a.limb(2);
  const std::uint64_t t3 = two ? 0 : a.limb(3);
  const std::uint64_t r0 = one ? t1 : t0;
  const std::uint64_t r1 = one ? t2 : t1;
  const std::uint64_t r2 = one ? t3 : t2;
  const std::uint64_t r3 = one ? 0 : t3;
  const unsigned rest = bits % 64;
  return {r0 >> rest | r1 << 1 << (63 - rest), r1 >> rest | r2 << 1 << (63 - rest),
          r2 >> rest | r3 << 1 << (63 - rest), r3 >> rest};
}

struct U256DivMod {
  U256 quotient;
  U256 remainder;
};

/// Quotient rounded down, and remainder. @pre `divisor` is not zero, or the process stops.
[[nodiscard]] U256DivMod divmod(const U256& dividend, const U256& divisor);

/// DIV, MOD, SDIV, SMOD: zero where the divisor is zero; signed ones truncate towards zero and the
/// remainder has the dividend's sign; -2^255 / -1 = -2^255.
[[nodiscard]] U256 div(const U256& a, const U256& b);
[[nodiscard]] U256 mod(const U256& a, const U256& b);
[[nodiscard]] U256 sdiv(const U256& a, const U256& b);
[[nodiscard]] U256 smod(const U256& a, const U256& b);
/// ADDMOD, MULMOD: with an intermediate of unlimited size; zero where `m` is zero.
[[nodiscard]] U256 addmod(const U256& a, const U256& b, const U256& m);
[[nodiscard]] U256 mulmod(const U256& a, const U256& b, const U256& m);
/// EXP: modulo 2^256; 0^0 = 1.
[[nodiscard]] U256 exp(const U256& base, const U256& exponent);

/// SHL, SHR, SAR: `value` shifted by the whole word `shift` (EIP-145).
[[nodiscard]] constexpr U256 shl(const U256& value, const U256& shift) {
  if (!shift.fits_u64() || shift.low64() >= 256) return {};
  return value << static_cast<unsigned>(shift.low64());
}
[[nodiscard]] constexpr U256 shr(const U256& value, const U256& shift) {
  if (!shift.fits_u64() || shift.low64() >= 256) return {};
  return value >> static_cast<unsigned>(shift.low64());
}
[[nodiscard]] constexpr U256 sar(const U256& value, const U256& shift) {
  // Of a negative number the complement is shifted: that brings in zeros, which complement back to
  // copies of the sign.
  const std::uint64_t sign = 0 - (value.limb(3) >> 63);
  const U256 signs{sign, sign, sign, sign};
  return shr(value ^ signs, shift) ^ signs;
}

/// BYTE: byte `index` of `value`, 0 being the most significant; zero from 32 up.
[[nodiscard]] constexpr U256 byte(const U256& index, const U256& value) {
  if (!index.fits_u64() || index.low64() >= 32) return {};
  const std::size_t place = 31 - static_cast<std::size_t>(index.low64());
  return value.limb(place / 8) >> (place % 8 * 8) & 0xff;
}

/// SIGNEXTEND: `value` as a two's complement number of `index` + 1 bytes, widened to 32.
[[nodiscard]] constexpr U256 signextend(const U256& index, const U256& value) {
  if (!index.fits_u64() || index.low64() >= 31) return value;
  const std::size_t top = static_cast<std::size_t>(index.low64()) / 8;
  const unsigned unused_bits = 56 - static_cast<unsigned>(index.low64() % 8 * 8);
  const auto widened = static_cast<std::int64_t>(value.limb(top) << unused_bits) >> unused_bits;
  const auto sign = static_cast<std::uint64_t>(widened >> 63);
  const auto limb = static_cast<std::uint64_t>(widened);
  const std::uint64_t r0 = top == 0 ? limb : value.limb(0);
  const std::uint64_t r1 = top == 1 ? limb : top < 1 ? sign : value.limb(1);
  const std::uint64_t r2 = top == 2 ? limb : top < 2 ? sign : value.limb(2);
  const std::uint64_t r3 = top == 3 ? limb : sign;
  return {r0, r1, r2, r3};
}

/// SLT: a < b as two's complement numbers.
[[nodiscard]] constexpr bool signed_less(const U256& a, const U256& b) {
  // With the sign bits flipped the order is that of unsigned numbers.
  constexpr U256 kSign{0, 0, 0, 1ULL << 63};
  return (a ^ kSign) < (b ^ kSign);
}

constexpr std::optional<U256> U256::from_big_endian(ByteView bytes) {
  if (bytes.size() > 32) return std::nullopt;
  U256 out;
  if !consteval {
    if (bytes.size() == 32) {
      __builtin_memcpy(out.limbs_.data(), bytes.data(), 32);
      return U256{__builtin_bswap64(out.limbs_[3]), __builtin_bswap64(out.limbs_[2]),
                  __builtin_bswap64(out.limbs_[1]), __builtin_bswap64(out.limbs_[0])};
    }
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t place = bytes.size() - 1 - i;
    out.limbs_[place / 8] |= static_cast<std::uint64_t>(bytes[i]) << (place % 8 * 8);
  }
  return out;
}

constexpr std::array<std::uint8_t, 32> U256::to_big_endian() const {
  std::array<std::uint64_t, 4> swapped{};
  for (std::size_t i = 0; i < 4; ++i)
    swapped[i] = __builtin_bswap64(limbs_[3 - i]);
  return std::bit_cast<std::array<std::uint8_t, 32>>(swapped);
}

}  // namespace ol
