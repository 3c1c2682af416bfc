#include <ol/consensus/leader_schedule.hpp>

namespace ol::consensus {
namespace {

__extension__ using u128 = unsigned __int128;

constexpr std::string_view kDrawTag = "openliquid/leader-draw/v1";

std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t out = 0;
  for (const std::uint8_t byte : bytes.first(8))
    out = out << 8U | byte;
  return out;
}

// A number below `bound` from 64 random bits; each comes up as often as any other but for 2^-64.
std::uint64_t scale(std::uint64_t random, std::uint64_t bound) {
  return static_cast<std::uint64_t>((u128{random} * bound) >> 64U);
}

}  // namespace

RoundRobin::RoundRobin(std::uint32_t validators) : validators_(validators) {
  OL_CHECK(validators > 0, "a chain has at least one validator");
}

primitives::ValidatorIndex RoundRobin::leader(primitives::View view) const {
  return primitives::ValidatorIndex(static_cast<std::uint32_t>(view.value() % validators_));
}

// Weights times n add up to n columns of `total_` tickets. A validator whose share does not fill
// its column leaves the rest to one whose share overflows; whoever gave keeps what remains.
StakeWeighted::StakeWeighted(const primitives::ValidatorSet& set, crypto::HashAlgorithm hash,
                             const Hash256& randomness)
    : columns_(set.size()), total_(set.total_weight()), hash_(hash), randomness_(randomness) {
  const std::uint32_t n = set.size();
  std::vector<u128> left(n);
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < n; ++i) {
    left[i] = u128{set.find(primitives::ValidatorIndex(i))->weight.value()} * n;
    (left[i] < total_ ? small : large).push_back(i);
  }
  while (!small.empty()) {
    const std::uint32_t poor = small.back();
    small.pop_back();
    OL_CHECK(!large.empty(), "what is missing in one column is over in another");
    const std::uint32_t rich = large.back();
    columns_[poor] = {.own = static_cast<std::uint64_t>(left[poor]), .other = rich};
    left[rich] -= total_ - left[poor];
    if (left[rich] >= total_) continue;
    large.pop_back();
    small.push_back(rich);
  }
  for (const std::uint32_t i : large)
    columns_[i] = {.own = total_, .other = i};
}

primitives::ValidatorIndex StakeWeighted::draw(const Hash256& randomness,
                                               primitives::View view) const {
  Writer input;
  input.raw(as_bytes(kDrawTag)).fixed(randomness).strong(view);
  const Hash256 draw = crypto::hash(hash_, input.bytes());
  const auto column = static_cast<std::uint32_t>(scale(big_endian(draw.view()), columns_.size()));
  const std::uint64_t ticket = scale(big_endian(draw.view().subspan(8)), total_);
  const Column& drawn = columns_[column];
  return primitives::ValidatorIndex(ticket < drawn.own ? column : drawn.other);
}

std::unique_ptr<LeaderSchedule> make_base_schedule(const primitives::Genesis& genesis,
                                                   const primitives::ValidatorSet& set) {
  switch (genesis.leaders) {
    case primitives::LeaderKind::RoundRobin:
      return std::make_unique<RoundRobin>(set.size());
    case primitives::LeaderKind::StakeWeighted:
      return std::make_unique<StakeWeighted>(set, genesis.domain.hash,
                                             primitives::genesis_hash(genesis));
    case primitives::LeaderKind::Vrf:
      OL_CHECK(false, "leaders by randomness are made with the beacon of their epoch");
  }
  OL_CHECK(false, "unknown LeaderKind");
}

}  // namespace ol::consensus
