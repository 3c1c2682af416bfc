// Which set validates, and what this node is in it. docs/adr/0013-epochs.md.
#include <ol/base/hex.hpp>
#include <ol/consensus/vrf_leaders.hpp>

#include "load_leaders.hpp"
#include "node_impl.hpp"

namespace ol::node {

using consensus::EpochSetting;
using primitives::Epoch;
using primitives::ValidatorIndex;

// The block at the head of the disk says which epoch consensus goes on in: its own, or the next if
// it is the one that ended it.
Result<Epoch, NodeError> Node::Impl::epoch_of_root() const {
  const Epoch epoch = root_.block->header.epoch;
  const EpochSetting* setting = epochs_->find(epoch);
  const std::string directory = (parts_.config.data_dir / "epochs").string();
  if (setting == nullptr) {
    return fail(NodeError{"the head block is of epoch " + std::to_string(epoch.value()) + ", but " +
                          directory + " does not prove that there is one; restore that directory"});
  }
  if (const auto opening = epochs_->opening(epoch.next());
      opening && opening->block() == root_.block->hash)
    return epoch.next();
  if (consensus::next_setting(*setting, root_.block->payload) != nullptr) {
    return fail(NodeError{"the head block ended epoch " + std::to_string(epoch.value()) + ", but " +
                          directory + " does not hold the proof; restore that directory"});
  }
  return epoch;
}

Result<consensus::Leaders, NodeError> Node::Impl::leaders_of(const EpochSetting& setting,
                                                             primitives::View begins) const {
  const primitives::Genesis& genesis = parts_.genesis;
  // Under two_phase the slot clock also says who leads: it knows who stands in for whom.
  if (genesis.slots && genesis.leaders == primitives::LeaderKind::RoundRobin) {
    const consensus::SlotClock clock(genesis.time, *genesis.slots,
                                     epochs_->find(Epoch(0))->set.size());
    return consensus::Leaders{
        .schedule = std::make_unique<consensus::SlotRobin>(clock, setting.set.size())};
  }
  auto leaders = genesis.leaders == primitives::LeaderKind::Vrf
                     ? load_vrf_leaders(*epochs_, setting.set.epoch(), *root_.block, *database_)
                     : load_leaders(setting, begins, *database_);
  if (!leaders) return fail(NodeError{leaders.error().message});
  return *std::move(leaders);
}

// What drew the leaders of the old epoch says who leads in the new one: the block that ended it is
// not in the database yet.
Result<consensus::Leaders, NodeError> Node::Impl::next_leaders(
    const EpochSetting& setting, const primitives::Header& root) const {
  if (leaders_.vrf == nullptr) return leaders_of(setting, root.view);
  const primitives::BlockHash hash = primitives::block_hash(setting.genesis.domain, root);
  const auto seed = leaders_.vrf->next_seed(hash);
  if (!seed) return fail(NodeError{"the block that ended the epoch is not here"});
  return first_vrf_leaders(setting, root.view, hash, root.height, *seed);
}

std::optional<crypto::BlsSecretKey> Node::Impl::vote_key_of(const EpochSetting& setting,
                                                            ValidatorIndex self) const {
  const bool threshold = setting.genesis.scheme == primitives::SchemeKind::BlsThreshold;
  for (const crypto::BlsSecretKey& key : vote_keys_) {
    const bool fits = threshold
                          ? crypto::share_matches(
                                crypto::VerificationVector(setting.genesis.verification_vector),
                                crypto::ShareIndex(static_cast<std::uint16_t>(self.value())), key)
                          : key.public_key() == setting.set.find(self)->bls_key;
    if (fits) return *crypto::BlsSecretKey::from_bytes(key.bytes().view());
  }
  return std::nullopt;
}

// On the consensus thread.
std::optional<EpochParts> Node::Impl::open_epoch(const consensus::HandOver& hand_over,
                                                 const primitives::Header& root) {
  const Epoch ended = hand_over.epoch();
  if (auto added = epochs_->add(hand_over); !added) {
    fatal(added.error());
    return std::nullopt;
  }
  EpochSetting& setting = *epochs_->find(ended.next());
  auto leaders = next_leaders(setting, root);
  if (!leaders) {
    fatal(leaders.error().message);
    return std::nullopt;
  }
  past_leaders_.push_back(std::move(leaders_));
  leaders_ = *std::move(leaders);
  epochs_->enter(ended.next());
  const std::vector<p2p::PeerId> validators = validator_peers();
  network_->set_allowed(validators, direct_among(validators));
  EpochParts parts{.setting = setting,
                   .leaders = *leaders_.schedule,
                   .before = *epochs_->find(ended)->scheme,
                   .self = may_sign_ ? epochs_->seat(ended.next()) : std::nullopt,
                   .vote_key = {}};
  if (parts.self) parts.vote_key = vote_key_of(setting, *parts.self);
  if (parts.self && !parts.vote_key) {
    log(LogLevel::Error, "this node has no vote key for the new set",
        {{"epoch", std::to_string(ended.next().value())},
         {"effect", "it follows without signing"},
         {"recover", "put the key its set names at keys/vote-next.key and start it again"}});
    parts.self.reset();
  }
  return parts;
}

std::optional<Bytes> Node::Impl::hand_over_of(Epoch epoch) {
  return epochs_->hand_over(epoch);
}

}  // namespace ol::node
