// EIP-4844, point evaluation.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <ol/crypto/hash.hpp>
#include <ol/test_support/fixtures.hpp>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

// go-ethereum's vector, a true statement: versioned hash, z, y, commitment, proof.
constexpr std::string_view kGood =
    "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
    "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
    "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
    "5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253"
    "fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a";

// The group order (EIP-4844, BLS_MODULUS).
constexpr U256 kOrder{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805,
                      0x73eda753299d7d48};

constexpr std::string_view kAnswer =
    "0000000000000000000000000000000000000000000000000000000000001000"
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";

Bytes input_of(ByteView commitment, ByteView z, ByteView y, ByteView proof) {
  Hash256 versioned = crypto::sha256(commitment);
  versioned.bytes[0] = 1;
  return join(versioned.view(), z, y, commitment, proof);
}

TEST(PointEvaluation, answers_a_true_statement_with_the_two_constants) {
  const auto result = run(0x0a, hex(kGood), Revision::Cancun, 50001);
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.gas_left, 1);
  EXPECT_EQ(to_hex(result.output), kAnswer);
  EXPECT_FALSE(run(0x0a, hex(kGood), Revision::Cancun, 49999).success);
}

TEST(PointEvaluation, fails_when_any_byte_is_changed) {
  for (std::size_t i = 0; i < 192; i += 5) {
    Bytes input = hex(kGood);
    input[i] ^= 1;
    EXPECT_FALSE(run(0x0a, input).success) << i;
  }
}

TEST(PointEvaluation, takes_192_bytes) {
  const Bytes input = hex(kGood);
  EXPECT_FALSE(run(0x0a, {}).success);
  EXPECT_FALSE(run(0x0a, ByteView(input).first(191)).success);
  EXPECT_FALSE(run(0x0a, join(input, Bytes{0})).success);
}

TEST(PointEvaluation, takes_scalars_below_the_order_only) {
  // The zero polynomial is zero everywhere; its commitment and proofs are infinity.
  const Bytes infinity = join(Bytes{0xc0}, Bytes(47, 0));
  const Bytes zero = word(0);
  EXPECT_TRUE(run(0x0a, input_of(infinity, word(kOrder - U256{1}), zero, infinity)).success);
  EXPECT_FALSE(run(0x0a, input_of(infinity, word(kOrder), zero, infinity)).success);
  EXPECT_FALSE(run(0x0a, input_of(infinity, zero, word(kOrder), infinity)).success);
  EXPECT_FALSE(run(0x0a, input_of(infinity, zero, word(1), infinity)).success);
}

TEST(PointEvaluation, agrees_with_every_vector_of_verify_kzg_proof) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  const boost::json::value file = test_support::read_json(folder / "kzg" / "verify_kzg_proof.json");
  ASSERT_FALSE(file.as_array().empty());
  for (const auto& value : file.as_array()) {
    SCOPED_TRACE(std::string(std::string_view(value.at("name").as_string())));
    const auto field = [&](const char* key) {
      return from_hex(std::string_view(value.at("input").at(key).as_string())).value_or(Bytes{});
    };
    const bool good = value.at("output").is_bool() && value.at("output").as_bool();
    const auto result =
        run(0x0a, input_of(field("commitment"), field("z"), field("y"), field("proof")));
    EXPECT_EQ(result.success, good);
  }
}

// The ceremony's point in kzg.cpp, seen from outside: with the polynomial x, committed to by tau
// G1, the value at z is z and the proof is G1, for any z, if and only if tau is the same on both
// sides.
TEST(PointEvaluation, has_the_ceremonys_point) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  const auto setup = test_support::read_json(folder / "kzg" / "trusted_setup_min.json");
  const Bytes generator = hex(std::string_view(setup.at("g1_monomial_0").as_string()));
  const Bytes tau = hex(std::string_view(setup.at("g1_monomial_1").as_string()));
  for (const std::uint64_t z : {0U, 1U, 2U, 12345U}) {
    EXPECT_TRUE(run(0x0a, input_of(tau, word(z), word(z), generator)).success);
    EXPECT_FALSE(run(0x0a, input_of(tau, word(z), word(z + 1), generator)).success);
  }
}

}  // namespace
}  // namespace ol::evm::precompiles
