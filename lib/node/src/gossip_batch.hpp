#pragma once

#include <string>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/p2p/gossip_verdict.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/types.hpp>

namespace ol::node {

/// The gossip topics of a chain. docs/protocol/p2p.md.
struct Topics {
  std::string txns;          // batches of transactions
  std::string items;         // batches of the exchange's actions and prices
  std::string evidence;      // proofs of misbehaviour
  std::string certificates;  // of the newest certified blocks
  std::string blocks;        // those that the certificates name
};
[[nodiscard]] Topics topics_of(primitives::ChainId chain_id);

/// As many as a gossip mesh has at most.
inline constexpr std::size_t kDirectPeersMax = 12;
/// Whom gossip goes to whatever the mesh: a few validators tell each other everything, many leave
/// it to the mesh.
[[nodiscard]] std::vector<p2p::PeerId> direct_among(const std::vector<p2p::PeerId>& validators);

/// A batch of transaction envelopes, or of the exchange's items, on their topic. Format:
/// docs/protocol/p2p.md.
inline constexpr std::uint32_t kGossipBatchMax = 4096;
inline constexpr std::size_t kGossipBytesMax = std::size_t{512} << 10;

[[nodiscard]] Bytes encode_gossip_batch(const std::vector<Bytes>& entries);
/// Strict and bounded.
[[nodiscard]] Result<std::vector<Bytes>, DecodeError> decode_gossip_batch(ByteView bytes);

/// As far behind others a node may be without lagging: peers tell of blocks before they are final.
inline constexpr std::uint64_t kLagBlocks = 8;
/// Of an item that a node refuses whose state is that after block `shown`, `best` being the newest
/// it knows of. One that lags may refuse for no better reason: an account that it does not know
/// yet, a nonce in what it takes for the future. Nobody is to blame then, and it may come again.
[[nodiscard]] p2p::GossipVerdict verdict_of_refused(std::uint64_t shown, std::uint64_t best);
/// Of a batch with one more entry judged. What brought something that this node took is passed on,
/// whatever else is in it; else it may come again if an entry may.
[[nodiscard]] p2p::GossipVerdict verdict_of_batch(p2p::GossipVerdict so_far,
                                                  p2p::GossipVerdict entry);

}  // namespace ol::node
