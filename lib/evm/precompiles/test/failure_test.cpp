// What is said of a precompiled contract that fails, as geth has it: that gas is missing before
// anything of the input, then what is wrong with that.
#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

Status failure(unsigned number, ByteView input, std::int64_t gas = kPlenty) {
  const PrecompileResult result = run(number, input, Revision::Osaka, gas);
  EXPECT_FALSE(result.success) << number;
  EXPECT_EQ(result.gas_left, 0);
  EXPECT_TRUE(result.output.empty());
  return result.failure;
}

Bytes versioned_hash(ByteView commitment) {
  Bytes out = to_bytes(crypto::sha256(commitment).view());
  out[0] = 1;
  return out;
}

/// A field element of EIP-2537.
Bytes element(std::uint8_t value) {
  Bytes out(64, 0);
  out.back() = value;
  return out;
}

TEST(PrecompileFailure, is_missing_gas_where_the_price_is_not_there) {
  const struct {
    unsigned number;
    std::size_t bytes;
    std::int64_t price;
  } cases[] = {{0x01, 0, 3000},    {0x02, 1, 72},      {0x03, 1, 720},     {0x04, 1, 18},
               {0x05, 0, 500},     {0x06, 0, 150},     {0x07, 0, 6000},    {0x08, 0, 45000},
               {0x0a, 192, 50000}, {0x0b, 256, 375},   {0x0c, 160, 12000}, {0x0d, 512, 600},
               {0x0e, 288, 22500}, {0x0f, 384, 70300}, {0x10, 64, 5500},   {0x11, 128, 23800},
               {0x100, 160, 6900}};
  for (const auto& one : cases) {
    const Bytes input(one.bytes, 0);
    EXPECT_EQ(failure(one.number, input, one.price - 1), Status::OutOfGas) << one.number;
    const auto paid = run(one.number, input, Revision::Osaka, one.price);
    EXPECT_TRUE(paid.success || paid.failure != Status::OutOfGas) << one.number;
  }
}

TEST(PrecompileFailure, is_missing_gas_even_if_the_input_is_bad_too) {
  EXPECT_EQ(failure(0x06, Bytes(128, 0xff), 149), Status::OutOfGas);
  EXPECT_EQ(failure(0x08, Bytes(193, 0xff), 78'999), Status::OutOfGas);
  EXPECT_EQ(failure(0x0a, {}, 49'999), Status::OutOfGas);
  EXPECT_EQ(failure(0x0c, Bytes(161, 0xff), 11'999), Status::OutOfGas);
  // The longest operands cost more than there is.
  EXPECT_EQ(failure(0x05, join(word(~U256{}), word(0), word(1))), Status::OutOfGas);
}

TEST(PrecompileFailure, tells_what_is_wrong_with_a_call_of_blake2f) {
  EXPECT_EQ(failure(0x09, Bytes(212, 0)), Status::InputLength);
  Bytes input(213, 0);
  input.back() = 2;
  EXPECT_EQ(failure(0x09, input), Status::FinalFlag);
  input[3] = 9;
  EXPECT_EQ(failure(0x09, input, 8), Status::OutOfGas);
}

TEST(PrecompileFailure, tells_what_is_wrong_with_a_point_of_bn254) {
  const Bytes off_curve = join(word(1), word(1));
  const Bytes beyond = join(word(~U256{}), word(0));
  const Bytes on_curve = join(word(1), word(2));
  EXPECT_EQ(failure(0x06, join(off_curve, beyond)), Status::Bn254Point) << "the first counts";
  EXPECT_EQ(failure(0x06, join(beyond, off_curve)), Status::Bn254Coordinate);
  EXPECT_EQ(failure(0x06, join(on_curve, off_curve)), Status::Bn254Point);
  EXPECT_EQ(failure(0x06, join(on_curve, beyond)), Status::Bn254Coordinate);
  EXPECT_EQ(failure(0x07, off_curve), Status::Bn254Point);
  EXPECT_EQ(failure(0x07, beyond), Status::Bn254Coordinate);
  EXPECT_EQ(failure(0x08, Bytes(191, 0)), Status::PairingSize);
  EXPECT_EQ(failure(0x08, join(off_curve, beyond, beyond)), Status::Bn254Point);
  EXPECT_EQ(failure(0x08, join(on_curve, beyond, beyond)), Status::Bn254Coordinate);
  EXPECT_EQ(failure(0x08, join(on_curve, off_curve, off_curve)), Status::Bn254Point);
}

TEST(PrecompileFailure, tells_what_is_wrong_with_a_point_of_bls12_381) {
  for (const unsigned number : {0x0bU, 0x0cU, 0x0dU, 0x0eU, 0x0fU, 0x10U, 0x11U}) {
    EXPECT_EQ(failure(number, {}), Status::InputLength) << number;
    EXPECT_EQ(failure(number, Bytes(577, 0)), Status::InputLength) << number;
  }
  EXPECT_EQ(failure(0x10, Bytes(64, 0xff)), Status::Bls12TopBytes);
  EXPECT_EQ(failure(0x0b, Bytes(256, 0xff)), Status::Bls12TopBytes);
  EXPECT_EQ(failure(0x0c, Bytes(160, 0xff)), Status::Bls12TopBytes);
  // (1, 1) is not on the curve, (0, 2) is but in no group of order r.
  const Bytes off_curve = join(element(1), element(1));
  EXPECT_EQ(failure(0x0b, join(off_curve, off_curve)), Status::PrecompileFailure);
  const Bytes other_group = join(element(0), element(2));
  EXPECT_EQ(failure(0x0c, join(other_group, word(1))), Status::Bls12G1Subgroup);
  EXPECT_EQ(failure(0x0f, join(other_group, Bytes(256, 0))), Status::Bls12G1Subgroup);
}

TEST(PrecompileFailure, tells_what_is_wrong_with_a_proof_or_an_exponent) {
  EXPECT_EQ(failure(0x0a, Bytes(191, 0)), Status::InputLength);
  EXPECT_EQ(failure(0x0a, Bytes(192, 0)), Status::VersionedHash);
  // SHA-256 of a commitment of 48 zeros, its first byte replaced by the version.
  Bytes input = versioned_hash(Bytes(48, 0));
  input.resize(192, 0);
  EXPECT_EQ(failure(0x0a, input), Status::KzgProof);
  EXPECT_EQ(failure(0x05, join(word(1025), word(0), word(0))), Status::ModexpLength);
}

}  // namespace
}  // namespace ol::evm::precompiles
