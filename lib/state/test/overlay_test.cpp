#include <ol/state/overlay.hpp>

#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::state {
namespace {

constexpr Address kAlice{{0xa1}};
constexpr Address kBob{{0xb0}};
constexpr Hash256 kSlot{{0x51}};
constexpr Hash256 kOtherSlot{{0x52}};

Account with_balance(std::uint64_t wei) {
  return {0, wei, kEmptyCodeHash, kEmptyTrieRoot};
}

class OverlayTest : public testing::Test {
 protected:
  OverlayTest() {
    first_.accounts[kAlice] = with_balance(1);
    first_.accounts[kBob] = with_balance(2);
    first_.storage[{kBob, kSlot}] = 5;
    first_.storage[{kBob, kOtherSlot}] = 6;
    first_.code[code_hash_] = std::make_shared<const Bytes>(code_);
    first_.trie[{Hash256{}, {}}] = Bytes{1};
    first_.trie[bob_node_] = Bytes{2};

    second_.accounts[kAlice] = with_balance(10);
    second_.accounts[kBob] = std::nullopt;
    second_.storage_cleared[kBob] = trie_owner(kBob);
    second_.trie[{Hash256{}, {}}] = Bytes{3};

    third_.accounts[kBob] = with_balance(30);
    third_.storage[{kBob, kSlot}] = 7;
    third_.trie[{Hash256{}, {}}] = std::nullopt;
  }

  const Bytes code_{9, 9};
  const Hash256 code_hash_ = crypto::keccak256(code_);
  const TrieNodeKey bob_node_{trie_owner(kBob), {}};
  StateDiff first_;
  StateDiff second_;
  StateDiff third_;
};

/// What both sides answer to every question the diffs are about.
void expect_same(const StateView& a, const TrieNodeReader& a_nodes, const StateView& b,
                 const TrieNodeReader& b_nodes) {
  for (const Address& address : {kAlice, kBob}) {
    EXPECT_EQ(a.account(address).value(), b.account(address).value());
    for (const Hash256& slot : {kSlot, kOtherSlot})
      EXPECT_EQ(a.storage(address, slot).value(), b.storage(address, slot).value());
    const TrieNodeKey key{trie_owner(address), {}};
    EXPECT_EQ(a_nodes.trie_node(key).value(), b_nodes.trie_node(key).value());
  }
  const TrieNodeKey root{Hash256{}, {}};
  EXPECT_EQ(a_nodes.trie_node(root).value(), b_nodes.trie_node(root).value());
}

TEST_F(OverlayTest, a_chain_of_overlays_reads_as_the_state_the_diffs_lead_to) {
  MemoryState base;
  base.apply(first_);
  const Overlay second(base, base, second_);
  const Overlay third(second, third_);

  MemoryState applied;
  applied.apply(first_);
  expect_same(base, base, applied, applied);
  applied.apply(second_);
  expect_same(second, second, applied, applied);
  applied.apply(third_);
  expect_same(third, third, applied, applied);

  EXPECT_EQ(second.account(kBob).value(), std::nullopt);
  EXPECT_EQ(third.storage(kBob, kSlot), U256{7});
  EXPECT_EQ(third.storage(kBob, kOtherSlot), U256{}) << "cleared two blocks ago";
  EXPECT_EQ(third.trie_node(bob_node_).value(), std::nullopt);
}

TEST_F(OverlayTest, finds_code_at_every_level) {
  const MemoryState base;
  const Overlay first(base, base, first_);
  const Overlay second(first, second_);
  EXPECT_EQ(*second.code(code_hash_).value(), code_);
  EXPECT_TRUE(second.code(kEmptyCodeHash).value()->empty());
  EXPECT_EQ(second.code(Hash256{}).error(), StateError::Corrupt);
}

TEST_F(OverlayTest, branches_do_not_see_each_other) {
  MemoryState base;
  base.apply(first_);
  const Overlay left(base, base, second_);
  const Overlay right(base, base, third_);
  EXPECT_EQ(left.account(kAlice).value(), with_balance(10));
  EXPECT_EQ(right.account(kAlice).value(), with_balance(1));
}

TEST_F(OverlayTest, a_merged_diff_does_what_its_parts_do) {
  MemoryState one_by_one;
  one_by_one.apply(first_);
  one_by_one.apply(second_);
  one_by_one.apply(third_);

  StateDiff left_first = first_;
  left_first.merge(second_);
  left_first.merge(third_);
  MemoryState at_once;
  at_once.apply(left_first);
  expect_same(at_once, at_once, one_by_one, one_by_one);

  StateDiff right = second_;
  right.merge(third_);
  StateDiff right_first = first_;
  right_first.merge(right);
  EXPECT_EQ(left_first, right_first) << "merging is associative";

  StateDiff late = second_;
  late.merge(third_);
  MemoryState in_two;
  in_two.apply(first_);
  in_two.apply(late);
  expect_same(in_two, in_two, one_by_one, one_by_one);
}

TEST_F(OverlayTest, an_empty_diff_changes_nothing) {
  StateDiff copy = first_;
  copy.merge(StateDiff{});
  EXPECT_EQ(copy, first_);
  EXPECT_TRUE(StateDiff{}.empty());
  EXPECT_FALSE(first_.empty());
  StateDiff other_code = first_;
  other_code.code[code_hash_] = std::make_shared<const Bytes>(Bytes{1});
  EXPECT_FALSE(other_code == first_);
}

TEST_F(OverlayTest, a_store_forgets_slots_that_become_zero) {
  MemoryState base;
  base.apply(first_);
  StateDiff zero;
  zero.storage[{kBob, kSlot}] = U256{};
  base.apply(zero);
  EXPECT_EQ(base.slots().size(), 1U);
  EXPECT_EQ(base.accounts().size(), 2U);
}

}  // namespace
}  // namespace ol::state
