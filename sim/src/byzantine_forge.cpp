#include <algorithm>

#include <fmt/format.h>
#include <ol/node/sync_messages.hpp>
#include <ol/sim/byzantine.hpp>
#include <ol/sim/world.hpp>

// What a Byzantine validator makes up: votes, proposals, certificates and whole branches.
namespace ol::sim {

using consensus::NewViewMessage;
using consensus::ProposalMessage;
using consensus::Share;
using consensus::VoteMessage;
using p2p::Channel;
using primitives::BlockHash;
using primitives::Header;
using primitives::Phase;
using primitives::QuorumCertificate;
using primitives::TimeoutCertificate;
using primitives::View;
using primitives::VoteSubject;

namespace {

constexpr std::size_t kForgedMax = 64;
// A commit needs three certified blocks in consecutive views; under two_phase one does.
constexpr int kBranchLength = 3;

VoteSubject subject_of(const Header& header, const BlockHash& hash, Phase phase = Phase::Generic) {
  return {.epoch = header.epoch,
          .set_hash = header.set_hash,
          .phase = phase,
          .height = header.height,
          .view = header.view,
          .block = hash};
}

}  // namespace

bool Byzantine::in_slots() const {
  return world_.options.rule == Rule::TwoPhase;
}

Bytes Byzantine::vote_bytes(const VoteSubject& subject) {
  const auto digest = primitives::vote_digest(world_.chain.genesis.domain, subject);
  const Bytes share = world_.scheme->sign(
      {world_.chain.key(self_.index()), world_.chain.vote_key(self_.index())}, digest);
  own_vote_ = VoteMessage{subject, {self_.index(), share}};
  return encode_message(*own_vote_);
}

void Byzantine::vote_for(const Header& header) {
  const auto hash = primitives::block_hash(world_.chain.genesis.domain, header);
  if (in_slots()) {
    for (const Phase phase : {Phase::Prepare, Phase::Precommit}) {
      const Bytes vote = vote_bytes(subject_of(header, hash, phase));
      for (const std::uint32_t to : others())
        release(to, vote);
    }
    return;
  }
  const Bytes vote = vote_bytes(subject_of(header, hash));
  for (const std::uint32_t to :
       world_.nodes_of(self_.leaders().leader_above(header.view.next(), hash))) {
    if (to != self_.id()) release(to, vote);
  }
}

// A new block beside the one that must be proposed again, of the same height and in the same round.
void Byzantine::on_reproposal(const consensus::ReproposalMessage& again) {
  if (!random_.chance(how.equivocate)) return;
  const auto block = known(again.certificate.block());
  if (!block) return;
  const Header& old = block->block->header;
  const auto parent = known(old.parent);
  if (!parent) return;
  world_.faults.note(Fault::Equivocation);
  world_.say(self_.label(), fmt::format("equivocates in view {}", again.view.value()));
  const ProposalMessage other = sign(make_header(*parent, old.justify, again.view), {});
  for (const std::uint32_t to : some_others())
    release(to, encode_message(other));
  vote_for(other.header);
}

ProposalMessage Byzantine::sign(Header header, std::vector<primitives::TxnHash> items) const {
  const auto& domain = world_.chain.genesis.domain;
  header.payload_root = primitives::payload_root(domain, items);
  const auto hash = primitives::block_hash(domain, header);
  const auto digest = primitives::proposal_digest(domain, header, hash);
  const auto signature = world_.chain.key(self_.index()).sign(digest.view());
  return {std::move(header), std::move(items), signature};
}

// The certificate of a quorum that left `view`, made of those who knew least.
std::optional<TimeoutCertificate> Byzantine::lowest_timeout(View view) const {
  std::vector<primitives::TimeoutSignature> entries;
  if (const auto it = timeouts_.find(view); it != timeouts_.end()) {
    for (const auto& [sender, entry] : it->second)
      if (sender != self_.index()) entries.push_back(entry);
  }
  const auto digest = primitives::timeout_digest(
      world_.chain.genesis.domain, world_.chain.set.epoch(), world_.chain.set_hash, view, View(0));
  entries.push_back({self_.index(), View(0), world_.chain.key(self_.index()).sign(digest.view())});
  const std::size_t quorum = world_.chain.quorum();
  if (entries.size() < quorum) return std::nullopt;
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.high_qc_view, a.validator) < std::pair(b.high_qc_view, b.validator);
  });
  entries.resize(quorum);
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.validator < b.validator; });
  return TimeoutCertificate{world_.chain.set.epoch(), world_.chain.set_hash, view,
                            std::move(entries)};
}

std::optional<KnownBlock> Byzantine::known(const BlockHash& hash) const {
  const TestChain& chain = world_.chain;
  if (hash == chain.genesis_block->hash)
    return KnownBlock{chain.genesis_block, chain.genesis_results};
  const auto it = world_.known.find(hash);
  if (it == world_.known.end()) return std::nullopt;
  return it->second;
}

// A header without faults of its own, by the view's leader.
Header Byzantine::make_header(const KnownBlock& parent, const QuorumCertificate& justify,
                              View view) {
  Header header;
  header.chain_id = world_.chain.genesis.domain.chain_id;
  header.epoch = world_.chain.set.epoch();
  header.height = justify.height().next();
  header.view = view;
  header.parent = justify.block();
  header.justify = justify;
  header.time = primitives::TimeMs(parent.block->header.time.value() + 1 + random_.below(50));
  header.proposer = self_.leaders().leader_above(view, justify.block());
  header.parent_state_root = parent.results.state_root;
  header.parent_receipts_root = parent.results.receipts_root;
  header.parent_evm_hash = parent.results.evm_hash;
  header.set_hash = world_.chain.set_hash;
  return header;
}

bool Byzantine::propose_on(const QuorumCertificate& justify, View view,
                           const std::vector<std::uint32_t>& to) {
  const auto parent = known(justify.block());
  if (!parent) return false;
  Header header = make_header(*parent, justify, view);
  if (justify.view().next() != view) {
    header.timeout_certificate = lowest_timeout(View(view.value() - 1));
    if (!header.timeout_certificate) return false;
  }
  const ProposalMessage stale = sign(std::move(header), proof_);
  world_.say(self_.label(),
             fmt::format("proposes in view {} height {} on the certificate of view {}",
                         view.value(), stale.header.height.value(), justify.view().value()));
  for (const std::uint32_t node : to)
    release(node, encode_message(stale));
  vote_for(stale.header);
  return true;
}

void Byzantine::say_left(View view, const std::vector<std::uint32_t>& to) {
  const TestChain& chain = world_.chain;
  const auto digest = primitives::timeout_digest(chain.genesis.domain, chain.set.epoch(),
                                                 chain.set_hash, view, View(0));
  const NewViewMessage left{.epoch = chain.set.epoch(),
                            .set_hash = chain.set_hash,
                            .view = view,
                            .high_qc = chain.genesis_certificate,
                            .sender = self_.index(),
                            .signature = chain.key(self_.index()).sign(digest.view()),
                            .last_vote = {}};
  for (const std::uint32_t node : to)
    release(node, encode_message(left));
}

void Byzantine::forge_certificate(std::uint32_t to) {
  if (certificates_.empty() || certificates_.rbegin()->first == View(0)) return;
  world_.faults.note(Fault::ForgedCertificate);
  QuorumCertificate forged = certificates_.rbegin()->second;
  forged.subject.view = forged.subject.view + 3;
  release(to, encode_message(consensus::CertificateMessage{std::move(forged)}));
}

// The votes of every Byzantine validator, put together as if they were enough.
QuorumCertificate Byzantine::certificate_of_few(const VoteSubject& subject) const {
  const auto digest = primitives::vote_digest(world_.chain.genesis.domain, subject);
  std::vector<Share> shares;
  for (std::uint32_t i = 0; i < world_.chain.size(); ++i) {
    const primitives::ValidatorIndex index(i);
    if (!world_.is_honest(index))
      shares.push_back(
          {index,
           world_.scheme->sign({world_.chain.key(index), world_.chain.vote_key(index)}, digest)});
  }
  auto combined = world_.scheme->combine(shares);
  // The shipped scheme does not combine so few; one share has the form of a certificate.
  if (!combined) return {subject, {}, shares.front().signature};
  return {subject, std::move(combined->signers), std::move(combined->signature)};
}

bool Byzantine::certify_alone(const QuorumCertificate& base, const std::vector<std::uint32_t>& to) {
  auto parent = known(base.block());
  if (!parent) return false;
  if (in_slots() && base.subject.phase != Phase::Precommit) return false;
  world_.faults.note(Fault::FewVotes);
  QuorumCertificate justify = base;
  const int length = in_slots() ? 1 : kBranchLength;
  for (int i = 0; i < length; ++i) {
    // A block that is asked for by hash needs no signature of its proposer: its certificate
    // vouches for it.
    auto block = std::make_shared<const primitives::Block>(primitives::Block::propose(
        world_.chain.genesis.domain, make_header(*parent, justify, justify.view().next()), {}));
    const node::ParentResults results = execute_toy(parent->results, *block);
    justify = certificate_of_few(
        subject_of(block->header, block->hash, in_slots() ? Phase::Precommit : Phase::Generic));
    forged_.insert_or_assign(block->hash, block);
    if (forged_.size() > kForgedMax) forged_.erase(forged_.begin());
    parent = KnownBlock{std::move(block), results};
  }
  world_.say(self_.label(), fmt::format("certifies a branch to view {} with too few votes",
                                        justify.view().value()));
  for (const std::uint32_t node : to)
    release(node, encode_message(consensus::CertificateMessage{justify}));
  return true;
}

bool Byzantine::serve_forged(std::uint32_t to, Channel channel, ByteView bytes) {
  if (channel != Channel::Request || forged_.empty()) return false;
  const auto message = node::decode_sync_message(bytes);
  if (!message) return false;
  const auto* request = std::get_if<node::BlockRequest>(&*message);
  if (request == nullptr) return false;
  const auto it = forged_.find(request->block);
  if (it == forged_.end()) return false;
  Writer out;
  primitives::encode(out, *it->second);
  self_.send_raw(to, Channel::Bulk,
                 node::encode_sync_message(node::BlockResponse{request->block, out.take()}));
  return true;
}

}  // namespace ol::sim
