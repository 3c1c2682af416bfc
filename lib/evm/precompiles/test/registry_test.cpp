#include <gtest/gtest.h>

#include "vectors.hpp"

namespace ol::evm {
namespace {

using precompiles::address_of;

bool exists(unsigned number, Revision revision) {
  return find_precompile(address_of(number), revision) != nullptr;
}

struct Era {
  unsigned first;
  unsigned last;
  Revision since;
  Revision before;  // the last revision without them; the same as `since` if there is none
};

TEST(PrecompileRegistry, has_each_contract_from_its_fork_on) {
  constexpr Era kEras[] = {
      {0x01, 0x04, Revision::Frontier, Revision::Frontier},
      {0x05, 0x08, Revision::Byzantium, Revision::SpuriousDragon},
      {0x09, 0x09, Revision::Istanbul, Revision::Petersburg},
      {0x0a, 0x0a, Revision::Cancun, Revision::Shanghai},
      {0x0b, 0x11, Revision::Prague, Revision::Cancun},
      {0x100, 0x100, Revision::Osaka, Revision::Prague},
  };
  for (const Era& era : kEras) {
    for (unsigned number = era.first; number <= era.last; ++number) {
      SCOPED_TRACE(number);
      EXPECT_TRUE(exists(number, era.since));
      EXPECT_TRUE(exists(number, Revision::Osaka));
      if (era.before != era.since) {
        EXPECT_FALSE(exists(number, era.before));
        EXPECT_FALSE(exists(number, Revision::Frontier));
      }
    }
  }
}

TEST(PrecompileRegistry, has_nothing_at_other_addresses) {
  for (const unsigned number : {0x00U, 0x12U, 0xffU, 0x101U, 0x200U, 0x10aU, 0xffffU}) {
    EXPECT_FALSE(exists(number, Revision::Osaka)) << number;
  }
}

TEST(PrecompileRegistry, looks_at_every_byte_of_the_address) {
  for (std::size_t i = 0; i < 18; ++i) {
    Address address = address_of(1);
    address.bytes[i] = 1;
    EXPECT_EQ(find_precompile(address, Revision::Osaka), nullptr) << i;
  }
}

TEST(Precompiles, without_gas_fail_and_keep_nothing) {
  for (const unsigned number : {0x01U, 0x02U, 0x03U, 0x04U, 0x05U, 0x06U, 0x07U, 0x08U, 0x0aU,
                                0x0bU, 0x0dU, 0x0fU, 0x10U, 0x11U, 0x100U}) {
    const auto result = precompiles::run(number, {}, Revision::Osaka, 0);
    EXPECT_FALSE(result.success) << number;
    EXPECT_EQ(result.gas_left, 0);
    EXPECT_TRUE(result.output.empty());
  }
}

// Half a megabyte of zeros: a bounded time and no crash, whatever the contract.
TEST(Precompiles, bear_long_input) {
  const Bytes zeros(1 << 19, 0);
  for (unsigned number = 1; number <= 0x11; ++number) {
    const auto result = precompiles::run(number, zeros, Revision::Prague, 200'000'000);
    EXPECT_LE(result.output.size(), zeros.size()) << number;
  }
}

}  // namespace
}  // namespace ol::evm
