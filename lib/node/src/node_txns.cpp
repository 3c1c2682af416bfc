#include <future>

#include "gossip_batch.hpp"
#include "node_impl.hpp"

namespace ol::node {
namespace {

constexpr int kServerError = -32000;

rpc::SubmitError refused(std::string message) {
  return {.code = kServerError, .message = std::move(message)};
}

}  // namespace

// A transaction is published by the node whose client sent it, on first admission only (trap T11);
// gossip carries it on from there.
Result<void, mempool::AddError> Node::Impl::admit(const TxnPtr& txn, Origin origin) {
  OL_TRY_VOID(pool_->add(txn));
  cache_->put(txn);
  const bool published =
      origin == Origin::Gossip || gossip_queue_.try_push(txn->envelope()) == PushOutcome::Accepted;
  if (!published) ++gossip_dropped_;
  server_->publish_pending(txn->hash());
  signal_work();
  return {};
}

void Node::Impl::signal_work() {
  if (!has_work() || work_signalled_.exchange(true)) return;
  const auto wake = [this](ConsensusDriver& driver, Now t) {
    work_signalled_ = false;
    driver.on_work(t);
  };
  if (!consensus_queue_.push_own({wake})) work_signalled_ = false;
}

Result<primitives::TxnHash, rpc::SubmitError> Node::Impl::submit(Bytes envelope) {
  if (envelope.size() > primitives::kTxnBytesMax) {
    return fail(refused("oversized data: transaction size " + std::to_string(envelope.size()) +
                        ", limit " + std::to_string(primitives::kTxnBytesMax)));
  }
  auto outcome = std::make_shared<std::promise<Result<TxnPtr, primitives::TxnError>>>();
  auto verified = outcome->get_future();
  const bool queued = workers_->try_submit([outcome, bytes = std::move(envelope)]() mutable {
    auto txn = primitives::VerifiedTxn::verify(std::move(bytes));
    if (!txn) {
      outcome->set_value(fail(txn.error()));
    } else {
      outcome->set_value(std::make_shared<const primitives::VerifiedTxn>(*std::move(txn)));
    }
  });
  if (!queued)
    return fail(refused("the node is busy verifying transactions; try again in a moment"));
  const auto txn = verified.get();
  if (!txn) return fail(refused(primitives::describe(txn.error())));

  const auto admitted = admit(*txn, Origin::Client);
  if (admitted) return (*txn)->hash();
  if (const auto* refusal = std::get_if<primitives::TxnRefusal>(&admitted.error()))
    return fail(refused(refusal->message));
  return fail(refused("the state cannot be read"));
}

bool Node::Impl::knows(ByteView entry) const {
  const auto hash = primitives::transaction_hash(entry);
  if (cache_->find(hash) || refused_.contains(hash, now().monotonic_ms)) return true;
  return exchange_ && primitives::is_exchange_item(entry) && exchange_->cache.find(hash);
}

// Judged once the signatures are checked; until then nobody is passed the batch.
std::optional<p2p::GossipVerdict> Node::Impl::on_batch_gossip(const p2p::PeerId& from,
                                                              const std::string& id, ByteView bytes,
                                                              AdmitEntry admit_entry) {
  auto batch = decode_gossip_batch(bytes);
  if (!batch) return p2p::GossipVerdict::Reject;
  std::erase_if(*batch, [this](const Bytes& entry) { return knows(entry); });
  // Whoever may lack them has had the chance to hear them from where we did.
  if (batch->empty()) return p2p::GossipVerdict::Ignore;
  const std::size_t count = batch->size();
  const std::size_t cost = bytes.size();
  // Many peers may send at once what takes long to verify.
  if (batches_waiting_.enter(from, cost)) {
    const bool queued = workers_->try_submit(
        [this, from, id, admit_entry, cost, fresh = *std::move(batch)]() mutable {
          network_->judge(id, admit_batch(std::move(fresh), admit_entry));
          batches_waiting_.leave(from, cost);
        });
    if (queued) return std::nullopt;
    batches_waiting_.leave(from, cost);
  }
  gossip_dropped_ += count;
  return p2p::GossipVerdict::Busy;
}

// Passed on if it brought something that this node took: what every pool refuses would else go
// round and be verified everywhere for nothing, in one batch after the other.
p2p::GossipVerdict Node::Impl::admit_batch(std::vector<Bytes> entries, AdmitEntry admit_entry) {
  auto verdict = p2p::GossipVerdict::Ignore;
  for (Bytes& entry : entries) {
    // While this batch waited another may have brought it.
    if (knows(entry)) continue;
    const auto name = primitives::transaction_hash(entry);
    const p2p::GossipVerdict one = (this->*admit_entry)(std::move(entry));
    // Honest nodes publish only what they have verified.
    if (one == p2p::GossipVerdict::Reject) return one;
    if (one == p2p::GossipVerdict::Ignore) refused_.put(name, now().monotonic_ms);
    verdict = verdict_of_batch(verdict, one);
  }
  return verdict;
}

p2p::GossipVerdict Node::Impl::admit_gossiped_txn(Bytes envelope) {
  auto txn = primitives::VerifiedTxn::verify(std::move(envelope));
  if (!txn) return p2p::GossipVerdict::Reject;
  // A refusal is the sender's business: what one pool has no room for, another may.
  const bool taken =
      admit(std::make_shared<const primitives::VerifiedTxn>(*std::move(txn)), Origin::Gossip)
          .has_value();
  return taken ? p2p::GossipVerdict::Accept : p2p::GossipVerdict::Ignore;
}

// System actions are proposed by the node that was asked and come with its blocks alone.
p2p::GossipVerdict Node::Impl::admit_gossiped_item(Bytes bytes) {
  const bool gossiped = primitives::is_exchange_item(bytes) &&
                        bytes[0] != static_cast<std::uint8_t>(primitives::ItemTag::System);
  if (!gossiped) return p2p::GossipVerdict::Reject;
  auto item = execution::verify_item(exchange_->rules, std::move(bytes));
  if (item) {
    const bool taken = admit_item(std::make_shared<const execution::ExchangeItem>(*std::move(item)),
                                  Origin::Gossip)
                           .has_value();
    return taken ? p2p::GossipVerdict::Accept : verdict_of_refused();
  }
  // Prices of an epoch that others have entered and this node has not.
  return item.error() == execution::ItemError::UnknownValidator ? p2p::GossipVerdict::TooEarly
                                                                : p2p::GossipVerdict::Reject;
}

}  // namespace ol::node
