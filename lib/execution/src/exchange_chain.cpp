#include <ol/execution/exchange_chain.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::execution {

using exchange::BlockInput;
using exchange::CommittedBlock;
using exchange::CommittedBlockPtr;
using primitives::BlockHash;

ExchangeRoots roots_of(const CommittedBlock& block) {
  return {block.state_root, block.action_root, block.result_root, block.event_root};
}

Bytes encode_roots(const ExchangeRoots& roots) {
  Writer out;
  out.fixed(roots.state).fixed(roots.actions).fixed(roots.results).fixed(roots.events);
  return out.take();
}

Result<ExchangeRoots, DecodeError> decode_roots(ByteView bytes) {
  Reader in(bytes);
  ExchangeRoots out;
  out.state = in.fixed<Hash256>();
  out.actions = in.fixed<Hash256>();
  out.results = in.fixed<Hash256>();
  out.events = in.fixed<Hash256>();
  OL_TRY_VOID(in.finish());
  return out;
}

ExchangeRoots empty_roots(const Hash256& state) {
  return {state, exchange::action_root({}), exchange::result_root({}), exchange::event_root({})};
}

Hash256 joint_state_root(const primitives::ChainDomain& domain, const Hash256& evm,
                         const Hash256& exchange) {
  Writer out;
  out.raw(as_bytes("openliquid/state/v1")).fixed(evm).fixed(exchange);
  return crypto::hash(domain.hash, out.bytes());
}

Hash256 joint_results_root(const primitives::ChainDomain& domain, const Hash256& receipts,
                           const ExchangeRoots& roots) {
  Writer out;
  out.raw(as_bytes("openliquid/results/v1")).fixed(receipts);
  out.fixed(roots.actions).fixed(roots.results).fixed(roots.events);
  return crypto::hash(domain.hash, out.bytes());
}

Result<std::unique_ptr<ExchangeChain>, DecodeError> ExchangeChain::open(
    const exchange::Params& params, const exchange::StateRecords& records, const BlockHash& head) {
  OL_TRY(auto engine, exchange::Engine::restore(params, records));
  return std::unique_ptr<ExchangeChain>(new ExchangeChain(std::move(engine), records, head));
}

void ExchangeChain::undo_to(std::size_t length) {
  while (path_.size() > length) {
    engine_->undo_block();
    commitment_.undo();
    path_.pop_back();
  }
}

bool ExchangeChain::stand_on(const BlockHash& block) {
  std::vector<BlockHash> wanted;
  for (BlockHash at = block; at != head_;) {
    const auto it = nodes_.find(at);
    if (it == nodes_.end()) return false;
    wanted.push_back(at);
    at = it->second.parent;
  }
  std::ranges::reverse(wanted);
  const auto [here, there] = std::ranges::mismatch(path_, wanted);
  undo_to(static_cast<std::size_t>(here - path_.begin()));
  for (auto it = there; it != wanted.end(); ++it) {
    const CommittedBlock& again = *nodes_.at(*it).block;
    const exchange::BlockResult result = engine_->execute(again.input);
    const Hash256& root = commitment_.apply(result.diff);
    OL_CHECK(root == again.state_root, "the same block gives the same state");
    path_.push_back(*it);
  }
  return true;
}

CommittedBlockPtr ExchangeChain::execute(const BlockHash& parent, const BlockHash& block,
                                         BlockInput input) {
  if (const auto it = nodes_.find(block); it != nodes_.end()) return it->second.block;
  if (!stand_on(parent) || !engine_->check(input)) return nullptr;
  auto out = std::make_shared<CommittedBlock>();
  out->block = retag<Hash256>(block);
  out->input = std::move(input);
  out->result = engine_->execute(out->input);
  out->state_root = commitment_.apply(out->result.diff);
  out->action_root = exchange::action_root(out->input.actions);
  out->result_root = exchange::result_root(out->result.results);
  out->event_root = exchange::event_root(out->result.events);
  path_.push_back(block);
  nodes_.emplace(block, Node{parent, out});
  return out;
}

const exchange::State* ExchangeChain::state_at(const BlockHash& block) {
  return stand_on(block) ? &engine_->state() : nullptr;
}

void ExchangeChain::commit(const BlockHash& block) {
  if (path_.empty() || path_.front() != block) {
    const bool there = stand_on(block);
    OL_CHECK(there && path_.size() == 1, "a final block was executed on the head");
  }
  engine_->commit_block();
  commitment_.commit();
  path_.erase(path_.begin());
  const std::uint64_t height = nodes_.at(block).block->input.height;
  // Blocks beside it are never final; whoever executed them may not come to forget them.
  std::erase_if(nodes_,
                [&](const auto& node) { return node.second.block->input.height <= height; });
  head_ = block;
}

void ExchangeChain::forget(const BlockHash& block) {
  const auto at = std::ranges::find(path_, block);
  if (at != path_.end()) undo_to(static_cast<std::size_t>(at - path_.begin()));
  nodes_.erase(block);
}

}  // namespace ol::execution
