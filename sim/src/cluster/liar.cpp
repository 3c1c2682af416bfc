#include <ol/sim/cluster/liar.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace ol::sim::cluster {

using consensus::Message;
using consensus::NewViewMessage;
using consensus::ProposalMessage;
using consensus::VoteMessage;
using primitives::TimeoutSignature;

namespace {

constexpr std::uint8_t kTwinSalt = 1;
constexpr std::uint8_t kSpoiltSalt = 2;
constexpr std::uint8_t kStaleSalt = 3;
// How far back an old message is taken from.
constexpr std::uint64_t kReplayDepth = 200;

}  // namespace

Liar::Liar(Cluster& cluster, NodeId self, Misbehaviour behaviour, Random random)
    : how(behaviour), cluster_(cluster), self_(self), random_(random) {}

std::vector<NodeId> Liar::others() const {
  std::vector<NodeId> out;
  for (NodeId node = 0; node < cluster_.node_count(); ++node) {
    if (node != self_) out.push_back(node);
  }
  return out;
}

std::vector<NodeId> Liar::some_others() {
  if (audience) return *audience;
  std::vector<NodeId> out = others();
  std::erase_if(out, [&](NodeId) { return random_.chance(500); });
  return out;
}

bool Liar::draws(std::uint64_t per_mille, Fault fault) {
  if (per_mille == 0 || !random_.chance(per_mille)) return false;
  cluster_.faults.note(fault);
  return true;
}

void Liar::post(Message message, const std::vector<NodeId>& to) {
  const ParcelId parcel = cluster_.pack(std::move(message), index());
  for (const NodeId node : to)
    cluster_.post(self_, node, parcel);
}

ProposalMessage Liar::sign(const primitives::Block& block) const {
  const auto digest =
      primitives::proposal_digest(cluster_.chain().domain, block.header, block.hash);
  return {block.header, block.item_hashes, cluster_.sign(index(), digest)};
}

// The certificate of a quorum that left `view`, made of those who admitted to least.
std::optional<TimeoutCertificate> Liar::lowest_timeout(View view) const {
  const Chain& chain = cluster_.chain();
  std::vector<TimeoutSignature> entries;
  if (const auto it = cluster_.timeouts().find(view); it != cluster_.timeouts().end()) {
    for (const auto& [sender, entry] : it->second) {
      if (cluster_.is_honest(sender)) entries.push_back(entry);
    }
  }
  for (const ValidatorIndex liar : cluster_.setup().byzantine) {
    const auto digest =
        primitives::timeout_digest(chain.domain, chain.set.epoch(), chain.set_hash, view, View(0));
    entries.push_back({liar, View(0), cluster_.sign(liar, digest)});
  }
  if (entries.size() < chain.quorum()) return std::nullopt;
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.high_qc_view, a.validator) < std::pair(b.high_qc_view, b.validator);
  });
  entries.resize(chain.quorum());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.validator < b.validator; });
  return TimeoutCertificate{chain.set.epoch(), chain.set_hash, view, std::move(entries)};
}

void Liar::equivocate(const ProposalMessage& proposal, const std::vector<NodeId>& first,
                      const std::vector<NodeId>& second) {
  const primitives::Header& header = proposal.header;
  const BlockPtr parent = cluster_.find_block(header.parent);
  auto twin = std::make_shared<const primitives::Block>(cluster_.make_block(
      *parent, header.justify, header.view, header.timeout_certificate, kTwinSalt));
  cluster_.note_block(twin);
  if (cluster_.charting())
    cluster_.say(self_, Chart::Mark::Fault,
                 fmt::format("proposes {} too", cluster_.name(twin->hash)));
  post(sign(*twin), second);
  post(proposal, first);
  const auto hash = primitives::block_hash(cluster_.chain().domain, header);
  vote_for(*twin);
  vote_for(*cluster_.find_block(hash));
}

void Liar::on_proposal(ProposalMessage proposal) {
  const primitives::Header& header = proposal.header;
  if (draws(how.stale_proposal, Fault::StaleProposal)) {
    // The oldest certificate that the views admitted to allow, or now and then any older one.
    const View view = header.view;
    const auto& known = cluster_.certificates();
    View floor;
    if (const auto timeout = lowest_timeout(View(view.value() - 1))) {
      for (const auto& entry : timeout->signatures)
        floor = std::max(floor, entry.high_qc_view);
    }
    if (random_.chance(300)) floor = View(floor.value() / 2);
    const auto oldest = known.lower_bound(floor);
    const bool sent = oldest != known.end() && oldest->first < view &&
                      propose_on(oldest->first, view, some_others());
    if (sent && random_.chance(500)) return;
  }
  if (draws(how.wrong_root, Fault::WrongRoot)) {
    const BlockPtr parent = cluster_.find_block(header.parent);
    auto spoilt = std::make_shared<const primitives::Block>(cluster_.make_block(
        *parent, header.justify, header.view, header.timeout_certificate, kSpoiltSalt));
    cluster_.note_block(spoilt);
    cluster_.spoil(spoilt->hash);
    vote_for(*spoilt);
    return post(sign(*spoilt), others());
  }
  std::vector<NodeId> to = others();
  if (draws(how.withhold_proposal, Fault::WithheldProposal)) to = some_others();
  if (!draws(how.equivocate, Fault::Equivocation)) return post(std::move(proposal), to);
  std::vector<NodeId> second = audience.value_or(std::vector<NodeId>{});
  if (!audience) {
    for (const NodeId node : others()) {
      if (random_.chance(500)) second.push_back(node);
    }
  }
  // A few see both: they hold proof.
  std::erase_if(to, [&](NodeId node) {
    return std::find(second.begin(), second.end(), node) != second.end() && !random_.chance(100);
  });
  equivocate(proposal, to, second);
}

void Liar::on_vote(VoteMessage vote) {
  if (draws(how.withhold_vote, Fault::WithheldVote)) return;
  if (draws(how.bad_share, Fault::BadShare)) vote.share.signature.back() ^= 1U;
  send_vote(std::move(vote));
}

void Liar::send_vote(VoteMessage vote) {
  const ValidatorIndex collector =
      cluster_.leaders_of(cluster_.machine(self_)).leader(vote.subject.view.next());
  const ParcelId parcel = cluster_.pack(std::move(vote), index());
  const std::vector<NodeId> collectors = cluster_.nodes_of(collector);
  for (NodeId node = 0; node < cluster_.node_count(); ++node) {
    const bool counts = cluster_.is_slotted() ||
                        std::find(collectors.begin(), collectors.end(), node) != collectors.end();
    if (!counts) continue;
    if (node == self_) {
      cluster_.hand(self_, self_, parcel);
    } else {
      cluster_.post(self_, node, parcel);
    }
  }
}

void Liar::on_new_view(NewViewMessage left) {
  if (draws(how.withhold_new_view, Fault::WithheldNewView)) return;
  if (draws(how.stale_new_view, Fault::StaleNewView)) {
    View known;
    if (!cluster_.certificates().empty() && random_.chance(500)) {
      auto it = cluster_.certificates().begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random_.below(cluster_.certificates().size())));
      if (it->first <= left.view) known = it->first;
    }
    if (say_left(left.view, known, others())) return;
  }
  post(std::move(left), others());
}

void Liar::on_heard(const Message& message) {
  const auto* proposal = std::get_if<ProposalMessage>(&message);
  if (proposal == nullptr || how.vote_everything == 0) return;
  if (!draws(how.vote_everything, Fault::VoteForAnything)) return;
  const auto hash = primitives::block_hash(cluster_.chain().domain, proposal->header);
  if (const BlockPtr block = cluster_.find_block(hash)) vote_for(*block);
}

void Liar::vote_for(const primitives::Block& block) {
  send_vote(cluster_.vote(index(), cluster_.subject_of(block, cluster_.first_phase())));
  if (cluster_.is_slotted())
    send_vote(cluster_.vote(index(), cluster_.subject_of(block, primitives::Phase::Precommit)));
}

bool Liar::propose_on(View justify, View view, const std::vector<NodeId>& to) {
  const auto known = cluster_.certificates().find(justify);
  const bool genesis = justify == View(0);
  if (!genesis && known == cluster_.certificates().end()) return false;
  const QuorumCertificate& certificate =
      genesis ? cluster_.chain().genesis_certificate : known->second;
  const BlockPtr parent = cluster_.find_block(certificate.block());
  if (!parent || cluster_.leaders.leader(view) != index()) return false;
  std::optional<TimeoutCertificate> timeout;
  if (justify.next() != view && !cluster_.is_slotted()) {
    timeout = lowest_timeout(View(view.value() - 1));
    if (!timeout) return false;
  }
  auto block = std::make_shared<const primitives::Block>(
      cluster_.make_block(*parent, certificate, view, std::move(timeout), kStaleSalt));
  cluster_.note_block(block);
  if (cluster_.charting())
    cluster_.say(self_, Chart::Mark::Fault,
                 fmt::format("proposes {} on the certificate of view {}",
                             cluster_.name(block->hash), justify.value()));
  post(sign(*block), to);
  vote_for(*block);
  return true;
}

bool Liar::say_left(View view, View known, const std::vector<NodeId>& to) {
  const Chain& chain = cluster_.chain();
  QuorumCertificate certificate = chain.genesis_certificate;
  if (known != View(0)) {
    const auto found = cluster_.certificates().find(known);
    if (found == cluster_.certificates().end()) return false;
    certificate = found->second;
  }
  const auto digest =
      primitives::timeout_digest(chain.domain, chain.set.epoch(), chain.set_hash, view, known);
  if (cluster_.charting())
    cluster_.say(
        self_, Chart::Mark::Fault,
        fmt::format("pretends to leave view {} knowing view {}", view.value(), known.value()));
  post(NewViewMessage{.epoch = chain.set.epoch(),
                      .set_hash = chain.set_hash,
                      .view = view,
                      .high_qc = std::move(certificate),
                      .sender = index(),
                      .signature = cluster_.sign(index(), digest),
                      .last_vote = std::nullopt},
       to);
  return true;
}

QuorumCertificate Liar::certify_alone(const primitives::Block& block) {
  const auto subject = cluster_.subject_of(
      block, cluster_.is_slotted() ? primitives::Phase::Precommit : primitives::Phase::Generic);
  std::vector<consensus::Share> shares;
  for (const ValidatorIndex liar : cluster_.setup().byzantine)
    shares.push_back(cluster_.vote(liar, subject).share);
  HashScheme scheme(cluster_.chain().vote_secrets, cluster_.chain().set);
  auto combined = scheme.combine(shares);
  OL_CHECK(combined.has_value(), "shares of validators combine");
  return {subject, std::move(combined->signers), std::move(combined->signature)};
}

void Liar::send_certificate(const QuorumCertificate& certificate, const std::vector<NodeId>& to) {
  post(consensus::CertificateMessage{certificate}, to);
}

void Liar::act() {
  const View view = cluster_.highest_view();
  if (draws(how.replay, Fault::Replay) && cluster_.parcel_count() > 0) {
    const std::uint64_t depth = std::min<std::uint64_t>(cluster_.parcel_count(), kReplayDepth);
    const auto parcel = static_cast<ParcelId>(cluster_.last_parcel() - random_.below(depth));
    const auto to = static_cast<NodeId>(random_.below(cluster_.node_count()));
    if (to != self_) cluster_.post(self_, to, parcel);
  }
  if (draws(how.forge_certificate, Fault::ForgedCertificate) && !cluster_.certificates().empty()) {
    QuorumCertificate forged = cluster_.certificates().rbegin()->second;
    forged.subject.view = view.next();
    send_certificate(forged, some_others());
  }
  if (draws(how.few_votes, Fault::FewVotes)) {
    const auto blocks = cluster_.blocks_of(view);
    if (!blocks.empty())
      send_certificate(certify_alone(*blocks[random_.below(blocks.size())]), some_others());
  }
  // Out of turn: the leader of the next view goes on from an old certificate on its own.
  if (how.stale_proposal > 0 && cluster_.leaders.leader(view) == index() &&
      draws(how.stale_proposal, Fault::StaleProposal) && !cluster_.certificates().empty()) {
    const auto& known = cluster_.certificates();
    auto it = known.end();
    const std::uint64_t back = 1 + random_.below(std::min<std::uint64_t>(known.size(), 4));
    std::advance(it, -static_cast<std::ptrdiff_t>(back));
    if (it->first < view) (void)propose_on(it->first, view, some_others());
  }
}

}  // namespace ol::sim::cluster
