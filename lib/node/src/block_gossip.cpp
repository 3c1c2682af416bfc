#include "block_gossip.hpp"

#include <algorithm>
#include <map>

namespace ol::node {

using p2p::GossipVerdict;
using primitives::BlockHash;
using primitives::Height;

// A proposal is in the tree as well, and only its leader stands for it.
std::optional<GossipVerdict> BlockGossip::verdict(const consensus::BlockTree& tree,
                                                  const BlockHash& block, Height height) const {
  const Height root = tree.root().header.height;
  if (block == tree.root().hash) return GossipVerdict::Accept;
  if (height <= root) return GossipVerdict::Ignore;
  const consensus::BlockTree::Node* const node = tree.find(block);
  if (node != nullptr && node->certificate) return GossipVerdict::Accept;
  return std::nullopt;
}

void BlockGossip::judge(const std::string& id, const BlockHash& block, GossipVerdict verdict) {
  if (verdict == GossipVerdict::Accept) accepted_ = block;
  judge_(id, verdict);
}

// By its header alone: what is not held need not be read to its end. What the tree has is in reach.
std::optional<GossipVerdict> BlockGossip::out_of_reach(Known known,
                                                       const primitives::Header& header) const {
  const BlockHash hash = primitives::block_hash(domain_, header);
  if (hash == known.tree.root().hash || known.tree.find(hash) != nullptr) return std::nullopt;
  const Height root = known.tree.root().header.height;
  if (header.height <= root) return GossipVerdict::Ignore;
  if (header.height > root + kWindow || header.epoch > known.epoch) return GossipVerdict::TooEarly;
  if (header.epoch < known.epoch) return GossipVerdict::Ignore;
  return std::nullopt;
}

// What may be of use later, or from another peer, is forgotten so that it can come again. A peer
// whose places are taken costs no decoding.
std::optional<BlockHash> BlockGossip::take(Known known, Now now, const p2p::PeerId& from,
                                           const std::string& id, ByteView message) {
  const auto answer = [&](GossipVerdict verdict) {
    judge_(id, verdict);
    return std::nullopt;
  };
  if (message.size() > kBlockGossipBytesMax) return answer(GossipVerdict::Reject);
  if (held_from(from) >= kHeldPerPeerMax) return answer(GossipVerdict::TooEarly);
  Reader in(message);
  const primitives::Header header = primitives::decode_header(in);
  if (!in.ok() || header.chain_id != domain_.chain_id) return answer(GossipVerdict::Reject);
  if (const auto far = out_of_reach(known, header)) return answer(*far);
  const auto block = primitives::decode_block(domain_, message);
  if (!block) return answer(GossipVerdict::Reject);
  if (const auto now_known = verdict(known.tree, block->hash, header.height)) {
    judge(id, block->hash, *now_known);
    return std::nullopt;
  }
  const bool in_tree = known.tree.find(block->hash) != nullptr;
  if (!make_room(from, in_tree ? 0 : message.size())) return answer(GossipVerdict::Busy);
  held_.push_back({.id = id,
                   .from = from,
                   .block = block->hash,
                   .height = header.height,
                   .encoded = in_tree ? Bytes{} : to_bytes(message),
                   .until_ms = now.monotonic_ms + kWaitMs});
  return block->hash;
}

void BlockGossip::follow(const consensus::BlockTree& tree, Now now) {
  std::erase_if(held_, [&](const Held& one) {
    auto reached = verdict(tree, one.block, one.height);
    if (!reached && now.monotonic_ms >= one.until_ms) reached = GossipVerdict::Ignore;
    if (reached) judge(one.id, one.block, *reached);
    return reached.has_value();
  });
}

std::optional<primitives::Block> BlockGossip::release(const BlockHash& block) {
  const auto held = std::ranges::find_if(
      held_, [&](const Held& one) { return one.block == block && !one.encoded.empty(); });
  if (held == held_.end()) return std::nullopt;
  auto decoded = primitives::decode_block(domain_, std::exchange(held->encoded, {}));
  OL_CHECK(decoded.has_value(), "it decoded when it came");
  return *std::move(decoded);
}

std::size_t BlockGossip::held_bytes() const {
  std::size_t out = 0;
  for (const Held& one : held_)
    out += one.encoded.size();
  return out;
}

std::size_t BlockGossip::held_from(const p2p::PeerId& peer) const {
  return static_cast<std::size_t>(std::ranges::count(held_, peer, &Held::from));
}

// Whoever holds most gives way, the oldest first; nobody to whoever holds as much.
bool BlockGossip::make_room(const p2p::PeerId& from, std::size_t bytes) {
  while (held_.size() >= kHeldMax || held_bytes() + bytes > kHeldBytesMax) {
    const auto most = std::ranges::max_element(
        held_, {}, [this](const Held& one) { return held_from(one.from); });
    if (held_from(most->from) <= held_from(from)) return false;
    judge_(most->id, GossipVerdict::Busy);
    held_.erase(most);
  }
  return true;
}

}  // namespace ol::node
