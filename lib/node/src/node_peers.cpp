// What peers may make this node do: whose messages the consensus thread gets, what is verified for
// them and what they are served. docs/protocol/p2p.md, "Limits".
#include "node_impl.hpp"

namespace ol::node {
namespace {

constexpr std::chrono::milliseconds kBan{30'000};

const char* reason_of(PeerDrop why) {
  if (why == PeerDrop::Verify)
    return "goes on sending more to verify than is verified for one peer";
  if (why == PeerDrop::Useless) return "goes on sending votes that are not its own";
  return "goes on asking for more than one peer is served";
}

}  // namespace

// Who has just left the set may still have what others lack, as in `validator_peers`.
PeerRank Node::Impl::rank_of(const p2p::PeerId& peer) const {
  const primitives::ValidatorSet& present = set();
  if (present.index_of_network_key(peer.key())) return PeerRank::Validator;
  if (present.epoch() == primitives::Epoch(0)) return PeerRank::Stranger;
  const primitives::Epoch before(present.epoch().value() - 1);
  return epochs_->find(before)->set.index_of_network_key(peer.key()) ? PeerRank::Validator
                                                                     : PeerRank::Stranger;
}

bool Node::Impl::take_from(const p2p::PeerId& peer, std::size_t bytes, ConsensusEvent event) {
  using Outcome = FairQueue<ConsensusEvent>::Outcome;
  auto push =
      consensus_queue_.push(peer, rank_of(peer), bytes, now().monotonic_ms, std::move(event));
  drop_all(std::move(push.dropped), PeerDrop::RankFull);
  switch (push.outcome) {
    case Outcome::Queued:
      return true;
    case Outcome::Muted:
      note_drop(PeerDrop::Muted);
      return false;
    case Outcome::PeerFull:
      note_drop(PeerDrop::PeerFull);
      return false;
    case Outcome::RankFull:
      note_drop(PeerDrop::RankFull);
      return false;
    case Outcome::Closed:
      return false;
  }
  OL_CHECK(false, "unknown Outcome");
}

// What is dropped unread may come again, and for want of room here nobody is to blame.
void Node::Impl::drop_all(std::vector<ConsensusEvent> events, PeerDrop why) {
  for (const ConsensusEvent& event : events) {
    note_drop(why);
    if (!event.gossip_id.empty()) network_->judge(event.gossip_id, p2p::GossipVerdict::Busy);
  }
}

// Ahead of what peers sent: whoever is gone has nothing left in the queue, and whoever has come is
// known before the first message.
void Node::Impl::tell_peer_changes() {
  if (changes_signalled_.exchange(true)) return;
  consensus_queue_.push_own({[this](ConsensusDriver& driver, Now t) {
    changes_signalled_ = false;
    while (const auto change = peer_changes_.next()) {
      if (change->connected) {
        driver.on_peer_connected(t, change->peer);
      } else {
        driver.on_peer_disconnected(t, change->peer);
      }
    }
  }});
}

// Any thread. Nothing that it has sent is looked at, nor what comes until its link is down.
void Node::Impl::punish(const p2p::PeerId& peer, std::string reason) {
  log(LogLevel::Warn, "peer banned", {{"peer", peer.short_text()}, {"reason", reason}});
  const std::uint64_t now_ms = now().monotonic_ms;
  const auto ban_ms = static_cast<std::uint64_t>(kBan.count());
  drop_all(consensus_queue_.mute(peer, now_ms, now_ms + ban_ms), PeerDrop::Muted);
  network_->ban(peer, kBan, std::move(reason));
}

bool Node::Impl::settle(const p2p::PeerId& peer, PeerBudget::Verdict verdict, PeerDrop why) {
  if (verdict == PeerBudget::Verdict::Take) return true;
  note_drop(why);
  if (verdict == PeerBudget::Verdict::CutOff) punish(peer, reason_of(why));
  return false;
}

bool Node::Impl::admit(const p2p::PeerId& peer, PeerWork work, std::uint64_t amount) {
  const PeerRank rank = rank_of(peer);
  const std::uint64_t now_ms = now().monotonic_ms;
  if (work == PeerWork::Useless)
    return settle(peer, budget_.refuse(peer, rank, now_ms), PeerDrop::Useless);
  if (work == PeerWork::Verify)
    return settle(peer, budget_.verify(peer, rank, now_ms, amount), PeerDrop::Verify);
  return settle(peer, budget_.serve(peer, rank, now_ms, amount), PeerDrop::Serve);
}

void Node::Impl::served(const p2p::PeerId& peer, std::uint64_t bytes) {
  budget_.charge_served(peer, rank_of(peer), now().monotonic_ms, bytes);
}

bool Node::Impl::begin_reading(const p2p::PeerId& peer, PeerBudget::Reading what) {
  if (!admit(peer, PeerWork::Serve, kServeAskBytes)) return false;
  const PeerRank rank = rank_of(peer);
  const std::uint64_t now_ms = now().monotonic_ms;
  const bool queued = what == PeerBudget::Reading::Range && queued_ranges_.contains(peer);
  if (!queued && budget_.begin_reading(peer, rank, now_ms, what)) return true;
  return settle(peer, budget_.refuse(peer, rank, now_ms), PeerDrop::ServingBusy);
}

// From a worker, before the answer leaves: who asks again at once is not refused.
void Node::Impl::end_reading(const p2p::PeerId& peer, PeerBudget::Reading what, std::size_t bytes) {
  answer([this, peer, what, bytes](ConsensusDriver&, Now) {
    budget_.end_reading(peer, what);
    served(peer, bytes);
  });
}

// Whoever is refused is told at once that there is nothing, and asks others.
void Node::Impl::serve_range(const p2p::PeerId& peer, RangeRequest request) {
  constexpr auto kWhat = PeerBudget::Reading::Range;
  const RangeResponse nothing{.from = request.from, .entries = {}};
  const auto read = [this, peer, response = nothing, count = request.count]() mutable {
    const auto snapshot = database_->snapshot();
    std::size_t bytes = 0;
    for (std::uint32_t i = 0; snapshot && i < count; ++i) {
      const primitives::Height height = response.from + i;
      auto block = (*snapshot)->block_bytes(height);
      auto certificate = (*snapshot)->certificate(height);
      if (!block || !*block || !certificate || !*certificate) break;
      if (!response.entries.empty() && bytes + (*block)->size() > kRangeBytesMax) break;
      bytes += (*block)->size();
      response.entries.push_back({**std::move(block), **std::move(certificate)});
    }
    p2p::SharedBytes range = p2p::share(encode_sync_message(response));
    answer([this, peer, told = std::weak_ptr(range)](ConsensusDriver&, Now) {
      queued_ranges_.told(peer, told);
    });
    end_reading(peer, kWhat, bytes);
    send(peer, p2p::Channel::Bulk, std::move(range));
  };
  if (begin_reading(peer, kWhat)) {
    if (workers_->try_submit(read)) return;
    note_drop(PeerDrop::ServingBusy);
    budget_.end_reading(peer, kWhat);
  }
  send(peer, p2p::Channel::Bulk, encode_sync_message(nothing));
}

void Node::Impl::serve_block(const p2p::PeerId& peer, primitives::BlockHash block) {
  constexpr auto kWhat = PeerBudget::Reading::Block;
  const BlockResponse nothing{block, {}};
  const auto read = [this, peer, response = nothing]() mutable {
    if (const auto snapshot = database_->snapshot()) {
      const auto height = (*snapshot)->height_of(response.block);
      if (height && *height) {
        auto bytes = (*snapshot)->block_bytes(**height);
        if (bytes && *bytes) response.encoded = **std::move(bytes);
      }
    }
    end_reading(peer, kWhat, response.encoded.size());
    send(peer, p2p::Channel::Bulk, encode_sync_message(response));
  };
  if (begin_reading(peer, kWhat)) {
    if (workers_->try_submit(read)) return;
    note_drop(PeerDrop::ServingBusy);
    budget_.end_reading(peer, kWhat);
  }
  send(peer, p2p::Channel::Bulk, encode_sync_message(nothing));
}

void Node::Impl::resume_paused_peers() {
  std::vector<p2p::PeerId> resumed;
  {
    MutexLock lock(mutex_);
    std::erase_if(paused_peers_, [&](const p2p::PeerId& peer) {
      if (!consensus_queue_.is_calm(peer, rank_of(peer))) return false;
      resumed.push_back(peer);
      return true;
    });
  }
  for (const p2p::PeerId& peer : resumed)
    network_->resume_reading(peer);
}

std::array<std::uint64_t, kPeerDropCount> Node::Impl::peer_drops() const {
  std::array<std::uint64_t, kPeerDropCount> out{};
  std::ranges::transform(peer_drops_, out.begin(), [](const auto& count) { return count.load(); });
  return out;
}

}  // namespace ol::node
