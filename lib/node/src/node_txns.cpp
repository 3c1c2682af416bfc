#include <future>

#include "node_impl.hpp"
#include "txn_gossip.hpp"

namespace ol::node {
namespace {

constexpr int kServerError = -32000;

rpc::SubmitError refused(std::string message) {
  return {.code = kServerError, .message = std::move(message)};
}

}  // namespace

// A transaction is gossiped by whoever admits it first and by nobody else (trap T11).
Result<void, mempool::AddError> Node::Impl::admit(const TxnPtr& txn) {
  OL_TRY_VOID(pool_->add(txn));
  cache_->put(txn);
  if (gossip_queue_.try_push(txn->envelope()) != PushOutcome::Accepted) ++gossip_dropped_;
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
  if (consensus_queue_.try_push(wake) != PushOutcome::Accepted) work_signalled_ = false;
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

  const auto admitted = admit(*txn);
  if (admitted) return (*txn)->hash();
  if (const auto* refusal = std::get_if<primitives::TxnRefusal>(&admitted.error()))
    return fail(refused(refusal->message));
  return fail(refused("the state cannot be read"));
}

bool Node::Impl::knows(ByteView item) const {
  const auto hash = primitives::transaction_hash(item);
  if (cache_->find(hash)) return true;
  return exchange_ && primitives::is_exchange_item(item) && exchange_->cache.find(hash);
}

// System actions are proposed by the node that was asked and come with its blocks alone.
void Node::Impl::take_item(Bytes item) {
  if (!exchange_ || item[0] == static_cast<std::uint8_t>(primitives::ItemTag::System)) return;
  auto verified = execution::verify_item(exchange_->rules, std::move(item));
  if (!verified) return;
  static_cast<void>(
      admit_item(std::make_shared<const execution::ExchangeItem>(*std::move(verified))));
}

p2p::Flow Node::Impl::on_gossip(const p2p::PeerId& peer, ByteView bytes) {
  if (const auto proof = evidence_in(bytes)) {
    on_evidence_gossip(peer, *proof);
    return p2p::Flow::Continue;
  }
  auto batch = decode_txn_batch(bytes);
  if (!batch) {
    punish(peer, std::string("transaction batch: ") + describe(batch.error()));
    return p2p::Flow::Continue;
  }
  std::vector<Bytes> fresh;
  for (Bytes& envelope : *batch) {
    if (!knows(envelope)) fresh.push_back(std::move(envelope));
  }
  if (fresh.empty()) return p2p::Flow::Continue;
  const bool queued = workers_->try_submit([this, fresh = std::move(fresh)]() mutable {
    for (Bytes& envelope : fresh) {
      // Every peer relays it; while this copy waited another may have been verified.
      if (knows(envelope)) continue;
      if (primitives::is_exchange_item(envelope)) {
        take_item(std::move(envelope));
        continue;
      }
      auto txn = primitives::VerifiedTxn::verify(std::move(envelope));
      if (!txn) continue;
      // A refusal is the sender's business: what one pool has no room for, another may.
      static_cast<void>(admit(std::make_shared<const primitives::VerifiedTxn>(*std::move(txn))));
    }
  });
  const QueueStats stats = workers_->stats();
  if (queued && stats.size < stats.capacity / 2) return p2p::Flow::Continue;
  MutexLock lock(mutex_);
  paused_peers_.insert(peer);
  return p2p::Flow::Pause;
}

}  // namespace ol::node
