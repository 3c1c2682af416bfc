// Modular exponentiation of numbers of any length, with GMP; odd moduli of up to 32 bytes, which
// most callers have, with multiplication of our own. Source: EIP-198; gas since Berlin EIP-2565,
// since Osaka EIP-7883, lengths since Osaka EIP-7823.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <span>

#include <gmp.h>

#include <ol/base/check.hpp>
#include <ol/base/u256.hpp>

#include "call.hpp"
#include "montgomery.hpp"

namespace ol::evm::precompiles {
namespace {

constexpr std::size_t kHeaderBytes = 96;
constexpr std::uint64_t kOsakaLengthMax = 1024;  // EIP-7823
// The gas of longer operands (above 8 * 10^11) exceeds every block's limit, so asking for them ends
// as running out of gas; here, before memory is taken.
constexpr std::uint64_t kOperandBytesMax = std::uint64_t{1} << 24;

// Lengths are cut to this: no gas limit can tell the difference, and sums of them do not wrap.
constexpr std::uint64_t kLengthMax = std::uint64_t{1} << 60;

// The lengths the caller claims.
struct Lengths {
  std::uint64_t base = 0;
  std::uint64_t exponent = 0;
  std::uint64_t modulus = 0;
};

std::uint64_t length_at(ByteView header) {
  const U256 value = U256::from_big_endian(header).value();
  return value < U256{kLengthMax} ? value.low64() : kLengthMax;
}

Lengths read_lengths(ByteView input) {
  const auto header = padded<kHeaderBytes>(input);
  const ByteView view(header);
  return {.base = length_at(view.first(32)),
          .exponent = length_at(view.subspan(32, 32)),
          .modulus = length_at(view.last(32))};
}

/// The bytes of `input` in [begin, begin + size) that exist; zeros follow them.
ByteView present(ByteView input, std::uint64_t begin, std::uint64_t size) {
  if (begin >= input.size()) return {};
  const auto rest = input.subspan(static_cast<std::size_t>(begin));
  return rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, rest.size())));
}

/// The first 32 bytes (all of them if there are fewer) of a number of `length` bytes, of which the
/// `present` ones are not zeros past the end of the input.
U256 head_of(ByteView present, std::uint64_t length) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(length, 32));
  std::array<std::uint8_t, 32> head{};
  std::copy_n(present.begin(), std::min(size, present.size()),
              head.end() - static_cast<std::ptrdiff_t>(size));
  return U256::from_big_endian(head).value();
}

/// Squarings and multiplications the exponent asks for; `per_byte` for each byte after the 32nd.
Uint128 iterations(const U256& head, std::uint64_t length, unsigned per_byte) {
  const Uint128 tail = length > 32 ? Uint128{length - 32} * per_byte : 0;
  const unsigned bits = head.bit_length();
  return std::max<Uint128>(tail + (bits == 0 ? 0 : bits - 1), 1);
}

// Operands are at most kOperandBytesMax long, so squares are far from overflowing.
std::uint64_t complexity_eip198(std::uint64_t size) {
  if (size <= 64) return size * size;
  if (size <= 1024) return size * size / 4 + 96 * size - 3072;
  return size * size / 16 + 480 * size - 199680;
}

std::uint64_t squared_words(std::uint64_t size) {
  const std::uint64_t count = (size + 7) / 8;
  return count * count;
}

/// The price, saturated: anything above 2^63 is beyond every gas limit.
std::uint64_t price(const Lengths& lengths, const U256& head, Revision revision) {
  const std::uint64_t size = std::max(lengths.base, lengths.modulus);
  const std::uint64_t floor = revision >= Revision::Osaka    ? 500
                              : revision >= Revision::Berlin ? 200
                                                             : 0;
  Uint128 cost = 0;
  if (revision >= Revision::Osaka) {
    const std::uint64_t complexity = size <= 32 ? 16 : 2 * squared_words(size);
    cost = complexity * iterations(head, lengths.exponent, 16);
  } else if (revision >= Revision::Berlin) {
    cost = squared_words(size) * iterations(head, lengths.exponent, 8) / 3;
  } else {
    cost = complexity_eip198(size) * iterations(head, lengths.exponent, 8) / 20;
  }
  constexpr Uint128 kMax = std::numeric_limits<std::uint64_t>::max();
  return std::max(floor, static_cast<std::uint64_t>(std::min(cost, kMax)));
}

/// A GMP integer that frees itself. GMP ends the process if it cannot allocate; what it is asked
/// for is bounded by kOperandBytesMax and paid for.
class Integer {
 public:
  Integer() { mpz_init(value_); }
  /// `bytes` big-endian, followed by zeros up to `size` bytes.
  Integer(ByteView bytes, std::uint64_t size) : Integer() {
    mpz_import(value_, bytes.size(), 1, 1, 1, 0, bytes.data());
    mpz_mul_2exp(value_, value_, 8 * (size - bytes.size()));
  }
  ~Integer() { mpz_clear(value_); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;

  mpz_ptr get() { return value_; }

 private:
  mpz_t value_;
};

static_assert(sizeof(mp_limb_t) == sizeof(std::uint64_t) && GMP_NAIL_BITS == 0);

using Limbs = std::array<std::uint64_t, 4>;

/// The power. @pre The modulus is odd and has N words, the last of them not zero; so is the last of
/// the exponent.
template <std::size_t N, Room kRoom = Room::None>
Limbs power_of_words(const Limbs& base, std::span<const std::uint64_t> exponent,
                     const Limbs& modulus) {
  std::array<std::uint64_t, N> words;
  std::copy_n(modulus.begin(), N, words.begin());
  const Montgomery<N, kRoom> field(words);
  // base R modulo the modulus.
  std::array<std::uint64_t, N + 4> scaled{};
  std::copy_n(base.begin(), 4, scaled.begin() + N);
  std::array<std::uint64_t, 5> quotient;
  std::array<std::uint64_t, N> rest;
  mpn_tdiv_qr(quotient.data(), rest.data(), 0, scaled.data(), N + 4, words.data(), N);
  Limbs out{};
  std::ranges::copy(field.power(rest, exponent), out.begin());
  return out;
}

/// The power with a small odd modulus other than one. @pre The last word of the exponent is not
/// zero.
U256 raise_small(const U256& base, std::span<const std::uint64_t> exponent, const U256& modulus) {
  const Limbs b{base.limb(0), base.limb(1), base.limb(2), base.limb(3)};
  const Limbs m{modulus.limb(0), modulus.limb(1), modulus.limb(2), modulus.limb(3)};
  Limbs out;
  switch ((modulus.bit_length() + 63) / 64) {
    case 1:
      out = power_of_words<1>(b, exponent, m);
      break;
    case 2:
      out = power_of_words<2>(b, exponent, m);
      break;
    case 3:
      out = power_of_words<3>(b, exponent, m);
      break;
    default:
      out = Montgomery<4>::has_room(m[3]) ? power_of_words<4, Room::TwoBits>(b, exponent, m)
                                          : power_of_words<4>(b, exponent, m);
      break;
  }
  return {out[0], out[1], out[2], out[3]};
}

/// Writes `value` to the end of `output`, which has room for its bytes that are not zero.
void write_at_end(const U256& value, Bytes& output) {
  const auto bytes = value.to_big_endian();
  const std::size_t size = std::min(bytes.size(), output.size());
  std::copy_n(bytes.end() - static_cast<std::ptrdiff_t>(size), size,
              output.end() - static_cast<std::ptrdiff_t>(size));
}

U256 u256_of(Integer& value) {
  const auto limb = [&](mp_size_t i) { return mpz_getlimbn(value.get(), i); };
  return {limb(0), limb(1), limb(2), limb(3)};
}

/// Where the operands of a call begin, and their bytes that exist.
struct Operands {
  ByteView base;
  ByteView exponent;
  ByteView modulus;
};

Operands read_operands(ByteView input, const Lengths& lengths) {
  const std::uint64_t exponent_at = kHeaderBytes + lengths.base;
  const std::uint64_t modulus_at = exponent_at + lengths.exponent;
  return {.base = present(input, kHeaderBytes, lengths.base),
          .exponent = present(input, exponent_at, lengths.exponent),
          .modulus = present(input, modulus_at, lengths.modulus)};
}

/// Operands of up to 32 bytes, without GMP's integers: whether the modulus is odd and it was done.
bool raised_small(const Operands& operands, const Lengths& lengths, Bytes& output) {
  if (std::max({lengths.base, lengths.exponent, lengths.modulus}) > 32) return false;
  const U256 modulus = head_of(operands.modulus, lengths.modulus);
  if ((modulus.low64() & 1) == 0) return false;
  if (modulus == U256{1}) return true;
  const U256 base = head_of(operands.base, lengths.base);
  const U256 exponent = head_of(operands.exponent, lengths.exponent);
  if (exponent.is_zero()) {
    output.back() = 1;
    return true;
  }
  const Limbs words{exponent.limb(0), exponent.limb(1), exponent.limb(2), exponent.limb(3)};
  const std::size_t count = (exponent.bit_length() + 63) / 64;
  write_at_end(raise_small(base, std::span(words).first(count), modulus), output);
  return true;
}

Bytes raise(const Operands& operands, const Lengths& lengths) {
  Bytes output(static_cast<std::size_t>(lengths.modulus), 0);
  if (raised_small(operands, lengths, output)) return output;
  Integer modulus(operands.modulus, lengths.modulus);
  if (mpz_cmp_ui(modulus.get(), 1) <= 0) return output;

  // The modulus is not all zeros, so it begins within the input and what precedes it is there too.
  Integer base(operands.base, lengths.base);
  Integer exponent(operands.exponent, lengths.exponent);
  if (mpz_odd_p(modulus.get()) && mpz_size(modulus.get()) <= 4 && mpz_sgn(exponent.get()) != 0) {
    mpz_tdiv_r(base.get(), base.get(), modulus.get());
    const std::span words(mpz_limbs_read(exponent.get()), mpz_size(exponent.get()));
    write_at_end(raise_small(u256_of(base), words, u256_of(modulus)), output);
    return output;
  }
  Integer result;
  mpz_powm(result.get(), base.get(), exponent.get(), modulus.get());
  if (mpz_sgn(result.get()) == 0) return output;
  const std::size_t size = (mpz_sizeinbase(result.get(), 2) + 7) / 8;
  OL_CHECK(size <= output.size(), "the result is below the modulus");
  mpz_export(&output[output.size() - size], nullptr, 1, 1, 1, 0, result.get());
  return output;
}

}  // namespace

PrecompileResult modexp(ByteView input, std::int64_t gas, Revision revision) {
  const Lengths lengths = read_lengths(input);
  const std::uint64_t largest = std::max(lengths.base, lengths.modulus);
  // No gas pays for that.
  if (largest > kOperandBytesMax) return out_of_gas();
  if (revision >= Revision::Osaka && std::max(largest, lengths.exponent) > kOsakaLengthMax) {
    return failed(Status::ModexpLength);
  }

  const Operands operands = read_operands(input, lengths);
  const U256 head = head_of(operands.exponent, lengths.exponent);
  const auto left = pay(gas, price(lengths, head, revision));
  if (!left) return out_of_gas();
  if (lengths.modulus == 0) return succeeded(*left, {});
  return {.success = true, .gas_left = *left, .output = raise(operands, lengths)};
}

}  // namespace ol::evm::precompiles
