#include "bn254_field.hpp"

#include <gmp.h>

namespace ol::evm::precompiles::bn254 {
namespace {

constexpr U256 kPrimeNumber{kPrime[0], kPrime[1], kPrime[2], kPrime[3]};

}  // namespace

std::optional<Fp> read_fp(ByteView bytes) {
  const U256 value = U256::from_big_endian(bytes).value();
  if (!(value < kPrimeNumber)) return std::nullopt;
  return fp(value.limb(0), value.limb(1), value.limb(2), value.limb(3));
}

std::array<std::uint8_t, 32> write_fp(const Fp& a) {
  const Fp plain = a * Fp{{1, 0, 0, 0}};
  return U256{plain.limbs[0], plain.limbs[1], plain.limbs[2], plain.limbs[3]}.to_big_endian();
}

Fp inverse(const Fp& a) {
  static_assert(sizeof(mp_limb_t) == sizeof(std::uint64_t) && GMP_NAIL_BITS == 0);
  mpz_t value;
  mpz_t prime;
  mpz_t result;
  mpz_roinit_n(value, a.limbs.data(), 4);
  mpz_roinit_n(prime, kPrime.data(), 4);
  mpz_init(result);
  Fp out;
  if (mpz_invert(result, value, prime) != 0) {
    for (std::size_t i = 0; i < 4; ++i)
      out.limbs[i] = mpz_getlimbn(result, static_cast<mp_size_t>(i));
  }
  mpz_clear(result);
  // Of aR that is 1/(aR); times R^3 it is R/a in Montgomery form.
  constexpr Fp kRadixCubed = kRadixSquared * kRadixSquared;
  return out * kRadixCubed;
}

}  // namespace ol::evm::precompiles::bn254
