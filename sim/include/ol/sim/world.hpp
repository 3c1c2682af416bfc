#pragma once

#include <map>
#include <memory>
#include <vector>

#include <ol/consensus/voting_rule.hpp>
#include <ol/sim/checker.hpp>
#include <ol/sim/network.hpp>
#include <ol/sim/node.hpp>
#include <ol/sim/options.hpp>
#include <ol/sim/test_chain.hpp>
#include <ol/sim/trace.hpp>

namespace ol::sim {

/// What a Byzantine node may look up: blocks anyone executed and what they left behind.
struct KnownBlock {
  consensus::BlockPtr block;
  node::ParentResults results;
};

/// Everything one run consists of. Not movable: parts refer to each other.
class World final : public NetworkUser {
 public:
  /// `byzantine` are the validators that break the rules; `twins` of them run twice with one key.
  World(const RunOptions& options, const std::vector<primitives::ValidatorIndex>& byzantine,
        const std::vector<primitives::ValidatorIndex>& twins, Random random);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() override;

  // NetworkUser
  [[nodiscard]] bool is_up(std::uint32_t node) const override;
  void deliver(std::uint32_t from, std::uint32_t to, p2p::Channel channel, ByteView bytes) override;
  void connected(std::uint32_t a, std::uint32_t b) override;
  void disconnected(std::uint32_t a, std::uint32_t b) override;

  [[nodiscard]] bool is_honest(primitives::ValidatorIndex index) const {
    return honest_[index.value()];
  }
  [[nodiscard]] SimNode& node(std::uint32_t id) { return *nodes_[id]; }
  [[nodiscard]] const SimNode& node(std::uint32_t id) const { return *nodes_[id]; }
  [[nodiscard]] std::uint32_t node_count() const {
    return static_cast<std::uint32_t>(nodes_.size());
  }
  /// Nodes of validators that keep the rules.
  [[nodiscard]] const std::vector<std::uint32_t>& honest_nodes() const { return honest_nodes_; }
  /// The nodes that hold a validator's key: one, or two twins.
  [[nodiscard]] std::vector<std::uint32_t> nodes_of(primitives::ValidatorIndex index) const;
  [[nodiscard]] std::uint64_t highest_view() const;
  /// A transaction that no other call returns.
  [[nodiscard]] Bytes make_item();
  void say(std::string_view who, std::string_view what) { trace.line(queue.now_us(), who, what); }

  const RunOptions options;
  const TestChain& chain;
  EventQueue queue;
  Random random;
  Trace trace;
  std::unique_ptr<consensus::CertificateScheme> scheme;
  const node::RuleChoice rule;
  const std::unique_ptr<const consensus::LeaderSchedule> leaders;

 private:
  std::vector<bool> honest_;

 public:
  SafetyChecker checker;
  FaultCounts faults;
  std::uint64_t evidence = 0;
  Network network;
  std::map<primitives::BlockHash, KnownBlock> known;

 private:
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::vector<std::uint32_t> honest_nodes_;
  std::uint64_t items_made_ = 0;
};

}  // namespace ol::sim
