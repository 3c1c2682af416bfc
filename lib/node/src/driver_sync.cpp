#include <algorithm>

#include <ol/consensus/vrf_leaders.hpp>
#include <ol/node/consensus_driver.hpp>

namespace ol::node {

using consensus::BlockPtr;
using p2p::Channel;
using primitives::BlockHash;
using primitives::Height;

namespace {

constexpr std::size_t kPendingProposalsMax = 16;
constexpr std::size_t kLeaderItemsMax = 64;
constexpr std::size_t kFetchesMax = 1024;
constexpr std::size_t kFetchesPerTick = 16;
constexpr std::uint64_t kFetchRetryMs = 300;
constexpr std::uint64_t kRangeTimeoutMs = 3000;
constexpr std::uint32_t kRangeCount = 64;
/// Blocks nearer than this to what we have are fetched one by one, by hash.
constexpr std::uint64_t kRangeWorthwhile = 3;
/// Execution this far behind delivery stops asking for more.
constexpr std::size_t kExecutingMax = 128;
/// What finding one item of a block counts for among the bytes that a peer is served.
constexpr std::uint64_t kPlaceBytes = 64;

}  // namespace

Height ConsensusDriver::committed_height() const {
  return kernel_->tree().root().header.height;
}

void ConsensusDriver::on_sync_message(const p2p::PeerId& peer, const SyncMessage& message) {
  if (const auto* status = std::get_if<StatusMessage>(&message)) {
    peers_.claim(peer, status->height);
    sync_if_behind();
  } else if (const auto* items_request = std::get_if<ItemsRequest>(&message)) {
    serve_items(peer, *items_request);
  } else if (const auto* items = std::get_if<ItemsResponse>(&message)) {
    take_items(peer, *items);
  } else if (const auto* block_request = std::get_if<BlockRequest>(&message)) {
    serve_block(peer, *block_request);
  } else if (const auto* block = std::get_if<BlockResponse>(&message)) {
    take_block(peer, *block);
  } else if (const auto* range_request = std::get_if<RangeRequest>(&message)) {
    host_.serve_range(peer, *range_request);
  } else if (const auto* hand_over_request = std::get_if<HandOverRequest>(&message)) {
    serve_hand_over(peer, hand_over_request->epoch);
  } else if (const auto* hand_over = std::get_if<HandOverResponse>(&message)) {
    take_hand_over(peer, *hand_over);
  } else {
    take_range(peer, std::get<RangeResponse>(message));
  }
}

void ConsensusDriver::begin_proposal(consensus::VerifiedHeader header,
                                     std::vector<primitives::TxnHash> hashes,
                                     const p2p::PeerId& peer) {
  if (proposals_.size() >= kPendingProposalsMax) {
    auto oldest =
        std::min_element(proposals_.begin(), proposals_.end(), [](const auto& a, const auto& b) {
          return a.second.header.header().view < b.second.header.header().view;
        });
    proposals_.erase(oldest);
  }
  const BlockHash hash = header.hash();
  PendingProposal pending{.header = std::move(header),
                          .hashes = std::move(hashes),
                          .items = {},
                          .missing = 0,
                          .from = peer,
                          .attempts = 0,
                          .retry_ms = 0};
  pending.items.reserve(pending.hashes.size());
  for (const primitives::TxnHash& item : pending.hashes) {
    pending.items.push_back(find_item(item));
    if (!pending.items.back()) ++pending.missing;
  }
  const auto [it, fresh] = proposals_.insert_or_assign(hash, std::move(pending));
  if (it->second.missing == 0) {
    finish_proposal(hash);
  } else {
    request_items(it->second, peer);
  }
}

void ConsensusDriver::request_items(PendingProposal& pending, const p2p::PeerId& peer) {
  ItemsRequest request{.block = pending.header.hash(), .items = {}};
  for (std::size_t i = 0; i < pending.items.size(); ++i) {
    if (!pending.items[i]) request.items.push_back(pending.hashes[i]);
  }
  counters_.items_requested += request.items.size();
  pending.retry_ms = now_.monotonic_ms + kFetchRetryMs;
  host_.send(peer, Channel::Request, encode_sync_message(request));
}

void ConsensusDriver::finish_proposal(const BlockHash& block) {
  auto pending = std::move(proposals_.extract(block).mapped());
  std::vector<Bytes> payload;
  payload.reserve(pending.items.size());
  for (auto& item : pending.items)
    payload.push_back(*std::move(item));
  auto complete =
      verifier_->complete(pending.header, std::move(payload), std::move(pending.hashes));
  if (!complete) {
    refuse(pending.from, "proposal", complete.error());
    return;
  }
  step(consensus::ProposalReceived{*std::move(complete)});
}

const ConsensusDriver::ItemPlaces& ConsensusDriver::places_of(const BlockPtr& block,
                                                              const p2p::PeerId& peer) {
  if (item_places_.block == block) return item_places_;
  item_places_ = {.block = block, .places = {}};
  const std::vector<primitives::TxnHash>& hashes = block->item_hashes;
  for (std::size_t i = 0; i < hashes.size(); ++i)
    item_places_.places.emplace(hashes[i], i);
  host_.served(peer, hashes.size() * kPlaceBytes);
  return item_places_;
}

// Those who lack items of a proposal ask for the same block at once.
void ConsensusDriver::serve_items(const p2p::PeerId& peer, const ItemsRequest& request) {
  if (!host_.admit(peer, PeerWork::Serve, kServeAskBytes)) return;
  const consensus::BlockTree::Node* node = kernel_->tree().find(request.block);
  const ItemPlaces* const places = node == nullptr ? nullptr : &places_of(node->block, peer);
  ItemsResponse response{.block = request.block, .items = {}};
  std::size_t bytes = 0;
  for (const primitives::TxnHash& hash : request.items) {
    const bool placed = places != nullptr && places->places.contains(hash);
    Bytes item;
    if (placed) {
      item = node->block->payload[places->places.at(hash)];
    } else if (auto found = host_.find_item(hash)) {
      item = *std::move(found);
    }
    if (bytes + item.size() > kItemsBytesMax) break;
    bytes += item.size() + 4;
    response.items.push_back(std::move(item));
  }
  host_.served(peer, bytes);
  host_.send(peer, Channel::Request, encode_sync_message(response));
}

void ConsensusDriver::take_items(const p2p::PeerId& peer, const ItemsResponse& response) {
  const auto it = proposals_.find(response.block);
  if (it == proposals_.end()) return keep_leader_item(peer, response);
  PendingProposal& pending = it->second;
  // Answers are matched by content, so the order a peer chose does not matter.
  std::map<primitives::TxnHash, const Bytes*> received;
  for (const Bytes& item : response.items) {
    if (!item.empty()) received.emplace(primitives::transaction_hash(item), &item);
  }
  bool progress = false;
  for (std::size_t i = 0; i < pending.items.size(); ++i) {
    if (pending.items[i]) continue;
    const auto found = received.find(pending.hashes[i]);
    if (found == received.end()) continue;
    pending.items[i] = *found->second;
    --pending.missing;
    progress = true;
  }
  if (pending.missing == 0) {
    finish_proposal(response.block);
  } else if (progress) {
    request_items(pending, peer);
  }
}

// Ahead of its proposal, of validators alone. Nobody has it from elsewhere, so without this every
// proposal would wait for an answer of its leader.
void ConsensusDriver::keep_leader_item(const p2p::PeerId& peer, const ItemsResponse& response) {
  if (response.items.size() != 1 || !validator_of(peer)) return;
  const Bytes& item = response.items.front();
  if (!consensus::decode_leader_item(item)) return;
  if (leader_items_.size() >= kLeaderItemsMax) leader_items_.pop_front();
  leader_items_.emplace_back(primitives::transaction_hash(item), item);
}

std::optional<Bytes> ConsensusDriver::find_item(const primitives::TxnHash& hash) {
  for (const auto& [known, item] : leader_items_) {
    if (known == hash) return item;
  }
  return host_.find_item(hash);
}

void ConsensusDriver::serve_block(const p2p::PeerId& peer, const BlockRequest& request) {
  const consensus::BlockTree::Node* node = kernel_->tree().find(request.block);
  if (node == nullptr || node->block->hash == kernel_->tree().root().hash) {
    host_.serve_block(peer, request.block);
    return;
  }
  // Whoever is told that it is not here asks somebody else at once.
  BlockResponse response{request.block, {}};
  if (host_.admit(peer, PeerWork::Serve, kServeAskBytes)) {
    Writer out;
    primitives::encode(out, *node->block);
    response.encoded = out.take();
    host_.served(peer, response.encoded.size());
  }
  host_.send(peer, Channel::Bulk, encode_sync_message(response));
}

void ConsensusDriver::take_block(const p2p::PeerId& peer, const BlockResponse& response) {
  const auto pending = fetches_.find(response.block);
  if (pending == fetches_.end()) return;
  if (response.encoded.empty()) {
    // The peer does not have it: the next attempt goes to another one, without waiting.
    if (pending->second.asked == peer) pending->second.retry_ms = now_.monotonic_ms;
    return;
  }
  auto block = primitives::decode_block(domain_, response.encoded);
  if (!block) {
    host_.punish(peer, std::string("block response: ") + describe(block.error()));
    return;
  }
  if (block->header.epoch != set_->epoch()) {
    fetches_.erase(pending);
    if (block->header.epoch > set_->epoch()) ask_hand_over(peer);
    return;
  }
  auto verified = verifier_->verify_fetched(*std::move(block), response.block);
  if (!verified) {
    refuse(peer, "block response", verified.error());
    return;
  }
  fetches_.erase(pending);
  stop_if_foreign(verified->block()->header, response.block);
  step(consensus::BlockFetched{*std::move(verified)});
}

void ConsensusDriver::take_range(const p2p::PeerId& peer, const RangeResponse& response) {
  if (!range_ || range_->peer != peer || range_->from != response.from) return;
  range_.reset();
  if (response.entries.empty()) {
    // The claim was wrong, or the peer pruned: ask others until it claims again.
    peers_.fail(peer);
    return;
  }
  const Height before = committed_height();
  bool good = true;
  for (const RangeEntry& entry : response.entries) {
    if (good) take_range_entry(entry, peer, good);
  }
  good ? peers_.succeed(peer) : peers_.fail(peer);
  // A range whose views leave gaps may end below its first commit. Asking for it again at once
  // would bring the same blocks at the speed of the network.
  if (committed_height() == before) range_pause_ms_ = now_.monotonic_ms + kFetchRetryMs;
  sync_if_behind();
}

// Each block must be the one its certificate names, and the certificate must verify; parents link
// the range to what is already here.
void ConsensusDriver::take_range_entry(const RangeEntry& entry, const p2p::PeerId& peer,
                                       bool& good) {
  auto block = primitives::decode_block(domain_, entry.encoded_block);
  if (!block) {
    good = false;
    host_.punish(peer, std::string("range response: ") + describe(block.error()));
    return;
  }
  if (block->header.height <= committed_height()) return;
  // The rest of the range belongs to an epoch that we have not entered.
  if (block->header.epoch > set_->epoch()) {
    ask_hand_over(peer);
    return;
  }
  auto certificate = verifier_->verify_certificate(entry.certificate);
  if (!certificate) {
    good = false;
    refuse(peer, "range response", certificate.error());
    return;
  }
  // Known already: its time-out signatures are not verified again.
  if (kernel_->tree().find(entry.certificate.block()) != nullptr) {
    step(consensus::CertificateReceived{*std::move(certificate)});
    return;
  }
  auto verified = verifier_->verify_fetched(*std::move(block), entry.certificate.block());
  if (!verified) {
    good = false;
    refuse(peer, "range response", verified.error());
    return;
  }
  stop_if_foreign(verified->block()->header, entry.certificate.block());
  step(consensus::BlockFetched{*std::move(verified)});
  // It may have ended the epoch that the certificate was verified in.
  if (entry.certificate.subject.epoch != set_->epoch()) return;
  step(consensus::CertificateReceived{*std::move(certificate)});
}

void ConsensusDriver::fetch(const consensus::FetchRequest& request) {
  if (request.height <= committed_height()) return;
  if (fetches_.contains(request.block)) return;
  if (take_heard(request.block) || fetches_.size() >= kFetchesMax) return;
  PendingFetch pending{
      .height = request.height, .retry_ms = now_.monotonic_ms, .attempts = 0, .asked = {}};
  const auto it = fetches_.emplace(request.block, std::move(pending)).first;
  request_block(it->first, it->second);
  sync_if_behind();
}

// Whatever fails here is asked for.
bool ConsensusDriver::take_heard(const BlockHash& block) {
  auto heard = host_.heard_block(block);
  if (!heard) return false;
  auto verified = verifier_->verify_fetched(*std::move(heard), block);
  if (!verified) return false;
  ++counters_.blocks_heard;
  stop_if_foreign(verified->block()->header, block);
  step(consensus::BlockFetched{*std::move(verified)});
  return true;
}

void ConsensusDriver::on_heard(Now now, const BlockHash& block) {
  now_ = now;
  if (fetches_.contains(block) && take_heard(block)) fetches_.erase(block);
}

// Asks for a block by hash unless a range will bring it.
void ConsensusDriver::request_block(const BlockHash& block, PendingFetch& pending) {
  const bool by_range = range_ && !peers_.failing() && pending.height <= best_peer_height() &&
                        pending.height > committed_height() + kRangeWorthwhile;
  if (by_range) return;
  // Whoever told us of the block has it; after that, anyone may.
  const auto peer = pending.attempts == 0 && current_peer_ && peers_.contains(*current_peer_)
                        ? current_peer_
                        : peers_.any(pending.attempts);
  if (!peer) return;
  ++pending.attempts;
  ++counters_.blocks_requested;
  pending.asked = peer;
  pending.retry_ms = now_.monotonic_ms + kFetchRetryMs;
  host_.send(*peer, Channel::Request, encode_sync_message(BlockRequest{block}));
}

void ConsensusDriver::sync_if_behind() {
  if (range_ || executing_ > kExecutingMax || now_.monotonic_ms < range_pause_ms_) return;
  const auto peer = peers_.choose(committed_height() + kRangeWorthwhile);
  if (!peer) return;
  const Height from = committed_height().next();
  ++counters_.ranges_requested;
  range_ = RangeInFlight{*peer, from, now_.monotonic_ms + kRangeTimeoutMs};
  host_.send(*peer, Channel::Request, encode_sync_message(RangeRequest{from, kRangeCount}));
}

void ConsensusDriver::retry_requests() {
  if (range_ && now_.monotonic_ms >= range_->retry_ms) {
    peers_.fail(range_->peer);
    range_.reset();
  }
  std::erase_if(fetches_, [&](const auto& entry) {
    return entry.second.height <= committed_height() ||
           kernel_->tree().find(entry.first) != nullptr;
  });
  std::size_t asked = 0;
  for (auto& [block, pending] : fetches_) {
    if (now_.monotonic_ms < pending.retry_ms || asked++ >= kFetchesPerTick) continue;
    request_block(block, pending);
  }
  std::erase_if(proposals_, [&](const auto& entry) {
    return entry.second.header.header().height <= committed_height();
  });
  for (auto& [hash, pending] : proposals_) {
    if (now_.monotonic_ms < pending.retry_ms) continue;
    if (const auto peer = peers_.any(pending.attempts++)) request_items(pending, *peer);
  }
}

}  // namespace ol::node
