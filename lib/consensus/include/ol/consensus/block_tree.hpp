#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <ol/consensus/voting_rule.hpp>
#include <ol/primitives/block.hpp>

namespace ol::consensus {

using BlockPtr = std::shared_ptr<const primitives::Block>;

/// What the executor found out about a block.
enum class Execution : std::uint8_t { Pending, Valid, Invalid };

/// Why a block is offered to the tree.
enum class Origin : std::uint8_t {
  Proposal,   // signed by its view's leader, not certified yet
  Certified,  // a certificate names it or a descendant
};

/// Where a block stands to the end of its epoch (docs/adr/0013-epochs.md).
enum class EpochPlace : std::uint8_t {
  Within,
  Closing,  // ends the epoch if it becomes final
  After,    // stands on a closing block that is not final yet
};

/// The blocks above the last committed one. Bounded: `kBlocksMax` in all and `kBlocksPerView` per
/// view; a view's certified block always finds room. Not thread-safe.
/// Invariant: every block's parent is in the tree or is the root.
class BlockTree {
 public:
  static constexpr std::size_t kBlocksMax = 16'384;
  static constexpr std::size_t kBlocksPerView = 3;

  struct Node {
    BlockPtr block;
    Execution execution = Execution::Pending;
    /// The certificate of this block, once known.
    std::optional<primitives::QuorumCertificate> certificate;
    /// The proposer's signature, where the block came as a proposal.
    std::optional<crypto::Ed25519Signature> signature;
    EpochPlace place = EpochPlace::Within;
  };

  /// `root` is the last committed block, executed.
  BlockTree(BlockPtr root, primitives::QuorumCertificate certificate);

  [[nodiscard]] Node* find(const BlockHash& hash);
  [[nodiscard]] const Node* find(const BlockHash& hash) const;
  [[nodiscard]] const primitives::Block& root() const { return *root_; }
  /// Whether the parent is here and the bounds allow one more.
  [[nodiscard]] bool can_insert(const primitives::Block& block, Origin origin) const;
  /// @pre can_insert(*block), and the block is not in the tree.
  /// @param signature  The proposer's, where the block came as a proposal.
  /// @param closes  Within, or Closing if the block closes its epoch.
  void insert(BlockPtr block, std::optional<crypto::Ed25519Signature> signature,
              EpochPlace closes = EpochPlace::Within);
  /// The block with the same view and proposer but another hash, if any: equivocation.
  [[nodiscard]] const Node* rival(const primitives::Header& header, const BlockHash& hash) const;

  /// The certified block and the two ancestors the commit rules look at.
  [[nodiscard]] CertifiedChain chain_of(const BlockHash& head) const;
  /// Whether `ancestor` is `block` or one of its ancestors down to the root.
  [[nodiscard]] bool extends(const BlockHash& block, const BlockHash& ancestor) const;
  /// Blocks from just above the root up to `target`, ascending. @pre target is in the tree.
  [[nodiscard]] std::vector<BlockPtr> path_from_root(const BlockHash& target) const;
  /// The closing block at or below `target` and above the root, if there is one.
  [[nodiscard]] const Node* closing_below(const BlockHash& target) const;
  /// Makes `target` the root. @return the blocks that left the tree without being ancestors of it.
  std::vector<BlockPtr> commit(const BlockHash& target);
  /// Forgets a block. @pre it is in the tree, is not the root and has no children.
  void erase(const BlockHash& hash);
  /// Every block except the root, by height.
  [[nodiscard]] std::vector<BlockPtr> blocks() const;
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  BlockPtr root_;
  std::map<BlockHash, Node> nodes_;
  std::map<primitives::View, std::vector<BlockHash>> by_view_;
};

}  // namespace ol::consensus
