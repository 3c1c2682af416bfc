#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include <ol/consensus/kernel.hpp>
#include <ol/consensus/signer.hpp>
#include <ol/consensus/slot_kernel.hpp>
#include <ol/consensus/vote_collector.hpp>
#include <ol/node/early_messages.hpp>
#include <ol/node/sync_messages.hpp>
#include <ol/node/sync_peers.hpp>
#include <ol/node/vote_watch.hpp>
#include <ol/p2p/channel.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::node {

/// The two clocks a driver is told: the monotonic one paces, the wall clock stamps blocks.
struct Now {
  std::uint64_t monotonic_ms = 0;
  std::uint64_t wall_ms = 0;
};

/// What executing a block's parent left behind: the next header commits to it.
struct ParentResults {
  Hash256 state_root;
  Hash256 receipts_root;
  primitives::EvmHash evm_hash;
};

/// A payload for the view that asked for it.
struct BuiltPayload {
  primitives::View view;
  ParentResults parent;
  std::vector<Bytes> items;
};

/// What the next epoch is made of. References outlive the driver.
struct EpochParts {
  consensus::EpochSetting& setting;
  const consensus::LeaderSchedule& leaders;
  /// Of the epoch before: it certified the block that this one begins on.
  const consensus::CertificateScheme& before;
  /// Our place in the set, if we have one and the vote key for it.
  std::optional<primitives::ValidatorIndex> self;
  /// Absent where the vote key stays.
  std::optional<crypto::BlsSecretKey> vote_key;
};

/// What a peer that was not asked makes this node do: signatures to verify, bytes to read and send,
/// and messages to drop that no honest node sends it.
enum class PeerWork : std::uint8_t { Verify, Serve, Useless };

/// Everything the driver needs done in the world. The node implements it with threads, sockets and
/// RocksDB, the simulator with a virtual network and disk. Calls must not call back into the
/// driver; answers arrive later as driver events.
class DriverHost {
 public:
  virtual ~DriverHost() = default;

  virtual void send(const p2p::PeerId& peer, p2p::Channel channel, Bytes message) = 0;
  virtual void broadcast(p2p::Channel channel, Bytes message) = 0;
  /// The peer broke a rule that honest peers keep.
  virtual void punish(const p2p::PeerId& peer, std::string reason) = 0;
  /// Whether that much may be done for the peer now; if not, what it wants is dropped.
  [[nodiscard]] virtual bool admit(const p2p::PeerId&, PeerWork, std::uint64_t /*amount*/) {
    return true;
  }
  /// What was served to the peer once it was admitted, beyond the amount named then.
  virtual void served(const p2p::PeerId&, std::uint64_t /*bytes*/) {}

  /// Executes the block on its parent's state and answers with on_executed. The block is durable
  /// before the answer: a validator never votes for a block that only memory holds.
  virtual void execute(consensus::BlockPtr block) = 0;
  /// Picks transactions on top of the parent and answers with on_built.
  virtual void build(const consensus::BuildRequest& request) = 0;
  /// Final blocks, ascending, each once. Their execute calls came before.
  virtual void commit(std::vector<consensus::CommittedBlock> blocks) = 0;
  virtual void discard(std::vector<consensus::BlockPtr> blocks) = 0;
  /// Answers a peer's range request from storage with RangeResponse on the bulk channel.
  virtual void serve_range(const p2p::PeerId& peer, RangeRequest request) = 0;
  /// Answers a peer's request for a block that is no longer in the tree.
  virtual void serve_block(const p2p::PeerId& peer, primitives::BlockHash block) = 0;

  /// A payload item by its hash, if this node has it. Nobody hashes it again.
  [[nodiscard]] virtual std::optional<Bytes> find_item(const primitives::TxnHash& hash) = 0;
  /// A block that came by gossip and waits for a certificate, given out once. The caller checks it.
  [[nodiscard]] virtual std::optional<primitives::Block> heard_block(const primitives::BlockHash&) {
    return std::nullopt;
  }
  /// Whether a block built now would hold transactions.
  [[nodiscard]] virtual bool has_work() = 0;
  /// Whether the block at that height is to follow its parent without pause (dex.md 17.5).
  [[nodiscard]] virtual bool hurries(primitives::Height) { return false; }

  /// Appends a signed message to the outbox log before it leaves.
  virtual void record_outgoing(ByteView message) = 0;
  virtual void on_evidence(const consensus::Evidence& evidence) = 0;
  /// Two blocks are certified final at one height. Durable on return, or `fatal` was called: the
  /// next driver is told by DriverParts::halted.
  virtual void on_conflict(const consensus::Conflict& conflict) = 0;
  /// An epoch is over: makes the proof durable and prepares the next one, which begins on `root`.
  /// Called before `commit` of the closing block. Nothing where this host's set never changes.
  [[nodiscard]] virtual std::optional<EpochParts> open_epoch(const consensus::HandOver&,
                                                             const primitives::Header& /*root*/) {
    return std::nullopt;
  }
  /// The proof that `epoch` is over, encoded, if this node has it.
  [[nodiscard]] virtual std::optional<Bytes> hand_over_of(primitives::Epoch) {
    return std::nullopt;
  }
  /// A sentence for the log.
  virtual void warn(std::string sentence) = 0;
  /// The node cannot go on safely: print the sentence, stop with a failure.
  virtual void fatal(std::string sentence) = 0;
};

/// Counters for metrics; all only grow.
struct DriverCounters {
  std::uint64_t proposals_received = 0;
  std::uint64_t votes_received = 0;
  std::uint64_t new_views_received = 0;
  std::uint64_t certificates_formed = 0;
  std::uint64_t certificates_received = 0;
  std::uint64_t votes_sent = 0;
  std::uint64_t proposals_sent = 0;
  std::uint64_t timeouts_sent = 0;
  std::uint64_t messages_refused = 0;
  std::uint64_t messages_dropped = 0;  // their peer had no more to be done for it
  std::uint64_t evidence = 0;
  std::uint64_t blocks_committed = 0;
  std::uint64_t items_requested = 0;
  std::uint64_t blocks_heard = 0;  // by gossip, and named by a certificate
  std::uint64_t blocks_requested = 0;
  std::uint64_t ranges_requested = 0;
  std::uint64_t epochs_entered = 0;
};

/// How blocks become final: a rule of the chained kernel, or the slots of two_phase.
using RuleChoice =
    std::variant<std::reference_wrapper<const consensus::VotingRule>, consensus::SlotClock>;

/// What a driver is made of. References must outlive it.
struct DriverParts {
  const primitives::ChainDomain& domain;
  const primitives::ValidatorSet& set;
  RuleChoice rule;
  const consensus::LeaderSchedule& leaders;
  consensus::CertificateScheme& scheme;
  primitives::PaceParams pace;
  /// Of the block that the epoch began on: in the first epoch the synthetic one of genesis.
  primitives::QuorumCertificate genesis_certificate;
  /// Last committed block and its certificate.
  consensus::CommittedBlock root;
  std::optional<consensus::SafetyRecord> record;
  /// Absent on observers.
  std::unique_ptr<consensus::Signer> signer;
  std::optional<primitives::ValidatorIndex> self;
  /// Blocks above the root that were stored before the last stop, ascending by height.
  std::vector<primitives::Block> stored_blocks;
  /// Whether a certificate leaves at once when the proposal that carries it has to wait for its
  /// interval. Others then commit up to one interval earlier, for one small broadcast a view.
  bool certificates_ahead;
  /// The present epoch, absent where the set never changes, and the scheme of the one before.
  consensus::EpochContext epochs = {};
  /// In place of the signer's, where this epoch brought another.
  std::optional<crypto::BlsSecretKey> vote_key = {};
  /// Conflicting certificates ended finality in an earlier run.
  bool halted = false;
};

/// Gives the kernel its messages, clock and host: decoding, verification, vote collection, pacing,
/// compact proposals, block fetching, catching up and going from epoch to epoch. Single-threaded
/// and free of I/O of its own: the simulator runs this very class.
class ConsensusDriver {
 public:
  /// A proposal further in the future than this is dropped. specs/consensus.md section 3.
  static constexpr std::uint64_t kClockDriftMaxMs = 500;

  ConsensusDriver(DriverParts parts, DriverHost& host);
  ~ConsensusDriver();

  void start(Now now);
  void on_peer_connected(Now now, const p2p::PeerId& peer);
  void on_peer_disconnected(Now now, const p2p::PeerId& peer);
  void on_message(Now now, const p2p::PeerId& peer, p2p::Channel channel, ByteView bytes);
  void on_executed(Now now, const primitives::BlockHash& block, consensus::Execution verdict);
  void on_built(Now now, BuiltPayload payload);
  /// DriverHost::heard_block has a new one: what waits for it is asked of nobody.
  void on_heard(Now now, const primitives::BlockHash& block);
  /// The pool went from empty to not empty.
  void on_work(Now now);
  /// Call at or after `next_deadline()`.
  void on_tick(Now now);
  /// Monotonic milliseconds of the next thing to do.
  [[nodiscard]] std::uint64_t next_deadline() const;

  [[nodiscard]] consensus::KernelStatus status() const { return kernel_->status(); }
  [[nodiscard]] const DriverCounters& counters() const { return counters_; }
  [[nodiscard]] const consensus::AnyKernel& kernel() const { return *kernel_; }
  /// Whether this node signs: false for observers and after a twin was seen.
  [[nodiscard]] bool signing() const { return signing_; }
  /// Highest height that a connected peer says it has committed; 0 until one spoke. Only a claim.
  [[nodiscard]] primitives::Height best_peer_height() const { return peers_.best_height(); }
  /// Who voted in the view that is being collected, for status displays.
  [[nodiscard]] std::vector<primitives::ValidatorIndex> voters(primitives::View view) const {
    return collector_->voters(view);
  }
  /// How the validators' votes reach this node in this epoch, by index.
  [[nodiscard]] const std::vector<VoteStats>& vote_stats() const { return votes_.stats(); }
  /// Of the present epoch.
  [[nodiscard]] const primitives::ValidatorSet& set() const { return *set_; }
  /// Our place in it, if we sign.
  [[nodiscard]] std::optional<primitives::ValidatorIndex> self() const { return self_; }

 private:
  struct PendingProposal {
    consensus::VerifiedHeader header;
    std::vector<primitives::TxnHash> hashes;
    std::vector<std::optional<Bytes>> items;
    std::size_t missing = 0;
    p2p::PeerId from;
    std::size_t attempts = 0;  // with others
    std::uint64_t retry_ms = 0;
  };
  struct PendingFetch {
    primitives::Height height;
    std::uint64_t retry_ms = 0;
    std::uint32_t attempts = 0;
    std::optional<p2p::PeerId> asked;
  };
  struct PendingBuild {
    consensus::BuildRequest request;
    bool handed_out = false;
  };
  struct RangeInFlight {
    p2p::PeerId peer;
    primitives::Height from;
    std::uint64_t retry_ms = 0;
  };

  // From epoch to epoch (driver_epochs.cpp).
  void sit_down(DriverParts& parts);
  void end_epoch(consensus::Outputs outputs);
  void cross(EpochParts next, const consensus::CommittedBlock& root);
  void resume_epoch(const Bytes& proof);
  void on_other_epoch(const consensus::Message& message, const p2p::PeerId& peer, ByteView bytes);
  void fit_to_epoch(std::vector<Bytes>& items, const primitives::BlockHash& parent) const;
  [[nodiscard]] consensus::CommittedBlock root_of_tree() const;
  void announce(const consensus::HandOver& hand_over);
  [[nodiscard]] bool is_present(const consensus::Message& message) const;
  void keep_early(const p2p::PeerId& peer, ByteView bytes);
  void replay_early();
  void ask_hand_over(const p2p::PeerId& peer);
  void serve_hand_over(const p2p::PeerId& peer, primitives::Epoch epoch);
  void take_hand_over(const p2p::PeerId& peer, const HandOverResponse& response);

  // Consensus messages (consensus_driver.cpp).
  void step(const consensus::Input& input);
  void apply(consensus::Outputs outputs);
  void handle(const consensus::ProposalMessage& message, const p2p::PeerId& peer);
  void handle(const consensus::VoteMessage& message, const p2p::PeerId& peer);
  void handle(const consensus::NewViewMessage& message, const p2p::PeerId& peer);
  void handle(const consensus::CertificateMessage& message, const p2p::PeerId& peer);
  void handle(const consensus::ReproposalMessage& message, const p2p::PeerId& peer);
  void greet(const p2p::PeerId& peer);
  void alert(const consensus::Conflict& conflict);
  void follow_slots();
  [[nodiscard]] bool is_early(primitives::View view) const;
  void collect(const consensus::VoteMessage& vote);
  void refuse(const p2p::PeerId& peer, const char* what, consensus::VerifyError error);
  /// Whether signatures of a message may be verified now; counts one that is dropped.
  [[nodiscard]] bool may_verify(const p2p::PeerId& peer, std::uint64_t count);
  void prove_leader(std::vector<Bytes>& items, const consensus::BuildRequest& request) const;
  [[nodiscard]] primitives::ValidatorIndex leader_after(const primitives::VoteSubject& vote) const;
  [[nodiscard]] bool leads(primitives::View view) const;
  void pace_build();
  void share_certificate();
  [[nodiscard]] bool recent_work(const consensus::BlockPtr& parent) const;
  [[nodiscard]] std::optional<primitives::ValidatorIndex> validator_of(
      const p2p::PeerId& peer) const;
  [[nodiscard]] std::optional<p2p::PeerId> peer_of(primitives::ValidatorIndex index) const;

  // What leaves under this validator's key (driver_signing.cpp).
  void sign_and_send(const consensus::Outputs& outputs);
  void send_vote(const consensus::VoteIntent& intent, const consensus::VoteMessage& vote);
  void send_new_view(const consensus::NewViewMessage& message);
  /// What nobody else can have of a block goes ahead of its proposal.
  void send_leader_item(const primitives::Block& block);
  /// Logged first, then to everyone.
  void publish(Bytes message);
  void stop_if_foreign(const primitives::Header& header, const primitives::BlockHash& hash);
  void become_observer(const std::string& why);

  // Proposals' items, single blocks and ranges (driver_sync.cpp).
  void on_sync_message(const p2p::PeerId& peer, const SyncMessage& message);
  void begin_proposal(consensus::VerifiedHeader header, std::vector<primitives::TxnHash> items,
                      const p2p::PeerId& peer);
  void request_items(PendingProposal& pending, const p2p::PeerId& peer);
  void finish_proposal(const primitives::BlockHash& block);
  /// Where each item of a block stands, for the block that was asked for last.
  struct ItemPlaces {
    consensus::BlockPtr block;
    std::map<primitives::TxnHash, std::size_t> places;
  };

  void serve_items(const p2p::PeerId& peer, const ItemsRequest& request);
  [[nodiscard]] const ItemPlaces& places_of(const consensus::BlockPtr& block,
                                            const p2p::PeerId& peer);
  void serve_block(const p2p::PeerId& peer, const BlockRequest& request);
  void take_items(const p2p::PeerId& peer, const ItemsResponse& response);
  void keep_leader_item(const p2p::PeerId& peer, const ItemsResponse& response);
  [[nodiscard]] std::optional<Bytes> find_item(const primitives::TxnHash& hash);
  void take_block(const p2p::PeerId& peer, const BlockResponse& response);
  void take_range(const p2p::PeerId& peer, const RangeResponse& response);
  void take_range_entry(const RangeEntry& entry, const p2p::PeerId& peer, bool& good);
  void fetch(const consensus::FetchRequest& request);
  [[nodiscard]] bool take_heard(const primitives::BlockHash& block);
  void request_block(const primitives::BlockHash& block, PendingFetch& pending);
  void sync_if_behind();
  void retry_requests();
  [[nodiscard]] primitives::Height committed_height() const;

  primitives::ChainDomain domain_;
  const primitives::ValidatorSet* set_;
  const consensus::LeaderSchedule* leaders_;
  primitives::PaceParams pace_;
  bool certificates_ahead_;
  DriverHost& host_;
  RuleChoice rule_;
  consensus::EpochContext epochs_;
  std::optional<consensus::Verifier> verifier_;
  std::optional<consensus::VoteCollector> collector_;
  VoteWatch votes_;
  std::unique_ptr<consensus::Signer> signer_;
  std::optional<primitives::ValidatorIndex> self_;
  bool signing_ = false;
  /// Another process uses our key: no epoch makes us sign again.
  bool foreign_ = false;
  bool halted_ = false;
  /// Present under two_phase.
  std::optional<consensus::SlotClock> slots_;
  /// Blocks in a row that must be certified for one to be final.
  std::uint32_t depth_ = 1;
  std::unique_ptr<consensus::AnyKernel> kernel_;
  std::vector<primitives::Block> stored_blocks_;

  Now now_;
  std::optional<consensus::TimerRequest> timer_;
  std::uint64_t timer_deadline_ms_ = UINT64_MAX;
  std::optional<PendingBuild> build_;
  std::uint64_t build_deadline_ms_ = UINT64_MAX;
  std::uint64_t slot_deadline_ms_ = UINT64_MAX;
  /// Our newest votes under two_phase, for peers that reconnect in the middle of a round.
  std::deque<Bytes> recent_votes_;
  std::uint64_t housekeeping_ms_ = 0;
  std::uint64_t status_ms_ = 0;

  SyncPeers peers_{[this](const p2p::PeerId& peer) { return validator_of(peer).has_value(); }};
  std::map<primitives::BlockHash, PendingProposal> proposals_;
  /// Proofs of leaders that came ahead of their proposals, oldest first.
  std::deque<std::pair<primitives::TxnHash, Bytes>> leader_items_;
  ItemPlaces item_places_;
  std::map<primitives::BlockHash, PendingFetch> fetches_;
  std::optional<RangeInFlight> range_;
  std::uint64_t range_pause_ms_ = 0;
  std::size_t executing_ = 0;
  std::optional<p2p::PeerId> current_peer_;
  /// Messages of the next epoch, until we are there.
  EarlyMessages early_;
  std::uint64_t hand_over_asked_ms_ = 0;
  std::deque<consensus::Input> inputs_;
  bool stepping_ = false;
  DriverCounters counters_;
};

}  // namespace ol::node
