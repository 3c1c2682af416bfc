#include <ol/consensus/leader_reputation.hpp>

#include <algorithm>

namespace ol::consensus {

using primitives::ValidatorIndex;
using primitives::View;

LeaderReputation::LeaderReputation(std::unique_ptr<LeaderSchedule> base,
                                   const primitives::ValidatorSet& set,
                                   const std::vector<LedView>& history, bool from_genesis,
                                   View begins)
    : base_(std::move(base)), set_(set), n_(set.size()), begins_(begins.value()) {
  if (!from_genesis && !history.empty()) since_ = history.front().view.value();
  for (const LedView& one : history)
    record(one);
}

void LeaderReputation::record(LedView committed) {
  const std::uint64_t view = committed.view.value();
  OL_CHECK(view > head_, "committed blocks come in ascending views");
  head_ = view;
  led_.emplace(view, committed.leader.value());
  const std::uint64_t kept = views_needed(n_);
  if (head_ <= kept) return;
  since_ = std::max(since_, head_ - kept);
  led_.erase(led_.begin(), led_.lower_bound(since_));
}

// The views below it decide the round of `view`.
std::uint64_t LeaderReputation::horizon(View view) const {
  const std::uint64_t round = view.value() / n_;
  const std::uint64_t end = round < kLagRounds ? 0 : (round - kLagRounds) * n_;
  return end <= begins_ ? 0 : end;
}

// All blocks of lower views are here once one stands right below the horizon or above.
bool LeaderReputation::knows(View view) const {
  const std::uint64_t end = horizon(view);
  const std::uint64_t window = kWindowRounds * n_;
  const std::uint64_t begin = std::max(end > window ? end - window : 0, begins_);
  return end == 0 || (head_ + 1 >= end && since_ <= begin);
}

const LeaderReputation::Failures& LeaderReputation::failures(std::uint64_t horizon) const {
  const auto known = decided_.find(horizon);
  if (known != decided_.end()) return known->second;
  if (decided_.size() >= kRoundsCached) decided_.erase(decided_.begin());
  return decided_.emplace(horizon, decide(horizon)).first->second;
}

// From the last view back: the first that tells about its leader decides. A view that someone else
// led in its place tells nothing.
LeaderReputation::Failures LeaderReputation::decide(std::uint64_t horizon) const {
  const std::uint64_t window = kWindowRounds * n_;
  const std::uint64_t begin = std::max(horizon > window ? horizon - window : 1, begins_ + 1);
  Failures out(n_);
  std::vector<bool> told(n_, false);
  std::uint64_t weight = 0;
  for (std::uint64_t view = horizon; view-- > begin;) {
    const std::uint32_t owner = base_->leader(View(view)).value();
    if (told[owner]) continue;
    const auto led = led_.find(view);
    if (led != led_.end() && led->second != owner) continue;
    told[owner] = true;
    if (led != led_.end()) continue;
    const std::uint64_t more = set_.find(ValidatorIndex(owner))->weight.value();
    if (set_.is_join(weight + more)) continue;
    weight += more;
    out[owner] = view;
  }
  return out;
}

bool LeaderReputation::has_second_chance(std::uint32_t validator, std::uint64_t failed,
                                         std::uint64_t view) const {
  const std::uint64_t earliest = failed + kPenaltyRounds * n_;
  for (std::uint64_t turn = earliest; turn <= view; ++turn) {
    if (base_->leader(View(turn)).value() == validator) return turn == view;
  }
  return false;
}

ValidatorIndex LeaderReputation::leader(View view) const {
  const ValidatorIndex owner = base_->leader(view);
  const std::uint64_t end = horizon(view);
  if (end == 0 || !knows(view)) return owner;
  const Failures& failed = failures(end);
  const auto& own = failed[owner.value()];
  if (!own || has_second_chance(owner.value(), *own, view.value())) return owner;
  // A different one each round, so that nobody leads twice as often as others.
  const std::uint64_t shift = view.value() / n_;
  for (std::uint64_t step = 0; step < n_; ++step) {
    const auto other = static_cast<std::uint32_t>((owner.value() + 1 + shift + step) % n_);
    if (!failed[other]) return ValidatorIndex(other);
  }
  OL_CHECK(false, "fewer than a join threshold are passed over");
}

bool LeaderReputation::may_lead(View view, ValidatorIndex validator) const {
  if (!knows(view)) return set_.find(validator) != nullptr;
  return leader(view) == validator;
}

std::vector<ValidatorIndex> LeaderReputation::passed_over(View view) const {
  std::vector<ValidatorIndex> out;
  const std::uint64_t end = horizon(view);
  if (end == 0 || !knows(view)) return out;
  const Failures& failed = failures(end);
  for (std::uint32_t i = 0; i < n_; ++i) {
    if (failed[i]) out.push_back(ValidatorIndex(i));
  }
  return out;
}

Leaders make_leaders(const primitives::Genesis& genesis, const primitives::ValidatorSet& set,
                     const std::vector<LedView>& history, bool from_genesis, View begins) {
  Leaders out;
  auto base = make_base_schedule(genesis, set);
  if (!genesis.leader_reputation) {
    out.schedule = std::move(base);
    return out;
  }
  auto made =
      std::make_unique<LeaderReputation>(std::move(base), set, history, from_genesis, begins);
  out.reputation = made.get();
  out.schedule = std::move(made);
  return out;
}

}  // namespace ol::consensus
