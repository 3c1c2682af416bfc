#include "gossip_batch.hpp"

#include <ol/primitives/transaction.hpp>

namespace ol::node {

Topics topics_of(primitives::ChainId chain_id) {
  const std::string chain = "/openliquid/" + std::to_string(chain_id.value());
  return {.txns = chain + "/txns/1",
          .items = chain + "/items/1",
          .evidence = chain + "/evidence/1",
          .certificates = chain + "/certificates/1",
          .blocks = chain + "/blocks/1"};
}

std::vector<p2p::PeerId> direct_among(const std::vector<p2p::PeerId>& validators) {
  return validators.size() <= kDirectPeersMax ? validators : std::vector<p2p::PeerId>{};
}

Bytes encode_gossip_batch(const std::vector<Bytes>& entries) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(entries.size()));
  for (const Bytes& entry : entries)
    out.blob(entry);
  return out.take();
}

Result<std::vector<Bytes>, DecodeError> decode_gossip_batch(ByteView bytes) {
  Reader in(bytes);
  const std::uint32_t count = in.count(kGossipBatchMax);
  if (in.remaining() / 4 < count) in.reject(DecodeError::Truncated);
  std::vector<Bytes> out;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i)
    out.push_back(to_bytes(in.blob(primitives::kTxnBytesMax)));
  OL_TRY_VOID(in.finish());
  return out;
}

p2p::GossipVerdict verdict_of_refused(std::uint64_t shown, std::uint64_t best) {
  return best > shown + kLagBlocks ? p2p::GossipVerdict::Busy : p2p::GossipVerdict::Ignore;
}

p2p::GossipVerdict verdict_of_batch(p2p::GossipVerdict so_far, p2p::GossipVerdict entry) {
  if (so_far == p2p::GossipVerdict::Accept || entry == p2p::GossipVerdict::Ignore) return so_far;
  const bool better = so_far == p2p::GossipVerdict::Ignore || entry == p2p::GossipVerdict::Accept;
  return better ? entry : so_far;
}

}  // namespace ol::node
