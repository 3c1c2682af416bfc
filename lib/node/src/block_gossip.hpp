#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include <ol/consensus/block_tree.hpp>
#include <ol/node/consensus_driver.hpp>
#include <ol/p2p/gossip_verdict.hpp>

namespace ol::node {

/// A message of the topic for blocks: a block's encoding alone, so that all publishers' are one
/// message. What gossip puts around it fits below 1 MiB. Format: docs/protocol/p2p.md, "Topics".
inline constexpr std::size_t kBlockGossipBytesMax = (std::size_t{1} << 20) - 1024;

/// Blocks heard on their topic, until a certificate names them: only then are they passed on.
/// docs/adr/0032-blocks-by-gossip.md. Single-threaded.
class BlockGossip {
 public:
  static constexpr std::size_t kHeldMax = 16;
  static constexpr std::size_t kHeldPerPeerMax = 4;
  static constexpr std::size_t kHeldBytesMax = std::size_t{8} << 20;
  /// Heights above the last final block that are held.
  static constexpr std::uint64_t kWindow = 16;
  static constexpr std::uint64_t kWaitMs = 5'000;

  using Judge = std::function<void(const std::string& id, p2p::GossipVerdict)>;
  /// What blocks are held against.
  struct Known {
    const consensus::BlockTree& tree;
    primitives::Epoch epoch;
  };

  /// @param judge  Told the verdict of each message once.
  BlockGossip(primitives::ChainDomain domain, Judge judge)
      : domain_(domain), judge_(std::move(judge)) {}

  /// @param message  As it came.
  /// @return the block's hash if it is held now.
  [[nodiscard]] std::optional<primitives::BlockHash> take(Known known, Now now,
                                                          const p2p::PeerId& from,
                                                          const std::string& id, ByteView message);
  /// Judges what has been certified, is too low, or has waited for too long.
  void follow(const consensus::BlockTree& tree, Now now);
  /// The block, if it is held; once.
  [[nodiscard]] std::optional<primitives::Block> release(const primitives::BlockHash& block);
  /// Whether the newest block that was accepted is this one: everybody hears it without us.
  [[nodiscard]] bool passed_on(const primitives::BlockHash& block) const {
    return accepted_ == block;
  }
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  struct Held {
    std::string id;
    p2p::PeerId from;
    primitives::BlockHash block;
    primitives::Height height;
    Bytes encoded;  // empty once the tree has the block
    std::uint64_t until_ms = 0;
  };

  [[nodiscard]] std::size_t held_from(const p2p::PeerId& peer) const;
  [[nodiscard]] std::optional<p2p::GossipVerdict> out_of_reach(
      Known known, const primitives::Header& header) const;
  [[nodiscard]] bool make_room(const p2p::PeerId& from, std::size_t bytes);
  [[nodiscard]] std::optional<p2p::GossipVerdict> verdict(const consensus::BlockTree& tree,
                                                          const primitives::BlockHash& block,
                                                          primitives::Height height) const;
  void judge(const std::string& id, const primitives::BlockHash& block, p2p::GossipVerdict verdict);

  primitives::ChainDomain domain_;
  Judge judge_;
  std::deque<Held> held_;
  std::optional<primitives::BlockHash> accepted_;
};

}  // namespace ol::node
