#include <fmt/format.h>
#include <ol/sim/world.hpp>

// The executor, database and block log of a simulated node: lib/node's executor.cpp in miniature.
namespace ol::sim {

using consensus::BlockPtr;
using p2p::Channel;
using primitives::BlockHash;

namespace {

constexpr std::uint64_t kBuildUs = 500;
constexpr std::uint64_t kCommitUs = 200;
constexpr std::size_t kItemsPerBlock = 4;
// A slot has one block, which takes all that is there.
constexpr std::size_t kItemsPerSlot = 64;

}  // namespace

void SimNode::execute(BlockPtr block) {
  if (dying_) return;
  const bool led = !vrf_ || vrf_->admit(*block);
  enqueue(machine.execute_us,
          [this, block = std::move(block), led] { led ? run_execute(block) : run_refuse(block); });
}

void SimNode::build(const consensus::BuildRequest& request) {
  if (dying_) return;
  enqueue(kBuildUs,
          [this, view = request.view, parent = request.parent] { run_build(view, parent); });
}

void SimNode::commit(std::vector<consensus::CommittedBlock> blocks) {
  if (dying_) return;
  for (const consensus::CommittedBlock& block : blocks) {
    if (vrf_) vrf_->commit(*block.block);
  }
  enqueue(kCommitUs, [this, blocks = std::move(blocks)] { run_commit(blocks); });
}

void SimNode::discard(std::vector<BlockPtr> blocks) {
  if (dying_) return;
  for (const BlockPtr& block : blocks) {
    if (vrf_) vrf_->forget(block->hash);
  }
  enqueue(0, [this, blocks = std::move(blocks)] {
    for (const BlockPtr& block : blocks)
      ledger_->discard(block->hash);
  });
}

void SimNode::run_execute(const BlockPtr& block) {
  // Durable before anyone hears the verdict: a vote is never for a block only memory holds.
  block_log_.insert_or_assign(block->hash, block);
  const auto verdict = ledger_->execute(block);
  if (const node::ParentResults* results = ledger_->results_of(block->hash))
    world_.known.try_emplace(block->hash, KnownBlock{block, *results});
  const BlockHash hash = block->hash;
  drive([&](node::ConsensusDriver& driver) { driver.on_executed(now(), hash, verdict); });
}

// Of a leader that does not prove itself, or is none.
void SimNode::run_refuse(const BlockPtr& block) {
  drive([&](node::ConsensusDriver& driver) {
    driver.on_executed(now(), block->hash, consensus::Execution::Invalid);
  });
}

void SimNode::run_build(primitives::View view, const BlockPtr& parent) {
  const node::ParentResults* results = ledger_->results_of(parent->hash);
  if (results == nullptr) return;
  node::BuiltPayload payload{.view = view, .parent = *results, .items = {}};
  const std::size_t items_max =
      world_.options.rule == Rule::TwoPhase ? kItemsPerSlot : kItemsPerBlock;
  for (const TxnHash& item : pool_order_) {
    if (payload.items.size() == items_max) break;
    if (!ledger_->contains(parent->hash, item)) payload.items.push_back(pool_.at(item));
  }
  drive([&](node::ConsensusDriver& driver) { driver.on_built(now(), std::move(payload)); });
}

void SimNode::run_commit(const std::vector<consensus::CommittedBlock>& blocks) {
  for (const consensus::CommittedBlock& final : blocks) {
    const BlockPtr& block = final.block;
    if (!ledger_->commit(block)) {
      world_.checker.report(fmt::format("node {}: height {} is final but does not execute here",
                                        id_, block->header.height.value()));
      return;
    }
    const node::ParentResults results = *ledger_->results_of(block->hash);
    chain_.push_back({block, final.certificate, results});
    world_.trace.mix(block->hash.view());
    if (world_.is_honest(index_)) {
      world_.checker.on_commit(id_, *block, results.state_root);
      if (world_.trace.printing())
        world_.say(label(), fmt::format("commits height {} of view {}, block {}",
                                        block->header.height.value(), block->header.view.value(),
                                        brief(block->hash)));
    }
    for (const TxnHash& item : block->item_hashes) {
      if (pool_.erase(item) != 0) std::erase(pool_order_, item);
    }
  }
  const std::size_t reached = chain_.size() - 1;
  world_.queue.after(machine.flush_us, [this, reached, life = life_] {
    if (life == life_) flush(reached);
  });
}

void SimNode::flush(std::size_t height) {
  durable_height_ = std::max(durable_height_, height);
  std::erase_if(block_log_, [&](const auto& entry) {
    return entry.second->header.height.value() <= durable_height_;
  });
}

void SimNode::serve_range(const p2p::PeerId& peer, node::RangeRequest request) {
  node::RangeResponse response{.from = request.from, .entries = {}};
  const std::uint64_t from = request.from.value();
  for (std::uint64_t height = from; height < from + request.count; ++height) {
    if (height > durable_height_ || height == 0) break;
    Writer out;
    primitives::encode(out, *chain_[height].block);
    response.entries.push_back({out.take(), chain_[height].certificate});
  }
  send(peer, Channel::Bulk, node::encode_sync_message(response));
}

void SimNode::serve_block(const p2p::PeerId& peer, BlockHash block) {
  node::BlockResponse response{block, {}};
  for (std::size_t height = durable_height_; height > 0 && response.encoded.empty(); --height) {
    if (chain_[height].block->hash != block) continue;
    Writer out;
    primitives::encode(out, *chain_[height].block);
    response.encoded = out.take();
  }
  send(peer, Channel::Bulk, node::encode_sync_message(response));
}

}  // namespace ol::sim
