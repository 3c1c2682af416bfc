#include <ol/consensus/vrf_leaders.hpp>

#include <algorithm>

#include <ol/primitives/item.hpp>

namespace ol::consensus {

using primitives::Block;
using primitives::BlockHash;
using primitives::ValidatorIndex;
using primitives::View;

namespace {

constexpr std::string_view kWindowTag = "openliquid/leader-window/v1";
constexpr std::string_view kOutputTag = "openliquid/leader-output/v1";
constexpr std::string_view kEpochTag = "openliquid/leader-epoch/v1";
constexpr std::string_view kInputTag = "openliquid/leader-input/v1";

// Windows begin with the first view above the block that the epoch began on.
std::uint64_t window_at(View view, View begins, std::uint32_t validators) {
  if (view <= begins) return 0;
  return (view.value() - begins.value() - 1) / (VrfLeaders::kWindowFactor * validators);
}

}  // namespace

Bytes encode_leader_item(const LeaderItem& item) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(primitives::ItemTag::Leader));
  out.fixed(item.randomness).fixed(item.proof);
  return out.take();
}

std::optional<LeaderItem> decode_leader_item(ByteView item) {
  constexpr std::size_t kSize = 1 + Hash256::kSize + crypto::VrfProof::kSize;
  if (!primitives::is_leader_item(item) || item.size() != kSize) return std::nullopt;
  return LeaderItem{.randomness = *Hash256::from(item.subspan(1, Hash256::kSize)),
                    .proof = *crypto::VrfProof::from(item.subspan(1 + Hash256::kSize))};
}

const char* describe(LeaderError error) {
  switch (error) {
    case LeaderError::UnknownParent:
      return "stands on a block that must not be built on";
    case LeaderError::NotLeader:
      return "proposer does not lead the view on this branch";
    case LeaderError::NoProof:
      return "no proof of its leader at its end";
    case LeaderError::TwoProofs:
      return "two proofs of its leader";
    case LeaderError::OtherRandomness:
      return "proof of its leader over another window's randomness";
    case LeaderError::BadProof:
      return "proof of its leader does not verify";
  }
  OL_CHECK(false, "unknown LeaderError");
}

// The number is bound in, so windows without a block differ from each other.
Hash256 Beacon::mix(const Hash256& randomness, const Hash256& outputs, std::uint64_t window) const {
  Writer out;
  out.raw(as_bytes(kWindowTag)).fixed(randomness).fixed(outputs).u64(window);
  return crypto::hash(hash_, out.bytes());
}

Hash256 Beacon::randomness(std::uint64_t window) const {
  if (window <= window_) return randomness_;
  const Hash256 next = window_ == 0 ? randomness_ : mix(randomness_, before_, window_ + 1);
  if (window == window_ + 1) return next;
  return mix(next, outputs_, window);
}

void Beacon::enter(std::uint64_t window) {
  if (window <= window_) return;
  randomness_ = randomness(window);
  before_ = window == window_ + 1 ? outputs_ : Hash256{};
  outputs_ = Hash256{};
  window_ = window;
}

void Beacon::add(const crypto::VrfOutput& output) {
  Writer out;
  out.raw(as_bytes(kOutputTag)).fixed(outputs_).fixed(output);
  outputs_ = crypto::hash(hash_, out.bytes());
}

// Not the hash of the last block, of which its proposer could try several.
Hash256 Beacon::next_seed() const {
  Writer out;
  out.raw(as_bytes(kEpochTag)).fixed(randomness_).fixed(outputs_);
  return crypto::hash(hash_, out.bytes());
}

VrfLeaders::VrfLeaders(const Chain& chain, const BlockHash& root, primitives::Height height,
                       const Beacon& beacon)
    : chain_(chain),
      set_hash_(chain.set.hash(chain.domain)),
      table_(chain.set, chain.domain.hash, Hash256{}),
      root_(root) {
  points_.emplace(root_, Point{.beacon = beacon, .height = height});
}

std::uint64_t VrfLeaders::window_of(View view) const {
  return window_at(view, chain_.begins, chain_.set.size());
}

// What is final decides this window and the next one on every branch above it.
const Beacon* VrfLeaders::beacon_for(View view, const BlockHash& parent) const {
  const Beacon& final_beacon = points_.at(root_).beacon;
  if (window_of(view) <= final_beacon.window() + 1) return &final_beacon;
  const auto point = points_.find(parent);
  return point == points_.end() ? nullptr : &point->second.beacon;
}

ValidatorIndex VrfLeaders::leader(View view) const {
  return table_.draw(beacon().randomness(window_of(view)), view);
}

ValidatorIndex VrfLeaders::leader_above(View view, const BlockHash& parent) const {
  const Beacon* known = beacon_for(view, parent);
  if (known == nullptr) return leader(view);
  return table_.draw(known->randomness(window_of(view)), view);
}

bool VrfLeaders::may_lead(View view, ValidatorIndex validator) const {
  return may_lead_above(view, validator, BlockHash{});
}

bool VrfLeaders::may_lead_above(View view, ValidatorIndex validator,
                                const BlockHash& parent) const {
  if (beacon_for(view, parent) == nullptr) return chain_.set.find(validator) != nullptr;
  return leader_above(view, parent) == validator;
}

std::optional<LeaderChallenge> VrfLeaders::challenge(View view, const BlockHash& parent) const {
  const auto point = points_.find(parent);
  if (point == points_.end() || point->second.closed) return std::nullopt;
  const Hash256 randomness = point->second.beacon.randomness(window_of(view));
  return LeaderChallenge{.randomness = randomness, .input = input(randomness, view)};
}

// Neither parent, payload nor time is in it: for a key and a view there is one output.
Bytes VrfLeaders::input(const Hash256& randomness, View view) const {
  Writer out;
  out.raw(as_bytes(kInputTag)).strong(chain_.domain.chain_id).strong(chain_.set.epoch());
  out.fixed(set_hash_).fixed(randomness).strong(view);
  return out.take();
}

Result<crypto::VrfOutput, LeaderError> VrfLeaders::check_proof(const Block& block,
                                                               const Hash256& randomness) const {
  const auto proofs =
      std::count_if(block.payload.begin(), block.payload.end(),
                    [](const Bytes& item) { return primitives::is_leader_item(item); });
  if (proofs > 1) return fail(LeaderError::TwoProofs);
  if (block.payload.empty()) return fail(LeaderError::NoProof);
  const auto item = decode_leader_item(block.payload.back());
  if (!item) return fail(LeaderError::NoProof);
  if (item->randomness != randomness) return fail(LeaderError::OtherRandomness);
  const primitives::Validator& proposer = *chain_.set.find(block.header.proposer);
  auto output = crypto::vrf_verify(proposer.key, input(randomness, block.header.view), item->proof);
  if (!output) return fail(LeaderError::BadProof);
  return *output;
}

// A block that closes the epoch has the change at its end, where the proof would be. Nobody can
// make one to get out of proving: a quorum signed the change.
Result<void, LeaderError> VrfLeaders::admit(const Block& block) {
  const auto parent = points_.find(block.header.parent);
  if (parent == points_.end()) return fail(LeaderError::UnknownParent);
  Point point = parent->second;
  const std::uint64_t window = window_of(block.header.view);
  point.height = block.header.height;
  point.beacon.enter(window);
  if (leader_above(block.header.view, block.header.parent) != block.header.proposer)
    return fail(LeaderError::NotLeader);
  const bool closes =
      chain_.present != nullptr && next_setting(*chain_.present, block.payload) != nullptr;
  point.closed |= closes;
  if (!point.closed) {
    OL_TRY(const crypto::VrfOutput output, check_proof(block, point.beacon.randomness(window)));
    point.beacon.add(output);
  }
  points_.insert_or_assign(block.hash, std::move(point));
  return {};
}

void VrfLeaders::commit(const Block& block) {
  const auto found = points_.find(block.hash);
  if (found == points_.end() || block.hash == root_) return;
  root_ = block.hash;
  const primitives::Height height = found->second.height;
  std::erase_if(points_, [&](const auto& entry) {
    return entry.second.height <= height && entry.first != root_;
  });
}

std::optional<Hash256> VrfLeaders::next_seed(const BlockHash& block) const {
  const auto point = points_.find(block);
  if (point == points_.end()) return std::nullopt;
  return point->second.beacon.next_seed();
}

// The randomness of the head's window is in the newest proof. The window after it takes the outputs
// of the one before, so two whole windows are needed.
bool BeaconHistory::add(BeaconBlock block) {
  const std::uint64_t window = window_at(block.view, begins_, validators_);
  if (newest_ && window + 1 < *newest_) return false;
  if (!newest_ && block.item) newest_ = window;
  blocks_.push_back(std::move(block));
  return true;
}

Beacon BeaconHistory::replay(crypto::HashAlgorithm hash, const std::optional<Hash256>& seed) const {
  Beacon out(hash, seed.value_or(Hash256{}));
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    out.enter(window_at(block->view, begins_, validators_));
    if (!block->item) continue;
    out.trust(block->item->randomness);
    const auto output = crypto::vrf_output(block->item->proof);
    OL_CHECK(output.has_value(), "the proof of a final block was verified");
    out.add(*output);
  }
  return out;
}

}  // namespace ol::consensus
