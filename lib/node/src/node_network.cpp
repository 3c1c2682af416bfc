#include <algorithm>

#include <ol/base/hex.hpp>
#include <ol/consensus/vrf_leaders.hpp>

#include "node_impl.hpp"

namespace ol::node {
namespace {

constexpr std::uint64_t kReachPeriodMs = 250;

}  // namespace

std::optional<std::string> Node::Impl::check_hello(const p2p::PeerId&, ByteView hello) {
  Reader in(hello);
  const std::uint16_t version = in.u16();
  const auto chain_id = in.strong<primitives::ChainId>();
  const auto genesis = in.fixed<Hash256>();
  if (!in.finish()) return "the hello does not decode";
  if (version != 1) return "protocol version " + std::to_string(version) + ", here 1";
  if (chain_id != parts_.genesis.domain.chain_id) {
    return "chain id " + std::to_string(chain_id.value()) + ", here " +
           std::to_string(parts_.genesis.domain.chain_id.value());
  }
  if (genesis != genesis_hash_)
    return "another genesis: " + to_hex(genesis.view()) + ", here " + to_hex(genesis_hash_.view());
  return std::nullopt;
}

void Node::Impl::on_peer_connected(const p2p::PeerId& peer, p2p::Direction direction) {
  {
    MutexLock lock(mutex_);
    connected_.insert(peer);
  }
  log(LogLevel::Info, "peer connected",
      {{"peer", peer.short_text()},
       {"direction", direction == p2p::Direction::Inbound ? "in" : "out"}});
  tell_evidence(peer);
  // The network lets nobody in whom it has banned.
  consensus_queue_.unmute(peer);
  peer_changes_.connected(peer);
  tell_peer_changes();
}

void Node::Impl::on_peer_disconnected(const p2p::PeerId& peer, const p2p::CloseReason& reason) {
  {
    MutexLock lock(mutex_);
    connected_.erase(peer);
    paused_peers_.erase(peer);
  }
  log(LogLevel::Info, "peer disconnected",
      {{"peer", peer.short_text()}, {"code", p2p::describe(reason.code)}, {"reason", reason.text}});
  // What it told everybody is not its own.
  drop_all(consensus_queue_.drop(peer, [](const auto& event) { return event.gossip_id.empty(); }),
           PeerDrop::Gone);
  peer_changes_.disconnected(peer);
  tell_peer_changes();
}

p2p::Flow Node::Impl::on_message(const p2p::PeerId& peer, p2p::Channel channel, Bytes payload) {
  if (channel == p2p::Channel::Gossip) {
    on_evidence_message(peer, payload);
    return p2p::Flow::Continue;
  }
  const std::size_t bytes = payload.size();
  const auto shared = std::make_shared<const Bytes>(std::move(payload));
  const bool taken =
      take_from(peer, bytes, {[peer, channel, shared](ConsensusDriver& driver, Now t) {
                  driver.on_message(t, peer, channel, *shared);
                }});
  if (taken && !consensus_queue_.is_crowded(peer, rank_of(peer))) return p2p::Flow::Continue;
  // Not read from until consensus has caught up with it.
  MutexLock lock(mutex_);
  paused_peers_.insert(peer);
  return p2p::Flow::Pause;
}

// Any peer may pass a message on, whoever wrote it: the network punishes who passes on bad ones.
std::optional<p2p::GossipVerdict> Node::Impl::on_gossip(const p2p::PeerId& from,
                                                        const std::string& topic,
                                                        const std::string& id, ByteView payload) {
  if (topic == topics_.txns) return on_batch_gossip(from, id, payload, &Impl::admit_gossiped_txn);
  if (topic == topics_.items) return on_batch_gossip(from, id, payload, &Impl::admit_gossiped_item);
  if (topic == topics_.evidence) return on_evidence_gossip(from, id, payload);
  if (topic == topics_.certificates) return on_certificate_gossip(from, id, payload);
  if (topic == topics_.blocks) return on_block_gossip(from, id, payload);
  return p2p::GossipVerdict::Ignore;
}

// Judged on the consensus thread, which has the keys of the epoch and the blocks.
std::optional<p2p::GossipVerdict> Node::Impl::on_certificate_gossip(const p2p::PeerId& from,
                                                                    const std::string& id,
                                                                    ByteView bytes) {
  auto certificate = decode_certificate_gossip(bytes);
  if (!certificate) return p2p::GossipVerdict::Reject;
  const bool taken = take_from(
      from, bytes.size(),
      {[this, from, id, one = *std::move(certificate), message = to_bytes(bytes)](
           ConsensusDriver& driver, Now t) { heads_->take(driver, t, from, id, one, message); },
       id});
  if (taken) return std::nullopt;
  return p2p::GossipVerdict::Busy;
}

// In the order in which they came on the link: a certificate finds its block there.
std::optional<p2p::GossipVerdict> Node::Impl::on_block_gossip(const p2p::PeerId& from,
                                                              const std::string& id,
                                                              ByteView bytes) {
  if (bytes.size() > kBlockGossipBytesMax) return p2p::GossipVerdict::Reject;
  const bool taken = take_from(
      from, bytes.size(),
      {[this, from, id, message = p2p::share(to_bytes(bytes))](ConsensusDriver& driver, Now t) {
         heads_->take_block(driver, t, from, id, *message);
       },
       id});
  if (taken) return std::nullopt;
  return p2p::GossipVerdict::Busy;
}

std::optional<primitives::Block> Node::Impl::heard_block(const primitives::BlockHash& block) {
  return heads_->release_block(block);
}

// The block before its certificate, be it heard or published: whoever hears both in this order asks
// nobody.
void Node::Impl::follow_heads() {
  auto news = heads_->news(*driver_, now());
  const auto tell = [this](const std::string& topic, Bytes message) {
    auto told = network_->publish(topic, p2p::share(std::move(message)));
    if (!told) log(LogLevel::Warn, "head not told", {{"reason", p2p::describe(told.error())}});
  };
  if (news && news->block) tell(topics_.blocks, *std::move(news->block));
  heads_->follow(*driver_, now());
  if (news) tell(topics_.certificates, std::move(news->certificate));
}

std::vector<p2p::PeerId> Node::Impl::validator_peers() const {
  std::vector<p2p::PeerId> out;
  const auto add = [&](const primitives::ValidatorSet& validators) {
    for (std::uint32_t i = 0; i < validators.size(); ++i) {
      const p2p::PeerId peer(validators.find(primitives::ValidatorIndex(i))->network_key);
      if (std::ranges::find(out, peer) == out.end()) out.push_back(peer);
    }
  };
  add(set());
  // Those whose term has just ended may still lack its last blocks, or have them for others.
  const primitives::Epoch epoch = set().epoch();
  if (epoch > primitives::Epoch(0)) add(epochs_->find(primitives::Epoch(epoch.value() - 1))->set);
  return out;
}

Reach Node::Impl::reach() const {
  const ConsensusView view = consensus_view();
  MutexLock lock(mutex_);
  return reach_of(*view.set, view.self, connected_);
}

// On the consensus thread. A node that only follows needs no quorum around it.
void Node::Impl::watch_reach() {
  const std::uint64_t now_ms = now().monotonic_ms;
  if (now_ms < next_reach_ms_) return;
  next_reach_ms_ = now_ms + kReachPeriodMs;
  const auto self = driver_->self();
  Reach now_reached;
  {
    MutexLock lock(mutex_);
    now_reached = reach_of(driver_->set(), self, connected_);
  }
  const bool fine = !self || now_reached.is_quorum;
  const ReachWatch::Change change = reach_watch_.look(fine, now_ms);
  if (change == ReachWatch::Change::None) return;
  const std::string weight =
      std::to_string(now_reached.weight) + " of " + std::to_string(now_reached.total);
  if (change == ReachWatch::Change::Regained) {
    log(LogLevel::Info, "a quorum of validators is reachable again", {{"weight", weight}});
    return;
  }
  log(LogLevel::Error, "less than a quorum of weight is reachable",
      {{"weight", weight},
       {"effect", "nothing becomes final here until more validators are reached"},
       {"look at", "openliquid p2p peers"}});
}

void Node::Impl::on_link_failed(const p2p::LinkFailure& failure) {
  // A peer that is not up yet is no news; a peer that refuses us is.
  const bool expected = failure.reason.code == p2p::CloseCode::ConnectFailed ||
                        failure.reason.code == p2p::CloseCode::Duplicate ||
                        failure.reason.code == p2p::CloseCode::ConnectionLost;
  std::vector<LogField> fields{{"peer", failure.peer ? failure.peer->text() : "unknown"},
                               {"address", failure.address},
                               {"code", p2p::describe(failure.reason.code)},
                               {"reason", failure.reason.text}};
  if (expected) {
    log(LogLevel::Debug, "link failed", fields);
    return;
  }
  const auto held_back = failure_lines_.allow(failure.reason.code, now().monotonic_ms);
  if (!held_back) return;
  if (*held_back > 0) fields.push_back({"more since the last line", std::to_string(*held_back)});
  log(LogLevel::Warn, "link failed", fields);
}

// Counters of the network show what could not be sent; consensus repeats what matters.
void Node::Impl::send(const p2p::PeerId& peer, p2p::Channel channel, Bytes message) {
  send(peer, channel, p2p::share(std::move(message)));
}

void Node::Impl::send(const p2p::PeerId& peer, p2p::Channel channel, p2p::SharedBytes message) {
  auto sent = network_->send(peer, channel, std::move(message));
  if (!sent)
    log(LogLevel::Warn, "message not sent",
        {{"peer", peer.short_text()}, {"reason", p2p::describe(sent.error())}});
}

void Node::Impl::broadcast(p2p::Channel channel, Bytes message) {
  auto sent = network_->broadcast(channel, p2p::share(std::move(message)));
  if (!sent) log(LogLevel::Warn, "message not sent", {{"reason", p2p::describe(sent.error())}});
}

// Nobody votes for a block of the wrong leader, or without the proof of the right one.
void Node::Impl::execute(consensus::BlockPtr block) {
  if (leaders_.vrf != nullptr) {
    if (const auto led = leaders_.vrf->admit(*block); !led) {
      log(LogLevel::Warn, "block refused",
          {{"block", to_hex(block->hash.view()).substr(0, 16)},
           {"proposer", std::to_string(block->header.proposer.value())},
           {"reason", describe(led.error())}});
      answer([hash = block->hash](ConsensusDriver& d, Now t) {
        d.on_executed(t, hash, consensus::Execution::Invalid);
      });
      return;
    }
  }
  executor_->execute(std::move(block));
}
void Node::Impl::build(const consensus::BuildRequest& request) {
  executor_->build(request);
}
void Node::Impl::commit(std::vector<consensus::CommittedBlock> blocks) {
  for (const consensus::CommittedBlock& block : blocks) {
    leaders_.record(block.block->header);
    if (leaders_.vrf != nullptr) leaders_.vrf->commit(*block.block);
  }
  executor_->commit(std::move(blocks));
}
void Node::Impl::discard(std::vector<consensus::BlockPtr> blocks) {
  for (const consensus::BlockPtr& block : blocks) {
    if (leaders_.vrf != nullptr) leaders_.vrf->forget(block->hash);
  }
  executor_->discard(std::move(blocks));
}

std::optional<Bytes> Node::Impl::find_item(const primitives::TxnHash& hash) {
  if (const TxnPtr txn = cache_->find(hash)) return txn->envelope();
  if (!exchange_) return std::nullopt;
  const ExchangeItemPtr item = exchange_->cache.find(hash);
  return item ? std::optional(item->bytes) : std::nullopt;
}

bool Node::Impl::has_work() {
  return pool_->has_selectable() || (exchange_ && exchange_->pool.has_selectable());
}

void Node::Impl::record_outgoing(ByteView message) {
  if (!outbox_) return;
  if (auto written = outbox_->append(message); !written) fatal(written.error().message);
}

void Node::Impl::warn(std::string sentence) {
  log(LogLevel::Warn, sentence);
}

void Node::Impl::fatal(std::string sentence) {
  log(LogLevel::Error, "the node stops", {{"reason", sentence}});
  request_stop(NodeError{std::move(sentence)});
}

}  // namespace ol::node
