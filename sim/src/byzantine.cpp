#include <ol/sim/byzantine.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <ol/sim/world.hpp>

namespace ol::sim {

using consensus::Message;
using consensus::NewViewMessage;
using consensus::ProposalMessage;
using consensus::VoteMessage;
using p2p::Channel;
using primitives::Header;
using primitives::QuorumCertificate;
using primitives::TimeoutCertificate;
using primitives::View;

namespace {

constexpr std::size_t kHeardMax = 32;
constexpr std::size_t kHarvestMax = 512;

// In the mutant that ignores the bound, stale proposals go as far back as they can.
#ifdef OL_MUTANT_IGNORE_TC_VIEWS
constexpr bool kNoTimeoutBound = true;
#else
constexpr bool kNoTimeoutBound = false;
#endif

template <typename Map>
void bound(Map& map) {
  if (map.size() > kHarvestMax) map.erase(map.begin());
}

}  // namespace

Byzantine::Byzantine(World& world, SimNode& self, Misbehaviour behaviour, Random random)
    : how(behaviour), world_(world), self_(self), random_(random) {}

Byzantine::~Byzantine() = default;

std::vector<std::uint32_t> Byzantine::others() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t id = 0; id < world_.node_count(); ++id) {
    if (id != self_.id()) out.push_back(id);
  }
  return out;
}

std::vector<std::uint32_t> Byzantine::some_others() {
  if (!audience.empty()) return audience;
  std::vector<std::uint32_t> out = others();
  std::erase_if(out, [&](std::uint32_t) { return random_.chance(500); });
  return out;
}

void Byzantine::harvest(const QuorumCertificate& certificate) {
  const auto [known, fresh] = certificates_.try_emplace(certificate.view(), certificate);
  // Of a round there are two; the later makes its block final.
  if (!fresh && certificate.subject.phase > known->second.subject.phase)
    known->second = certificate;
  bound(certificates_);
}

void Byzantine::harvest(const Message& message) {
  if (const auto* proposal = std::get_if<ProposalMessage>(&message)) {
    harvest(proposal->header.justify);
  } else if (const auto* certificate = std::get_if<consensus::CertificateMessage>(&message)) {
    harvest(certificate->certificate);
  } else if (const auto* left = std::get_if<NewViewMessage>(&message)) {
    harvest(left->high_qc);
    timeouts_[left->view].try_emplace(
        left->sender,
        primitives::TimeoutSignature{left->sender, left->high_qc.view(), left->signature});
    bound(timeouts_);
  }
}

bool Byzantine::observe(std::uint32_t from, Channel channel, ByteView bytes) {
  if (channel != Channel::Consensus) return !serve_forged(from, channel, bytes) && !deaf;
  const auto message = consensus::decode_message(bytes);
  if (!message) return !deaf;
  harvest(*message);
  heard_.push_back(to_bytes(bytes));
  if (heard_.size() > kHeardMax) heard_.pop_front();
  if (random_.chance(how.replay)) {
    const auto to = static_cast<std::uint32_t>(random_.below(world_.node_count()));
    if (to != self_.id()) {
      world_.faults.note(Fault::Replay);
      release(to, heard_[random_.below(heard_.size())]);
    }
  }
  const auto* proposal = std::get_if<ProposalMessage>(&*message);
  if (proposal == nullptr) return !deaf;
  if (random_.chance(how.vote_everything)) {
    world_.faults.note(Fault::VoteForAnything);
    vote_for(proposal->header);
  }
  if (random_.chance(how.few_votes) && !certificates_.empty())
    certify_alone(certificates_.rbegin()->second, some_others());
  return !deaf;
}

std::optional<QuorumCertificate> Byzantine::certificate(View view) const {
  const auto it = certificates_.find(view);
  if (it == certificates_.end()) return std::nullopt;
  return it->second;
}

const QuorumCertificate* Byzantine::newest_certificate() const {
  return certificates_.empty() ? nullptr : &certificates_.rbegin()->second;
}

std::size_t Byzantine::leavers(View view) const {
  const auto it = timeouts_.find(view);
  if (it == timeouts_.end()) return 0;
  return it->second.size() - it->second.count(self_.index());
}

bool Byzantine::try_stale_proposal(const ProposalMessage& proposal) {
  const View view = proposal.header.view;
  const auto timeout = lowest_timeout(View(view.value() - 1));
  if (!timeout || certificates_.empty()) return false;
  View floor;
  for (const auto& entry : timeout->signatures)
    floor = std::max(floor, entry.high_qc_view);
  if (kNoTimeoutBound) floor = View(0);
  const auto oldest = certificates_.lower_bound(floor);
  if (oldest == certificates_.end() || oldest->first.next() >= view) return false;
  world_.faults.note(Fault::StaleProposal);
  return propose_on(oldest->second, view, some_others());
}

void Byzantine::on_proposal(ProposalMessage proposal) {
  // The proof of a leader is the same in each of its blocks of a view, and went ahead.
  proof_.clear();
  if (world_.options.vrf && !proposal.items.empty()) proof_ = {proposal.items.back()};
  if (random_.chance(how.stale_proposal) && try_stale_proposal(proposal)) {
    // The honest-looking one too, sometimes: together they are an equivocation.
    if (random_.chance(500)) return;
    world_.faults.note(Fault::Equivocation);
  }
  if (random_.chance(how.wrong_root)) {
    world_.faults.note(Fault::WrongRoot);
    proposal.header.parent_state_root.bytes[0] ^= 1U;
    proposal = sign(proposal.header, proposal.items);
  }
  std::vector<std::uint32_t> first = others();
  if (random_.chance(how.withhold_proposal)) {
    world_.faults.note(Fault::WithheldProposal);
    first = some_others();
  }
  if (random_.chance(how.equivocate)) {
    world_.faults.note(Fault::Equivocation);
    Header second = proposal.header;
    second.time = primitives::TimeMs(second.time.value() + 1);
    const ProposalMessage other = sign(std::move(second), proof_);
    world_.say(self_.label(), fmt::format("equivocates in view {}", proposal.header.view.value()));
    std::vector<std::uint32_t> part;
    for (const std::uint32_t to : others()) {
      const bool both = random_.chance(100);
      const bool to_second = random_.chance(500);
      if (both || to_second) release(to, encode_message(other));
      if (both || !to_second) part.push_back(to);
    }
    first = std::move(part);
    vote_for(other.header);
    vote_for(proposal.header);
  }
  for (const std::uint32_t to : first)
    release(to, encode_message(proposal));
}

void Byzantine::on_vote(std::uint32_t to, VoteMessage vote) {
  if (random_.chance(how.withhold_vote)) {
    world_.faults.note(Fault::WithheldVote);
    return;
  }
  if (random_.chance(how.bad_share) && !vote.share.signature.empty()) {
    world_.faults.note(Fault::BadShare);
    vote.share.signature[random_.below(vote.share.signature.size())] ^= 1U;
  }
  release(to, encode_message(vote));
}

void Byzantine::on_new_view(NewViewMessage new_view) {
  harvest(Message(new_view));
  if (random_.chance(how.withhold_new_view)) {
    world_.faults.note(Fault::WithheldNewView);
    return;
  }
  if (random_.chance(how.stale_new_view)) {
    world_.faults.note(Fault::StaleNewView);
    new_view.high_qc = world_.chain.genesis_certificate;
    if (!certificates_.empty() && random_.chance(500)) {
      auto it = certificates_.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random_.below(certificates_.size())));
      if (it->first <= new_view.view) new_view.high_qc = it->second;
    }
    const auto digest =
        primitives::timeout_digest(world_.chain.genesis.domain, new_view.epoch, new_view.set_hash,
                                   new_view.view, new_view.high_qc.view());
    new_view.signature = world_.chain.key(self_.index()).sign(digest.view());
    if (random_.chance(500)) new_view.last_vote.reset();
  }
  const bool newer = own_vote_ && (!new_view.last_vote ||
                                   own_vote_->subject.view > new_view.last_vote->subject.view);
  if (newer && random_.chance(how.vote_everything)) new_view.last_vote = own_vote_;
  for (const std::uint32_t to : others())
    release(to, encode_message(new_view));
}

void Byzantine::broadcast(Channel channel, Bytes message) {
  if (channel != Channel::Consensus) {
    for (const std::uint32_t to : others())
      self_.send_raw(to, channel, message);
    return;
  }
  auto decoded = consensus::decode_message(message);
  OL_CHECK(decoded.has_value(), "the driver's own message decodes");
  harvest(*decoded);
  if (auto* proposal = std::get_if<ProposalMessage>(&*decoded)) {
    on_proposal(std::move(*proposal));
  } else if (auto* new_view = std::get_if<NewViewMessage>(&*decoded)) {
    on_new_view(std::move(*new_view));
  } else if (in_slots()) {
    on_slot_message(*decoded);
  }
}

// Under two_phase votes and certificates go to everyone.
void Byzantine::on_slot_message(const Message& message) {
  if (const auto* again = std::get_if<consensus::ReproposalMessage>(&message))
    on_reproposal(*again);
  for (const std::uint32_t to : others()) {
    if (const auto* vote = std::get_if<VoteMessage>(&message)) {
      on_vote(to, *vote);
    } else if (random_.chance(how.withhold_certificate)) {
      world_.faults.note(Fault::WithheldCertificate);
    } else {
      release(to, encode_message(message));
    }
    if (random_.chance(how.forge_certificate)) forge_certificate(to);
  }
}

void Byzantine::send(std::uint32_t to, Channel channel, Bytes message) {
  if (channel != Channel::Consensus) {
    self_.send_raw(to, channel, std::move(message));
    return;
  }
  auto decoded = consensus::decode_message(message);
  OL_CHECK(decoded.has_value(), "the driver's own message decodes");
  harvest(*decoded);
  if (auto* vote = std::get_if<VoteMessage>(&*decoded)) {
    on_vote(to, std::move(*vote));
  } else if (std::holds_alternative<consensus::CertificateMessage>(*decoded)) {
    if (random_.chance(how.withhold_certificate)) {
      world_.faults.note(Fault::WithheldCertificate);
    } else {
      release(to, std::move(message));
    }
  } else {
    release(to, std::move(message));
  }
  if (random_.chance(how.forge_certificate)) forge_certificate(to);
}

void Byzantine::release(std::uint32_t to, Bytes message) {
  if (random_.chance(how.flip_bits)) {
    world_.faults.note(Fault::BitFlip);
    std::uint8_t& byte = message[random_.below(message.size())];
    byte = static_cast<std::uint8_t>(byte ^ (1U << random_.below(8)));
  }
  self_.send_raw(to, Channel::Consensus, std::move(message));
}

}  // namespace ol::sim
