#include <ol/consensus/block_tree.hpp>

#include <algorithm>
#include <set>

namespace ol::consensus {
namespace {

BlockRef ref_of(const primitives::Block& block) {
  return {block.header.view, block.hash};
}

}  // namespace

BlockTree::BlockTree(BlockPtr root, primitives::QuorumCertificate certificate)
    : root_(std::move(root)) {
  Node node{.block = root_,
            .execution = Execution::Valid,
            .certificate = std::move(certificate),
            .signature = {},
            .place = EpochPlace::Within};
  nodes_.emplace(root_->hash, std::move(node));
  by_view_[root_->header.view].push_back(root_->hash);
}

BlockTree::Node* BlockTree::find(const BlockHash& hash) {
  const auto it = nodes_.find(hash);
  return it == nodes_.end() ? nullptr : &it->second;
}

const BlockTree::Node* BlockTree::find(const BlockHash& hash) const {
  const auto it = nodes_.find(hash);
  return it == nodes_.end() ? nullptr : &it->second;
}

bool BlockTree::can_insert(const primitives::Block& block, Origin origin) const {
  if (!nodes_.contains(block.header.parent)) return false;
  if (origin == Origin::Certified) return true;
  if (nodes_.size() >= kBlocksMax) return false;
  const auto same_view = by_view_.find(block.header.view);
  return same_view == by_view_.end() || same_view->second.size() < kBlocksPerView;
}

void BlockTree::insert(BlockPtr block, std::optional<crypto::Ed25519Signature> signature,
                       EpochPlace closes) {
  const Node* parent = find(block->header.parent);
  OL_CHECK(parent != nullptr, "the parent is in the tree");
  // The root is final: if it closed an epoch, this tree is of the next one.
  const EpochPlace place = parent->place == EpochPlace::Within ? closes : EpochPlace::After;
  by_view_[block->header.view].push_back(block->hash);
  const BlockHash hash = block->hash;
  const bool fresh = nodes_
                         .emplace(hash, Node{.block = std::move(block),
                                             .execution = {},
                                             .certificate = {},
                                             .signature = signature,
                                             .place = place})
                         .second;
  OL_CHECK(fresh, "a block enters the tree once");
}

const BlockTree::Node* BlockTree::rival(const primitives::Header& header,
                                        const BlockHash& hash) const {
  const auto same_view = by_view_.find(header.view);
  if (same_view == by_view_.end()) return nullptr;
  for (const BlockHash& other : same_view->second) {
    const Node* node = find(other);
    if (other != hash && node->block->header.proposer == header.proposer) return node;
  }
  return nullptr;
}

CertifiedChain BlockTree::chain_of(const BlockHash& head) const {
  const Node* node = find(head);
  OL_CHECK(node != nullptr, "the certified block is in the tree");
  CertifiedChain chain{.head = ref_of(*node->block), .parent = {}, .grandparent = {}};
  const Node* parent = find(node->block->header.parent);
  if (parent == nullptr) return chain;
  chain.parent = ref_of(*parent->block);
  const Node* grandparent = find(parent->block->header.parent);
  if (grandparent != nullptr) chain.grandparent = ref_of(*grandparent->block);
  return chain;
}

bool BlockTree::extends(const BlockHash& block, const BlockHash& ancestor) const {
  for (const Node* node = find(block); node != nullptr; node = find(node->block->header.parent)) {
    if (node->block->hash == ancestor) return true;
  }
  return false;
}

std::vector<BlockPtr> BlockTree::path_from_root(const BlockHash& target) const {
  std::vector<BlockPtr> path;
  const Node* node = find(target);
  OL_CHECK(node != nullptr, "the target is in the tree");
  for (; node->block->hash != root_->hash; node = find(node->block->header.parent)) {
    path.push_back(node->block);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

const BlockTree::Node* BlockTree::closing_below(const BlockHash& target) const {
  const Node* node = find(target);
  OL_CHECK(node != nullptr, "the target is in the tree");
  while (node->place == EpochPlace::After)
    node = find(node->block->header.parent);
  return node->place == EpochPlace::Closing ? node : nullptr;
}

std::vector<BlockPtr> BlockTree::commit(const BlockHash& target) {
  std::set<BlockHash> final_blocks{root_->hash};
  for (const BlockPtr& block : path_from_root(target))
    final_blocks.insert(block->hash);

  std::vector<BlockPtr> discarded;
  std::map<BlockHash, Node> kept;
  kept.emplace(target, *find(target));
  // Parents come before their children, so one pass decides.
  for (const BlockPtr& block : blocks()) {
    if (final_blocks.contains(block->hash)) continue;
    if (kept.contains(block->header.parent)) {
      kept.emplace(block->hash, *find(block->hash));
    } else {
      discarded.push_back(block);
    }
  }
  root_ = kept.at(target).block;
  nodes_ = std::move(kept);
  by_view_.clear();
  for (const auto& [hash, node] : nodes_)
    by_view_[node.block->header.view].push_back(hash);
  return discarded;
}

void BlockTree::erase(const BlockHash& hash) {
  const Node* node = find(hash);
  OL_CHECK(node != nullptr && hash != root_->hash, "only a block above the root is forgotten");
  const auto same_view = by_view_.find(node->block->header.view);
  std::erase(same_view->second, hash);
  if (same_view->second.empty()) by_view_.erase(same_view);
  nodes_.erase(hash);
}

std::vector<BlockPtr> BlockTree::blocks() const {
  std::vector<BlockPtr> out;
  for (const auto& [hash, node] : nodes_) {
    if (hash != root_->hash) out.push_back(node.block);
  }
  std::sort(out.begin(), out.end(), [](const BlockPtr& a, const BlockPtr& b) {
    return std::pair(a->header.height, a->hash) < std::pair(b->header.height, b->hash);
  });
  return out;
}

}  // namespace ol::consensus
