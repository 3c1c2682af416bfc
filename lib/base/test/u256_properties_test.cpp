#include <ol/base/u256.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace rc {

/// Words of every width, with limbs that are often all zeros or all ones: where carries live.
template <>
struct Arbitrary<ol::U256> {
  static Gen<ol::U256> arbitrary() {
    const auto limb = gen::oneOf(gen::arbitrary<std::uint64_t>(), gen::just<std::uint64_t>(0),
                                 gen::just(~std::uint64_t{0}), gen::just(std::uint64_t{1} << 63));
    return gen::map(gen::tuple(limb, limb, limb, limb, gen::inRange<unsigned>(0, 257)),
                    [](const auto& t) {
                      const auto& [a, b, c, d, shift] = t;
                      return ol::U256(a, b, c, d) >> shift;
                    });
  }
};

}  // namespace rc

namespace ol {
namespace {

RC_GTEST_PROP(U256Properties, addition_and_subtraction_undo_each_other,
              (const U256& a, const U256& b)) {
  RC_ASSERT(a + b - b == a);
  RC_ASSERT(a + b == b + a);
  RC_ASSERT((checked_add(a, b) == std::nullopt) == (a + b < a));
  RC_ASSERT((checked_sub(a, b) == std::nullopt) == (a < b));
}

RC_GTEST_PROP(U256Properties, multiplication_distributes,
              (const U256& a, const U256& b, const U256& c)) {
  RC_ASSERT(a * (b + c) == a * b + a * c);
  RC_ASSERT(a * b == b * a);
  const auto full = mul_full(a, b);
  RC_ASSERT(a * b == U256(full[0], full[1], full[2], full[3]));
  const auto wide = mul_wide(a, b.low64());
  RC_ASSERT(wide.low == a * U256{b.low64()});
  const auto wide128 = mul_wide128(a, b.low128());
  RC_ASSERT(wide128.low == a * U256::from_u128(b.low128()));
}

RC_GTEST_PROP(U256Properties, quotient_and_remainder_rebuild_the_dividend,
              (const U256& a, const U256& b)) {
  RC_PRE(!b.is_zero());
  const auto [q, r] = divmod(a, b);
  RC_ASSERT(r < b);
  const auto product = checked_mul(q, b);
  RC_ASSERT(product.has_value());
  RC_ASSERT(checked_add(*product, r) == a);
}

RC_GTEST_PROP(U256Properties, a_product_divides_back, (const U256& a, const U256& b)) {
  RC_PRE(!b.is_zero());
  // What is too long is cut: rapidcheck gives up where it must throw away too much.
  const U256 factor = checked_mul(a, b) ? a : a >> b.bit_length();
  const auto product = checked_mul(factor, b);
  RC_ASSERT(product.has_value());
  RC_ASSERT(*product / b == factor);
  RC_ASSERT((*product % b).is_zero());
}

RC_GTEST_PROP(U256Properties, signed_division_rebuilds_the_dividend,
              (const U256& a, const U256& b)) {
  RC_PRE(!b.is_zero());
  RC_ASSERT(sdiv(a, b) * b + smod(a, b) == a);
}

/// Russian peasant multiplication: slow, and shares no code with mul_full or division.
U256 slow_mulmod(U256 a, const U256& b, const U256& m) {
  const auto add = [&m](const U256& x, const U256& y) {
    return x >= m - y && !y.is_zero() ? x - (m - y) : x + y;
  };
  U256 result;
  a = a % m;
  for (unsigned bit = 0; bit < b.bit_length(); ++bit) {
    if ((b.limb(bit / 64) >> (bit % 64) & 1) != 0) result = add(result, a);
    a = add(a, a);
  }
  return result;
}

RC_GTEST_PROP(U256Properties, mulmod_and_addmod_equal_their_definitions,
              (const U256& a, const U256& b, const U256& m)) {
  RC_PRE(!m.is_zero());
  RC_ASSERT(mulmod(a, b, m) == slow_mulmod(a, b, m));
  const U256 x = a % m;
  const U256 y = b % m;
  RC_ASSERT(addmod(a, b, m) == (y.is_zero() || x < m - y ? x + y : x - (m - y)));
}

RC_GTEST_PROP(U256Properties, exponents_add, (const U256& a, const U256& x, const U256& y)) {
  const auto sum = checked_add(x, y);
  RC_PRE(sum.has_value());
  RC_ASSERT(exp(a, x) * exp(a, y) == exp(a, *sum));
}

RC_GTEST_PROP(U256Properties, shifts_are_multiplication_and_division_by_powers, (const U256& a)) {
  const auto bits = *rc::gen::inRange<unsigned>(0, 256);
  RC_ASSERT((a << bits) == a * exp(2, bits));
  RC_ASSERT((a >> bits) == a / exp(2, bits));
  RC_ASSERT((a << bits >> bits) == (a & (U256::max() >> bits)));
}

RC_GTEST_PROP(U256Properties, comparison_agrees_with_subtraction, (const U256& a, const U256& b)) {
  RC_ASSERT((a < b) == sub_overflow(a, b).overflow);
  RC_ASSERT((a <=> b < 0) == (a < b));
  RC_ASSERT((a == b) == (a - b).is_zero());
  RC_ASSERT(signed_less(a, b) == ((a ^ (U256{1} << 255)) < (b ^ (U256{1} << 255))));
}

RC_GTEST_PROP(U256Properties, every_text_and_byte_form_reads_back, (const U256& a)) {
  RC_ASSERT(U256::from_big_endian(a.to_big_endian()) == a);
  RC_ASSERT(U256::from_big_endian(a.to_minimal_big_endian()) == a);
  RC_ASSERT(U256::from_hex(a.to_hex()) == a);
  RC_ASSERT(U256::from_decimal(a.to_decimal()) == a);
  RC_ASSERT(a.to_minimal_big_endian().size() == a.byte_length());
}

RC_GTEST_PROP(U256Properties, bit_operations_obey_de_morgan, (const U256& a, const U256& b)) {
  RC_ASSERT(~(a & b) == (~a | ~b));
  RC_ASSERT((a ^ b) == ((a | b) & ~(a & b)));
  RC_ASSERT(-a == ~a + U256{1});
}

}  // namespace
}  // namespace ol
