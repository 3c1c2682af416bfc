#include <string>

#include <gtest/gtest.h>

#include "../ripemd160.hpp"
#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

std::string ripemd_of(std::string_view text) {
  return to_hex(ripemd160_digest(as_bytes(text)));
}

// The paper's own vectors, appendix B.
TEST(Ripemd160, gives_the_papers_digests) {
  EXPECT_EQ(ripemd_of(""), "9c1185a5c5e9fc54612808977ee8f548b2258d31");
  EXPECT_EQ(ripemd_of("a"), "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe");
  EXPECT_EQ(ripemd_of("abc"), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
  EXPECT_EQ(ripemd_of("message digest"), "5d0689ef49d2fae572b881b123a85ffa21595f36");
  EXPECT_EQ(ripemd_of("abcdefghijklmnopqrstuvwxyz"), "f71c27109c692c1b56bbdceb5b9d2865b3708dbc");
  EXPECT_EQ(ripemd_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "12a053384a9c0c88e405a06c27dcf49ada62eb2b");
  EXPECT_EQ(ripemd_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            "b0e20b6e3116640286ed3a87a5713079b21f5189");
  std::string digits;
  for (int i = 0; i < 8; ++i)
    digits += "1234567890";
  EXPECT_EQ(ripemd_of(digits), "9b752e45573d4b39f4dbd3323cab82bf63326bfb");
  EXPECT_EQ(ripemd_of(std::string(1'000'000, 'a')), "52783243c1697bdbe16d37f97f68f08325dc1528");
}

struct Price {
  unsigned address;
  std::int64_t base;
  std::int64_t per_word;
};
constexpr Price kPrices[] = {{0x02, 60, 12}, {0x03, 600, 120}, {0x04, 15, 3}};

TEST(HashPrecompiles, cost_a_base_and_a_price_for_each_begun_word) {
  for (const Price& price : kPrices) {
    for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 64U, 65U, 1000U}) {
      const auto cost = price.base + price.per_word * static_cast<std::int64_t>((size + 31) / 32);
      const Bytes input(size, 0x11);
      const auto exact = run(price.address, input, Revision::Frontier, cost);
      EXPECT_TRUE(exact.success);
      EXPECT_EQ(exact.gas_left, 0);
      EXPECT_EQ(run(price.address, input, Revision::Frontier, cost + 7).gas_left, 7);
      EXPECT_FALSE(run(price.address, input, Revision::Frontier, cost - 1).success);
    }
  }
}

TEST(HashPrecompiles, give_their_digest_in_a_word) {
  const Bytes abc = to_bytes(as_bytes("abc"));
  EXPECT_EQ(to_hex(run(0x02, abc).output),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(run(0x03, abc).output),
            "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
}

TEST(IdentityPrecompile, gives_its_input_back) {
  const Bytes input = Noise(3).bytes(77);
  EXPECT_EQ(run(0x04, input).output, input);
  EXPECT_TRUE(run(0x04, {}).success);
  EXPECT_TRUE(run(0x04, {}).output.empty());
}

}  // namespace
}  // namespace ol::evm::precompiles
