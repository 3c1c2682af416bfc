#include "modular_inverse.hpp"

#include <gmp.h>

namespace ol::crypto {

U256 modular_inverse(const U256& a, const U256& m) {
  static_assert(sizeof(mp_limb_t) == sizeof(std::uint64_t) && GMP_NAIL_BITS == 0);
  const mp_limb_t value_limbs[] = {a.limb(0), a.limb(1), a.limb(2), a.limb(3)};
  const mp_limb_t modulus_limbs[] = {m.limb(0), m.limb(1), m.limb(2), m.limb(3)};
  mpz_t value;
  mpz_t modulus;
  mpz_t result;
  mpz_roinit_n(value, value_limbs, 4);
  mpz_roinit_n(modulus, modulus_limbs, 4);
  mpz_init(result);
  U256 out;
  if (mpz_invert(result, value, modulus) != 0) {
    out = {mpz_getlimbn(result, 0), mpz_getlimbn(result, 1), mpz_getlimbn(result, 2),
           mpz_getlimbn(result, 3)};
  }
  mpz_clear(result);
  return out;
}

}  // namespace ol::crypto
