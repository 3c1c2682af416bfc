#include <ol/node/vote_watch.hpp>

#include <algorithm>

namespace ol::node {

void VoteWatch::on_vote(primitives::View view, primitives::ValidatorIndex voter,
                        std::uint64_t now_ms) {
  if (voter.value() >= stats_.size() || view <= settled_) return;
  const auto [it, fresh] = open_.try_emplace(view);
  Open& open = it->second;
  if (fresh) {
    open.first_ms = now_ms;
    open.voted.resize(stats_.size());
  }
  if (open.voted[voter.value()]) return;
  open.voted[voter.value()] = true;
  VoteStats& stats = stats_[voter.value()];
  ++stats.seen;
  stats.behind_ms += now_ms - open.first_ms;
  if (open_.size() > kViewsMax) {
    // A liar may name views far ahead; the lowest is real.
    open_.erase(std::prev(open_.end()));
  }
}

void VoteWatch::on_view(primitives::View view) {
  while (!open_.empty() && open_.begin()->first.value() + kLateViews < view.value()) {
    settled_ = open_.begin()->first;
    settle(open_.begin()->second);
    open_.erase(open_.begin());
  }
}

// One liar must not make everybody look late in a view that never was: more than a third voted.
void VoteWatch::settle(const Open& view) {
  const auto voted = std::count(view.voted.begin(), view.voted.end(), true);
  if (static_cast<std::size_t>(voted) * 3 <= stats_.size()) return;
  for (std::size_t i = 0; i < stats_.size(); ++i) {
    if (!view.voted[i]) ++stats_[i].missed;
  }
}

}  // namespace ol::node
