#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include <ol/base/check.hpp>

namespace ol::exchange {

/// The width every product of the exchange is computed in (dex.md 1.1).
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

/// Both operands fit 64 bits, where division is several times faster.
[[nodiscard]] constexpr bool is_narrow(Int128 a) {
  return a == static_cast<std::int64_t>(a);
}

/// Quotient rounded to zero (dex.md 1.7). @pre `b` is not zero.
[[nodiscard]] constexpr Int128 trunc_div(Int128 a, Int128 b) {
  OL_CHECK(b != 0, "division by zero");
  // The one 64-bit quotient that does not fit 64 bits is -2^63 / -1.
  if (is_narrow(a) && is_narrow(b) && b != -1) {
    return static_cast<std::int64_t>(a) / static_cast<std::int64_t>(b);
  }
  return a / b;
}

/// Quotient rounded to minus infinity (dex.md 1.7). @pre `b` is not zero.
[[nodiscard]] constexpr Int128 floor_div(Int128 a, Int128 b) {
  if (is_narrow(a) && is_narrow(b) && b > 0) {
    const auto rest = static_cast<std::int64_t>(a) % static_cast<std::int64_t>(b);
    return static_cast<std::int64_t>(a) / static_cast<std::int64_t>(b) - (rest < 0 ? 1 : 0);
  }
  const Int128 quotient = trunc_div(a, b);
  const Int128 rest = a - quotient * b;
  return rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// Quotient rounded to plus infinity (dex.md 1.7). @pre `b` is not zero.
[[nodiscard]] constexpr Int128 ceil_div(Int128 a, Int128 b) {
  if (is_narrow(a) && is_narrow(b) && b > 0) {
    const auto rest = static_cast<std::int64_t>(a) % static_cast<std::int64_t>(b);
    return static_cast<std::int64_t>(a) / static_cast<std::int64_t>(b) + (rest > 0 ? 1 : 0);
  }
  const Int128 quotient = trunc_div(a, b);
  const Int128 rest = a - quotient * b;
  return rest != 0 && (rest < 0) == (b < 0) ? quotient + 1 : quotient;
}

[[nodiscard]] constexpr Int128 abs128(Int128 a) {
  return a < 0 ? -a : a;
}

[[nodiscard]] constexpr Int128 min128(Int128 a, Int128 b) {
  return a < b ? a : b;
}

[[nodiscard]] constexpr Int128 max128(Int128 a, Int128 b) {
  return a < b ? b : a;
}

[[nodiscard]] constexpr Int128 clamp128(Int128 a, Int128 low, Int128 high) {
  return a < low ? low : (a > high ? high : a);
}

/// The product, or nothing where 128 bits do not hold it.
[[nodiscard]] constexpr std::optional<Int128> checked_mul(Int128 a, Int128 b) {
  Int128 out = 0;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

/// The product, or the largest value of the type where that does not hold it.
[[nodiscard]] constexpr Uint128 saturating_mul(Uint128 a, Uint128 b) {
  Uint128 out = 0;
  if (__builtin_mul_overflow(a, b, &out)) return ~Uint128{0};
  return out;
}

/// The value as a signed 64-bit number, or nothing where it does not fit.
[[nodiscard]] constexpr std::optional<std::int64_t> to_i64(Int128 a) {
  if (!is_narrow(a)) return std::nullopt;
  return static_cast<std::int64_t>(a);
}

/// The value as an unsigned 64-bit number, or nothing where it does not fit.
[[nodiscard]] constexpr std::optional<std::uint64_t> to_u64(Int128 a) {
  if (a < 0 || a > std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return static_cast<std::uint64_t>(a);
}

/// The value as 64 bits where earlier checks have bounded it.
[[nodiscard]] constexpr std::int64_t must_i64(Int128 a) {
  OL_CHECK(is_narrow(a), "a bounded amount left 64 bits");
  return static_cast<std::int64_t>(a);
}

/// The value as 64 bits where earlier checks have bounded it.
[[nodiscard]] constexpr std::uint64_t must_u64(Int128 a) {
  OL_CHECK(a >= 0, "a bounded amount is negative");
  OL_CHECK(a <= std::numeric_limits<std::uint64_t>::max(), "a bounded amount left 64 bits");
  return static_cast<std::uint64_t>(a);
}

}  // namespace ol::exchange
