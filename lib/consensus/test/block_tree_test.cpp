// specs/consensus.md section 3: the tree above the last final block, and its bounds.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

/// Blocks whose certificates are never looked at by the tree.
class Tree : public testing::Test {
 protected:
  Validators v{4};
  BlockTree tree{share(v.genesis), v.genesis_certificate};

  static BlockPtr share(const primitives::Block& block) {
    return std::make_shared<const primitives::Block>(block);
  }
  primitives::Block child(const primitives::Block& parent, std::uint64_t view,
                          std::uint8_t salt = 0) const {
    QuorumCertificate justify;
    justify.subject = v.subject(parent);
    return v.block(parent, justify, View(view), salt);
  }
  primitives::Block grow(const primitives::Block& parent, std::uint64_t view,
                         std::uint8_t salt = 0) {
    const auto block = child(parent, view, salt);
    tree.insert(share(block), std::nullopt);
    return block;
  }
};

TEST_F(Tree, knows_ancestors_down_to_the_root) {
  const auto b1 = grow(v.genesis, 1);
  const auto b2 = grow(b1, 3);
  const auto side = grow(v.genesis, 2);
  EXPECT_TRUE(tree.extends(b2.hash, b2.hash));
  EXPECT_TRUE(tree.extends(b2.hash, b1.hash));
  EXPECT_TRUE(tree.extends(b2.hash, v.genesis.hash));
  EXPECT_FALSE(tree.extends(b2.hash, side.hash));
  EXPECT_FALSE(tree.extends(b1.hash, b2.hash));
  EXPECT_FALSE(tree.extends(BlockHash{}, v.genesis.hash));
}

TEST_F(Tree, the_certified_chain_is_as_long_as_the_tree) {
  const auto b1 = grow(v.genesis, 1);
  const auto b2 = grow(b1, 3);
  EXPECT_FALSE(tree.chain_of(v.genesis.hash).parent);
  EXPECT_FALSE(tree.chain_of(b1.hash).grandparent);
  const CertifiedChain chain = tree.chain_of(b2.hash);
  EXPECT_EQ(chain.head, (BlockRef{View(3), b2.hash}));
  EXPECT_EQ(chain.parent, (BlockRef{View(1), b1.hash}));
  EXPECT_EQ(chain.grandparent, (BlockRef{View(0), v.genesis.hash}));
}

TEST_F(Tree, takes_three_proposals_of_a_view_and_any_certified_block) {
  for (std::uint8_t salt = 0; salt < BlockTree::kBlocksPerView; ++salt) {
    EXPECT_TRUE(tree.can_insert(child(v.genesis, 1, salt), Origin::Proposal));
    grow(v.genesis, 1, salt);
  }
  const auto next = child(v.genesis, 1, 9);
  EXPECT_FALSE(tree.can_insert(next, Origin::Proposal));
  EXPECT_TRUE(tree.can_insert(next, Origin::Certified));
  EXPECT_TRUE(tree.can_insert(child(v.genesis, 2), Origin::Proposal));
}

TEST_F(Tree, takes_no_block_whose_parent_is_missing) {
  const auto missing = child(v.genesis, 1);
  EXPECT_FALSE(tree.can_insert(child(missing, 2), Origin::Certified));
}

TEST_F(Tree, takes_no_more_proposals_than_its_bound) {
  primitives::Block tip = v.genesis;
  for (std::uint64_t view = 1; tree.size() < BlockTree::kBlocksMax; ++view)
    tip = grow(tip, view);
  const auto next = child(tip, BlockTree::kBlocksMax + 1);
  EXPECT_FALSE(tree.can_insert(next, Origin::Proposal));
  EXPECT_TRUE(tree.can_insert(next, Origin::Certified));
  // Committing a long branch is a matter of one pass.
  EXPECT_TRUE(tree.commit(tip.hash).empty());
  EXPECT_EQ(tree.size(), 1U);
  EXPECT_TRUE(tree.can_insert(next, Origin::Proposal));
}

TEST_F(Tree, finds_the_rival_of_the_same_view_and_proposer) {
  const auto b1 = grow(v.genesis, 1);
  const auto twin = child(v.genesis, 1, 7);
  ASSERT_NE(tree.rival(twin.header, twin.hash), nullptr);
  EXPECT_EQ(tree.rival(twin.header, twin.hash)->block->hash, b1.hash);
  EXPECT_EQ(tree.rival(b1.header, b1.hash), nullptr);
  auto other_proposer = twin.header;
  other_proposer.proposer = ValidatorIndex(2);
  EXPECT_EQ(tree.rival(other_proposer, twin.hash), nullptr);
  EXPECT_EQ(tree.rival(child(b1, 2).header, BlockHash{}), nullptr);
}

TEST_F(Tree, commit_keeps_descendants_and_returns_the_rest_by_height) {
  const auto b1 = grow(v.genesis, 1);
  const auto b2 = grow(b1, 2);
  const auto b3 = grow(b2, 3);
  const auto fork = grow(b1, 4, 1);
  const auto fork_child = grow(fork, 5);
  const auto kept = grow(b2, 6, 2);
  tree.find(b3.hash)->execution = Execution::Valid;
  const auto path = tree.path_from_root(b3.hash);
  ASSERT_EQ(path.size(), 3U);
  EXPECT_EQ(path[0]->hash, b1.hash);
  EXPECT_EQ(path[2]->hash, b3.hash);

  const auto discarded = tree.commit(b2.hash);
  ASSERT_EQ(discarded.size(), 2U);
  EXPECT_EQ(discarded[0]->hash, fork.hash);
  EXPECT_EQ(discarded[1]->hash, fork_child.hash);
  EXPECT_EQ(tree.root().hash, b2.hash);
  EXPECT_EQ(tree.size(), 3U);
  EXPECT_EQ(tree.find(b1.hash), nullptr);
  EXPECT_EQ(tree.find(b3.hash)->execution, Execution::Valid);
  ASSERT_EQ(tree.blocks().size(), 2U);
  EXPECT_TRUE(tree.path_from_root(b2.hash).empty());
  // Views are known anew: the kept blocks still count, the discarded ones do not.
  EXPECT_NE(tree.rival(kept.header, BlockHash{}), nullptr);
  EXPECT_EQ(tree.rival(fork.header, BlockHash{}), nullptr);
}

}  // namespace
}  // namespace ol::consensus::test
