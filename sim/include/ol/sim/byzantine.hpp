#pragma once

#include <deque>
#include <map>
#include <vector>

#include <ol/consensus/block_tree.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/p2p/channel.hpp>
#include <ol/sim/misbehaviour.hpp>
#include <ol/sim/random.hpp>

namespace ol::sim {

class World;
class SimNode;
struct KnownBlock;

/// A validator that breaks the rules: an honest driver whose messages are replaced on their way
/// out. It knows the keys of Byzantine validators only.
class Byzantine {
 public:
  Byzantine(World& world, SimNode& self, Misbehaviour how, Random random);
  ~Byzantine();

  /// Sees what arrives before the driver does. @return whether the driver is to hear it.
  [[nodiscard]] bool observe(std::uint32_t from, p2p::Channel channel, ByteView bytes);
  void broadcast(p2p::Channel channel, Bytes message);
  void send(std::uint32_t to, p2p::Channel channel, Bytes message);

  /// Scripts change the behaviour as they go.
  Misbehaviour how;
  /// Whom a script lets see withheld proposals; empty: drawn each time.
  std::vector<std::uint32_t> audience;

  /// Whether the honest driver inside is kept from hearing anything.
  bool deaf = false;

  /// The certificate of a view, if it was seen.
  [[nodiscard]] std::optional<primitives::QuorumCertificate> certificate(
      primitives::View view) const;
  /// The newest certificate seen, if any.
  [[nodiscard]] const primitives::QuorumCertificate* newest_certificate() const;
  /// How many others said that they left `view`.
  [[nodiscard]] std::size_t leavers(primitives::View view) const;
  /// Signs and sends a proposal on `justify` in `view` to `to`. @return whether all it needs (the
  /// parent, a time-out certificate) was at hand.
  bool propose_on(const primitives::QuorumCertificate& justify, primitives::View view,
                  const std::vector<std::uint32_t>& to);
  /// Signs "I left `view`", knowing nothing newer than genesis, and sends it to `to`.
  void say_left(primitives::View view, const std::vector<std::uint32_t>& to);

  /// Makes a branch on `base` that only Byzantine validators voted for, long enough to commit its
  /// first block, tells `to` of its certificate and hands out its blocks. @return whether the block
  /// of `base` was at hand.
  bool certify_alone(const primitives::QuorumCertificate& base,
                     const std::vector<std::uint32_t>& to);

 private:
  void harvest(const consensus::Message& message);
  void harvest(const primitives::QuorumCertificate& certificate);
  void on_proposal(consensus::ProposalMessage proposal);
  void on_vote(std::uint32_t to, consensus::VoteMessage vote);
  void on_new_view(consensus::NewViewMessage new_view);
  void on_slot_message(const consensus::Message& message);
  void on_reproposal(const consensus::ReproposalMessage& again);
  [[nodiscard]] Bytes vote_bytes(const primitives::VoteSubject& subject);
  [[nodiscard]] bool in_slots() const;
  bool try_stale_proposal(const consensus::ProposalMessage& proposal);
  [[nodiscard]] std::optional<primitives::TimeoutCertificate> lowest_timeout(
      primitives::View view) const;
  [[nodiscard]] consensus::ProposalMessage sign(primitives::Header header,
                                                std::vector<primitives::TxnHash> items) const;
  [[nodiscard]] std::optional<KnownBlock> known(const primitives::BlockHash& hash) const;
  [[nodiscard]] primitives::Header make_header(const KnownBlock& parent,
                                               const primitives::QuorumCertificate& justify,
                                               primitives::View view);
  [[nodiscard]] primitives::QuorumCertificate certificate_of_few(
      const primitives::VoteSubject& subject) const;
  bool serve_forged(std::uint32_t to, p2p::Channel channel, ByteView bytes);
  void vote_for(const primitives::Header& header);
  void forge_certificate(std::uint32_t to);
  void release(std::uint32_t to, Bytes message);
  [[nodiscard]] std::vector<std::uint32_t> others() const;
  [[nodiscard]] std::vector<std::uint32_t> some_others();

  World& world_;
  SimNode& self_;
  Random random_;
  std::map<primitives::View, primitives::QuorumCertificate> certificates_;
  std::map<primitives::View, std::map<primitives::ValidatorIndex, primitives::TimeoutSignature>>
      timeouts_;
  std::map<primitives::BlockHash, consensus::BlockPtr> forged_;
  std::deque<Bytes> heard_;
  /// What every block of ours needs in the view we lead.
  std::vector<primitives::TxnHash> proof_;
  /// The newest vote made past the driver: new-view messages carry it like any last vote.
  std::optional<consensus::VoteMessage> own_vote_;
};

}  // namespace ol::sim
