#include "omission_watch.hpp"

#include <algorithm>

namespace ol::node {

std::vector<OracleOmission> OmissionWatch::on_block(const PricedBlock& block) {
  std::vector<OracleOmission> out;
  // A late block of an epoch that is over: its indices name others.
  if (block.epoch < epoch_) return out;
  follow(block);
  for (const HeardPrices& prices : block.waiting) {
    if (!omits(block, prices)) continue;
    Run& run = runs_[{block.proposer, prices.validator}];
    if (run.omissions > 0 && prices.round == run.round) continue;
    run.round = prices.round;
    if (run.omissions == kRounds) continue;
    if (++run.omissions == kRounds)
      out.push_back({block.epoch, block.proposer, prices.validator, block.height});
  }
  return out;
}

void OmissionWatch::follow(const PricedBlock& block) {
  if (block.epoch > epoch_) {
    epoch_ = block.epoch;
    carried_.clear();
    runs_.clear();
  }
  if (block.known_ms > last_known_ms_ + kPauseMs) resumed_ms_ = block.known_ms;
  last_known_ms_ = block.known_ms;
  for (const auto& [validator, round] : block.carried) {
    std::uint64_t& newest = carried_[validator];
    newest = std::max(newest, round);
    runs_.erase({block.proposer, validator});
  }
}

bool OmissionWatch::omits(const PricedBlock& block, const HeardPrices& prices) const {
  if (prices.validator == block.proposer) return false;
  // A proposer's clock may be ahead, and this node may be late.
  const std::uint64_t made_ms = std::min(block.time_ms, block.known_ms);
  if (prices.heard_ms + kHeldMs > made_ms) return false;
  if (prices.heard_ms < resumed_ms_) return false;
  const auto newest = carried_.find(prices.validator);
  return newest == carried_.end() || prices.round > newest->second;
}

}  // namespace ol::node
