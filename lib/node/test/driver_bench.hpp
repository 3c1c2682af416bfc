#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/node/consensus_driver.hpp>

#include "../../consensus/test/validators.hpp"

namespace ol::node::test {

/// What a driver asked of the world.
class RecordingHost final : public DriverHost {
 public:
  struct Sent {
    p2p::PeerId peer;
    Bytes message;
  };

  void send(const p2p::PeerId& peer, p2p::Channel, Bytes message) override {
    sent.push_back({peer, std::move(message)});
  }
  void broadcast(p2p::Channel channel, Bytes message) override {
    if (channel == p2p::Channel::Consensus) broadcasts.push_back(std::move(message));
  }
  void punish(const p2p::PeerId&, std::string reason) override { punished.push_back(reason); }
  bool admit(const p2p::PeerId&, PeerWork kind, std::uint64_t amount) override {
    asked[static_cast<std::size_t>(kind)] += amount;
    return admits;
  }
  void served(const p2p::PeerId&, std::uint64_t bytes) override { served_bytes += bytes; }
  void execute(consensus::BlockPtr block) override { executing.push_back(std::move(block)); }
  void build(const consensus::BuildRequest& request) override { building = request.view; }
  void commit(std::vector<consensus::CommittedBlock>) override {}
  void discard(std::vector<consensus::BlockPtr>) override {}
  void serve_range(const p2p::PeerId&, RangeRequest) override {}
  void serve_block(const p2p::PeerId&, primitives::BlockHash) override {}
  std::optional<Bytes> hand_over_of(primitives::Epoch) override { return hand_over; }
  std::optional<Bytes> find_item(const primitives::TxnHash& hash) override {
    const auto it = items.find(hash);
    return it == items.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<primitives::Block> heard_block(const primitives::BlockHash& block) override {
    return heard ? heard(block) : std::nullopt;
  }
  bool has_work() override { return work; }
  void record_outgoing(ByteView message) override { outbox.push_back(to_bytes(message)); }
  void on_evidence(const consensus::Evidence& proof) override { evidence.push_back(proof); }
  void on_conflict(const consensus::Conflict& conflict) override {
    conflicts.push_back(conflict);
    sent_before_conflict = sent.size() + broadcasts.size() + outbox.size();
  }
  void warn(std::string sentence) override { warnings.push_back(std::move(sentence)); }
  void fatal(std::string sentence) override { fatals.push_back(std::move(sentence)); }

  std::function<std::optional<primitives::Block>(const primitives::BlockHash&)> heard;
  bool work = true;
  std::vector<Sent> sent;
  std::vector<Bytes> broadcasts;
  std::vector<std::string> punished;
  bool admits = true;
  /// By PeerWork.
  std::array<std::uint64_t, 3> asked{};
  std::uint64_t served_bytes = 0;
  std::vector<consensus::BlockPtr> executing;
  std::optional<primitives::View> building;
  std::optional<Bytes> hand_over;
  std::map<primitives::TxnHash, Bytes> items;
  std::vector<Bytes> outbox;
  std::vector<consensus::Evidence> evidence;
  std::vector<consensus::Conflict> conflicts;
  std::size_t sent_before_conflict = 0;
  std::vector<std::string> warnings;
  std::vector<std::string> fatals;
};

/// Validator `self` of four. It leads the views v with v mod 4 = self.
class DriverBench {
 public:
  explicit DriverBench(std::uint32_t self,
                       primitives::CommitRule chosen = primitives::CommitRule::ThreeChain)
      : rule(consensus::make_voting_rule(chosen)) {
    consensus::SafetyRecord record;
    record.lock = {primitives::View(0), all.genesis.hash};
    record.high_qc = all.genesis_certificate;
    const primitives::ValidatorIndex index(self);
    auto signer = std::make_unique<consensus::Signer>(all.domain, all.set->hash(all.domain), index,
                                                      all.key(self), all.vote_key(self),
                                                      *all.scheme, store, record);
    driver = std::make_unique<ConsensusDriver>(
        DriverParts{.domain = all.domain,
                    .set = *all.set,
                    .rule = std::cref(*rule),
                    .leaders = *all.leaders,
                    .scheme = *all.scheme,
                    .pace = {.timeout_base_ms = 2000,
                             .timeout_max_ms = 60'000,
                             .min_block_interval_ms = 10,
                             .empty_block_interval_ms = 100},
                    .genesis_certificate = all.genesis_certificate,
                    .root = {std::make_shared<const primitives::Block>(all.genesis),
                             all.genesis_certificate},
                    .record = record,
                    .signer = std::move(signer),
                    .self = index,
                    .stored_blocks = {},
                    .certificates_ahead = true},
        host);
    driver->start(now);
    for (std::uint32_t i = 0; i < 4; ++i) {
      if (i != self) driver->on_peer_connected(now, peer(i));
    }
  }

  [[nodiscard]] p2p::PeerId peer(std::uint32_t i) const {
    return p2p::PeerId(all.set->find(primitives::ValidatorIndex(i))->network_key);
  }
  /// Hands the driver a consensus message as if validator `from` had sent it.
  void deliver(std::uint32_t from, const consensus::Message& message) {
    driver->on_message(now, peer(from), p2p::Channel::Consensus,
                       consensus::encode_message(message));
  }
  void deliver_sync(std::uint32_t from, const SyncMessage& message) {
    driver->on_message(now, peer(from), p2p::Channel::Request, encode_sync_message(message));
  }
  /// The proposal of `block`, whose items this node has.
  consensus::ProposalMessage proposal(const primitives::Block& block) {
    for (std::size_t i = 0; i < block.payload.size(); ++i)
      host.items[block.item_hashes[i]] = block.payload[i];
    return all.proposal(block);
  }
  /// Finds every block valid that is being executed.
  void execute_all() {
    for (const consensus::BlockPtr& block : std::exchange(host.executing, {}))
      driver->on_executed(now, block->hash, consensus::Execution::Valid);
  }
  [[nodiscard]] std::size_t signed_messages() const { return host.outbox.size(); }

  consensus::test::Validators all{4};
  consensus::test::MemoryStore store;
  RecordingHost host;
  std::unique_ptr<const consensus::VotingRule> rule;
  Now now{.monotonic_ms = 1'000, .wall_ms = 1'700'000'000'000};
  std::unique_ptr<ConsensusDriver> driver;
};

}  // namespace ol::node::test
