#include <gtest/gtest.h>

#include <set>
#include <string>

#include <ol/crypto/sealed_key.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

constexpr PassphraseCost kCheap{1, PassphraseCost::kMemoryKibMin};

Bytes sealed(PassphraseCost cost = kCheap) {
  return *seal_key(test::seed(1), "correct horse", as_bytes("context"), cost);
}

void set_u32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  }
}

TEST(SealedKey, opens_with_the_right_passphrase_only) {
  const Bytes bytes = sealed();
  EXPECT_EQ(bytes.size(), 4u + 1 + 4 + 4 + 16 + 24 + 48);
  EXPECT_EQ(open_sealed_key(bytes, "correct horse", as_bytes("context")).value(), test::seed(1));
  for (const std::string_view wrong : {"correct hors", "correct horse ", "Correct horse"}) {
    EXPECT_EQ(open_sealed_key(bytes, wrong, as_bytes("context")).error(),
              SealedKeyError::WrongPassphrase);
  }
}

TEST(SealedKey, is_bound_to_its_context) {
  EXPECT_EQ(open_sealed_key(sealed(), "correct horse", as_bytes("contexT")).error(),
            SealedKeyError::WrongPassphrase);
}

TEST(SealedKey, is_different_each_time_and_hides_the_secret) {
  const Bytes first = sealed();
  EXPECT_NE(first, sealed());
  const auto secret = test::seed(1);
  EXPECT_EQ(std::ranges::search(first, secret.view()).size(), 0u);
}

TEST(SealedKey, refuses_every_changed_byte) {
  const Bytes bytes = sealed();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i >= 5 && i < 13) continue;  // costs: see the test of their bounds
    Bytes changed = bytes;
    changed[i] ^= 1;
    EXPECT_FALSE(open_sealed_key(changed, "correct horse", as_bytes("context")).has_value()) << i;
  }
}

TEST(SealedKey, authenticates_its_costs) {
  Bytes changed = sealed();
  set_u32(changed, 5, 2);
  EXPECT_EQ(open_sealed_key(changed, "correct horse", as_bytes("context")).error(),
            SealedKeyError::WrongPassphrase);
}

TEST(SealedKey, bounds_the_costs_it_accepts) {
  const struct {
    std::size_t at;
    std::uint32_t value;
  } cases[] = {{5, 0},
               {5, PassphraseCost::kPassesMax + 1},
               {9, PassphraseCost::kMemoryKibMin - 1},
               {9, PassphraseCost::kMemoryKibMax + 1},
               {9, 0xffffffff}};
  for (const auto& c : cases) {
    Bytes changed = sealed();
    set_u32(changed, c.at, c.value);
    EXPECT_EQ(open_sealed_key(changed, "correct horse", as_bytes("context")).error(),
              SealedKeyError::CostOutOfBounds);
    PassphraseCost cost = kCheap;
    (c.at == 5 ? cost.passes : cost.memory_kib) = c.value;
    EXPECT_EQ(seal_key(test::seed(1), "p", {}, cost).error(), SealedKeyError::CostOutOfBounds);
  }
  EXPECT_TRUE((PassphraseCost{PassphraseCost::kPassesMax, PassphraseCost::kMemoryKibMax}.valid()));
}

TEST(SealedKey, refuses_wrong_lengths_magic_and_version) {
  const Bytes bytes = sealed();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(open_sealed_key(ByteView(bytes).first(size), "x", {}).error(),
              SealedKeyError::BadFormat);
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(open_sealed_key(longer, "x", {}).error(), SealedKeyError::BadFormat);
  Bytes magic = bytes;
  magic[0] = 'X';
  EXPECT_EQ(open_sealed_key(magic, "x", {}).error(), SealedKeyError::BadFormat);
  Bytes version = bytes;
  version[4] = 2;
  EXPECT_EQ(open_sealed_key(version, "x", {}).error(), SealedKeyError::UnknownVersion);
}

TEST(SealedKey, refuses_an_empty_passphrase) {
  EXPECT_EQ(seal_key(test::seed(1), "", {}, kCheap).error(), SealedKeyError::EmptyPassphrase);
  EXPECT_EQ(open_sealed_key(sealed(), "", {}).error(), SealedKeyError::EmptyPassphrase);
}

// A file sealed by version 1 of the format: it must open forever. Argon2id with 1 pass, 8 KiB.
TEST(SealedKey, still_opens_a_golden_key) {
  const auto opened = open_sealed_key(
      test::hex("4f4c534b010000000100000008dd42c9c588ebd00756ed92b2696c67cc7dc0d65933936828b9698e7a"
                "1bca50e8dd4bcd59a8abc2ca99489fb0669a2bfc0ffe8916e1475b29cd8dd651976cdb089dbb62b04d"
                "ad7722e2fbf49e2a190cefc7d9d904d6d8bfee"),
      "correct horse", as_bytes("context"));
  EXPECT_EQ(opened.value(), test::seed(1));
}

TEST(SealedKeyErrors, have_distinct_descriptions) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(SealedKeyError::OutOfMemory); ++i) {
    texts.insert(describe(static_cast<SealedKeyError>(i)));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(SealedKeyError::OutOfMemory) + 1);
}

}  // namespace
}  // namespace ol::crypto
