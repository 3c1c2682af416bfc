#include <ol/sim/world.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace ol::sim {
namespace {

std::vector<bool> honest_flags(std::uint32_t nodes,
                               const std::vector<primitives::ValidatorIndex>& byzantine) {
  std::vector<bool> out(nodes, true);
  for (const primitives::ValidatorIndex index : byzantine)
    out[index.value()] = false;
  return out;
}

node::RuleChoice rule_of(Rule rule, const TestChain& chain) {
  if (rule != Rule::TwoPhase) return std::cref(voting_rule(rule));
  return consensus::SlotClock(chain.genesis.time, kSlots, chain.set.size());
}

std::unique_ptr<const consensus::LeaderSchedule> leaders_of(const node::RuleChoice& rule,
                                                            std::uint32_t nodes) {
  if (const auto* clock = std::get_if<consensus::SlotClock>(&rule))
    return std::make_unique<consensus::SlotRobin>(*clock, nodes);
  return std::make_unique<consensus::RoundRobin>(nodes);
}

}  // namespace

World::World(const RunOptions& run, const std::vector<primitives::ValidatorIndex>& byzantine,
             const std::vector<primitives::ValidatorIndex>& twins, Random chance)
    : options(run),
      chain(test_chain(run.nodes)),
      random(chance),
      trace(run.log),
      scheme(chain.make_scheme(run.scheme)),
      rule(rule_of(run.rule, chain)),
      leaders(leaders_of(rule, run.nodes)),
      honest_(honest_flags(run.nodes, byzantine)),
      checker(honest_, chain.quorum(), chain.genesis_block, chain.genesis_results.state_root,
              run.rule),
      network(run.nodes + static_cast<std::uint32_t>(twins.size()), queue, random.fork(), faults,
              *this) {
  std::vector<primitives::ValidatorIndex> indices;
  indices.reserve(run.nodes + twins.size());
  for (std::uint32_t i = 0; i < run.nodes; ++i)
    indices.emplace_back(i);
  indices.insert(indices.end(), twins.begin(), twins.end());
  for (std::uint32_t id = 0; id < indices.size(); ++id) {
    nodes_.push_back(std::make_unique<SimNode>(*this, id, indices[id], random.fork()));
    if (is_honest(indices[id])) honest_nodes_.push_back(id);
    if (id >= run.nodes) network.forbid(id, indices[id].value());
  }
}

World::~World() = default;

bool World::is_up(std::uint32_t node) const {
  return nodes_[node]->is_up();
}

void World::deliver(std::uint32_t from, std::uint32_t to, p2p::Channel channel, ByteView bytes) {
  trace.mix(queue.now_us());
  trace.mix(from * 64 + to);
  trace.mix(bytes);
  nodes_[to]->deliver(from, channel, bytes);
}

void World::connected(std::uint32_t a, std::uint32_t b) {
  nodes_[a]->connected(b);
  nodes_[b]->connected(a);
}

void World::disconnected(std::uint32_t a, std::uint32_t b) {
  nodes_[a]->disconnected(b);
  nodes_[b]->disconnected(a);
}

std::vector<std::uint32_t> World::nodes_of(primitives::ValidatorIndex index) const {
  std::vector<std::uint32_t> out;
  for (const auto& node : nodes_) {
    if (node->index() == index) out.push_back(node->id());
  }
  return out;
}

std::uint64_t World::highest_view() const {
  std::uint64_t out = 0;
  for (const std::uint32_t id : honest_nodes_) {
    if (nodes_[id]->is_up()) out = std::max(out, nodes_[id]->driver()->kernel().view().value());
  }
  return out;
}

Bytes World::make_item() {
  Writer out;
  out.blob(as_bytes("transaction")).u64(options.seed).u64(++items_made_);
  return out.take();
}

}  // namespace ol::sim
