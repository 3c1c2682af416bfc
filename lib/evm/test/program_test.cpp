// The parts of the fast interpreter that have a plain counterpart: jump maps and word arithmetic.
#include <random>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

#include "division.hpp"
#include "jump_map.hpp"
#include "memory_arena.hpp"
#include "program.hpp"
#include "program_cache.hpp"
#include "word.hpp"

namespace ol::evm {
namespace {

Bytes code_of(std::string_view hex) {
  return from_hex(hex).value();
}

TEST(JumpMap, finds_destinations_and_skips_push_data) {
  const JumpMap map(code_of("5b605b5b625b5b5b5b7f"));
  EXPECT_EQ(map.count(), 3U);
  EXPECT_TRUE(map.contains(0));
  EXPECT_FALSE(map.contains(1));
  EXPECT_FALSE(map.contains(2)) << "data of PUSH1";
  EXPECT_TRUE(map.contains(3));
  EXPECT_FALSE(map.contains(6)) << "data of PUSH3";
  EXPECT_TRUE(map.contains(8));
  EXPECT_FALSE(map.contains(1000));
}

void expect_as_plain_scan(const Bytes& code) {
  const JumpMap map(code);
  std::size_t number = 0;
  std::size_t data = 0;
  for (std::size_t pc = 0; pc < code.size(); ++pc) {
    const bool is_data = data > 0;
    if (is_data) --data;
    if (!is_data && code[pc] >= 0x60 && code[pc] <= 0x7f) data = code[pc] - 0x5fU;
    const bool is_destination = !is_data && code[pc] == 0x5b;
    ASSERT_EQ(map.contains(pc), is_destination) << to_hex(code) << pc;
    number += is_destination ? 1 : 0;
  }
  ASSERT_EQ(map.count(), number);
}

TEST(JumpMap, agrees_with_a_plain_scan_on_random_code) {
  std::mt19937_64 random(7);
  // All sorts, PUSH1 alone, short PUSHes side by side, the longest.
  const std::vector<Bytes> alphabets{
      {0x5b, 0x5b, 0x50, 0x5f, 0x60, 0x61, 0x63, 0x6f, 0x73, 0x7f, 0x80, 0xe0, 0xff},
      {0x5b, 0x60},
      {0x5b, 0x60, 0x60, 0x60, 0x00},
      {0x5b, 0x60, 0x61, 0x62},
      {0x5b, 0x5b, 0x5b, 0x5b, 0x5b, 0x5b, 0x7f},
      {0x00, 0x5b, 0x00, 0x00, 0x60, 0x00, 0x00}};
  for (int round = 0; round < 1'200; ++round) {
    const Bytes& alphabet = alphabets[static_cast<std::size_t>(round) % alphabets.size()];
    Bytes code(random() % 400);
    for (std::uint8_t& byte : code)
      byte = alphabet[random() % alphabet.size()];
    ASSERT_NO_FATAL_FAILURE(expect_as_plain_scan(code));
  }
}

TEST(JumpMap, agrees_with_a_plain_scan_on_one_push_over_and_over) {
  for (std::uint8_t push = 0x5f; push <= 0x80; ++push) {
    for (std::size_t size = 60; size <= 200; size += 7) {
      Bytes code(size, push);
      ASSERT_NO_FATAL_FAILURE(expect_as_plain_scan(code));
      code.insert(code.begin(), 0x00);
      code.back() = 0x5b;
      ASSERT_NO_FATAL_FAILURE(expect_as_plain_scan(code));
    }
  }
}

TEST(Program, translates_a_destination_once) {
  const Bytes code = code_of("600456fe5b5b00");
  Program program(code, schedule(Revision::Prague));
  EXPECT_EQ(program.entry(), program.entry());
  Cell* const block = program.block(4);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(program.block(4), block);
  EXPECT_NE(program.block(5), block);
  EXPECT_EQ(program.block(0), nullptr);
  EXPECT_EQ(program.block(U256{1} << 64), nullptr);
}

TEST(ProgramCache, shares_programs_by_the_hash_of_the_code) {
  ProgramCache cache;
  const auto code = std::make_shared<const Bytes>(code_of("5b00"));
  const auto first = cache.get(Hash256{{1}}, code, schedule(Revision::Prague));
  EXPECT_EQ(cache.get(Hash256{{1}}, code, schedule(Revision::Prague)), first);
  EXPECT_NE(cache.get(Hash256{{2}}, code, schedule(Revision::Prague)), first);
}

TEST(ProgramCache, starts_over_when_full_and_keeps_what_is_in_use) {
  ProgramCache cache;
  const auto large = std::make_shared<const Bytes>(Bytes(3U << 20, 0x5b));
  const auto first = cache.get(Hash256{{1}}, large, schedule(Revision::Prague));
  for (std::uint8_t i = 2; i < 6; ++i)
    (void)cache.get(Hash256{{i}}, large, schedule(Revision::Prague));
  EXPECT_EQ(first->code().size(), large->size());
  EXPECT_NE(cache.get(Hash256{{1}}, large, schedule(Revision::Prague)), first);
}

// A program of one byte takes some 6 KiB: how many there are must not depend on their code alone.
TEST(ProgramCache, counts_what_the_shortest_programs_take) {
  ProgramCache cache;
  const auto short_code = std::make_shared<const Bytes>(code_of("5b"));
  const auto numbered = [](std::uint32_t i) {
    return Hash256{{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                    static_cast<std::uint8_t>(i >> 16)}};
  };
  const auto first = cache.get(numbered(0), short_code, schedule(Revision::Prague));
  for (std::uint32_t i = 1; i < 45'000; ++i)
    (void)cache.get(numbered(i), short_code, schedule(Revision::Prague));
  EXPECT_NE(cache.get(numbered(0), short_code, schedule(Revision::Prague)), first);
}

TEST(MemoryArena, moving_keeps_the_contents) {
  MemoryArena arena;
  const MemoryArena::Place bottom = arena.bottom();
  bottom.begin[0] = 0x77;
  const MemoryArena::Place moved = arena.move(bottom, 32, 5'000'000);
  EXPECT_EQ(moved.begin[0], 0x77);
  EXPECT_GE(arena.limit(moved) - moved.begin, 5'000'000);
  arena.trim();
  EXPECT_EQ(arena.bottom().begin, bottom.begin);
}

TEST(Word, agrees_with_the_plain_operations) {
  std::mt19937_64 random(11);
  const auto word = [&] {
    const U256 full{random(), random(), random(), random()};
    switch (random() % 4) {
      case 0:
        return full >> static_cast<unsigned>(random() % 256);
      case 1:
        return ~(full >> static_cast<unsigned>(random() % 256));
      case 2:
        return U256{random() % 300};
      default:
        return full;
    }
  };
  for (int i = 0; i < 50'000; ++i) {
    const U256 a = word();
    const U256 b = random() % 8 == 0 ? a : word();
    ASSERT_EQ(word::subtract(a, b), a - b);
    ASSERT_EQ(word::less(a, b), a < b);
    ASSERT_EQ(word::signed_less(a, b), signed_less(a, b));
    ASSERT_EQ(word::shl(a, b), shl(a, b));
    ASSERT_EQ(word::shr(a, b), shr(a, b));
    ASSERT_EQ(word::sar(a, b), sar(a, b));
    const auto bits = static_cast<unsigned>(random() % 64);
    ASSERT_EQ(word::shift_right<1>(a, bits), a >> (64 + bits));
    ASSERT_EQ(word::shift_left<3>(a, bits), a << (192 + bits));
  }
}

TEST(Division, agrees_with_the_plain_operations) {
  std::mt19937_64 random(13);
  const auto word = [&] {
    const U256 full{random(), random(), random(), random()};
    switch (random() % 5) {
      case 0:
        return full >> static_cast<unsigned>(random() % 256);
      case 1:
        return ~(full >> static_cast<unsigned>(random() % 256));
      case 2:
        return U256{1} << static_cast<unsigned>(random() % 256);
      case 3:
        return U256{random() % 3};
      default:
        return full;
    }
  };
  for (int i = 0; i < 50'000; ++i) {
    const U256 a = word();
    const U256 b = word();
    ASSERT_EQ(fast_div(a, b), div(a, b));
    ASSERT_EQ(fast_mod(a, b), mod(a, b));
    ASSERT_EQ(fast_sdiv(a, b), sdiv(a, b));
    ASSERT_EQ(fast_smod(a, b), smod(a, b));
    const auto power = power_of_two(a);
    ASSERT_EQ(power.has_value(), !a.is_zero() && (a & (a - U256{1})).is_zero());
    if (power) ASSERT_EQ(U256{1} << *power, a);
  }
}

TEST(ModularMultiplier, agrees_with_mulmod_before_and_after_it_knows_the_modulus) {
  std::mt19937_64 random(17);
  const auto word = [&] { return U256{random(), random(), random(), random()}; };
  const auto edge = [&](const U256& m) {
    switch (random() % 6) {
      case 0:
        return U256::max();
      case 1:
        return m - U256{1};
      case 2:
        return m;
      case 3:
        return U256{random() % 2};
      default:
        return word();
    }
  };
  ModularMultiplier multiplier;
  for (int round = 0; round < 400; ++round) {
    U256 m = word() >> static_cast<unsigned>(random() % 66);
    if (round % 5 == 0) m = U256::max() - U256{random() % 5};
    if (round % 7 == 0) m = (U256{1} << 192) + U256{random() % 5};
    if (round % 11 == 0) m = U256{1} << static_cast<unsigned>(random() % 256);
    if (round % 13 == 0) m = U256{random() % 3};
    for (int i = 0; i < 40; ++i) {
      const U256 a = edge(m);
      const U256 b = edge(m);
      ASSERT_EQ(multiplier.mulmod(a, b, m), mulmod(a, b, m))
          << a.to_hex() << ' ' << b.to_hex() << ' ' << m.to_hex();
    }
  }
}

}  // namespace
}  // namespace ol::evm
