#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <ol/consensus/leader_reputation.hpp>
#include <ol/sim/chart.hpp>
#include <ol/sim/checker.hpp>
#include <ol/sim/cluster/chain.hpp>
#include <ol/sim/cluster/costs.hpp>
#include <ol/sim/event_queue.hpp>
#include <ol/sim/fault_counts.hpp>
#include <ol/sim/hash_scheme.hpp>
#include <ol/sim/random.hpp>

namespace ol::sim::cluster {

/// A simulated machine: the validators in order, then the second machines of twins.
using NodeId = std::uint32_t;
/// A message on its way; the same one may travel to many.
using ParcelId = std::uint32_t;

/// When an armed crash strikes: in the step that next signs something.
enum class CrashPoint : std::uint8_t {
  None,
  BeforePersist,  // the record is not written, nothing leaves
  AfterPersist,   // the record is written, nothing leaves
  WhileSending,   // some messages leave
};

/// What a machine finds on its disk besides the safety record.
enum class Blocks : std::uint8_t { Kept, Lost };

struct Setup {
  Rule rule = Rule::ThreeChain;
  std::uint32_t validators = 4;
  /// Up to f validators that break the rules.
  std::vector<ValidatorIndex> byzantine;
  /// Those of them that run twice with one key (arXiv:2004.10617).
  std::vector<ValidatorIndex> twins;
  /// Leaders that failed are passed over, as each machine's own final blocks tell.
  bool reputation = false;
};

/// How links and machines behave.
struct Conditions {
  std::uint64_t delay_min_us = 10'000;
  std::uint64_t delay_max_us = 10'000;
  std::uint64_t loss_per_mille = 0;
  std::uint64_t duplicate_per_mille = 0;
  /// Messages that take many times as long, and so are overtaken.
  std::uint64_t spike_per_mille = 0;
  std::uint64_t build_us = 0;
  std::uint64_t execute_us = 0;
};

/// Where the safety record lives: one durable copy, and writes that fail when a crash is armed.
class RecordStore final : public consensus::SafetyStore {
 public:
  Result<void, std::string> write(ByteView record) override {
    if (power_fails) return fail(std::string("power lost"));
    durable.assign(record.begin(), record.end());
    return {};
  }
  bool power_fails = false;
  Bytes durable;
};

class Liar;

/// One machine: the shipped kernel, signer and vote collector. Its verifier is the cluster's: what
/// a message proves does not depend on who reads it.
struct Machine {
  ValidatorIndex index;
  /// Null while it is down, like signer and collector.
  std::unique_ptr<consensus::AnyKernel> kernel;
  std::unique_ptr<consensus::Signer> signer;
  std::unique_ptr<consensus::VoteCollector> collector;
  RecordStore store;
  /// Its newest final blocks: all, but for long runs that forget the oldest.
  std::deque<consensus::CommittedBlock> chain;
  /// Final blocks up to here are on its disk for good.
  Height flushed;
  /// Blocks on its disk that are not final, or so recently that their batch may be lost.
  std::vector<BlockPtr> seen;
  std::set<BlockHash> wanted;
  std::deque<consensus::Input> inputs;
  bool stepping = false;
  /// Events of an earlier life, and timers that were replaced, come to nothing.
  std::uint32_t life = 0;
  std::uint32_t timer = 0;
  View timer_view;
  /// How far its clock is ahead, which matters to slots alone.
  std::uint64_t clock_ahead_us = 0;
  CrashPoint armed = CrashPoint::None;
  std::uint64_t sends_left = 0;
  /// Who leads, by its final blocks; absent without Setup::reputation.
  std::unique_ptr<consensus::LeaderReputation> reputation;
  /// Where work takes time (Cluster::costs): when it is done with what it was given, what that took
  /// in all, and which certificates it need not verify again.
  std::uint64_t busy_until_us = 0;
  std::uint64_t worked_us = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_sent = 0;
  std::set<View> verified;
  /// Present while the validator breaks the rules on purpose.
  std::unique_ptr<Liar> liar;

  [[nodiscard]] bool is_up() const { return kernel != nullptr; }
  [[nodiscard]] Height height() const { return chain.back().block->header.height; }
  [[nodiscard]] Height oldest_height() const { return chain.front().block->header.height; }
  /// The final block at `height`, if it has one and did not forget it.
  [[nodiscard]] BlockPtr final_block(Height height) const {
    if (height < oldest_height() || height > this->height()) return nullptr;
    return chain[height - oldest_height()].block;
  }
};

/// Kernels on a virtual clock and network: no node, no codecs, and hashes for signatures, so that
/// many thousands of runs fit into a minute. Everything that happens is checked at once by the
/// checker that watches whole nodes too.
///
/// One seed fixes a run. Not thread-safe; one per run.
class Cluster {
 public:
  /// @param chart  told of everything, or null. Borrowed.
  Cluster(const Setup& setup, Random chance, Chart* chart);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  [[nodiscard]] const Setup& setup() const { return setup_; }
  [[nodiscard]] const Chain& chain() const { return chain_; }
  [[nodiscard]] NodeId node_count() const { return static_cast<NodeId>(machines_.size()); }
  [[nodiscard]] Machine& machine(NodeId node) { return *machines_[node]; }
  [[nodiscard]] const Machine& machine(NodeId node) const { return *machines_[node]; }
  [[nodiscard]] bool is_honest(ValidatorIndex index) const { return honest_[index.value()]; }
  [[nodiscard]] const std::vector<NodeId>& honest_nodes() const { return honest_nodes_; }
  [[nodiscard]] std::vector<NodeId> nodes_of(ValidatorIndex index) const;
  /// "a", "b", ..; the second machine of a twin has a prime.
  [[nodiscard]] std::string label(NodeId node) const;
  /// Who leads, as `machine` knows.
  [[nodiscard]] const consensus::LeaderSchedule& leaders_of(const Machine& machine) const;
  /// The highest view that an honest machine is in.
  [[nodiscard]] View highest_view() const;

  void start_all();
  void crash(NodeId node, const char* why);
  /// @param lost_commits  how many of its newest final blocks the disk had not got yet, at most 2.
  void restart(NodeId node, Blocks blocks, std::size_t lost_commits);
  /// The next step of `node` that signs something ends in a crash. @param sends  how many messages
  /// leave before it, under WhileSending.
  void arm(NodeId node, CrashPoint point, std::uint64_t sends);
  /// Called after each crash.
  std::function<void(NodeId)> on_crash;
  /// Called for each block that a leader begins to send, and for each final block of a machine.
  std::function<void(NodeId, const primitives::Block&)> on_propose;
  std::function<void(NodeId, const primitives::Block&)> on_commit;
  /// The running timer of `node` fires now; under two_phase its clock jumps to the next round.
  void fire_timer(NodeId node);

  /// What `from` sends to `to` is lost from now on, or again arrives.
  void cut(NodeId from, NodeId to, bool is_cut);
  [[nodiscard]] bool is_cut(NodeId from, NodeId to) const {
    return cut_[from * node_count() + to] != 0;
  }
  /// Every link works, and peers resend what they signed last, as after a reconnect.
  void heal();
  void reconnect(NodeId a, NodeId b);
  /// What belongs to `view` passes only between machines of one side, until `hold_us` after the
  /// first of it was sent. @param sides  one number per machine.
  void split_view(View view, std::vector<std::uint8_t> sides, std::uint64_t hold_us);

  /// Runs until `until_us`, until `done()`, or until a rule is broken.
  void run_until(std::uint64_t until_us, const auto& done) {
    while (!checker.violation() && !queue.empty() && !done()) {
      if (queue.next_us() > until_us) return;
      queue.run_next();
    }
  }

  /// Wraps a signed message. @param author  who signed it.
  ParcelId pack(consensus::Message message, ValidatorIndex author);
  /// Sends it over the link, with everything that may happen to it there.
  void post(NodeId from, NodeId to, ParcelId parcel);
  /// To everyone else.
  void broadcast(NodeId from, ParcelId parcel);
  /// Delivers it at once, whatever the links do.
  void hand(NodeId from, NodeId to, ParcelId parcel);
  [[nodiscard]] std::size_t parcel_count() const { return next_parcel_ - first_parcel_; }
  /// @pre parcel_count() > 0
  [[nodiscard]] ParcelId last_parcel() const { return next_parcel_ - 1; }

  /// What a Byzantine validator knows: everything that was ever sent. Certificates to build on:
  /// under two_phase those of precommits.
  [[nodiscard]] const std::map<View, QuorumCertificate>& certificates() const {
    return certificates_;
  }
  /// Prepare certificates of two_phase.
  [[nodiscard]] const std::map<View, QuorumCertificate>& prepared() const { return prepared_; }
  /// For each view, who said to have left it, with the oldest certificate each admitted to.
  [[nodiscard]] const std::map<View, std::map<ValidatorIndex, primitives::TimeoutSignature>>&
  timeouts() const {
    return timeouts_;
  }
  [[nodiscard]] BlockPtr find_block(const BlockHash& hash) const;
  /// "b5" for the first block seen of view 5, "b5'" for the next.
  [[nodiscard]] std::string name(const BlockHash& hash) const;
  /// Every block made in `view`, in order.
  [[nodiscard]] std::vector<BlockPtr> blocks_of(View view) const;
  /// Blocks that no honest executor accepts.
  void spoil(const BlockHash& block) { spoilt_.insert(block); }
  /// What a leader proposes. `salt` makes rivals differ. @param proposer  absent: whom the shared
  /// schedule names.
  [[nodiscard]] primitives::Block make_block(const primitives::Block& parent,
                                             const QuorumCertificate& justify, View view,
                                             std::optional<TimeoutCertificate> timeout,
                                             std::uint8_t salt,
                                             std::optional<ValidatorIndex> proposer = {}) const;
  void note_block(const BlockPtr& block);
  [[nodiscard]] crypto::Ed25519Signature sign(ValidatorIndex index, const Hash256& digest) const;
  [[nodiscard]] consensus::VoteMessage vote(ValidatorIndex index,
                                            const primitives::VoteSubject& subject) const;
  /// What voters of `block` sign, in its own view. @param phase  Generic under the chained rules.
  [[nodiscard]] primitives::VoteSubject subject_of(const primitives::Block& block,
                                                   primitives::Phase phase) const;
  /// The first phase of voting under this rule.
  [[nodiscard]] primitives::Phase first_phase() const {
    return is_slotted() ? primitives::Phase::Prepare : primitives::Phase::Generic;
  }
  [[nodiscard]] bool is_slotted() const { return setup_.rule == Rule::TwoPhase; }

  void say(NodeId node, Chart::Mark mark, const std::string& what);
  void announce(const std::string& what);
  [[nodiscard]] bool charting() const { return chart_ != nullptr; }

  EventQueue queue;
  Random random;
  Leaders leaders;
  Conditions conditions;
  /// What work and distance cost; absent: nothing, and what `conditions` says.
  std::optional<Costs> costs;
  SafetyChecker checker;
  FaultCounts faults;
  /// Proofs of misbehaviour: whom honest nodes accused, and how often.
  std::map<ValidatorIndex, std::uint64_t> accusations;
  /// Why messages were refused: by node and author.
  std::map<std::pair<NodeId, ValidatorIndex>, std::string> refusals;
  /// What each honest validator voted for.
  std::map<std::pair<ValidatorIndex, View>, BlockHash> votes;
  /// The largest collections seen, over all machines and time.
  struct Peak {
    std::size_t tree = 0;
    std::size_t orphans = 0;
    std::size_t subjects = 0;
    std::size_t parcels = 0;
  } peak;
  /// Blocks, parcels and votes that no machine can ask for any more are forgotten, for long runs.
  void forget_old();

 private:
  struct Parcel {
    consensus::Message message;
    ValidatorIndex author;
    View view;
    std::size_t bytes = 0;  // where costs count
    bool judged = false;
    std::optional<consensus::VerifyError> refused;
    /// What a kernel is told when it arrives; nothing for votes.
    std::optional<consensus::Input> proof;
  };
  static constexpr ParcelId kCrateSize = 32;

  struct Known {
    BlockPtr block;
    std::optional<consensus::VerifiedBlock> fetched;
  };
  struct Split {
    std::vector<std::uint8_t> sides;
    std::uint64_t hold_us = 0;
    std::uint64_t until_us = 0;
  };

  void boot(NodeId node, std::optional<consensus::SafetyRecord> record);
  static void retire_signer(Machine& machine);
  void step(NodeId node, const consensus::Input& input);
  void apply(NodeId node, consensus::Outputs outputs);
  void execute(NodeId node, const BlockPtr& block);
  /// @return false if the machine went down in the middle of it.
  bool sign_and_send(NodeId node, const consensus::Outputs& outputs);
  bool send_signed(NodeId node, consensus::SignedMessages& made, const consensus::Outputs& outputs);
  void send_proposal(NodeId node, consensus::ProposalMessage proposal, const BlockPtr& block);
  void send_vote(NodeId node, consensus::VoteMessage vote, const consensus::VoteIntent& intent);
  void send_new_view(NodeId node, consensus::NewViewMessage left);
  void send_reproposal(NodeId node, consensus::ReproposalMessage again);
  void begin_round(NodeId node);
  /// `us` of work, after what it is busy with.
  void work(Machine& machine, std::uint64_t us);
  /// What reading a message takes, before anything is done about it.
  void work_on(Machine& machine, const Parcel& parcel);
  void work_on_certificate(Machine& machine, const QuorumCertificate& certificate);
  [[nodiscard]] std::uint64_t travel_us(NodeId from, NodeId to);
  void record_commit(NodeId node, const std::vector<consensus::CommittedBlock>& blocks);
  void build(NodeId node, const consensus::BuildRequest& request);
  void set_timer(NodeId node, const consensus::TimerRequest& timer);
  void fetch(NodeId node, const BlockHash& block);
  void answer_fetch(NodeId node, const BlockHash& block);
  /// The next final blocks from a peer that has them: what a node far behind asks for.
  void catch_up(NodeId node);
  [[nodiscard]] const consensus::VerifiedBlock* verified_block(const BlockHash& block);
  [[nodiscard]] bool has_block(const Machine& machine, const BlockHash& block) const;
  void judge(Parcel& parcel);
  void take(NodeId node, NodeId from, Parcel& parcel);
  void collect(NodeId node, const consensus::VoteMessage& vote);
  void report(NodeId node, const std::vector<consensus::Evidence>& evidence);
  void harvest(const Parcel& parcel);
  void harvest(const QuorumCertificate& certificate);
  [[nodiscard]] bool passes(NodeId from, NodeId to, View view);
  [[nodiscard]] std::string text_of(const Parcel& parcel) const;
  [[nodiscard]] Parcel& parcel(ParcelId id) {
    const ParcelId at = id - first_parcel_;
    return crates_[at / kCrateSize][at % kCrateSize];
  }

  Setup setup_;
  const Chain& chain_;
  Chart* chart_;
  std::vector<bool> honest_;
  HashScheme scheme_;
  consensus::SlotClock clock_;
  /// Whom the shared verifier lets propose: machines with a schedule of their own look themselves.
  Anyone anyone_;
  consensus::Verifier verifier_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<NodeId> honest_nodes_;
  std::vector<std::uint8_t> cut_;
  std::map<View, Split> splits_;
  /// kCrateSize each but for the last: parcels never move, and few allocations hold them.
  std::deque<std::vector<Parcel>> crates_;
  ParcelId first_parcel_ = 0;
  ParcelId next_parcel_ = 0;
  std::map<BlockHash, Known> known_;
  std::map<View, std::vector<BlockHash>> by_view_;
  std::set<BlockHash> spoilt_;
  std::map<View, QuorumCertificate> certificates_;
  std::map<View, QuorumCertificate> prepared_;
  std::map<View, std::map<ValidatorIndex, primitives::TimeoutSignature>> timeouts_;
};

}  // namespace ol::sim::cluster
