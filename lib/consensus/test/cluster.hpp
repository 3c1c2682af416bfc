#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "validators.hpp"

namespace ol::consensus::test {

/// Kernels with real signers, verifiers and vote collectors on an in-memory network that delivers
/// in the order of sending. Every message crosses its wire encoding. What happens is written to a
/// log in words; an unsafe event ends the process.
class Cluster {
 public:
  explicit Cluster(std::uint32_t n,
                   primitives::CommitRule rule = primitives::CommitRule::ThreeChain);
  ~Cluster();

  /// Delivers everything on the way. Leaders build blocks for views up to `view`.
  void run_to(View view);
  /// The running timers of these nodes fire at once; then everything is delivered.
  void fire_timers(const std::vector<std::uint32_t>& nodes);
  void crash(std::uint32_t i);
  /// Starts again from the safety record, the final blocks and, unless lost, the blocks seen.
  enum class Blocks { Kept, Lost };
  void restart(std::uint32_t i, Blocks blocks);
  /// What `from` sends to `to` is lost until `heal`.
  void cut(std::uint32_t from, std::uint32_t to);
  /// All links work, and peers resend what they signed last, as after a reconnect.
  void heal();
  /// All links of a node that is up work again, silently: what was lost stays lost.
  void mend(std::uint32_t i);
  /// Node `i` sends these nodes a twin of each of its proposals first.
  void equivocate(std::uint32_t i, std::set<std::uint32_t> deceived);
  /// Node `i` broadcasts its last proposal again.
  void resend(std::uint32_t i);
  /// Node `i` pretends to have left `view` with the certificate of the block called `best`.
  void forge_leave(std::uint32_t i, View view, const std::string& best);
  /// Node `i` signs a proposal in `view` on the certified block called `parent`, with a timeout
  /// certificate of what `leavers` said, and shows it to everyone.
  void forge(std::uint32_t i, View view, const std::string& parent,
             const std::vector<std::uint32_t>& leavers);

  /// A line per node.
  void log_status();
  [[nodiscard]] std::string take_log();
  [[nodiscard]] Height committed(std::uint32_t i) const;
  [[nodiscard]] View view(std::uint32_t i) const;

 private:
  struct Node;
  struct Envelope {
    std::uint32_t from;
    std::uint32_t to;
    Bytes bytes;
  };

  void boot(std::uint32_t i, std::optional<SafetyRecord> record);
  void reconnect(std::uint32_t a, std::uint32_t b);
  void deliver_all();
  void step(std::uint32_t i, const Input& input);
  void apply(std::uint32_t i, const Outputs& outputs);
  void sign_and_send(std::uint32_t i, const Outputs& outputs);
  void record_commit(std::uint32_t i, const CommittedBlock& block);
  void build_waiting(std::uint32_t i);
  void fetch(std::uint32_t i, const FetchRequest& request);
  void send(std::uint32_t from, std::uint32_t to, const Message& message);
  void shout(std::uint32_t from, const Message& message);
  void broadcast(std::uint32_t from, const Message& message);
  void broadcast_proposal(std::uint32_t from, const ProposalMessage& message);
  void handle(std::uint32_t i, const ProposalMessage& message);
  void handle(std::uint32_t i, const VoteMessage& message);
  void handle(std::uint32_t i, const NewViewMessage& message);
  void handle(std::uint32_t i, const CertificateMessage& message);
  void handle(std::uint32_t i, const ReproposalMessage& message);
  void collect(std::uint32_t i, const VoteMessage& vote);
  void say(std::uint32_t i, const std::string& what);
  void report(std::uint32_t i, const std::vector<Evidence>& evidence);
  /// "b5" for the first block seen of view 5, "b5'" for the next.
  std::string name(const BlockHash& hash);
  [[nodiscard]] BlockHash hash_of(const std::string& name) const;
  void keep(const primitives::Block& block);

  Validators v_;
  std::unique_ptr<const VotingRule> rule_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::deque<Envelope> wire_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> cut_;
  std::map<std::uint32_t, std::set<std::uint32_t>> deceived_;
  View build_limit_;
  std::string log_;
  /// Everything any node ever saw, by hash: payloads travel out of band here.
  std::map<BlockHash, primitives::Block> blocks_;
  std::map<BlockHash, std::string> names_;
  std::map<View, std::map<std::uint32_t, primitives::TimeoutSignature>> left_;
  std::map<std::uint32_t, ProposalMessage> last_proposal_;
  std::map<BlockHash, QuorumCertificate> certificates_;
  std::map<Height, BlockHash> final_;
  std::map<std::pair<std::uint32_t, View>, BlockHash> voted_;
};

}  // namespace ol::consensus::test
