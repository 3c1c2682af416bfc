#include "bn254_tower.hpp"

namespace ol::evm::precompiles::bn254 {
namespace {

// A field over which the next is built by s^2 = xi: squares in it serve the cyclotomic subgroup.
struct Fp4 {
  Fp2 c0;
  Fp2 c1;
};

Fp4 square_fp4(const Fp2& a, const Fp2& b) {
  const Fp2 a2 = square(a);
  const Fp2 b2 = square(b);
  return {times_xi(b2) + a2, square(a + b) - a2 - b2};
}

/// a * (b0 + b1 v), five products.
Fp6 multiply_sparse(const Fp6& a, const Fp2& b0, const Fp2& b1) {
  const Fp2 t0 = a.c0 * b0;
  const Fp2 t1 = a.c1 * b1;
  return {times_xi((a.c1 + a.c2) * b1 - t1) + t0, (a.c0 + a.c1) * (b0 + b1) - t0 - t1,
          (a.c0 + a.c2) * b0 - t0 + t1};
}

Fp6 multiply(const Fp6& a, const Fp2& b) {
  return {a.c0 * b, a.c1 * b, a.c2 * b};
}

}  // namespace

// Two sums of products: four products and two reductions, and no more additions than that.
Fp2 operator*(const Fp2& a, const Fp2& b) {
  return {sum_of_products(a.c0.limbs, b.c0.limbs, negated_lazily(a.c1), b.c1.limbs),
          sum_of_products(a.c0.limbs, b.c1.limbs, a.c1.limbs, b.c0.limbs)};
}

Fp2 square(const Fp2& a) {
  return {(a.c0 + a.c1) * (a.c0 - a.c1), twice(a.c0) * a.c1};
}

Fp2 inverse(const Fp2& a) {
  const Fp norm = inverse(square(a.c0) + square(a.c1));
  return {a.c0 * norm, -(a.c1 * norm)};
}

Fp6 operator*(const Fp6& a, const Fp6& b) {
  const Fp2 t0 = a.c0 * b.c0;
  const Fp2 t1 = a.c1 * b.c1;
  const Fp2 t2 = a.c2 * b.c2;
  return {times_xi((a.c1 + a.c2) * (b.c1 + b.c2) - t1 - t2) + t0,
          (a.c0 + a.c1) * (b.c0 + b.c1) - t0 - t1 + times_xi(t2),
          (a.c0 + a.c2) * (b.c0 + b.c2) - t0 - t2 + t1};
}

Fp6 inverse(const Fp6& a) {
  const Fp2 t0 = square(a.c0) - times_xi(a.c1 * a.c2);
  const Fp2 t1 = times_xi(square(a.c2)) - a.c0 * a.c1;
  const Fp2 t2 = square(a.c1) - a.c0 * a.c2;
  const Fp2 norm = a.c0 * t0 + times_xi(a.c2 * t1 + a.c1 * t2);
  return multiply({t0, t1, t2}, inverse(norm));
}

Fp12 operator*(const Fp12& a, const Fp12& b) {
  const Fp6 t0 = a.c0 * b.c0;
  const Fp6 t1 = a.c1 * b.c1;
  return {t0 + times_v(t1), (a.c0 + a.c1) * (b.c0 + b.c1) - t0 - t1};
}

Fp12 square(const Fp12& a) {
  const Fp6 product = a.c0 * a.c1;
  const Fp6 sums = (a.c0 + a.c1) * (a.c0 + times_v(a.c1));
  return {sums - product - times_v(product), product + product};
}

Fp12 inverse(const Fp12& a) {
  const Fp6 norm = inverse(a.c0 * a.c0 - times_v(a.c1 * a.c1));
  return {a.c0 * norm, -(a.c1 * norm)};
}

// Fp12 is also Fp4[w] / (w^3 - s); with A + B w + C w^2 the square is
// 3 A^2 - 2 conj(A) + (3 s C^2 + 2 conj(B)) w + (3 B^2 - 2 conj(C)) w^2.
Fp12 cyclotomic_square(const Fp12& a) {
  const Fp4 t0 = square_fp4(a.c0.c0, a.c1.c1);
  const Fp4 t1 = square_fp4(a.c1.c0, a.c0.c2);
  const Fp4 t2 = square_fp4(a.c0.c1, a.c1.c2);
  const auto minus = [](const Fp2& t, const Fp2& g) { return twice(t - g) + t; };
  const auto plus = [](const Fp2& t, const Fp2& g) { return twice(t + g) + t; };
  return {{minus(t0.c0, a.c0.c0), minus(t1.c0, a.c0.c1), minus(t2.c0, a.c0.c2)},
          {plus(times_xi(t2.c1), a.c1.c0), plus(t0.c1, a.c1.c1), plus(t1.c1, a.c1.c2)}};
}

Fp12 frobenius(const Fp12& a) {
  return {
      {conjugate(a.c0.c0), conjugate(a.c0.c1) * kFrobenius[1], conjugate(a.c0.c2) * kFrobenius[3]},
      {conjugate(a.c1.c0) * kFrobenius[0], conjugate(a.c1.c1) * kFrobenius[2],
       conjugate(a.c1.c2) * kFrobenius[4]}};
}

Fp12 frobenius_squared(const Fp12& a) {
  return {{a.c0.c0, a.c0.c1 * kFrobeniusSquared[1], a.c0.c2 * kFrobeniusSquared[3]},
          {a.c1.c0 * kFrobeniusSquared[0], a.c1.c1 * kFrobeniusSquared[2],
           a.c1.c2 * kFrobeniusSquared[4]}};
}

Fp12 operator*(const Fp12& a, const Line& line) {
  const Fp6 t0 = multiply(a.c0, line.l0);
  const Fp6 t1 = multiply_sparse(a.c1, line.l1, line.l3);
  const Fp6 sums = multiply_sparse(a.c0 + a.c1, line.l0 + line.l1, line.l3);
  return {t0 + times_v(t1), sums - t0 - t1};
}

}  // namespace ol::evm::precompiles::bn254
