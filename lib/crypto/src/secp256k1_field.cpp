#include "secp256k1_field.hpp"

#include "modular_inverse.hpp"

namespace ol::crypto::secp256k1 {
namespace {

Fe squared(Fe a, unsigned times) {
  for (unsigned i = 0; i < times; ++i)
    a = square(a);
  return a;
}

}  // namespace

Fe inverse(const Fe& a) {
  return Fe::from(modular_inverse(a.canonical(), kPrime));
}

// p = 3 modulo 4, so a^((p + 1) / 4) is it. The exponent in binary is 223 ones, a zero, 22 ones,
// four zeros, two ones, two zeros; xN is a to the power of N ones.
Fe square_root_candidate(const Fe& a) {
  const Fe x2 = square(a) * a;
  const Fe x3 = square(x2) * a;
  const Fe x6 = squared(x3, 3) * x3;
  const Fe x9 = squared(x6, 3) * x3;
  const Fe x11 = squared(x9, 2) * x2;
  const Fe x22 = squared(x11, 11) * x11;
  const Fe x44 = squared(x22, 22) * x22;
  const Fe x88 = squared(x44, 44) * x44;
  const Fe x176 = squared(x88, 88) * x88;
  const Fe x220 = squared(x176, 44) * x44;
  const Fe x223 = squared(x220, 3) * x3;
  return squared(squared(squared(x223, 23) * x22, 6) * x2, 2);
}

}  // namespace ol::crypto::secp256k1
