#include "bn254_field.hpp"

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

// Fermat: a^(p - 2), four bits at a time.
Fp inverse(const Fp& a) {
  std::array<Fp, 16> powers;
  powers[0] = kOne;
  for (std::size_t i = 1; i < powers.size(); ++i)
    powers[i] = powers[i - 1] * a;
  Limbs exponent = kPrime;
  exponent[0] -= 2;
  Fp out = kOne;
  for (std::size_t digit = 64; digit-- > 0;) {
    out = square(square(square(square(out))));
    out = out * powers[exponent[digit / 16] >> (digit % 16 * 4) & 15];
  }
  return out;
}

}  // namespace ol::evm::precompiles::bn254
